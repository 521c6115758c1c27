"""The errors that limner raises, and the shape check that every room uses.

LimnerError                    anything a user can mend; `str(error)` is one clear line
├── ShapeError (ValueError)    an array has the wrong shape
├── SketchError                a drawing cannot be read, or holds no face
├── RigError                   a rig file or its source cannot be used
├── ModelError                 the network's weights are missing, foreign or broken
├── FitError                   the fit could not be made
├── DatasetError               a data set cannot be made or read
└── OutputError                a result cannot be written (folder, permission, disk)
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the command line raises errors long before it needs numpy
    from numpy.typing import NDArray

__all__ = [
    "DatasetError",
    "FitError",
    "LimnerError",
    "ModelError",
    "OutputError",
    "RigError",
    "ShapeError",
    "SketchError",
    "require_shape",
]


class LimnerError(Exception):
    """Base of everything limner raises for its users: what came, what was expected, what to do."""


class ShapeError(LimnerError, ValueError):
    """An array does not have the shape that its docstring states."""


class SketchError(LimnerError):
    """A drawing cannot be read or does not show a face."""


class RigError(LimnerError):
    """A rig file, or the data that a rig is built from, cannot be used."""


class ModelError(LimnerError):
    """The network's weights are missing, foreign or damaged."""


class FitError(LimnerError):
    """The head could not be fitted to the drawing."""


class DatasetError(LimnerError):
    """A data set cannot be generated, continued or read."""


class OutputError(LimnerError):
    """A result could not be written."""


def require_shape(name: str, array: NDArray[Any], expected: Sequence[int | str], hint: str) -> None:
    """Raise `ShapeError` unless `array` fits `expected`, where a letter stands for any length."""
    shape = array.shape
    fits = len(shape) == len(expected)
    if fits:
        for got, want in zip(shape, expected, strict=False):  # a plain loop: asked very often
            if want != got and not isinstance(want, str):
                fits = False
    if not fits:
        wanted = ", ".join(map(str, expected))
        raise ShapeError(f"{name}: got shape {shape}, expected ({wanted}). {hint}")
