"""Record a head that follows a drawing: a face drawn line by line with Live on, a frame each.

blender --window-geometry 0 0 900 640 --python film.py -- PICTURE_PREFIX

Leaves PREFIX-film-000.png and so on; docs/images/live.webp is made of them.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parent))
import pen

PREFIX = sys.argv[-1]
SMILE = {"mouthSmileLeft": 0.9, "mouthSmileRight": 0.9, "cheekSquintLeft": 0.5,
         "cheekSquintRight": 0.5, "browInnerUpLeft": 0.4, "browInnerUpRight": 0.4}  # fmt: skip
AT_ONCE = 4
MOST_LOOKS = 3000


def work():
    """Draw and take pictures; each yield hands that many seconds to Blender."""
    window, area, view = yield from pen.open_tab()
    area.spaces.active.show_region_ui = False
    here = {"window": window, "area": area, "region": view}
    for name in ("Cube", "Light", "Camera"):
        bpy.data.objects.remove(bpy.data.objects[name])
    with bpy.context.temp_override(**here):
        bpy.ops.limner.draw("INVOKE_DEFAULT", True)
        bpy.ops.limner.live("INVOKE_DEFAULT")
    drawing = bpy.context.scene.limner.pencil
    watching, strokes = pen.limner("addon.bridge.watching"), pen.face_lines(SMILE)
    bpy.context.scene.limner.show_lines = False
    for taken, first in enumerate(range(0, len(strokes), AT_ONCE)):
        pen.draw(drawing, strokes[first : first + AT_ONCE])
        yield 0.3
        for _ in range(MOST_LOOKS):
            if watching.status().startswith(("Up to date", "no ")):
                break
            yield 0.05
        pen.refresh()
        yield 0.4
        pen.picture(f"{PREFIX}-film-{taken:03d}.png")
    assert "Limner Head" in bpy.data.objects


pen.run(work(), PREFIX, most_seconds=900)
