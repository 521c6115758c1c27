"""How long Live holds a real window up: strokes replayed, and a timer that notes every pause.

blender --window-geometry 0 0 640 480 --python live_gaps.py -- PICTURE_PREFIX

A modal operator asks for an event every few milliseconds; the time between two of them is what
somebody who draws would feel. Without a graphics card most of it is drawing the window, so the
same is measured with Live off, and beside it what Live's own looks take.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

import json
import sys
import time
from pathlib import Path

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import pen

PREFIX = sys.argv[-1]
SMILE = {"mouthSmileLeft": 0.9, "mouthSmileRight": 0.9}
BETWEEN_STROKES_S = 0.7
OFTEN_S = 0.004
LAST_STROKES = 12
ONE_BY_ONE = 8
AFTER_S = 0.15
PATIENCE_S = 120.0
MOST_TICK_MS = 50.0


class TEST_OT_gaps(bpy.types.Operator):
    """Note the time between events"""

    bl_idname, bl_label = "test.gaps", "Gaps"
    found: list = []  # noqa: RUF012 - shared with the script
    last = 0.0

    def invoke(self, context, event):
        """Ask for a timer's events."""
        context.window_manager.event_timer_add(OFTEN_S, window=context.window)
        context.window_manager.modal_handler_add(self)
        TEST_OT_gaps.last = time.perf_counter()
        return {"RUNNING_MODAL"}

    def modal(self, context, event):
        """Note how long the last one was ago."""
        if event.type == "TIMER":
            now = time.perf_counter()
            TEST_OT_gaps.found.append(now - TEST_OT_gaps.last)
            TEST_OT_gaps.last = now
        return {"PASS_THROUGH"}


def worst_ms():
    """Return the longest pause and the 99th percentile since the last call, milliseconds."""
    found = 1e3 * np.array(TEST_OT_gaps.found)
    TEST_OT_gaps.found.clear()
    return float(found.max()), float(np.percentile(found, 99))


def timed(watching):
    """Let Live's looks be measured; return what they take, (wall ms, CPU ms)."""
    took, look = [], watching._look

    def look_timed(watch):
        wall, cpu = time.perf_counter(), time.thread_time()
        look(watch)
        took.append((1e3 * (time.perf_counter() - wall), 1e3 * (time.thread_time() - cpu)))

    watching._look = look_timed
    return took


class Way:
    """The way of a stroke to the moved head: when each part of it was over, s."""

    PARTS = ("noticed", "fitted", "carried", "taken up", "written", "drawn")

    def __init__(self, watching):
        self.at, self.fitted_s, self.worked_s = {}, 0.0, 0.0
        wire = pen.limner("addon.live_wire")
        self._note(watching, "_send", "noticed")
        self._note(watching, "_write", "written", before="taken up")
        unpack = wire.Shorthand.unpack

        def arrive(words, data):
            answer = unpack(words, data)
            if "noticed" in self.at and "carried" not in self.at:
                self.fitted_s, self.worked_s = answer.elapsed_s, answer.worked_s
                self.at["carried"] = time.perf_counter()
            return answer

        wire.Shorthand.unpack = arrive
        bpy.types.SpaceView3D.draw_handler_add(self._draw, (), "WINDOW", "POST_PIXEL")

    def start(self):
        """Begin anew, at the end of a stroke."""
        self.at = {"start": time.perf_counter()}

    def _note(self, module, name, after, before=None):
        """Note when a function of limner's begins and ends, the first time after `start`."""
        call = getattr(module, name)

        def noted(*given):
            began = time.perf_counter()
            call(*given)
            if before is None:
                self.at.setdefault(after, time.perf_counter())
            elif "carried" in self.at and after not in self.at:
                self.at |= {before: began, after: time.perf_counter()}

        setattr(module, name, noted)

    def _draw(self):
        """Note when the moved head has been drawn."""
        if "written" in self.at:
            self.at.setdefault("drawn", time.perf_counter())

    def parts_ms(self):
        """Return how long each part took, milliseconds."""
        at = {**self.at, "fitted": self.at["noticed"] + self.fitted_s}
        ends = [at[name] for name in ("start", *self.PARTS)]
        parts = dict(zip(self.PARTS, 1e3 * np.diff(ends), strict=True))
        return {**parts, "fitted, CPU": 1e3 * self.worked_s}


