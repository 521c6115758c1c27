"""limner comes at once, and needs neither torch nor Blender to read drawings and fit heads."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import subprocess
import sys

HEAVY = (
    "numpy",
    "scipy",
    "skimage",
    "onnxruntime",
    "PIL",
    "rich",
    "trimesh",
    "torch",
    "cv2",
    "bpy",
)
NEVER = ("torch", "cv2", "bpy", "onnx", "matplotlib")


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def loaded_after(code: str, names: tuple[str, ...]) -> list[str]:
    """Return which of `names` are loaded after `code` ran in a Python of its own."""
    listing = (
        f"import sys\n{code}\nsys.stdout.write(' '.join(m for m in {names} if m in sys.modules))"
    )
    return python(listing).split()


def test_importing_limner_loads_nothing_else():
    assert loaded_after("import limner", HEAVY) == []


def test_the_command_line_and_its_help_load_nothing_heavy():
    code = "from limner.addon.cli import main\nimport io\n"
    code += "sys.stdout, kept = io.StringIO(), sys.stdout\n"
    for words in (["--help"], ["fit", "--help"], ["detect", "--help"], ["rig", "--help"]):
        assert loaded_after(f"{code}main({words})\nsys.stdout = kept", HEAVY) == []


def test_the_command_line_is_imported_in_half_a_second():
    """Seconds of this process alone, so that a busy machine does not count."""
    code = (
        "import sys, time\nfrom limner.addon import cli\nsys.stdout.write(str(time.process_time()))"
    )
    assert min(float(python(code)) for _ in range(3)) <= 0.5


def test_reading_and_fitting_need_neither_torch_nor_blender():
    """Those packages are made impossible to import; the whole chain loads all the same."""
    block = f"import sys\nfor name in {NEVER}: sys.modules[name] = None\n"
    chain = "import limner.addon.pipeline, limner.addon.outputs, limner.addon.batch\n"
    files = "import limner.addon.overlay, limner.addon.blend, limner.rig.gltf, limner.rig.obj\n"
    python(block + chain + files)
