"""Strokes as tapered capsules: the loop that inks their pixels, and the one that makes them waver.

A line of a given width, convolved with a pixel, gives a trapezoid of the same area. So a pixel's
coverage is a matter of its distance to the line, and no sample is drawn twice.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .compiled import compiled

__all__ = ["eased", "ink_batch", "ink_line", "ink_strokes", "knot_count", "resampled"]

_WOBBLE_STEPS, _PRESSURE_STEPS = 5.0, 8.0
"""Points of a stroke over which its wobble and its width keep their direction."""


@compiled
def ink_strokes(
    cells: NDArray[np.uint16],
    points: NDArray[np.float64],
    widths: NDArray[np.float64],
    tones: NDArray[np.float64],
    label: int,
) -> None:
    """Blend strokes into the cells (level x 256 + label) by maximum.

    Parameters
    ----------
    cells : (H, W) uint16, changed in place
    points : (S, N, 2) pixels
    widths : (S, N) pixels
    tones : (S,) darkness in [0, 1]
    """
    height, width = cells.shape
    named = np.int32(label)
    for stroke in range(points.shape[0]):
        for row in range(points.shape[1] - 1):
            x0, y0 = points[stroke, row, 0], points[stroke, row, 1]
            x1, y1 = points[stroke, row + 1, 0], points[stroke, row + 1, 1]
            half0, half1 = 0.5 * widths[stroke, row], 0.5 * widths[stroke, row + 1]
            full = 255.0 * tones[stroke]
            thick = max(half0, half1)
            length = math.sqrt((x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0))
            if not (thick > 0.02 and length < 1e5):
                continue
            # short pieces, since the box around a long one is mostly empty
            pieces = int(length / (5.0 + 2.0 * thick)) + 1
            for piece in range(pieces):
                low, high = piece / pieces, (piece + 1) / pieces
                ax, ay = x0 + low * (x1 - x0), y0 + low * (y1 - y0)
                bx, by = x0 + high * (x1 - x0), y0 + high * (y1 - y0)
                first = half0 + low * (half1 - half0)
                growth = (high - low) * (half1 - half0)
                reach = max(first, first + growth) + 0.5
                left = max(math.floor(min(ax, bx) - reach), 0)
                right = min(math.floor(max(ax, bx) + reach), width - 1)
                top = max(math.floor(min(ay, by) - reach), 0)
                bottom = min(math.floor(max(ay, by) + reach), height - 1)
                # a few pixels too many, so that they come in fours
                right = min(right + (left - right - 1) % 4, width - 1)
                if right < left:
                    continue
                along_x, along_y = bx - ax, by - ay
                inverse = 1.0 / max(along_x * along_x + along_y * along_y, 1e-9)
                wide = right - left + 1
                for y in range(top, bottom + 1):
                    dy = y + 0.5 - ay
                    line = cells[y]
                    for place in range(wide):
                        dx = place + (left + 0.5 - ax)
                        at = min(max((dx * along_x + dy * along_y) * inverse, 0.0), 1.0)
                        gap_x, gap_y = dx - at * along_x, dy - at * along_y
                        half = first + at * growth
                        away = math.sqrt(gap_x * gap_x + gap_y * gap_y)
                        covered = min(half + 0.5 - away, 2.0 * half, 1.0)
                        cell = np.int32(covered * full) << 8 | named
                        cell = cell if covered > 0.01 else np.int32(0)
                        old = np.int32(line[left + place])
                        line[left + place] = cell if cell > old else old


@compiled
def _between(knots: NDArray[np.float64], along: float) -> float:
    """Return the smooth value of a row of knots at a share of its length; the ends have a spare."""
    at = along * (len(knots) - 3.001)
    low = int(at)
    part = at - low
    ease = part * part * (3.0 - 2.0 * part)
    return knots[low + 1] * (1.0 - ease) + knots[low + 2] * ease


@compiled
def eased(knots: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """Return (S, length) smooth curves through rows of knots, (S, K)."""
    rows = len(knots)
    values = np.empty((rows, length))
    for row in range(rows):
        for column in range(length):
            values[row, column] = _between(knots[row], column / max(length - 1, 1))
    return values


@compiled
def knot_count(length: int, period: float) -> int:
    """Return how many knots a smooth curve of so many points needs, spare ones included."""
    return max(math.ceil(length / max(period, 1.0)), 1) + 3


@compiled
def noise_width(length: int) -> int:
    """Return how many normal numbers `ink_wavering` takes for a stroke of so many points."""
    return 2 * knot_count(length, _WOBBLE_STEPS) + knot_count(length, _PRESSURE_STEPS) + 2


@compiled
def ink_wavering(
    cells: NDArray[np.uint16],
    points: NDArray[np.float64],
    noise: NDArray[np.float64],
    wobble_px: float,
    pressure: float,
    taper: float,
    width_px: float,
    tone: float,
    paler: NDArray[np.float64],
    label: int,
) -> None:
    """Ink strokes as a hand draws them, each wavering and swelling in its own way.

    Parameters
    ----------
    cells : (H, W) uint16, level x 256 + label, changed in place
    points : (S, N, 2) pixels, or (1, N, 2) for S strokes along the same line
    noise : (S, `noise_width(N)`) normal numbers
    wobble_px, pressure, taper : amplitudes of the noise; thinning towards the ends
    width_px : of the whole stroke; it never gets thinner than 0.35
    tone : darkness
    paler : (S,) in [0, 1]: how far each stroke stays below that
    """
    strokes, count = len(noise), points.shape[1]
    moved, widths = np.empty((strokes, count, 2)), np.empty((strokes, count))
    tones = np.empty(strokes)
    knots = knot_count(count, _WOBBLE_STEPS)
    for stroke in range(strokes):
        line, chance = points[stroke if len(points) > 1 else 0], noise[stroke]
        by_x, by_y = chance[:knots], chance[knots : 2 * knots]
        drift, swells = chance[2 * knots : 2 * knots + 2], chance[2 * knots + 2 :]
        apart = 0.8 * wobble_px if strokes > 1 else 0.0
        tones[stroke] = min(tone * (1.0 - 0.1 * paler[stroke]), 1.0)
        for row in range(count):
            along = row / max(count - 1, 1)
            x, y = line[row, 0], line[row, 1]
            if wobble_px > 0.02:
                x += 0.7 * wobble_px * _between(by_x, along) + apart * drift[0]
                y += 0.7 * wobble_px * _between(by_y, along) + apart * drift[1]
            moved[stroke, row, 0], moved[stroke, row, 1] = x, y
            bulge = min(1.0, min(along, 1.0 - along) * 5.0 + 0.12)
            thinned = 1.0 - taper * (1.0 - bulge)
            swell = min(max(1.0 + pressure * _between(swells, along), 0.25), 2.0)
            widths[stroke, row] = max(width_px * swell * thinned, 0.35)
    ink_strokes(cells, moved, widths, tones, label)


@compiled
def extended(run: NDArray[np.float64], before_px: float, after_px: float) -> NDArray[np.float64]:
    """Lengthen a run (N, 2) at both ends in its own direction."""
    count = len(run)
    longer = np.empty((count + 2, 2))
    longer[1:-1] = run
    for end, inner, place, reach in ((0, 2, 0, before_px), (count - 1, count - 3, -1, after_px)):
        x, y = run[end, 0] - run[inner, 0], run[end, 1] - run[inner, 1]
        length = max(math.sqrt(x * x + y * y), 1e-6)
        longer[place, 0] = run[end, 0] + reach * x / length
        longer[place, 1] = run[end, 1] + reach * y / length
    return longer


@compiled
def resampled(points: NDArray[np.float64], step_px: float) -> NDArray[np.float64]:
    """Return a polyline of (N, 2) points at about equal steps along its length."""
    count = len(points)
    at = np.zeros(count)
    for row in range(1, count):
        dx, dy = points[row, 0] - points[row - 1, 0], points[row, 1] - points[row - 1, 1]
        at[row] = at[row - 1] + math.sqrt(dx * dx + dy * dy)
    total = at[count - 1]
    pieces = min(max(math.ceil(total / step_px), 2), 400)
    found = np.empty((pieces + 1, 2))
    row = 0
    for number in range(pieces + 1):
        wanted = total * number / pieces
        while row < count - 2 and at[row + 1] < wanted:
            row += 1
        run = at[row + 1] - at[row] if count > 1 else 0.0
        share = (wanted - at[row]) / run if run > 0.0 else 0.0
        share = min(share, 1.0)
        after = min(row + 1, count - 1)
        for axis in range(2):
            found[number, axis] = points[row, axis] + share * (
                points[after, axis] - points[row, axis]
            )
    return found


_WOBBLE, _PRESSURE, _TAPER, _WIDTH, _TONE, _PASSES, _OVERSHOOT, _DOUBLE, _GAP, _STEP = range(10)
"""Where each number of a hand stands in what `ink_line` is given; lengths in pixels."""
_MARKS = 64
"""Uniform numbers that a line takes at most: 7, and one a pass."""


@compiled
def ink_line(
    cells: NDArray[np.uint16],
    points: NDArray[np.float64],
    visible: NDArray[np.bool_],
    closed: bool,
    row: int,
    way: NDArray[np.float64],
    weight: float,
    tone: float,
    label: int,
    steady: bool,
    uniform: NDArray[np.float64],
    normal: NDArray[np.float64],
    used: NDArray[np.int64],
) -> tuple[int, int, int]:
    """Draw a line (N, 2) as a hand does, as far as it is visible, each run once or several times.

    Parameters
    ----------
    visible : (N,) flags; of length 0, if all is seen
    closed : True if the line ends where it began
    row : the point where to begin
    way : (10,) the hand's numbers
    weight, tone : factors on its width and darkness
    steady : True for small marks that must not break or be doubled
    uniform, normal : random numbers in store
    used : (2,) how many of each are taken already; changed in place

    Returns
    -------
    Where to go on, below 0 at the end; how many points were drawn; and how many normal numbers are
    lacking to go on, or below 0 how many uniform ones.
    """
    if closed and len(points) > 0:
        points = np.concatenate((points, points[:1]))
        if len(visible) > 0:
            visible = np.concatenate((visible, visible[:1]))
    count, drawn, least = len(points), 0, 3
    if len(visible) == 0 or visible.all():
        visible, least = np.ones(count, dtype=np.bool_), 2
    while row < count:
        start = row
        while row < count and visible[row]:
            row += 1
        if row - start >= least:
            lacking = _ink_run(
                cells, points[start:row], way, weight, tone, label, steady, uniform, normal, used
            )
            if lacking != 0:
                return start, drawn, lacking
            drawn += row - start
        row += 1
    return -1, drawn, 0


@compiled
def _ink_run(
    cells: NDArray[np.uint16],
    run: NDArray[np.float64],
    way: NDArray[np.float64],
    weight: float,
    tone: float,
    label: int,
    steady: bool,
    uniform: NDArray[np.float64],
    normal: NDArray[np.float64],
    used: NDArray[np.int64],
) -> int:
    """Draw one visible run; if random numbers do not suffice draw nothing and return what lacks."""
    if used[0] + _MARKS > len(uniform):
        return -_MARKS
    chance = uniform[used[0] :]
    fine = resampled(run, way[_STEP])
    passes = max(int(way[_PASSES] + 0.99 * chance[3]), 1)
    count = len(fine)
    stop = after = count
    if not steady:
        if way[_OVERSHOOT] > 0.0 and count > 4:
            fine = extended(fine, chance[0] * way[_OVERSHOOT], chance[1] * way[_OVERSHOOT])
            count += 2
            stop = after = count
        if chance[2] < way[_DOUBLE]:
            passes += 1
        if count > 8 and chance[4] < way[_GAP]:
            stop = 2 + int(chance[5] * (count - 6))
            after = stop + 1 + int(chance[6] * (max(count // 5, 2) - 1))
    first = passes * noise_width(stop)
    second = passes * noise_width(count - after) if count - after > 1 else 0
    if used[1] + first + second > len(normal):
        return first + second
    taken, begin = 7, used[1]
    for start, end, needed in ((0, stop, first), (after, count, second)):
        if needed == 0:
            continue
        ink_wavering(
            cells,
            fine[start:end].reshape((1, end - start, 2)),
            normal[begin : begin + needed].reshape((passes, needed // passes)),
            way[_WOBBLE],
            way[_PRESSURE],
            way[_TAPER],
            way[_WIDTH] * weight,
            way[_TONE] * tone,
            chance[taken : taken + passes],
            label,
        )
        taken += passes
        begin += needed
    used[0] += taken
    used[1] = begin
    return 0


@compiled
def ink_batch(
    cells: NDArray[np.uint16],
    points: NDArray[np.float64],
    way: NDArray[np.float64],
    weight: float,
    tone: float,
    label: int,
    uniform: NDArray[np.float64],
    normal: NDArray[np.float64],
    used: NDArray[np.int64],
) -> int:
    """Draw a batch of strokes (S, N, 2); parameters and what is returned are as in `ink_line`."""
    strokes, width = len(points), noise_width(points.shape[1])
    if used[1] + strokes * width > len(normal):
        return strokes * width
    if used[0] + strokes > len(uniform):
        return -strokes
    begin, first = used[1], used[0]
    ink_wavering(
        cells,
        points,
        normal[begin : begin + strokes * width].reshape((strokes, width)),
        way[_WOBBLE],
        way[_PRESSURE],
        way[_TAPER],
        way[_WIDTH] * weight,
        way[_TONE] * tone,
        uniform[first : first + strokes],
        label,
    )
    used[0] += strokes
    used[1] += strokes * width
    return 0
