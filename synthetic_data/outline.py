"""The outline of a head: a star-shaped curve, known by its radii in directions around it."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .compiled import compiled
from .evenly import evenly

__all__ = [
    "BINS_PER_RADIAN", "OUTLINE_BINS", "SMOOTHER", "directions", "outlined", "points_at",
    "radii_at", "radius_at",
]  # fmt: skip

OUTLINE_BINS = 72
"""Directions in which the outline of a head is known."""
BINS_PER_RADIAN = OUTLINE_BINS / (2.0 * np.pi)
_RIM = 0.8
SMOOTHER = np.fft.irfft(1.0 / (1.0 + (np.arange(OUTLINE_BINS // 2 + 1) / 8.0) ** 6), OUTLINE_BINS)
"""How much of each bin's radius its neighbours get: vertices are too sparse for higher orders."""


@lru_cache(maxsize=32)
def directions(start: float, stop: float, count: int) -> tuple[NDArray[np.float64], ...]:
    """Return (count,) even steps between two angles, in bins, and their cosines and sines."""
    angle = start + (stop - start) * evenly(count)
    return angle * BINS_PER_RADIAN, np.cos(angle), np.sin(angle)


@compiled
def radius_at(radii: NDArray[np.float64], place: float) -> float:
    """Interpolate radii (B,) at a place counted in bins, as often as around."""
    count, low = len(radii), math.floor(place)
    first, after = radii[low % count], radii[(low + 1) % count]
    return first + (place - low) * (after - first)


@compiled
def radii_at(radii: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Interpolate radii (B,) at places (N,)."""
    values = np.empty(len(places))
    for number in range(len(places)):
        values[number] = radius_at(radii, places[number])
    return values


@compiled
def points_at(
    radii: NDArray[np.float64],
    centre: NDArray[np.float64],
    places: NDArray[np.float64],
    cos: NDArray[np.float64],
    sin: NDArray[np.float64],
    grow: float,
) -> NDArray[np.float64]:
    """Return points (N, 2) of an outline at places (N,) with these cosines and sines."""
    points = np.empty((len(places), 2))
    for number in range(len(places)):
        radius = radius_at(radii, places[number]) * grow
        points[number, 0] = centre[0] + radius * cos[number]
        points[number, 1] = centre[1] + radius * sin[number]
    return points


@compiled
def _turns(x: float, y: float) -> float:
    """Return the angle of a direction as a share of the whole turn, in [0, 1), to 2e-6.

    Without branches, the compiler works on several directions at once.
    """
    high, low = max(abs(x), abs(y)), min(abs(x), abs(y))
    part = low / (high if high > 0.0 else 1.0)
    square = part * part
    angle = 0.05265332 - 0.01172120 * square
    angle = 0.19354346 + square * (-0.11643287 + square * angle)
    angle = part * (0.99997726 + square * (-0.33262347 + square * angle)) / 6.283185307179586
    angle = 0.25 - angle if abs(y) > abs(x) else angle
    angle = 0.5 - angle if x < 0.0 else angle
    return angle if (y >= 0.0) | (angle == 0.0) else 1.0 - angle


@compiled
def outlined(
    head: NDArray[np.float64], smoother: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the outline of a head (H, 2) as a star-shaped curve: its centre, its radii (B,).

    And the points that may still make the outline when a hand has bent the head a little.
    """
    bins, count = len(smoother), len(head)
    left, top, right, bottom = head[0, 0], head[0, 1], head[0, 0], head[0, 1]
    for row in range(count):
        left, right = min(left, head[row, 0]), max(right, head[row, 0])
        top, bottom = min(top, head[row, 1]), max(bottom, head[row, 1])
    centre = np.array([(left + right) / 2.0, 0.42 * top + 0.58 * bottom])
    places, away = np.empty(count), np.empty(count)
    for row in range(count):
        x, y = head[row, 0] - centre[0], head[row, 1] - centre[1]
        places[row], away[row] = _turns(x, y) * bins, math.sqrt(x * x + y * y)
    radii = np.zeros(bins)
    for row in range(count):
        place = int(places[row] + 0.5)
        place = place if place < bins else 0
        radii[place] = max(radii[place], away[row])
    middling = 0.3 * np.sort(radii)[bins // 2]
    full = radii.copy()
    for place in range(bins):
        if radii[place] < middling:  # empty: between its neighbours
            before, after = 1, 1
            while radii[place - before] < middling:
                before += 1
            while radii[(place + after) % bins] < middling:
                after += 1
            first, last = radii[place - before], radii[(place + after) % bins]
            full[place] = first + (last - first) * before / (before + after)
    smooth, around = np.zeros(bins), np.concatenate((smoother, smoother))
    for other in range(bins):
        shares = around[bins - other : 2 * bins - other]
        for place in range(bins):
            smooth[place] += shares[place] * full[other]
    rim, kept = np.empty((count, 2)), 0
    ring = np.concatenate((smooth, smooth[:1]))  # around once, no division is needed
    for row in range(count):
        low = min(int(places[row]), bins - 1)
        edge = ring[low] + (places[row] - low) * (ring[low + 1] - ring[low])
        if away[row] > _RIM * edge:
            rim[kept] = head[row]
            kept += 1
    return centre, smooth, rim[:kept]
