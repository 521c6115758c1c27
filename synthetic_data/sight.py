"""What the eye sees of a posed head: what `rig` finds, in compiled loops.

A drawing is new geometry every time, so what counts is how fast a view is asked once: the points
are sorted into the cells of a grid, and every triangle asks those that lie under it.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..rig.camera import Camera
from ..rig.visibility import DEFAULT_TOLERANCE_M
from .compiled import compiled

__all__ = ["Sight", "normals", "on_surface", "projected"]

_CELLS, _BLOCK = 128, 3  # a block is 8 by 8 cells
_WIDE = 1 << _BLOCK
_EDGE_SLACK = 1e-6  # in barycentric units: a point on a shared edge belongs to both triangles


class Sight:
    """One view; answers as `rig.visibility.VisibilityGrid` does.

    Parameters
    ----------
    vertices : (V, 3) metres, posed, the camera's origin at the rig's pivot
    triangles : (F, 3) int32
    camera : how the head is seen

    Attributes
    ----------
    image : (V, 2) pixels, the vertices
    """

    def __init__(
        self, vertices: NDArray[np.float64], triangles: NDArray[np.int32], camera: Camera
    ) -> None:
        self._camera, self._triangles = camera, triangles
        self.image, self._near = projected(vertices, 0.0, *_numbers(camera))

    def project(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (N, 2) pixels, as `Camera.project` does."""
        return projected(points, 0.0, *_numbers(self._camera))[0]

    def visible(
        self,
        points: NDArray[np.float64],
        tolerance_m: float | NDArray[np.float64] = DEFAULT_TOLERANCE_M,
    ) -> NDArray[np.bool_]:
        """Return (N,) True where nothing lies between the eye and the point.

        Parameters
        ----------
        points : (N, 3) metres, in the space of the vertices
        tolerance_m : metres, one for all or (N,); see `VisibilityGrid.visible`
        """
        tolerances = np.empty(len(points))
        tolerances[:] = tolerance_m
        return self.visible_of(points, tolerances, np.ones(len(points), dtype=np.bool_))[1]

    def visible_of(
        self,
        points: NDArray[np.float64],
        tolerances_m: NDArray[np.float64],
        asked: NDArray[np.bool_],
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return pixels (N, 2), and (N,) True where a point is asked for and nothing hides it.

        Parameters
        ----------
        points, tolerances_m : (N, 3) and (N,) metres, as in `visible`
        """
        return _seen(
            points, tolerances_m, asked, *_numbers(self._camera), self.image, self._near,
            self._triangles, _CELLS,
        )  # fmt: skip


def _numbers(camera: Camera) -> tuple[float, float, float, float]:
    """Return what a projection asks of a camera."""
    x, y = camera.centre_px.tolist()
    return camera.scale_px, x, y, camera.inverse_distance


@compiled
def projected(
    points: NDArray[np.float64],
    lift_m: float | NDArray[np.float64],
    scale_px: float,
    centre_x: float,
    centre_y: float,
    inverse_distance: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the pixels (N, 2) of points (N, 3), and how near each is when it is lifted a little.

    As `Camera.project` and `Camera.nearness` do.
    """
    count = len(points)
    lifts = np.zeros(count) + lift_m
    flat, near = np.empty((count, 2)), np.empty(count)
    for row in range(count):
        z = points[row, 2]
        scale = scale_px / (1.0 - z * inverse_distance)
        flat[row, 0] = centre_x + scale * points[row, 0]
        flat[row, 1] = centre_y - scale * points[row, 1]
        z += lifts[row]
        near[row] = z if inverse_distance == 0.0 else 1.0 / (1.0 - z * inverse_distance)
    return flat, near


@compiled
def on_surface(
    corners: NDArray[np.int32],
    shares: NDArray[np.float64],
    vertices: NDArray[np.float64],
    turned: NDArray[np.float64],
    inverse_distance: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points of the surface (N, 3), and the cosine of its normal to the eye, (N,).

    Parameters
    ----------
    corners, shares : (N, 3) three vertices a point, and how much each counts
    vertices, turned : (V, 3) where they are, and their normals
    """
    count = len(corners)
    points, facing = np.empty((count, 3)), np.empty(count)
    for row in range(count):
        a, b, c = corners[row, 0], corners[row, 1], corners[row, 2]
        u, v, w = shares[row, 0], shares[row, 1], shares[row, 2]
        along = normal_square = view_square = 0.0
        for axis in range(3):
            place = u * vertices[a, axis] + v * vertices[b, axis] + w * vertices[c, axis]
            normal = u * turned[a, axis] + v * turned[b, axis] + w * turned[c, axis]
            view = (1.0 if axis == 2 else 0.0) - place * inverse_distance
            points[row, axis] = place
            along += normal * view
            normal_square += normal * normal
            view_square += view * view
        facing[row] = along / math.sqrt(max(normal_square * view_square, 1e-60))
    return points, facing


@compiled
def _cell(value: float, corner: float, cells_per_px: float, cells: int) -> int:
    """Return the column or row of the grid for one image coordinate."""
    return min(max(int((value - corner) * cells_per_px), 0), cells - 1)


@compiled
def _seen(
    points: NDArray[np.float64],
    tolerances: NDArray[np.float64],
    asked: NDArray[np.bool_],
    scale_px: float,
    centre_x: float,
    centre_y: float,
    inverse_distance: float,
    image: NDArray[np.float64],
    near: NDArray[np.float64],
    triangles: NDArray[np.int32],
    cells: int,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return pixels (N, 2), and (N,) True where no triangle lies nearer than an asked point."""
    flat, limits = projected(points, tolerances, scale_px, centre_x, centre_y, inverse_distance)
    seen = asked.copy()
    left = top = np.inf
    right = bottom = -np.inf
    for row in range(len(points)):
        if asked[row]:
            left, right = min(left, flat[row, 0]), max(right, flat[row, 0])
            top, bottom = min(top, flat[row, 1]), max(bottom, flat[row, 1])
    if not left <= right:
        return flat, seen
    across, down = cells / max(right - left, 1e-6), cells / max(bottom - top, 1e-6)
    starts, members = _sorted(flat, asked, left, top, across, down, cells)
    count = len(members)
    xs, ys, behind = np.empty(count), np.empty(count), np.empty(count)
    for place in range(count):
        row = members[place]
        xs[place], ys[place], behind[place] = flat[row, 0], flat[row, 1], limits[row]
    floor = _floor(flat, asked, limits, left, top, across, down, cells)
    boxes, deep = np.empty((len(image), 4), dtype=np.int32), np.empty(len(image))
    for vertex in range(len(image)):
        # a hair wider than the triangle: what lies outside needs no division
        x, y = image[vertex, 0], image[vertex, 1]
        boxes[vertex, 0] = _cell(x - 1e-3, left, across, cells)
        boxes[vertex, 1] = _cell(x + 1e-3, left, across, cells) + 1
        boxes[vertex, 2] = _cell(y - 1e-3, top, down, cells)
        boxes[vertex, 3] = _cell(y + 1e-3, top, down, cells)
        deep[vertex] = floor[boxes[vertex, 2] >> _BLOCK, boxes[vertex, 0] >> _BLOCK]
    for row in range(len(triangles)):
        a, b, c = triangles[row, 0], triangles[row, 1], triangles[row, 2]
        nearest = max(near[a], near[b], near[c])
        first = min(boxes[a, 0], boxes[b, 0], boxes[c, 0])
        last = max(boxes[a, 1], boxes[b, 1], boxes[c, 1])
        upper = min(boxes[a, 2], boxes[b, 2], boxes[c, 2])
        lower = max(boxes[a, 3], boxes[b, 3], boxes[c, 3])
        # no larger than a block, it lies in those around its corner: behind all, it hides nothing
        if nearest <= deep[a] and last - first <= _WIDE and lower - upper < _WIDE:
            continue
        for line in range(upper, lower + 1):
            for place in range(starts[line * cells + first], starts[line * cells + last]):
                if nearest > behind[place]:
                    ax, ay = image[a, 0], image[a, 1]
                    if _hides(
                        xs[place] - ax, ys[place] - ay, image[b, 0] - ax, image[b, 1] - ay,
                        image[c, 0] - ax, image[c, 1] - ay,
                        near[a], near[b] - near[a], near[c] - near[a], behind[place],
                    ):  # fmt: skip
                        seen[members[place]] = False
                        behind[place] = np.inf  # one is enough
    return flat, seen


@compiled
def _floor(
    flat: NDArray[np.float64],
    asked: NDArray[np.bool_],
    limits: NDArray[np.float64],
    left: float,
    top: float,
    across: float,
    down: float,
    cells: int,
) -> NDArray[np.float64]:
    """Return how far the farthest point lies that is asked for, in each block and those around."""
    blocks = (cells >> _BLOCK) + 1
    own, floor = np.full((blocks, blocks), np.inf), np.full((blocks, blocks), np.inf)
    for row in range(len(flat)):
        if asked[row]:
            line = _cell(flat[row, 1], top, down, cells) >> _BLOCK
            column = _cell(flat[row, 0], left, across, cells) >> _BLOCK
            own[line, column] = min(own[line, column], limits[row])
    for line in range(blocks):
        for column in range(blocks):
            for other in range(max(line - 1, 0), min(line + 2, blocks)):
                for place in range(max(column - 1, 0), min(column + 2, blocks)):
                    floor[line, column] = min(floor[line, column], own[other, place])
    return floor


@compiled
def _sorted(
    flat: NDArray[np.float64],
    asked: NDArray[np.bool_],
    left: float,
    top: float,
    across: float,
    down: float,
    cells: int,
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Sort the asked points by cell, line after line: those of a box are a run in each line.

    Returns
    -------
    Where each cell's points start, and the rows of the points.
    """
    count = len(flat)
    where = np.empty(count, dtype=np.int32)
    starts = np.zeros(cells * cells + 1, dtype=np.int32)
    for row in range(count):
        if asked[row]:
            line = _cell(flat[row, 1], top, down, cells)
            where[row] = line * cells + _cell(flat[row, 0], left, across, cells)
            starts[where[row] + 1] += 1
    for cell in range(cells * cells):
        starts[cell + 1] += starts[cell]
    members, filled = np.empty(starts[cells * cells], dtype=np.int32), starts.copy()
    for row in range(count):
        if asked[row]:
            members[filled[where[row]]] = row
            filled[where[row]] += 1
    return starts, members


@compiled
def _hides(
    px: float,
    py: float,
    ux: float,
    uy: float,
    vx: float,
    vy: float,
    near: float,
    near_u: float,
    near_v: float,
    limit: float,
) -> bool:
    """Tell whether a triangle of sides u and v covers a point p nearer to the eye than its limit.

    All from the triangle's first corner; `near_u` and `near_v` are the sides in depth.
    """
    area = ux * vy - uy * vx
    if abs(area) <= 1e-12:  # seen exactly from its edge, it covers no point
        return False
    u, v = (px * vy - py * vx) / area, (ux * py - uy * px) / area
    if u < -_EDGE_SLACK or v < -_EDGE_SLACK or u + v > 1.0 + _EDGE_SLACK:
        return False
    return near + u * near_u + v * near_v > limit


@compiled
def normals(vertices: NDArray[np.float64], triangles: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return (V, 3) unit normals: the mean of the triangles around, weighted by area."""
    total = np.zeros(vertices.shape)
    for row in range(len(triangles)):
        a, b, c = triangles[row, 0], triangles[row, 1], triangles[row, 2]
        ux, uy, uz = (
            vertices[b, 0] - vertices[a, 0],
            vertices[b, 1] - vertices[a, 1],
            vertices[b, 2] - vertices[a, 2],
        )
        vx, vy, vz = (
            vertices[c, 0] - vertices[a, 0],
            vertices[c, 1] - vertices[a, 1],
            vertices[c, 2] - vertices[a, 2],
        )
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for vertex in (a, b, c):
            total[vertex, 0] += nx
            total[vertex, 1] += ny
            total[vertex, 2] += nz
    for vertex in range(len(vertices)):
        x, y, z = total[vertex, 0], total[vertex, 1], total[vertex, 2]
        length = max(math.sqrt(x * x + y * y + z * z), 1e-30)
        for axis in range(3):
            total[vertex, axis] /= length
    return total
