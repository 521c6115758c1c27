"""What goes wrong, as one line for the artist and as a log file for us."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import logging
import logging.handlers
import platform
import sys
from pathlib import Path

from ..errors import LimnerError

__all__ = ["LOG_NAME", "close_log", "explain", "log_path", "missing_library", "open_log"]

LOG_NAME = "limner.log"
MOST_BYTES = 500_000
"""Of the log file; one older file is kept beside it."""

_log = logging.getLogger(__package__.rpartition(".")[0])
"""The whole package's."""

_handlers: list[logging.handlers.RotatingFileHandler] = []


def explain(error: Exception) -> str:
    """Return one line on what went wrong and what to do; log what is no user's business.

    Call it where the exception is handled.
    """
    said = " ".join(str(error).split())
    if isinstance(error, LimnerError):
        return said
    _log.error("unexpected fault", exc_info=error)
    where = f"; send us {log_path()}" if log_path() else ""
    if isinstance(error, ImportError):
        return missing_library(error) + where
    if isinstance(error, MemoryError):
        return "memory is used up; close something and try again"
    if isinstance(error, OSError) and error.strerror:
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{error.strerror}; check disk and permissions{where}"
    return f"unexpected {type(error).__name__}: {said}{where}"


def missing_library(error: ImportError) -> str:
    """Return one line on a library that is not there, or not for this system."""
    library = (error.name or str(error)).partition(".")[0]
    python = ".".join(map(str, sys.version_info[:2]))
    return (
        f"limner's library {library} cannot be loaded; install limner again, in Blender its zip "
        f"for this system and Python {python}"
    )


def open_log(folder: Path) -> None:
    """Keep a log in a folder from now on; the file appears with the first fault."""
    close_log()
    handler = logging.handlers.RotatingFileHandler(
        folder / LOG_NAME, maxBytes=MOST_BYTES, backupCount=1, encoding="utf-8", delay=True
    )
    handler.setFormatter(logging.Formatter(f"%(asctime)s {_machine()} %(name)s: %(message)s"))
    _handlers.append(handler)
    _log.addHandler(handler)
    _log.propagate = False  # a traceback in the console helps no artist


def close_log() -> None:
    """Let go of the log file."""
    while _handlers:
        handler = _handlers.pop()
        _log.removeHandler(handler)
        handler.close()
    _log.propagate = True


def log_path() -> str:
    """Return the log file's path, or nothing where none is kept."""
    return _handlers[0].baseFilename if _handlers else ""


def _machine() -> str:
    """Return what a fault may depend on."""
    from .. import __version__

    return f"limner {__version__} Python {platform.python_version()} {platform.platform()}"
