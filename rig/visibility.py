"""Which points of a posed head the camera sees.

Triangles are binned into the cells of a grid laid over the image. A point is tested against the
triangles of its own cell only, and since `Camera.nearness` is affine in the image on every plane,
one test costs two plane evaluations and no ray. Front and back faces both hide, so open meshes
(the mouth, the eye sockets) are right.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import require_shape
from .camera import Camera

__all__ = ["DEFAULT_TOLERANCE_M", "View", "VisibilityGrid", "visible_points"]

DEFAULT_TOLERANCE_M = 0.0005
"""How far behind a surface a point may lie and still count as on it: half of a lid's thickness."""

_CELLS = 64
_EDGE_SLACK = 1e-6  # in barycentric units: a point on a shared edge belongs to both triangles


class View(Protocol):
    """Whoever can tell which points of one view the camera sees."""

    def visible(
        self, points: NDArray[np.floating], tolerance_m: float | NDArray[np.floating] = ...
    ) -> NDArray[np.bool_]:
        """Return (N,) True where nothing lies between the eye and the point."""


class VisibilityGrid:
    """The triangles of one view, sorted so that many points can be tested at once.

    Parameters
    ----------
    vertices : (V, 3) metres, posed, the camera's origin at the rig's pivot
    triangles : (F, 3) int32
    camera : how the head is seen
    asked : (N, 3) metres, the only points that will be asked about, if they are known: what cannot
        hide any of them is left out, which takes half the time
    """

    def __init__(
        self,
        vertices: NDArray[np.floating],
        triangles: NDArray[np.int32],
        camera: Camera,
        asked: NDArray[np.floating] | None = None,
    ) -> None:
        require_shape("vertices", vertices, ("V", 3), "Give one position a vertex.")
        require_shape("triangles", triangles, ("F", 3), "Give three corners a triangle.")
        self._camera = camera
        image = camera.project(vertices)
        near = camera.nearness(vertices)
        self._lines = _quantile_lines(image)
        corners = triangles.T
        boxes = self._boxes(image, corners)
        nearest = np.maximum(np.maximum(near[corners[0]], near[corners[1]]), near[corners[2]])
        is_asked = np.ones((_CELLS, _CELLS), dtype=bool)
        if asked is not None:
            is_asked = self._cells_of(asked)
            least = camera.nearness(asked).min(initial=np.inf)
            kept = np.flatnonzero((nearest > least) & _any_inside(is_asked, boxes))
            corners, boxes, nearest = corners[:, kept], boxes[:, kept], nearest[kept]
        planes = _planes(image[corners, 0], image[corners, 1], near[corners])
        # a triangle seen exactly from its edge covers no point
        kept = np.flatnonzero(np.isfinite(planes[1]))
        self._planes, self._nearest = planes[:, kept], nearest[kept]
        self._starts, self._members = _bin(boxes[:, kept], is_asked)

    def visible(
        self,
        points: NDArray[np.floating],
        tolerance_m: float | NDArray[np.floating] = DEFAULT_TOLERANCE_M,
    ) -> NDArray[np.bool_]:
        """Return (N,) True where nothing lies between the eye and the point.

        Parameters
        ----------
        points : (N, 3) metres, in the space of the vertices
        tolerance_m : metres, one for all or (N,)
            A surface hides a point only if it is nearer to the eye by more than this. Raise it
            where points were made on another, smoother surface than the triangles.
        """
        points = np.asarray(points, dtype=np.float64)
        require_shape("points", points, ("N", 3), "Give one position a row.")
        image = self._camera.project(points)
        lifted = points.copy()
        lifted[:, 2] += tolerance_m
        limit = self._camera.nearness(lifted)
        cell = self._cell_of(image[:, 0], 0) + _CELLS * self._cell_of(image[:, 1], 1)
        counts = self._starts[cell + 1] - self._starts[cell]
        owner = np.repeat(np.arange(len(points)), counts)
        first = np.repeat(self._starts[cell] - np.cumsum(counts) + counts, counts)
        member = self._members[first + np.arange(len(owner))]
        # most candidates lie behind the point or beside it: drop them before the whole test
        ahead = self._nearest[member] > limit[owner]
        owner, member = owner[ahead], member[ahead]
        x, y = image[owner, 0], image[owner, 1]
        # barycentric u, v, then nearness: each is affine in the image
        u = self._barycentric(0, member, x, y)
        beside = u >= -_EDGE_SLACK
        owner, member, u, x, y = owner[beside], member[beside], u[beside], x[beside], y[beside]
        v = self._barycentric(3, member, x, y)
        covers = (v >= -_EDGE_SLACK) & (u + v <= 1.0 + _EDGE_SLACK)
        near_0, near_u, near_v = (self._planes[row][member] for row in (6, 7, 8))
        near = near_0 + near_u * u + near_v * v
        hidden = np.zeros(len(points), dtype=bool)
        hidden[owner[covers & (near > limit[owner])]] = True
        return ~hidden

    def _barycentric(
        self,
        row: int,
        member: NDArray[np.intp],
        x: NDArray[np.float64],
        y: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return the barycentric coordinate whose coefficients start at `row`."""
        constant, by_x, by_y = (self._planes[row + k][member] for k in range(3))
        return constant + by_x * x + by_y * y

    def _cell_of(self, values: NDArray[np.float64], axis: int) -> NDArray[np.intp]:
        """Return the column (axis 0) or row (axis 1) of the grid for image coordinates."""
        return np.searchsorted(self._lines[axis], values)

    def _cells_of(self, points: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Tell (rows, columns) which cells of the grid hold a point of (N, 3)."""
        image = self._camera.project(points)
        held = np.zeros((_CELLS, _CELLS), dtype=bool)
        held[self._cell_of(image[:, 1], 1), self._cell_of(image[:, 0], 0)] = True
        return held

    def _boxes(self, image: NDArray[np.float64], corners: NDArray[np.int32]) -> NDArray[np.intp]:
        """Return (4, F) the first and last column, then row, of cells that triangles touch."""
        bounds = []
        for axis in (0, 1):
            a, b, c = self._cell_of(image[:, axis], axis)[corners]
            bounds += [np.minimum(np.minimum(a, b), c), np.maximum(np.maximum(a, b), c)]
        return np.stack(bounds)


def _any_inside(held: NDArray[np.bool_], boxes: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Tell (F,) which boxes of cells hold a cell that is `held`."""
    count = np.zeros((_CELLS + 1, _CELLS + 1), dtype=np.int32)
    count[1:, 1:] = held.cumsum(axis=0).cumsum(axis=1)
    left, right, top, bottom = boxes[0], boxes[1] + 1, boxes[2], boxes[3] + 1
    inside = count[bottom, right] - count[top, right] - count[bottom, left] + count[top, left]
    return inside > 0


def _bin(
    boxes: NDArray[np.intp], held: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """List, cell after cell, the triangles whose box touches it, in cells that are `held`."""
    left, right, top, bottom = boxes
    width = right - left + 1
    counts = width * (bottom - top + 1)
    member = np.repeat(np.arange(len(counts)), counts)
    place = np.arange(len(member)) - np.repeat(np.cumsum(counts) - counts, counts)
    row, column = np.divmod(place, width[member])
    cell = left[member] + column + _CELLS * (top[member] + row)
    wanted = held.ravel()[cell]
    cell, member = cell[wanted], member[wanted]
    order = np.argsort(cell.astype(np.int16), kind="stable")  # a radix sort at 16 bits
    starts = np.concatenate([[0], np.cumsum(np.bincount(cell, minlength=_CELLS * _CELLS))])
    return starts, member[order]


def visible_points(
    vertices: NDArray[np.floating],
    triangles: NDArray[np.int32],
    camera: Camera,
    points: NDArray[np.floating],
    normals: NDArray[np.floating] | None = None,
    tolerance_m: float | NDArray[np.floating] = DEFAULT_TOLERANCE_M,
) -> NDArray[np.bool_]:
    """Return (N,) True where the camera sees the points.

    Parameters
    ----------
    vertices, triangles, camera : the view; build a `VisibilityGrid` to ask it more than once
    points : (N, 3) metres
    normals : (N, 3) or None
        Where given, points whose normal turns away from the eye count as hidden.
    tolerance_m : metres, see `VisibilityGrid.visible`
    """
    seen = VisibilityGrid(vertices, triangles, camera).visible(points, tolerance_m)
    if normals is not None:
        seen &= (normals * camera.view_directions(points)).sum(axis=1) > 0.0
    return seen


def _planes(
    x: NDArray[np.float64], y: NDArray[np.float64], near: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return (9, F): coefficients of barycentric u and v over the image, of nearness over u, v.

    Parameters
    ----------
    x, y, near : (3, F) of the corners
    """
    ax, ay = x[1] - x[0], y[1] - y[0]
    bx, by = x[2] - x[0], y[2] - y[0]
    area: NDArray[np.float64] = ax * by - ay * bx
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = 1.0 / np.where(np.abs(area) > 1e-12, area, np.nan)
    u_x, u_y, v_x, v_y = by * inverse, -bx * inverse, -ay * inverse, ax * inverse
    u_0 = -(u_x * x[0] + u_y * y[0])
    v_0 = -(v_x * x[0] + v_y * y[0])
    slopes = near[1] - near[0], near[2] - near[0]
    return np.stack([u_0, u_x, u_y, v_0, v_x, v_y, near[0], *slopes])


def _quantile_lines(image: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the grid's inner lines: half evenly spaced, half where the vertices crowd.

    Lids and lips hold most vertices and most questions; even cells would be crowded there.
    """
    steps = np.linspace(0.0, 1.0, _CELLS // 2 + 1)[1:]
    lines = []
    for axis in (0, 1):
        values = np.sort(image[:, axis]) if len(image) else np.zeros(1)
        even = values[0] + steps * (values[-1] - values[0])
        crowded = values[np.minimum((steps * len(values)).astype(int), len(values) - 1)]
        lines.append(np.sort(np.concatenate([even, crowded]))[:-1])
    return lines[0], lines[1]
