"""Fields over the whole sheet, pixel by pixel: smooth noise, hatching, and the paper at last."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .compiled import compiled

__all__ = ["NO_FIELD", "hatched", "knots", "lit", "on_paper", "smoothed", "splatted"]

NO_FIELD = np.empty((0, 0), dtype=np.float32)
_BYTES = 2
_DEVIATION = math.sqrt(_BYTES * (256.0**2 - 1.0) / 12.0)


def knots(rng: np.random.Generator, size: int, period_px: float) -> NDArray[np.float32]:
    """Return (K, K) noise of standard deviation 1, a value every `period_px` of a sheet.

    The sum of two bytes is as good as a normal number once it is smoothed, and far quicker.
    """
    count = math.ceil(size / period_px) + 2
    raw = np.frombuffer(rng.bytes(_BYTES * count * count), dtype=np.uint8)
    return _summed(raw, count)


@compiled
def _summed(raw: NDArray[np.uint8], count: int) -> NDArray[np.float32]:
    """Return (count, count) sums of bytes, centred, with standard deviation 1."""
    values = np.empty((count, count), dtype=np.float32)
    for row in range(count):
        for column in range(count):
            total = 0
            for number in range(_BYTES):
                total += int(raw[(row * count + column) * _BYTES + number])
            values[row, column] = (total - 127.5 * _BYTES) / _DEVIATION
    return values


@compiled
def _steps(size: int, period_px: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return each pixel's knot and the smooth share of the next one."""
    low, ease = np.empty(size, dtype=np.int64), np.empty(size)
    for place in range(size):
        at = place / period_px
        low[place] = int(at)
        part = at - low[place]
        ease[place] = part * part * (3.0 - 2.0 * part)
    return low, ease


@compiled
def _noise_row(
    values: NDArray[np.float32],
    low: NDArray[np.int64],
    ease: NDArray[np.float64],
    row: int,
    blended: NDArray[np.float64],
) -> None:
    """Blend two rows of knots for one row of pixels."""
    first, share = low[row], ease[row]
    for column in range(values.shape[1]):
        blended[column] = values[first, column] * (1.0 - share) + values[first + 1, column] * share


@compiled
def smoothed(values: NDArray[np.float32], size: int, period_px: float) -> NDArray[np.float32]:
    """Return the smooth field (size, size) through knots (K, K)."""
    field = np.empty((size, size), dtype=np.float32)
    low, ease = _steps(size, period_px)
    blended = np.empty(values.shape[1])
    for row in range(size):
        _noise_row(values, low, ease, row, blended)
        for column in range(size):
            share, first = ease[column], low[column]
            field[row, column] = blended[first] * (1.0 - share) + blended[first + 1] * share
    return field


@compiled
def hatched(
    darkness: NDArray[np.float32],
    spacing_px: float,
    cos: float,
    sin: float,
    bowed: NDArray[np.float32],
    bow_px: float,
    broken: NDArray[np.float32],
    break_px: float,
    form: NDArray[np.float32],
    bend: float,
) -> NDArray[np.float32]:
    """Return the ink, (size, size) in [0, 1], of a set of lines as `hatching.hatch` tells.

    Parameters
    ----------
    cos, sin : direction of the lines' normal
    bowed, broken : knots of the noise that bows the lines, and of that which breaks them, every
        `bow_px` and `break_px` pixels
    form : (size, size) pixels towards the viewer, or `NO_FIELD`
    """
    size = len(darkness)
    ink = np.zeros((size, size), dtype=np.float32)
    bow_low, bow_ease = _steps(size, bow_px)
    break_low, break_ease = _steps(size, break_px)
    bows, breaks = np.empty(bowed.shape[1]), np.empty(broken.shape[1])
    for row in range(size):
        _noise_row(bowed, bow_low, bow_ease, row, bows)
        _noise_row(broken, break_low, break_ease, row, breaks)
        for column in range(size):
            dark = float(darkness[row, column])
            if dark <= 0.05:
                continue
            first, share = bow_low[column], bow_ease[column]
            noise = bows[first] * (1.0 - share) + bows[first + 1] * share
            phase = (column + 0.5) * cos + (row + 0.5) * sin + noise * 0.35 * spacing_px
            if len(form) > 0:
                phase += bend * float(form[row, column])
            turns = phase / spacing_px
            away = abs(turns - math.floor(turns + 0.5)) * spacing_px
            first, share = break_low[column], break_ease[column]
            noise = breaks[first] * (1.0 - share) + breaks[first + 1] * share
            half = min(max(dark + 0.12 * noise, 0.0), 1.0) * 0.5 * spacing_px
            ink[row, column] = min(max(min(half + 0.5 - away, 2.0 * half), 0.0), 1.0)
    return ink


