"""One HTML page that shows a data set: no network, no scripts, light and dark."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from html import escape
from importlib.resources import files
from pathlib import Path

from ...errors import DatasetError
from ...rig.facs import AU_LABELS, AU_NAMES, split_label
from ..shards import write_whole
from .charts import bars, heat_image, histogram, matrix
from .checks import CHECKS
from .inspect import Inspection
from .sheets import FEATURE_COLOURS, Picture
from .tally import AUS

__all__ = ["page", "write_page"]

_SECTIONS = {
    "checks": "Checks", "contents": "What it holds", "aus": "Action Units",
    "together": "What comes together", "places": "Where faces lie", "labels": "Labels",
    "clips": "Clips", "styles": "Styles", "rigs": "Heads", "faces": "Action Units, drawn",
}  # fmt: skip


def write_page(inspection: Inspection, path: Path) -> None:
    """Write the page, whole or not at all.

    Raises
    ------
    DatasetError
        If the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, page(inspection).encode())
    except OSError as error:
        raise DatasetError(
            f"{path}: cannot be written ({error.strerror}). Choose another file."
        ) from None


def page(inspection: Inspection) -> str:
    """Return the page's HTML."""
    body = {
        "checks": _checks(inspection),
        "contents": _contents(inspection),
        "aus": _aus(inspection),
        "together": _together(inspection),
        "places": _places(inspection),
        "labels": _labels(inspection),
        "clips": _clips(inspection),
        "styles": _group(inspection, "style") + _group(inspection, "none"),
        "rigs": _group(inspection, "rig"),
        "faces": _faces(inspection),
    }
    body = {key: content for key, content in body.items() if content}
    links = "".join(f'<a href="#{key}">{_SECTIONS[key]}</a>' for key in body)
    sections = "".join(
        f'<section id="{key}"><h2>{_SECTIONS[key]}</h2>{content}</section>'
        for key, content in body.items()
    )
    style = (files(__package__) / "page.css").read_text(encoding="utf-8")
    name = escape(inspection.folder)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light dark"><title>{name}: data set</title>'
        f"<style>{style}</style></head><body><header><h1>{name}</h1>{_summary(inspection)}"
        f"<nav>{links}</nav></header><main>{sections}</main></body></html>\n"
    )


def _summary(inspection: Inspection) -> str:
    """Say in two lines what this is and whether it is sound."""
    tally, stated = inspection.tally, inspection.stated
    said = f"{tally.drawings:,} drawings, {tally.faces:,} of them faces"
    if "size" in stated and "seed" in stated:
        said += f"; {stated['size']} pixels a side; seed {stated['seed']}"
    failed = [name for name, number in inspection.findings.number.items() if number]
    if failed:
        verdict = f'<p class="verdict bad">✗ Failed: {", ".join(failed)}</p>'
    else:
        verdict = f'<p class="verdict good">✓ All {len(CHECKS)} checks passed</p>'
    return f"<p>{escape(said)}</p>{verdict}"


def _checks(inspection: Inspection) -> str:
    """List the checks, with the first cases where one failed."""
    findings, rows = inspection.findings, []
    for name, asks in CHECKS.items():
        number = findings.number[name]
        cases = ""
        if number:
            more = number - len(findings.told[name])
            listed = [*findings.told[name], *([f"… and {more:,} more"] if more else [])]
            cases = f"<ul>{''.join(f'<li>{escape(case)}</li>' for case in listed)}</ul>"
        mark = f'<b class="bad">✗ {number:,}</b>' if number else '<b class="good">✓</b>'
        rows.append(f"<tr><td>{mark}</td><th scope='row'>{name}</th><td>{asks}{cases}</td></tr>")
    return f'<table class="checks">{"".join(rows)}</table>'


def _contents(inspection: Inspection) -> str:
    """Show styles, rigs and emotions as bars, and where the set comes from."""
    tally, stated = inspection.tally, inspection.stated
    blocks = []
    for key, title in (("style", "Styles"), ("rig", "Heads"), ("emotion", "Emotions")):
        named = {
            {"None": "none composed" if key == "emotion" else "no face"}.get(name, name): count
            for name, count in tally.by[key].most_common()
        }
        blocks.append(f"<div><h3>{title}</h3>{bars(named, tally.drawings)}</div>")
    licences = "".join(
        f"<li>{escape(str(name))}: {escape(str(licence))}</li>"
        for name, licence in (stated.get("licences") or {}).items()
    )
    origin = ""
    if licences:
        code = escape(str(stated.get("code_sha256", ""))[:16])
        origin = f"<h3>Licences of the heads</h3><ul>{licences}</ul><p>Generator {code}…</p>"
    return f'<div class="columns">{"".join(blocks)}</div>{origin}'


