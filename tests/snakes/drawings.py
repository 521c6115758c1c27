"""Simple drawings whose lines are known exactly."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from limner.snakes import sample_polyline
from scipy.spatial import cKDTree


def ink_of(*lines: np.ndarray, width_px: float = 3.0, size: tuple[int, int] = (120, 160)):
    """Draw polylines (N, 2) with soft edges; return ink (H, W)."""
    row, column = np.indices(size)
    centres = np.column_stack([column.ravel(), row.ravel()]) + 0.5
    ink = np.zeros(len(centres))
    for line in lines:
        away = cKDTree(sample_polyline(line, 0.1)).query(centres)[0]
        ink = np.maximum(ink, np.clip(0.5 * width_px + 0.5 - away, 0.0, 1.0))
    return ink.reshape(size)


def segment(start, end, count: int = 30) -> np.ndarray:
    """Return points evenly from `start` to `end`."""
    return np.linspace(start, end, count).astype(np.float64)


def circle(centre, radius_px: float, count: int = 60) -> np.ndarray:
    """Return points on a circle, clockwise on the screen."""
    angle = np.linspace(0.0, 2.0 * np.pi, count, endpoint=False)
    return np.asarray(centre) + radius_px * np.column_stack([np.cos(angle), np.sin(angle)])


def arch(start, end, height_px: float, count: int = 40) -> np.ndarray:
    """Return a parabola over a level chord, `height_px` up the screen."""
    t = np.linspace(0.0, 1.0, count)[:, None]
    line = np.asarray(start) * (1.0 - t) + np.asarray(end) * t
    return line - np.array([0.0, 4.0 * height_px]) * t * (1.0 - t)
