"""What the tests in a window share: a pen that draws a posed head's lines, a mouse, pictures."""

# SPDX-License-Identifier: GPL-3.0-or-later

import importlib
import os
import subprocess
import sys
import time
import traceback

import bpy
import numpy as np

PAGE_PX_A_METRE = 3200.0
PEN_RADIUS_M = 0.0011


def limner(name):
    """Import a file of the installed extension."""
    package = next(name for name in bpy.context.preferences.addons.keys() if "limner" in name)  # noqa: SIM118
    return importlib.import_module(f"{package}.{name}")


def face_lines(weights, rotation=(0.0, 0.0, 0.0)):
    """Return the visible lines of MakeHuman's head as (N, 3) points of a page in the XZ plane.

    Parameters
    ----------
    weights : blendshape → weight
    rotation : of the head, as a rotation vector of core space, radians
    """
    camera, contours = limner("rig.camera"), limner("rig.contours")
    face_rig, store = limner("rig.face_rig"), limner("rig.store")
    rig = store.load_rig("makehuman")
    values = np.array([weights.get(name, 0.0) for name in rig.shape_names])
    state = face_rig.RigState(values, np.zeros(len(rig.identity_names)), np.array(rotation))
    view = camera.Camera(PAGE_PX_A_METRE, np.array([512.0, 600.0]), (1024, 1280))
    strokes = []
    for curve in contours.visible_lines(rig, face_rig.pose(rig, state), view):
        for rows in contours.visible_pieces(curve):
            x, y = (curve.points[rows] - [512.0, 640.0]).T / PAGE_PX_A_METRE
            if len(rows) > 1:
                strokes.append(np.column_stack([x, np.zeros(len(x)), -y]))
    return strokes


def draw(drawing, strokes, radius=PEN_RADIUS_M):
    """Add strokes to a drawing's first layer, as a pen would."""
    page = drawing.data.layers[0].frames[0].drawing
    first = len(page.strokes)
    page.add_strokes([len(points) for points in strokes])
    for stroke, points in zip(list(page.strokes)[first:], strokes, strict=True):
        for point, position in zip(stroke.points, points, strict=True):
            point.position, point.radius, point.opacity = position, radius, 1.0
    page.tag_positions_changed()
    drawing.data.update_tag()


def wipe(drawing):
    """Take all strokes off the first layer."""
    drawing.data.layers[0].frames[0].drawing.remove_strokes()
    drawing.data.update_tag()


def x11(*words):
    """Run a program of the X server's."""
    subprocess.run([str(word) for word in words], check=True)


def drag(window, points, pause=0.03):
    """Drag the mouse along window pixels, origin bottom left; yields seconds for Blender."""
    places = [(round(x), round(window.height - 1 - y)) for x, y in points]
    x11("xdotool", "mousemove", *places[0])
    yield 0.3
    x11("xdotool", "mousedown", 1)
    yield 0.1
    for place in places[1:]:
        x11("xdotool", "mousemove", *place)
        yield pause
    x11("xdotool", "mouseup", 1)
    yield 0.5


def press(here, name, meanwhile=None, **options):
    """Press one of our buttons that work behind the window, and wait for its end.

    `meanwhile` is called once it is at work.

    Returns the longest time that Blender's main loop was away meanwhile and that of the work,
    seconds. Yields seconds.
    """
    waiting = limner("addon.waiting")
    with bpy.context.temp_override(**here):
        started = getattr(bpy.ops.limner, name)("INVOKE_DEFAULT", True, **options)
    assert started == {"RUNNING_MODAL"}, started
    if meanwhile is not None:
        meanwhile()
    longest, last = 0.0, time.perf_counter()
    began = last
    while waiting.at_work() is not None:
        yield 0.02
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    took = last - began
    yield 0.1
    return longest, took


def refresh():
    """Let every region be drawn anew, as moving the mouse over them would."""
    for area in bpy.context.window_manager.windows[0].screen.areas:
        for region in area.regions:
            region.tag_redraw()


def picture(path):
    """Save what the screen shows; call it a moment after `refresh`."""
    x11("import", "-window", "root", path)


def count(path, rgb, tolerance=40):
    """Return how many pixels of a picture have about this colour."""
    image = bpy.data.images.load(path)
    image.colorspace_settings.name = "Non-Color"
    values = np.empty(4 * image.size[0] * image.size[1], dtype=np.float32)
    image.pixels.foreach_get(values)
    bpy.data.images.remove(image)
    away = np.abs(255.0 * values.reshape(-1, 4)[:, :3] - rgb)
    return int((away.max(axis=1) < tolerance).sum())


def open_tab():
    """Show the Limner tab; return window, area and view. Yields seconds: use `yield from`."""
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    area.spaces.active.show_region_ui = True
    yield 0.5
    sidebar = next(region for region in area.regions if region.type == "UI")
    sidebar.active_panel_category = "Limner"
    view = next(region for region in area.regions if region.type == "WINDOW")
    yield 0.3
    return window, area, view


def run(steps, prefix, most_seconds=900):
    """Take the steps of a generator in Blender's main loop, then leave with a status."""

    def tick():
        try:
            return next(steps)
        except StopIteration:
            status = 0
        except BaseException:
            traceback.print_exc()
            status = 1
            picture(f"{prefix}-failed.png")
        sys.stdout.flush()
        os._exit(status)  # quitting by operator can't set the status

    def give_up():
        print(f"no end after {most_seconds} s", flush=True)
        os._exit(1)

    bpy.context.preferences.view.show_splash = False
    bpy.app.timers.register(tick, first_interval=1.0, persistent=True)
    bpy.app.timers.register(give_up, first_interval=most_seconds, persistent=True)
