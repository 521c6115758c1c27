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


def followed(watching):
    """Wait until the head wears what was read of the newest stroke; return how long, s."""
    started = time.perf_counter()
    while not watching.status().startswith("Reading"):
        yield 0.01
    while watching.status().startswith("Reading"):
        yield 0.01
    return time.perf_counter() - started


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
    while watching.status() != "Up to date":
        yield 0.1
    first = worst_ms()
    first_look = max(took)
    took.clear()
    for points in strokes[-LAST_STROKES:]:
        pen.draw(drawing, [points])
        yield BETWEEN_STROKES_S
    while watching.status() != "Up to date":
        yield 0.1
    on = worst_ms()
    waits = []
    for part in (0.99, 0.98, 0.97, 0.96, 0.95):
        pen.draw(drawing, [strokes[0] * part])
        waits.append((yield from followed(watching)))
        while watching.status() != "Up to date":
            yield 0.1
    looks = np.array(took)
    print(json.dumps({
        "pause_ms": {"live off": off, "first head": first, "live on": on},
        "look_ms": {"longest": looks[:, 0].max(), "most CPU": looks[:, 1].max(),
                    "mean": looks[:, 0].mean(), "first head": first_look[0],
                    "first head CPU": first_look[1], "count": len(looks)},
        "head_follows_s": sorted(waits),
    }, default=float))  # fmt: skip
    assert looks[:, 1].max() < MOST_TICK_MS, "Live's own work at once"
    assert "Limner Head" in bpy.data.objects


bpy.utils.register_class(TEST_OT_gaps)
pen.run(work(), PREFIX, most_seconds=900)
