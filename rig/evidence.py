"""What a drawing tells of the face in it, in the terms that a head is fitted in."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..errors import require_shape
from .camera import Camera

__all__ = ["Evidence", "Given", "Placed"]


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """Where points at equal steps along a curve of the rig are seen.

    Attributes
    ----------
    points : (P, 2) pixels, from the curve's first point to its last
    sigma : (P,) pixels, standard deviation
    """

    points: NDArray[np.float64]
    sigma: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """What is not to be found but given, and stays exactly so; None where it is free.

    Attributes
    ----------
    identity : (K,) standard deviations
    rotation : (3,) rotation vector of the head, radians
    camera : of the image
    """

    identity: NDArray[np.float64] | None = None
    rotation: NDArray[np.float64] | None = None
    camera: Camera | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """What is given, in the words of `fit.json`."""
        all_of_it = {"identity": self.identity, "pose": self.rotation, "camera": self.camera}
        return tuple(name for name, value in all_of_it.items() if value is not None)


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What is known of the drawn face, in image pixels.

    Attributes
    ----------
    landmarks : (70, 2) pixels; `landmark_sigma` : (70,) pixels, standard deviation
        One below 0.015 interocular distances was set by hand and is never let go as stray.
    weights : (B,) expected blendshape weights; `weights_sigma` : (B,) their standard deviation
    rotation : (3,) radians, expected head rotation; `rotation_sigma` : radians
    drawn : feature name → (N, 2) points on drawn lines, pixels
    size_px : (width, height) of the image
    inverse_distance : perspective of the camera, see `Camera`
    given : what the fit leaves as it is
    lines : curve name → where its points are seen, whether it is drawn or not
    """

    landmarks: NDArray[np.float64]
    landmark_sigma: NDArray[np.float64]
    weights: NDArray[np.float64]
    weights_sigma: NDArray[np.float64]
    rotation: NDArray[np.float64]
    rotation_sigma: float
    drawn: dict[str, NDArray[np.float64]]
    size_px: tuple[int, int]
    inverse_distance: float = 0.0
    given: Given = field(default_factory=Given)
    lines: dict[str, Placed] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require_shape("landmarks", self.landmarks, (70, 2), "Give x and y of 70 landmarks.")
        require_shape("landmark_sigma", self.landmark_sigma, (70,), "Give one a landmark.")
