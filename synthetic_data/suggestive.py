"""Suggestive contours: lines that would be contours if one looked from a little aside.

They lie where the surface, seen along the line of sight, is turned least towards the eye without
turning away: beside the nose, under the cheekbones, around the chin.

References
----------
DeCarlo, Finkelstein, Rusinkiewicz & Santella (2003). Suggestive contours for conveying shape.
doi:10.1145/882262.882354
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..rig.contours import LIFT_M
from ..rig.features import FEATURES
from ..rig.visibility import DEFAULT_TOLERANCE_M
from .compiled import compiled
from .face import DrawnFace
from .facing import steepest
from .folds import Traced, chains, nodes
from .pen import Pen
from .sight import Sight
from .warp import Warp

__all__ = ["draw_suggestive", "suggestive_lines"]

_STEEPEST, _FLATTEST = 0.1, 0.96
"""Between these cosines of skin and sight there may be a line: no contour, and not straight on."""
_DEEP_PER_UNIT = 2.2
"""How fast the skin must turn back towards the eye, in cosine over the square of a unit."""
_LONG, _APART = 0.16, 0.1
"""Least length of a line, and its least distance from lids, lips and brows, units."""
_ROUNDS = 3
_JAW = slice(0, 17)
_OTHER = FEATURES.index("other")
_KEPT_AWAY = (
    "upper_lip_outer", "lower_lip_outer", "upper_lip_inner", "lower_lip_inner", "upper_lid_L",
    "upper_lid_R", "lower_lid_L", "lower_lid_R", "brow_lower_L", "brow_lower_R", "nostril_L",
    "nostril_R", "ear_L", "ear_R",
)  # fmt: skip
"""Curves that hands draw anyway: a second line beside them would be read as another shape."""


def draw_suggestive(pen: Pen, face: DrawnFace, warp: Warp) -> None:
    """Draw the suggestive contours of a face, fainter than its contours."""
    rng = pen.part("suggestive")
    weight, tone = pen.hand["line_detail"] * rng.uniform(0.6, 1.0), rng.uniform(0.6, 1.0)
    for line in suggestive_lines(face):
        moved = warp.apply(line)
        pen.line(moved, "other", weight, tone=tone)


def suggestive_lines(face: DrawnFace) -> list[NDArray[np.float64]]:
    """Return the suggestive contours that can be seen, each (N, 2) pixels before any warp.

    Lines near lids, lips, brows, nostrils, ears and jaw are left out, and short ones.
    """
    folds, camera, vertices = face.lines.folds, face.camera, face.posed
    triangles = folds.rig.triangles
    facing, sidelong = _looks(vertices, face.normals, camera.inverse_distance)
    fall = _fall(triangles, folds.rows, vertices, facing, sidelong)
    fall = _evened(fall, triangles, folds.rows, _ROUNDS)
    edge, triangle, slope, bounds, closed = chains(
        triangles, folds.rows, vertices, fall, sidelong, len(folds.corners), folds.edges
    )
    points, lifted, _ = nodes(
        folds.corners, edge, triangles, triangle, slope, vertices, face.normals, fall,
        folds.feature, folds.is_lid, LIFT_M,
    )  # fmt: skip
    cosine = facing[folds.corners[edge]].mean(axis=1)
    unit_m = folds.rig.interocular_m
    kept = (slope > _DEEP_PER_UNIT / unit_m**2) & (cosine > _STEEPEST) & (cosine < _FLATTEST)
    on_head = np.zeros(len(vertices), dtype=np.bool_)  # neither neck nor ears
    on_head[face.lines.head] = True
    kept &= (on_head & ~folds.is_lid)[folds.corners[edge]].all(axis=1)
    sight = Sight(vertices, triangles, camera)
    tolerances = np.full(len(points), DEFAULT_TOLERANCE_M)
    _, seen = sight.visible_of(lifted, tolerances, kept)
    kinds = np.full(len(points), _OTHER)
    traced = Traced(points, lifted, slope, kinds, bounds, closed)
    lines = [line for _, line in folds.pieces(traced, seen, sight.project(points), camera)]
    scale = camera.scale_px * unit_m
    drawn = sight.project(_corner_points(face))
    return [line for line in lines if _stands_alone(line, drawn, _LONG * scale, _APART * scale)]


def _corner_points(face: DrawnFace) -> NDArray[np.float64]:
    """Return points, (N, 3) metres, of all that a line must not come near."""
    spans = face.lines.spans
    marks = np.arange(len(face.fixed) - len(face.landmarks_visible), len(face.fixed))
    rows = np.concatenate([*(np.arange(*spans[name]) for name in _KEPT_AWAY), marks[_JAW]])
    corners, shares = face.lines.corners[rows], face.lines.shares[rows]
    return np.einsum("nc,nca->na", shares, face.posed[corners])


@compiled
def _stands_alone(
    line: NDArray[np.float64], drawn: NDArray[np.float64], long: float, apart: float
) -> bool:
    """Say whether a line, (N, 2), is long enough and most of it runs apart from (M, 2) points."""
    length = 0.0
    for row in range(1, len(line)):
        x, y = line[row, 0] - line[row - 1, 0], line[row, 1] - line[row - 1, 1]
        length += math.sqrt(x * x + y * y)
    if length < long:
        return False
    free = 0
    for row in range(len(line)):
        is_free = True
        for other in range(len(drawn)):
            x, y = line[row, 0] - drawn[other, 0], line[row, 1] - drawn[other, 1]
            is_free = is_free and x * x + y * y > apart * apart
        free += 1 if is_free else 0
    return 2 * free > len(line)


@compiled
def _looks(
    vertices: NDArray[np.float64], normals: NDArray[np.float64], inverse_distance: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the cosine of skin and sight, (V,), and the sight laid along the skin, (V, 3)."""
    count = len(vertices)
    facing, sidelong = np.empty(count), np.empty((count, 3))
    for row in range(count):
        x, y = -vertices[row, 0] * inverse_distance, -vertices[row, 1] * inverse_distance
        z = 1.0 - vertices[row, 2] * inverse_distance
        length = math.sqrt(x * x + y * y + z * z)
        x, y, z = x / length, y / length, z / length
        cosine = x * normals[row, 0] + y * normals[row, 1] + z * normals[row, 2]
        facing[row] = cosine
        sidelong[row, 0] = x - cosine * normals[row, 0]
        sidelong[row, 1] = y - cosine * normals[row, 1]
        sidelong[row, 2] = z - cosine * normals[row, 2]
    return facing, sidelong


