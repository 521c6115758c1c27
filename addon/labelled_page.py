"""Part of a page: what a detector said of drawings that a person labelled; every failure shown."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from ..rig.facs import AU_NAMES
from .html_page import heading, table, text

__all__ = ["labelled_section"]

_SIDE_PX = 220


def labelled_section(told: Mapping[str, Any], folder: Path) -> str:
    """Return the agreement with labels made by eye, and each drawing that was read otherwise.

    Parameters
    ----------
    told : of `sketch_cnn.labelled.agreement`
    folder : where the pictures lie
    """
    right, sides = told["one_sided_right"], told["one_sided"]
    facts = [
        f"F1 {text(told['f1'])}: {told['tp']} said that are there, {told['fp']} said that are not, "
        f"{told['fn']} missed, {told['tn']} silences right",
        f"Cohen’s kappa {text(told['kappa'])}; without thresholds AUC {text(told['auc'])}, log "
        f"loss {text(told['log_loss'])}",
    ]
    if sides:
        facts.append(f"of {sides} labels of one side, {right} called on it and not on the other")
    if told["neutral_drawings"]:
        facts.append(
            f"no AU above 0.5 in {told['neutral_without_au']:.0%} of {told['neutral_drawings']} "
            "neutral drawings"
        )
    rows = [
        [f"AU{au}", _name(au), *(str(counts[key]) for key in ("tp", "fn", "fp", "tn"))]
        for au, counts in told["aus"].items()
    ]
    every = table(("AU", "action", "said and there", "missed", "false", "silent"), rows)
    failed = [each for each in told["drawings"] if _is_failure(each)]
    cards = "".join(_card(each, folder) for each in failed)
    words = (
        f"{len(told['drawings'])} drawings. An AU in no list is not scored; both sides count "
        "together, by the stronger one."
    )
    facts_html = "".join(f"<li>{line}</li>" for line in facts)
    return (
        heading("Labelled by eye", words)
        + f'<ul>{facts_html}</ul><div class="wide names">{every}</div>'
        + f"<h3>Read otherwise: {len(failed)} of {len(told['drawings'])}</h3>"
        + f'<div class="pictures">{cards}</div>'
    )


def _is_failure(each: Mapping[str, Any]) -> bool:
    return "error" in each or bool(each["missed"] or each["false"])


def _name(au: str) -> str:
    return AU_NAMES.get(int(au), "Mouth stretch" if au == "27" else "")


def _card(each: Mapping[str, Any], folder: Path) -> str:
    lines = [f"<b>{escape(each['file'])}</b>"]
    if "error" in each:
        lines.append(escape(each["error"]))
    for kind in ("missed", "false"):
        if each.get(kind):
            names = ", ".join(f"{au} {_name(au).lower()}" for au in each[kind])
            lines.append(f"{kind}: {escape(names)}")
    return (
        f"<figure>{_picture(folder / each['file'])}<figcaption>{'<br>'.join(lines)}</figcaption>"
        "</figure>"
    )


def _picture(path: Path) -> str:
    """Return a small picture; nothing where the file is none."""
    try:
        with Image.open(path) as opened:
            small = ImageOps.exif_transpose(opened).convert("RGBA")
    except (OSError, ValueError, Image.DecompressionBombError):
        return ""
    small.thumbnail((_SIDE_PX, _SIDE_PX))
    page = Image.new("RGBA", small.size, "white")
    page.alpha_composite(small)
    buffer = io.BytesIO()
    page.convert("L").save(buffer, "PNG")
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f'<img alt="{escape(path.name)}" src="data:image/png;base64,{data}">'
