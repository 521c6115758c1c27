"""Live: while somebody draws, the head follows; every finished stroke is a new fit.

A finished stroke is read as soon as Blender has taken it up, before it draws the window anew, and
sent to the process that fits (`addon/live.py`). A timer looks for what else has changed, and
whether an answer has come. All that takes milliseconds. Between two ticks no reference to Blender's
data is kept: objects may be deleted, undone and loaded at any time.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

import bpy

from ...errors import LimnerError
from ..hints import Hints
from ..live import Follower
from ..live_wire import Answer
from ..strokes import strokes_digest
from .pencil import camera_of, is_drawing, read_strokes, sight_of
from .stage import HEAD, place_under_drawing

__all__ = [
    "can_watch", "is_watching", "note_change", "redraw_sidebars", "start", "status", "stop", "tick",
]  # fmt: skip

PERIOD_S, BUSY_PERIOD_S = 0.05, 0.01
"""How often we look: oftener while an answer is due, for it waits until we do."""
BRIEF_S = 1.0
"""What is said for a shorter time than this is not worth another drawing of the window, which the
answer would have to wait for."""
WAITING = "Waiting for a stroke"
STROKE_OPERATORS = ("GREASE_PENCIL_OT_brush_stroke", "GREASE_PENCIL_OT_draw")
Recipe = tuple[object, ...]
"""What a follower is made of; another one takes its place where that has changed."""
_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Watch:
    """What is watched, by name; Blender's own data may be gone at the next tick."""

    follower: Follower
    made_of: Recipe
    recipe: Callable[[bpy.types.Context], Recipe]
    make: Callable[[Recipe], Follower]
    show: Callable[[bpy.types.PropertyGroup, Answer], None]
    by_hand: Callable[[bpy.types.PropertyGroup], tuple[dict[str, float], Hints]]
    wear: Callable[[bpy.types.Context, Answer], str]
    scene: str
    drawing: str
    is_changed: bool = True
    digest: str = ""
    head: str | None = None
    status: str = WAITING
    shown: str = WAITING
    show_at: float = 0.0


_watches: list[_Watch] = []
"""The running watch, if any."""


def is_watching() -> bool:
    """Tell whether Live is on."""
    return bool(_watches)


def status() -> str:
    """Return in a few words what Live is doing, or why it ended."""
    return _watches[0].status if _watches else ""


def can_watch(context: bpy.types.Context) -> bool:
    """Tell whether there is a drawing that a head can be laid under."""
    limner = context.scene.limner
    if limner.source != "PENCIL" or not is_drawing(limner.pencil):
        return False
    camera = camera_of(limner.pencil, context.scene)
    return (
        limner.pencil.name in context.scene.objects
        and camera is not None
        and (camera.data.type == "ORTHO" or limner.target == "OWN")
    )


def start(
    context: bpy.types.Context,
    recipe: Callable[[bpy.types.Context], Recipe],
    make: Callable[[Recipe], Follower],
    show: Callable[[bpy.types.PropertyGroup, Answer], None],
    by_hand: Callable[[bpy.types.PropertyGroup], tuple[dict[str, float], Hints]],
    wear: Callable[[bpy.types.Context, Answer], str],
) -> None:
    """Watch the scene's drawing from now on.

    Parameters
    ----------
    recipe : tells what the follower is made of by what the panel says now
    make : makes who fits; it is closed when the watch ends, and when another recipe is told
    show : writes what was read into the scene's properties
    by_hand : reads from there what was set by hand
    wear : puts an answer on somebody's own mesh, where that is the target; says why it can't
    """
    stop()
    scene, made_of = context.scene, recipe(context)
    _watches.append(
        _Watch(make(made_of), made_of, recipe, make, show, by_hand, wear, scene.name,
               scene.limner.pencil.name)
    )  # fmt: skip
    bpy.app.handlers.depsgraph_update_post.append(_take_up)
    bpy.app.handlers.undo_post.append(note_change)
    bpy.app.handlers.redo_post.append(note_change)
    bpy.app.handlers.load_pre.append(_end)
    bpy.app.timers.register(tick, first_interval=PERIOD_S)


def stop() -> None:
    """End the watch, whatever it is at; what came last stays."""
    for handlers, handler in (
        (bpy.app.handlers.depsgraph_update_post, _take_up),
        (bpy.app.handlers.undo_post, note_change),
        (bpy.app.handlers.redo_post, note_change),
        (bpy.app.handlers.load_pre, _end),
    ):
        if handler in handlers:
            handlers.remove(handler)
    if bpy.app.timers.is_registered(tick):
        bpy.app.timers.unregister(tick)
    while _watches:
        _watches.pop().follower.close()


def tick() -> float | None:
    """Look for a new stroke and for an answer; return when to look again, None at the end."""
    if not _watches:
        return None
    watch = _watches[0]
    try:
        _look(watch)
    except LimnerError as error:  # nothing to fit yet: drawing goes on
        _say(watch, str(error))
    except Exception:  # a timer that raises is taken away silently, with Live still shown as on
        _log.exception("Live ended by a fault")
        stop()
        redraw_sidebars()
    if not _watches:
        return None
    if watch.shown != watch.status and time.perf_counter() >= watch.show_at:
        watch.shown = watch.status
        redraw_sidebars()
    return BUSY_PERIOD_S if watch.follower.is_busy else PERIOD_S


