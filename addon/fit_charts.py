"""The charts of a fit: gaps in three stages, and the energy of each snake."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

from .fit import SnakeRecord
from .overlay import STAGE_COLOURS

__all__ = ["STAGES", "STYLE", "energy_chart", "energy_range", "gap_chart", "stage_key"]

STAGES = ("placed", "parametric", "snakes")
"""Stages of the gap, and classes of `STYLE`."""

_HEX = tuple(f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in STAGE_COLOURS)
STYLE = "".join(f"svg .{stage}{{--c:{colour}}}" for stage, colour in zip(STAGES, _HEX, strict=True))
"""The stages' colours, beside `charts.STYLE`."""

_LEAST_ENERGY = 1e-3  # px² a node: what lies lower is at rest on its ink
_Gaps = tuple[float, float, float]


def stage_key() -> str:
    """Return the words for the stages' colours."""
    spots = (
        f'<span class="key" style="background:{colour}"></span>{stage}'
        for stage, colour in zip(STAGES, _HEX, strict=True)
    )
    return f'<p class="soft">{"".join(spots)}</p>'


def gap_chart(rows: Sequence[tuple[str, _Gaps]], title: str, width: int = 520) -> str:
    """Draw bars for the gap in each of `STAGES`, with the figures beside them, one row a name."""
    left, right, top, step = 132, 158, 38, 25
    side, height = width - left - right, top + step * len(rows) + 4
    most = max((value for _, gaps in rows for value in gaps if math.isfinite(value)), default=0.0)
    columns = [width - right + 52 * (place + 1) for place in range(3)]
    parts = [f'<text class="strong" x="0" y="13">{escape(title)}</text>']
    parts += [
        f'<text x="{x}" y="30" text-anchor="end">{name}</text>'
        for x, name in zip(columns, ("placed", "param.", "snakes"), strict=True)
    ]
    for row, (name, gaps) in enumerate(rows):
        y = top + step * row
        parts.append(f'<text x="{left - 8}" y="{y + 13}" text-anchor="end">{escape(name)}</text>')
        for place, (stage, value) in enumerate(zip(STAGES, gaps, strict=True)):
            known = math.isfinite(value)
            long = side * value / most if known and most > 0.0 else 0.0
            parts.append(
                f'<rect class="bar {stage}" x="{left}" y="{y + 2 + 6 * place}" '
                f'width="{max(long, 1.0):.1f}" height="5"/>'
            )
            weight = ' class="strong"' if place == 2 else ""
            parts.append(
                f'<text{weight} x="{columns[place]}" y="{y + 13}" text-anchor="end">'
                f"{f'{value:.3f}' if known else '–'}</text>"
            )
    return _svg(width, height, title, parts)


def energy_range(records: Iterable[SnakeRecord]) -> tuple[int, int]:
    """Return the powers of ten between which the energies of some snakes lie."""
    found = [
        float(value)
        for record in records
        for value in record.energies
        if math.isfinite(value) and value > _LEAST_ENERGY
    ]
    low, high = min(found, default=_LEAST_ENERGY), max(found, default=1.0)
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    return first, max(last, first + 1)


def energy_chart(record: SnakeRecord, title: str, powers: tuple[int, int]) -> str:
    """Draw a snake's energy over its steps, one line a stage, on a scale of tens.

    Parameters
    ----------
    powers : of `energy_range`, the same for all charts that are compared
    """
    left, top, wide, high = 30, 20, 132, 76
    first, last = powers
    count = max(len(record.energies), 2)

    def spot(step: int, value: float) -> str:
        power = math.log10(max(value, _LEAST_ENERGY)) if math.isfinite(value) else last
        share = min(max((power - first) / (last - first), 0.0), 1.0)
        return f"{left + wide * step / (count - 1):.1f},{top + high * (1.0 - share):.1f}"

    parts = [f'<text class="strong" x="{left}" y="13">{escape(title)}</text>']
    for power in range(first, last + 1):
        y = top + high * (last - power) / (last - first)
        parts.append(f'<path class="grid" d="M{left} {y:.1f}H{left + wide}"/>')
        parts.append(
            f'<text x="{left - 4}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g}</text>'
        )
    energies = [float(value) for value in record.energies]
    starts = [start for _, start in record.stages] or [0]
    for number, (start, stop) in enumerate(zip(starts, [*starts[1:], len(energies)], strict=True)):
        kind = record.stages[number][0] if record.stages else ""
        shade = "a" if kind == "ink" else "b"
        line = [spot(step, energies[step]) for step in range(start, min(stop, len(energies)))]
        if number and line:
            x = float(line[0].split(",")[0])
            parts.append(f'<path class="even" d="M{x:.1f} {top}V{top + high}"/>')
        parts.append(f'<polyline class="line {shade}" points="{" ".join(line)}"/>')
    parts.append(f'<text x="{left}" y="{top + high + 14}">0</text>')
    parts.append(
        f'<text x="{left + wide}" y="{top + high + 14}" text-anchor="end">'
        f"step {len(energies)}</text>"
    )
    return _svg(left + wide + 6, top + high + 20, title, parts)


def _svg(width: float, height: float, title: str, parts: Iterable[str]) -> str:
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" role="img" '
        f'aria-label="{escape(title)}">{"".join(parts)}</svg>'
    )
