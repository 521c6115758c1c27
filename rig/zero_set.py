"""Where a value given at a mesh's vertices crosses zero, as chains of points on its edges."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .face_rig import SurfacePoints

__all__ = ["ZeroSet", "zero_set"]


@dataclass(frozen=True, slots=True, eq=False)
class ZeroSet:
    """The lines on a mesh where a value is zero: nodes on edges, chain after chain.

    Attributes
    ----------
    corners : (N, 2) the vertices of the edges that the nodes lie on
    share : (N,) weight of the second vertex
    triangle : (N,) a triangle that the edge bounds
    slope : (N,) how fast the value grows along each node's own direction, per metre
    chains : (first row, row after the last, is closed) of each connected line; walking along it,
        the positive side stays on the same hand
    """

    corners: NDArray[np.intp]
    share: NDArray[np.float64]
    triangle: NDArray[np.intp]
    slope: NDArray[np.float64]
    chains: tuple[tuple[int, int, bool], ...]

    @property
    def nearest(self) -> NDArray[np.intp]:
        """The (N,) vertex nearest to each node along its edge."""
        return self.corners[np.arange(len(self.share)), (self.share > 0.5).astype(int)]

    def interpolate(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """Interpolate per-vertex values (V, D) to the nodes, (N, D)."""
        first, second = values[self.corners[:, 0]], values[self.corners[:, 1]]
        return first + self.share[:, None] * (second - first)

    def surface(self, triangles: NDArray[np.int32]) -> SurfacePoints:
        """Return the nodes as triangle and barycentric weights."""
        corners = triangles[self.triangle]
        first, second = corners == self.corners[:, :1], corners == self.corners[:, 1:]
        weights = first * (1.0 - self.share[:, None]) + second * self.share[:, None]
        return SurfacePoints(self.triangle.astype(np.int32), weights.astype(np.float32))


def zero_set(
    triangles: NDArray[np.int32],
    rows: NDArray[np.intp],
    vertices: NDArray[np.floating],
    values: NDArray[np.float64],
    directions: NDArray[np.float64],
) -> ZeroSet:
    """Find where a value crosses zero on some triangles.

    Parameters
    ----------
    triangles : (F, 3) int32
    rows : the triangles to search
    vertices : (V, 3) metres
    values : (V,)
    directions : (V, 3), for `ZeroSet.slope`
    """
    values = np.where(np.abs(values) < 1e-12, 1e-12, values)
    sign = (values > 0.0).astype(np.int8)
    count = sum(sign[corner] for corner in triangles[rows].T)
    mixed = np.flatnonzero((count == 1) | (count == 2))
    rows, lone_positive = rows[mixed], count[mixed] == 1
    lines = np.arange(len(rows))
    cut = triangles[rows]
    lone = np.argmax(sign[cut] == lone_positive[:, None], axis=1)
    a, b, c = (cut[lines, (lone + k) % 3].astype(np.int64) for k in range(3))
    # enter and leave such that the positive side stays on the same hand all along
    enter, leave = np.where(lone_positive, b, c), np.where(lone_positive, c, b)
    far = np.concatenate([enter, leave])
    near = np.tile(a, 2)
    coded = np.minimum(near, far) * len(vertices) + np.maximum(near, far)
    keys, node = np.unique(coded, return_inverse=True)
    node = node.ravel()
    corners = np.stack([keys // len(vertices), keys % len(vertices)], axis=1)
    ends = values[corners]
    total = np.bincount(node, np.tile(_slope(cut, vertices, values, directions), 2))
    slope = total / np.bincount(node)
    triangle = np.empty(len(keys), dtype=np.intp)
    start, stop = node[: len(rows)], node[len(rows) :]
    triangle[stop], triangle[start] = rows, rows
    order, chains = _walks(start, stop, len(keys))
    share = ends[:, 0] / (ends[:, 0] - ends[:, 1])
    return ZeroSet(corners[order], share[order], triangle[order], slope[order], chains)


def _slope(
    corners: NDArray[np.int32],
    vertices: NDArray[np.floating],
    values: NDArray[np.float64],
    directions: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return (F,) the derivative of the linear interpolant along the directions."""
    a, b, c = (vertices[corners[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    g = values[corners]
    sides = g[:, 0, None] * (c - b) + g[:, 1, None] * (a - c) + g[:, 2, None] * (b - a)
    gradient = np.cross(normal, sides) / np.maximum((normal**2).sum(axis=1), 1e-24)[:, None]
    return (gradient * directions[corners[:, 0]]).sum(axis=1)


def _walks(
    start: NDArray[np.intp], stop: NDArray[np.intp], count: int
) -> tuple[NDArray[np.intp], tuple[tuple[int, int, bool], ...]]:
    """Follow the segments start → stop: nodes in walking order, and the bounds of each walk."""
    following = np.full(count, -1)
    following[start] = stop
    after = following.tolist()
    is_first = np.ones(count, dtype=bool)
    is_first[stop] = False
    done = [False] * count
    order: list[int] = []
    chains = []
    for first in [*np.flatnonzero(is_first).tolist(), *range(count)]:
        if done[first]:
            continue
        begin, here = len(order), first
        while here >= 0 and not done[here]:
            done[here] = True
            order.append(here)
            here = after[here]
        if len(order) - begin > 1:
            chains.append((begin, len(order), here == first))
    return np.array(order, dtype=np.intp), tuple(chains)
