"""How points on the surface move in the image when the face, the pose or the camera changes."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass

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
    modes : (K + B, M, 3) float32, metres: identity modes, then blendshapes
    """

    rest: NDArray[np.float64]
    modes: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Projected:
    """Image points and their derivatives.

    Attributes
    ----------
    points : (M, 2) pixels
    by_mode : (K + B, M, 2) pixels per unit of each mode
    by_view : (6, M, 2) pixels per radian (small rotation about x, y, z after the present one),
        per unit of log scale, and per pixel of the centre's x and y
    """

    points: NDArray[np.float64]
    by_mode: NDArray[np.float64]
    by_view: NDArray[np.float64]


def gather_basis(rig: FaceRig, surface: SurfacePoints) -> PointBasis:
    """Collect the basis of some surface points of a rig."""
    corners, weights = surface.corners(rig.triangles), surface.barycentric
    rest = surface.interpolate(rig.neutral - rig.pivot, rig.triangles)
    modes = np.concatenate(
        [
            sum(
                source[:, corners[:, corner]] * weights[None, :, corner, None]
                for corner in range(3)
            )
            for source in (rig.identity, rig.blendshapes)
        ]
    )
    return PointBasis(rest, modes.astype(np.float32))


def join_bases(first: PointBasis, second: PointBasis) -> PointBasis:
    """Put the points of two bases after each other."""
    return PointBasis(
        np.concatenate([first.rest, second.rest]),
        np.concatenate([first.modes, second.modes], axis=1),
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
    gradient_x = np.stack([scale, np.zeros_like(x), lean * x], axis=1)
    gradient_y = np.stack([np.zeros_like(x), -scale, -lean * y], axis=1)
    in_rig = np.stack([gradient_x @ rotation, gradient_y @ rotation], axis=2).astype(np.float32)
    by_mode = np.matmul(basis.modes.transpose(1, 0, 2), in_rig).transpose(1, 0, 2)
    offset = np.stack([scale * x, -scale * y], axis=1)
    view = np.zeros((6, len(x), 2))
    # a small rotation w moves the point by w × p
    moves = (
        np.stack([np.zeros_like(x), -z, y], axis=1),
        np.stack([z, np.zeros_like(x), -x], axis=1),
        np.stack([-y, x, np.zeros_like(x)], axis=1),
    )
    for axis, move in enumerate(moves):
        view[axis, :, 0] = (gradient_x * move).sum(axis=1)
        view[axis, :, 1] = (gradient_y * move).sum(axis=1)
    view[3], view[4, :, 0], view[5, :, 1] = offset, 1.0, 1.0
    return Projected(offset + camera.centre_px, by_mode.astype(np.float64), view)


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
    used = np.flatnonzero(coefficients)
    shaped = basis.rest + np.tensordot(coefficients[used], basis.modes[used], axes=1)
    return shaped @ rotation.T
