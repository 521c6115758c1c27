"""A Grease Pencil drawing as strokes on a page: what its camera sees of its visible layers."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools

import bpy
import numpy as np
from mathutils import Matrix
from numpy.typing import NDArray

from ...errors import SketchError
from ..strokes import Sight, Stroke
from .stage import CAMERA, is_head

__all__ = ["HAS_PENCIL", "PAGE_PX", "camera_of", "is_drawing", "read_strokes", "sight_of"]

HAS_PENCIL = bpy.app.version >= (4, 3, 0)
"""Whether this Blender has the Grease Pencil that we know, with drawings of attributes."""

PAGE_PX = 1280
"""Longer side of the page that a drawing is read on; the most that a `Sketch` keeps."""


def is_drawing(thing: bpy.types.Object | None) -> bool:
    """Tell whether an object is a Grease Pencil drawing."""
    return thing is not None and thing.type == "GREASEPENCIL"


def camera_of(drawing: bpy.types.Object, scene: bpy.types.Scene) -> bpy.types.Object | None:
    """Return the camera that a drawing is seen by: its own, else the scene's.

    A camera that came with a head is nobody's: it shows the head, wherever the drawing is.
    """
    own = drawing.get(CAMERA)
    if own is not None and own.name in scene.objects:
        return own
    theirs = {thing.get(CAMERA) for thing in scene.objects if is_head(thing)}
    return scene.camera if scene.camera not in theirs else None


def sight_of(
    context: bpy.types.Context,
    drawing: bpy.types.Object,
    depsgraph: bpy.types.Depsgraph | None = None,
) -> Sight:
    """Return how a drawing is seen: by its camera, else from the 3D view that we are called from.

    Parameters
    ----------
    depsgraph : the evaluated scene, if it is at hand

    Raises
    ------
    SketchError
        If nothing looks at it.
    """
    camera = camera_of(drawing, context.scene)
    if camera is not None:
        render = context.scene.render
        return camera_sight(
            depsgraph or context.evaluated_depsgraph_get(),
            camera,
            render.resolution_x * render.pixel_aspect_x,
            render.resolution_y * render.pixel_aspect_y,
        )
    space, region = context.space_data, context.region
    if space is None or space.type != "VIEW_3D" or space.region_3d.view_perspective == "CAMERA":
        raise SketchError(
            f"{drawing.name}: no camera looks at this drawing; turn a 3D view to it, or add a "
            "camera that sees it"
        )
    return Sight(_array(space.region_3d.perspective_matrix), _page(region.width, region.height))


def camera_sight(
    depsgraph: bpy.types.Depsgraph, camera: bpy.types.Object, width: float, height: float
) -> Sight:
    """Return how a camera sees the world on a page of the proportions `width` to `height`."""
    size = _page(width, height)
    lens = camera.calc_matrix_camera(depsgraph, x=size[0], y=size[1])
    return Sight(_array(lens @ camera.matrix_world.normalized().inverted()), size)


def read_strokes(drawing: bpy.types.Object, sight: Sight) -> tuple[Stroke, ...]:
    """Return what is drawn on the visible layers at the current frame, in pixels of the page.

    Fills are left out, and modifiers are not applied: lines count as they were drawn.
    """
    shown = _shown_slots(drawing)
    strokes: list[Stroke] = []
    for layer in drawing.data.layers:
        frame = layer.current_frame()
        if layer.hide or frame is None or frame.drawing is None:
            continue
        world = _layer_world(drawing, layer)
        strokes += _layer_strokes(layer, frame.drawing, world, sight, shown)
    return tuple(strokes)


def _layer_strokes(
    layer: bpy.types.bpy_struct,
    page: bpy.types.bpy_struct,
    world: NDArray[np.float64],
    sight: Sight,
    shown: NDArray[np.bool_],
) -> list[Stroke]:
    """Return the strokes of one layer as the camera sees them."""
    count = page.attributes.domain_size("POINT")
    strokes = page.attributes.domain_size("CURVE")
    if count == 0:
        return []
    points = _values(page, "position", 3 * count, 0.0, "vector").reshape(-1, 3)
    radius_m = _values(page, "radius", count, 0.01) + layer.radius_offset
    opacity = _values(page, "opacity", count, 1.0) * layer.opacity
    closed = _values(page, "cyclic", strokes, 0.0) > 0.5
    slot = _values(page, "material_index", strokes, 0.0).astype(int).clip(0, len(shown) - 1)
    lines = shown[slot] & (_values(page, "hide_stroke", strokes, 0.0) < 0.5)
    pixels, scale = sight.project(points @ world[:3, :3].T + world[:3, 3])
    radius = np.maximum(radius_m, 0.0) * np.cbrt(abs(np.linalg.det(world[:3, :3]))) * scale
    ends = np.empty(strokes + 1, dtype=np.int32)
    page.curve_offsets.foreach_get("value", ends)
    found = []
    for row, (start, end) in enumerate(itertools.pairwise(ends)):
        seen = scale[start:end] > 0.0
        if lines[row] and seen.any():
            mine = np.arange(start, end)[seen]
            found.append(Stroke(pixels[mine], radius[mine], opacity[mine], bool(closed[row])))
    return found


def _values(
    page: bpy.types.bpy_struct, name: str, count: int, default: float, field: str = "value"
) -> NDArray[np.float64]:
    """Return one attribute as numbers; the default where nobody has set it."""
    attribute = page.attributes.get(name)
    if attribute is None:
        return np.full(count, default)
    kind = {"INT": np.int32, "BOOLEAN": bool}.get(attribute.data_type, np.float32)
    values = np.empty(count, dtype=kind)
    attribute.data.foreach_get(field, values)
    return values.astype(np.float64)


def _shown_slots(drawing: bpy.types.Object) -> NDArray[np.bool_]:
    """Return for each material whether strokes of it are to be seen as lines."""
    pens = [slot.material and slot.material.grease_pencil for slot in drawing.material_slots]
    # from Blender 5.2 on it is the stroke that hides its line, no longer the material
    by_stroke = bpy.app.version >= (5, 2, 0)
    return np.array(
        [not pen or ((by_stroke or pen.show_stroke) and not pen.hide) for pen in pens] or [True]
    )


def _layer_world(drawing: bpy.types.Object, layer: bpy.types.bpy_struct) -> NDArray[np.float64]:
    """Return where a layer lies in the world, (4, 4)."""
    local = layer.matrix_local
    if layer.parent is None:
        return _array(drawing.matrix_world @ local)
    # (a bone as parent moves its object's way: only the object is followed)
    return _array(layer.parent.matrix_world @ layer.matrix_parent_inverse @ local)


def _page(width: float, height: float) -> tuple[int, int]:
    """Return a page of these proportions whose longer side is `PAGE_PX`."""
    scale = PAGE_PX / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _array(matrix: Matrix) -> NDArray[np.float64]:
    """Return a Blender matrix as an array."""
    return np.array([list(row) for row in matrix], dtype=np.float64)
