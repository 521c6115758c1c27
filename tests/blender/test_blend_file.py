"""A .blend holds the fit: keys, weights, pose, camera, drawing; and reads back from a file."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import subprocess

import numpy as np
import pytest
from limner.addon import blend
from limner.addon.head_scene import head_scene, load_head_scene, save_head_scene
from limner.errors import OutputError
from limner.rig.arkit import ARKIT_NAMES
from limner.rig.head_mesh import SKETCH_FIT

from ..tiny_rig import tiny_fit

pytestmark = pytest.mark.blender

RECORD = {"schema": "limner.fit/1", "rig": "tiny", "blendshapes": {"jawOpen": 0.25}}


@pytest.fixture
def opened(bpy, fit, tmp_path):
    """Write the tiny fit and open the file again."""
    blend.write_blend(fit, tmp_path / "head.blend", RECORD)
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "head.blend"))
    return bpy


def shown_vertices(bpy, name="Limner Head"):
    """Return the (V, 3) world positions that Blender shows, all keys applied."""
    head = bpy.data.objects[name].evaluated_get(bpy.context.evaluated_depsgraph_get())
    mesh = head.to_mesh()
    local = np.empty(3 * len(mesh.vertices), dtype=np.float32)
    mesh.vertices.foreach_get("co", local)
    matrix = np.array(head.matrix_world)
    return local.reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3]


def test_keys_carry_the_exact_names_in_order_and_the_weights(opened, fit):
    keys = opened.data.objects["Limner Head"].data.shape_keys
    assert [key.name for key in keys.key_blocks] == ["Basis", *ARKIT_NAMES, SKETCH_FIT]
    weights = {key.name: key.value for key in keys.key_blocks}
    assert weights["mouthSmileLeft"] == pytest.approx(0.75)
    assert weights["mouthSmileRight"] == 0.0
    assert weights["browInnerUp"] == pytest.approx(0.25)  # the mean of its sides
    assert weights[SKETCH_FIT] == 1.0


@pytest.mark.parametrize("inverse_distance", [0.0, 1.4])
@pytest.mark.parametrize("size_px", [(320, 400), (500, 300), (256, 256)])
def test_blender_sees_the_head_where_the_drawing_has_it(
    bpy, rig, project, tmp_path, inverse_distance, size_px
):
    fit = tiny_fit(rig, inverse_distance, size_px)
    blend.write_blend(fit, tmp_path / "head.blend", RECORD)
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "head.blend"))
    render = bpy.context.scene.render
    assert (render.resolution_x, render.resolution_y) == size_px
    camera = bpy.context.scene.camera
    assert camera.data.type == ("PERSP" if inverse_distance else "ORTHO")
    seen = project(shown_vertices(bpy), camera, *size_px)
    wanted = fit.camera.project(fit.mesh().posed())
    np.testing.assert_allclose(seen, wanted, atol=0.01)


def test_the_slider_of_sketch_fit_takes_the_correction_back(opened, fit):
    keys = opened.data.objects["Limner Head"].data.shape_keys.key_blocks
    with_fit = shown_vertices(opened)
    keys[SKETCH_FIT].value = 0.0
    opened.context.view_layer.update()
    moved = np.linalg.norm(with_fit - shown_vertices(opened), axis=1)
    wanted = np.linalg.norm(fit.mesh().targets[-1], axis=1)
    np.testing.assert_allclose(moved, wanted, atol=1e-6)
    assert moved.max() > 1e-3


def test_the_drawing_lies_in_the_file_behind_and_before_the_head(opened, fit):
    pictures = opened.context.scene.camera.data.background_images
    assert [picture.display_depth for picture in pictures] == ["BACK", "FRONT"]
    paper, ink = (picture.image for picture in pictures)
    assert paper.packed_file is not None
    assert tuple(paper.size) == fit.sketch.ink.shape[::-1]
    pixels = np.empty(ink.size[0] * ink.size[1] * 4, dtype=np.float32)
    ink.pixels.foreach_get(pixels)
    alpha = pixels.reshape(ink.size[1], ink.size[0], 4)[::-1, :, 3]  # rows run bottom-up
    np.testing.assert_allclose(alpha, fit.sketch.ink, atol=1 / 255)


def test_the_record_travels_on_head_and_keys(opened):
    head = opened.data.objects["Limner Head"]
    assert json.loads(head["limner"]) == RECORD
    assert json.loads(head.data.shape_keys["limner"]) == RECORD


def test_parts_have_their_materials_and_faces_are_smooth(opened, fit):
    mesh = opened.data.objects["Limner Head"].data
    names = [mesh.materials[face.material_index].name for face in mesh.polygons]
    first_corner = fit.rig.vertex_part[fit.rig.polygons[:, 0]]
    assert {name for name, part in zip(names, first_corner, strict=True) if part == 0} == {
        "Limner Skin"
    }
    assert {name for name, part in zip(names, first_corner, strict=True) if part} == {"Limner Eye"}
    assert all(face.use_smooth for face in mesh.polygons)
    sides = sorted({len(face.vertices) for face in mesh.polygons})
    assert sides == [3, 4]


def test_the_file_opens_on_the_drawing_and_holds_nothing_else(opened):
    views = [
        area.spaces.active.region_3d.view_perspective
        for screen in opened.data.screens
        for area in screen.areas
        if area.type == "VIEW_3D"
    ]
    assert views
    assert set(views) == {"CAMERA"}
    assert sorted(ob.type for ob in opened.data.objects) == ["CAMERA", "LIGHT", "LIGHT", "MESH"]


def test_many_files_leave_nothing_behind(bpy, fit, tmp_path):
    scene = head_scene(fit, RECORD)
    for _ in range(3):
        blend.write_scene(scene, tmp_path / "head.blend")
    assert not bpy.data.objects
    assert not bpy.data.meshes
    assert not bpy.data.images
    assert not bpy.data.materials


def test_work_of_others_in_this_blender_is_left_alone(bpy, fit, tmp_path):
    mesh = bpy.data.meshes.new("My mesh")
    bpy.context.scene.collection.objects.link(bpy.data.objects.new("My object", mesh))
    blend.write_blend(fit, tmp_path / "head.blend", RECORD)
    assert "My object" in bpy.data.objects
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "head.blend"))
    assert "Limner Head" in bpy.data.objects
    assert "My object" not in bpy.data.objects


def test_an_unwritable_place_is_a_clear_error(bpy, fit, tmp_path):
    with pytest.raises(OutputError, match="could not write"):
        blend.write_blend(fit, tmp_path / "nowhere" / "head.blend", RECORD)


def test_scene_survives_the_way_to_another_process(fit, tmp_path):
    scene = head_scene(fit, {**RECORD, "sketch": "Müller & Søn.png"})
    save_head_scene(scene, tmp_path / "scene.npz")
    again = load_head_scene(tmp_path / "scene.npz")
    np.testing.assert_array_equal(again.mesh.posed(), scene.mesh.posed())
    assert again.mesh.target_names == scene.mesh.target_names
    points = scene.mesh.posed()
    np.testing.assert_array_equal(again.camera.project(points), scene.camera.project(points))
    assert again.camera.size_px == scene.camera.size_px
    assert (again.paper_png, again.ink_png, again.record) == (
        scene.paper_png, scene.ink_png, scene.record,
    )  # fmt: skip


def test_worker_writes_the_same_file_as_this_process(bpy, fit, tmp_path):
    save_head_scene(head_scene(fit, RECORD), tmp_path / "scene.npz")
    command = [*blend._own_command(), "--", "scene.npz", "head.blend"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "head.blend"))
    assert json.loads(bpy.data.objects["Limner Head"]["limner"]) == RECORD


def test_an_animated_head_goes_from_rest_over_the_expression_to_the_fit(bpy, fit, tmp_path):
    blend.write_blend(fit, tmp_path / "film.blend", RECORD, is_animated=True)
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "film.blend"))
    scene, mesh = bpy.context.scene, fit.mesh()
    wanted = dict(zip(mesh.target_names, mesh.weights.tolist(), strict=True))

    def weights(frame):
        scene.frame_set(frame)
        return {key.name: key.value for key in fitted_keys(bpy)}

    assert scene.frame_current == scene.frame_end  # it opens on the fit
    assert not any(weights(1).values())
    expressed = weights(30)
    assert expressed.pop(SKETCH_FIT) == 0.0
    assert expressed == pytest.approx({name: wanted[name] for name in expressed})
    assert 0.0 < weights(13)["mouthSmileLeft"] < wanted["mouthSmileLeft"]
    assert 0.0 < weights(49)[SKETCH_FIT] < 1.0
    assert weights(scene.frame_end) == pytest.approx(wanted)


def fitted_keys(bpy):
    """Return the head's keys but the base."""
    return bpy.data.objects["Limner Head"].data.shape_keys.key_blocks[1:]


def test_teeth_alone_shine_a_little_of_themselves(opened):
    glow = {
        material.name: material.node_tree.nodes["Principled BSDF"].inputs["Emission Strength"]
        for material in opened.data.objects["Limner Head"].data.materials
    }
    assert glow["Limner Skin"].default_value == glow["Limner Eye"].default_value == 0.0
    assert 0.1 < glow["Limner Teeth"].default_value < 0.5
