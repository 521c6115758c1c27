"""Where the eyes look: the rotation that the `eyeLook*` shapes give each eyeball."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .face_rig import FaceRig

__all__ = ["eye_rotations"]

_LOOKS = ("eyeLookUp", "eyeLookDown", "eyeLookIn", "eyeLookOut")


def eye_rotations(rig: FaceRig, weights: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the rotation vectors of both eyeballs, (2, 3) radians, left then right.

    The rotation that best turns the resting ball into the shaped one (Kabsch). At weight 1 of one
    look it is exact; between, the linear shapes shrink the ball by less than 3 %.

    Parameters
    ----------
    weights : (B,) blendshape weights; only the `eyeLook*` ones count
    """
    rows = [
        row
        for row, name in enumerate(rig.shape_names)
        if name.startswith(_LOOKS) and weights[row] != 0.0
    ]
    turns = np.zeros((2, 3))
    for eye in (0, 1):
        ball = np.flatnonzero(rig.vertex_part == eye + 1)
        if not rows or len(ball) == 0:
            continue
        before = rig.neutral[ball].astype(np.float64) - rig.eye_centres[eye]
        amounts = np.asarray(weights, dtype=np.float64)[rows]
        after = before + np.tensordot(amounts, rig.blendshapes[rows][:, ball], axes=1)
        turns[eye] = _rotation_vector(before, after)
    return turns


def _rotation_vector(
    before: NDArray[np.float64], after: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the rotation vector about the origin from one cloud to another, radians."""
    u, _, vt = np.linalg.svd(before.T @ after)
    rotation = vt.T @ np.diag([1.0, 1.0, np.sign(np.linalg.det(vt.T @ u.T))]) @ u.T
    axis = np.array(
        [
            rotation[2, 1] - rotation[1, 2],
            rotation[0, 2] - rotation[2, 0],
            rotation[1, 0] - rotation[0, 1],
        ]
    )
    sine = np.linalg.norm(axis) / 2.0
    angle = np.arctan2(sine, (np.trace(rotation) - 1.0) / 2.0)
    return axis / (2.0 * sine) * angle if sine > 1e-9 else np.zeros(3)
