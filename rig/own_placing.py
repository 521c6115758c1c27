"""Somebody's own head in limner's space: upright, ahead, in metres, its shapes by side."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..errors import RigError
from .arkit import RIG_SHAPE_NAMES
from .face_rig import PART_NAMES, FaceRig
from .shape_places import PLACED_BY, bring_over, shape_places
from .source_head import SourceHead, vertex_areas

__all__ = ["placed", "side_weight", "sided"]

Array = NDArray[np.float64]

_SNAP_DEG = 20.0
"""A head that stands nearly along axes was built along them."""
_SIDE_BLEND_M = 0.01
"""Half of the width over which left turns into right."""
_MIRRORED = 0.75
"""Where a mirror image fits so much better, left and right are exchanged."""
_STRANGE = 0.85
"""Where places and directions are off by so much of the face's radius, names do not tell them."""


def placed(
    head: SourceHead, is_face: NDArray[np.bool_], template: FaceRig, source: str
) -> SourceHead:
    """Return the head moved, turned and scaled onto a template, as its shapes tell.

    Parameters
    ----------
    is_face : (V,) the piece that is the face
    source : what the head is called in errors

    Raises
    ------
    RigError
        If the shapes of the left act on the right, or do not act where their names say.
    """
    names = [name for name in PLACED_BY if name in head.shapes]
    theirs = shape_places(
        head.vertices, vertex_areas(head.vertices, head.triangles) * is_face, head.shapes, names
    )
    skin = template.vertex_part == PART_NAMES.index("skin")
    rest = template.neutral.astype(np.float64)
    shapes = dict(zip(template.shape_names, template.blendshapes, strict=True))
    ours = shape_places(rest, vertex_areas(rest, template.triangles) * skin, shapes, names)
    found = bring_over(theirs, ours)
    mirror = bring_over(theirs, ours, mirrored=True)
    if mirror.residual < _MIRRORED * found.residual:
        raise RigError(
            f"{source}: the shapes of the left act on its right side; in ARKit's names left and "
            "right are the subject's own: exchange them, or turn its normals outwards."
        )
    if found.residual > _STRANGE:
        raise RigError(
            f"{source}: its shapes do not act where ARKit's names say (jawOpen on the jaw, "
            "eyeBlinkLeft on the left lids…). Is it a head, and are the names right?"
        )
    upright = bring_over(theirs, ours, turn=_snapped(found.turn))
    return head.moved(upright.scale, upright.turn, upright.shift)


def _snapped(turn: Array) -> Array:
    """Return the rotation along axes that is near a rotation; itself where none is."""
    straight = np.zeros((3, 3))
    rows = np.abs(turn).argmax(axis=1)
    straight[np.arange(3), rows] = np.sign(turn[np.arange(3), rows])
    if abs(np.linalg.det(straight)) < 0.5:
        return turn
    cosine = (np.trace(straight.T @ turn) - 1.0) / 2.0
    return straight if cosine > np.cos(np.radians(_SNAP_DEG)) else turn


def sided(head: SourceHead) -> SourceHead:
    """Return a placed head with shapes of both sides cut into a left and a right one."""
    left = side_weight(head.vertices)[:, None]
    shapes: dict[str, NDArray[np.floating]] = {}
    for name, shape in head.shapes.items():
        if f"{name}Left" in RIG_SHAPE_NAMES and name not in RIG_SHAPE_NAMES:
            shapes.setdefault(f"{name}Left", shape * left)
            shapes.setdefault(f"{name}Right", shape * (1.0 - left))
        else:
            shapes[name] = shape
    return replace(head, shapes=shapes)


def side_weight(vertices: NDArray[np.floating]) -> Array:
    """Return (V,) 1 on the subject's left, 0 on the right, smooth between."""
    share = np.clip(0.5 + 0.5 * vertices[:, 0] / _SIDE_BLEND_M, 0.0, 1.0)
    smooth: Array = share * share * (3.0 - 2.0 * share)
    return smooth
