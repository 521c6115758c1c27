"""What the buttons share that read a drawing: which drawing and head are meant, and the work.

Pressed, they work behind the window; called by a script, at once.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy

from ..errors import LimnerError
from .behind import Behind
from .guard import guarded
from .preferences import model_folder, rig_source
from .translation import iface, tip
from .waiting import Waits, can_wait
from .wear import meant_head

if TYPE_CHECKING:
    from ..sketch_cnn.sketch import Sketch

__all__ = [
    "STAGE_WORDS",
    "ComputesBehind",
    "ReadsDrawing",
    "at_rest_and_saved",
    "chosen_session",
    "drawing_reader",
    "picture_at_rest",
    "session",
]

STAGE_WORDS = {
    "": "limner loads what it needs",
    "detect": "limner reads the face",
    "parametric": "limner fits the head",
    "snakes": "limner lays the head's lines on yours",
}
"""Stage of the pipeline → what the status bar says, in their order."""


@functools.lru_cache(maxsize=1)
def session(
    rig: str, model_dir: Path | None = None, neutral: Path | None = None, saved: float = 0.0
) -> Any:
    """Return the pipeline with its networks and a rig; the first call takes a moment.

    Parameters
    ----------
    neutral, saved : a picture of the same character at rest, and when it was saved
    """
    from .pipeline import PipelineSettings, Session, read_at_rest

    return Session(rig, model_dir, PipelineSettings(at_rest=read_at_rest(neutral)))


def chosen_session(context: bpy.types.Context) -> Callable[[], Any]:
    """Return what opens the pipeline that panel and preferences ask for, away from Blender."""
    neutral, saved = at_rest_and_saved(context)
    rig = rig_source(context.scene.limner.rig)
    return functools.partial(session, rig, model_folder(), neutral, saved)


def picture_at_rest(context: bpy.types.Context) -> Path | None:
    """Return the picture of the character at rest that the panel names; None where it is empty."""
    path = context.scene.limner.rest_path
    return Path(bpy.path.abspath(path)) if path else None


def at_rest_and_saved(context: bpy.types.Context) -> tuple[Path | None, float]:
    """Return `picture_at_rest`, and when it was saved; 0 where there is no such file."""
    neutral = picture_at_rest(context)
    is_there = neutral is not None and neutral.is_file()
    return neutral, neutral.stat().st_mtime if is_there else 0.0


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
