"""Where a surface passes through itself."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["crossing_triangles"]

_SLACK = 1e-9  # of a triangle: what only just touches has not passed through
_FINEST = 100  # cells along the longest side of the whole, so that no triangle fills too many


def crossing_triangles(
    vertices: NDArray[np.floating], triangles: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """Return (F,) True for triangles that pass through another one of the surface.

    Two cross where an edge of one passes through the inside of the other. Triangles that have a
    vertex in common cross where an edge does that is not at this vertex; two that share an edge
    cannot, short of lying on each other (`repair.turned_triangles` finds those).

    Parameters
    ----------
    vertices : (V, 3) metres
    triangles : (F, 3) int32

    References
    ----------
    Möller & Trumbore (1997). Fast, minimum storage ray/triangle intersection.
    doi:10.1080/10867651.1997.10487468
    """
    crossing = np.zeros(len(triangles), dtype=bool)
    if len(triangles) < 2:
        return crossing
    points = np.asarray(vertices, dtype=np.float64)
    edges, beside = _edges(triangles)
    edge, face = _near_pairs(points[edges], points[triangles])
    apart = np.ones(len(edge), dtype=bool)
    for end in edges.T:
        for corner in triangles.T:
            apart &= end[edge] != corner[face]
    edge, face = edge[apart], face[apart]
    through = _pass_through(points[edges[edge]], points[triangles[face]])
    crossing[face[through]] = True
    owners = beside[edge[through]].ravel()
    crossing[owners[owners >= 0]] = True
    return crossing


def _edges(triangles: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the edges (E, 2) and the two triangles at each (E, 2); the same twice at a rim."""
    sides = np.sort(triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1).astype(np.int64)
    count = int(triangles.max()) + 1
    keys, edge = np.unique(sides[:, 0] * count + sides[:, 1], return_inverse=True)
    owner = np.arange(len(sides)) // 3
    beside = np.empty((len(keys), 2), dtype=np.int64)
    beside[edge, 0] = owner
    beside[edge[::-1], 1] = owner[::-1]
    return np.stack([keys // count, keys % count], axis=1), beside


def _near_pairs(
    ends: NDArray[np.float64], corners: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return rows of edges and of triangles whose boxes overlap; a pair may come repeatedly."""
    (edge_low, edge_high), (face_low, face_high) = _boxes(ends), _boxes(corners)
    origin = face_low.min(axis=0)
    whole = float((face_high.max(axis=0) - origin).max())
    step = max(2.0 * float(np.median(face_high - face_low)), whole / _FINEST, 1e-12)
    edge_cell, edge_row = _cells(edge_low, edge_high, origin, step)
    face_cell, face_row = _cells(face_low, face_high, origin, step)
    order = np.argsort(face_cell, kind="stable")
    face_cell, face_row = face_cell[order], face_row[order]
    first = np.searchsorted(face_cell, edge_cell, "left")
    count = np.searchsorted(face_cell, edge_cell, "right") - first
    edge = np.repeat(edge_row, count)
    skipped = np.repeat(first - (np.cumsum(count) - count), count)
    face = face_row[np.arange(len(edge)) + skipped]
    for axis in range(3):
        near = edge_low[:, axis][edge] <= face_high[:, axis][face]
        near &= face_low[:, axis][face] <= edge_high[:, axis][edge]
        edge, face = edge[near], face[near]
    return edge, face


def _boxes(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the least and the largest coordinates (N, 3) of some points each, (N, K, 3)."""
    low = high = points[:, 0]
    for column in range(1, points.shape[1]):
        low, high = np.minimum(low, points[:, column]), np.maximum(high, points[:, column])
    return np.asfortranarray(low), np.asfortranarray(high)


def _cells(
    low: NDArray[np.float64], high: NDArray[np.float64], origin: NDArray[np.float64], step: float
) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Return the cells of a grid that boxes reach into, and of each the row of its box."""
    first = np.floor((low - origin) / step).astype(np.int64)
    spans = np.floor((high - origin) / step).astype(np.int64) - first + 1
    count = spans.prod(axis=1)
    row = np.repeat(np.arange(len(low)), count)
    place = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    cell = np.zeros(len(row), dtype=np.int64)
    for axis in range(3):
        place, at = np.divmod(place, spans[row, axis])
        cell = 2 * _FINEST * cell + first[row, axis] + at
    return cell, row


def _pass_through(ends: NDArray[np.float64], corners: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell (P,) which segments (P, 2, 3) pass through the inside of triangles (P, 3, 3)."""
    way = ends[:, 1] - ends[:, 0]
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    across = np.cross(way, second)
    slant = (first * across).sum(axis=1)
    size = np.linalg.norm(way, axis=1) * np.linalg.norm(np.cross(first, second), axis=1)
    is_steep = np.abs(slant) > 1e-9 * size  # others run along the triangle
    with np.errstate(divide="ignore", invalid="ignore"):
        offset = ends[:, 0] - corners[:, 0]
        turned = np.cross(offset, first)
        u = (offset * across).sum(axis=1) / slant
        v = (way * turned).sum(axis=1) / slant
        t = (second * turned).sum(axis=1) / slant
        inside = np.minimum.reduce([u, v, 1.0 - u - v, t, 1.0 - t]) > _SLACK
    return is_steep & inside
