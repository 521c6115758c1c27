"""The page of a run of fits: what came of all drawings, and each of them below, in one HTML file.

Every drawing of the run has a page of its own in its folder, made by whichever process fitted it;
this page takes the articles out of them. What is long is linked and not taken in.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np

from .. import __version__
from ..rig.features import feature_of
from . import charts, fit_charts
from .fit_page import STYLE, anew_words, article_of, folded, tiles
from .html_page import document, heading, percent, text
from .outputs import PAGE, read_report, saying_what_is_wrong, write_whole

if TYPE_CHECKING:
    from .batch import JobResult

__all__ = ["TAKEN_IN", "make_room", "run_page", "write_run_page"]

TAKEN_IN = 100
"""With more drawings than this the page links theirs, or no browser would like to open it."""

_BINS = 10
_USED = ("rig", "detector", "gap", "quality", "silhouette", "warnings")


@dataclass(frozen=True, slots=True, eq=False)
class _Done:
    """A drawing that was fitted: how it ended, `_USED` of its fit.json, and its article."""

    result: JobResult
    record: Mapping[str, Any]
    article: str | None

    @property
    def closed(self) -> float:
        """Share of the gap that was closed, NaN where there was none."""
        value = self.record["gap"]["closed"]
        return math.nan if value is None or not self.record["gap"]["curves"] else float(value)


def make_room(out: Path) -> None:
    """Take an earlier run's page away, before a new run begins.

    Raises
    ------
    OutputError
        Something else stands there, or the rights do not allow it.
    """
    with saying_what_is_wrong(out / PAGE):
        (out / PAGE).unlink(missing_ok=True)


def write_run_page(out: Path, results: Sequence[JobResult]) -> None:
    """Write the page of a run into its output folder.

    Parameters
    ----------
    results : of all its drawings, in order; those that were fitted have a page in their folders

    Raises
    ------
    OutputError
        The folder, the disk, or the rights do not allow it.
    """
    write_whole(out / PAGE, run_page(out, results))


def run_page(out: Path, results: Sequence[JobResult]) -> str:
    """Return the page as HTML; see `write_run_page`."""
    done = list(_fitted(out, results))
    done.sort(key=lambda each: (math.isnan(each.closed), each.closed))
    failed = [result for result in results if not result.is_ok]
    rows = {each.result.name: number for number, each in enumerate(done, start=1)}
    title = f"{len(done)} of {len(results)} drawings fitted"
    parts = [f"<h1>{title}</h1>", _about(done)]
    if len(results) > 1:
        parts += [_headline(done), _overall(done), _listing(done, rows)]
    parts.append(_failures(failed))
    parts += [
        f'<section id="{_anchor(number)}">{each.article}</section>'
        for number, each in enumerate(done, start=1)
        if each.article is not None
    ]
    return document("limner fit", "".join(parts), STYLE)


def _fitted(out: Path, results: Sequence[JobResult]) -> Iterable[_Done]:
    """Yield what the folders of the fitted drawings hold."""
    is_few = sum(result.is_ok for result in results) <= TAKEN_IN
    for result in results:
        record = read_report(out / result.name) if result.is_ok else None
        if record is None:
            continue
        page = out / result.name / PAGE
        article = None
        if is_few and page.is_file():
            article = article_of(page.read_text(encoding="utf-8", errors="replace"))
        yield _Done(result, {key: record[key] for key in _USED}, article)


def _anchor(number: int) -> str:
    return f"drawing-{number}"


def _about(done: Sequence[_Done]) -> str:
    """Return with what the drawings were fitted."""
    if not done:
        return ""
    record = done[0].record
    detector = " ".join(record["detector"].get(key, "") for key in ("name", "version")).strip()
    words = [f"head {record['rig']}", f"limner {__version__}"]
    words += [f"detector {detector}"] if detector else []
    return f'<p class="soft">{escape(", ".join(words))}</p>'


def _headline(done: Sequence[_Done]) -> str:
    """Return the figures of the whole run."""
    return tiles([*_gap_tiles(done), *_surface_tiles(done)]) if done else ""


def _gap_tiles(done: Sequence[_Done]) -> list[tuple[str, str, str]]:
    """Return how far the lines are from the drawn ones."""
    closed = _finite(each.closed for each in done)
    gaps = [each.record["gap"] for each in done if each.record["gap"]["curves"]]
    left, placed = (_mean([_number(gap[stage]) for gap in gaps]) for stage in ("snakes", "placed"))
    curves = [curve for gap in gaps for curve in gap["curves"].values()]
    nearer = sum(_number(curve["snakes"]) < _number(curve["placed"]) for curve in curves)
    outlines = [each.record["silhouette"]["iou"] for each in done]
    overlap = _finite(_number(outline["snakes"]) for outline in outlines)
    before = _finite(_number(outline["placed"]) for outline in outlines)
    return [
        (
            percent(_mean(closed)),
            "of the gap closed, mean",
            f"median {percent(_middle(closed))}",
        ),
        (text(left), "eye distances left, mean", f"of {text(placed)} as placed"),
        (
            percent(nearer / len(curves) if curves else math.nan),
            "of the features nearer",
            f"{nearer} of {len(curves)} than as placed",
        ),
        (
            text(_mean(overlap)),
            "outline, intersection over union",
            f"{text(_mean(before))} as placed; drawn in {len(overlap)} of {len(done)}",
        ),
    ]


def _surface_tiles(done: Sequence[_Done]) -> list[tuple[str, str, str]]:
    """Return how sound the heads are."""
    quality = [each.record["quality"] for each in done]
    crossing = sum(folded(each["crossing_anew"]) > 0 for each in quality)
    lids, lips = (
        max(_finite(_number(each[name]) for each in quality), default=math.nan)
        for name in ("lid_in_eye_mm", "lip_in_teeth_mm")
    )
    thinnest = _finite(_number(each["thinnest_triangle"]) for each in quality)
    return [
        (
            str(sum(each["turned_triangles"] for each in quality)),
            "triangles turned over",
            f"thinnest {text(min(thinnest, default=math.nan))}",
        ),
        (
            f"{crossing} of {len(done)}",
            "heads cross themselves anew, but for shut lids and lips",
            anew_words(_crossing_heads(quality)),
        ),
        (f"{lids:.2f} mm", "deepest lid in an eyeball", f"lips behind teeth {lips:.2f} mm"),
    ]


def _crossing_heads(quality: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Return how many heads cross themselves anew in each place of the face."""
    found: dict[str, int] = {}
    for each in quality:
        for place, count in each["crossing_anew"].items():
            found[place] = found.get(place, 0) + (count > 0)
    return found


