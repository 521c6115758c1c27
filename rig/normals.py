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
    first, second, third = np.ascontiguousarray(triangles.T, dtype=np.intp)
    sides = []
    for axis in axes:
        start = axis.take(first)
        sides.append((axis.take(second) - start, axis.take(third) - start))
    (ux, vx), (uy, vy), (uz, vz) = sides
    normals = np.empty((3, len(triangles)))
    np.subtract(uy * vz, uz * vy, out=normals[0])
    np.subtract(uz * vx, ux * vz, out=normals[1])
    np.subtract(ux * vy, uy * vx, out=normals[2])
    return normals.T


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
