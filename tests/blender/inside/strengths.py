"""Turn Sketch Fit down region by region in a real window, and up again.

blender --window-geometry 0 0 1280 800 --python strengths.py -- DRAWING PICTURE_PREFIX
"""

# SPDX-License-Identifier: GPL-3.0-or-later

import sys
from pathlib import Path

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import pen

DRAWING, PREFIX = sys.argv[-2:]


def worn():
    """Return the coordinates of Sketch Fit."""
    key = bpy.data.objects["Limner Head"].data.shape_keys.key_blocks["Sketch Fit"]
    points = np.empty(3 * len(key.points), dtype=np.float32)
    key.points.foreach_get("co", points)
    return points


def work():
    """Do the artist's steps; each yield hands that many seconds to Blender."""
    window, area, view = yield from pen.open_tab()
    here = {"window": window, "area": area, "region": view}
    limner = bpy.context.scene.limner
    limner.sketch_path = DRAWING
    yield from pen.press(here, "fit")
    whole = worn()
    head = bpy.data.objects["Limner Head"]
    limner.show_heat, limner.show_lines = True, False
    head.limner_strengths.mouth, head.limner_strengths.brows = 0.0, 0.3
    turned_down = worn()
    assert np.abs(turned_down - whole).max() > 1e-3
    pen.refresh()
    yield 1.5
    pen.picture(f"{PREFIX}-strengths.png")
    head.limner_strengths.mouth = head.limner_strengths.brows = 1.0
    assert worn().tobytes() == whole.tobytes(), "at 1 it is the same to the last bit"


pen.run(work(), PREFIX, most_seconds=900)
