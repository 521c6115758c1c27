"""Fields over the whole sheet, pixel by pixel: smooth noise, hatching, and the paper at last."""

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
_TO_WHOLE = 1.5 * 2.0**52
"""Added and taken away again, it leaves the nearest whole number."""
_DEVIATION = math.sqrt(_BYTES * (256.0**2 - 1.0) / 12.0)


def knots(rng: np.random.Generator, size: int, period_px: float) -> NDArray[np.float32]:
    """Return (K, K) noise of standard deviation 1, a value every `period_px` of a sheet.

    The sum of two bytes is as good as a normal number once it is smoothed, and far quicker.
    """
    count = math.ceil(size / period_px) + 2
    words = rng.bit_generator.random_raw(-(-_BYTES * count * count // 8))
    return _summed(words.astype("<u8", copy=False).view(np.uint8), count)


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
def _between_knots(
    knotted: NDArray[np.float32],
    low: NDArray[np.int64],
    ease: NDArray[np.float64],
    noise: NDArray[np.float64],
) -> None:
    """Fill a row with the noise between its knots."""
    for column in range(len(noise)):
        share, first = ease[column], low[column]
        noise[column] = knotted[first] * (1.0 - share) + knotted[first + 1] * share


@compiled
def _noise_row(
    values: NDArray[np.float32],
    row: int,
    period_px: float,
    low: NDArray[np.int64],
    ease: NDArray[np.float64],
    held: int,
    around: NDArray[np.float64],
    noise: NDArray[np.float64],
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
    share = part * part * (3.0 - 2.0 * part)
    above, below = around[0], around[1]
    if first == held + 1 and held >= 0:
        above[:] = below
    elif first != held:
        _between_knots(values[first], low, ease, above)
    if first != held:
        _between_knots(values[first + 1], low, ease, below)
    for column in range(len(noise)):
        noise[column] = above[column] * (1.0 - share) + below[column] * share
    return first


@compiled
def smoothed(values: NDArray[np.float32], size: int, period_px: float) -> NDArray[np.float32]:
    """Return the smooth field (size, size) through knots (K, K)."""
    field = np.empty((size, size), dtype=np.float32)
    low, ease = _steps(size, period_px)
    around, noise, held = np.empty((2, size)), np.empty(size), -1
    for row in range(size):
        held = _noise_row(values, row, period_px, low, ease, held, around, noise)
        for column in range(size):
            field[row, column] = noise[column]
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
    bows, breaks, bow, gap = np.empty((2, size)), np.empty((2, size)), -1, -1
    swings, gaps = np.empty(size), np.empty(size)
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
        for place in range(right - left):
            phase = (left + place + 0.5) * cos + (row + 0.5) * sin
            phases[place] = phase + phases[place] * 0.35 * spacing_px
        if len(form) > 0:
            raised = form[row, left:right]
            for place in range(right - left):
                phases[place] += bend * float(raised[place])
        _line_row(dark[left:right], phases, widths, spacing_px, ink[row, left:right])
    return ink


@compiled
def _line_row(
    darkness: NDArray[np.float32],
    phases: NDArray[np.float64],
    gaps: NDArray[np.float64],
    spacing_px: float,
    ink: NDArray[np.float32],
) -> None:
    """Write a row of hatching; without branches, the compiler works on several pixels at once."""
    for place in range(len(ink)):
        dark = float(darkness[place])
        turns = phases[place] / spacing_px
        whole = turns + _TO_WHOLE - _TO_WHOLE
        away = abs(turns - whole) * spacing_px
        half = min(max(dark + 0.12 * gaps[place], 0.0), 1.0) * 0.5 * spacing_px
        laid = min(max(min(half + 0.5 - away, 2.0 * half), 0.0), 1.0)
        ink[place] = laid if dark > _LIGHT else 0.0


_BILEVEL = 0.38
"""Ink from here on is black where there are no greys."""


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
    teeth, rough, held = np.empty((2, width)), np.empty(width), -1
    grits, grit, grit_held = np.empty((2, width)), np.empty(width), -1
    drifts, drift, drift_held = np.empty((2, width)), np.empty(width), -1
    kept, tone = np.ones(width), np.full(width, paper_tone)
    blank = np.empty(width, dtype=np.uint8)
    _lay_row(
        np.zeros(width, np.uint16), kept, tone, strength, inverted, visible_level, bilevel,
        blank, labels[0],
    )  # fmt: skip
    # row by row, and one thing at a time: the compiler then works on several pixels at once
    for row in range(height):
        left, right = 0, width
        if len(fine) > 0:
            grit_held = _noise_row(fine, row, fine_px, fine_low, fine_ease, grit_held, grits, grit)
            drift_held = _noise_row(
                clouds, row, clouds_px, cloud_low, cloud_ease, drift_held, drifts, drift
            )
            for column in range(width):
                tone[column] = paper_tone + noise * (0.6 * grit[column] + drift[column])
        else:  # where there is no ink, all paper is alike
            picture[row], labels[row] = blank, 0
            ink, most = cells[row], 0
            for column in range(width):
                most = max(most, ink[column])
            if most < 256:
                continue
            while ink[left] < 256:
                left += 1
            while ink[right - 1] < 256:
                right -= 1
        if len(tooth) > 0:
            held = _noise_row(tooth, row, tooth_px, low, ease, held, teeth, rough)
            for column in range(width):
                kept[column] = min(max(1.0 - grain * (0.45 + 0.9 * rough[column]), 0.0), 1.0)
        _lay_row(
            cells[row, left:right], kept[left:right], tone[left:right], strength, inverted,
            visible_level, bilevel, picture[row, left:right], labels[row, left:right],
        )  # fmt: skip
    return picture, labels


@compiled
def _lay_row(
    cells: NDArray[np.uint16],
    kept: NDArray[np.float64],
    tone: NDArray[np.float64],
    strength: float,
    inverted: bool,
    visible_level: int,
    bilevel: bool,
    picture: NDArray[np.uint8],
    labels: NDArray[np.uint8],
) -> None:
    """Write a row of the picture and its labels; `kept` is the share of the ink that is left."""
    for column in range(len(cells)):
        cell = int(cells[column])
        ink = (cell >> 8) / 255.0 * kept[column]
        if bilevel:
            ink = 1.0 if ink > _BILEVEL else 0.0
        labels[column] = cell & 255 if ink * 255.0 >= visible_level else 0
        dark = min(max(tone[column] + ink * (strength - tone[column]), 0.0), 1.0)
        white = dark if inverted else 1.0 - dark
        # 64 greys are as many as noise is worth: the files are half as large
        picture[column] = white * 63.0 + 0.5
    for column in range(len(picture)):
        picture[column] = picture[column] * 4 + 3
