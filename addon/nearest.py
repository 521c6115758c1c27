"""Which point of a line is nearest: of few, all are asked; of many, a tree is."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

__all__ = ["distances_both_ways", "nearest_points"]

_FEW = 60_000
"""So many pairs are looked through sooner than a tree of one side is grown and asked."""


def nearest_points(
    points: NDArray[np.float64], among: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return the distance (N,) from points (N, 2) to the nearest of (M, 2), and its row (N,)."""
    if 0 < len(points) * len(among) <= _FEW:
        squared = cdist(points, among, "sqeuclidean")
        rows = squared.argmin(axis=1)
        return np.sqrt(squared[np.arange(len(rows)), rows]), rows
    return _quick_tree(among).query(points)


def distances_both_ways(
    points: NDArray[np.float64], line: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how far points (N, 2) are from those of a line (M, 2), and the line from them.

    Of the line those count that are the nearest to some point: (K,).
    """
    if 0 < len(points) * len(line) <= _FEW:
        squared = cdist(points, line, "sqeuclidean")
        rows = squared.argmin(axis=1)
        there = squared[np.arange(len(rows)), rows]
        is_met = np.zeros(len(line), dtype=bool)
        is_met[rows] = True
        return np.sqrt(there), np.sqrt(squared[:, is_met].min(axis=0))
    there, rows = _quick_tree(line).query(points)
    back, _ = _quick_tree(points).query(line[np.unique(rows)])
    return there, back


def _quick_tree(points: NDArray[np.float64]) -> cKDTree:
    """Return a tree of (N, 2) points that is asked once: balance would cost more than it saves."""
    return cKDTree(points, compact_nodes=False, balanced_tree=False)
