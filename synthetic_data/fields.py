"""Fields over the whole sheet, pixel by pixel: smooth noise, hatching, and the paper at last.

All in float32, constants too (Python alone would go on in float64 and to other bytes): that is more
than a picture's greys need, and the compiler works on eight pixels at once.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .compiled import compiled

__all__ = ["NO_FIELD", "hatched", "knots", "on_paper", "smoothed"]

NO_FIELD = np.empty((0, 0), dtype=np.float32)
_BYTES = 2
_LIGHT = np.float32(0.05)
"""Darkness up to which nothing is hatched."""
_UNEVEN = np.float32(0.12)
"""How much darker noise makes a line of hatching, or lighter."""
_TO_WHOLE = np.float32(1.5 * 2.0**23)
"""Added and taken away again, it leaves the nearest whole number."""
_NONE, _HALF, _ONE, _TWO = (np.float32(number) for number in (0.0, 0.5, 1.0, 2.0))
_FULL = np.float32(255.0)
_DEVIATION = np.float32(math.sqrt(_BYTES * (256.0**2 - 1.0) / 12.0))
"""Of two bytes the mean, and the standard deviation."""


def knots(rng: np.random.Generator, size: int, period_px: float) -> NDArray[np.float32]:
    """Return (K, K) noise of standard deviation 1, a value every `period_px` of a sheet.

    The sum of two bytes is as good as a normal number once it is smoothed, and far quicker.
    """
    count = math.ceil(size / period_px) + 2
    words = rng.bit_generator.random_raw(-(-_BYTES * count * count // 8))
    return _summed(words.astype("<u8", copy=False).view("<u2"), count)


@compiled
def _summed(pairs: NDArray[np.uint16], count: int) -> NDArray[np.float32]:
    """Return (count, count) sums of two bytes, centred, with standard deviation 1."""
    values = np.empty(count * count, dtype=np.float32)
    for place in range(len(values)):
        pair = np.int32(pairs[place])
        values[place] = (np.float32((pair & 255) + (pair >> 8)) - _FULL) / _DEVIATION
    return values.reshape((count, count))


@compiled
def _steps(size: int, period_px: float) -> tuple[NDArray[np.uint32], NDArray[np.float32]]:
    """Return each pixel's knot and the smooth share of the next one."""
    low, ease = np.empty(size, dtype=np.uint32), np.empty(size, dtype=np.float32)
    for place in range(size):
        at = place / period_px
        low[place] = int(at)
        part = at - int(at)
        ease[place] = part * part * (3.0 - 2.0 * part)
    return low, ease


@compiled
def _between_knots(
    knotted: NDArray[np.float32],
    low: NDArray[np.uint32],
    ease: NDArray[np.float32],
    noise: NDArray[np.float32],
) -> None:
    """Fill a row with the noise between its knots."""
    following = knotted[1:]
    for column in range(len(noise)):
        share, first = ease[column], low[column]
        noise[column] = knotted[first] * (_ONE - share) + following[first] * share


@compiled
def _noise_row(
    values: NDArray[np.float32],
    row: int,
    period_px: float,
    low: NDArray[np.uint32],
    ease: NDArray[np.float32],
    held: int,
    around: NDArray[np.float32],
    noise: NDArray[np.float32],
) -> int:
    """Fill a row of pixels, (W,), with the noise between the rows of knots around it.

    Parameters
    ----------
    held, around : the row of knots above the pixels of the call before, and (2, W) the noise along
        it and along the row below; changed in place

    Returns
    -------
    `held` for the next call; -1 is the first one's.
    """
    at = row / period_px
    first = int(at)
    part = at - first
    share = np.float32(part * part * (3.0 - 2.0 * part))
    above, below = around[0], around[1]
    if first == held + 1 and held >= 0:
        above[:] = below
    elif first != held:
        _between_knots(values[first], low, ease, above)
    if first != held:
        _between_knots(values[first + 1], low, ease, below)
    for column in range(len(noise)):
        noise[column] = above[column] * (_ONE - share) + below[column] * share
    return first


@compiled
def smoothed(values: NDArray[np.float32], size: int, period_px: float) -> NDArray[np.float32]:
    """Return the smooth field (size, size) through knots (K, K)."""
    field = np.empty((size, size), dtype=np.float32)
    low, ease = _steps(size, period_px)
    around, held = np.empty((2, size), dtype=np.float32), -1
    for row in range(size):
        held = _noise_row(values, row, period_px, low, ease, held, around, field[row])
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
    bows, breaks = np.empty((2, size), dtype=np.float32), np.empty((2, size), dtype=np.float32)
    swings, gaps = np.empty(size, dtype=np.float32), np.empty(size, dtype=np.float32)
    bow = gap = -1
    spacing, sway = np.float32(spacing_px), np.float32(0.35 * spacing_px)
    by_column, bent = np.float32(cos), np.float32(bend)
    for row in range(size):
        dark, left, right = darkness[row], 0, size  # what of the row is dark at all
        while left < size and not dark[left] > _LIGHT:
            left += 1
        if left == size:
            continue
        while not dark[right - 1] > _LIGHT:
            right -= 1
        bow = _noise_row(bowed, row, bow_px, bow_low, bow_ease, bow, bows, swings)
        gap = _noise_row(broken, row, break_px, break_low, break_ease, gap, breaks, gaps)
        phases, widths = swings[left:right], gaps[left:right]
        before = np.float32((left + 0.5) * cos + (row + 0.5) * sin)
        for place in range(right - left):
            phase = before + np.float32(np.int32(place)) * by_column
            phases[place] = phase + phases[place] * sway
        if len(form) > 0:
            raised = form[row, left:right]
            for place in range(right - left):
                phases[place] += bent * raised[place]
        _line_row(dark[left:right], phases, widths, spacing, ink[row, left:right])
    return ink


