"""A small picture of an expression, on limner's own head: what a kept expression looks like."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from ..rig.camera import Camera
from ..rig.face_rig import FaceRig, RigState, pose
from ..rig.look import HeadLook, head_look
from ..rig.raster import render_head
from ..rig.store import load_rig
from .expression import Expression

__all__ = ["picture_of"]

RIG = "makehuman"
FACE_SHARE = 0.62
"""Of the picture's height, from the chin to the brows of the head at rest."""
BACKDROP = 0.16
"""Grey level behind the head, as in Blender's asset browser."""


def picture_of(expression: Expression, size_px: int = 256) -> NDArray[np.float32]:
    """Return (size_px, size_px, 4) float32 in [0, 1], top row first: a head that wears it."""
    rig, look = _head()
    weights = np.array([expression.shapes[name] for name in rig.shape_names])
    state = RigState(weights, np.zeros(len(rig.identity_names)), np.zeros(3))
    picture = render_head(pose(rig, state), rig, _view(rig, size_px), look=look) / np.float32(255.0)
    alpha = picture[..., 3:]
    picture[..., :3] = picture[..., :3] * alpha + BACKDROP * (1.0 - alpha)
    picture[..., 3] = 1.0
    return picture.astype(np.float32)


@functools.lru_cache(maxsize=1)
def _head() -> tuple[FaceRig, HeadLook]:
    """Load the head and its paint."""
    rig = load_rig(RIG)
    return rig, head_look(rig)


def _view(rig: FaceRig, size_px: int) -> Camera:
    """Look at the face from the front; it stays where it is whatever it wears."""
    places = rig.landmarks.interpolate(rig.neutral - rig.pivot, rig.triangles)
    low, high = places[:, 1].min(), places[:, 1].max()
    scale = FACE_SHARE * size_px / (high - low)
    middle = np.array([0.0, (low + high) / 2.0])
    centre = size_px / 2.0 + scale * np.array([-middle[0], middle[1]])
    return Camera(scale, centre, (size_px, size_px))
