"""Detectors by name: whoever makes another one registers it here, and the tests hold it to all."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..errors import ModelError
from .frame_reader import FrameReader
from .interface import FootageDetector
from .sequence_reader import SequenceReader

__all__ = ["DETECTORS", "make_detector", "register"]

Factory = Callable[[Path | None], FootageDetector]

DETECTORS: dict[str, Factory] = {}
"""Name → what makes the detector of a folder with weights (None: those that limner ships)."""


def register(name: str, factory: Factory) -> None:
    """Make a detector known under a name.

    Raises
    ------
    ModelError
        If the name is taken.
    """
    if name in DETECTORS:
        raise ModelError(f"detector {name}: there is one of this name; choose another")
    DETECTORS[name] = factory


def make_detector(name: str, folder: Path | None = None) -> FootageDetector:
    """Return the detector of a name.

    Raises
    ------
    ModelError
        If there is none.
    """
    if name not in DETECTORS:
        raise ModelError(f"detector {name}: not known; there are {', '.join(sorted(DETECTORS))}")
    return DETECTORS[name](folder)


register("frames", FrameReader)
register("sequence", SequenceReader)