@compiled
def splatted(
    places: NDArray[np.float64], values: NDArray[np.float64], grid: int, cell_px: float
) -> NDArray[np.float32]:
    """Sum the values (N, D) of points (N, 2) into the cells of a grid, (D + 1, grid, grid).

    The first layer counts the points.
    """
    layers = np.zeros((values.shape[1] + 1, grid, grid), dtype=np.float32)
    for number in range(len(places)):
        column = min(max(int(places[number, 0] / cell_px), 0), grid - 1)
        row = min(max(int(places[number, 1] / cell_px), 0), grid - 1)
        layers[0, row, column] += 1.0
        for layer in range(values.shape[1]):
            layers[layer + 1, row, column] += values[number, layer]
    return layers


@compiled
def _within(field: NDArray[np.float32], row: int, down: float, column: int, right: float) -> float:
    """Return the value between four cells of a coarse grid."""
    left = field[row, column] * (1.0 - down) + field[row + 1, column] * down
    after = field[row, column + 1] * (1.0 - down) + field[row + 1, column + 1] * down
    return left * (1.0 - right) + after * right


@compiled
def lit(
    dark: NDArray[np.float32],
    depth: NDArray[np.float32],
    presence: NDArray[np.float32],
    size: int,
    from_dark: float,
    growth: float,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return tone in [0, 0.75] and depth over the sheet, (size, size), from coarse grids (G, G).

    Both are 0 where the head is not, and where it lies in the light.

    Parameters
    ----------
    from_dark, growth : darkness where the tone begins, and how fast it grows
    """
    grid = len(dark)
    low, part = np.empty(size, dtype=np.int64), np.empty(size)
    for place in range(size):
        at = min(max((place + 0.5) * grid / size - 0.5, 0.0), grid - 1.001)
        low[place] = int(at)
        part[place] = at - low[place]
    tone, form = np.zeros((size, size), np.float32), np.zeros((size, size), np.float32)
    for row in range(size):
        above, down = low[row], part[row]
        for column in range(size):
            left, right = low[column], part[column]
            if _within(presence, above, down, left, right) <= 0.5:
                continue
            value = (_within(dark, above, down, left, right) - from_dark) * growth
            if value > 0.0:
                tone[row, column] = min(value, 0.75)
                form[row, column] = _within(depth, above, down, left, right)
    return tone, form


_BILEVEL = 0.38
"""Ink from here on is black where there are no greys."""


@compiled
def on_paper(
    cells: NDArray[np.uint16],
    rough: NDArray[np.float32],
    grain: float,
    paper: NDArray[np.float32],
    paper_tone: float,
    strength: float,
    inverted: bool,
    visible_level: int,
    bilevel: bool,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Turn ink and labels (level x 256 + label) into the picture and the labels that can be seen.

    Parameters
    ----------
    rough : (H, W) tooth of the paper, or `NO_FIELD`; it takes ink away by `grain`
    paper : (H, W) darkness to add to `paper_tone`, or `NO_FIELD`
    strength : darkness of full ink
    inverted : True for light lines on dark
    visible_level : ink below this, of 255, carries no label
    bilevel : True for ink without greys, as printed or scanned
    """
    height, width = cells.shape
    picture = np.empty((height, width), dtype=np.uint8)
    labels = np.zeros((height, width), dtype=np.uint8)
    for row in range(height):
        for column in range(width):
            cell = int(cells[row, column])
            ink = (cell >> 8) / 255.0
            if len(rough) > 0:
                kept = 1.0 - grain * (0.45 + 0.9 * float(rough[row, column]))
                ink *= min(max(kept, 0.0), 1.0)
            if bilevel:
                ink = 1.0 if ink > _BILEVEL else 0.0
            if ink * 255.0 >= visible_level:
                labels[row, column] = cell & 255
            tone = paper_tone
            if len(paper) > 0:
                tone += float(paper[row, column])
            dark = min(max(tone + ink * (strength - tone), 0.0), 1.0)
            white = dark if inverted else 1.0 - dark
            # 64 greys are as many as noise is worth: the files are half as large
            picture[row, column] = int(white * 63.0 + 0.5) * 4 + 3
    return picture, labels
