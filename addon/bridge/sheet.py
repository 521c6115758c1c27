"""The drawing laid over a 3D view, with the face's box and landmarks to be dragged."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

import bpy
import gpu
import numpy as np
from gpu_extras.batch import batch_for_shader
from gpu_extras.presets import draw_texture_2d
from numpy.typing import NDArray

from ..dragging import Dragging
from ..marks import OUTLINES, corners_of
from ..preferences import preferences
from .lines import draw_pieces, draw_points

__all__ = ["Sheet"]

DESK_RGBA = (0.12, 0.12, 0.13, 1.0)
LINE_PX, BOX_PX, DOT_PX, SET_PX, HELD_PX = 1.0, 2.0, 5.0, 8.0, 12.0
_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Sheet:
    """What is shown over one region for as long as somebody drags.

    Attributes
    ----------
    grey : (H, W) uint8, the drawing as it looks
    area : of the window, as a number: Blender's own reference may not be kept
    dragging : what is shown; let the area be drawn anew when it has changed
    """

    grey: NDArray[np.uint8]
    area: int
    dragging: Dragging
    _texture: gpu.types.GPUTexture | None = None
    _handle: object = field(default=None, repr=False)

    @property
    def is_hidden(self) -> bool:
        """True before `show` and after `hide`."""
        return self._handle is None

    def show(self) -> None:
        """Draw it from now on."""
        draw: Callable[[], None] = self._draw
        self._handle = bpy.types.SpaceView3D.draw_handler_add(draw, (), "WINDOW", "POST_PIXEL")

    def hide(self) -> None:
        """Take it off again."""
        if self._handle is not None:
            bpy.types.SpaceView3D.draw_handler_remove(self._handle, "WINDOW")
            self._handle = None

    def _draw(self) -> None:
        """Draw into the region that is being drawn, if it is ours."""
        context = bpy.context
        try:
            if context.area is not None and context.area.as_pointer() == self.area:
                self._draw_all(context)
        except Exception:  # would come back at every redraw
            _log.exception("the drawing cannot be shown")
            bpy.app.timers.register(self.hide)  # not while Blender goes through the handlers

    def _draw_all(self, context: bpy.types.Context) -> None:
        """Draw desk, drawing, box and landmarks."""
        scale, chosen = context.preferences.system.ui_scale, preferences()
        gpu.state.blend_set("ALPHA")
        _cover(context.region.width, context.region.height)
        self._draw_paper()
        corners = self.dragging.view.to_region(corners_of(self.dragging.marks.box))
        draw_pieces(_joined(corners, is_closed=True), chosen.drawn_colour, BOX_PX * scale)
        draw_points(corners, chosen.drawn_colour, SET_PX * scale)
        if len(self.dragging.marks.points):
            self._draw_landmarks(scale)
        self._draw_held(corners, chosen.gap_colour, HELD_PX * scale)
        gpu.state.blend_set("NONE")

    def _draw_landmarks(self, scale: float) -> None:
        """Draw the features' outlines, and the landmarks; those set by hand are larger."""
        chosen = preferences()
        places = self.dragging.view.to_region(self.dragging.marks.points)
        for row in OUTLINES:
            draw_pieces(_joined(places[list(row)]), chosen.head_colour, LINE_PX * scale)
        draw_points(places, chosen.head_colour, DOT_PX * scale)
        if self.dragging.marks.set_points:
            draw_points(
                places[sorted(self.dragging.marks.set_points)], chosen.drawn_colour, SET_PX * scale
            )

    def _draw_held(
        self, corners: NDArray[np.float64], rgba: tuple[float, ...], width_px: float
    ) -> None:
        """Draw what the mouse holds, or would take."""
        if self.dragging.under is None:
            return
        if self.dragging.under.kind == "BOX":
            draw_pieces(_joined(corners, is_closed=True), rgba, width_px / 4.0)
        elif self.dragging.under.kind == "CORNER":
            draw_points(corners[[self.dragging.under.number]], rgba, width_px)
        elif self.dragging.under.number < len(self.dragging.marks.points):
            place = self.dragging.view.to_region(
                self.dragging.marks.points[[self.dragging.under.number]]
            )
            draw_points(place, rgba, width_px)

    def _draw_paper(self) -> None:
        """Lay the drawing over the view."""
        if self._texture is None:
            self._texture = _texture(self.grey)
        corners = np.array(
            [(0.0, self.dragging.marks.size_px[1]), (self.dragging.marks.size_px[0], 0.0)]
        )
        (x0, y0), (x1, y1) = self.dragging.view.to_region(corners)
        draw_texture_2d(self._texture, (x0, y0), x1 - x0, y1 - y0)


def _cover(width: int, height: int) -> None:
    """Cover what the view shows."""
    shader = gpu.shader.from_builtin("UNIFORM_COLOR")
    corners = [(0.0, 0.0, 0.0), (width, 0.0, 0.0), (width, height, 0.0), (0.0, height, 0.0)]
    batch = batch_for_shader(shader, "TRIS", {"pos": corners}, indices=[(0, 1, 2), (0, 2, 3)])
    shader.bind()
    shader.uniform_float("color", DESK_RGBA)
    batch.draw(shader)


def _texture(grey: NDArray[np.uint8]) -> gpu.types.GPUTexture:
    """Bring a picture onto the graphics card; rows go upwards there."""
    colours = np.ones((*grey.shape, 4), dtype=np.float32)
    colours[..., :3] = grey[::-1, :, None] / np.float32(255.0)
    values = gpu.types.Buffer("FLOAT", colours.size, colours.ravel())
    return gpu.types.GPUTexture(grey.shape[::-1], format="RGBA16F", data=values)


def _joined(points: NDArray[np.float64], is_closed: bool = False) -> NDArray[np.float64]:
    """Return the ends of the straight pieces between points in a row, (2 S, 2)."""
    if is_closed:
        points = np.vstack([points, points[:1]])
    return np.array([end for pair in itertools.pairwise(points) for end in pair])
