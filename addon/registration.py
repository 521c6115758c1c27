"""All that limner adds to Blender: classes, scene properties, the `limner` command."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import sys

import bpy

from . import (
    computing,
    correct,
    folder_buttons,
    guard,
    keep,
    operators,
    own_mesh,
    panels,
    preferences,
    properties,
    strengths,
    translation,
    waiting,
    wear,
)
from .bridge import lines, watching
from .faults import missing_library

__all__ = ["register", "unregister"]

CLASSES = (
    *guard.CLASSES,
    *preferences.CLASSES,
    *own_mesh.CLASSES,
    *properties.CLASSES,
    *strengths.CLASSES,
    *operators.CLASSES,
    *correct.CLASSES,
    *wear.CLASSES,
    *keep.CLASSES,
    *folder_buttons.CLASSES,
    *panels.CLASSES,
)

_commands: list[object] = []
"""Handles of the registered commands; Blender wants them back."""


def register() -> None:
    """Add everything; nothing heavy is imported before somebody needs it."""
    translation.register()
    guard.start_log()
    for added in CLASSES:
        bpy.utils.register_class(added)
    bpy.types.Scene.limner = bpy.props.PointerProperty(type=properties.LimnerScene)
    bpy.types.Object.limner_mesh = bpy.props.PointerProperty(type=own_mesh.LimnerMesh)
    bpy.types.Object.limner_strengths = bpy.props.PointerProperty(type=strengths.LimnerStrengths)
    lines.register()
    _commands.append(bpy.utils.register_cli_command("limner", run_command))


def unregister() -> None:
    """Take everything away again, in reverse."""
    watching.stop()
    lines.unregister()
    while _commands:
        bpy.utils.unregister_cli_command(_commands.pop())
    del bpy.types.Scene.limner
    del bpy.types.Object.limner_mesh
    del bpy.types.Object.limner_strengths
    for added in reversed(CLASSES):
        bpy.utils.unregister_class(added)
    translation.unregister()
    guard.stop_log()
    computing.session.cache_clear()
    waiting.forget()


def run_command(argv: list[str]) -> int:
    """Run `blender --command limner ARGV`; return its exit status."""
    try:
        from .cli import main
    except ImportError as error:
        sys.stderr.write(f"limner: {missing_library(error)}\n")
        return 1
    return main(argv)