def _look(watch: _Watch) -> None:
    """Take one look: send what was drawn, write what was found."""
    context = bpy.context
    if context.scene is None or context.scene.name != watch.scene or _is_drawing_now():
        return
    drawing = context.scene.objects.get(watch.drawing)
    if not is_drawing(drawing):
        stop()
        redraw_sidebars()
        return
    if watch.is_changed:
        _renew(context, watch)
    if watch.follower.failure:
        _say(watch, watch.follower.failure)
        return
    if watch.is_changed:
        watch.is_changed = False
        _send(context, watch, drawing, context.evaluated_depsgraph_get())
    answer = watch.follower.latest()
    if answer is not None:
        _write(context, watch, drawing, answer)


def _renew(context: bpy.types.Context, watch: _Watch) -> None:
    """Let another follower take over where the panel asks for another head or drawing at rest."""
    made_of = watch.recipe(context)
    if made_of != watch.made_of:
        watch.follower.close()
        watch.follower, watch.made_of, watch.digest = watch.make(made_of), made_of, ""


def _send(
    context: bpy.types.Context,
    watch: _Watch,
    drawing: bpy.types.Object,
    depsgraph: bpy.types.Depsgraph,
) -> None:
    """Send the drawing to be fitted, if it is another than the last one."""
    sight = sight_of(context, drawing, depsgraph)
    strokes = read_strokes(drawing, sight)
    pins, hints = watch.by_hand(context.scene.limner)
    digest = f"{strokes_digest(strokes, sight.size_px)} {sorted(pins.items())} {hints}"
    if digest == watch.digest:
        return
    watch.digest = digest
    head = drawing.get(HEAD)
    watch.head = head.name if head is not None and _is_here(head, context) else None
    watch.follower.follow(strokes, sight.size_px, pins, hints)
    _say(watch, "Reading the drawing …", brief=True)


def _write(
    context: bpy.types.Context, watch: _Watch, drawing: bpy.types.Object, answer: Answer
) -> None:
    """Write an answer into the scene, unless the head it was meant for is gone or being edited."""
    if answer.scene is None:
        _say(watch, answer.message)
        return
    if context.scene.limner.target == "OWN":
        fault = watch.wear(context, answer)
        watch.show(context.scene.limner, answer)
        _say(watch, fault or ("Following …" if watch.follower.is_busy else "Up to date"))
        return
    camera, head = camera_of(drawing, context.scene), drawing.get(HEAD)
    if camera is None or camera.data.type != "ORTHO":
        _say(watch, "The drawing has lost its orthographic camera")
        return
    if watch.head is not None and not (head is not None and _is_here(head, context)):
        _say(watch, "The head was deleted; the next stroke makes a new one")
        return
    if head is not None and head.mode != "OBJECT":
        _say(watch, "The head is being edited; leave its edit mode, then draw on")
        return
    head = place_under_drawing(context, answer.scene, drawing, camera)
    watch.head = head.name
    watch.show(context.scene.limner, answer)
    _say(watch, "Following …" if watch.follower.is_busy else "Up to date")


def _is_here(head: bpy.types.Object, context: bpy.types.Context) -> bool:
    """Tell whether an object is still in the scene: a deleted one may live on, unseen."""
    return context.scene.objects.get(head.name) == head


def _is_drawing_now() -> bool:
    """Tell whether a stroke is under way in some window."""
    return any(
        running.bl_idname.startswith(STROKE_OPERATORS)
        for window in bpy.context.window_manager.windows
        for running in window.modal_operators
    )


def note_change(*_: object) -> None:
    """Look at the drawing anew at the next tick; whether it has changed is found there."""
    if _watches:
        _watches[0].is_changed = True


def _take_up(scene: bpy.types.Scene, depsgraph: bpy.types.Depsgraph) -> None:
    """Send a finished stroke before the window is drawn anew, which may take longer than a fit."""
    if not _watches:
        return
    watch, context = _watches[0], bpy.context
    watch.is_changed = True
    here = context.scene is not None and context.scene.name == scene.name == watch.scene
    drawing = scene.objects.get(watch.drawing) if here else None
    if not is_drawing(drawing) or _is_drawing_now() or watch.follower.failure:
        return
    meant = (drawing.name, drawing.data.name)
    if not any(update.id.name in meant for update in depsgraph.updates):
        return
    try:
        _renew(context, watch)
        _send(context, watch, drawing, depsgraph)
        watch.is_changed = False
    except Exception:  # the next tick comes to the same, and tells it
        _log.debug("a stroke could not be read at once", exc_info=True)


def _end(*_: object) -> None:
    """End the watch before another file takes this one's place."""
    stop()


def _say(watch: _Watch, text: str, brief: bool = False) -> None:
    """Show in the panel what Live is doing, in a moment if it may be over by then."""
    if watch.status != text:
        watch.status = text
        watch.show_at = time.perf_counter() + BRIEF_S * brief


def redraw_sidebars() -> None:
    """Draw the sidebars anew: nothing else tells Blender that what they say has changed."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                for region in area.regions:
                    if region.type == "UI":
                        region.tag_redraw()
