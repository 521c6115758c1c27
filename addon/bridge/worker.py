"""Write a .blend in a Blender of its own: `blender -b --python worker.py -- SCENE.npz OUT.blend`.

Runs as a script, under Blender's Python or one that has the `bpy` wheel, where limner itself need
not be installed: it loads the package that it lies in, under a name of its own.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

PACKAGE = "limner_blend_worker"


def load_package(root: Path) -> None:
    """Import the package that lies at `root` as `PACKAGE`."""
    spec = importlib.util.spec_from_file_location(
        PACKAGE, root / "__init__.py", submodule_search_locations=[str(root)]
    )
    package = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = package
    spec.loader.exec_module(package)


def run(source: Path, target: Path) -> None:
    """Read the scene and write the .blend."""
    load_package(Path(__file__).resolve().parents[2])
    head_scene = importlib.import_module(f"{PACKAGE}.addon.head_scene")
    blend_file = importlib.import_module(f"{PACKAGE}.addon.bridge.blend_file")
    blend_file.write_file(head_scene.load_head_scene(source), target)


if __name__ == "__main__":
    run(*(Path(word).resolve() for word in sys.argv[sys.argv.index("--") + 1 :]))
