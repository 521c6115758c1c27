"""How points on the surface move in the image when the face, the pose or the camera changes."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .camera import Camera
from .face_rig import FaceRig, SurfacePoints

__all__ = [
    "PointBasis",
    "Projected",
    "gather_basis",
    "join_bases",
    "project_basis",
    "project_points",
]


@dataclass(frozen=True, slots=True, eq=False)
class PointBasis:
    """Surface points with the displacement that each mode gives them.

    Attributes
    ----------
    rest : (M, 3) float64, metres, relative to the rig's pivot
    by_point : (M, 3, K + B) float32, metres: identity modes, then blendshapes
    """

    rest: NDArray[np.float64]
    by_point: NDArray[np.float32]

    @property
    def modes(self) -> NDArray[np.float32]:
        """The displacements mode by mode, (K + B, M, 3) metres."""
        return self.by_point.transpose(2, 0, 1)


@dataclass(frozen=True, slots=True, eq=False)
class Projected:
    """Image points and their derivatives.

    Attributes
    ----------
    points : (M, 2) pixels
    jacobian : (M, 2, K + B + 6) float32, pixels per unit of each mode; then per radian (small
        rotation about x, y, z after the present one), per unit of log scale, and per pixel of the
        centre's x and y
    """

    points: NDArray[np.float64]
    jacobian: NDArray[np.float32]


def gather_basis(rig: FaceRig, surface: SurfacePoints) -> PointBasis:
    """Collect the basis of some surface points of a rig."""
    corners, weights = surface.corners(rig.triangles), surface.barycentric
    rest = surface.interpolate(rig.neutral - rig.pivot, rig.triangles)
    by_vertex = _modes_by_vertex(rig)
    by_point = by_vertex[corners[:, 0]] * weights[:, 0, None, None]
    for corner in (1, 2):
        by_point += by_vertex[corners[:, corner]] * weights[:, corner, None, None]
    return PointBasis(rest, by_point)


@lru_cache(maxsize=4)
def _modes_by_vertex(rig: FaceRig) -> NDArray[np.float32]:
    """Return (V, 3, K + B) float32: a vertex' modes side by side, as they are gathered."""
    both = np.concatenate([rig.identity, rig.blendshapes]).astype(np.float32, copy=False)
    return np.ascontiguousarray(both.transpose(1, 2, 0))


def join_bases(first: PointBasis, second: PointBasis) -> PointBasis:
    """Put the points of two bases after each other."""
    return PointBasis(
        np.concatenate([first.rest, second.rest]), np.concatenate([first.by_point, second.by_point])
    )


def project_basis(
    basis: PointBasis,
    coefficients: NDArray[np.float64],
    rotation: NDArray[np.float64],
    camera: Camera,
) -> Projected:
    """Project the points and differentiate by every unknown.

    Parameters
    ----------
    coefficients : (K + B,) identity coefficients, then blendshape weights
    rotation : (3, 3) rotation matrix of the head
    """
    x, y, z = _turned(basis, coefficients, rotation).T
    depth = 1.0 / (1.0 - z * camera.inverse_distance)
    scale = camera.scale_px * depth
    lean = scale * depth * camera.inverse_distance
    # d(pixel)/d(x, y, z) of the turned point; image y runs down
    gradient = np.zeros((len(x), 2, 3))
    gradient[:, 0, 0], gradient[:, 0, 2] = scale, lean * x
    gradient[:, 1, 1], gradient[:, 1, 2] = -scale, -lean * y
    count = len(coefficients)
    jacobian = np.zeros((len(x), 2, count + 6), dtype=np.float32)
    jacobian[:, :, :count] = (gradient @ rotation).astype(np.float32) @ basis.by_point
    # a small rotation w moves the point by w × p
    still = np.zeros_like(x)
    for axis, move in enumerate(((still, -z, y), (z, still, -x), (-y, x, still))):
        jacobian[:, :, count + axis] = (gradient @ np.stack(move, axis=1)[..., None])[..., 0]
    offset = np.stack([scale * x, -scale * y], axis=1)
    jacobian[:, :, count + 3] = offset
    jacobian[:, 0, count + 4], jacobian[:, 1, count + 5] = 1.0, 1.0
    return Projected(offset + camera.centre_px, jacobian)


def project_points(
    basis: PointBasis,
    coefficients: NDArray[np.float64],
    rotation: NDArray[np.float64],
    camera: Camera,
) -> NDArray[np.float64]:
    """Project the points only, (M, 2) pixels: what `project_basis` says without derivatives."""
    return camera.project(_turned(basis, coefficients, rotation))


def _turned(
    basis: PointBasis, coefficients: NDArray[np.float64], rotation: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the (M, 3) points, shaped and turned, metres."""
    # in float32, as `face_rig.unposed` does: off by some nanometres
    moved = basis.by_point.reshape(-1, len(coefficients)) @ coefficients.astype(np.float32)
    return (basis.rest + moved.reshape(-1, 3)) @ rotation.T
