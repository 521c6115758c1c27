"""Whether what was found on somebody's own head is a face: nonsense is refused, not saved."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..errors import RigError
from .face_rig import FaceRig
from .features import MIRRORED_LANDMARKS

__all__ = ["FARTHEST_GAP_IOD", "require_a_face", "what_is_wrong"]

FARTHEST_GAP_IOD = 0.12
"""How far 95 % of the carried points may have been off the skin."""

_BROWS, _EYES, _NOSE = slice(17, 27), slice(36, 48), slice(31, 36)
_UPPER_LIP, _LOWER_LIP, _CHIN, _NOSE_TIP = 51, 57, 8, 30
_PAIRS = (0, 4, 17, 21, 31, 36, 39, 48)
"""Landmarks on the right whose mirror images must lie to the left of them."""

_MOVES = (
    # shape, landmark that moves, axis and sign, landmark that moves less
    ("jawOpen", 8, 1, -1, 27),
    ("mouthSmileLeft", 54, 1, 1, 48),
    ("mouthSmileRight", 48, 1, 1, 54),
    ("eyeBlinkLeft", 43, 1, -1, 38),
    ("eyeBlinkRight", 38, 1, -1, 43),
    ("browOuterUpLeft", 24, 1, 1, 19),
    ("browOuterUpRight", 19, 1, 1, 24),
)


def require_a_face(rig: FaceRig, gap95_iod: float, source: str) -> None:
    """Raise RigError unless the landmarks lie and move as a face's do."""
    wrong = what_is_wrong(rig)
    if gap95_iod > FARTHEST_GAP_IOD:
        wrong.append(f"lines end {gap95_iod:.2f} eye distances off the skin")
    if wrong:
        raise RigError(
            f"{source}: limner could not find the face on it ({'; '.join(wrong)}). Is it a whole "
            "head at rest, with shapes that do what ARKit's names say?"
        )


def what_is_wrong(rig: FaceRig) -> list[str]:
    """Return what of the resting face and its shapes contradicts a face, in words."""
    places = rig.landmarks.interpolate(rig.neutral, rig.triangles)
    return [*_disorder(places / rig.interocular_m), *_wrong_moves(rig)]


def _disorder(places: NDArray[np.float64]) -> list[str]:
    """Return what lies where it cannot, (70, 3) in interocular distances."""
    heights = [
        ("brows", places[_BROWS, 1].mean()),
        ("eyes", places[_EYES, 1].mean()),
        ("nose", places[_NOSE, 1].mean()),
        ("upper lip", places[_UPPER_LIP, 1]),
        ("lower lip", places[_LOWER_LIP, 1]),
        ("chin", places[_CHIN, 1]),
    ]
    wrong = [f"{low} above {high}" for (high, y), (low, y_low) in pairwise(heights) if y_low >= y]
    mirrored = places[[MIRRORED_LANDMARKS[row] for row in _PAIRS], 0]
    if (mirrored <= places[list(_PAIRS), 0]).any():
        wrong.append("left and right are exchanged")
    if places[_NOSE_TIP, 2] <= places[_EYES, 2].mean():
        wrong.append("the nose lies behind the eyes")
    return wrong


def _wrong_moves(rig: FaceRig) -> list[str]:
    """Return which shapes do not move what they are named after."""
    wrong = []
    for name, mover, axis, sign, other in _MOVES:
        shape = rig.blendshapes[rig.shape_names.index(name)]
        if not shape.any():
            continue
        moved = rig.landmarks.interpolate(shape, rig.triangles)
        far = np.linalg.norm(moved[other])
        if sign * moved[mover, axis] <= 0.0 or np.linalg.norm(moved[mover]) <= far:
            wrong.append(f"{name} moves another place")
    return wrong
