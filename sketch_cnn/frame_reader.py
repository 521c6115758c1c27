"""The ONNX networks as a `FootageDetector`: every frame by itself."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from ..errors import SketchError
from .detection import Detection
from .detector import Detector
from .image import sketch_from_grey
from .interface import DetectorInfo, Footage, FootageReading
from .labels import AU_LABELS
from .look import Look
from .sketch import Sketch

__all__ = ["FrameReader", "attention_on_sheet", "beta_evidence", "gather_frames", "look_at_rest"]

_SURE = 1e-6
"""Nothing is more probable than 1 less this, so that the evidence stays finite."""
_GRID = 64
"""Cells along the longer side of a frame in its map of attention."""
_OLD_WEIGHTS = "these weights were exported without it; those of today's limner train give it"


class FrameReader:
    """Reads each frame of a film as a still.

    Parameters
    ----------
    folder : where the networks lie; by default the ones that limner ships
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.detector = Detector(folder)

    @property
    def info(self) -> DetectorInfo:
        """Name, version, hash and size of the two networks."""
        about = self.detector.info
        return DetectorInfo(
            name=about["name"],
            version=about["version"],
            sha256=about["sha256"],
            size_bytes=self.detector.reader.size_bytes + self.detector.finder.size_bytes,
            uses=("neutral",) if self.detector.takes_neutral else (),
            lacks={
                name: _OLD_WEIGHTS
                for name in ("embedding", "attention")
                if name not in self.detector.reader.outputs
            },
        )

    def read(self, footage: Footage) -> FootageReading:
        """Read every frame; see `FootageDetector.read`."""
        rest = self._at_rest(footage)
        answers: list[Detection | None] = []
        looks: list[NDArray[np.float32] | None] = []
        told = None
        for frame in footage.frames:
            answer, look = None, None
            try:
                sketch = sketch_from_grey(frame)
                answer = self.detector.detect(sketch, rest)
                look = attention_on_sheet(answer, sketch.ink.shape)
            except SketchError as error:
                told = error
            answers.append(answer)
            looks.append(look)
        if told is not None and all(answer is None for answer in answers):
            raise told
        return replace(gather_frames(answers), attention=_stacked(looks))

    def _at_rest(self, footage: Footage) -> Look | None:
        """Return what was read of the neutral drawing; None without one, or without weights."""
        if footage.neutral is None or not self.detector.takes_neutral:
            return None
        with _blaming_neutral():
            return self.detector.look(sketch_from_grey(footage.neutral))


def look_at_rest(detector: Detector, sketch: Sketch) -> Look:
    """Return what is read of a neutral drawing, for all drawings that it is to help with.

    Raises
    ------
    SketchError
        If there is no face in it; the message says that it was the neutral drawing.
    """
    with _blaming_neutral():
        return detector.look(sketch)


@contextmanager
def _blaming_neutral() -> Iterator[None]:
    """Say of a drawing that cannot be used that it was the neutral one."""
    try:
        yield
    except SketchError as error:
        raise SketchError(f"the neutral drawing cannot be used: {error}") from None


def gather_frames(answers: Sequence[Detection | None]) -> FootageReading:
    """Bring what was read from each frame into tables; None where no face was found.

    At least one frame must show a face.
    """
    first = next(answer for answer in answers if answer is not None)
    nothing = np.zeros(len(AU_LABELS))
    nowhere = np.full_like(first.landmarks, np.nan)
    probability = np.stack([nothing if a is None else a.probability for a in answers])
    doubt = np.stack([nothing + 1.0 if a is None else a.uncertainty for a in answers])
    found = np.array([answer is not None for answer in answers])
    alpha, beta = beta_evidence(np.where(found[:, None], probability, 0.5), doubt)
    extras = {
        "landmarks": np.stack([nowhere if a is None else a.landmarks for a in answers]),
        "pose": np.stack([nowhere[0, :1].repeat(3) if a is None else a.pose for a in answers]),
        "visible": np.stack([nothing if a is None else a.visible for a in answers]),
    }
    intensity = np.stack([nothing if a is None else a.intensity for a in answers])
    embedding = _stacked([None if a is None else a.embedding for a in answers])
    threshold = np.broadcast_to(np.asarray(first.threshold, dtype=np.float64), nothing.shape)
    return FootageReading(
        found, probability, intensity, alpha, beta, threshold, embedding, extras=extras
    )


def _stacked(rows: Sequence[NDArray[np.float32] | None]) -> NDArray[np.float32] | None:
    """Return one row a frame, zeros where there is none; None where no frame has one."""
    known = next((row for row in rows if row is not None), None)
    if known is None:
        return None
    return np.stack([np.zeros_like(known) if row is None else row for row in rows])


def attention_on_sheet(detection: Detection, shape: tuple[int, ...]) -> NDArray[np.float32] | None:
    """Return where on the whole sheet (H, W) the reader looked: (h, w), the longer side 64 cells.

    None where the weights do not tell.
    """
    if detection.attention is None:
        return None
    counts = [max(round(_GRID * side / max(shape)), 1) for side in shape]
    y, x = (
        (np.arange(count) + 0.5) * side / count for side, count in zip(shape, counts, strict=True)
    )
    side = detection.attention.shape[0]
    matrix = detection.crop_from_ink * (side / detection.feature_probability.shape[1])
    rows = matrix[1, 1] * y + matrix[1, 2] - 0.5
    columns = matrix[0, 0] * x + matrix[0, 2] - 0.5
    at = np.meshgrid(rows, columns, indexing="ij")
    seen = map_coordinates(detection.attention, at, order=1, mode="constant")
    return np.clip(seen, 0.0, 1.0).astype(np.float32)


def beta_evidence(
    probability: NDArray[np.float64], uncertainty: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return α and β whose mean is the calibrated probability, and 2 / (α + β) the uncertainty.

    The network's own α and β come before calibration, and know nothing of what cannot be seen.
    """
    sure = np.clip(probability, _SURE, 1.0 - _SURE)
    evidence = 2.0 / np.clip(uncertainty, _SURE, 1.0)
    return sure * evidence, (1.0 - sure) * evidence
