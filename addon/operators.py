"""What the panel's buttons do: translate, call the pipeline, write into the scene, report."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import bpy

from ..errors import LimnerError
from . import computing
from .behind import Stage
from .computing import ComputesBehind
from .expression import Expression
from .guard import guarded
from .kept_marks import hints_of, keep_reading
from .own_mesh import require_links
from .preferences import model_folder, preferences, rig_source
from .properties import listed_aus, pinned_aus, show_detection
from .translation import tip
from .wear import end_solo, meant_head, put_on

if TYPE_CHECKING:
    from ..sketch_cnn.detection import Detection
    from ..sketch_cnn.sketch import Sketch
    from .fit import Fit
    from .head_scene import HeadScene
    from .hints import Hints
    from .live import Follower
    from .live_wire import Answer
    from .properties import LimnerScene

__all__ = ["CLASSES"]


def wear_own(context: bpy.types.Context, expression: Expression, operator: Any) -> None:
    """Put an expression on somebody's own mesh, and tell what of it does not show."""
    for said in put_on(context, expression):
        operator.report({"WARNING"}, said)


def place_fit(context: bpy.types.Context, scene: HeadScene) -> bpy.types.Object:
    """Write a fit into the scene: under the strokes it was made from, else before its picture.

    Returns the head.
    """
    from .bridge import pencil, stage

    limner = context.scene.limner
    if limner.source == "PENCIL":
        camera = pencil.camera_of(limner.pencil, context.scene)
        if camera is not None and camera.data.type == "ORTHO":
            return stage.place_under_drawing(context, scene, limner.pencil, camera)
        if camera is not None:
            limner.pencil[stage.CAMERA] = camera  # the scene's camera is about to be another
    head = stage.place_head(context, scene)
    stage.show_head(context)
    return head


class LIMNER_OT_draw(bpy.types.Operator):
    """Take a pen: paper, a face camera and a Grease Pencil, or go on with the chosen drawing"""

    bl_idname = "limner.draw"
    bl_label = "Draw"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Grease Pencil as we know it came with Blender 4.3."""
        cls.poll_message_set(tip("Drawing in Blender needs Blender 4.3 or later; give a picture"))
        return context.scene is not None and bpy.app.version >= (4, 3, 0)

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Make what is missing, look through the camera, enter draw mode."""
        from .bridge import easel

        limner = context.scene.limner
        if limner.pencil is None or limner.pencil.name not in context.view_layer.objects:
            limner.pencil = easel.add_drawing(context)
        limner.source = "PENCIL"
        easel.look_at_drawing(context, limner.pencil)
        easel.take_pen(context, limner.pencil)
        return {"FINISHED"}


class LIMNER_OT_live(bpy.types.Operator):
    """Let the head follow the drawing: every finished stroke is fitted while you draw on"""

    bl_idname = "limner.live"
    bl_label = "Live"
    bl_options: ClassVar[set[str]] = {"REGISTER"}  # changes nothing that undo could bring back

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Ask for strokes that a head can be laid under."""
        from .bridge import watching

        cls.poll_message_set(
            tip("Choose a Grease Pencil object that an orthographic camera sees, or press Draw")
        )
        if context.scene is None:
            return False
        return watching.is_watching() or watching.can_watch(context)

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Switch it on, or off."""
        from .bridge import watching

        if watching.is_watching():
            watching.stop()
        else:
            watching.start(
                context, follower_recipe, make_follower, show_answer, set_by_hand, wear_answer
            )
        return {"FINISHED"}


def follower_recipe(context: bpy.types.Context) -> tuple[object, ...]:
    """Return head, threads, weights and picture at rest that are asked for, and when it was saved.

    Live begins anew where any of that changes.
    """
    neutral, saved = computing.at_rest_and_saved(context)
    rig = rig_source(context.scene.limner.rig)
    return rig, preferences().threads, model_folder(), neutral, saved


def make_follower(recipe: tuple[Any, ...]) -> Follower:
    """Start a process that follows the drawing."""
    from .live import Follower

    return Follower(*recipe[:-1])


def set_by_hand(limner: LimnerScene) -> tuple[dict[str, float], Hints]:
    """Return the intensities, box and landmarks that somebody has set."""
    return pinned_aus(limner), hints_of(limner)


def show_answer(limner: LimnerScene, answer: Answer) -> None:
    """Fill the list of Action Units from what Live has read."""
    show_detection(limner, answer.reading)
    keep_reading(limner, answer.reading, answer.scene.camera.size_px, 1.0)


def wear_answer(context: bpy.types.Context, answer: Answer) -> str:
    """Put what Live has found on somebody's own mesh; return why it can't be, or does not show."""
    if meant_head(context) is None:
        return "Choose your own mesh, under Head"
    try:
        said = put_on(context, Expression.from_record(json.loads(answer.scene.record)))
    except LimnerError as error:
        return str(error)
    return said[0] if said else ""


