"""Live in a real window: a face drawn stroke by stroke, then rough handling.

blender --window-geometry 0 0 1100 700 --python live.py -- PICTURE_PREFIX
"""

# SPDX-License-Identifier: GPL-3.0-or-later

import json
import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parent))
import pen

PREFIX = sys.argv[-1]
SMILE = {"mouthSmileLeft": 0.9, "mouthSmileRight": 0.9, "cheekSquintLeft": 0.5,
         "cheekSquintRight": 0.5}  # fmt: skip
BETWEEN_STROKES_S = 0.4
LOOK_S = 0.02  # oftener than Live looks itself, so that no word of it is missed
MOST_LOOKS = 15000


def says(text):
    """Wait until Live says something with `text` in it."""
    watching = pen.limner("addon.bridge.watching")
    for _ in range(MOST_LOOKS):
        if text in watching.status():
            return
        yield LOOK_S
    raise AssertionError(f"waited for {text!r}, but Live says: {watching.status()}")


def settle():
    """Wait until the head is up to date with the drawing."""
    yield from says("Reading")
    yield from says("Up to date")


def replay(drawing, strokes):
    """Draw strokes one after the other, as a quick hand would."""
    for points in strokes:
        pen.draw(drawing, [points])
        yield BETWEEN_STROKES_S


def work():
    """Do the artist's steps; each yield hands that many seconds to Blender."""
    window, area, view = yield from pen.open_tab()
    here = {"window": window, "area": area, "region": view}
    for name in ("Cube", "Light", "Camera"):
        bpy.data.objects.remove(bpy.data.objects[name])
    with bpy.context.temp_override(**here):
        assert not bpy.ops.limner.live.poll(), "Live must be grey without a drawing"
        bpy.ops.limner.draw("INVOKE_DEFAULT", True)
    drawing = bpy.context.scene.limner.pencil
    watching, strokes = pen.limner("addon.bridge.watching"), pen.face_lines(SMILE)
    with bpy.context.temp_override(**here):
        assert bpy.ops.limner.live("INVOKE_DEFAULT") == {"FINISHED"}
    pen.draw(drawing, strokes[:-6])
    yield from replay(drawing, strokes[-6:])
    yield from says("Up to date")
    head = bpy.data.objects["Limner Head"]
    smile = [
        head.data.shape_keys.key_blocks[f"mouthSmile{side}"].value for side in ("Left", "Right")
    ]
    assert min(smile) > 0.3, smile
    assert drawing.mode == "PAINT_GREASE_PENCIL"
    gap = json.loads(head["limner"])["gap"]
    assert gap["snakes"] < 0.5 * gap["placed"], gap
    for _ in range(3):  # the panels fold out in steps
        pen.refresh()
        yield 0.7
    pen.picture(f"{PREFIX}-live.png")

    # another stroke, and the head is gone before its answer comes
    pen.draw(drawing, [strokes[0] * 0.98])
    yield from says("Reading")
    bpy.data.objects.remove(bpy.data.objects["Limner Head"])
    yield from says("deleted")
    assert "Limner Head" not in bpy.data.objects
    pen.draw(drawing, [strokes[1] * 0.98])
    yield from settle()
    assert "Limner Head" in bpy.data.objects

    # another file takes this one's place in the middle of an update
    pen.draw(drawing, [strokes[2] * 0.98])
    yield from says("Reading")
    bpy.ops.wm.read_homefile(use_empty=True, load_ui=False)
    assert not watching.is_watching()
    yield 3.0
    assert "Limner Head" not in bpy.data.objects


pen.run(work(), PREFIX, most_seconds=900)