@compiled
def _fall(
    triangles: NDArray[np.int32],
    rows: NDArray[np.int32],
    vertices: NDArray[np.float64],
    values: NDArray[np.float64],
    ways: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the derivative (V,) of values along each vertex's way, from the triangles around it.

    Every triangle counts by its area, and by no more than its neighbours have.
    """
    total, weight = np.zeros((len(vertices), 3)), np.zeros(len(vertices))
    for row in rows:
        x, y, z, squared = steepest(triangles[row], vertices, values)
        twice = math.sqrt(squared)
        scale = 1.0 / max(twice, 1e-12)
        gx, gy, gz = x * scale, y * scale, z * scale
        for corner in range(3):  # the gradient times the area's double
            vertex = triangles[row, corner]
            total[vertex, 0] += gx
            total[vertex, 1] += gy
            total[vertex, 2] += gz
            weight[vertex] += twice
    fall = np.zeros(len(vertices))
    for row in range(len(vertices)):
        if weight[row] > 0.0:
            along = total[row, 0] * ways[row, 0] + total[row, 1] * ways[row, 1]
            fall[row] = (along + total[row, 2] * ways[row, 2]) / weight[row]
    return fall


@compiled
def _evened(
    values: NDArray[np.float64],
    triangles: NDArray[np.int32],
    rows: NDArray[np.int32],
    rounds: int,
) -> NDArray[np.float64]:
    """Return values, (V,), half of each mixed with its neighbours' mean, so many times over."""
    for _ in range(rounds):
        total, count = np.zeros(len(values)), np.zeros(len(values))
        for row in rows:
            for corner in range(3):
                vertex = triangles[row, corner]
                first = values[triangles[row, (corner + 1) % 3]]
                total[vertex] += first + values[triangles[row, (corner + 2) % 3]]
                count[vertex] += 2.0
        mixed = values.copy()
        for vertex in range(len(values)):
            if count[vertex] > 0.0:
                mixed[vertex] = 0.5 * (values[vertex] + total[vertex] / count[vertex])
        values = mixed
    return values