@compiled
def _line_row(
    darkness: NDArray[np.float32],
    phases: NDArray[np.float32],
    gaps: NDArray[np.float32],
    spacing_px: np.float32,
    ink: NDArray[np.float32],
) -> None:
    """Write a row of hatching; without branches, the compiler works on several pixels at once."""
    for place in range(len(ink)):
        dark = darkness[place]
        turns = phases[place] / spacing_px
        whole = turns + _TO_WHOLE - _TO_WHOLE
        away = abs(turns - whole) * spacing_px
        half = min(max(dark + _UNEVEN * gaps[place], _NONE), _ONE) * _HALF * spacing_px
        laid = min(max(min(half + _HALF - away, _TWO * half), _NONE), _ONE)
        ink[place] = laid if dark > _LIGHT else _NONE


_BILEVEL = np.float32(0.38)
"""Ink from here on is black where there are no greys."""
_GREYS = np.float32(63.0)
_WORN, _UNEVENLY, _FINE = (np.float32(number) for number in (0.45, 0.9, 0.6))
"""Shares of the paper's tooth: how much ink it takes on the whole, and by noise; fine noise."""


@compiled
def on_paper(
    cells: NDArray[np.uint16],
    tooth: NDArray[np.float32],
    tooth_px: float,
    grain: float,
    fine: NDArray[np.float32],
    fine_px: float,
    clouds: NDArray[np.float32],
    clouds_px: float,
    noise: float,
    paper_tone: float,
    strength: float,
    inverted: bool,
    visible_level: int,
    bilevel: bool,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Turn ink and labels (level x 256 + label) into the picture and the labels that can be seen.

    Parameters
    ----------
    tooth : knots of the noise that is the tooth of the paper, every `tooth_px` pixels, or
        `NO_FIELD`; it takes ink away by `grain`
    fine, clouds : knots of the noise of the paper's own tone, every `fine_px` and `clouds_px`
        pixels, or `NO_FIELD`; it changes `paper_tone` by `noise`
    strength : darkness of full ink
    inverted : True for light lines on dark
    visible_level : ink below this, of 255, carries no label
    bilevel : True for ink without greys, as printed or scanned
    """
    height, width = cells.shape
    picture = np.empty((height, width), dtype=np.uint8)
    labels = np.empty((height, width), dtype=np.uint8)
    low, ease = _steps(width, tooth_px)
    fine_low, fine_ease = _steps(width, fine_px)
    cloud_low, cloud_ease = _steps(width, clouds_px)
    rows = np.empty((3, 2, width), dtype=np.float32)
    rough, grit, drift = np.empty((3, width), dtype=np.float32)
    held = grit_held = drift_held = -1
    kept, tone = np.ones(width, np.float32), np.full(width, paper_tone, np.float32)
    plain, swing, worn = np.float32(paper_tone), np.float32(noise), np.float32(grain)
    dark, least = np.float32(strength), np.float32(visible_level)
    blank = np.empty(width, dtype=np.uint8)
    _lay_row(
        np.zeros(width, np.uint16), kept, tone, dark, inverted, least, bilevel,
        blank, labels[0],
    )  # fmt: skip
    # row by row, and one thing at a time: the compiler then works on several pixels at once
    for row in range(height):
        if len(fine) > 0:
            grit_held = _noise_row(
                fine, row, fine_px, fine_low, fine_ease, grit_held, rows[1], grit
            )
            drift_held = _noise_row(
                clouds, row, clouds_px, cloud_low, cloud_ease, drift_held, rows[2], drift
            )
            for column in range(width):
                tone[column] = plain + swing * (_FINE * grit[column] + drift[column])
        else:  # where there is no ink, all paper is alike
            ink, most = cells[row], np.uint16(0)
            for column in range(width):
                most = max(most, ink[column])
            if most < 256:
                picture[row], labels[row] = blank, 0
                continue
        if len(tooth) > 0:
            held = _noise_row(tooth, row, tooth_px, low, ease, held, rows[0], rough)
            for column in range(width):
                taken = worn * (_WORN + _UNEVENLY * rough[column])
                kept[column] = min(max(_ONE - taken, _NONE), _ONE)
        _lay_row(cells[row], kept, tone, dark, inverted, least, bilevel, picture[row], labels[row])
    return picture, labels


@compiled
def _lay_row(
    cells: NDArray[np.uint16],
    kept: NDArray[np.float32],
    tone: NDArray[np.float32],
    strength: np.float32,
    inverted: bool,
    visible_level: np.float32,
    bilevel: bool,
    picture: NDArray[np.uint8],
    labels: NDArray[np.uint8],
) -> None:
    """Write a row of the picture and its labels; `kept` is the share of the ink that is left."""
    for column in range(len(cells)):
        cell = np.int32(cells[column])
        ink = np.float32(cell >> 8) / _FULL * kept[column]
        if bilevel:
            ink = _ONE if ink > _BILEVEL else _NONE
        labels[column] = cell & np.int32(255) if ink * _FULL >= visible_level else np.int32(0)
        dark = min(max(tone[column] + ink * (strength - tone[column]), _NONE), _ONE)
        white = dark if inverted else _ONE - dark
        # 64 greys are as many as noise is worth: the files are half as large
        picture[column] = np.int32(white * _GREYS + _HALF)
    for column in range(len(picture)):
        picture[column] = picture[column] * 4 + 3
