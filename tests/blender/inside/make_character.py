"""Check a film of key poses, then make its head a character of somebody's own and save that.

blender -b FILM.blend --python make_character.py
"""

# SPDX-License-Identifier: GPL-3.0-or-later

import os

import bpy

scene, head = bpy.context.scene, bpy.data.objects["Limner Head"]
keys = head.data.shape_keys.key_blocks
smiles = []
for frame in (10, 24):
    scene.frame_set(frame)
    smiles.append(keys["mouthSmileLeft"].value)
assert min(smiles) > 0.2 and smiles[0] != smiles[1], smiles
assert scene.frame_end >= 24

for name in ("limner", "limner_lines"):
    del head[name]
head.data.shape_keys.animation_data_clear()
head.shape_key_remove(keys["Sketch Fit"])
for key in keys[1:]:  # names as face-capture programs have them
    key.name = key.name.replace("Left", "_L").replace("Right", "_R")
    key.value = 0.0
head.name = "Character"
bpy.ops.wm.save_as_mainfile(filepath=os.path.abspath("character.blend"))