class LIMNER_OT_detect(ComputesBehind, bpy.types.Operator):
    """Read the facial expression of the drawing as Action Units"""

    bl_idname = "limner.detect"
    bl_label = "Detect"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    def job(self, context: bpy.types.Context) -> Callable[[Stage], tuple[Sketch, Detection]]:
        """Return what reads the drawing and its face."""
        limner = context.scene.limner
        if limner.target == "OWN":
            require_links(limner.own)
        read, hints, session_of = (
            computing.drawing_reader(context),
            hints_of(limner),
            computing.chosen_session(context),
        )

        def work(on_stage: Stage) -> tuple[Sketch, Detection]:
            sketch, opened = read(), session_of()
            on_stage("detect")
            return sketch, opened.detect(sketch, hints)

        return work

    def write(self, context: bpy.types.Context, found: tuple[Sketch, Detection]) -> None:
        """Fill the list."""
        from .fit_parts import reading_warnings

        limner, (sketch, detection) = context.scene.limner, found
        end_solo(context)
        show_detection(limner, detection)
        keep_reading(limner, detection, sketch.original_size, sketch.scale)
        if limner.target == "OWN":
            wear_own(context, Expression.from_aus(listed_aus(limner)), self)
        for warning in (*sketch.warnings, *reading_warnings(detection)):
            self.report({"WARNING"}, warning)
        present = sum(au.left > 0.0 or au.right > 0.0 for au in context.scene.limner.aus)
        self.report({"INFO"}, f"{present} Action Units found")


class LIMNER_OT_fit(ComputesBehind, bpy.types.Operator):
    """Pose a head like the drawing and lay its contours on the drawn lines"""

    bl_idname = "limner.fit"
    bl_label = "Fit"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Ask for a drawing, and for a head that nobody is editing."""
        if not super().poll(context):
            return False
        cls.poll_message_set(tip("Leave the edit or sculpt mode of the head first"))
        return cls.is_nobody_editing(context)

    @staticmethod
    def is_nobody_editing(context: bpy.types.Context) -> bool:
        """Tell whether the head that is meant may be written."""
        from .bridge import stage

        head = stage.find_head(context) if context.scene.limner.target == "HEAD" else None
        return head is None or head.mode == "OBJECT"

    def find_place(self, context: bpy.types.Context) -> bool:
        """Tell whether there is still a drawing, and a head that nobody edits."""
        return super().find_place(context) and self.is_nobody_editing(context)

    def job(self, context: bpy.types.Context) -> Callable[[Stage], tuple[Fit, HeadScene]]:
        """Return what fits: all that takes time, and nothing of Blender's."""
        limner = context.scene.limner
        if limner.target == "OWN":
            require_links(limner.own)
        read, session_of = computing.drawing_reader(context), computing.chosen_session(context)
        pins, hints = pinned_aus(limner), hints_of(limner)

        def work(on_stage: Stage) -> tuple[Fit, HeadScene]:
            from .head_scene import head_scene
            from .report import fit_report

            sketch, opened = read(), session_of()
            fit = opened.fit(sketch, on_stage=on_stage, pins=pins, hints=hints)
            return fit, head_scene(fit, fit_report(fit))

        return work

    def write(self, context: bpy.types.Context, found: tuple[Fit, HeadScene]) -> None:
        """Touch the scene last: one undo takes it all back."""
        limner, (fit, scene) = context.scene.limner, found
        end_solo(context)
        if limner.target == "OWN":
            self.show(limner, fit)
            wear_own(context, Expression.from_record(json.loads(scene.record)), self)
            self.report({"INFO"}, f"{limner.own.name} wears the expression")
            return
        from .bridge.moved_as_well import moved_as_well

        head = place_fit(context, scene)
        self.show(limner, fit)
        for warning in filter(None, (*fit.warnings, moved_as_well(context, head))):
            self.report({"WARNING"}, warning)
        self.report({"INFO"}, f"Contour gap closed by {fit.gap.closed:.0%}")

    def show(self, limner: LimnerScene, fit: Fit) -> None:
        """Fill the list and keep where the face is."""
        show_detection(limner, fit.detection)
        keep_reading(limner, fit.detection, fit.sketch.original_size, fit.sketch.scale)


class LIMNER_OT_unpin(bpy.types.Operator):
    """Let go of all values that were set by hand: the drawing decides again"""

    bl_idname = "limner.unpin"
    bl_label = "Unpin All"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Say so where nothing is pinned."""
        cls.poll_message_set(tip("No Action Unit is pinned"))
        return context.scene is not None and any(row.is_pinned for row in context.scene.limner.aus)

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Take all pins off; the values stay until the drawing is read again."""
        for row in context.scene.limner.aus:
            row.is_pinned = False
        return {"FINISHED"}


CLASSES = (LIMNER_OT_draw, LIMNER_OT_live, LIMNER_OT_detect, LIMNER_OT_fit, LIMNER_OT_unpin)
