"""How much skin looks at the eye, under the jaw as from a little higher; how values change on it.

References
----------
Higham (1986). Computing the polar decomposition, with applications. doi:10.1137/0907079
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..rig.contour_views import NEARER
from .compiled import compiled

__all__ = ["steepest", "viewed"]


@compiled
def _best_turn(vertices: NDArray[np.float64], rest: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rotation (3, 3) that best turns centred points, (V, 3), into others.

    It is the orthogonal part of their covariance: X goes to the mean of X and its inverse transpose
    until both are the same (Higham 1986).
    """
    turn = np.zeros((3, 3))
    for row in range(len(vertices)):
        for axis in range(3):
            for other in range(3):
                turn[axis, other] += vertices[row, axis] * rest[row, other]
    minors = np.empty((3, 3))
    for step in range(60):
        for axis in range(3):
            a, b = (axis + 1) % 3, (axis + 2) % 3
            for other in range(3):
                c, d = (other + 1) % 3, (other + 2) % 3
                minors[axis, other] = turn[a, c] * turn[b, d] - turn[a, d] * turn[b, c]
        size = turn[0, 0] * minors[0, 0] + turn[0, 1] * minors[0, 1] + turn[0, 2] * minors[0, 2]
        if not abs(size) > 1e-30:
            break
        # scaled, it needs some eight steps however long the vectors are
        norm = inverse_norm = 0.0
        for axis in range(3):
            for other in range(3):
                norm += turn[axis, other] * turn[axis, other]
                inverse_norm += minors[axis, other] * minors[axis, other]
        scale = math.sqrt(math.sqrt(inverse_norm / norm) / abs(size)) if step < 6 else 1.0
        moved = 0.0
        for axis in range(3):
            for other in range(3):
                mean = 0.5 * (scale * turn[axis, other] + minors[axis, other] / (scale * size))
                moved = max(moved, abs(mean - turn[axis, other]))
                turn[axis, other] = mean
        if moved < 1e-14:
            break
    return turn


@compiled
def viewed(
    vertices: NDArray[np.float64],
    normals: NDArray[np.float64],
    inverse_distance: float,
    lean: float,
    rest: NDArray[np.float64],
    rows: NDArray[np.int64],
    under: NDArray[np.float64],
    aside: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the ways to the eye, (V, 3), and (V,) how much the skin looks at it; never quite 0.

    Parameters
    ----------
    lean, rest, rows, under, aside : how far views are raised under the jaw, and of what; see
        `contour_views.at_rest`
    """
    count = len(vertices)
    turn = _best_turn(vertices, rest)
    up = turn[:, 1].copy()
    bent = min(max(lean - 4.0 * lean * up[2], 0.0), 2.0 * lean)
    views, facing = np.zeros((count, 3)), np.empty(count)
    for row in range(count):
        views[row, 2] = 1.0
        if inverse_distance != 0.0:
            length = 0.0
            for axis in range(3):
                views[row, axis] -= vertices[row, axis] * inverse_distance
                length += views[row, axis] * views[row, axis]
            length = math.sqrt(length)
            for axis in range(3):
                views[row, axis] /= length
    for number in range(len(rows)):
        row = rows[number]
        if normals[row, 0] * up[0] + normals[row, 1] * up[1] + normals[row, 2] * up[2] < 0.0:
            near = min(max(2.0 * turn[2, 0] * aside[number], 0.0), 1.0)
            high = min(bent + NEARER * lean * near, 3.0 * lean)
            for axis in range(3):
                views[row, axis] += high * under[number] * up[axis]
    for row in range(count):
        value = normals[row, 0] * views[row, 0] + normals[row, 1] * views[row, 1]
        value += normals[row, 2] * views[row, 2]
        facing[row] = value if abs(value) >= 1e-12 else 1e-12
    return views, facing


@compiled
def steepest(
    corners: NDArray[np.int32], vertices: NDArray[np.float64], values: NDArray[np.float64]
) -> tuple[float, float, float, float]:
    """Return the gradient (x, y, z) of the linear interpolant over a triangle, and its divisor.

    The divisor is the square of twice the triangle's area.
    """
    a, b, c = corners[0], corners[1], corners[2]
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
    by_u, by_v = values[c] - values[a], values[b] - values[a]
    # the sides weighted by the values of the corners across
    sx, sy, sz = by_u * ux - by_v * vx, by_u * uy - by_v * vy, by_u * uz - by_v * vz
    squared = nx * nx + ny * ny + nz * nz
    return ny * sz - nz * sy, nz * sx - nx * sz, nx * sy - ny * sx, squared
