"""Where a line hides or becomes another, cut in compiled loops, as `rig.runs` does it."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .compiled import compiled

__all__ = ["pieces_of"]


@compiled
def pieces_of(
    visible: NDArray[np.bool_],
    feature: NDArray[np.int64],
    image: NDArray[np.float64],
    bounds: NDArray[np.int64],
    closed: NDArray[np.bool_],
    bridge_px: float,
    min_length_px: float,
) -> NDArray[np.int64]:
    """Cut chains where they hide or become another feature.

    Returns
    -------
    Rows (begin and end of the chain, start and stop of the piece within it, feature); the stop in
    a ring may lie beyond the ring's end.
    """
    pieces = np.empty((len(visible), 5), dtype=np.int64)
    found = 0
    for chain in range(len(closed)):
        begin, end, ring = bounds[chain], bounds[chain + 1], closed[chain]
        count = end - begin
        steps, seen = np.empty(count), np.zeros(count, dtype=np.int64)
        in_sight, total = 0, 0.0
        for node in range(count):
            here, after = begin + node, begin + (node + 1) % count
            dx, dy = image[after, 0] - image[here, 0], image[after, 1] - image[here, 1]
            steps[node] = math.sqrt(dx * dx + dy * dy)
            total += steps[node]
            seen[node] = 1 if visible[here] else 0
            in_sight += seen[node]
        if in_sight < 2 or total < min_length_px:
            continue
        label = _bridged(seen, steps, ring, bridge_px)
        label *= _bridged(feature[begin:end], steps, ring, 2.0 * bridge_px)
        first, lengths, values = _runs(label, ring)
        for number in range(len(values)):
            start, stop = first[number], first[number] + lengths[number]
            following = (number + 1) % len(values)
            if values[number] == 0:
                continue
            # neighbours share the point where the name changes
            after = ring or number + 1 < len(values)
            if after and lengths[number] < count and values[following] != 0:
                stop += 1
            length = 0.0
            for node in range(start, stop - 1):
                length += steps[node % count]
            if stop - start < 2 or length < min_length_px:
                continue
            pieces[found] = np.array([begin, end, start, stop, values[number]])
            found += 1
    return pieces[:found]


@compiled
def _runs(
    values: NDArray[np.int64], ring: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return start, length and value of the runs of equal values; a ring's begin at a change."""
    count = len(values)
    offset = 0
    if ring and values[0] == values[count - 1]:
        while offset < count and values[offset] == values[0]:
            offset += 1
        offset %= count
    first, lengths = np.empty(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    kinds = np.empty(count, dtype=np.int64)
    runs = 0
    for step in range(count):
        value = values[(offset + step) % count]
        if step == 0 or value != kinds[runs - 1]:
            first[runs], kinds[runs] = offset + step, value
            runs += 1
        lengths[runs - 1] += 1
    return first[:runs], lengths[:runs], kinds[:runs]


@compiled
def _bridged(
    values: NDArray[np.int64], steps: NDArray[np.float64], ring: bool, bridge_px: float
) -> NDArray[np.int64]:
    """Give runs shorter than `bridge_px` the value of the run before, shortest first."""
    count = len(values)
    bridged = values.copy()
    while True:
        first, lengths, _ = _runs(bridged, ring)
        runs = len(first)
        if runs < (2 if ring else 3):
            return bridged
        shortest, least = -1, bridge_px
        for number in range(0 if ring else 1, runs if ring else runs - 1):
            length = 0.0
            for node in range(first[number], first[number] + lengths[number]):
                length += steps[node % count]
            if length < least:
                shortest, least = number, length
        if shortest < 0:
            return bridged
        before = bridged[first[shortest - 1] % count]
        for node in range(first[shortest], first[shortest] + lengths[shortest]):
            bridged[node % count] = before