def until(is_so, watching, look_s=0.01):
    """Wait for something; yields seconds."""
    patience = time.perf_counter() + PATIENCE_S
    while not is_so():
        assert time.perf_counter() < patience, f"waited in vain; Live says: {watching.status()}"
        yield look_s


def middle(waits):
    """Return the medians of the parts and of the way until the head has moved."""
    moved = [sum(parts[name] for name in Way.PARTS[:-1]) for parts in waits]
    return {
        **{name: round(np.median([parts[name] for parts in waits]), 1) for name in waits[0]},
        "moved": round(np.median(moved), 1),
        "moved, longest": round(max(moved), 1),
    }


def work():
    """Draw with Live off, then on; each yield hands that many seconds to Blender."""
    window, area, view = yield from pen.open_tab()
    here = {"window": window, "area": area, "region": view}
    for name in ("Cube", "Light", "Camera"):
        bpy.data.objects.remove(bpy.data.objects[name])
    with bpy.context.temp_override(**here):
        bpy.ops.limner.draw("INVOKE_DEFAULT", True)
        bpy.ops.test.gaps("INVOKE_DEFAULT")
    drawing = bpy.context.scene.limner.pencil
    watching, strokes = pen.limner("addon.bridge.watching"), pen.face_lines(SMILE)
    pen.draw(drawing, strokes[:-LAST_STROKES])
    yield 2.0
    worst_ms()
    for points in strokes[-LAST_STROKES:]:
        pen.draw(drawing, [points])
        yield BETWEEN_STROKES_S
    off = worst_ms()

    pen.wipe(drawing)
    pen.draw(drawing, strokes[:-LAST_STROKES])
    with bpy.context.temp_override(**here):
        assert bpy.ops.limner.live("INVOKE_DEFAULT") == {"FINISHED"}
    took = timed(watching)

    def is_settled():
        return watching.status() == "Up to date"

    yield from until(is_settled, watching, 0.1)
    first = worst_ms()
    first_look = max(took)
    took.clear()
    for points in strokes[-LAST_STROKES:]:
        pen.draw(drawing, [points])
        yield BETWEEN_STROKES_S
    yield from until(is_settled, watching, 0.1)
    on = worst_ms()
    way, waits = Way(watching), []
    for number in range(2 * ONE_BY_ONE):
        pen.draw(drawing, [strokes[0] * (0.99 - 0.004 * number)])
        way.start()
        yield from until(lambda: "drawn" in way.at, watching)
        waits.append(way.parts_ms())
        if number < ONE_BY_ONE:
            yield from until(is_settled, watching, 0.1)
        else:
            yield AFTER_S
    looks = np.array(took)
    print(json.dumps({
        "pause_ms": {"live off": off, "first head": first, "live on": on},
        "look_ms": {"longest": looks[:, 0].max(), "most CPU": looks[:, 1].max(),
                    "mean": looks[:, 0].mean(), "first head": first_look[0],
                    "first head CPU": first_look[1], "count": len(looks)},
        "head_follows_ms": {"at rest": middle(waits[:ONE_BY_ONE]),
                            "while drawing": middle(waits[ONE_BY_ONE:])},
    }, default=float))  # fmt: skip
    assert looks[:, 1].max() < MOST_TICK_MS, "Live's own work at once"
    assert "Limner Head" in bpy.data.objects


bpy.utils.register_class(TEST_OT_gaps)
pen.run(work(), PREFIX, most_seconds=900)
