"""Use the installed extension in a real window as an artist does, and take pictures of it.

blender --window-geometry 0 0 1600 900 --python window.py -- DRAWING PICTURE_PREFIX
"""

# SPDX-License-Identifier: GPL-3.0-or-later

import os
import subprocess
import sys
import traceback

import bpy

DRAWING, PREFIX = sys.argv[-2:]
MOST_SECONDS = 240


def picture(name):
    """Save what the screen shows; call it a moment after `refresh`."""
    subprocess.run(["import", "-window", "root", f"{PREFIX}{name}.png"], check=True)


def refresh():
    """Let every region be drawn anew, as moving the mouse over them would."""
    for area in bpy.context.window_manager.windows[0].screen.areas:
        for region in area.regions:
            region.tag_redraw()


def head_state():
    """Return all that undo must bring back, looked up anew: old references lie after an undo."""
    head = bpy.data.objects.get("Limner Head")
    if head is None:
        return None
    return {key.name: key.value for key in head.data.shape_keys.key_blocks}


# (the True in operator calls: push an undo step, as a pressed button does)


def work():
    """Do the artist's steps; each yield hands that many seconds to Blender."""
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    area.spaces.active.show_region_ui = True
    yield 0.5
    sidebar = next(region for region in area.regions if region.type == "UI")
    sidebar.active_panel_category = "Limner"
    view = next(region for region in area.regions if region.type == "WINDOW")
    here = {"window": window, "area": area, "region": view}
    limner = bpy.context.scene.limner
    with bpy.context.temp_override(**here):
        assert not bpy.ops.limner.fit.poll(), "Fit must be grey without a drawing"
    limner.sketch_path = DRAWING
    yield 0.5
    with bpy.context.temp_override(**here):
        assert bpy.ops.limner.detect("INVOKE_DEFAULT", True) == {"FINISHED"}
    assert len(limner.aus) == 29, len(limner.aus)
    assert any(au.left > 0 or au.right > 0 for au in limner.aus), "nothing detected"
    refresh()
    yield 1.0
    picture("-detected")
    with bpy.context.temp_override(**here):
        assert bpy.ops.limner.fit("INVOKE_DEFAULT", True) == {"FINISHED"}
    fitted = head_state()
    assert len(fitted) == 54, sorted(fitted)
    assert fitted["Sketch Fit"] == 1.0
    assert max(value for name, value in fitted.items() if name not in ("Basis", "Sketch Fit")) > 0.1
    assert area.spaces.active.region_3d.view_perspective == "CAMERA"
    refresh()
    yield 1.5
    picture("-fitted")
    limner.show_heat, limner.show_lines = True, False
    refresh()
    yield 1.5
    picture("-heat")
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
    refresh()
    yield 1.0
    picture("-without-sketch-fit")


steps = work()


def tick():
    """Take the next step, or leave with a status that tells how it went."""
    try:
        return next(steps)
    except StopIteration:
        status = 0
    except BaseException:
        traceback.print_exc()
        status = 1
        picture("-failed")
    sys.stdout.flush()
    os._exit(status)  # quitting by operator can't set the status


def give_up():
    """End a run that hangs."""
    print(f"no end after {MOST_SECONDS} s", flush=True)
    os._exit(1)


bpy.context.preferences.view.show_splash = False
bpy.app.timers.register(tick, first_interval=1.0)
bpy.app.timers.register(give_up, first_interval=MOST_SECONDS)
