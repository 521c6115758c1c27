"""No button of ours ends in a traceback: what goes wrong becomes a report, and a line in a log."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import bpy

from .faults import close_log, explain, log_path, open_log
from .preferences import EXTENSION
from .translation import tip

__all__ = ["CLASSES", "guarded", "start_log", "stop_log"]


def guarded(method: Callable[..., set[str]]) -> Callable[..., set[str]]:
    """Let an operator's method end in a report instead of a traceback."""

    @functools.wraps(method)
    def safe(self: Any, context: bpy.types.Context) -> set[str]:  # Blender counts arguments
        try:
            return method(self, context)
        except Exception as error:
            self.report({"ERROR"}, explain(error))
            return {"CANCELLED"}

    return safe


def start_log() -> None:
    """Keep a log file in the extension's own folder; without one limner works as well."""
    try:
        folder = bpy.utils.extension_path_user(EXTENSION, path="", create=True)
        open_log(Path(folder))
        logging.getLogger(EXTENSION).setLevel(logging.INFO)
    except (OSError, ValueError):  # a read-only disk; run by a script, without being installed
        close_log()


def stop_log() -> None:
    """Let go of the log file."""
    close_log()


class LIMNER_OT_show_log(bpy.types.Operator):
    """Open the folder of limner's log file, to send it to whoever maintains limner"""

    bl_idname = "limner.show_log"
    bl_label = "Show Log File"
    bl_options: ClassVar[set[str]] = {"REGISTER"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Say so where nothing went wrong."""
        cls.poll_message_set(tip("Nothing went wrong so far: there is no log file"))
        return bool(log_path()) and Path(log_path()).is_file()

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Open it in the system's file browser."""
        bpy.ops.wm.path_open(filepath=str(Path(log_path()).parent))
        return {"FINISHED"}


CLASSES = (LIMNER_OT_show_log,)
