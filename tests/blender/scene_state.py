"""What tests of the panel's buttons compare: all of a scene, over a pipeline of known answers."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from limner.addon.hints import Hints, with_landmarks

__all__ = ["FakeSession", "everything", "row_of"]


class FakeSession:
    """Stands where the pipeline stands: gives known answers, so that the scene can be compared."""

    def __init__(self, fit):
        self.answer = fit

    def detect(self, sketch, hints=None):
        self.hints = hints
        return with_landmarks(self.answer.detection, hints or Hints(), 1.0)

    def fit(self, sketch, pins, hints=None, on_stage=None):
        self.pins, self.hints = pins, hints
        return self.answer


def everything(bpy):
    """Return all that a head's undo has to bring back, as plain values."""
    state = {
        "objects": sorted(bpy.data.objects.keys()),
        "camera": getattr(bpy.context.scene.camera, "name", None),
    }
    render = bpy.context.scene.render
    state["render"] = (render.resolution_x, render.resolution_y)
    limner = bpy.context.scene.limner
    state["aus"] = [
        (au.number, au.left, au.right, au.probability, au.is_pinned) for au in limner.aus
    ]
    state["marks"] = limner.marks
    state["drawing"] = (limner.source, getattr(limner.pencil, "name", None))
    state["mode"] = bpy.context.mode
    for thing in bpy.data.objects:
        state[thing.name] = [list(row) for row in thing.matrix_basis]
        keys = getattr(thing.data, "shape_keys", None)
        for key in keys.key_blocks if keys else ():
            points = np.empty(3 * len(key.points), dtype=np.float32)
            key.points.foreach_get("co", points)
            state[thing.name, key.name] = (key.value, points.tobytes())
    state["actions"] = sorted(
        (action.name, action.asset_data is not None, action.get("limner_expression"))
        for action in bpy.data.actions
    )
    state["keyframes"] = {
        thing.name: keyframes_of(thing) for thing in bpy.data.objects if thing.type == "MESH"
    }
    return state


def keyframes_of(thing):
    """Return (path, frame, value) of all keyframes of a mesh's shape keys and of the object."""
    found = []
    for owner in (thing, thing.data.shape_keys):
        animation = owner.animation_data if owner is not None else None
        if animation is not None and animation.action is not None:
            found += [
                (curve.data_path, curve.array_index, *point.co)
                for curve in curves_of(animation)
                for point in curve.keyframe_points
            ]
    return sorted(found)


def curves_of(animation):
    """Return the curves of what plays; actions have layers from Blender 4.4 on."""
    action = animation.action
    if not hasattr(action, "layers"):
        return list(action.fcurves)
    return [
        curve
        for layer in action.layers
        for strip in layer.strips
        for curve in strip.channelbag(animation.action_slot).fcurves
    ]


def row_of(limner, number):
    """Return the row of an Action Unit."""
    return next(row for row in limner.aus if row.number == number)
