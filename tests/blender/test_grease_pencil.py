"""Grease Pencil drawings: read as their camera sees them, and a head laid under their lines."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from limner.rig.camera import Camera
from limner.rig.face_rig import pose, rotation_matrix

pytestmark = pytest.mark.blender


@pytest.fixture
def bpy(bpy):
    if bpy.app.version < (4, 3, 0):
        pytest.skip("drawings of attributes came with Blender 4.3")
    return bpy


@pytest.fixture
def limner(bpy, fit, monkeypatch):
    """Register the add-on over a pipeline that gives the same fit to whatever is drawn."""
    from limner.addon import computing, registration

    class Given:
        def detect(self, sketch, hints):
            return fit.detection

        def fit(self, sketch, pins, hints, on_stage):
            width, height = sketch.ink.shape[::-1]
            camera = Camera(900.0, np.array([width * 0.55, height * 0.4]), (width, height))
            return replace(fit, sketch=sketch, camera=camera)

    registration.register()
    monkeypatch.setattr(computing, "session", lambda *_: Given())
    yield bpy.context.scene.limner
    monkeypatch.undo()
    registration.unregister()


def write_stroke(drawing, points, radius=0.004, opacity=1.0, **attributes):
    """Draw one stroke of (N, 3) points on the first layer, as a pen would."""
    page = drawing.data.layers[0].frames[0].drawing
    page.add_strokes([len(points)])
    stroke = page.strokes[-1]
    for point, position in zip(stroke.points, points, strict=True):
        point.position, point.radius, point.opacity = position, radius, opacity
    for name, value in attributes.items():
        setattr(stroke, name, value)
    page.tag_positions_changed()


def draw_cross(bpy):
    """Press Draw and write two strokes: to the right and up by 0.1 m."""
    assert bpy.ops.limner.draw() == {"FINISHED"}
    drawing = bpy.context.scene.limner.pencil
    write_stroke(drawing, [(0, 0, 0), (0.1, 0, 0)])
    write_stroke(drawing, [(0, 0, 0), (0, 0, 0.1)], 0.002)
    return drawing


def read(bpy, drawing):
    from limner.addon.bridge.pencil import read_strokes, sight_of

    bpy.context.view_layer.update()
    sight = sight_of(bpy.context, drawing)
    return sight, read_strokes(drawing, sight)


def test_draw_makes_paper_pen_and_a_camera_that_sees_them(bpy, limner):
    assert bpy.ops.limner.draw() == {"FINISHED"}
    drawing, camera = limner.pencil, bpy.context.scene.camera
    assert limner.source == "PENCIL"
    assert bpy.context.object == drawing and drawing.mode == "PAINT_GREASE_PENCIL"
    assert camera.data.type == "ORTHO" and camera.data.show_background_images
    assert camera.data.background_images[0].image.packed_file is not None
    if bpy.app.version < (5, 2, 0):  # from there on it is the stroke that hides its line
        assert drawing.data.materials[0].grease_pencil.show_stroke
    render = bpy.context.scene.render
    assert (render.resolution_x, render.resolution_y) == (1024, 1280)


def test_draw_goes_on_with_the_drawing_that_is_there(bpy, limner):
    drawing = draw_cross(bpy)
    bpy.ops.object.mode_set(mode="OBJECT")
    before = sorted(bpy.data.objects.keys())
    assert bpy.ops.limner.draw() == {"FINISHED"}
    assert sorted(bpy.data.objects.keys()) == before
    assert drawing.mode == "PAINT_GREASE_PENCIL"


def test_strokes_fall_where_the_camera_sees_them(bpy, limner, project):
    """1280 px are 0.4 m: 3200 px a metre; +x to the right, +z up."""
    sight, strokes = read(bpy, draw_cross(bpy))
    assert sight.size_px == (1024, 1280)
    np.testing.assert_allclose(strokes[0].points, [[512, 640], [832, 640]], atol=1e-2)
    np.testing.assert_allclose(strokes[1].points, [[512, 640], [512, 320]], atol=1e-2)
    np.testing.assert_allclose(strokes[0].radius, 12.8, rtol=1e-4)
    np.testing.assert_allclose(strokes[1].radius, 6.4, rtol=1e-4)


@pytest.mark.parametrize("kind", ["ORTHO", "PERSP"])
def test_any_camera_sees_the_strokes_as_blender_does(bpy, limner, project, kind):
    drawing = draw_cross(bpy)
    camera = bpy.context.scene.camera
    camera.location, camera.rotation_euler = (0.7, -1.1, 0.4), (1.2, 0.1, 0.5)
    camera.data.type, camera.data.shift_x, camera.data.sensor_fit = kind, 0.1, "VERTICAL"
    drawing.location, drawing.rotation_euler = (0.1, 0.2, -0.1), (0.3, 0.0, 0.8)
    drawing.scale = (2.0, 2.0, 2.0)
    sight, strokes = read(bpy, drawing)
    local = np.array([[0, 0, 0, 1], [0.1, 0, 0, 1]])
    world = local @ np.array(drawing.matrix_world).T
    wanted = project(world[:, :3], camera, *sight.size_px)
    np.testing.assert_allclose(strokes[0].points, wanted, atol=0.01)
    # a circle of the pen's radius about a point, in the plane of the picture
    aside = world[:, :3] + 2.0 * 0.004 * np.array(camera.matrix_world)[:3, 0]
    width = np.linalg.norm(project(aside, camera, *sight.size_px) - wanted, axis=1)
    np.testing.assert_allclose(strokes[0].radius, width, rtol=1e-3)


def test_what_is_hidden_is_not_read(bpy, limner):
    drawing = draw_cross(bpy)
    data = drawing.data
    fill = bpy.data.materials.new("Skin")
    bpy.data.materials.create_gpencil_data(fill)
    data.materials.append(fill)
    if bpy.app.version >= (5, 2, 0):
        write_stroke(drawing, [(0, 0, 0), (0.1, 0, 0.1)], material_index=1, hide_stroke=True)
    else:
        fill.grease_pencil.show_stroke = False
        write_stroke(drawing, [(0, 0, 0), (0.1, 0, 0.1)], material_index=1)
    assert len(read(bpy, drawing)[1]) == 2
    data.layers[0].hide = True
    assert read(bpy, drawing)[1] == ()


def test_opacity_closing_and_the_layers_place_are_read(bpy, limner):
    drawing = draw_cross(bpy)
    layer = drawing.data.layers[0]
    layer.opacity, layer.translation, layer.radius_offset = 0.5, (0.02, 0.0, 0.0), 0.001
    write_stroke(drawing, [(0, 0, 0), (0.1, 0, 0), (0, 0, 0.1)], opacity=0.6, cyclic=True)
    first, _, last = read(bpy, drawing)[1]
    np.testing.assert_allclose(first.opacity, 0.5)
    np.testing.assert_allclose(last.opacity, 0.3, rtol=1e-5)
    assert last.is_closed and not first.is_closed
    np.testing.assert_allclose(first.points[0], [512 + 64, 640], atol=0.01)
    np.testing.assert_allclose(first.radius, 16.0, rtol=1e-4)


def test_the_frame_that_is_shown_is_the_one_that_is_read(bpy, limner):
    drawing = draw_cross(bpy)
    drawing.data.layers[0].frames.new(10)
    bpy.context.scene.frame_set(12)
    assert read(bpy, drawing)[1] == ()
    bpy.context.scene.frame_set(5)
    assert len(read(bpy, drawing)[1]) == 2


def test_a_drawing_that_nothing_looks_at_says_so(bpy, limner):
    from limner.errors import SketchError

    drawing = draw_cross(bpy)
    bpy.data.objects.remove(bpy.context.scene.camera)
    with pytest.raises(SketchError, match="no camera looks at this drawing"):
        read(bpy, drawing)


def test_an_empty_page_becomes_a_report(bpy, limner):
    bpy.ops.limner.draw()
    bpy.ops.object.mode_set(mode="OBJECT")
    with pytest.raises(RuntimeError, match="no strokes yet; draw a face"):
        bpy.ops.limner.fit()


def test_the_head_lies_under_the_lines_and_the_drawing_stays(bpy, limner, rig, fit, project):
    drawing = draw_cross(bpy)
    camera = bpy.context.scene.camera
    camera.location, camera.rotation_euler = (0.3, -1.2, 0.5), (1.3, 0.05, 0.3)
    camera.data.shift_x, camera.data.ortho_scale = -0.07, 0.5
    before = [list(row) for row in drawing.matrix_world]
    assert bpy.ops.limner.fit() == {"FINISHED"}
    bpy.context.view_layer.update()
    head = next(thing for thing in bpy.data.objects if thing.name.startswith("Limner Head"))
    assert bpy.context.object == drawing and drawing.mode == "PAINT_GREASE_PENCIL"
    assert bpy.context.scene.camera == camera
    assert [list(row) for row in drawing.matrix_world] == before
    points = np.empty((len(head.data.vertices), 3), dtype=np.float32)
    evaluated = head.evaluated_get(bpy.context.evaluated_depsgraph_get())
    evaluated.data.vertices.foreach_get("co", points.ravel())
    world = points @ np.array(head.matrix_world)[:3, :3].T + np.array(head.matrix_world)[:3, 3]
    seen = project(world, camera, 1024, 1280)
    picture = Camera(900.0, np.array([1024 * 0.55, 1280 * 0.4]), (1024, 1280))
    shape = pose(rig, fit.state) + fit.correction @ rotation_matrix(fit.state.rotation).T
    np.testing.assert_allclose(seen, picture.project(shape), atol=0.1)
    # and the whole head is behind the drawing
    depth = np.linalg.inv(np.array(camera.matrix_world))[2]
    drawn = np.array(drawing.matrix_world)[:3, 3] @ depth[:3]
    assert (world @ depth[:3]).max() < drawn


def test_fitting_again_moves_the_same_head(bpy, limner):
    drawing = draw_cross(bpy)
    bpy.ops.limner.fit()
    before = sorted(bpy.data.objects.keys())
    write_stroke(drawing, [(0, 0, 0), (0.05, 0, 0.05)])
    bpy.ops.limner.fit()
    assert sorted(bpy.data.objects.keys()) == before


def test_through_a_lens_the_head_gets_a_camera_of_its_own_and_the_drawing_keeps_its(bpy, limner):
    drawing = draw_cross(bpy)
    camera = bpy.context.scene.camera
    camera.data.type = "PERSP"
    bpy.ops.limner.fit()
    assert bpy.context.scene.camera != camera
    from limner.addon.bridge.pencil import camera_of

    assert camera_of(drawing, bpy.context.scene) == camera


def test_buttons_are_grey_until_a_drawing_of_the_scene_is_chosen(bpy, limner):
    limner.source = "PENCIL"
    assert not bpy.ops.limner.fit.poll()
    bpy.ops.limner.draw()
    assert bpy.ops.limner.fit.poll()
    bpy.ops.object.mode_set(mode="OBJECT")
    bpy.context.scene.collection.children["Limner"].objects.unlink(limner.pencil)
    bpy.context.view_layer.update()
    assert not bpy.ops.limner.fit.poll()
