"""How far a correction moves the skin, as colours."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["HOTTEST_MM", "heat_colours"]

HOTTEST_MM = 5.0
"""Displacement that is red; the same for all heads, so that they can be compared."""

RAMP_RGB = np.array(
    [(0.45, 0.47, 0.50), (0.20, 0.45, 0.70), (0.95, 0.80, 0.20), (0.85, 0.10, 0.08)]
)
"""Linear colours from nothing moved to `HOTTEST_MM`: grey, blue, yellow, red."""


def heat_colours(moved_mm: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return (V, 4) float32 linear RGBA for (V,) displacements in millimetres."""
    at = np.clip(moved_mm / HOTTEST_MM, 0.0, 1.0)
    steps = np.linspace(0.0, 1.0, len(RAMP_RGB))
    colours = np.ones((len(at), 4), dtype=np.float32)
    for channel in range(3):
        colours[:, channel] = np.interp(at, steps, RAMP_RGB[:, channel])
    return colours
