"""Points at even steps: of a range, of a polyline, of an arc; a drawing asks for hundreds."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .compiled import compiled

__all__ = [
    "area_of",
    "between",
    "bounded",
    "box_of",
    "evenly",
    "length_of",
    "middle_of",
    "one_of",
    "places_at",
    "rounded",
    "share_of",
    "side_by_side",
]


@lru_cache(maxsize=512)
def evenly(count: int, first: float = 0.0, last: float = 1.0) -> NDArray[np.float64]:
    """Return (count,) even steps from the first number to the last; the array is shared."""
    even = np.linspace(first, last, count)
    even.flags.writeable = False
    return even


def between(
    first: NDArray[np.float64], last: NDArray[np.float64], count: int
) -> NDArray[np.float64]:
    """Return (count, 2) points at even steps from one point to another."""
    return np.asarray(first + evenly(count)[:, None] * (last - first), dtype=np.float64)


@compiled
def places_at(points: NDArray[np.float64], at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (N, 2) points of a polyline (M, 2) at places counted in its own points."""
    found = np.empty((len(at), 2))
    for number in range(len(at)):
        place = min(max(at[number], 0.0), len(points) - 1.0)
        low = min(int(place), max(len(points) - 2, 0))
        high, part = min(low + 1, len(points) - 1), place - low
        for axis in range(2):
            found[number, axis] = points[low, axis] + part * (
                points[high, axis] - points[low, axis]
            )
    return found


@compiled
def length_of(points: NDArray[np.float64]) -> float:
    """Return the length of a polyline (N, 2)."""
    total = 0.0
    for row in range(1, len(points)):
        x, y = points[row, 0] - points[row - 1, 0], points[row, 1] - points[row - 1, 1]
        total += math.sqrt(x * x + y * y)
    return total


def side_by_side(*lines: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (N, L, …) L arrays (N, …) next to each other; `np.stack` takes thrice as long."""
    joined = np.empty((len(lines[0]), len(lines), *lines[0].shape[1:]))
    for place, line in enumerate(lines):
        joined[:, place] = line
    return joined


@compiled
def area_of(polygon: NDArray[np.float64]) -> float:
    """Return the signed area of a polygon (N, 2), square pixels."""
    total = 0.0
    for number in range(len(polygon)):
        total += polygon[number - 1, 0] * polygon[number, 1]
        total -= polygon[number, 0] * polygon[number - 1, 1]
    return 0.5 * total


@compiled
def box_of(points: NDArray[np.float64]) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of points (N, 2)."""
    left = right = points[0, 0]
    top = bottom = points[0, 1]
    for number in range(1, len(points)):
        x, y = points[number, 0], points[number, 1]
        left, right = min(left, x), max(right, x)
        top, bottom = min(top, y), max(bottom, y)
    return left, top, right, bottom


@compiled
def middle_of(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean (2,) of points (N, 2)."""
    x = y = 0.0
    for row in range(len(points)):
        x += points[row, 0]
        y += points[row, 1]
    return np.array([x / len(points), y / len(points)])


def bounded(values: NDArray[Any], low: float, high: float) -> NDArray[Any]:
    """Return values no lower and no higher than two numbers; quicker than `np.clip` on a few."""
    return np.minimum(np.maximum(values, low), high)


@compiled
def rounded(values: NDArray[np.float64], per_unit: float) -> NDArray[np.float64]:
    """Return values, (N,) or (N, M), rounded to so many steps a unit, as `ndarray.round` does."""
    found = np.empty(values.shape)
    numbers, nearest = values.reshape(-1), found.reshape(-1)
    for place in range(len(numbers)):
        nearest[place] = np.rint(numbers[place] * per_unit) / per_unit
    return found


def one_of(rng: np.random.Generator, numbers: tuple[float, ...]) -> float:
    """Draw one of some numbers, as `Generator.choice` does, without making an array of them."""
    return numbers[int(rng.integers(len(numbers)))]


def share_of(flags: NDArray[np.bool_]) -> float:
    """Return which share of some flags is set."""
    return np.count_nonzero(flags) / len(flags)
