"""What the eye sees of a posed head: what `rig` finds, in compiled loops.

A drawing is new geometry every time, so what counts is how fast a view is prepared.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..rig.camera import Camera
from ..rig.visibility import DEFAULT_TOLERANCE_M
from .compiled import compiled

__all__ = ["Sight", "bounds", "normals"]

_CELLS = 64
_EDGE_SLACK = 1e-6  # in barycentric units: a point on a shared edge belongs to both triangles


class Sight:
    """One view, prepared for many questions; answers as `rig.visibility.VisibilityGrid` does.

    Parameters
    ----------
    vertices : (V, 3) metres, posed, the camera's origin at the rig's pivot
    triangles : (F, 3) int32
    camera : how the head is seen
    """

    def __init__(
        self, vertices: NDArray[np.float64], triangles: NDArray[np.int32], camera: Camera
    ) -> None:
        self._camera, self._triangles = camera, triangles
        self.image = camera.project(vertices)
        self._near = camera.nearness(vertices)
        low, high = bounds(self.image)
        self._corner, self._per_px = low, _CELLS / np.maximum(high - low, 1e-6)
        self._starts, self._members, self._nearest = _binned(
            self.image, self._near, triangles, self._corner, self._per_px, _CELLS
        )

    def visible(
        self,
        points: NDArray[np.floating],
        tolerance_m: float | NDArray[np.floating] = DEFAULT_TOLERANCE_M,
    ) -> NDArray[np.bool_]:
        """Return (N,) True where nothing lies between the eye and the point.

        Parameters
        ----------
        points : (N, 3) metres, in the space of the vertices
        tolerance_m : metres, one for all or (N,); see `VisibilityGrid.visible`
        """
        points = np.asarray(points, dtype=np.float64)
        lifted = points.copy()
        lifted[:, 2] += tolerance_m
        return _seen(
            self._camera.project(points),
            self._camera.nearness(lifted),
            self.image,
            self._near,
            self._triangles,
            self._starts,
            self._members,
            self._nearest,
            self._corner,
            self._per_px,
            _CELLS,
        )


@compiled
def bounds(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lowest and the highest coordinates of (N, 2) points, (2,) each."""
    low, high = points[0].copy(), points[0].copy()
    for row in range(len(points)):
        for axis in range(2):
            low[axis] = min(low[axis], points[row, axis])
            high[axis] = max(high[axis], points[row, axis])
    return low, high


@compiled
def _cell(value: float, corner: float, cells_per_px: float, cells: int) -> int:
    """Return the column or row of the grid for one image coordinate."""
    return min(max(int((value - corner) * cells_per_px), 0), cells - 1)


@compiled
def _binned(
    image: NDArray[np.float64],
    near: NDArray[np.float64],
    triangles: NDArray[np.int32],
    corner: NDArray[np.float64],
    cells_per_px: NDArray[np.float64],
    cells: int,
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
    """List, cell after cell, the triangles whose box touches it; and each one's nearest depth."""
    count = len(triangles)
    nearest = np.empty(count)
    box = np.empty((count, 4), dtype=np.int32)
    starts = np.zeros(cells * cells + 1, dtype=np.int32)
    for row in range(count):
        a, b, c = triangles[row, 0], triangles[row, 1], triangles[row, 2]
        nearest[row] = max(near[a], near[b], near[c])
        for axis in range(2):
            low = min(image[a, axis], image[b, axis], image[c, axis])
            high = max(image[a, axis], image[b, axis], image[c, axis])
            box[row, axis] = _cell(low, corner[axis], cells_per_px[axis], cells)
            box[row, 2 + axis] = _cell(high, corner[axis], cells_per_px[axis], cells)
        for y in range(box[row, 1], box[row, 3] + 1):
            for x in range(box[row, 0], box[row, 2] + 1):
                starts[y * cells + x + 1] += 1
    for cell in range(cells * cells):
        starts[cell + 1] += starts[cell]
    members = np.empty(starts[cells * cells], dtype=np.int32)
    filled = starts[:-1].copy()
    for row in range(count):
        for y in range(box[row, 1], box[row, 3] + 1):
            for x in range(box[row, 0], box[row, 2] + 1):
                members[filled[y * cells + x]] = row
                filled[y * cells + x] += 1
    return starts, members, nearest


@compiled
def _seen(
    points: NDArray[np.float64],
    limits: NDArray[np.float64],
    image: NDArray[np.float64],
    near: NDArray[np.float64],
    triangles: NDArray[np.int32],
    starts: NDArray[np.int32],
    members: NDArray[np.int32],
    nearest: NDArray[np.float64],
    corner: NDArray[np.float64],
    cells_per_px: NDArray[np.float64],
    cells: int,
) -> NDArray[np.bool_]:
    """Return (N,) True where no triangle covers an image point nearer to the eye than its limit."""
    seen = np.ones(len(points), dtype=np.bool_)
    for number in range(len(points)):
        x, y, limit = points[number, 0], points[number, 1], limits[number]
        cell = _cell(y, corner[1], cells_per_px[1], cells) * cells
        cell += _cell(x, corner[0], cells_per_px[0], cells)
        for place in range(starts[cell], starts[cell + 1]):
            row = members[place]
            if nearest[row] <= limit:
                continue
            a, b, c = triangles[row, 0], triangles[row, 1], triangles[row, 2]
            px, py = x - image[a, 0], y - image[a, 1]
            ux, uy = image[b, 0] - image[a, 0], image[b, 1] - image[a, 1]
            vx, vy = image[c, 0] - image[a, 0], image[c, 1] - image[a, 1]
            area = ux * vy - uy * vx
            if abs(area) <= 1e-12:  # seen exactly from its edge, it covers no point
                continue
            u = (px * vy - py * vx) / area
            v = (ux * py - uy * px) / area
            if u < -_EDGE_SLACK or v < -_EDGE_SLACK or u + v > 1.0 + _EDGE_SLACK:
                continue
            if near[a] + u * (near[b] - near[a]) + v * (near[c] - near[a]) > limit:
                seen[number] = False
                break
    return seen


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
