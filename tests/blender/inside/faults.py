"""Press buttons of the installed extension where things are missing: a report each, nothing lost.

blender -b --python-exit-code 3 --python faults.py -- DRAWING READ_ONLY_FOLDER [MISSING_LIBRARY]
"""

# SPDX-License-Identifier: GPL-3.0-or-later

import re
import sys

import bpy

DRAWING, READ_ONLY, *MISSING = sys.argv[sys.argv.index("--") + 1 :]


def state():
    """Return what must be as it was after a report."""
    limner = bpy.context.scene.limner
    return (
        sorted(bpy.data.objects.keys()),
        sorted(bpy.data.meshes.keys()),
        [(row.number, row.left, row.right) for row in limner.aus],
        [key.value for block in bpy.data.shape_keys for key in block.key_blocks],
    )


def reports(button, match, **options):
    """Press a button that must end in one line that says what is wrong."""
    before = state()
    try:
        getattr(bpy.ops.limner, button)(**options)
    except RuntimeError as error:
        said = str(error).strip()
        assert re.search(match, said) and len(said.splitlines()) == 1, said
        assert state() == before, f"{button} has changed something"
        return
    raise AssertionError(f"{button} did not say anything of {match}")


limner = bpy.context.scene.limner
limner.sketch_path = DRAWING
if MISSING:
    for name in ("detect", "fit", "correct"):
        reports(name, f"library {MISSING[0]} cannot be loaded")
else:
    chosen = bpy.context.preferences.addons["bl_ext.user_default.limner"].preferences
    chosen.model_folder = READ_ONLY
    reports("fit", "weights cannot be read")
    chosen.model_folder = ""
    assert bpy.ops.limner.fit() == {"FINISHED"}
    reports("export_glb", "read-only", filepath=f"{READ_ONLY}/head.glb")
    reports("animate_folder", "no pictures in it", directory=READ_ONLY)
    reports("library_from_folder", "no such folder", directory=f"{READ_ONLY}/none")
    assert bpy.ops.limner.detect() == {"FINISHED"}
print("every fault was a report")
