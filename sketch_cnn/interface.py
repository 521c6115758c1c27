"""What every detector of Action Units has in common, whatever is inside it.

A still is a film of one frame: `Footage` goes in, a `FootageReading` comes out, and `DetectorInfo`
says what the detector is and what it cannot give. `tests/sketch_cnn/test_conformance.py` holds
every detector of `registry.py` to it.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ..errors import ShapeError, require_shape
from .labels import AU_LABELS

__all__ = ["INPUTS", "DetectorInfo", "Footage", "FootageDetector", "FootageReading"]

INPUTS = ("times", "neutral", "sheet")
"""What a detector may ask for besides the frames."""


@dataclass(frozen=True, slots=True, eq=False)
class Footage:
    """One or more drawings of one face, in order.

    Attributes
    ----------
    frames : (T, H, W) uint8
        As they look, upright: any size from 24 pixels on, any polarity.
    times_s : (T,) float64, seconds, rising; a still has (0.0,)
    neutral : (h, w) uint8, the same character at rest, by the same hand and from the same side, or
        None; of any size
    sheet : (h, w) uint8, the whole page at full resolution that a still was cut from, or None
    """

    frames: NDArray[np.uint8]
    times_s: NDArray[np.float64] = field(default_factory=lambda: np.zeros(1))
    neutral: NDArray[np.uint8] | None = None
    sheet: NDArray[np.uint8] | None = None

    def __post_init__(self) -> None:
        require_shape("frames", self.frames, ("T", "H", "W"), "Give grey drawings, one a frame.")
        require_shape("times_s", self.times_s, (len(self.frames),), "Give one time a frame.")
        if not len(self.frames) or (np.diff(self.times_s) <= 0.0).any():
            raise ShapeError("times_s: must rise from frame to frame, and there must be a frame.")
        for name in ("neutral", "sheet"):
            picture = getattr(self, name)
            if picture is not None:
                require_shape(name, picture, ("h", "w"), "Give one grey drawing.")

    @classmethod
    def still(cls, grey: NDArray[np.uint8], neutral: NDArray[np.uint8] | None = None) -> Footage:
        """Return footage of one drawing (H, W)."""
        return cls(grey[None], neutral=neutral)


@dataclass(frozen=True, slots=True, eq=False)
class FootageReading:
    """What a detector says of every frame.

    Attributes
    ----------
    found : (T,) bool, False where no face was seen in the frame
    probability, intensity : (T, A) float64 in [0, 1], in the order of `labels.AU_LABELS`
    alpha, beta : (T, A) float64, above 0
        Beta distribution of the probability, whose mean α / (α + β) it is; α + β is the evidence.
    threshold : (A,) float64, each AU's operating point
    embedding : (T, E) float32, or None with the reason in `DetectorInfo.lacks`
        What the answers were read from; the same in size for the mirror image of a frame.
    attention : (T, h, w) float32 in [0, 1], or None with the reason
        Where it looked, on a grid over the whole frame. Both are 0 where no face was found.
    extras : name → array, one row a frame, of what else a detector knows
        "landmarks" (T, 70, 2) in pixels of the frame, "pose" (T, 3) radians, "visible" (T, A):
        NaN, or 0 for "visible", where no face was found.

    Where no face was found, and none is known from the neighbours, probability and intensity are 0
    and α = β = 1: there is no evidence at all.
    """

    found: NDArray[np.bool_]
    probability: NDArray[np.float64]
    intensity: NDArray[np.float64]
    alpha: NDArray[np.float64]
    beta: NDArray[np.float64]
    threshold: NDArray[np.float64]
    embedding: NDArray[np.float32] | None = None
    attention: NDArray[np.float32] | None = None
    extras: Mapping[str, NDArray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        frames, aus = len(self.found), len(AU_LABELS)
        for name in ("probability", "intensity", "alpha", "beta"):
            require_shape(name, getattr(self, name), (frames, aus), "Give a row a frame.")
        require_shape("threshold", self.threshold, (aus,), "Give one operating point an AU.")
        for name, part in self.extras.items():
            if len(part) != frames:
                raise ShapeError(f"{name}: {len(part)} rows, expected {frames}, one a frame.")

    @property
    def present(self) -> NDArray[np.bool_]:
        """(T, A): which AUs each frame is said to show."""
        return self.probability >= self.threshold

    @property
    def uncertainty(self) -> NDArray[np.float64]:
        """(T, A) in (0, 1]: 2 / (α + β); 1 = no evidence at all."""
        return np.minimum(2.0 / (self.alpha + self.beta), 1.0)


@dataclass(frozen=True, slots=True)
class DetectorInfo:
    """What a detector is.

    Attributes
    ----------
    name, version : of the detector and its weights
    sha256 : hash of the weights; "" for one without weights
    size_bytes : of the weights
    needs : those of `INPUTS` that it cannot do without
    uses : those of `INPUTS` that change its answer
    lacks : output ("embedding", "attention") → why there is none
    """

    name: str
    version: str
    sha256: str = ""
    size_bytes: int = 0
    needs: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    lacks: Mapping[str, str] = field(default_factory=dict)


@runtime_checkable
class FootageDetector(Protocol):
    """A detector of Action Units."""

    @property
    def info(self) -> DetectorInfo:
        """What it is; asking may load the weights.

        Raises
        ------
        ModelError
            If the weights cannot be used.
        """

    def read(self, footage: Footage) -> FootageReading:
        """Read every frame.

        Raises
        ------
        SketchError
            If there is no face in any frame, or the only frame is no drawing; or a neutral drawing
        that would change the answer shows no face.
        ModelError
            If the weights cannot be used, or an input that it needs is missing.
        """
