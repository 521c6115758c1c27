"""The page of one fit: pictures, Action Units, gap, snakes and surface, in one HTML file."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import PurePath
from typing import Any

import numpy as np

from ..rig.facs import AU_NAMES
from ..rig.heat import HOTTEST_MM
from ..rig.look import HeadLook
from . import fit_charts
from .fit import Fit, SnakeRecord
from .fit_pictures import DRAWN, as_data, fit_pictures, heat_steps
from .html_page import document, percent, table, text
from .overlay import STAGE_COLOURS

__all__ = ["STYLE", "anew_words", "article_of", "fit_page", "folded", "tiles"]

STYLE = fit_charts.STYLE + (
    "article{border-top:1px solid var(--rule);margin-top:2.6rem;padding-top:.4rem}"
    "article h2{margin-top:1rem} article h3{font-size:1rem;margin:1.6rem 0 .3rem}"
    "td a{color:var(--blue)}"
    "article .tiles{grid-template-columns:repeat(auto-fill,minmax(10rem,1fr))}"
    ".views{display:grid;grid-template-columns:repeat(auto-fit,minmax(230px,1fr));gap:.8rem}"
    ".scale{display:inline-block;width:7rem;height:.7em;margin:0 .4em;border-radius:3px}"
)
"""What articles need beside the pages' own style."""

_SHOWN_FROM = 0.2  # AUs less probable are not listed, unless they are called
_SHUTTING = ("lids", "lips")  # skin presses into skin there, and nobody sees it
_SIDES = {"L": "left", "R": "right", None: ""}


def fit_page(fit: Fit, record: Mapping[str, Any], look: HeadLook | None = None) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    record : of `report.fit_report`, with quality
    look : the paint of the fit's rig, if it is at hand
    """
    name = _name(record)
    return document(f"limner: {name}", _article(fit, record, look), STYLE)


def article_of(page: str) -> str | None:
    """Return the article within a page of `fit_page`, for a page of many; None if it has none."""
    start, stop = page.find("<article>"), page.rfind("</article>")
    return page[start : stop + len("</article>")] if 0 <= start < stop else None


def tiles(entries: Sequence[tuple[str, str, str]]) -> str:
    """Return figures as tiles: figure, what it is, and a smaller line."""
    cards = (
        f'<div class="tile"><b>{escape(figure)}</b>{escape(words)}<br>'
        f"<span>{escape(more)}</span></div>"
        for figure, words, more in entries
    )
    return f'<div class="tiles">{"".join(cards)}</div>'


def folded(anew: Mapping[str, int]) -> int:
    """Return how many triangles cross anew that do not lie where lids or lips shut."""
    return sum(count for place, count in anew.items() if place not in _SHUTTING)


def anew_words(anew: Mapping[str, int]) -> str:
    """Return where triangles cross anew: `lids 12, nose 3`; empty where none do."""
    return ", ".join(f"{place} {count}" for place, count in anew.items() if count)


def _name(record: Mapping[str, Any]) -> str:
    """Return the drawing's file name as people read it."""
    name = PurePath(record["sketch"]["path"]).name or "drawing"
    return "".join(letter if letter.isprintable() else "?" for letter in name)


def _article(fit: Fit, record: Mapping[str, Any], look: HeadLook | None) -> str:
    """Return all that is told of one fit."""
    said = [*record["warnings"], f"Parametric fit: {record['outcome']}"]
    notes = "".join(f"<li>{escape(note)}</li>" for note in said)
    return "".join(
        (
            f"<article><h2>{escape(_name(record))}</h2>",
            _headline(fit, record),
            _pictures(fit, look),
            f"<ul>{notes}</ul>",
            '<div class="row">',
            _gaps(record),
            _surface(record),
            "</div>",
            _actions(record),
            _snakes(fit.snakes),
            "</article>",
        )
    )


def _headline(fit: Fit, record: Mapping[str, Any]) -> str:
    """Return the figures that matter most."""
    gap, quality, outline = record["gap"], record["quality"], record["silhouette"]
    anew = quality["crossing_anew"]
    resting = sum(one.outcome.startswith("Converged") for one in fit.snakes)
    correction = record["correction"]["largest_mm"]
    overlap = outline["iou"]["snakes"]
    return tiles(
        (
            (_share(gap["closed"]), "of the gap closed", f"{text(gap['snakes'])} IOD are left"),
            (
                text(overlap),
                "outline, intersection over union",
                f"{percent(outline['drawn'])} of the outline is drawn",
            ),
            (
                str(quality["turned_triangles"]),
                "triangles turned over",
                f"thinnest {text(quality['thinnest_triangle'])}",
            ),
            (
                str(folded(anew)),
                "triangles cross that did not, but for shut lids and lips",
                anew_words(anew) or "nor there",
            ),
            (f"{correction:.1f} mm", "largest correction", f"as {record['correction']['as']}"),
            (f"{resting} of {len(fit.snakes)}", "snakes at rest", "in the last pass"),
        )
    )


def _share(value: float | None) -> str:
    return "–" if value is None else percent(value)


