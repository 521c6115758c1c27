"""One HTML page that lays drawings by real hands beside those of a data set."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from html import escape
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ...errors import DatasetError
from ..shards import write_whole
from .charts import histogram
from .likeness import Likeness
from .reading import read_samples
from .sheets import data_uri
from .statistics import STATISTICS

__all__ = ["likeness_page", "pictures_of", "small_uri", "write_likeness"]

_SIDE_PX = 150
_BINS = 16


def pictures_of(folder: Path, keys: Iterable[str]) -> dict[str, str]:
    """Return small pictures of some samples of a data set, key → data URI."""
    wanted = set(keys)
    found: dict[str, str] = {}
    for shard in sorted(Path(folder).glob("*.tar")):
        if len(found) == len(wanted):
            break
        for sample in read_samples(shard):
            if sample.key in wanted:
                grey = np.asarray(Image.open(io.BytesIO(sample.files["png"])).convert("L"))
                found[sample.key] = small_uri(grey)
    return found


def small_uri(grey: NDArray[np.uint8]) -> str:
    """Return a small picture, (H, W), as a data URI."""
    picture = Image.fromarray(grey)
    picture.thumbnail((_SIDE_PX, _SIDE_PX), Image.Resampling.LANCZOS)
    return data_uri(picture, "PNG")


def write_likeness(
    likeness: Likeness, real: Mapping[str, str], drawn: Mapping[str, str], path: Path
) -> None:
    """Write the page, whole or not at all; see `likeness_page`.

    Raises
    ------
    DatasetError
        If the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, likeness_page(likeness, real, drawn).encode())
    except OSError as error:
        raise DatasetError(
            f"{path}: cannot be written ({error.strerror}). Choose another file."
        ) from None


def likeness_page(likeness: Likeness, real: Mapping[str, str], drawn: Mapping[str, str]) -> str:
    """Return the page's HTML.

    Parameters
    ----------
    real, drawn : name → data URI of the pictures to show
    """
    style = (files(__package__) / "page.css").read_text(encoding="utf-8")
    body = (
        f'<section id="statistics"><h2>Statistics</h2>{_statistics(likeness)}</section>'
        f'<section id="styles"><h2>Styles</h2>{_styles(likeness)}</section>'
        f'<section id="pairs"><h2>Each real drawing and the one most like it</h2>'
        f"{_pairs(likeness, real, drawn)}</section>"
    )
    count, others = len(likeness.real.names), len(likeness.drawn.names)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><title>How real is it?</title>'
        f"<style>{style}</style></head><body><header><h1>How real is it?</h1>"
        f"<p>{count:,} drawings by real hands, {others:,} of the data set. Mean distance "
        f"{likeness.distance.mean():.2f} spreads; two halves of the real drawings lie "
        f"{likeness.floor.mean():.2f} apart. Among the five most like any drawing, "
        f"{likeness.told_apart:.0%} are of its own kind; {likeness.chance:.0%} if nothing told "
        "them apart.</p></header>"
        f"<main>{body}</main></body></html>\n"
    )


def _statistics(likeness: Likeness) -> str:
    """Show every statistic of both sides over one scale."""
    rows = []
    for column, (name, meaning) in enumerate(STATISTICS.items()):
        values = [side.values[:, column] for side in (likeness.real, likeness.drawn)]
        low, high = np.percentile(np.concatenate(values), [0.5, 99.5])
        high = max(high, low + 1e-6)
        charts = "".join(
            f"<td>{histogram(np.histogram(side, _BINS, (low, high))[0], low, high)}</td>"
            for side in values
        )
        rows.append(
            f'<tr><th scope="row">{escape(name)}</th><td>{escape(meaning)}</td>{charts}'
            f'<td class="num">{likeness.distance[column]:.2f}</td>'
            f'<td class="num">{likeness.floor[column]:.2f}</td>'
            f'<td class="num">{likeness.breadth[column]:.2f}</td></tr>'
        )
    return (
        "<p>Distances in spreads of the real drawings. <i>Floor</i>: between two halves of them. "
        "<i>Breadth</i>: spread of the data set over theirs; below 1 it is too narrow.</p>"
        '<div class="scroll"><table><thead><tr><th>statistic</th><th>what it is</th><th>real</th>'
        "<th>drawn</th><th>distance</th><th>floor</th><th>breadth</th></tr></thead><tbody>"
        f"{''.join(rows)}</tbody></table></div>"
    )


def _styles(likeness: Likeness) -> str:
    """Show how far every style lies from every group of real drawings, the nearest in bold."""
    tables = likeness.tables
    best = {group: min(table.values()) for group, table in tables.items()}
    head = "".join(f'<th class="num">{escape(group)}</th>' for group in tables)
    chosen = [likeness.drawn.groups[row] for row in likeness.nearest]
    rows = []
    for style in sorted(tables["all"], key=lambda name: tables["all"][name]):
        cells = ""
        for group, table in tables.items():
            far = f"{table[style]:.2f}"
            cells += (
                f'<td class="num">{f"<b>{far}</b>" if table[style] == best[group] else far}</td>'
            )
        rows.append(
            f'<tr><th scope="row">{escape(style)}</th>{cells}'
            f'<td class="num">{chosen.count(style)}</td></tr>'
        )
    return (
        "<p>Mean distance over all statistics; the last column counts the real drawings to which "
        "a drawing of the style is the nearest of all.</p>"
        f'<div class="scroll"><table><thead><tr><th>style</th>{head}<th class="num">nearest'
        f"</th></tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _pairs(likeness: Likeness, real: Mapping[str, str], drawn: Mapping[str, str]) -> str:
    """Show the real drawings beside their likes, the most unlike first."""
    figures = []
    for row in np.argsort(-likeness.away):
        name, match = likeness.real.names[row], likeness.drawn.names[likeness.nearest[row]]
        beyond = likeness.outside(int(row))
        said = f"{name} · {likeness.drawn.groups[likeness.nearest[row]]} {likeness.away[row]:.2f}"
        said += f" · beyond all: {', '.join(beyond)}" if beyond else ""
        images = "".join(
            f'<img src="{uri}" alt="{escape(title)}" loading="lazy">'
            for uri, title in ((real.get(name), name), (drawn.get(match), match))
            if uri
        )
        figures.append(f"<figure>{images}<figcaption>{escape(said)}</figcaption></figure>")
    return f'<div class="sheet pairs">{"".join(figures)}</div>'
