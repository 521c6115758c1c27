"""Occluding contours of a rig, as `rig.contours` finds them, in compiled loops.

The edges of a rig are listed once; a line's nodes then need no search.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..rig.camera import Camera
from ..rig.contour_views import at_rest
from ..rig.contours import (
    BRIDGE_M,
    CHIN_LEAN,
    LIFT_M,
    MIN_LENGTH_PX,
    near_eyes,
    part_triangles,
)
from ..rig.face_rig import FaceRig
from ..rig.features import FEATURES
from .compiled import compiled
from .facing import steepest, viewed

__all__ = ["Folds", "Traced", "chains", "nodes"]

_JAW, _OTHER = FEATURES.index("jaw"), FEATURES.index("other")


class Traced(NamedTuple):
    """All contours of one view, seen or not.

    Attributes
    ----------
    points, lifted : (N, 3) metres, where they run, and the same lifted off the mesh
    slope : (N,) above 0 where the skin bulges; in hollows they are never seen
    feature : (N,) what they are there, an index of `FEATURES`
    bounds, closed : (C + 1,) where each chain begins and ends, (C,) True for rings
    """

    points: NDArray[np.float64]
    lifted: NDArray[np.float64]
    slope: NDArray[np.float64]
    feature: NDArray[np.int64]
    bounds: NDArray[np.int64]
    closed: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Folds:
    """What the contours of one rig have in common, in numbers as small as they go: less to fetch.

    Attributes
    ----------
    rig : the rig
    rows : the triangles of its skin
    corners : (E, 2) the vertices of each edge, the lower one first
    edges : (F, 3) row of the edge that leaves each corner of a triangle
    feature : (V,) what a contour is there, an index of `FEATURES`
    is_lid : (V,) True where a lid's curve stands for it
    """

    rig: FaceRig
    rows: NDArray[np.int32]
    corners: NDArray[np.int32]
    edges: NDArray[np.int32]
    feature: NDArray[np.int8]
    is_lid: NDArray[np.bool_]

    @classmethod
    def of(cls, rig: FaceRig) -> Folds:
        """List the edges of a rig."""
        here = rig.triangles.astype(np.int64)
        there = np.roll(here, -1, axis=1)
        size = len(rig.neutral)
        coded = np.minimum(here, there) * size + np.maximum(here, there)
        keys, edges = np.unique(coded, return_inverse=True)
        corners = np.stack([keys // size, keys % size], axis=1).astype(np.int32)
        feature = rig.contour_feature.astype(np.int8)
        rows = part_triangles(rig, ("skin",)).astype(np.int32)
        edges = edges.reshape(here.shape).astype(np.int32)
        return cls(rig, rows, corners, edges, feature, near_eyes(rig))

    def trace(
        self, vertices: NDArray[np.float64], normals: NDArray[np.float64], camera: Camera
    ) -> Traced:
        """Find where the surface turns away from the eye."""
        views, facing = viewed(
            vertices, normals, camera.inverse_distance, CHIN_LEAN, *at_rest(self.rig)
        )
        triangles = self.rig.triangles
        edge, triangle, slope, bounds, closed = chains(
            triangles, self.rows, vertices, facing, views, len(self.corners), self.edges
        )
        points, lifted, feature = nodes(
            self.corners, edge, triangles, triangle, slope, vertices, normals, facing,
            self.feature, self.is_lid, LIFT_M,
        )  # fmt: skip
        return Traced(points, lifted, slope, feature, bounds, closed)

    def pieces(
        self, traced: Traced, visible: NDArray[np.bool_], image: NDArray[np.float64], camera: Camera
    ) -> list[tuple[str, NDArray[np.float64]]]:
        """Return what can be seen of contours: what each is, and its points (N, 2), pixels.

        Parameters
        ----------
        visible : (N,) which of the traced points are seen
        image : (N, 2) pixels, where they are
        """
        bridge_px = BRIDGE_M * camera.scale_px
        pieces = _pieces(
            visible, traced.feature, image, traced.bounds, traced.closed, bridge_px, MIN_LENGTH_PX
        )
        return [
            (FEATURES[value], _ring_slice(image[begin:end], start, stop))
            for begin, end, start, stop, value in pieces.tolist()
        ]


def _ring_slice(ring: NDArray[np.float64], start: int, stop: int) -> NDArray[np.float64]:
    """Return the points from `start` to `stop`, which may lie beyond the ring's end."""
    if stop <= len(ring):
        return ring[start:stop]
    return np.concatenate([ring[start:], ring[: stop - len(ring)]])


