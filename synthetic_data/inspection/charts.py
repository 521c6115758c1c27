"""Charts in plain SVG and HTML; their colours follow the page's light and dark."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .sheets import data_uri

__all__ = ["bars", "heat_image", "histogram", "matrix"]


def bars(values: Mapping[str, float], total: float, *, unit: str = "") -> str:
    """Return rows of a name, a bar and a number; the longest bar fills its place."""
    top = max([*values.values(), 1e-9])
    rows = []
    for name, value in values.items():
        share = f"{value / total:.1%}" if total else "–"
        rows.append(
            f'<tr><th scope="row">{escape(name)}</th>'
            f'<td class="bar"><span style="width:{100.0 * value / top:.1f}%"></span></td>'
            f'<td class="num">{value:,.0f}{escape(unit)}</td><td class="num">{share}</td></tr>'
        )
    return f'<table class="bars">{"".join(rows)}</table>'


def histogram(
    counts: Sequence[int] | NDArray[np.integer],
    low: float,
    high: float,
    *,
    width: int = 150,
    height: int = 34,
    unit: str = "",
) -> str:
    """Return a histogram of equal steps from `low` to `high`."""
    values = [int(count) for count in counts]
    top, step = max([*values, 1]), width / len(values)
    parts = []
    for number, value in enumerate(values):
        tall = (height - 2) * value / top
        first = low + (high - low) * number / len(values)
        last = low + (high - low) * (number + 1) / len(values)
        parts.append(
            f'<rect x="{number * step + 0.5:.1f}" y="{height - tall:.1f}" '
            f'width="{step - 1.0:.1f}" height="{tall:.1f}">'
            f"<title>{first:g} to {last:g}{escape(unit)}: {value:,}</title></rect>"
        )
    return (
        f'<svg class="hist" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="histogram from {low:g} to {high:g}{escape(unit)}">'
        f'<line x1="0" y1="{height - 0.5}" x2="{width}" y2="{height - 0.5}"/>{"".join(parts)}</svg>'
    )


def matrix(names: Sequence[str], counts: NDArray[np.integer], cell: int = 22) -> str:
    """Return a square table of shares: of the faces with the row's, how many have the column's."""
    own = np.maximum(np.diagonal(counts), 1)
    shares = counts / own[:, None]
    edge, size = 34, len(names) * cell
    parts = []
    for row, name in enumerate(names):
        middle = edge + (row + 0.5) * cell
        parts.append(f'<text x="{edge - 5}" y="{middle + 4:.0f}" text-anchor="end">{name}</text>')
        parts.append(f'<text x="{middle:.0f}" y="{edge - 7}" text-anchor="middle">{name}</text>')
        for column, other in enumerate(names):
            share = float(shares[row, column])
            if row == column or share < 0.004:
                continue
            parts.append(
                f'<rect x="{edge + column * cell + 1}" y="{edge + row * cell + 1}" '
                f'width="{cell - 2}" height="{cell - 2}" fill-opacity="{min(1.0, share**0.7):.2f}">'
                f"<title>of AU{name}, {share:.0%} with AU{other}</title></rect>"
            )
    whole = edge + size + 2
    return (
        f'<svg class="matrix" viewBox="0 0 {whole} {whole}" role="img" '
        f'aria-label="how often Action Units meet">'
        f'<rect class="field" x="{edge}" y="{edge}" width="{size}" height="{size}"/>'
        f"{''.join(parts)}</svg>"
    )


def heat_image(counts: NDArray[np.integer], scale: int = 4) -> str:
    """Return a map of counts as a data URI: one colour, more opaque where more fell."""
    level = counts / max(int(np.percentile(counts[counts > 0], 99)) if counts.any() else 1, 1)
    alpha = (255.0 * np.clip(level, 0.0, 1.0) ** 0.5).astype(np.uint8)
    colour = np.empty((*counts.shape, 4), dtype=np.uint8)
    colour[..., :3] = (214, 72, 28)
    colour[..., 3] = alpha
    side = len(counts) * scale
    return data_uri(Image.fromarray(colour).resize((side, side), Image.Resampling.BICUBIC), "PNG")
