"""Make an animation of numbered drawings: the number in a file's name is the frame.

    blender -b --python animate_drawings.py -- DRAWINGS OUT.blend

The first drawing makes the head, the expressions of all are keyed on it. Drawings that cannot be
read leave no key pose; limner names them.
"""

import sys
from pathlib import Path

import bpy

drawings, out = sys.argv[sys.argv.index("--") + 1 :]
folder = Path(drawings).resolve()

limner = bpy.context.scene.limner
limner.sketch_path = str(min(folder.glob("*.png")))
bpy.ops.limner.fit()
head = bpy.context.object

# between two drawings the head is somewhere in between: Blender's own interpolation
bpy.ops.limner.animate_folder(directory=str(folder), timing="NUMBER")

scene = bpy.context.scene
scene.frame_start = 1
print(f"{head.name}: keyed up to frame {scene.frame_end}")
bpy.ops.wm.save_as_mainfile(filepath=str(Path(out).resolve()), compress=True)
