"""Loops over pixels and points, compiled by numba where it is installed.

Without numba (in Blender, say) Python itself runs the same functions, a hundred times as long and
to the same bytes: they add, multiply, divide and take square roots of float64 (in `fields.py` of
float32) in a fixed order (x * x, not x**2), and leave what is not exact to the last bit (sines,
powers) to numpy.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

__all__ = ["COMPILES", "compiled"]

_Loop = TypeVar("_Loop", bound=Callable[..., Any])

try:
    from numba import njit

    COMPILES = True
except ImportError:
    COMPILES = False


def compiled(loop: _Loop) -> _Loop:
    """Compile a loop at its first call; what was compiled is kept on the disk for later runs."""
    if not COMPILES:
        return loop
    # no fastmath: it would allow other roundings than Python's
    quick: Any = njit(cache=True, nogil=True, error_model="numpy")(loop)
    return cast(_Loop, quick)
