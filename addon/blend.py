"""A fit as a .blend: by the `bpy` module, by the Blender around us, or by one on the PATH."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from ..errors import OutputError
from .fit import Fit
from .head_scene import HeadScene, head_scene, save_head_scene

__all__ = [
    "BLENDER_VARIABLE", "blender_command", "can_write_blend", "write_blend", "write_scene",
]  # fmt: skip

BLENDER_VARIABLE = "LIMNER_BLENDER"
"""Environment variable with the path of the Blender to write .blend files with."""

WORKER = Path(__file__).parent / "bridge" / "worker.py"
TIMEOUT_S = 120.0
HOW_TO_GET_BLENDER = (
    "No Blender found to write it: pip install bpy (Python 3.11 or 3.13), put blender on the PATH, "
    f"set {BLENDER_VARIABLE}, or leave blend out of --formats."
)


def can_write_blend() -> bool:
    """Tell whether a Blender is at hand, without starting it."""
    return _has_bpy() or _outer_blender() is not None


def write_blend(fit: Fit, path: Path, record: dict[str, Any], is_animated: bool = False) -> None:
    """Write `fit` as a .blend that opens on the head, seen as it was drawn.

    Parameters
    ----------
    path : the file, replaced if it exists
    record : the content of `fit.json`; it is kept in the file
    is_animated : give the weights keyframes, from rest to the fit

    Raises
    ------
    OutputError
        There is no Blender, or it could not write the file.
    """
    write_scene(head_scene(fit, record, is_animated=is_animated), Path(path))


def write_scene(scene: HeadScene, path: Path) -> None:
    """Write a gathered scene as a .blend; see `write_blend`."""
    path = path.resolve()
    if _has_bpy():
        from .bridge import blend_file

        if blend_file.is_scratch():
            blend_file.write_file(scene, path)
        else:  # somebody works in this Blender: leave it alone
            _write_outside(scene, path, _own_command())
        return
    blender = _outer_blender()
    if blender is None:
        raise OutputError(f"{path.name}: {HOW_TO_GET_BLENDER}")
    _write_outside(scene, path, _blender_command(blender))


def _has_bpy() -> bool:
    """Tell whether this process is, or can become, a Blender."""
    return "bpy" in sys.modules or importlib.util.find_spec("bpy") is not None


def _outer_blender() -> str | None:
    """Return the Blender that the user named, or else the one on the PATH."""
    named = os.environ.get(BLENDER_VARIABLE)
    if not named:
        return shutil.which("blender")
    found = shutil.which(named)
    if found is None:
        raise OutputError(
            f"{BLENDER_VARIABLE} is {named}, which is no program. Correct or unset it."
        )
    return found


def blender_command(script: Path) -> list[str] | None:
    """Return the command that runs a script in a Blender of its own; None if there is none."""
    if "bpy" in sys.modules:
        return _own_command(script)
    if _has_bpy():
        return [sys.executable, str(script)]
    blender = _outer_blender()
    return None if blender is None else _blender_command(blender, script)


def _own_command(script: Path = WORKER) -> list[str]:
    """Return the command that starts a second Blender of the kind we run in."""
    import bpy

    if not bpy.app.binary_path:  # Blender as a module
        return [sys.executable, str(script)]
    return _blender_command(bpy.app.binary_path, script)


def _blender_command(blender: str, script: Path = WORKER) -> list[str]:
    """Return the command that runs a script in `blender`; the status option must come first."""
    options = ["--background", "--factory-startup", "--python-exit-code", "3"]
    return [blender, *options, "--python", str(script)]


def _write_outside(scene: HeadScene, path: Path, command: list[str]) -> None:
    """Let another Blender write the file, and tell why if it doesn't."""
    with tempfile.TemporaryDirectory(prefix="limner-") as folder:
        source = Path(folder) / "scene.npz"
        save_head_scene(scene, source)
        command = [*command, "--", str(source), str(path)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, errors="replace", timeout=TIMEOUT_S
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise OutputError(f"{path.name}: {command[0]} did not write it ({error}).") from error
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()[-1]
        raise OutputError(f"{path.name}: {command[0]} did not write it ({said}).")
