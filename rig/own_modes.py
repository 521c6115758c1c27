"""Who somebody's own head may become: limner's identity modes, carried over to it.

A head has shapes for its expressions and seldom any for being somebody else. limner's head, wrapped
onto it, tells how its skin would change with origin, age or a broader nose; eyes, teeth and tongue
go along with those of limner's.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .eyeball import eye_pose
from .face_rig import PART_NAMES, FaceRig
from .own_eyes import Ball
from .own_lines import Carrier
from .source_head import SourceHead

__all__ = ["carried_modes", "eye_modes"]

Array = NDArray[np.float64]

_AROUND = 6
"""Vertices of limner's teeth and tongue that one of the head's goes along with."""


def carried_modes(
    head: SourceHead,
    part: NDArray[np.int_],
    balls: list[Ball],
    template: FaceRig,
    carrier: Carrier,
) -> dict[str, Array]:
    """Return the template's identity modes on a head: name → (V, 3), in the head's unit.

    Parameters
    ----------
    head : placed near the template
    part : (V,) the part of each vertex; what is of no part stays where it is
    balls : its eyeballs, left and right
    carrier : of the template's skin to it
    """
    modes = np.zeros((len(template.identity), len(head.vertices), 3))
    apart = float(np.linalg.norm(balls[0].centre - balls[1].centre))
    size = apart / template.interocular_m
    is_skin = part == PART_NAMES.index("skin")
    ours, on_ours = carrier.ours_at(is_skin)
    modes[:, is_skin] = size * np.stack(
        [on_ours.interpolate(mode[ours], carrier.triangles) for mode in template.identity]
    )
    for number, name in enumerate(PART_NAMES):
        rows = np.flatnonzero(part == number)
        if not len(rows) or name == "skin":
            continue
        if name in ("eye_L", "eye_R"):
            side = name[-1]
            moved = eye_modes(template, side, head.vertices[rows], balls["LR".index(side)])
        else:
            moved = _along(template, number, head.vertices[rows])
        modes[:, rows] = size * moved
    return dict(zip(template.identity_names, modes, strict=True))


def eye_modes(template: FaceRig, side: str, points: Array, ball: Ball) -> Array:
    """Return (K, N, 3) metres: how modes move points of an eyeball, as if it were the template's.

    It goes along as a whole, and grows in proportion.
    """
    from scipy.spatial import cKDTree

    rows = np.flatnonzero(template.vertex_part == PART_NAMES.index(f"eye_{side}"))
    pose = eye_pose(template.neutral, template, side)
    assert pose is not None, "limner's head has eyes"
    eye = template.eye_centres["LR".index(side)]
    own = (template.neutral[rows] - eye) / pose.radius_m
    nearest = cKDTree(own).query((points - ball.centre) / ball.radius)[1]
    modes = template.identity[:, rows].astype(np.float64)
    whole = modes.mean(axis=1, keepdims=True)
    return whole + (modes[:, nearest] - whole) * (ball.radius / pose.radius_m)


def _along(template: FaceRig, part: int, points: Array) -> Array:
    """Return (K, N, 3) metres: how modes move what lies near points of a part of the template."""
    from scipy.spatial import cKDTree

    rows = np.flatnonzero(template.vertex_part == part)
    if not len(rows):
        rows = np.arange(len(template.neutral))
    away, near = cKDTree(template.neutral[rows]).query(points, k=min(_AROUND, len(rows)))
    away, near = away.reshape(len(points), -1), near.reshape(len(points), -1)
    share = 1.0 / (away + 1e-3)
    share /= share.sum(axis=1, keepdims=True)
    moved: Array = np.einsum("nk,mnkd->mnd", share, template.identity[:, rows[near]])
    return moved
