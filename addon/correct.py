"""Correcting a reading: the face's box and its landmarks dragged over the drawing."""

# SPDX-License-Identifier: GPL-3.0-or-later
# No `from __future__ import annotations` here: Blender takes properties from real annotations.

import json
from dataclasses import replace
from typing import ClassVar

import bpy
import numpy as np

from ..errors import FitError
from . import computing
from .bridge import watching
from .faults import explain
from .guard import guarded
from .hints import Hints
from .kept_marks import drawing_name, marks_of
from .properties import show_detection
from .sheet_view import SheetView
from .translation import iface, tip
from .wear import end_solo

__all__ = ["CLASSES"]


class LIMNER_OT_correct(computing.ReadsDrawing, bpy.types.Operator):
    """Drag the face's box and its points where the reading is off; Detect and Fit believe you"""

    bl_idname = "limner.correct"
    bl_label = "Correct Points"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    face_box: bpy.props.FloatVectorProperty(
        name="Face Box",
        description="Left, top, right and bottom of the face, pixels of the drawing; all 0 leaves "
        "it where it is",
        size=4,
        options={"SKIP_SAVE", "HIDDEN"},
    )
    points: bpy.props.StringProperty(
        name="Points",
        description="Landmarks by number with their places in the drawing, as JSON",
        options={"SKIP_SAVE", "HIDDEN"},
    )

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Set what a script gives, and read anew."""
        box = tuple(self.face_box) if any(self.face_box) else None
        given = Hints(box, places_in(self.points or "{}"))
        correction = self.begin(context)
        if box is not None:
            correction.move(replace(correction.marks, box=box, is_box_set=True))
        if not len(correction.marks.points):
            correction.read()  # or says that there is no face
        for number, place in given.landmarks.items():
            correction.move(correction.marks.with_point(number, np.array(place)))
        return self.keep(context, correction)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Start to drag."""
        return self.open(context)

    @guarded
    def open(self, context: bpy.types.Context) -> set[str]:
        """Lay the drawing over the view and let the mouse drag."""
        from .bridge.sheet import Sheet
        from .dragging import Dragging

        area = context.area
        if area is None or area.type != "VIEW_3D":
            return self.execute(context)
        correction = self.begin(context)
        view = SheetView.around(free_px(area), correction.marks.box)
        self.dragging = Dragging(correction, view, context.preferences.system.ui_scale)
        self.sheet = Sheet(correction.sketch.grey, area.as_pointer(), self.dragging)
        self.sheet.show()
        said = iface(
            "Drag points and the box's corners · Shift: the whole feature · Ctrl click: let go · "
            "Wheel: zoom · Enter: keep · Esc: leave it as it was"
        )
        context.workspace.status_text_set(said)
        context.window_manager.modal_handler_add(self)
        area.tag_redraw()
        return {"RUNNING_MODAL"}

    def begin(self, context: bpy.types.Context):
        """Read the drawing; return its correction."""
        from .dragging import Correction

        limner = context.scene.limner
        detect = computing.chosen_session(context)().detect
        sketch = computing.drawing_reader(context)()
        return Correction.begin(sketch, detect, drawing_name(limner), marks_of(limner))

    def keep(self, context: bpy.types.Context, correction) -> set[str]:
        """Write marks and reading into the scene: one step to undo."""
        detection, limner = correction.read(), context.scene.limner
        end_solo(context)
        limner.marks = correction.marks.to_json()
        show_detection(limner, detection)
        watching.note_change()
        hints = correction.marks.hints()  # so that Repeat Last does the same again
        self.face_box, self.points = hints.face_box or (0.0,) * 4, json.dumps(hints.landmarks)
        box = "the box and " if hints.face_box is not None else ""
        self.report({"INFO"}, f"Set by hand: {box}{len(hints.landmarks)} points")
        return {"FINISHED"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Drag, zoom, step back; a fault ends it, with nothing changed."""
        region = region_of(context, self.sheet.area)
        try:
            is_over = event.type in ("ESC", "RIGHTMOUSE") and event.value == "PRESS"
            if region is None or is_over:
                self.stop(context)
                return {"CANCELLED"}
            if event.type in ("RET", "NUMPAD_ENTER") and event.value == "PRESS":
                self.stop(context)
                return self.keep(context, self.dragging.correction)
            at = np.array([event.mouse_x - region.x, event.mouse_y - region.y], dtype=float)
            self.respond(event, at)
        except Exception as error:
            self.report({"ERROR"}, explain(error))
            if region is None or self.sheet.is_hidden:
                return {"CANCELLED"}
        region.tag_redraw()
        return {"RUNNING_MODAL"}

    def respond(self, event: bpy.types.Event, at: np.ndarray) -> None:
        """Hand on what mouse and keys do."""
        kind, is_press = event.type, event.value in ("PRESS", "DOUBLE_CLICK")
        if kind in ("MOUSEMOVE", "INBETWEEN_MOUSEMOVE"):
            self.dragging.move(at)
        elif kind == "LEFTMOUSE" and is_press:
            self.dragging.press(at, event.shift, event.ctrl)
        elif kind == "LEFTMOUSE" and event.value == "RELEASE":
            self.dragging.release()
        elif kind == "MIDDLEMOUSE":
            self.dragging.shift(at if is_press else None)
        elif kind in ("WHEELUPMOUSE", "WHEELDOWNMOUSE"):
            self.dragging.zoom(at, kind == "WHEELUPMOUSE")
        elif kind == "HOME" and is_press:
            self.dragging.show_all()
        elif kind == "Z" and is_press and event.ctrl:
            self.dragging.step_back()

    def stop(self, context: bpy.types.Context) -> None:
        """Take the drawing off the view."""
        self.sheet.hide()
        if context.workspace is not None:
            context.workspace.status_text_set(None)
        region = region_of(context, self.sheet.area)
        if region is not None:
            region.tag_redraw()

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender is about to close, or another file comes."""
        self.stop(context)


def region_of(context: bpy.types.Context, area: int) -> bpy.types.Region | None:
    """Return the region that the drawing is laid over, if its area is still there."""
    for window in context.window_manager.windows:
        for each in window.screen.areas:
            if each.as_pointer() == area and each.type == "VIEW_3D":
                return next(region for region in each.regions if region.type == "WINDOW")
    return None


def free_px(area: bpy.types.Area) -> tuple[int, int]:
    """Return width and height of a 3D view, without the sidebar that lies over it."""
    size = {region.type: (region.width, region.height) for region in area.regions}
    width, height = size["WINDOW"]
    sidebar = size["UI"][0] if "UI" in size and width == area.width else 0
    return max(width - sidebar, 1), max(height, 1)


def places_in(text: str) -> dict[int, tuple[float, float]]:
    """Read `{"30": [x, y]}`."""
    try:
        return {int(row): (float(x), float(y)) for row, (x, y) in json.loads(text).items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise FitError(
            f'points {text[:60]!r}: expected JSON such as {{"30": [210.5, 180]}}'
        ) from error


class LIMNER_OT_forget_marks(bpy.types.Operator):
    """Let go of the box and the points that were set by hand; the next reading finds its own"""

    bl_idname = "limner.forget_marks"
    bl_label = "Let Go of Points"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Say so where nothing is set."""
        cls.poll_message_set(tip("No box and no point of this drawing was set by hand"))
        marks = marks_of(context.scene.limner) if context.scene is not None else None
        return marks is not None and marks.is_set

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Take all marks off; they stay where they are until the drawing is read again."""
        limner = context.scene.limner
        marks = marks_of(limner)
        if marks is not None:
            limner.marks = marks.let_go().to_json()
        watching.note_change()
        return {"FINISHED"}


CLASSES = (LIMNER_OT_correct, LIMNER_OT_forget_marks)
