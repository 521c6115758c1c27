"""The overlay in the 3D view: the head's lines, the drawn ones, and short marks where they part.

Seen in camera views only, and only through the camera that the drawing was read by: from anywhere
else, lines on a page would not lie on the head.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import functools
import logging
from typing import Any

import bpy
import gpu
import numpy as np
from bpy_extras.view3d_utils import location_3d_to_region_2d
from gpu_extras.batch import batch_for_shader
from numpy.typing import NDArray

from ..preferences import preferences
from ..shown_lines import ShownLines
from .head import LINES
from .stage import VIEW, find_head

__all__ = ["draw_pieces", "draw_points", "page_corners", "register", "unregister"]

HEAD_WIDTH_PX, DRAWN_WIDTH_PX, MARK_WIDTH_PX = 2.0, 2.5, 1.5
_log = logging.getLogger(__name__)
_handles: list[object] = []
"""What Blender wants back to take the overlay away."""


def register() -> None:
    """Show the overlay from now on."""
    if not bpy.app.background:
        _handles.append(bpy.types.SpaceView3D.draw_handler_add(_draw, (), "WINDOW", "POST_PIXEL"))


def unregister() -> None:
    """Take the overlay away."""
    while _handles:
        bpy.types.SpaceView3D.draw_handler_remove(_handles.pop(), "WINDOW")


def page_corners(
    context: bpy.types.Context, camera: bpy.types.Object
) -> NDArray[np.float64] | None:
    """Return where the page's upper left and lower right corners lie in the region, (2, 2) pixels.

    None if the region does not look through the camera.
    """
    space = context.space_data
    if space.region_3d.view_perspective != "CAMERA" or context.scene.camera != camera:
        return None
    frame = [camera.matrix_world @ corner for corner in camera.data.view_frame(scene=context.scene)]
    upper_right, _, lower_left, upper_left = (
        location_3d_to_region_2d(context.region, space.region_3d, corner) for corner in frame
    )
    if upper_left is None or upper_right is None or lower_left is None:
        return None
    return np.array([upper_left, (upper_right.x, lower_left.y)], dtype=np.float64)


@functools.lru_cache(maxsize=2)
def _parsed(text: str) -> ShownLines:
    """Read a head's lines; the view is drawn far more often than they change."""
    return ShownLines.from_json(text)


def _draw() -> None:
    """Draw the overlay into the region that is being drawn."""
    context = bpy.context
    try:
        if context.space_data.overlay.show_overlays and context.scene.limner.show_lines:
            _draw_lines(context)
    except Exception:  # would come back at every redraw
        _log.exception("the overlay cannot be drawn")
        bpy.app.timers.register(unregister)  # not while Blender goes through the handlers


def _draw_lines(context: bpy.types.Context) -> None:
    """Draw the lines of the head that is meant, if the region shows its drawing."""
    head = find_head(context)
    camera = head.get(VIEW) if head is not None else None
    text = head.get(LINES) if camera is not None else None
    corners = page_corners(context, camera) if text else None
    if corners is None:
        return
    lines = _parsed(text)
    step = (corners[1] - corners[0]) / lines.size_px
    gpu.state.blend_set("ALPHA")
    scale = context.preferences.system.ui_scale
    chosen = preferences()
    draw_points(lines.drawn * step + corners[0], chosen.drawn_colour, DRAWN_WIDTH_PX * scale)
    draw_pieces(_placed(lines.head, corners[0], step), chosen.head_colour, HEAD_WIDTH_PX * scale)
    draw_pieces(_placed(lines.marks, corners[0], step), chosen.gap_colour, MARK_WIDTH_PX * scale)
    gpu.state.blend_set("NONE")


def _placed(
    pieces: NDArray[np.float32], origin: NDArray[np.float64], step: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Map (S, 4) straight pieces on the page to (2 S, 2) pixels of the region."""
    return pieces.reshape(-1, 2) * step + origin


def draw_pieces(ends: NDArray[np.float64], rgba: tuple[float, ...], width_px: float) -> None:
    """Draw straight pieces between pairs of (2 S, 2) points."""
    shader = gpu.shader.from_builtin("POLYLINE_UNIFORM_COLOR")
    batch = batch_for_shader(shader, "LINES", {"pos": _flat(ends)})
    shader.bind()
    shader.uniform_float("viewportSize", gpu.state.viewport_get()[2:])
    shader.uniform_float("lineWidth", width_px)
    shader.uniform_float("color", rgba)
    batch.draw(shader)


def draw_points(points: NDArray[np.float64], rgba: tuple[float, ...], width_px: float) -> None:
    """Draw (N, 2) points as dots."""
    shader = gpu.shader.from_builtin(_POINT_SHADER)
    batch = batch_for_shader(shader, "POINTS", {"pos": _flat(points)})
    gpu.state.point_size_set(width_px)
    shader.bind()
    shader.uniform_float("color", rgba)
    batch.draw(shader)


_POINT_SHADER = "POINT_UNIFORM_COLOR" if bpy.app.version >= (4, 5, 0) else "UNIFORM_COLOR"


def _flat(points: NDArray[np.float64]) -> Any:
    """Return (N, 2) points as what shaders want, (N, 3)."""
    return np.column_stack([points, np.zeros(len(points))]).astype(np.float32)