def _pictures(fit: Fit, look: HeadLook | None) -> str:
    """Return the four views with their words."""
    drawn, before, after = (
        f'<span class="key" style="background:#{red:02x}{green:02x}{blue:02x}"></span>'
        for red, green, blue in (DRAWN, *STAGE_COLOURS[1:])
    )
    ramp = ",".join(heat_steps(np.linspace(0.0, HOTTEST_MM, 9)))
    words = {
        "drawing": "the drawing",
        "lines": f"{drawn}drawn lines that were read, and where they are apart from the head’s; "
        f"{before}its lines before the snakes {after}and after",
        "head": "the head with its correction, as drawn",
        "heat": "how far the correction moves the skin: 0"
        f'<span class="scale" style="background:linear-gradient(90deg,{ramp})"></span>'
        f"{HOTTEST_MM:g} mm and more",
    }
    figures = (
        f'<figure><img alt="{name}" src="{as_data(picture)}">'
        f"<figcaption>{words[name]}</figcaption></figure>"
        for name, picture in fit_pictures(fit, look).items()
    )
    return f'<div class="views">{"".join(figures)}</div>'


def _gaps(record: Mapping[str, Any]) -> str:
    """Return the gap per feature, the largest last ones first, and of all together."""
    gap = record["gap"]
    rows = [(name.replace("_", " "), _stages(each)) for name, each in gap["curves"].items()]
    rows.sort(key=lambda row: -row[1][2])
    whole = ("all, by length", _stages(gap))
    words = "mean distance of drawn and head’s lines, eye distances"
    chart = fit_charts.gap_chart([whole, *rows], words)
    return f"<div><h3>Gap</h3>{chart}{fit_charts.stage_key()}</div>"


def _stages(values: Mapping[str, Any]) -> tuple[float, float, float]:
    first, second, third = (
        float("nan") if values[stage] is None else float(values[stage])
        for stage in fit_charts.STAGES
    )
    return first, second, third


def _surface(record: Mapping[str, Any]) -> str:
    """Return what the correction did to the surface, and the outlines."""
    quality, outline = record["quality"], record["silhouette"]["iou"]
    rows = [
        ["triangles turned over", str(quality["turned_triangles"]), ""],
        *(
            [f"{which} triangle (1 = equilateral)", text(quality[f"{which}_triangle"]),
             text(quality[f"{which}_triangle_before"])]
            for which in ("thinnest", "mean")
        ),
        ["triangles of the face that cross others", str(quality["crossing_triangles"]),
         str(quality["crossing_triangles_before"])],
        ["… that did not before", str(sum(quality["crossing_anew"].values())), ""],
        ["… and not where lids or lips shut", str(folded(quality["crossing_anew"])), ""],
        ["deepest lid in an eyeball, mm", text(quality["lid_in_eye_mm"]), ""],
        ["deepest lip behind teeth, mm", text(quality["lip_in_teeth_mm"]), ""],
        ["teeth out of the skin, mm", text(quality["teeth_out_mm"]), ""],
        ["outline, intersection over union", text(outline["snakes"]), text(outline["parametric"])],
        ["… as placed", "", text(outline["placed"])],
    ]  # fmt: skip
    body = table(("", "corrected", "before"), rows)
    return f'<div><h3>Surface</h3><div class="wide">{body}</div></div>'


def _actions(record: Mapping[str, Any]) -> str:
    """Return the Action Units that are called or nearly so; unsure ones are grey."""
    listed = [
        entry
        for entry in record["aus"]
        if entry["present"] or (entry["probability"] or 0.0) >= _SHOWN_FROM
    ]
    rows = [
        [
            str(entry["au"]),
            AU_NAMES[entry["au"]],
            _SIDES[entry["side"]],
            ("present" if entry["present"] else "absent") + ("?" if entry["unsure"] else ""),
            text(entry["intensity"]),
            text(entry["probability"]),
            text(entry["uncertainty"]),
        ]
        for entry in listed
    ]
    head = ("AU", "action", "side", "said to be", "intensity", "probability", "uncertainty")
    grey = [entry["unsure"] for entry in listed]
    body = f'<div class="wide names">{table(head, rows, grey)}</div>' if rows else "<p>None.</p>"
    words = (
        "Left and right are the drawn person’s own. Grey: the detector would rather not say. "
        f"Those below {_SHOWN_FROM:g} probable are left out, unless they are called."
    )
    return f'<h3>Action Units</h3>{body}<p class="soft">{words}</p>'


def _snakes(records: Sequence[SnakeRecord]) -> str:
    """Return each snake's energy, and how it ended."""
    if not records:
        return ""
    powers = fit_charts.energy_range(records)
    charts = (
        f"<figure>{fit_charts.energy_chart(record, _line_name(record.curve), powers)}"
        f"<figcaption>{escape(_ended(record.outcome))}</figcaption></figure>"
        for record in records
    )
    words = (
        "Energy of the last pass, px² a node where the eyes are 100 px apart, on a scale of tens. "
        "Orange: matching with the ink, from stiff to soft; blue: in the ink. It is comparable "
        "within one stage, between dashed lines."
    )
    return f'<h3>Snakes</h3><p class="soft">{words}</p><div class="panels">{"".join(charts)}</div>'


def _line_name(curve: str) -> str:
    """Return a snake's name as people read it: `upper_lid_L#0` → `upper lid L`."""
    return curve.partition("#")[0].replace("_", " ")


def _ended(outcome: str) -> str:
    """Return the start of a sentence that says why a snake stopped."""
    return re.split(r"[:;.]", outcome, maxsplit=1)[0]
