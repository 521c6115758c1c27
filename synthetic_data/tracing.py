"""Zero lines on a rig's mesh, as `rig.zero_set` finds them, in a compiled loop.

The edges of a rig are listed once; a line's nodes then need no search.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..rig.zero_set import ZeroSet
from .compiled import compiled

__all__ = ["Tracer"]


@dataclass(frozen=True, slots=True, eq=False)
class Tracer:
    """The edges of one mesh.

    Attributes
    ----------
    corners : (E, 2) the vertices of each edge, the lower one first
    edges : (F, 3) row of the edge that leaves each corner of a triangle
    """

    corners: NDArray[np.int64]
    edges: NDArray[np.int64]

    @classmethod
    def of(cls, triangles: NDArray[np.int32]) -> Tracer:
        """List the edges of a mesh."""
        here = triangles.astype(np.int64)
        there = np.roll(here, -1, axis=1)
        size = int(here.max()) + 1
        coded = np.minimum(here, there) * size + np.maximum(here, there)
        keys, edges = np.unique(coded, return_inverse=True)
        corners = np.stack([keys // size, keys % size], axis=1)
        return cls(corners, edges.reshape(triangles.shape))

    def __call__(
        self,
        triangles: NDArray[np.int32],
        rows: NDArray[np.intp],
        vertices: NDArray[np.floating],
        values: NDArray[np.float64],
        directions: NDArray[np.float64],
    ) -> ZeroSet:
        """Find where a value crosses zero; see `rig.zero_set.zero_set`."""
        values = np.where(np.abs(values) < 1e-12, 1e-12, values)
        edge, share, triangle, slope, bounds, closed = _traced(
            triangles, rows, vertices, values, directions, self.corners, self.edges
        )
        chains = zip(bounds[:-1].tolist(), bounds[1:].tolist(), closed.tolist(), strict=True)
        return ZeroSet(self.corners[edge], share, triangle, slope, tuple(chains))


@compiled
def _traced(
    triangles: NDArray[np.int32],
    rows: NDArray[np.intp],
    vertices: NDArray[np.float64],
    values: NDArray[np.float64],
    directions: NDArray[np.float64],
    corners: NDArray[np.int64],
    edges: NDArray[np.int64],
) -> tuple[
    NDArray[np.int64],
    NDArray[np.float64],
    NDArray[np.int64],
    NDArray[np.float64],
    NDArray[np.int64],
    NDArray[np.bool_],
]:
    """Return edge, share, triangle and slope of every node in walking order; chains, closed."""
    count = len(corners)
    following, triangle = np.full(count, -1), np.full(count, -1)
    is_entered = np.zeros(count, dtype=np.bool_)
    total, times = np.zeros(count), np.zeros(count)
    for row in rows:
        signs = 0
        for corner in range(3):
            signs += 1 if values[triangles[row, corner]] > 0.0 else 0
        if signs == 0 or signs == 3:
            continue
        lone = 0
        while (values[triangles[row, lone]] > 0.0) != (signs == 1):
            lone += 1
        start, stop = edges[row, lone], edges[row, (lone + 2) % 3]
        if signs == 2:  # the positive side stays on the same hand all along
            start, stop = stop, start
        following[start] = stop
        is_entered[stop] = True
        triangle[start] = row
        if following[stop] < 0:  # a node tells the triangle that the line enters there, if any
            triangle[stop] = row
        slope = _slope(triangles[row], vertices, values, directions)
        total[start] += slope
        total[stop] += slope
        times[start] += 1.0
        times[stop] += 1.0
    order, bounds = np.empty(count, dtype=np.int64), np.zeros(count + 1, dtype=np.int64)
    closed = np.zeros(count, dtype=np.bool_)
    walked, chains = 0, 0
    for take in range(2):  # first the open chains, then the rings
        for first in range(count):
            if triangle[first] < 0 or (take == 0 and is_entered[first]):
                continue
            begin, here = walked, first
            while here >= 0 and triangle[here] >= 0:
                order[walked] = here
                walked += 1
                triangle[here] = -2 - triangle[here]  # walked over, and can be told again
                here = following[here]
            if walked - begin > 1:
                closed[chains] = here == first
                chains += 1
                bounds[chains] = walked
            else:
                walked = begin
    order = order[:walked]
    share, slopes = np.empty(walked), np.empty(walked)
    found = np.empty(walked, dtype=np.int64)
    for node in range(walked):
        edge = order[node]
        low, high = values[corners[edge, 0]], values[corners[edge, 1]]
        share[node] = low / (low - high)
        slopes[node] = total[edge] / times[edge]
        found[node] = -2 - triangle[edge]
    return order, share, found, slopes, bounds[: chains + 1], closed[:chains]


@compiled
def _slope(
    corners: NDArray[np.int32],
    vertices: NDArray[np.float64],
    values: NDArray[np.float64],
    directions: NDArray[np.float64],
) -> float:
    """Return the derivative of the linear interpolant over a triangle along a direction."""
    a, b, c = corners[0], corners[1], corners[2]
    normal, sides = np.empty(3), np.empty(3)
    for axis in range(3):
        after, last = (axis + 1) % 3, (axis + 2) % 3
        normal[axis] = (vertices[b, after] - vertices[a, after]) * (
            vertices[c, last] - vertices[a, last]
        ) - (vertices[b, last] - vertices[a, last]) * (vertices[c, after] - vertices[a, after])
        sides[axis] = (
            values[a] * (vertices[c, axis] - vertices[b, axis])
            + values[b] * (vertices[a, axis] - vertices[c, axis])
            + values[c] * (vertices[b, axis] - vertices[a, axis])
        )
    area = max(normal[0] ** 2 + normal[1] ** 2 + normal[2] ** 2, 1e-24)
    slope = 0.0
    for axis in range(3):
        after, last = (axis + 1) % 3, (axis + 2) % 3
        gradient = (normal[after] * sides[last] - normal[last] * sides[after]) / area
        slope += gradient * directions[a, axis]
    return slope
