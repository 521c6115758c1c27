"""What the panel's buttons do: translate, call the pipeline, write into the scene, report."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import bpy

from ..errors import LimnerError
from .behind import Behind, Stage
from .expression import Expression
from .guard import guarded
from .kept_marks import hints_of, keep_reading
from .own_mesh import require_links
from .preferences import model_folder, preferences, rig_source
from .properties import listed_aus, pinned_aus, show_detection
from .translation import iface, tip
from .waiting import Waits, can_wait
from .wear import end_solo, held_by_drivers, meant_head, put_on

if TYPE_CHECKING:
    from ..sketch_cnn.detection import Detection
    from ..sketch_cnn.sketch import Sketch
    from .fit import Fit
    from .head_scene import HeadScene
    from .hints import Hints
    from .live_wire import Answer
    from .properties import LimnerScene

__all__ = ["CLASSES"]

STAGE_WORDS = {
    "": "limner loads what it needs",
    "detect": "limner reads the face",
    "parametric": "limner fits the head",
    "snakes": "limner lays the head's lines on yours",
}
"""Stage of the pipeline → what the status bar says, in their order."""


@functools.lru_cache(maxsize=1)
def session(rig: str, model_dir: Path | None = None) -> Any:
    """Return the pipeline with its networks and a rig; the first call takes a moment."""
    from .pipeline import Session

    return Session(rig=rig, model_dir=model_dir)


def chosen_session(context: bpy.types.Context) -> Callable[[], Any]:
    """Return what opens the pipeline that panel and preferences ask for, away from Blender."""
    return functools.partial(session, rig_source(context.scene.limner.rig), model_folder())


def drawing_reader(context: bpy.types.Context) -> Callable[[], Sketch]:
    """Return what reads the drawing that the panel names, and needs no Blender for it any more.

    `//` stands for the folder of the .blend. Strokes are taken now.
    """
    from ..sketch_cnn.image import read_sketch
    from .bridge.pencil import read_strokes, sight_of
    from .strokes import sketch_from_strokes

    limner = context.scene.limner
    if limner.source == "PENCIL":
        sight = sight_of(context, limner.pencil)
        strokes = read_strokes(limner.pencil, sight)
        return functools.partial(sketch_from_strokes, strokes, sight.size_px)
    return functools.partial(read_sketch, Path(bpy.path.abspath(limner.sketch_path)))


def what_is_asked(context: bpy.types.Context) -> tuple[object, ...]:
    """Return what the panel names; work that took a while is of no use for anything else."""
    limner = context.scene.limner
    drawing = limner.sketch_path if limner.source == "PICTURE" else limner.pencil
    own = limner.own if limner.target == "OWN" else None
    return limner.source, getattr(drawing, "name", drawing), limner.target, own and own.name


def wear_own(context: bpy.types.Context, expression: Expression, operator: Any) -> None:
    """Put an expression on somebody's own mesh, and tell what a driver held on to."""
    held = put_on(context, expression)
    if held:
        operator.report({"WARNING"}, held_by_drivers(held))


def place_fit(context: bpy.types.Context, scene: HeadScene) -> None:
    """Write a fit into the scene: under the strokes it was made from, else before its picture."""
    from .bridge import pencil, stage

    limner = context.scene.limner
    if limner.source == "PENCIL":
        camera = pencil.camera_of(limner.pencil, context.scene)
        if camera is not None and camera.data.type == "ORTHO":
            stage.place_under_drawing(context, scene, limner.pencil, camera)
            return
        if camera is not None:
            limner.pencil[stage.CAMERA] = camera  # the scene's camera is about to be another
    stage.place_head(context, scene)
    stage.show_head(context)


class ReadsDrawing:
    """What all operators share that need a drawing."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Ask for a drawing first."""
        if context.scene is None:
            return False
        limner = context.scene.limner
        if limner.source == "PENCIL":
            cls.poll_message_set(
                tip("Choose a Grease Pencil object of this scene first, or press Draw")
            )
            if limner.pencil is None or limner.pencil.name not in context.scene.objects:
                return False
        else:
            cls.poll_message_set(tip("Choose a picture of a drawn face first"))
            if not limner.sketch_path:
                return False
        cls.poll_message_set(tip("Choose your own mesh first, under Head"))
        return limner.target != "OWN" or meant_head(context) is not None


