"""The crop that the reader sees: a square around the landmarks' box."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["CROP_MARGIN", "INPUT_PX", "crop_matrix", "landmark_box"]

INPUT_PX = 128
"""Side of what the networks see."""


CROP_MARGIN = 1.25
"""Side of the crop over the longer side of the face box."""


def landmark_box(landmarks: NDArray[np.floating]) -> tuple[float, float, float, float]:
    """Return the face box (x0, y0, x1, y1): brows to chin, ear to ear, of (N, 2) landmarks."""
    low, high = landmarks.min(axis=0), landmarks.max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


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
