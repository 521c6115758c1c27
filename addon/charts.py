"""Charts as inline SVG: text in, text out; colours and fonts are the page's (`STYLE`)."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

__all__ = [
    "STYLE", "Line", "Mark", "bar_chart", "heat_map", "unit_chart", "whisker_chart",
]  # fmt: skip

STYLE = """
svg{display:block;max-width:100%;height:auto;font:11px system-ui,sans-serif}
svg text{fill:var(--soft)} svg .strong{fill:var(--ink);font-weight:600}
svg .frame{fill:none;stroke:var(--rule)} svg .grid{stroke:var(--rule);stroke-width:.6}
svg .even{stroke:var(--soft);stroke-dasharray:3 3;fill:none}
svg .a{--c:var(--blue)} svg .b{--c:var(--orange)} svg .c{--c:var(--soft)}
svg .line{fill:none;stroke:var(--c);stroke-width:1.6;stroke-linejoin:round}
svg .dot{fill:var(--c);stroke:var(--paper);stroke-width:.8}
svg .bar{fill:var(--c)} svg .faint{opacity:.22} svg .whisker{stroke:var(--c);stroke-width:1.4}
svg .cell{fill:var(--red)}
"""
"""What the charts ask of the page: --ink, --soft, --rule, --paper, --blue, --orange, --red."""


class Line(NamedTuple):
    """A polyline of (x, y) in [0, 1] with a class of `STYLE` ("a", "b", "c")."""

    points: Sequence[tuple[float, float]]
    kind: str = "a"
    dots: bool = False


class Mark(NamedTuple):
    """A value in [0, 1] with its interval, and what the pointer is told about it."""

    value: float
    low: float
    high: float
    kind: str
    note: str


def unit_chart(
    lines: Iterable[Line],
    title: str,
    x_label: str = "",
    y_label: str = "",
    size: int = 150,
    even: bool = False,
    marks: Iterable[tuple[float, float, str]] = (),
    bars: Sequence[float] = (),
) -> str:
    """Draw lines in a square from 0 to 1.

    Parameters
    ----------
    even : also draw the diagonal, where x = y
    marks : further dots (x, y, class)
    bars : heights of a faint histogram from 0 to 1
    """
    left, top, side = (34 if y_label else 22), 20, size
    width, height = left + side + 8, top + side + (34 if x_label else 20)
    parts = [f'<text class="strong" x="{left}" y="13">{escape(title)}</text>']
    for tick in (0.0, 0.5, 1.0):
        x, y = left + tick * side, top + (1.0 - tick) * side
        parts.append(
            f'<path class="grid" d="M{x:.1f} {top}V{top + side}M{left} {y:.1f}H{left + side}"/>'
        )
        parts.append(
            f'<text x="{x:.1f}" y="{top + side + 13}" text-anchor="middle">{tick:g}</text>'
        )
        parts.append(f'<text x="{left - 4}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>')
    wide = side / max(len(bars), 1)
    parts += [
        f'<rect class="bar faint c" x="{left + place * wide + 1:.1f}" '
        f'y="{top + side * (1.0 - _clip(bar)):.1f}" width="{wide - 2:.1f}" '
        f'height="{side * _clip(bar):.1f}"/>'
        for place, bar in enumerate(bars)
    ]
    if even:
        parts.append(f'<path class="even" d="M{left} {top + side}L{left + side} {top}"/>')
    for line in lines:
        spots = [(left + x * side, top + (1.0 - y) * side) for x, y in line.points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
        parts.append(f'<polyline class="line {line.kind}" points="{path}"/>')
        if line.dots:
            parts += [_dot(x, y, line.kind, 2.5) for x, y in spots]
    parts += [_dot(left + x * side, top + (1.0 - y) * side, kind, 4.0) for x, y, kind in marks]
    if x_label:
        middle = left + side / 2
        parts.append(
            f'<text x="{middle}" y="{height - 5}" text-anchor="middle">{escape(x_label)}</text>'
        )
    if y_label:
        middle = top + side / 2
        parts.append(
            f'<text transform="translate(10 {middle}) rotate(-90)" text-anchor="middle">'
            f"{escape(y_label)}</text>"
        )
    return _svg(width, height, title, parts)


def whisker_chart(rows: Sequence[tuple[str, Sequence[Mark]]], title: str, width: int = 640) -> str:
    """Draw values with their intervals on a scale from 0 to 1, one row a name."""
    left, top, step = 210, 26, 19
    side, height = width - left - 14, top + step * len(rows) + 8
    parts = [f'<text class="strong" x="0" y="13">{escape(title)}</text>']
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        x = left + tick * side
        parts.append(f'<path class="grid" d="M{x:.1f} {top - 4}V{height - 6}"/>')
        parts.append(f'<text x="{x:.1f}" y="{top - 8}" text-anchor="middle">{tick:g}</text>')
    for row, (name, marks) in enumerate(rows):
        middle = top + step * (row + 0.5)
        parts.append(
            f'<text x="{left - 10}" y="{middle + 4:.1f}" text-anchor="end">{escape(name)}</text>'
        )
        known = [mark for mark in marks if math.isfinite(mark.value)]
        for place, mark in enumerate(known):
            y = middle + 6.0 * (place - 0.5 * (len(known) - 1))
            low, high, x = (left + side * _clip(v) for v in (mark.low, mark.high, mark.value))
            parts.append(
                f'<g class="{mark.kind}"><title>{escape(mark.note)}</title>'
                f'<path class="whisker" d="M{low:.1f} {y:.1f}H{high:.1f}"/>'
                f"{_dot(x, y, '', 3.2)}</g>"
            )
    return _svg(width, height, title, parts)


def bar_chart(
    values: Sequence[float],
    names: Sequence[str],
    title: str,
    width: int = 460,
    top_value: float = 1.0,
) -> str:
    """Draw upright bars from 0 to `top_value`, their values in % above and names below."""
    top, side, height = 34, 130, 190
    step = width / max(len(values), 1)
    parts = [f'<text class="strong" x="0" y="13">{escape(title)}</text>']
    for place, (value, name) in enumerate(zip(values, names, strict=True)):
        x, tall = place * step, side * _clip(value / top_value)
        middle = x + step / 2
        parts.append(
            f'<rect class="bar a" x="{x + 3:.1f}" y="{top + side - tall:.1f}" '
            f'width="{step - 6:.1f}" height="{tall:.1f}"/>'
            f'<text x="{middle:.1f}" y="{top + side - tall - 4:.1f}" text-anchor="middle">'
            f"{100 * value:.0f}</text>"
            f'<text x="{middle:.1f}" y="{height - 10}" text-anchor="middle">{escape(name)}</text>'
        )
    return _svg(width, height, title, parts)


def heat_map(
    values: Sequence[Sequence[float]], names: Sequence[str], title: str, top_value: float
) -> str:
    """Draw a square table of values as red cells, full red at `top_value`; NaN stays empty.

    Rows and columns have the same names.
    """
    cell, edge = 15, 48
    size = edge + cell * len(names) + 2
    parts = [f'<text class="strong" x="0" y="13">{escape(title)}</text>']
    for row, name in enumerate(names):
        y = 20 + edge + cell * (row + 0.75)
        x = edge + cell * (row + 0.75)
        parts.append(f'<text x="{edge - 4}" y="{y:.1f}" text-anchor="end">{escape(name)}</text>')
        parts.append(
            f'<text transform="translate({x:.1f} {16 + edge}) rotate(-90)">{escape(name)}</text>'
        )
        for column, value in enumerate(values[row]):
            share = _clip(value / top_value) if math.isfinite(value) else 0.0
            if share < 0.02:
                continue
            parts.append(
                f'<rect class="cell" x="{edge + cell * column + 1}" y="{21 + edge + cell * row}" '
                f'width="{cell - 2}" height="{cell - 2}" fill-opacity="{share:.2f}">'
                f"<title>{escape(names[column])} where {escape(name)} is: "
                f"+{value:.0%}</title></rect>"
            )
    side = cell * len(names)
    parts.append(f'<rect class="frame" x="{edge}" y="{20 + edge}" width="{side}" height="{side}"/>')
    return _svg(size, size + 20, title, parts)


def _dot(x: float, y: float, kind: str, radius: float) -> str:
    return f'<circle class="dot {kind}" cx="{x:.1f}" cy="{y:.1f}" r="{radius}"/>'


def _clip(value: float) -> float:
    return min(max(value, 0.0), 1.0) if math.isfinite(value) else 0.0


def _svg(width: float, height: float, title: str, parts: Iterable[str]) -> str:
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" role="img" '
        f'aria-label="{escape(title)}">{"".join(parts)}</svg>'
    )
