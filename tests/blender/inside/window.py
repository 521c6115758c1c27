"""Use the installed extension in a real window as an artist does, and take pictures of it.

blender --window-geometry 0 0 1600 900 --python window.py -- DRAWING PICTURE_PREFIX
"""

# SPDX-License-Identifier: GPL-3.0-or-later

import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parent))
import pen

DRAWING, PREFIX = sys.argv[-2:]
LONGEST_PAUSE = 0.4
"""Of the window, as a share of the time that a fit takes: all of it, were the window to wait."""


def head_state():
    """Return all that undo must bring back, looked up anew: old references lie after an undo."""
    head = bpy.data.objects.get("Limner Head")
    if head is None:
        return None
    return {key.name: key.value for key in head.data.shape_keys.key_blocks}


def shot(name):
    """Take a picture once panels have come to rest; they move when their content grows."""
    for _ in range(3):
        pen.refresh()
        yield 0.6
    pen.picture(f"{PREFIX}-{name}.png")


def give_up_by_escape(here):
    """Press Fit, then Esc in the middle: nothing has changed."""
    waiting = pen.limner("addon.waiting")
    window, view = here["window"], here["region"]
    with bpy.context.temp_override(**here):
        assert bpy.ops.limner.fit("INVOKE_DEFAULT", True) == {"RUNNING_MODAL"}
        assert not bpy.ops.limner.fit.poll(), "one fit after the other"
        assert not bpy.ops.limner.detect.poll()
    while waiting.at_work()[0] == 0.0:  # loading comes first
        yield 0.02
    pen.refresh()
    yield 0.1
    pen.picture(f"{PREFIX}-at-work.png")
    pen.x11("xdotool", "mousemove", view.x + 200, window.height - view.y - 300)
    pen.x11("xdotool", "key", "Escape")
    for _ in range(100):
        if waiting.at_work() is None:
            break
        yield 0.05
    assert waiting.at_work() is None, "Esc must end a fit"
    yield 1.0
    assert head_state() is None, "what was given up must not come after all"


def drop_what_nobody_asks_for(here):
    """Choose another drawing, or edit the head, while a fit goes on: it is dropped."""
    limner = bpy.context.scene.limner
    before = head_state()

    def choose_another():
        limner.sketch_path = "/elsewhere.png"

    def edit():
        with bpy.context.temp_override(**here):
            bpy.ops.object.mode_set(mode="EDIT")

    for disturb in (choose_another, edit):
        yield from pen.press(here, "fit", meanwhile=disturb)
        limner.sketch_path = DRAWING
        if bpy.context.mode != "OBJECT":
            with bpy.context.temp_override(**here):
                bpy.ops.object.mode_set(mode="OBJECT")
        assert head_state() == before, disturb.__name__


# (the True in operator calls: push an undo step, as a pressed button does)


def work():
    """Do the artist's steps; each yield hands that many seconds to Blender."""
    window, area, view = yield from pen.open_tab()
    here = {"window": window, "area": area, "region": view}
    limner = bpy.context.scene.limner
    yield from shot("empty")
    with bpy.context.temp_override(**here):
        assert not bpy.ops.limner.fit.poll(), "Fit must be grey without a drawing"
    limner.sketch_path = DRAWING
    yield 0.5
    yield from pen.press(here, "detect")
    assert len(limner.aus) == 29, len(limner.aus)
    assert any(au.left > 0 or au.right > 0 for au in limner.aus), "nothing detected"
    yield from shot("detected")
    yield from give_up_by_escape(here)
    pause, took = yield from pen.press(here, "fit")
    print(f"longest pause of the window in a fit of {took:.1f} s: {1000 * pause:.0f} ms")
    assert pause < LONGEST_PAUSE * took, (pause, took)
    fitted = head_state()
    assert len(fitted) == 54, sorted(fitted)
    assert fitted["Sketch Fit"] == 1.0
    assert max(value for name, value in fitted.items() if name not in ("Basis", "Sketch Fit")) > 0.1
    assert area.spaces.active.region_3d.view_perspective == "CAMERA"
    yield from shot("fitted")
    head = bpy.data.objects["Limner Head"]
    head.data.shape_keys.key_blocks["jawOpen"].value = 0.123  # a fit that is written would show
    yield from drop_what_nobody_asks_for(here)
    head = bpy.data.objects["Limner Head"]
    head.data.shape_keys.key_blocks["jawOpen"].value = fitted["jawOpen"]
    limner.show_heat, limner.show_lines = True, False
    yield from shot("heat")
    limner.show_heat, limner.show_lines = False, True
    with bpy.context.temp_override(**here):
        bpy.ops.ed.undo_push(message="looked at heat")
    with bpy.context.temp_override(window=window, area=area):
        bpy.ops.ed.undo()
        bpy.ops.ed.undo()
    yield 0.5
    assert head_state() is None, "undo must take the head back"
    with bpy.context.temp_override(window=window, area=area):
        bpy.ops.ed.redo()
        bpy.ops.ed.redo()
    yield 0.5
    assert head_state() == fitted, "redo must bring the same head again"
    head = bpy.data.objects["Limner Head"]
    head.data.shape_keys.key_blocks["Sketch Fit"].value = 0.0
    yield from shot("without-sketch-fit")


pen.run(work(), PREFIX)
