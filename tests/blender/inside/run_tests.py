"""Run the tests of the bpy module in a real Blender, on the files of the installed extension.

blender -b --python-exit-code 3 --python run_tests.py -- REPOSITORY [PYTEST_OPTION...]
"""

# SPDX-License-Identifier: GPL-3.0-or-later

import os
import sys
from pathlib import Path

import addon_utils
import bpy
import pytest

repository, *options = sys.argv[sys.argv.index("--") + 1 :]
installed = next(name for name in bpy.context.preferences.addons.keys() if name.endswith(".limner"))  # noqa: SIM118
folder = Path(sys.modules[installed].__file__).parent
wheels = [entry for entry in sys.path if ".local" in entry]
addon_utils.disable(installed)  # the tests add and remove it themselves
sys.path[:0] = [str(folder.parent), *wheels]

os.chdir(repository)
status = pytest.main(
    ["-q", "-m", "blender", "-p", "no:cacheprovider", "-o", "filterwarnings=default",
     "--rootdir", ".", *options]
)  # fmt: skip
sys.stdout.flush()
os._exit(int(status))
