"""Polygons: how much of each pixel they cover, exactly, and the mixing of a tone into the sheet.

The signed area to the right of every edge is summed into the pixels and accumulated along the
rows, as font rasterisers do; self-overlaps count once.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .compiled import compiled

__all__ = ["coverage", "lay_polygon", "lay_shade", "lay_share", "tinted"]


@compiled
def _add(area: NDArray[np.float64], row: int, x0: float, x1: float, rise: float) -> None:
    """Add what lies right of an edge within one row, x0 <= x1, all inside the window."""
    first = int(x0)
    if x1 <= first + 1.0:
        part = 0.5 * (x0 + x1) - first
        area[row, first] += rise * (1.0 - part)
        area[row, first + 1] += rise * part
        return
    slope = rise / (x1 - x0)
    left, column = x0, first
    while left < x1:  # column by column; each gets its own share of the rise
        right = min(column + 1.0, x1)
        share = slope * (right - left)
        part = 0.5 * (left + right) - column
        area[row, column] += share * (1.0 - part)
        area[row, column + 1] += share * part
        left = right
        column += 1


@compiled
def _add_clipped(
    area: NDArray[np.float64], row: int, x0: float, x1: float, rise: float, width: float
) -> None:
    """Add an edge within one row; what sticks out of the window counts at its border."""
    if x0 > x1:
        x0, x1 = x1, x0
    if x0 < 0.0:
        if x1 <= 0.0:
            area[row, 0] += rise
            return
        outside = rise * (-x0) / (x1 - x0)
        area[row, 0] += outside
        x0, rise = 0.0, rise - outside
    if x1 > width:
        if x0 >= width:
            return
        rise *= (width - x0) / (x1 - x0)
        x1 = width
    _add(area, row, x0, x1, rise)


@compiled
def _edges(
    polygon: NDArray[np.float64], x0: int, y0: int, height: int, width: int
) -> NDArray[np.float64]:
    """Return (height, width + 2) the change of coverage from pixel to pixel along each row."""
    area = np.zeros((height, width + 2))
    count = len(polygon)
    for number in range(count):
        after = number + 1 if number + 1 < count else 0
        ax, ay = polygon[number, 0] - x0, polygon[number, 1] - y0
        bx, by = polygon[after, 0] - x0, polygon[after, 1] - y0
        sign = 1.0
        if ay > by:
            ax, ay, bx, by, sign = bx, by, ax, ay, -1.0
        top, bottom = max(ay, 0.0), min(by, float(height))
        if not top < bottom:
            continue
        slope = (bx - ax) / (by - ay)
        row = int(top)
        while row < bottom:
            high, low = max(ay, float(row)), min(by, row + 1.0)
            start, stop = ax + (high - ay) * slope, ax + (low - ay) * slope
            _add_clipped(area, row, start, stop, sign * (low - high), float(width))
            row += 1
    return area


@compiled
def coverage(
    polygon: NDArray[np.float64], x0: int, y0: int, height: int, width: int
) -> NDArray[np.float64]:
    """Return the share of each pixel of a window, (height, width), inside a polygon (N, 2)."""
    area = _edges(polygon, x0, y0, height, width)
    shares = np.zeros((height, width))
    left, top, _, bottom = _bounds(polygon)
    first = min(max(math.floor(left) - x0, 0), width)
    upper = min(max(math.floor(top) - y0, 0), height)
    lower = min(max(math.ceil(bottom) - y0, 0), height)
    for row in range(upper, lower):
        total = 0.0
        for column in range(first, width):
            total += area[row, column]
            shares[row, column] = min(abs(total), 1.0)
    return shares


@compiled
def tinted(
    polygon: NDArray[np.float64],
    size: int,
    dark: float,
    noise: NDArray[np.float32],
    mean: float,
    swing: float,
    most: float,
) -> NDArray[np.float32]:
    """Return the darkness of a sheet, (size, size), that is so dark inside a polygon (N, 2).

    Parameters
    ----------
    noise : (size, size), or empty: the darkness is multiplied by `mean` and `swing` times the
        noise, from 0 to `most`
    """
    tone = np.zeros((size, size), dtype=np.float32)
    left, top, right, bottom = _bounds(polygon)
    first, last = min(max(math.floor(left), 0), size), min(max(math.ceil(right), 0), size)
    upper, lower = min(max(math.floor(top), 0), size), min(max(math.ceil(bottom), 0), size)
    if last <= first or lower <= upper:
        return tone
    area = _edges(polygon, first, upper, lower - upper, last - first)
    for row in range(upper, lower):
        total, steps, line = 0.0, area[row - upper], tone[row, first:last]
        for column in range(len(line)):
            total += steps[column]
            share = min(abs(total), 1.0) * dark
            if len(noise) > 0:
                share *= min(max(mean + swing * float(noise[row, first + column]), 0.0), most)
            line[column] = share
    return tone


@compiled
def _bounds(polygon: NDArray[np.float64]) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of a polygon (N, 2)."""
    left = top = 1e9
    right = bottom = -1e9
    for number in range(len(polygon)):
        left, right = min(left, polygon[number, 0]), max(right, polygon[number, 0])
        top, bottom = min(top, polygon[number, 1]), max(bottom, polygon[number, 1])
    return left, top, right, bottom