class ComputesBehind(ReadsDrawing, Waits):
    """What Detect and Fit share: pressed, they work behind the window; called by a script, at once.

    `job` takes from the scene what is needed and returns the work; `write` takes what it found.
    """

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Do one thing after the other."""
        return super().poll(context) and cls.is_free()

    def invoke(self, context: bpy.types.Context, event: object) -> set[str]:
        """Start, and let Blender go on."""
        return self.start(context) if can_wait(context) else self.execute(context)

    @guarded
    def start(self, context: bpy.types.Context) -> set[str]:
        """Hand the work to a thread."""
        self.asked, job = what_is_asked(context), self.job(context)
        self.behind = Behind(job)
        return self.wait(context, len(STAGE_WORDS))

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Do the work now, under a waiting mouse."""
        if context.window is not None:
            context.window.cursor_modal_set("WAIT")
        try:
            self.write(context, self.job(context)(lambda stage: None))
        finally:
            if context.window is not None:
                context.window.cursor_modal_restore()
        return {"FINISHED"}

    def progress(self) -> tuple[int, str]:
        """Tell the stage."""
        stage = self.behind.stage
        words = iface("{doing} … Esc ends it")
        return [*STAGE_WORDS].index(stage), words.format(doing=iface(STAGE_WORDS[stage]))

    def has_ended(self) -> bool:
        """Tell whether the thread has."""
        return self.behind.is_done

    def give_up(self) -> None:
        """Let go of the thread."""
        self.behind.give_up()

    @guarded
    def finish(self, context: bpy.types.Context) -> set[str]:
        """Write what was found, if it is still what is asked for."""
        found = self.behind.result()
        if self.asked != what_is_asked(context):
            raise LimnerError("another drawing or head was chosen meanwhile; nothing has changed")
        if not self.find_place(context):
            raise LimnerError("the head is being edited, or gone; nothing has changed")
        self.write(context, found)
        return {"FINISHED"}

    def find_place(self, context: bpy.types.Context) -> bool:
        """Tell whether what was found can be written, after all that was done meanwhile."""
        return super().poll(context)


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
        from .live import Follower

        if watching.is_watching():
            watching.stop()
        else:
            rig, threads = rig_source(context.scene.limner.rig), preferences().threads
            follower = Follower(rig, threads, model_folder())
            watching.start(context, follower, show_answer, set_by_hand, wear_answer)
        return {"FINISHED"}


def set_by_hand(limner: LimnerScene) -> tuple[dict[str, float], Hints]:
    """Return the intensities, box and landmarks that somebody has set."""
    return pinned_aus(limner), hints_of(limner)


def show_answer(limner: LimnerScene, answer: Answer) -> None:
    """Fill the list of Action Units from what Live has read."""
    show_detection(limner, answer.reading)
    keep_reading(limner, answer.reading, answer.scene.camera.size_px, 1.0)


def wear_answer(context: bpy.types.Context, answer: Answer) -> str:
    """Put what Live has found on somebody's own mesh; return why it can't be, or nothing."""
    if meant_head(context) is None:
        return "Choose your own mesh, under Head"
    try:
        put_on(context, Expression.from_record(json.loads(answer.scene.record)))
    except LimnerError as error:
        return str(error)
    return ""


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
        read, hints, session_of = drawing_reader(context), hints_of(limner), chosen_session(context)

        def work(on_stage: Stage) -> tuple[Sketch, Detection]:
            sketch, opened = read(), session_of()
            on_stage("detect")
            return sketch, opened.detect(sketch, hints)

        return work

    def write(self, context: bpy.types.Context, found: tuple[Sketch, Detection]) -> None:
        """Fill the list."""
        limner, (sketch, detection) = context.scene.limner, found
        end_solo(context)
        show_detection(limner, detection)
        keep_reading(limner, detection, sketch.original_size, sketch.scale)
        if limner.target == "OWN":
            wear_own(context, Expression.from_aus(listed_aus(limner)), self)
        for warning in sketch.warnings:
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
        read, session_of = drawing_reader(context), chosen_session(context)
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
        place_fit(context, scene)
        self.show(limner, fit)
        for warning in fit.warnings:
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
