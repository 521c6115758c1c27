"""How long Live holds Blender up: a face replayed stroke by stroke, without a window.

blender -b --python-exit-code 3 --python live_stalls.py

There are no timers without a window: the ticks are made here, as often as Blender would make them.
What is measured is the main thread's own work: each tick, and the update of the scene after it.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

import sys
import time
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parent))
import pen

SMILE = {"mouthSmileLeft": 0.9, "mouthSmileRight": 0.9}
BETWEEN_STROKES_S = 0.5
PATIENCE_S = 600.0


class Stalls:
    """Ticks, and what they took: (wall ms, CPU ms, what happened)."""

    def __init__(self):
        self.watching = pen.limner("addon.bridge.watching")
        self.found = []

    def tick(self):
        before, wall, cpu = self.watching.status(), time.perf_counter(), time.thread_time()
        assert self.watching.tick() is not None, "Live has ended"
        bpy.context.view_layer.update()
        took = 1e3 * (time.perf_counter() - wall), 1e3 * (time.thread_time() - cpu)
        self.found.append((*took, f"{before} → {self.watching.status()}"))

    def during(self, seconds):
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            self.tick()
            time.sleep(self.watching.PERIOD_S)

    def until(self, *words):
        """Tick until Live says one of `words`; return how long that took, s."""
        started = time.perf_counter()
        while not self.watching.status().startswith(words):
            assert time.perf_counter() < started + PATIENCE_S, self.watching.status()
            self.tick()
            time.sleep(self.watching.PERIOD_S)
        return time.perf_counter() - started


for name in ("Cube", "Light", "Camera"):
    bpy.data.objects.remove(bpy.data.objects[name])
bpy.ops.limner.draw()
drawing = bpy.context.scene.limner.pencil
assert bpy.ops.limner.live() == {"FINISHED"}
stalls, strokes = Stalls(), pen.face_lines(SMILE)
for points in strokes:
    pen.draw(drawing, [points])
    bpy.context.view_layer.update()
    stalls.during(BETWEEN_STROKES_S)
stalls.until("Up to date")
pen.draw(drawing, [strokes[0] * 0.99])
bpy.context.view_layer.update()
noticed_s = stalls.until("Reading")
followed_s = noticed_s + stalls.until("Following", "Up to date")
settled_s = followed_s + stalls.until("Up to date")
keys = bpy.data.objects["Limner Head"].data.shape_keys.key_blocks
assert min(keys["mouthSmileLeft"].value, keys["mouthSmileRight"].value) > 0.3
assert bpy.ops.limner.live() == {"FINISHED"}

worst = sorted(stalls.found, reverse=True)[:3]
print(f"{len(strokes)} strokes, {len(stalls.found)} ticks")
print(f"after one more: expression in {followed_s:.2f} s, lines in {settled_s:.2f} s")
for wall_ms, cpu_ms, what in worst:
    print(f"  {wall_ms:.1f} ms ({cpu_ms:.1f} ms of work): {what}")
most_cpu_ms = max(cpu for _, cpu, _ in stalls.found)
print(f"longest stall {worst[0][0]:.1f} ms, most work at once {most_cpu_ms:.1f} ms", flush=True)
