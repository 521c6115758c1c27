"""Keep in a real window: a folder of drawings into an animation, Esc in the middle, a .glb, assets.

blender --window-geometry 0 0 1280 1000 --python keep.py -- FOLDER PICTURE_PREFIX
"""

# SPDX-License-Identifier: GPL-3.0-or-later

import sys
import time
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parent))
import pen

FOLDER, PREFIX = Path(sys.argv[-2]), sys.argv[-1]


def keyed(head):
    """Return whether the head's shape keys have keyframes."""
    animation = head.data.shape_keys.animation_data
    return animation is not None and animation.action is not None


def work():
    """Do the artist's steps; each yield hands that many seconds to Blender."""
    window, area, view = yield from pen.open_tab()
    here = {"window": window, "area": area, "region": view}
    for name in ("Cube", "Light", "Camera"):
        bpy.data.objects.remove(bpy.data.objects[name])
    drawings = sorted(FOLDER.iterdir())
    limner = bpy.context.scene.limner
    limner.sketch_path = str(drawings[0])
    yield from pen.press(here, "fit")
    pen.refresh()
    yield 1.0

    # Esc ends reading; nothing has changed
    with bpy.context.temp_override(**here):
        started = bpy.ops.limner.animate_folder("INVOKE_DEFAULT", True, directory=str(FOLDER))
    assert started == {"RUNNING_MODAL"}, started
    yield 0.5
    pen.x11("xdotool", "mousemove", view.x + 200, window.height - view.y - 300)
    pen.x11("xdotool", "key", "Escape")
    for _ in range(40):
        if not [op for op in window.modal_operators if op.bl_idname == "LIMNER_OT_animate_folder"]:
            break
        yield 0.25
    else:
        raise AssertionError("Esc must end it")
    assert not keyed(bpy.data.objects["Limner Head"])

    # left alone it reads all, while Blender goes on
    with bpy.context.temp_override(**here):
        bpy.ops.limner.animate_folder("INVOKE_DEFAULT", True, directory=str(FOLDER), step=10)
    waits, last = [], time.perf_counter()
    while not keyed(bpy.data.objects["Limner Head"]):
        yield 0.02
        now = time.perf_counter()
        waits.append(now - last)
        last = now
    # the last wait is the writing of all key poses, in one step
    print(
        f"waits while {len(drawings)} drawings were read, ms: longest {1000 * max(waits[:-1]):.0f}"
        f", median {1000 * sorted(waits)[len(waits) // 2]:.0f}; writing {1000 * waits[-1]:.0f}"
    )
    assert len(waits) > 20, "Blender must go on while drawings are read"
    yield 1.0
    scene, smiles = bpy.context.scene, []
    for place in range(len(drawings)):
        scene.frame_set(1 + 10 * place)
        keys = bpy.data.objects["Limner Head"].data.shape_keys.key_blocks
        smiles.append(keys["mouthSmileLeft"].value)
    print("mouthSmileLeft in the key poses:", [round(value, 2) for value in smiles])
    assert max(smiles) > 0.3, smiles

    with bpy.context.temp_override(**here):
        done = bpy.ops.limner.library_from_folder("EXEC_DEFAULT", True, directory=str(FOLDER))
        assert done == {"FINISHED"}
        assert len([a for a in bpy.data.actions if a.asset_data is not None]) == len(drawings)
        assert bpy.ops.limner.export_glb("EXEC_DEFAULT", filepath=f"{PREFIX}-kept.glb") == {
            "FINISHED"
        }
        assert bpy.ops.limner.keep_shape_key("EXEC_DEFAULT", True, key_name="Kept") == {"FINISHED"}
        bpy.ops.ed.undo()
    yield 0.5
    assert "Kept" not in bpy.data.objects["Limner Head"].data.shape_keys.key_blocks
    bpy.context.scene.limner.show_lines = False  # looked up anew after the undo
    bpy.context.scene.frame_set(1)
    for _ in range(3):
        pen.refresh()
        yield 0.7
    pen.picture(f"{PREFIX}-keep.png")


pen.run(work(), PREFIX, 500)
