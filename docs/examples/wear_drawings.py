"""Put the expression of every drawing in a folder on a character of your own, one .glb each.

    blender -b CHARACTER.blend --python wear_drawings.py -- MESH DRAWINGS OUT

MESH is the name of the mesh with shape keys; OUT gets NAME.glb for every drawing, and `failed.txt`
with a line for each that could not be read.
"""

import sys
from pathlib import Path

import bpy

mesh, drawings, out = sys.argv[sys.argv.index("--") + 1 :]
folder, out = Path(drawings).resolve(), Path(out).resolve()
out.mkdir(parents=True, exist_ok=True)

limner = bpy.context.scene.limner
limner.target = "OWN"
limner.own = bpy.data.objects[mesh]  # its names are read now, unless its file keeps rows
print(f"{mesh}: names as {limner.own.limner_mesh.convention or 'set by hand'}")

failed = []
for path in sorted(folder.glob("*.png")):
    limner.sketch_path = str(path)
    try:
        bpy.ops.limner.fit()
        bpy.ops.limner.export_glb(filepath=str(out / f"{path.stem}.glb"))
    except RuntimeError as error:  # an operator's error report; the next drawing goes on
        failed.append(f"{path.name}: {' '.join(str(error).removeprefix('Error: ').split())}")

(out / "failed.txt").write_text("".join(f"{line}\n" for line in failed), encoding="utf-8")
print(f"{len(failed)} drawings failed")
sys.exit(1 if failed else 0)
