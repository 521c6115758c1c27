"""Draw in a real window: Draw, a stroke by mouse, a whole face by script, Fit, undo and redo.

blender --window-geometry 0 0 1280 800 --python drawing.py -- PICTURE_PREFIX
"""

# SPDX-License-Identifier: GPL-3.0-or-later

import sys
from pathlib import Path

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import pen
from bpy_extras.view3d_utils import location_3d_to_region_2d
from mathutils import Vector

PREFIX = sys.argv[-1]
OVERLAY_RGB = ((0, 189, 168), (250, 140, 31))
"""The head's lines and the drawn ones, about as a screen shows them."""
SMILE = {"mouthSmileLeft": 0.9, "mouthSmileRight": 0.9, "cheekSquintLeft": 0.5,
         "cheekSquintRight": 0.5, "browInnerUpLeft": 0.6, "browInnerUpRight": 0.6,
         "browOuterUpLeft": 0.8, "browOuterUpRight": 0.8}  # fmt: skip


def state():
    """Return what undo must bring back, looked up anew: old references lie after an undo."""
    found = {"camera": getattr(bpy.context.scene.camera, "name", None)}
    for thing in bpy.data.objects:
        found[thing.name] = [tuple(row) for row in thing.matrix_basis]
        keys = getattr(thing.data, "shape_keys", None)
        for key in keys.key_blocks if keys else ():
            points = np.empty(3 * len(key.points), dtype=np.float32)
            key.points.foreach_get("co", points)
            found[thing.name, key.name] = (key.value, points.tobytes())
    limner = bpy.context.scene.limner
    found["aus"] = [(au.number, au.left, au.right, au.probability) for au in limner.aus]
    found["source"] = (limner.source, getattr(limner.pencil, "name", None))
    return found


def seen_strokes(drawing):
    """Return how many strokes limner reads."""
    pencil = pen.limner("addon.bridge.pencil")
    return len(pencil.read_strokes(drawing, pencil.sight_of(bpy.context, drawing)))


def hold_corners(window, area, view):
    """The page's corners, as the overlay has them, must be where Blender shows the camera's."""
    lines = pen.limner("addon.bridge.lines")
    with bpy.context.temp_override(window=window, area=area, region=view):
        corners = lines.page_corners(bpy.context, bpy.context.scene.camera)
        region = area.spaces.active.region_3d
        for corner, x, z in zip(corners, (-0.16, 0.16), (0.2, -0.2), strict=True):
            seen = location_3d_to_region_2d(view, region, Vector((x, -0.3, z)))
            assert np.abs(corner - np.array(seen)).max() < 0.5, (corner, seen)
        region.view_perspective = "ORTHO"
        assert lines.page_corners(bpy.context, bpy.context.scene.camera) is None
        region.view_perspective = "CAMERA"


def work():
    """Do the artist's steps; each yield hands that many seconds to Blender."""
    window, area, view = yield from pen.open_tab()
    here = {"window": window, "area": area, "region": view}
    for name in ("Cube", "Light", "Camera"):
        bpy.data.objects.remove(bpy.data.objects[name])
    with bpy.context.temp_override(**here):
        assert bpy.ops.limner.draw("INVOKE_DEFAULT", True) == {"FINISHED"}
    drawing = bpy.context.scene.limner.pencil
    assert drawing.mode == "PAINT_GREASE_PENCIL"
    assert area.spaces.active.region_3d.view_perspective == "CAMERA"
    assert bpy.context.scene.tool_settings.gpencil_paint.brush.name == "Limner Ink"
    yield 1.0

    # a stroke by mouse lies on the drawing's plane, under the mouse
    middle_x, middle_y = view.x + view.width / 2 - 100, view.y + view.height / 2
    path = [(middle_x - 60 + 30 * i, middle_y + 5 * (i - 2) ** 2) for i in range(5)]
    yield from pen.drag(window, path)
    page = drawing.data.layers[0].frames[0].drawing
    assert len(page.strokes) == 1, len(page.strokes)
    if bpy.app.version >= (5, 2, 0):  # there it is the stroke that hides its line
        page.strokes[0].hide_stroke = True
        assert seen_strokes(drawing) == 0
        page.strokes[0].hide_stroke = False
    assert seen_strokes(drawing) == 1
    ends = [page.strokes[0].points[row] for row in (0, -1)]
    for point, (x, y) in zip(ends, (path[0], path[-1]), strict=True):
        world = drawing.matrix_world @ point.position
        assert abs(world.y - drawing.location.y) < 1e-4, world
        seen = location_3d_to_region_2d(view, area.spaces.active.region_3d, world)
        assert abs(seen.x + view.x - x) < 6 and abs(seen.y + view.y - y) < 6, (seen, x, y)
        assert 0.0002 < point.radius < 0.003, point.radius

    pen.wipe(drawing)
    pen.draw(drawing, pen.face_lines(SMILE))
    pen.refresh()
    yield 1.0
    pen.picture(f"{PREFIX}-drawn.png")
    with bpy.context.temp_override(**here):
        bpy.ops.ed.undo_push(message="drawn")
    before = state()
    yield from pen.press(here, "fit")
    fitted = state()
    smile = [fitted["Limner Head", f"mouthSmile{side}"][0] for side in ("Left", "Right")]
    assert min(smile) > 0.3, smile
    size = bpy.data.objects["Limner Head"].matrix_world.to_scale()
    assert all(0.9 < value < 1.1 for value in size), size  # it was drawn life-size
    assert drawing.mode == "PAINT_GREASE_PENCIL"
    for _ in range(3):  # the panels fold out in steps
        pen.refresh()
        yield 0.7
    shot = f"{PREFIX}-drawn-fitted.png"
    pen.picture(shot)
    hold_corners(window, area, view)
    bpy.context.scene.limner.show_lines = False
    pen.refresh()
    yield 1.0
    pen.picture(f"{PREFIX}-without-lines.png")
    for rgb in OVERLAY_RGB:
        shown, hidden = pen.count(shot, rgb), pen.count(f"{PREFIX}-without-lines.png", rgb)
        assert shown > hidden + 300, (rgb, shown, hidden)
    bpy.context.scene.limner.show_lines = True
    with bpy.context.temp_override(**here):
        bpy.ops.ed.undo()
    yield 0.5
    assert state() == before, "undo must bring back what was"
    with bpy.context.temp_override(**here):
        bpy.ops.ed.redo()
    yield 0.5
    assert state() == fitted, "redo must bring the same head again"

    # what is set by hand counts more than what is drawn
    rows = {row.number: row for row in bpy.context.scene.limner.aus}
    rows[4].left = rows[4].right = 0.8
    rows[12].left = 0.0
    assert [number for number, row in rows.items() if row.is_pinned] == [4, 12]
    yield from pen.press(here, "fit")
    keys = bpy.data.objects["Limner Head"].data.shape_keys.key_blocks
    assert keys["mouthSmileLeft"].value < 0.05 < 0.3 < keys["mouthSmileRight"].value
    assert min(keys["browDownLeft"].value, keys["browDownRight"].value) > 0.5
    for _ in range(2):
        pen.refresh()
        yield 0.7
    pen.picture(f"{PREFIX}-pinned.png")


pen.run(work(), PREFIX)