def _aus(inspection: Inspection) -> str:
    """Show counts, intensities and what cannot be seen, one row an AU."""
    tally = inspection.tally
    faces = max(tally.faces, 1)
    rows = []
    for row, au in enumerate(AUS):
        labels = [place for place, label in enumerate(AU_LABELS) if split_label(label)[0] == au]
        shares = [int(tally.present[place]) / faces for place in labels]
        cells = shares if len(shares) == 2 else [None, None, *shares]
        sides = "".join(
            '<td class="num">·</td>' if share is None else f'<td class="num">{share:.1%}</td>'
            for share in [*cells, None][:3]
        )
        there, hidden = (int(counts[labels].sum()) for counts in (tally.present, tally.hidden))
        lost = hidden / there if there else 0.0
        visible = int(tally.visible[labels].sum()) / (faces * len(labels))
        rows.append(
            f'<tr><th scope="row"><a href="#au{au}">{au}</a></th><td>{AU_NAMES[au]}</td>{sides}'
            f'<td class="num">{there:,}</td><td>{histogram(tally.levels[row], 0.1, 1.0)}</td>'
            f'<td class="num">{visible:.0%}</td><td class="bar lost">'
            f'<span style="width:{100 * lost:.0f}%"></span></td>'
            f'<td class="num">{lost:.0%}</td></tr>'
        )
    return (
        "<p>Present from intensity 0.3 on; left and right are the drawn person's. <i>Can show</i>: "
        "the share of the faces whose lines can show the action, present or not. <i>Hidden</i>: "
        "of the faces that have it, those whose drawing cannot show it.</p>"
        '<div class="scroll"><table class="aus"><thead><tr><th>AU</th><th>action</th><th>left</th>'
        "<th>right</th><th>both</th><th>count</th><th>intensity 0.1 to 1</th><th>can show</th>"
        f'<th colspan="2">hidden</th></tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    )


def _together(inspection: Inspection) -> str:
    """Show which AUs meet."""
    return (
        "<p>Of the faces with the row's action, how many have the column's too: the darker, the "
        "more. Empty where two never meet.</p>"
        f'<div class="scroll">{matrix([str(au) for au in AUS], inspection.tally.together)}</div>'
    )


def _places(inspection: Inspection) -> str:
    """Show where landmarks lie, how large faces are and how far they turn."""
    tally = inspection.tally
    maps = (
        (tally.on_sheet, "Landmarks on the sheet"),
        (tally.on_face, "Landmarks, each face box laid on the next"),
    )
    pictures = "".join(
        f'<figure><img class="heat" src="{heat_image(counts)}" alt="{title}">'
        f"<figcaption>{title}</figcaption></figure>"
        for counts, title in maps
    )
    share = tally.partly_off / max(tally.faces, 1)
    return (
        f'<div class="columns">{pictures}<div class="beside"><h3>Yaw, −90° to 90°</h3>'
        f"{histogram(tally.yaw, -90.0, 90.0, unit='°', width=300, height=90)}"
        "<h3>Height of the face, 0 to 1 sheet</h3>"
        f"{histogram(tally.heights, 0.0, 1.0, width=300, height=90)}"
        f"<p>{share:.1%} of the faces have a landmark off the sheet.</p></div></div>"
    )


def _labels(inspection: Inspection) -> str:
    """Show label images in colour, with landmarks."""
    legend = "".join(
        f'<li><span style="background:{colour}"></span>{name.replace("_", " ")}</li>'
        for name, colour in FEATURE_COLOURS.items()
    )
    shown = _sheet(inspection.sheets.overlays, "large")
    return f'<ul class="legend">{legend}</ul>{shown}'


def _clips(inspection: Inspection) -> str:
    """Show the first clips frame by frame."""
    strips = inspection.strips
    parts = []
    for strip in strips.kept:
        clip = strip.about["clip"]
        said = [f"clip {clip['id']}", str(clip.get("kind")), str(strip.about.get("style"))]
        said += [f"twin of {clip['twin']}"] if clip.get("twin") else []
        worn = ", ".join(f"{label} {level}" for label, level in (clip.get("rest") or {}).items())
        said += [f"wears {worn} at rest"] if worn else []
        parts.append(f"<h3>{escape(' · '.join(said))}</h3>{_sheet(strip.pictures, 'strip')}")
    if not parts:
        return ""
    told = f"{strips.count:,} clips; here the first, with their Action Units from 0.1 on."
    return f"<p>{told}</p>{''.join(parts)}"


def _group(inspection: Inspection, kind: str) -> str:
    """Show some drawings of every style, rig, or of no face."""
    groups = inspection.sheets.groups
    return "".join(
        f"<h3>{escape(name)}</h3>{_sheet(groups[kind, name])}"
        for found, name in sorted(groups)
        if found == kind
    )


def _faces(inspection: Inspection) -> str:
    """Show drawings of every AU, from weak to strong."""
    parts = []
    for au, found in inspection.sheets.aus.items():
        pictures = [
            Picture(picture.uri, f"{level:.2f}", f"{picture.title}; AUs {picture.caption}")
            for level, picture in sorted(found, key=lambda pair: pair[0])
        ]
        sheet = _sheet(pictures) or "<p>No drawing shows it.</p>"
        parts.append(f'<h3 id="au{au}">AU{au} {AU_NAMES[au]}</h3>{sheet}')
    return f"<p>Only drawings that can show the action, by its intensity.</p>{''.join(parts)}"


def _sheet(pictures: list[Picture], size: str = "small") -> str:
    """Return a row of pictures."""
    if not pictures:
        return ""
    figures = "".join(
        f'<figure><img src="{picture.uri}" alt="{escape(picture.title)}" '
        f'title="{escape(picture.title)}" loading="lazy">'
        f"<figcaption>{escape(picture.caption)}</figcaption></figure>"
        for picture in pictures
    )
    return f'<div class="sheet {size}">{figures}</div>'
