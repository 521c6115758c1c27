"""What a person has put right in the reading of a drawing: where the face is, and its points."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ..errors import FitError
from ..sketch_cnn.crop import interocular_px, landmark_box
from ..sketch_cnn.detection import Detection
from ..sketch_cnn.sketch import Sketch

__all__ = ["LANDMARKS", "Box", "Hints", "with_box", "with_landmarks"]

Box = tuple[float, float, float, float]
LANDMARKS = 70
_LEAST_BOX_PX = 4.0
_NEAR_IOD = 0.3
"""Where a landmark was wrong, so were the lines around it."""


@dataclass(frozen=True, slots=True)
class Hints:
    """The face's box and landmarks as somebody has set them, in pixels of the drawing's file.

    Attributes
    ----------
    face_box : (x0, y0, x1, y1), brows to chin, ear to ear; None leaves it to the finder
    landmarks : number of a landmark, 0 to 69 → (x, y); the others are read as ever

    Raises
    ------
    FitError
        If the box is too small to hold a face, or there is no such landmark.
    """

    face_box: Box | None = None
    landmarks: Mapping[int, tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.face_box is not None:
            x0, y0, x1, y1 = self.face_box
            if not min(x1 - x0, y1 - y0) >= _LEAST_BOX_PX:  # nor if one is not a number
                raise FitError(
                    f"face box {x0:g}, {y0:g}, {x1:g}, {y1:g}: expected left, top, right, bottom "
                    f"at least {_LEAST_BOX_PX:g} pixels apart; draw it around the face"
                )
        for number, place in self.landmarks.items():
            if not 0 <= number < LANDMARKS or not np.isfinite(place).all():
                raise FitError(
                    f"landmark {number} at {place}: expected a number from 0 to {LANDMARKS - 1} "
                    "and a place in the drawing"
                )


def with_box(sketch: Sketch, hints: Hints) -> Sketch:
    """Return a drawing whose face is looked for in the box of the hints, if they have one."""
    if hints.face_box is None:
        return sketch
    x0, y0, x1, y1 = (float(edge) * sketch.scale for edge in hints.face_box)
    return replace(sketch, face_box=(x0, y0, x1, y1))


def with_landmarks(detection: Detection, hints: Hints, scale: float) -> Detection:
    """Return a detection with landmarks where the hints have them, without a doubt.

    Parameters
    ----------
    scale : working pixels per pixel of the file, see `Sketch.scale`
    """
    if not hints.landmarks:
        return detection
    landmarks = np.array(detection.landmarks, dtype=np.float64)
    spread = np.array(detection.landmark_spread, dtype=np.float64)
    rows = list(hints.landmarks)
    line_spread = _doubted(detection, landmarks[rows])
    landmarks[rows] = scale * np.array([hints.landmarks[row] for row in rows])
    spread[rows] = 0.0
    return replace(
        detection,
        landmarks=landmarks,
        landmark_spread=spread,
        line_spread=line_spread,
        face_box=landmark_box(landmarks),
    )


def _doubted(detection: Detection, wrong: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the spread of the lines' points, endless near the (N, 2) places that were wrong."""
    if detection.lines is None or detection.line_spread is None:
        return None
    far = np.linalg.norm(detection.lines[:, None] - wrong, axis=2).min(axis=1)
    return np.where(
        far < _NEAR_IOD * interocular_px(detection.landmarks), np.inf, detection.line_spread
    )