@compiled
def _mixed(cell: int, share: float, tone: float, named: int) -> int:
    """Return a cell (level x 256 + label) with a tone mixed in by a share."""
    level = (cell >> 8) * (1.0 - share) + 255.0 * tone * share
    return (int(level) << 8) | (named if share > 0.5 else cell & 255)


@compiled
def lay_share(
    cells: NDArray[np.uint16],
    shares: NDArray[np.float64],
    x0: int,
    y0: int,
    tone: float,
    label: int,
) -> None:
    """Mix a tone into the cells by a share each; a window at (x0, y0) of the sheet."""
    named = label if tone > 0.0 else 0
    for row in range(shares.shape[0]):
        for column in range(shares.shape[1]):
            share = shares[row, column]
            if share > 0.004:
                old = int(cells[y0 + row, x0 + column])
                cells[y0 + row, x0 + column] = _mixed(old, share, tone, named)


@compiled
def lay_polygon(
    cells: NDArray[np.uint16],
    polygon: NDArray[np.float64],
    clip: NDArray[np.float64],
    tone: float,
    label: int,
) -> None:
    """Fill a polygon (N, 2), inside a second one if that has any corners."""
    size_y, size_x = cells.shape
    left, top, right, bottom = _bounds(polygon)
    x0, x1 = math.floor(max(left, 0.0)), math.ceil(min(right, float(size_x)))
    y0, y1 = math.floor(max(top, 0.0)), math.ceil(min(bottom, float(size_y)))
    if x1 <= x0 or y1 <= y0:
        return
    if len(clip) > 0:
        shares = coverage(polygon, x0, y0, y1 - y0, x1 - x0)
        shares *= coverage(clip, x0, y0, y1 - y0, x1 - x0)
        lay_share(cells, shares, x0, y0, tone, label)
        return
    area = _edges(polygon, x0, y0, y1 - y0, x1 - x0)
    named = label if tone > 0.0 else 0
    full = (int(255.0 * tone) << 8) | named
    for row in range(y1 - y0):
        total = share = 0.0
        steps, line = area[row], cells[y0 + row, x0:x1]
        for column in range(len(line)):
            step = steps[column]
            if step != 0.0:  # most pixels lie between edges
                total += step
                share = abs(total)
            if share >= 1.0:
                line[column] = full
            elif share > 0.004:
                line[column] = _mixed(int(line[column]), share, tone, named)


@compiled
def lay_shade(
    cells: NDArray[np.uint16], darkness: NDArray[np.float32], tone: float, label: int
) -> None:
    """Add ink, (H, W) in [0, 1] times a tone, where it is darker than what is there."""
    for row in range(cells.shape[0]):
        _shade_row(cells[row], darkness[row], tone, label)


@compiled
def _shade_row(
    cells: NDArray[np.uint16], darkness: NDArray[np.float32], tone: float, label: int
) -> None:
    """Add ink to one row; without branches, the compiler works on several pixels at once."""
    for column in range(len(cells)):
        dark = min(float(darkness[column]) * tone, 1.0)
        cell, old = (np.int32(dark * 255.0) << 8) | label, np.int32(cells[column])
        cells[column] = cell if (dark > 0.0) & (cell > old) else old
