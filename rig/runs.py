"""Runs of equal values along a line, open or closed, and how short ones give way."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, pairwise

__all__ = ["bridged", "runs_of"]


def runs_of(values: list[int], is_closed: bool) -> list[tuple[int, int, int]]:
    """Split a sequence into its runs of equal values: (start, stop, value).

    A ring has no first run: where its ends are equal, the run there comes last, and its stop lies
    beyond the end by as much as it goes on at the start.
    """
    count = len(values)
    breaks = [row for row in range(1, count) if values[row] != values[row - 1]]
    edges = [0, *breaks, count]
    if is_closed and breaks and values[0] == values[-1]:
        edges = [*breaks, count + breaks[0]]
    return [(start, stop, values[start]) for start, stop in pairwise(edges) if stop > start]


def bridged(values: list[int], steps: list[float], is_closed: bool, bridge_px: float) -> list[int]:
    """Give runs shorter than `bridge_px` the value of the run before, shortest first."""
    count = len(values)
    if len(set(values)) < 2:
        return values
    sums = [0.0, *accumulate(steps + steps)]
    runs = [
        _Run(sums[stop] - sums[start], start, stop - start, value)
        for start, stop, value in runs_of(values, is_closed)
    ]
    while len(runs) > (1 if is_closed else 2):
        inner = range(len(runs)) if is_closed else range(1, len(runs) - 1)
        shortest = min(inner, key=lambda number: runs[number].length_px)
        if runs[shortest].length_px >= bridge_px:
            break
        before, merged = runs[shortest - 1], [runs.pop(shortest)]
        following = shortest % len(runs)
        if runs[following] is not before and runs[following].value == before.value:
            merged.append(runs.pop(following))
        before.length_px += sum(run.length_px for run in merged)
        before.count += sum(run.count for run in merged)
    result = [0] * count
    for run in runs:
        for row in range(run.start, run.start + run.count):
            result[row % count] = run.value
    return result


@dataclass(slots=True)
class _Run:
    """Some nodes in a row with one value."""

    length_px: float
    start: int
    count: int
    value: int
