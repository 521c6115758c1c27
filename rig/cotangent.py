"""The discrete Laplacian of a triangle mesh.

References
----------
Meyer, Desbrun, Schröder & Barr (2003). Discrete differential-geometry operators for triangulated
2-manifolds. doi:10.1007/978-3-662-05105-4_2
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csc_matrix

__all__ = ["laplacian_and_mass"]

_THINNEST = 0.02  # sine of the sharpest angle that is believed: slivers would stiffen the mesh


def laplacian_and_mass(
    vertices: NDArray[np.floating], triangles: NDArray[np.int32]
) -> tuple[csc_matrix, NDArray[np.float64]]:
    """Return the (V, V) cotangent stiffness matrix and the (V,) area of each vertex, metres².

    The matrix is positive semi-definite; its product with a linear field is zero in the interior
    of a flat mesh. Vertices without triangles get the area zero.
    """
    from scipy.sparse import coo_matrix

    points = vertices.astype(np.float64)
    count = len(points)
    rows, columns, values = [], [], []
    mass = np.zeros(count)
    for corner in range(3):
        at, left, right = (triangles[:, (corner + k) % 3] for k in range(3))
        u, v = points[left] - points[at], points[right] - points[at]
        across = np.sqrt((np.cross(u, v) ** 2).sum(axis=1))
        lengths = np.sqrt((u**2).sum(axis=1) * (v**2).sum(axis=1))
        cotangent = (u * v).sum(axis=1) / np.maximum(across, _THINNEST * lengths + 1e-30)
        rows += [left, right]
        columns += [right, left]
        values += [-0.5 * cotangent] * 2
        mass += np.bincount(at, across / 6.0, minlength=count)
    shape = (count, count)
    off = coo_matrix(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape
    ).tocsc()
    from scipy.sparse import diags

    return (off - diags(np.asarray(off.sum(axis=1)).ravel())).tocsc(), mass
