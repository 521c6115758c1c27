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
    a, b, c = (vertices[triangles[:, corner]].astype(np.float64) for corner in range(3))
    u, v = b - a, c - a
    return np.stack(
        [
            u[:, 1] * v[:, 2] - u[:, 2] * v[:, 1],
            u[:, 2] * v[:, 0] - u[:, 0] * v[:, 2],
            u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0],
        ],
        axis=1,
    )


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
    corners = triangles.ravel()
    repeated = np.repeat(faces, 3, axis=0)
    sums = [
        np.bincount(corners, weights=repeated[:, axis], minlength=len(vertices))
        for axis in range(3)
    ]
    return unit(np.stack(sums, axis=1))