def _overall(done: Sequence[_Done]) -> str:
    """Return the histogram of what was closed, and the gap per feature over all drawings."""
    closed = np.clip(_finite(each.closed for each in done), 0.0, 1.0 - 1e-9)
    if not len(closed):
        return ""
    shares = np.bincount((closed * _BINS).astype(int), minlength=_BINS) / len(closed)
    names = [f"{10 * row}–{10 * (row + 1)}" for row in range(_BINS)]
    histogram = charts.bar_chart(
        shares.tolist(), names, "drawings in %, by the gap closed in %", 500, shares.max()
    )
    found: dict[str, list[list[float]]] = {}
    for each in done:
        for name, curve in each.record["gap"]["curves"].items():
            values = [_number(curve[stage]) for stage in fit_charts.STAGES]
            found.setdefault(feature_of(name), []).append(values)
    rows = []
    for feature, gaps in found.items():
        first, second, third = (_mean(stage) for stage in zip(*gaps, strict=True))
        rows.append((f"{feature.replace('_', ' ')} ({len(gaps)})", (first, second, third)))
    rows.sort(key=lambda row: -row[1][2])
    chart = fit_charts.gap_chart(
        rows, "mean gap, eye distances, and how many are drawn; both sides together"
    )
    return (
        heading("All drawings")
        + f'<div class="row"><div>{chart}{fit_charts.stage_key()}</div><div>{histogram}</div></div>'
    )


def _listing(done: Sequence[_Done], rows: Mapping[str, int]) -> str:
    """Return a table of the drawings, the worst first, with links."""
    head = (
        "drawing", "closed", "gap left", "outline", "turned", "thinnest", "cross anew",
        "lid, mm", "lip, mm", "notes",
    )  # fmt: skip
    top = "<tr>" + "".join(f"<th>{name}</th>" for name in head) + "</tr>"
    body = "".join(f"<tr>{_line(each, rows[each.result.name])}</tr>" for each in done)
    words = "The worst first. “Outline” is the intersection over union of head’s and drawn outline."
    listing = f"<table><thead>{top}</thead><tbody>{body}</tbody></table>"
    return heading("Drawings", words) + f'<div class="wide">{listing}</div>'


def _line(each: _Done, number: int) -> str:
    """Return the cells of one drawing."""
    quality, record = each.record["quality"], each.record
    linked = f"#{_anchor(number)}" if each.article else f"{quote(each.result.name)}/{PAGE}"
    cells = (
        percent(each.closed),
        text(record["gap"]["snakes"]),
        text(record["silhouette"]["iou"]["snakes"]),
        str(quality["turned_triangles"]),
        text(quality["thinnest_triangle"]),
        anew_words(quality["crossing_anew"]) or "0",
        text(quality["lid_in_eye_mm"]),
        text(quality["lip_in_teeth_mm"]),
        str(len(record["warnings"])),
    )
    link = f'<a href="{escape(linked)}">{escape(_shown(each.result.name))}</a>'
    return f"<td>{link}</td>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells)


def _failures(failed: Sequence[JobResult]) -> str:
    """Return the drawings that failed, and why."""
    if not failed:
        return ""
    lines = "".join(
        f"<li><b>{escape(_shown(result.path))}</b>: {escape(result.reason)}</li>"
        for result in failed
    )
    return heading("Failed") + f"<ul>{lines}</ul>"


def _shown(name: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in name)


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _finite(values: Iterable[float]) -> list[float]:
    return [value for value in values if math.isfinite(value)]


def _mean(values: Sequence[float]) -> float:
    known = _finite(values)
    return float(np.mean(known)) if known else math.nan


def _middle(values: Sequence[float]) -> float:
    return float(np.median(values)) if len(values) else math.nan
