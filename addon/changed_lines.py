"""The lines of a drawing that was drawn on: found anew only where the ink has changed."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..snakes.lines import InkLines, find_ink_lines

__all__ = ["changed_features", "lines_after_change"]

_NOTICED = 0.12
"""Every stroke changes a little what is black and what is paper, all over the page."""
_OTHER_POINTS = 0.1  # of a feature's; labels near its ends come and go with every reading
_NEAR_PX = 2  # and a stroke: thinning one moves others' middles no farther than it is wide
_AROUND_PX = 16  # beyond that a cut end would be seen as the tip of a stroke


def lines_after_change(
    lines: InkLines,
    before: NDArray[np.float32],
    after: NDArray[np.float32],
    max_stroke_px: float,
) -> tuple[InkLines, NDArray[np.float32]]:
    """Find the lines of a changed drawing, as `find_ink_lines` does.

    Parameters
    ----------
    lines : of the drawing before
    before, after : (H, W), the ink that they were found in, and as it is now
    max_stroke_px : see `find_ink_lines`

    Returns
    -------
    The lines, and (H, W) the ink that they lie in: as it was where nothing was noticed, since many
    small changes add up
    """
    near = _grown(np.abs(after - before) > _NOTICED, _NEAR_PX + math.ceil(max_stroke_px))
    if not near.any():
        return lines, before
    around = _grown(near, _AROUND_PX)
    fresh = find_ink_lines(np.where(around, after, 0.0), max_stroke_px=max_stroke_px)
    parts = [lines.select(~_at(near, lines.points)), fresh.select(_at(near, fresh.points))]
    return InkLines.join(parts), np.where(near, after, before)


def changed_features(
    before: Mapping[str, NDArray[np.float64]], after: Mapping[str, NDArray[np.float64]]
) -> frozenset[str]:
    """Return the features of which clearly other points are drawn than before.

    Parameters
    ----------
    before, after : feature → (N, 2) points; what did not change has the very same ones
    """
    changed = set()
    for name in before.keys() | after.keys():
        old, new = (_as_numbers(points.get(name)) for points in (before, after))
        same = len(np.intersect1d(old, new))
        if max(len(old), len(new)) - same > _OTHER_POINTS * max(len(old), len(new)):
            changed.add(name)
    return frozenset(changed)


def _as_numbers(points: NDArray[np.float64] | None) -> NDArray[np.complex128]:
    """Return (N,) points as numbers that can be compared."""
    if points is None:
        return np.zeros(0, dtype=np.complex128)
    return points[:, 0] + 1j * points[:, 1]


def _grown(mask: NDArray[np.bool_], by_px: int) -> NDArray[np.bool_]:
    """Return the mask with a square border of some pixels around all that is in it."""
    return _grown_down(_grown_down(mask, by_px).T, by_px).T


def _grown_down(mask: NDArray[np.bool_], by_px: int) -> NDArray[np.bool_]:
    """Return the mask with some rows above and below all that is in it."""
    rows = np.zeros((len(mask) + 2 * by_px, mask.shape[1]), dtype=bool)
    rows[by_px : len(mask) + by_px] = mask
    size, wanted = 1, 2 * by_px + 1
    while size < wanted:  # each row or one of the `size` - 1 below
        step = min(size, wanted - size)
        rows[:-step] |= rows[step:]
        size += step
    return rows[: len(mask)]


def _at(mask: NDArray[np.bool_], points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return (N,) the mask's values at points (N, 2), pixels."""
    height, width = mask.shape
    column, row = np.floor(points).astype(np.intp).T
    return mask[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]
