"""Hold the files of a fit, made by the installed extension, against its fit.json.

blender -b --factory-startup --python-exit-code 3 --python check_files.py -- FOLDER
"""

# SPDX-License-Identifier: GPL-3.0-or-later

import json
import sys
from pathlib import Path

import bpy

folder = Path(sys.argv[-1])
record = json.loads((folder / "fit.json").read_text(encoding="utf-8"))
wanted = record["blendshapes"]
assert len(wanted) == 52


def hold_weights(keys, where):
    """Compare names, order and values with fit.json."""
    found = {key.name: key.value for key in keys if key != keys[0]}
    assert list(found) == [*wanted, "Sketch Fit"], (where, list(found))
    for name, value in wanted.items():
        assert abs(found[name] - value) < 1e-3, (where, name, found[name], value)
    assert found["Sketch Fit"] == 1.0


bpy.ops.wm.open_mainfile(filepath=str(next(folder.glob("*.blend"))))
head = bpy.data.objects["Limner Head"]
hold_weights(head.data.shape_keys.key_blocks, "blend")
assert json.loads(head["limner"])["blendshapes"] == wanted
assert len(head.data.materials) == 5
camera = bpy.context.scene.camera
assert [p.image.packed_file is not None for p in camera.data.background_images] == [True, True]

bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.ops.import_scene.gltf(filepath=str(next(folder.glob("*.glb"))))
heads = [thing for thing in bpy.data.objects if getattr(thing.data, "shape_keys", None)]
assert heads, "the .glb brought no shape keys"
for thing in heads:
    hold_weights(thing.data.shape_keys.key_blocks, "glb")
print("files hold what fit.json says")
