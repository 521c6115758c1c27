"""Pixels of a skeleton and those beside them, and the straight line through each and its company.

Of the places in a window around a pixel few hold another pixel of the skeleton; only these pairs
are kept.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Beside", "line_through"]

_WINDOW_PX = 4


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """Pairs of skeleton pixels that lie within a window of each other; each is beside itself.

    Attributes
    ----------
    count : of skeleton pixels
    here, there : (P,) the two pixels of a pair, in order of the first
    starts : (M,) the first pair of each pixel
    weight : (P,) Gaussian, of their distance
    """

    count: int
    here: NDArray[np.intp]
    there: NDArray[np.intp]
    starts: NDArray[np.intp]
    weight: NDArray[np.float64]

    @classmethod
    def of(
        cls, row: NDArray[np.intp], column: NDArray[np.intp], skeleton: NDArray[np.bool_]
    ) -> Beside:
        """Find who lies beside whom; `row`, `column` : (M,) of the pixels of the skeleton."""
        size = _WINDOW_PX
        index = np.full(np.add(skeleton.shape, 2 * size), -1, dtype=np.int32)
        index[row + size, column + size] = np.arange(len(row))
        steps = np.arange(-size, size + 1)
        down, across = (grid.ravel() for grid in np.meshgrid(steps, steps, indexing="ij"))
        near = np.hypot(down, across) <= size + 0.5
        down, across = down[near], across[near]
        wide = index.shape[1]
        place = (row + size) * wide + column + size
        found = index.ravel()[place[:, None] + (down * wide + across)]
        here, step = np.divmod(np.flatnonzero(found.ravel() >= 0), len(down))
        fall = np.exp(-0.5 * (down**2 + across**2) / (0.5 * size) ** 2)
        there = found[here, step].astype(np.intp)
        return cls(len(row), here, there, np.searchsorted(here, np.arange(len(row))), fall[step])

    def summed(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum values (P,) of pairs up to their first pixels (M,)."""
        if not self.count:
            return np.zeros(0)
        return np.add.reduceat(values, self.starts)


def line_through(
    points: NDArray[np.float64],
    beside: Beside,
    normals: NDArray[np.float64] | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fit a line through those beside each point; return the point's foot and direction.

    Parameters
    ----------
    points : (M, 2) pixels
    normals : (M, 2) unit vectors across the line
        Where the direction is known already, they keep the stroke beside out of it.
    """
    here, there, weight = beside.here, beside.there, beside.weight
    x, y = points.T.copy()
    dx, dy = x[there] - x[here], y[there] - y[here]
    if normals is not None:
        across = dx * normals[:, 0][here] + dy * normals[:, 1][here]
        weight = weight * np.exp(-0.5 * across * across)
    total = beside.summed(weight)
    wx, wy = weight * dx, weight * dy
    mean = np.column_stack([beside.summed(wx), beside.summed(wy)]) / total[:, None]
    xx = beside.summed(wx * dx) / total - mean[:, 0] ** 2
    yy = beside.summed(wy * dy) / total - mean[:, 1] ** 2
    xy = beside.summed(wx * dy) / total - mean[:, 0] * mean[:, 1]
    angle = 0.5 * np.arctan2(2.0 * xy, xx - yy)
    tangents = np.column_stack([np.cos(angle), np.sin(angle)])
    normals = np.column_stack([-tangents[:, 1], tangents[:, 0]])
    # Half a step to the fitted line: it smooths the pixel stairs but keeps tight bends.
    foot = points + 0.5 * (mean * normals).sum(axis=1, keepdims=True) * normals
    return foot, tangents