@compiled
def chains(
    triangles: NDArray[np.int32],
    rows: NDArray[np.int32],
    vertices: NDArray[np.float64],
    facing: NDArray[np.float64],
    views: NDArray[np.float64],
    count: int,
    edges: NDArray[np.int32],
) -> tuple[
    NDArray[np.int64],
    NDArray[np.int64],
    NDArray[np.float64],
    NDArray[np.int64],
    NDArray[np.bool_],
]:
    """Return edge, triangle and slope of every node in walking order; bounds of chains, closed."""
    following, triangle = np.full(count, -1, dtype=np.int32), np.full(count, -1, dtype=np.int32)
    is_entered = np.zeros(count, dtype=np.bool_)
    total, times = np.empty(count), np.zeros(count, dtype=np.int32)
    towards = np.empty(len(facing), dtype=np.bool_)
    for vertex in range(len(facing)):
        towards[vertex] = facing[vertex] > 0.0
    crossed = 0
    for row in rows:
        first = towards[triangles[row, 0]]
        second, third = towards[triangles[row, 1]], towards[triangles[row, 2]]
        if first == second and second == third:
            continue
        lone = 2 if first == second else 1 if first == third else 0
        start, stop = edges[row, lone], edges[row, (lone + 2) % 3]
        if not towards[triangles[row, lone]]:  # the positive side stays on the same hand all along
            start, stop = stop, start
        following[start] = stop
        is_entered[stop] = True
        triangle[start] = row
        if following[stop] < 0:  # a node tells the triangle that the line enters there, if any
            triangle[stop] = row
        slope = _slope(triangles[row], vertices, facing, views)
        for node in (start, stop):
            total[node] = slope if times[node] == 0 else total[node] + slope
            times[node] += 1
        crossed += 1
    order, bounds = np.empty(2 * crossed, dtype=np.int64), np.zeros(crossed + 1, dtype=np.int64)
    closed = np.zeros(crossed, dtype=np.bool_)
    crossings, met = np.empty(2 * crossed, dtype=np.int64), 0
    for node in range(count):
        if triangle[node] >= 0:
            crossings[met] = node
            met += 1
    walked, chains = 0, 0
    for take in range(2):  # first the open chains, then the rings
        for first in crossings[:met]:
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
    found, slopes = np.empty(walked, dtype=np.int64), np.empty(walked)
    for node in range(walked):
        found[node] = -2 - triangle[order[node]]
        slopes[node] = total[order[node]] / times[order[node]]
    return order, found, slopes, bounds[: chains + 1], closed[:chains]


