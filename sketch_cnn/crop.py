"""The crop that the reader sees, a square around the landmarks' box, and the face's measure."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["CROP_MARGIN", "INPUT_PX", "crop_matrix", "interocular_px", "landmark_box"]

INPUT_PX = 128
"""Side of what the networks see."""


CROP_MARGIN = 1.25
"""Side of the crop over the longer side of the face box."""


def landmark_box(landmarks: NDArray[np.floating]) -> tuple[float, float, float, float]:
    """Return the face box (x0, y0, x1, y1): brows to chin, ear to ear, of (N, 2) landmarks."""
    low, high = landmarks.min(axis=0), landmarks.max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def interocular_px(landmarks: NDArray[np.floating]) -> float:
    """Return the distance between the middles of the eyes' corners of (70, 2) landmarks.

    Seen from the side the eyes come together; the brows-to-chin height then sets the measure.
    """
    right, left = landmarks[[36, 39]].mean(axis=0), landmarks[[42, 45]].mean(axis=0)
    height = np.linalg.norm((right + left) / 2.0 - landmarks[8])
    return float(max(np.linalg.norm(left - right), 0.5 * height))


def crop_matrix(
    box: tuple[float, float, float, float], size_px: int, margin: float = CROP_MARGIN
) -> NDArray[np.float64]:
    """Return the (2, 3) map from image pixels to the pixels of a square crop around a face box.

    Pixel centres lie at +0.5 on both sides.
    """
    side = margin * max(box[2] - box[0], box[3] - box[1], 1.0)
    scale = size_px / side
    centre = np.array([box[0] + box[2], box[1] + box[3]]) / 2.0
    return np.column_stack([np.eye(2) * scale, size_px / 2.0 - scale * centre])
