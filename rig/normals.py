"""Normals of triangle meshes."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["face_normals", "unit", "vertex_normals"]


def unit(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return (N, 3) vectors of length 1; a zero vector stays zero."""
    lengths = np.sqrt((vectors * vectors).sum(axis=1, keepdims=True))
    return vectors / np.maximum(lengths, 1e-30)


def face_normals(
    vertices: NDArray[np.floating], triangles: NDArray[np.int32]
) -> NDArray[np.float64]:
    """Return (F, 3) outward normals whose length is twice the triangle's area, metres²."""
    # coordinate by coordinate, side by side in memory: in a third of the time
    axes = np.ascontiguousarray(vertices.T, dtype=np.float64)
    corners = np.ascontiguousarray(triangles.T, dtype=np.intp)
    a, b, c = (axes.take(corner, axis=1) for corner in corners)
    u, v = b - a, c - a
    normals = np.empty((len(triangles), 3))
    normals[:, 0] = u[1] * v[2] - u[2] * v[1]
    normals[:, 1] = u[2] * v[0] - u[0] * v[2]
    normals[:, 2] = u[0] * v[1] - u[1] * v[0]
    return normals


def vertex_normals(
    vertices: NDArray[np.floating],
    triangles: NDArray[np.int32],
    faces: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return (V, 3) unit normals: the mean of the triangles around, weighted by area.

    Parameters
    ----------
    faces : (F, 3) result of `face_normals`, if it is known already
    """
    if faces is None:
        faces = face_normals(vertices, triangles)
    corners, sums = triangles.ravel(), np.empty((len(vertices), 3))
    for axis in range(3):
        sums[:, axis] = np.bincount(corners, np.repeat(faces[:, axis], 3), len(vertices))
    return unit(sums)
