"""Save all that limner keeps in a .blend, or hold a .blend that another Blender saved against it.

blender -b FILM.blend --python-exit-code 3 --python cross.py -- write OUT.blend
blender -b --python-exit-code 3 --python cross.py -- read OUT.blend
"""

# SPDX-License-Identifier: GPL-3.0-or-later

import json
import sys
from pathlib import Path

import bpy

WORD, PATH = sys.argv[-2], Path(sys.argv[-1]).resolve()
FRAMES = (10, 17, 24)


def state():
    """Return all of limner's in the file, as plain values."""
    scene, limner = bpy.context.scene, bpy.context.scene.limner
    found = {
        "target": limner.target,
        "path": limner.sketch_path,
        "aus": [[au.number, round(au.left, 5), round(au.right, 5), au.is_pinned]
                for au in limner.aus],
        "own": limner.own.name if limner.own else None,
        "kept": sorted([a.name, a["limner_expression"], a.asset_data is not None]
                       for a in bpy.data.actions if "limner_expression" in a),
        "camera": scene.camera.name,
        "images": sorted([image.name, image.packed_file is not None, *image.size]
                         for image in bpy.data.images if image.users),
    }  # fmt: skip
    for frame in FRAMES:
        scene.frame_set(frame)
        for thing in bpy.data.objects:
            keys = getattr(thing.data, "shape_keys", None)
            if keys is not None:
                found[f"{thing.name} at {frame}"] = {
                    key.name: round(key.value, 5) for key in keys.key_blocks[1:]
                }
    for thing in bpy.data.objects:
        if thing.type == "MESH":
            found[f"{thing.name} keeps"] = [
                thing.limner_mesh.convention,
                [[row.source, row.target, row.factor] for row in thing.limner_mesh.links],
                json.loads(thing.get("limner", "{}")).get("blendshapes"),
                len(thing.get("limner_lines", "")),
                len(thing.data.vertices),
            ]
    return found


def write():
    """Add to the film what else limner keeps, and save it."""
    limner, head = bpy.context.scene.limner, bpy.data.objects["Limner Head"]
    bpy.context.view_layer.objects.active = head
    bpy.ops.limner.preset(preset="SURPRISE")
    bpy.ops.limner.keep_asset(asset_name="Surprise")
    mine = bpy.data.objects.new("Mine", bpy.data.meshes.new("Mine"))
    mine.data.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [], [(0, 1, 2)])
    bpy.context.scene.collection.objects.link(mine)
    for name in ("Basis", "Mouth_Smile_L", "Mouth_Smile_R", "Eye_Blink_L", "Jaw_Open"):
        mine.shape_key_add(name=name, from_mix=False).value = 0.0
    limner.own, limner.target = mine, "OWN"
    assert len(mine.limner_mesh.links) == 4
    bpy.ops.wm.save_as_mainfile(filepath=str(PATH), compress=True)
    PATH.with_suffix(".json").write_text(json.dumps(state()), encoding="utf-8")


def read():
    """Compare, and go on working."""
    bpy.ops.wm.open_mainfile(filepath=str(PATH))
    wanted = json.loads(PATH.with_suffix(".json").read_text(encoding="utf-8"))
    found = json.loads(json.dumps(state()))
    for key in wanted.keys() | found.keys():
        assert found.get(key) == wanted.get(key), (key, found.get(key), wanted.get(key))
    assert bpy.ops.limner.wear_asset(action="Surprise") == {"FINISHED"}
    bpy.context.scene.limner.target = "HEAD"
    bpy.context.view_layer.objects.active = bpy.data.objects["Limner Head"]
    assert bpy.ops.limner.keep_shape_key(key_name="Later") == {"FINISHED"}
    print(f"{PATH.name}: {len(wanted)} things are as they were in Blender {bpy.app.version_string}")


write() if WORD == "write" else read()
