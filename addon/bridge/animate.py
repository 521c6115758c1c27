"""Keyframes of the gap closing: the expression comes first, then the correction."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import bpy

from ...rig.head_mesh import SKETCH_FIT

__all__ = ["EXPRESSION_FRAMES", "LAST_FRAME", "SKETCH_FIT_FRAMES", "add_keyframes"]

EXPRESSION_FRAMES = (1, 25)
SKETCH_FIT_FRAMES = (37, 61)
LAST_FRAME = 96
"""At 24 frames a second: one second for each way, half a second between, and a hold."""


def add_keyframes(scene: bpy.types.Scene, head: bpy.types.Object) -> None:
    """Let the head's weights grow from rest to what they are; the scene stands at the end.

    Parameters
    ----------
    head : as `head.add_head` made it, its weights those of the fit
    """
    for key in head.data.shape_keys.key_blocks[1:]:
        start, end = SKETCH_FIT_FRAMES if key.name == SKETCH_FIT else EXPRESSION_FRAMES
        weight = key.value
        if weight == 0.0:
            continue
        for frame, value in ((start, 0.0), (end, weight)):
            key.value = value
            key.keyframe_insert("value", frame=frame)
    scene.frame_start, scene.frame_end = 1, LAST_FRAME
    scene.render.fps = 24
    scene.frame_set(LAST_FRAME)
