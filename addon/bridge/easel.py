"""Something to draw on: a face camera, paper, and a Grease Pencil with an ink pen."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io
import math

import bpy
import numpy as np

from .pencil import camera_of
from .stage import CAMERA, free_place, limner_collection
from .view import packed_image

__all__ = ["add_drawing", "look_at_drawing", "take_pen"]

CAMERA_NAME = "Limner Face Camera"
DRAWING_NAME = "Limner Drawing"
INK_NAME = "Limner Ink"
PAPER_NAME = "Limner Paper"

PAGE_M = (0.32, 0.4)
"""Width and height of the page: a face that fills most of it is about life-size."""

PAGE_PX = (1024, 1280)
PAPER_RGB = (247, 244, 238)
INK_RGB = (0.018, 0.022, 0.035)
PEN_M = 0.0022
"""Width of a line at full pressure."""

BEFORE_HEAD_M = 0.25
EYE_M = 1.5


def add_drawing(context: bpy.types.Context) -> bpy.types.Object:
    """Make an empty drawing before a camera of its own; both go to the scene's collection."""
    at = free_place(context)
    camera = _add_camera(at)
    # before Blender 5.0 the short name belongs to annotations (an empty collection is false, too)
    new_name = hasattr(bpy.data, "annotations")
    pencils = bpy.data.grease_pencils if new_name else bpy.data.grease_pencils_v3
    data = pencils.new(DRAWING_NAME)
    data.materials.append(_ink())
    layer = data.layers.new("Lines")
    layer.frames.new(context.scene.frame_current)
    data.layers.active = layer
    drawing = bpy.data.objects.new(DRAWING_NAME, data)
    drawing.location = (at[0], at[1] - BEFORE_HEAD_M, at[2])
    drawing[CAMERA] = camera
    collection = limner_collection(context)
    collection.objects.link(camera)
    collection.objects.link(drawing)
    render = context.scene.render
    render.resolution_x, render.resolution_y = PAGE_PX
    render.resolution_percentage = 100
    render.pixel_aspect_x = render.pixel_aspect_y = 1.0
    return drawing


def take_pen(context: bpy.types.Context, drawing: bpy.types.Object) -> None:
    """Enter draw mode with a pen in hand that draws on the drawing's own plane."""
    if context.object is not None and context.object.mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
    for thing in context.selected_objects:
        thing.select_set(False)
    context.view_layer.objects.active = drawing
    drawing.select_set(True)
    bpy.ops.object.mode_set(mode="PAINT_GREASE_PENCIL")
    tools = context.scene.tool_settings
    tools.gpencil_stroke_placement_view3d = "ORIGIN"
    tools.gpencil_sculpt.lock_axis = "VIEW"
    if not bpy.app.background:  # without a window Blender 4.3 falls over a brush
        _take_brush()


def look_at_drawing(context: bpy.types.Context, drawing: bpy.types.Object) -> None:
    """Look through the drawing's camera in the 3D view that we are called from, if any."""
    camera = camera_of(drawing, context.scene)
    if camera is not None:
        context.scene.camera = camera
    space = context.space_data
    if camera is not None and space is not None and space.type == "VIEW_3D":
        space.region_3d.view_perspective = "CAMERA"
        space.region_3d.view_camera_offset = (0.0, 0.0)
        if space.shading.color_type == "VERTEX":  # so the irises are seen, but ink would be white
            space.shading.color_type = "MATERIAL"
        if context.region is not None and context.region.type == "WINDOW":
            bpy.ops.view3d.view_center_camera()


def _add_camera(at: tuple[float, float, float]) -> bpy.types.Object:
    """Make an orthographic camera that looks at a page, with paper behind all it sees."""
    data = bpy.data.cameras.new(CAMERA_NAME)
    data.type, data.ortho_scale = "ORTHO", max(PAGE_M)
    data.display_size = 0.1
    data.clip_start, data.clip_end = 0.01, 100.0
    data.passepartout_alpha = 0.3
    paper = data.background_images.new()
    paper.image = packed_image(PAPER_NAME, _paper_png())
    paper.alpha, paper.display_depth, paper.frame_method = 1.0, "BACK", "STRETCH"
    paper.show_expanded = False
    data.show_background_images = True
    camera = bpy.data.objects.new(CAMERA_NAME, data)
    camera.location = (at[0], at[1] - EYE_M, at[2])
    camera.rotation_euler = (math.pi / 2.0, 0.0, 0.0)
    return camera


def _ink() -> bpy.types.Material:
    """Return the material of the lines."""
    material = bpy.data.materials.get(INK_NAME)
    if material is None or material.grease_pencil is None:
        material = bpy.data.materials.new(INK_NAME)
        bpy.data.materials.create_gpencil_data(material)
        material.grease_pencil.color = (*INK_RGB, 1.0)
    return material


def _take_brush() -> None:
    """Activate a pen of our own: the artist's brushes stay as they are."""
    brush = bpy.data.brushes.get(INK_NAME)
    if brush is None:
        brush = bpy.data.brushes.new(INK_NAME, mode="PAINT_GREASE_PENCIL")
        bpy.data.brushes.create_gpencil_data(brush)
        brush.use_locked_size = "SCENE"
        if hasattr(brush, "unprojected_size"):
            brush.unprojected_size = PEN_M
        else:  # before Blender 5.0
            brush.unprojected_radius = PEN_M / 2.0
        pen = brush.gpencil_settings
        pen.use_pressure, pen.pen_strength, pen.use_strength_pressure = True, 1.0, False
        pen.use_settings_postprocess, pen.pen_smooth_factor = True, 0.2
        brush.asset_mark()
    bpy.ops.brush.asset_activate(
        asset_library_type="LOCAL", relative_asset_identifier=f"Brush/{INK_NAME}"
    )


def _paper_png() -> bytes:
    """Return a page with a fine grain as a PNG file's bytes."""
    from PIL import Image

    grain = np.random.default_rng(1).normal(0.0, 1.0, (320, 256, 1))
    page = np.clip(np.rint(np.array(PAPER_RGB) + 1.2 * grain), 0, 255).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(page).resize((512, 640), Image.Resampling.BICUBIC).save(
        stream, "PNG", optimize=True
    )
    return stream.getvalue()
