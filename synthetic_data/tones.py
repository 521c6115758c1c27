"""Darkness over the whole sheet, and dots that grow with it, pixel by pixel."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .compiled import compiled

__all__ = ["dotted", "slanted"]

_LIGHT = 0.04
"""Darkness up to which there are no dots."""


@compiled
def slanted(
    noise: NDArray[np.float32], dark: float, swing: float, across: float, down: float, most: float
) -> NDArray[np.float32]:
    """Return a darkness, (size, size) from 0 to `most`, that grows to one side of the sheet.

    Parameters
    ----------
    noise, swing : (size, size) smooth noise, and how much of it is added to the darkness `dark`
    across, down : how much darker it is at the right and at the lower edge than in the middle
    """
    size = len(noise)
    field = np.empty((size, size), dtype=np.float32)
    for row in range(size):
        here = dark + down * (2.0 * row / (size - 1.0) - 1.0)
        for column in range(size):
            more = swing * float(noise[row, column]) + across * (2.0 * column / (size - 1.0) - 1.0)
            field[row, column] = min(max(here + more, 0.0), most)
    return field


@compiled
def dotted(
    darkness: NDArray[np.float32],
    pitch: float,
    cos: float,
    sin: float,
    aside: NDArray[np.float32],
    along: NDArray[np.float32],
    growth: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Return the ink, (size, size) in [0, 1], of rows of dots, as `modelling.stipple` tells.

    Parameters
    ----------
    pitch : distance of the dots, pixels
    cos, sin : direction of the rows
    aside, along, growth : (size, size) smooth noise that moves the dots in both directions, and
        that changes their size
    """
    size = len(darkness)
    ink = np.zeros((size, size), dtype=np.float32)
    for row in range(size):
        for column in range(size):
            dark = float(darkness[row, column])
            if not dark > _LIGHT:
                continue
            x, y = column + 0.5, row + 0.5
            u = (x * cos + y * sin) / pitch + 0.9 * float(aside[row, column])
            v = (y * cos - x * sin) / pitch + 0.9 * float(along[row, column])
            line = math.floor(v + 0.5)
            u += 0.5 * line  # every other row stands in the gaps of its neighbours
            du, dv = u - math.floor(u + 0.5), v - line
            away = math.sqrt(du * du + dv * dv) * pitch
            radius = pitch * math.sqrt(min(dark, 1.0) / math.pi)
            radius *= 1.0 + 0.35 * float(growth[row, column])
            ink[row, column] = min(max(min(radius + 0.5 - away, 2.0 * radius), 0.0), 1.0)
    return ink
