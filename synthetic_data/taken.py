"""The sheet as a scanner or a phone brings it: uneven light, blur, noise, specks, blocks.

Only how dark a pixel is changes; nothing moves, so that all labels stay true.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .compiled import compiled
from .fields import knots

__all__ = ["photographed", "scanned"]

_BLOCK = 8
_WAVES = np.array(
    [
        [
            math.sqrt((1.0 if wave == 0 else 2.0) / _BLOCK)
            * math.cos(math.pi * (place + 0.5) * wave / _BLOCK)
            for place in range(_BLOCK)
        ]
        for wave in range(_BLOCK)
    ],
    dtype=np.float32,
).round(6)
"""The cosines that a camera's files are made of, (waves, places); rounded: the same everywhere."""
_NONE, _HALF, _ONE = (np.float32(number) for number in (0.0, 0.5, 1.0))
_WHITE, _GREYS = np.float32(255.0), np.float32(63.0)
_MOST_STREAKS, _MOST_SPECKS = 2, 9


def photographed(
    picture: NDArray[np.uint8], rng: np.random.Generator, shot: np.random.Generator
) -> NDArray[np.uint8]:
    """Return a sheet as a phone sees it: slanting light, a shadow, blur, noise, blocks.

    Parameters
    ----------
    picture : (size, size), 255 = white
    rng, shot : chance of all that stays from one taking of the sheet to the next; of the noise
    """
    size = len(picture)
    turn = rng.uniform(0.0, 2.0 * math.pi)
    edge = rng.uniform(0.0, 2.0 * math.pi)
    light = _lit(
        size,
        (0.18 * rng.random() * math.cos(turn), 0.18 * rng.random() * math.sin(turn)),
        rng.uniform(0.0, 0.15),
        (math.cos(edge), math.sin(edge), rng.uniform(-0.2, 0.9), rng.uniform(0.1, 0.5)),
        rng.uniform(0.05, 0.3) if rng.random() < 0.5 else 0.0,
    )
    soft = _blurred(picture, _weights(rng.uniform(0.35, 1.0) * size / 256.0))
    dark, bright = rng.uniform(0.0, 0.12), rng.uniform(0.8, 1.05)
    noise, amount = knots(shot, size, 1.0), rng.uniform(0.0, 0.03)
    greys = _exposed(soft, light, dark, bright, noise, amount)
    if rng.random() < 0.6:
        greys = _in_blocks(greys, _WAVES, np.float32(rng.uniform(0.015, 0.06)))
    return _rounded(greys)


def scanned(
    picture: NDArray[np.uint8], rng: np.random.Generator, shot: np.random.Generator
) -> NDArray[np.uint8]:
    """Return a sheet as a scanner sees it: a spine's shadow, streaks, specks, hard contrast.

    Parameters
    ----------
    picture : (size, size), 255 = white
    rng, shot : chance of all that stays from one taking of the sheet to the next; of the noise
    """
    size = len(picture)
    soft = _blurred(picture, _weights(rng.uniform(0.3, 0.7) * size / 256.0))
    side = int(rng.integers(4))
    wide = rng.uniform(0.05, 0.25) if rng.random() < 0.5 else 0.0
    light = _shadowed(size, side, wide, rng.uniform(0.1, 0.5))
    dark, bright = rng.uniform(-0.1, 0.08), rng.uniform(0.95, 1.15)
    noise, amount = knots(shot, size, 1.0), rng.uniform(0.0, 0.012)
    greys = _exposed(soft, light, dark, bright, noise, amount)
    for _ in range(int(rng.integers(_MOST_STREAKS + 1)) if rng.random() < 0.4 else 0):
        column = int(rng.integers(size))
        greys[:, column] *= np.float32(rng.uniform(0.7, 0.95))
    for _ in range(int(rng.integers(_MOST_SPECKS + 1))):
        row, column = int(rng.integers(size)), int(rng.integers(size))
        greys[row : row + int(rng.integers(1, 3)), column] = np.float32(rng.uniform(0.2, 0.7))
    return _rounded(greys)


def _weights(deviation_px: float) -> NDArray[np.float32]:
    """Return a Gaussian's weights, of the middle and of each neighbour to one side."""
    at = np.arange(1 + math.ceil(3.0 * deviation_px))
    weights = np.exp(-0.5 * (at / deviation_px) ** 2)
    return (weights / (2.0 * weights.sum() - weights[0])).astype(np.float32).round(6)


