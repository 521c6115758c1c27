"""My own mesh as an artist has set it up: posed, scaled, subdivided, muted, with short sliders.

What is put on it shows all the same, or limner says in one line why it does not.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
import pytest

from ..addon.named_heads import NAMES, SMILES
from .test_own_mesh import LEFT_CORNER, body, choose, own_head

pytestmark = pytest.mark.blender

ASKED = 0.75
"""How strong the smile of the known answer is, on the left alone."""


@pytest.fixture
def head(bpy, limner):
    made = own_head(bpy, NAMES["ARKit"], SMILES["ARKit"])
    choose(limner, made)
    return made


def keys_of(head):
    return head.data.shape_keys.key_blocks


def seen(bpy, head):
    """Return where the vertices are seen, (V, 3) metres in the world."""
    bpy.context.view_layer.update()
    shown = head.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return np.array([shown.matrix_world @ vertex.co for vertex in shown.to_mesh().vertices])


def warnings(capfd):
    return [line for line in capfd.readouterr().out.splitlines() if line.startswith("Warning")]


def fitted(bpy, capfd):
    """Press Fit; return what was warned of."""
    capfd.readouterr()
    assert bpy.ops.limner.fit() == {"FINISHED"}
    return warnings(capfd)


def armature(bpy, head):
    """Give the head a bone that all of it hangs on, turned and moved."""
    rig = bpy.data.objects.new("Rig", bpy.data.armatures.new("Rig"))
    bpy.context.scene.collection.objects.link(rig)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    bone = rig.data.edit_bones.new("Head")
    bone.head, bone.tail = (0.0, 0.0, 0.0), (0.0, 0.0, 0.2)
    bpy.ops.object.mode_set(mode="OBJECT")
    rig.pose.bones["Head"].rotation_mode = "XYZ"
    rig.pose.bones["Head"].rotation_euler = (0.3, 0.4, 0.2)
    head.vertex_groups.new(name="Head").add(range(len(head.data.vertices)), 1.0, "REPLACE")
    head.modifiers.new("Rig", "ARMATURE").object = rig
    head.parent = rig
    return rig


@pytest.mark.parametrize("kind", ["posed", "parented", "turned", "subdivided", "locked"])
def test_a_smile_is_seen_however_the_mesh_stands_and_nothing_of_it_changes(
    bpy, limner, head, capfd, kind
):
    if kind == "posed":
        rig = armature(bpy, head)
        pose = rig.pose.bones["Head"].rotation_euler.copy()
    elif kind == "parented":
        head.parent = bpy.data.objects.new("Holder", None)
        bpy.context.scene.collection.objects.link(head.parent)
        head.parent.scale, head.parent.rotation_euler = (2.0, 1.0, 0.5), (0.2, 0.4, 1.0)
    elif kind == "turned":
        head.rotation_euler, head.scale = (1.5708, 0.0, 0.3), (0.01, 0.01, -0.01)
    elif kind == "subdivided":
        head.modifiers["Smooth"].show_viewport = True
        head.modifiers.new("Mirror", "MIRROR")
    else:
        for key in keys_of(head):
            key.lock_shape = True
    before, place, stands = seen(bpy, head), body(head), head.matrix_basis.copy()
    assert fitted(bpy, capfd) == []
    assert body(head) == place and head.matrix_basis == stands
    moved = np.linalg.norm(seen(bpy, head) - before, axis=1)
    assert moved[LEFT_CORNER] > 0.5 * moved.max() > 0.0
    assert keys_of(head)["mouthSmileLeft"].value == pytest.approx(ASKED)
    if kind == "posed":
        assert rig.pose.bones["Head"].rotation_euler == pose


def test_a_key_relative_to_another_moves_as_far_as_it_says(bpy, head, capfd):
    """Its value is how much of the way from the other key it goes."""
    smile, other = keys_of(head)["mouthSmileLeft"], keys_of(head)["cheekPuff"]
    smile.relative_key = other
    other.data[LEFT_CORNER].co.z += 0.004
    before = seen(bpy, head)
    assert fitted(bpy, capfd) == []
    up = seen(bpy, head)[LEFT_CORNER, 2] - before[LEFT_CORNER, 2]
    assert other.value == 0.0
    assert up == pytest.approx(ASKED * (0.01 - 0.004), abs=1e-5)


def test_muted_keys_are_told(bpy, head, capfd):
    keys_of(head)["mouthSmileLeft"].mute = True
    keys_of(head)["tongueOut"].mute = True  # nothing asks for it
    assert fitted(bpy, capfd) == ["Warning: 1 shape keys are muted and do not show: mouthSmileLeft"]
    assert keys_of(head)["mouthSmileLeft"].mute


def test_a_slider_that_ends_too_soon_is_told(bpy, head, capfd):
    keys_of(head)["mouthSmileLeft"].slider_max = 0.5
    keys_of(head)["jawOpen"].slider_max = 4.0
    keys_of(head)["cheekPuff"].slider_min = 0.25
    assert fitted(bpy, capfd) == [
        "Warning: 2 shape keys stop where their sliders end: cheekPuff at 0.25, "
        "mouthSmileLeft at 0.5"
    ]
    assert keys_of(head)["jawOpen"].value == pytest.approx(0.25)


def test_drivers_are_told(bpy, head, capfd):
    keys_of(head)["jawOpen"].driver_add("value").driver.expression = "0.25"
    assert fitted(bpy, capfd) == ["Warning: 1 shape keys are moved by drivers and stay: jawOpen"]


@pytest.mark.parametrize(
    ("off", "said"), [("Relative", "absolute"), ("Solo", "one shape key alone")]
)
def test_keys_that_do_not_mix_at_all_are_told(bpy, head, capfd, off, said):
    if off == "Relative":
        head.data.shape_keys.use_relative = False
    else:
        head.show_only_shape_key = True
    (warning,) = fitted(bpy, capfd)
    assert said in warning
    with pytest.raises(RuntimeError, match=said):  # what is worn cannot be told
        bpy.ops.limner.keep_rest()


def test_a_new_neutral_is_seen_as_it_was_whatever_sliders_say(bpy, head):
    smile = keys_of(head)["mouthSmileLeft"]
    smile.slider_min, smile.value = 0.5, 0.7
    before = seen(bpy, head)
    assert bpy.ops.limner.keep_rest() == {"FINISHED"}
    np.testing.assert_allclose(seen(bpy, head), before, atol=1e-6)
    assert smile.value == 0.0


def test_a_new_neutral_that_drivers_would_move_again_is_refused(bpy, head):
    smile = keys_of(head)["mouthSmileLeft"]
    smile.driver_add("value").driver.expression = "0.5"
    before = seen(bpy, head)
    with pytest.raises(RuntimeError, match="drivers move mouthSmileLeft"):
        bpy.ops.limner.keep_rest()
    np.testing.assert_array_equal(seen(bpy, head), before)
