"""Pages of HTML that need no scripts and no network, in light and dark."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

from . import charts

__all__ = ["SIDES", "anchor", "document", "heading", "panels", "percent", "table", "text"]

_STYLE = """
:root{color-scheme:light dark;--paper:#fbfaf7;--card:#fff;--ink:#1d1c1a;--soft:#6d6a63;
--rule:#dcd8cf;--blue:#2a6fb0;--orange:#c8641b;--red:#c2342b}
@media (prefers-color-scheme:dark){:root{--paper:#171716;--card:#201f1e;--ink:#ece9e2;
--soft:#a19d94;--rule:#3b3936;--blue:#6db1ee;--orange:#f0985a;--red:#f0685e}}
*{box-sizing:border-box}
body{margin:0 auto;padding:2rem 1.2rem 5rem;max-width:1120px;background:var(--paper);
color:var(--ink);font:15px/1.5 system-ui,sans-serif}
h1{font-size:1.7rem;margin:0 0 .2rem} h2{font-size:1.2rem;margin:2.6rem 0 .3rem}
p,li{max-width:46rem} .soft,figcaption{color:var(--soft)} code{font-size:.9em}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(12rem,1fr));gap:.6rem;
margin:1.2rem 0}
.tile{background:var(--card);border:1px solid var(--rule);border-radius:6px;padding:.55rem .8rem}
.tile b{display:block;font-size:1.5rem;line-height:1.25} .tile span{color:var(--soft);
font-size:.82rem} nav a{color:var(--blue);margin-right:1rem}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.86rem;margin:.6rem 0}
th,td{padding:.14rem .6rem;text-align:right;border-bottom:1px solid var(--rule)}
th{font-weight:600;color:var(--soft)} td:first-child,th:first-child{
text-align:left;white-space:nowrap}
.names td:nth-child(2),.names th:nth-child(2){text-align:left}
tr.few td{color:var(--soft)}
.wide{overflow-x:auto} .row{display:flex;flex-wrap:wrap;gap:1rem 1.6rem;align-items:flex-start}
.panels{display:grid;grid-template-columns:repeat(auto-fill,minmax(176px,1fr));gap:.6rem .4rem}
.pictures{display:grid;grid-template-columns:repeat(auto-fill,minmax(160px,1fr));gap:.8rem}
figure{margin:0} figure img{width:100%;display:block;background:#fff;border:1px solid var(--rule)}
figcaption{font-size:.8rem;line-height:1.35} figcaption b{color:var(--ink)}
.key{display:inline-block;width:.8em;height:.8em;border-radius:50%;margin:0 .3em 0 .8em}
"""

SIDES = (
    '<p class="soft"><span class="key" style="background:var(--blue)"></span>the subject’s left, '
    'or an AU without sides<span class="key" style="background:var(--orange)"></span>right</p>'
)
"""What the two colours of a chart mean."""


def document(title: str, body: str, style: str = "") -> str:
    """Return a whole page; `style` is CSS beside the pages' own."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}{charts.STYLE}{style}</style></head>"
        f"<body>{body}</body></html>\n"
    )


def anchor(title: str) -> str:
    """Return what links to a heading name it by."""
    return title.lower().replace(" ", "-")


def heading(title: str, words: str = "") -> str:
    """Return a section's heading with a sentence below."""
    told = f'<p class="soft">{words}</p>' if words else ""
    return f'<h2 id="{anchor(title)}">{title}</h2>{told}'


def panels(small: Iterable[str]) -> str:
    """Return small charts side by side."""
    return f'<div class="panels">{"".join(small)}</div>'


def table(
    head: Sequence[str], rows: Sequence[Sequence[str]], few: Sequence[bool] | None = None
) -> str:
    """Return a table of text; rows marked in `few` are grey."""
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    grey = few or [False] * len(rows)
    body = "".join(
        f"<tr{' class=few' if low else ''}>{''.join(f'<td>{escape(c)}</td>' for c in row)}</tr>"
        for row, low in zip(rows, grey, strict=True)
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def text(value: float | None) -> str:
    """Return a figure with three digits, a dash where there is none."""
    return "–" if value is None or not math.isfinite(value) else f"{value:.3f}"


def percent(value: float) -> str:
    """Return a share as per cent, a dash where there is none."""
    return "–" if not math.isfinite(value) else f"{value:.0%}"
