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

_CELLS = 96
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
        flat, limits = projected(points, tolerances, *_numbers(self._camera))
        return _seen(flat, limits, self.image, self._near, self._triangles, _CELLS)


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
    limits: NDArray[np.float64],
    image: NDArray[np.float64],
    near: NDArray[np.float64],
    triangles: NDArray[np.int32],
    cells: int,
) -> NDArray[np.bool_]:
    """Return (N,) True where no triangle covers an image point nearer to the eye than its limit."""
    count = len(points)
    seen = np.ones(count, dtype=np.bool_)
    if count == 0:
        return seen
    left, right, top, bottom = points[0, 0], points[0, 0], points[0, 1], points[0, 1]
    for row in range(count):
        left, right = min(left, points[row, 0]), max(right, points[row, 0])
        top, bottom = min(top, points[row, 1]), max(bottom, points[row, 1])
    across, down = cells / max(right - left, 1e-6), cells / max(bottom - top, 1e-6)
    # the points, sorted by cell, line after line: those of a box are a run in each of its lines
    where, starts = np.empty(count, dtype=np.int64), np.zeros(cells * cells + 1, dtype=np.int64)
    for row in range(count):
        cell = _cell(points[row, 1], top, down, cells) * cells
        where[row] = cell + _cell(points[row, 0], left, across, cells)
        starts[where[row] + 1] += 1
    for cell in range(cells * cells):
        starts[cell + 1] += starts[cell]
    members, filled = np.empty(count, dtype=np.int64), starts.copy()
    xs, ys, behind = np.empty(count), np.empty(count), np.empty(count)
    for row in range(count):
        place = filled[where[row]]
        filled[where[row]] += 1
        members[place] = row
        xs[place], ys[place], behind[place] = points[row, 0], points[row, 1], limits[row]
    for row in range(len(triangles)):
        a, b, c = triangles[row, 0], triangles[row, 1], triangles[row, 2]
        ax, ay, bx, by = image[a, 0], image[a, 1], image[b, 0], image[b, 1]
        cx, cy = image[c, 0], image[c, 1]
        # a hair wider than the triangle: what lies outside needs no division
        low_x, high_x = min(ax, bx, cx) - 1e-3, max(ax, bx, cx) + 1e-3
        low_y, high_y = min(ay, by, cy) - 1e-3, max(ay, by, cy) + 1e-3
        nearest = max(near[a], near[b], near[c])
        first, last = _cell(low_x, left, across, cells), _cell(high_x, left, across, cells)
        for line in range(_cell(low_y, top, down, cells), _cell(high_y, top, down, cells) + 1):
            for place in range(starts[line * cells + first], starts[line * cells + last + 1]):
                x, y = xs[place], ys[place]
                # one branch that hardly ever leads on, where five would be guessed wrong
                may = (x >= low_x) & (x <= high_x) & (y >= low_y) & (y <= high_y)
                if may & (nearest > behind[place]) and _hides(
                    x - ax, y - ay, bx - ax, by - ay, cx - ax, cy - ay,
                    near[a], near[b] - near[a], near[c] - near[a], behind[place],
                ):  # fmt: skip
                    seen[members[place]] = False
                    behind[place] = np.inf  # one is enough
    return seen


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
