"""The lines of a drawing that was drawn on: found anew only where the ink has changed."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..snakes.lines import InkLines, find_ink_lines

__all__ = ["changed_ink", "lines_after_change"]

_NOTICED = 0.02
_NEAR_PX = 14  # thinning a stroke moves others' middles no farther than a stroke is wide
_AROUND_PX = 16  # beyond that a cut end would be seen as the tip of a stroke


def changed_ink(before: NDArray[np.float32], after: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Tell (H, W) where the ink of a frame has changed."""
    return np.abs(after - before) > _NOTICED


def lines_after_change(
    lines: InkLines,
    changed: NDArray[np.bool_],
    ink: NDArray[np.float32],
    max_stroke_px: float,
) -> InkLines:
    """Find the lines of a changed drawing, as `find_ink_lines` does.

    Parameters
    ----------
    lines : of the drawing before
    changed : (H, W), see `changed_ink`
    ink : (H, W) after the change
    max_stroke_px : see `find_ink_lines`
    """
    if not changed.any():
        return lines
    near = _grown(changed, _NEAR_PX)
    around = _grown(near, _AROUND_PX)
    fresh = find_ink_lines(np.where(around, ink, 0.0), max_stroke_px=max_stroke_px)
    parts = [lines.select(~_at(near, lines.points)), fresh.select(_at(near, fresh.points))]
    return InkLines(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("points", "tangents", "inward", "strength")
        )
    )


def _grown(mask: NDArray[np.bool_], by_px: int) -> NDArray[np.bool_]:
    """Return the mask with a square border of some pixels around all that is in it."""
    grown = ndimage.maximum_filter(mask.view(np.uint8), 2 * by_px + 1, mode="constant")
    return grown.view(bool)


def _at(mask: NDArray[np.bool_], points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return (N,) the mask's values at points (N, 2), pixels."""
    height, width = mask.shape
    column, row = np.floor(points).astype(np.intp).T
    return mask[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]
