"""A head of somebody's own, read out of a .blend: its own axes, its parts, its names."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
import pytest
from limner.addon.cli import main
from limner.addon.own_head import read_blend
from limner.errors import RigError
from limner.rig.arkit import ARKIT_NAMES
from limner.rig.store import load_rig

from ..addon.named_heads import NAMES, SMILES
from .test_own_mesh import own_head
from .test_unseen import armature

pytestmark = pytest.mark.blender


def save_head(bpy, path, names=ARKIT_NAMES):
    """Write limner's head as a maker would: skin turned and at its own size, keys by `names`."""
    rig = load_rig("makehuman")
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    points = (100.0 * rig.neutral)[:, [0, 2, 1]] * np.array([1.0, -1.0, 1.0])
    faces = [[corner for corner in face if corner >= 0] for face in rig.polygons.tolist()]
    mesh = bpy.data.meshes.new("Head")
    mesh.from_pydata(points.tolist(), [], faces)
    head = bpy.data.objects.new("Head", mesh)
    head.rotation_euler, head.location = (0.3, 0.2, 1.0), (5.0, 6.0, 7.0)
    bpy.context.scene.collection.objects.link(head)
    head.shape_key_add(name="Basis", from_mix=False)
    for name, shape in zip(names, rig.arkit_shapes(), strict=True):
        moved = points + 100.0 * shape[:, [0, 2, 1]] * np.array([1.0, -1.0, 1.0])
        key = head.shape_key_add(name=name, from_mix=False)
        key.points.foreach_set("co", moved.astype(np.float32).ravel())
    bpy.ops.wm.save_as_mainfile(filepath=str(path), copy=True)


def test_a_mesh_in_a_blend_becomes_a_rig_with_our_lines_on_it(bpy, tmp_path, capsys):
    save_head(bpy, tmp_path / "mine.blend")
    out = tmp_path / "rigs" / "mine.npz"
    command = ["rig", "build", "blend", "--from", str(tmp_path / "mine.blend"), "-o", str(out)]
    assert main(command) == 0
    assert "53 of 53 blendshapes" in capsys.readouterr().err
    mine, ours = load_rig(out), load_rig("makehuman")
    assert mine.name == "mine"
    for name, curve in ours.curves.items():
        there = curve.points.interpolate(ours.neutral, ours.triangles)
        found = mine.curves[name].points.interpolate(mine.neutral, mine.triangles)
        off = np.linalg.norm(found - there, axis=1) / ours.interocular_m
        assert np.median(off) < 0.002, name
        assert off.max() < 0.035, name  # hidden corners between the lips


def test_names_that_nobody_knows_are_told(bpy, tmp_path):
    save_head(bpy, tmp_path / "odd.blend", [f"Key {number}" for number in range(52)])
    with pytest.raises(RigError, match=r"seen: Key 0, Key 1, .* and 40 more"):
        read_blend(tmp_path / "odd.blend")
    with pytest.raises(RigError, match="no mesh in it is called Body; there are Head"):
        read_blend(tmp_path / "odd.blend", "Body")


def read_posed(bpy, path, prepare):
    """Save a small head with an eye on a bone, after `prepare` has done what it likes; read it."""
    head = own_head(bpy, NAMES["ARKit"], SMILES["ARKit"])
    rig = armature(bpy, head)
    rig.pose.bones["Head"].rotation_euler = (0.0, 0.0, 0.0)
    mesh = bpy.data.meshes.new("Eye")
    mesh.from_pydata([(0.0, 0.0, 0.0), (0.01, 0.0, 0.0), (0.0, 0.01, 0.0)], [], [(0, 1, 2)])
    eye = bpy.data.objects.new("Eye", mesh)
    bpy.context.scene.collection.objects.link(eye)
    eye.parent, eye.parent_type, eye.parent_bone = rig, "BONE", "Head"
    eye.location = (0.0, -0.15, 0.05)  # from the bone's end
    eye.scale = (0.5, 0.5, 0.5)
    bpy.context.view_layer.update()
    prepare(head, rig)
    bpy.ops.wm.save_as_mainfile(filepath=str(path), copy=True)
    return read_blend(path)


def test_a_posed_head_is_read_at_rest_with_its_eyes_in_it(bpy, tmp_path):
    def nothing(head, rig):
        pass

    def pose(head, rig):
        bone = rig.pose.bones["Head"]
        bone.rotation_euler, bone.location = (0.5, 1.0, 0.3), (0.01, 0.0, 0.02)
        head.data.shape_keys.key_blocks["jawOpen"].value = 1.0
        for name in ("mouthSmileLeft", "mouthSmileRight"):
            key = head.data.shape_keys.key_blocks[name]
            key.mute, key.slider_max = True, 0.3

    still = read_posed(bpy, tmp_path / "still.blend", nothing)
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    posed = read_posed(bpy, tmp_path / "posed.blend", pose)
    assert len(still.head.vertices) == 7
    np.testing.assert_allclose(posed.head.vertices, still.head.vertices, atol=1e-6)
    for name, shape in still.head.shapes.items():
        np.testing.assert_allclose(posed.head.shapes[name], shape, atol=1e-7)
    assert np.abs(still.head.shapes["mouthSmileLeft"]).max() == pytest.approx(0.01)


def test_modifiers_that_are_seen_are_named_and_half_a_head_is_refused(bpy, tmp_path):
    def smooth(head, rig):
        head.modifiers["Smooth"].show_viewport = True

    def mirror(head, rig):
        head.modifiers.new("Other half", "MIRROR")

    assert read_posed(bpy, tmp_path / "smooth.blend", smooth).left_out == ("Mine's Smooth, Rig",)
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    with pytest.raises(RigError, match=r"Mine is half a head with a Mirror .* apply the modifier"):
        read_posed(bpy, tmp_path / "half.blend", mirror)