@compiled
def nodes(
    corners: NDArray[np.int32],
    edge: NDArray[np.int64],
    triangles: NDArray[np.int32],
    triangle: NDArray[np.int64],
    slope: NDArray[np.float64],
    vertices: NDArray[np.float64],
    normals: NDArray[np.float64],
    facing: NDArray[np.float64],
    features: NDArray[np.int8],
    is_lid: NDArray[np.bool_],
    lift: tuple[float, float],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Return the nodes (N, 3), the same lifted off the mesh, and what a contour is there."""
    count = len(edge)
    points, lifted = np.empty((count, 3)), np.empty((count, 3))
    feature = np.empty(count, dtype=np.int64)
    for node in range(count):
        a, b = corners[edge[node], 0], corners[edge[node], 1]
        share = facing[a] / (facing[a] - facing[b])
        longest = 0.0
        for corner in range(3 if slope[node] > 0.0 else 0):  # in hollows it is never seen
            first = triangles[triangle[node], corner]
            last = triangles[triangle[node], (corner + 1) % 3]
            side = 0.0
            for axis in range(3):
                apart = vertices[last, axis] - vertices[first, axis]
                side += apart * apart
            longest = max(longest, side)
        # the flat triangles bulge less than the smooth surface: lift by their sagitta and more
        height = min(max(lift[0] + 0.4 * longest * slope[node], lift[0]), lift[1])
        length = 0.0
        for axis in range(3):
            points[node, axis] = vertices[a, axis] + share * (vertices[b, axis] - vertices[a, axis])
            lifted[node, axis] = normals[a, axis] + share * (normals[b, axis] - normals[a, axis])
            length += lifted[node, axis] * lifted[node, axis]
        for axis in range(3):
            up = lifted[node, axis] / max(math.sqrt(length), 1e-30)
            lifted[node, axis] = points[node, axis] + height * up
        nearest = b if share > 0.5 else a
        kind = features[nearest]
        # the jaw's line runs along the edge of its own region, where the skin under it begins
        if kind == _OTHER and (features[a] == _JAW or features[b] == _JAW):
            kind = _JAW
        feature[node] = 0 if is_lid[nearest] else kind
    return points, lifted, feature


@compiled
def _pieces(
    visible: NDArray[np.bool_],
    feature: NDArray[np.int64],
    image: NDArray[np.float64],
    bounds: NDArray[np.int64],
    closed: NDArray[np.bool_],
    bridge_px: float,
    min_length_px: float,
) -> NDArray[np.int64]:
    """Cut chains where they hide or become another feature.

    Returns
    -------
    Rows (begin and end of the chain, start and stop of the piece within it, feature); the stop in
    a ring may lie beyond the ring's end.
    """
    pieces = np.empty((len(visible), 5), dtype=np.int64)
    found = 0
    for chain in range(len(closed)):
        begin, end, ring = bounds[chain], bounds[chain + 1], closed[chain]
        count = end - begin
        steps, seen = np.empty(count), np.zeros(count, dtype=np.int64)
        in_sight, total = 0, 0.0
        for node in range(count):
            here, after = begin + node, begin + (node + 1) % count
            dx, dy = image[after, 0] - image[here, 0], image[after, 1] - image[here, 1]
            steps[node] = math.sqrt(dx * dx + dy * dy)
            total += steps[node]
            seen[node] = 1 if visible[here] else 0
            in_sight += seen[node]
        if in_sight < 2 or total < min_length_px:
            continue
        label = _bridged(seen, steps, ring, bridge_px)
        label *= _bridged(feature[begin:end], steps, ring, 2.0 * bridge_px)
        first, lengths, values = _runs(label, ring)
        for number in range(len(values)):
            start, stop = first[number], first[number] + lengths[number]
            following = (number + 1) % len(values)
            if values[number] == 0:
                continue
            # neighbours share the point where the name changes
            after = ring or number + 1 < len(values)
            if after and lengths[number] < count and values[following] != 0:
                stop += 1
            length = 0.0
            for node in range(start, stop - 1):
                length += steps[node % count]
            if stop - start < 2 or length < min_length_px:
                continue
            pieces[found] = np.array([begin, end, start, stop, values[number]])
            found += 1
    return pieces[:found]


@compiled
def _runs(
    values: NDArray[np.int64], ring: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return start, length and value of the runs of equal values; a ring's begin at a change."""
    count = len(values)
    offset = 0
    if ring and values[0] == values[count - 1]:
        while offset < count and values[offset] == values[0]:
            offset += 1
        offset %= count
    first, lengths = np.empty(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    kinds = np.empty(count, dtype=np.int64)
    runs = 0
    for step in range(count):
        value = values[(offset + step) % count]
        if step == 0 or value != kinds[runs - 1]:
            first[runs], kinds[runs] = offset + step, value
            runs += 1
        lengths[runs - 1] += 1
    return first[:runs], lengths[:runs], kinds[:runs]


@compiled
def _bridged(
    values: NDArray[np.int64], steps: NDArray[np.float64], ring: bool, bridge_px: float
) -> NDArray[np.int64]:
    """Give runs shorter than `bridge_px` the value of the run before, shortest first."""
    count = len(values)
    bridged = values.copy()
    while True:
        first, lengths, _ = _runs(bridged, ring)
        runs = len(first)
        if runs < (2 if ring else 3):
            return bridged
        shortest, least = -1, bridge_px
        for number in range(0 if ring else 1, runs if ring else runs - 1):
            length = 0.0
            for node in range(first[number], first[number] + lengths[number]):
                length += steps[node % count]
            if length < least:
                shortest, least = number, length
        if shortest < 0:
            return bridged
        before = bridged[first[shortest - 1] % count]
        for node in range(first[shortest], first[shortest] + lengths[shortest]):
            bridged[node % count] = before


@compiled
def _slope(
    corners: NDArray[np.int32],
    vertices: NDArray[np.float64],
    values: NDArray[np.float64],
    directions: NDArray[np.float64],
) -> float:
    """Return the derivative of the linear interpolant over a triangle along a direction."""
    x, y, z, squared = steepest(corners, vertices, values)
    a = corners[0]
    slope = x * directions[a, 0] + y * directions[a, 1] + z * directions[a, 2]
    return slope / max(squared, 1e-24)
