"""limner's head where an artist has put it: the drawing's camera sees its lines as drawn."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
import pytest
from limner.addon.head_scene import head_scene
from limner.rig.store import load_rig

from ..tiny_rig import tiny_fit
from .test_grease_pencil import draw_cross
from .test_unseen import armature, warnings

pytestmark = pytest.mark.blender


def holder(bpy, scale=(2.0, 2.0, 2.0)):
    """Add an empty that is moved, turned and scaled."""
    made = bpy.data.objects.new("Holder", None)
    bpy.context.scene.collection.objects.link(made)
    made.location, made.rotation_euler, made.scale = (1.0, 2.0, 3.0), (0.2, 0.4, 1.0), scale
    bpy.context.view_layer.update()
    return made


def off_px(bpy, fit, project, head, camera, picture):
    """Return how far, at most, the head is seen from where the fit says, pixels."""
    bpy.context.view_layer.update()
    shown = head.evaluated_get(bpy.context.evaluated_depsgraph_get())
    world = np.array([shown.matrix_world @ vertex.co for vertex in shown.to_mesh().vertices])
    shape = fit.mesh().posed()
    seen = project(world, camera, *picture.size_px)
    return np.abs(seen - picture.project(shape)).max()


@pytest.mark.parametrize("how", ["parented", "deltas", "with its camera", "kept in place"])
def test_a_head_that_hangs_on_something_is_seen_as_drawn(bpy, limner, fit, project, how):
    bpy.ops.limner.fit()
    head, camera = bpy.context.object, bpy.context.scene.camera
    if how == "deltas":
        head.delta_location, head.delta_rotation_euler = (0.1, 0.2, 0.3), (0.3, 0.2, 0.1)
        head.delta_scale = (2.0, 2.0, 2.0)
    else:
        hangs = holder(bpy)
        for thing in (head, camera) if how == "with its camera" else (head,):
            thing.parent = hangs
            if how == "kept in place":
                thing.matrix_parent_inverse = hangs.matrix_world.inverted()
    bpy.context.view_layer.update()
    place = np.array(head.matrix_world.translation)
    assert bpy.ops.limner.fit() == {"FINISHED"}
    assert off_px(bpy, fit, project, head, camera, fit.camera) < 0.1
    np.testing.assert_allclose(head.matrix_world.translation, place, atol=1e-5)
    assert head.parent == (None if how == "deltas" else hangs)


def test_a_head_under_a_drawing_lies_there_whatever_it_hangs_on(bpy, limner, fit, project):
    draw_cross(bpy)
    bpy.ops.limner.fit()
    head = next(thing for thing in bpy.data.objects if thing.type == "MESH")
    camera = bpy.context.scene.camera
    bpy.context.view_layer.update()
    before = np.array(head.matrix_world)
    head.parent = holder(bpy)
    bpy.ops.limner.fit()
    bpy.context.view_layer.update()
    np.testing.assert_allclose(np.array(head.matrix_world), before, atol=1e-5)
    assert bpy.context.scene.camera == camera


@pytest.mark.parametrize("subdivided", [False, True])
def test_what_moves_the_head_besides_its_shape_keys_is_told(bpy, limner, fit, capfd, subdivided):
    bpy.ops.limner.fit()
    head = bpy.context.object
    if subdivided:
        head.modifiers.new("Smooth", "SUBSURF")
    pose = armature(bpy, head)
    head.parent = None
    bone = pose.pose.bones["Head"]
    bone.rotation_euler = (0.0, 0.0, 0.0)
    capfd.readouterr()
    bpy.ops.limner.fit()
    assert warnings(capfd) == []
    bone.rotation_euler = (0.3, 0.0, 0.0)
    bpy.ops.limner.fit()
    (warning,) = warnings(capfd)
    names = "Smooth, Rig" if subdivided else "Rig"
    assert f"Limner Head is moved by {names} as well, up to " in warning
    assert tuple(bone.rotation_euler) == pytest.approx((0.3, 0.0, 0.0))
    head.modifiers["Rig"].show_viewport = False
    bpy.ops.limner.fit()
    assert warnings(capfd) == []


def test_a_subdivided_head_of_limners_own_is_no_reason_for_words(bpy):
    from limner.addon.bridge.head import add_head
    from limner.addon.bridge.moved_as_well import moved_as_well

    head = add_head(head_scene(tiny_fit(load_rig("makehuman")), {}, with_pictures=False))
    bpy.context.scene.collection.objects.link(head)
    head.modifiers.new("Smooth", "SUBSURF").levels = 2
    assert moved_as_well(bpy.context, head) == ""
    pose = armature(bpy, head)
    pose.pose.bones["Head"].rotation_euler = (0.1, 0.0, 0.0)
    assert "moved by Smooth, Rig as well" in moved_as_well(bpy.context, head)