@compiled
def _blurred(picture: NDArray[np.uint8], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (size, size) in [0, 1], blurred by weights of the middle and the neighbours."""
    size, reach = len(picture), len(weights)
    across, down = np.empty((size, size), np.float32), np.empty((size, size), np.float32)
    for row in range(size):
        for column in range(size):
            value = weights[0] * np.float32(picture[row, column])
            for step in range(1, reach):
                left, right = max(column - step, 0), min(column + step, size - 1)
                both = np.float32(picture[row, left]) + np.float32(picture[row, right])
                value += weights[step] * both
            across[row, column] = value / _WHITE
    for row in range(size):
        for column in range(size):
            value = weights[0] * across[row, column]
            for step in range(1, reach):
                above, below = max(row - step, 0), min(row + step, size - 1)
                value += weights[step] * (across[above, column] + across[below, column])
            down[row, column] = value
    return down


@compiled
def _lit(
    size: int,
    slant: tuple[float, float],
    vignette: float,
    edge: tuple[float, float, float, float],
    shadow: float,
) -> NDArray[np.float32]:
    """Return how much light falls on each pixel, (size, size).

    Parameters
    ----------
    slant : how much darker it is at the right and lower edge than in the middle
    vignette : how much darker the corners are
    edge : of a shadow: direction (x, y) in which it lies, where it begins and over which width it
        deepens, in half sides of the sheet
    shadow : how much light it takes
    """
    light = np.empty((size, size), np.float32)
    for row in range(size):
        y = 2.0 * (row + 0.5) / size - 1.0
        for column in range(size):
            x = 2.0 * (column + 0.5) / size - 1.0
            deep = min(max((x * edge[0] + y * edge[1] - edge[2]) / edge[3], 0.0), 1.0)
            here = 1.0 - slant[0] * x - slant[1] * y - vignette * 0.5 * (x * x + y * y)
            light[row, column] = here * (1.0 - shadow * deep * deep * (3.0 - 2.0 * deep))
    return light


@compiled
def _shadowed(size: int, side: int, wide: float, shadow: float) -> NDArray[np.float32]:
    """Return light, (size, size), that fades towards one side of the sheet, where a book is bound.

    Parameters
    ----------
    side : 0 left, 1 right, 2 top, 3 bottom
    wide : how far the shadow reaches, as a share of the sheet
    shadow : how much light it takes at the edge
    """
    light = np.ones((size, size), np.float32)
    for row in range(size):
        for column in range(size):
            along = row if side > 1 else column
            away = (along if side % 2 == 0 else size - 1 - along) / size
            if away < wide:
                deep = 1.0 - away / wide
                light[row, column] = 1.0 - shadow * deep * deep
    return light


@compiled
def _exposed(
    greys: NDArray[np.float32],
    light: NDArray[np.float32],
    dark: float,
    bright: float,
    noise: NDArray[np.float32],
    amount: float,
) -> NDArray[np.float32]:
    """Return greys in [0, 1]: black becomes `dark`, white under full light `bright`; with noise."""
    size = len(greys)
    seen = np.empty((size, size), np.float32)
    low, span, much = np.float32(dark), np.float32(bright - dark), np.float32(amount)
    for row in range(size):
        for column in range(size):
            value = (low + span * greys[row, column]) * light[row, column]
            value += much * noise[row, column]
            seen[row, column] = min(max(value, _NONE), _ONE)
    return seen


@compiled
def _in_blocks(
    greys: NDArray[np.float32], waves: NDArray[np.float32], step: np.float32
) -> NDArray[np.float32]:
    """Return greys as a file keeps them that forgets fine waves: rounded, block by 8 by 8 pixels.

    The finer a wave, the coarser; an odd rest stays.
    """
    count = len(waves)
    kept = greys.copy()
    half, block = np.empty((count, count), np.float32), np.empty((count, count), np.float32)
    for top in range(0, len(greys) - count + 1, count):
        for left in range(0, len(greys) - count + 1, count):
            for wave in range(count):
                for column in range(count):
                    total = _NONE
                    for place in range(count):
                        total += waves[wave, place] * greys[top + place, left + column]
                    half[wave, column] = total
            for wave in range(count):
                for other in range(count):
                    total = _NONE
                    for place in range(count):
                        total += waves[other, place] * half[wave, place]
                    coarse = step * np.float32(1 + wave + other)
                    block[wave, other] = coarse * np.floor(total / coarse + _HALF)
            for row in range(count):
                for other in range(count):
                    total = _NONE
                    for wave in range(count):
                        total += waves[wave, row] * block[wave, other]
                    half[row, other] = total
            for row in range(count):
                for column in range(count):
                    total = _NONE
                    for other in range(count):
                        total += waves[other, column] * half[row, other]
                    kept[top + row, left + column] = min(max(total, _NONE), _ONE)
    return kept


@compiled
def _rounded(greys: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return a picture of 64 greys, as all drawings have."""
    size = len(greys)
    picture = np.empty((size, size), np.uint8)
    for row in range(size):
        for column in range(size):
            picture[row, column] = np.int32(greys[row, column] * _GREYS + _HALF) * 4 + 3
    return picture
