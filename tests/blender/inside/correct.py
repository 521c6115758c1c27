"""Drag the face's box and its points in a real window, as an artist does.

blender --window-geometry 0 0 1280 800 --python correct.py -- DRAWING PICTURE_PREFIX
"""

# SPDX-License-Identifier: GPL-3.0-or-later

import sys
from pathlib import Path

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import pen

DRAWING, PREFIX = sys.argv[-2:]
MOUTH_CORNER, NOSE_TIP = 54, 30


def marks():
    """Return the marks that the scene keeps."""
    return pen.limner("addon.kept_marks").marks_of(bpy.context.scene.limner)


def aus():
    """Return what the list says."""
    return [(row.number, row.left, row.right) for row in bpy.context.scene.limner.aus]


def on_screen(view_region, sheet, place):
    """Return window pixels of a place in the drawing."""
    x, y = sheet.to_region(np.array(place, dtype=float))
    return view_region.x + x, view_region.y + y


def key(name):
    """Press and let go of a key."""
    pen.x11("xdotool", "key", name)
    yield 0.6


def work():
    """Do the artist's steps; each yield hands that many seconds to Blender."""
    window, area, view = yield from pen.open_tab()
    here = {"window": window, "area": area, "region": view}
    limner = bpy.context.scene.limner
    limner.sketch_path = DRAWING
    correct, sheets = pen.limner("addon.correct"), pen.limner("addon.sheet_view")

    def start():
        with bpy.context.temp_override(**here):
            assert bpy.ops.limner.correct("INVOKE_DEFAULT", True) == {"RUNNING_MODAL"}
        pen.refresh()

    yield from pen.press(here, "detect")
    yield 0.5
    read, said = marks(), aus()
    assert not read.is_set
    free = correct.free_px(area)
    sheet = sheets.SheetView.around(free, read.box)

    # Esc leaves everything as it was
    start()
    yield 1.0
    nose = read.points[NOSE_TIP]
    way = np.array([0.15, 0.1]) * (read.box[2] - read.box[0])
    path = [on_screen(view, sheet, nose + part * way) for part in (0.0, 0.3, 0.7, 1.0)]
    yield from pen.drag(window, path)
    yield from key("Escape")
    assert marks().to_json() == read.to_json()

    # a point, and a whole feature
    start()
    yield 1.0
    yield from pen.drag(window, path)
    mouth = read.points[MOUTH_CORNER]
    pen.x11("xdotool", "keydown", "shift")
    yield from pen.drag(
        window, [on_screen(view, sheet, mouth + np.array((0, dy))) for dy in (0, 4, 8, 12)]
    )
    pen.x11("xdotool", "keyup", "shift")
    pen.refresh()
    yield 0.7
    pen.picture(f"{PREFIX}-points.png")
    # one step back and the mouth is where it was; then again
    yield from key("ctrl+z")
    yield from pen.drag(
        window, [on_screen(view, sheet, mouth + np.array((0, dy))) for dy in (0, 4, 8, 12)]
    )
    yield from key("Return")
    kept = marks()
    assert kept.set_points == {NOSE_TIP, MOUTH_CORNER}, kept.set_points
    assert np.abs(kept.points[NOSE_TIP] - nose - way).max() < 2.0 / sheet.zoom
    assert np.abs(kept.points[MOUTH_CORNER] - mouth - [0, 12]).max() < 2.0 / sheet.zoom

    # the fitted head has its nose tip where it was dragged
    yield from pen.press(here, "fit")
    assert marks().set_points == kept.set_points
    with bpy.context.temp_override(window=window, area=area):
        bpy.ops.ed.undo()
        bpy.ops.ed.undo()
    yield 0.5
    assert marks().to_json() == read.to_json(), "one undo takes a correction back"
    assert aus() == said

    # the box, dragged by its corner: the face is read in it at once
    start()
    yield 1.0
    x0, y0, x1, y1 = read.box
    corner = np.array([x1, y1])
    steps = [corner + part * np.array([12.0, 10.0]) for part in (0.0, 0.5, 1.0)]
    yield from pen.drag(window, [on_screen(view, sheet, step) for step in steps])
    yield 1.0
    pen.refresh()
    yield 0.7
    pen.picture(f"{PREFIX}-box.png")
    yield from key("Return")
    boxed = marks()
    assert boxed.is_box_set
    assert np.abs(np.array(boxed.box) - [x0, y0, *steps[-1]]).max() < 2.0 / sheet.zoom, boxed.box
    with bpy.context.temp_override(**here):
        assert bpy.ops.limner.forget_marks("INVOKE_DEFAULT", True) == {"FINISHED"}
    yield from pen.press(here, "detect")
    assert marks().to_json() == read.to_json(), "let go, it is read as at first"


pen.run(work(), PREFIX, most_seconds=900)
