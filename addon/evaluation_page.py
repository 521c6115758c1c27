"""The page of an evaluation: one HTML file without scripts, to be read offline and doubted."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
from collections.abc import Mapping
from html import escape
from typing import Any

from ..rig.facs import AU_NAMES, split_label
from ..sketch_cnn.labels import AU_LABELS
from ..sketch_cnn.readings import Readings
from . import charts
from .evaluation_sections import (
    baseline_section,
    breakdown_section,
    calibration_section,
    confidence_section,
    confusion_section,
    labels_by_number,
    precision_recall_section,
    protocol_section,
    side_kind,
)
from .html_page import SIDES, anchor, document, heading, table, text

__all__ = ["evaluation_page"]


_HEADLINES = (
    ("macro_f1", "macro F1"),
    ("macro_auc", "macro AUC"),
    ("macro_ap", "macro average precision"),
    ("macro_icc", "intensity ICC(3,1)"),
    ("macro_mae", "intensity MAE"),
    ("ece_all", "ECE, all answers"),
    ("macro_ece", "macro ECE"),
    ("accuracy", "accuracy, all answers"),
)
_FEW = 10
_COLUMNS = ("f1", "precision", "recall", "auc", "ap", "icc", "mae", "ece", "ece_uncalibrated")


def evaluation_page(
    figures: Mapping[str, Any],
    readings: Readings,
    pictures: Mapping[str, bytes],
    about: Mapping[str, str],
    further: str = "",
) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    figures : of `sketch_cnn.evaluate.summarise`
    readings : what the figures were made from
    pictures : key → PNG of the drawings, at least of those in `figures["mistakes"]`
    about : what was measured on what, as short lines: name → value
    further : a section more, as of `labelled_page`
    """
    body = "".join(
        (
            _header(figures, about),
            _per_au(figures),
            calibration_section(readings),
            precision_recall_section(readings),
            confidence_section(figures),
            baseline_section(figures),
            protocol_section(figures),
            breakdown_section(figures),
            confusion_section(figures),
            _mistakes(figures, pictures, readings),
            further,
            _method(figures),
        )
    )
    return document("limner evaluate", body)


def _header(figures: Mapping[str, Any], about: Mapping[str, str]) -> str:
    tiles = []
    for name, words in _HEADLINES:
        low, high = figures["intervals"][name]
        tiles.append(
            f'<div class="tile"><b>{text(figures[name])}</b>{words}<br>'
            f"<span>{text(low)} to {text(high)}</span></div>"
        )
    lines = "".join(
        f"<li>{escape(name)}: <code>{escape(v)}</code></li>" for name, v in about.items()
    )
    quiet = figures["neutral_without_au"]
    told = [
        f"{figures['missed_faces']} of {figures['drawings']} faces were not found; they count as "
        "said to show nothing",
        f"a face was seen in {figures['false_faces']} of {figures['no_face_drawings']} drawings of "
        "something else",
        f"landmarks lie {text(figures['landmark_error_iod'])} eye distances off (median)",
    ]
    if quiet is not None:
        told.append(
            f"no AU above 0.5 in {quiet:.0%} of {figures['neutral_drawings']} neutral drawings"
        )
    if figures.get("one_eye_shut"):
        told.append(
            f"where one eye is shut and the other open ({figures['one_eye_shut']} drawings), both "
            f"are read right in {figures['one_eye_shut_right']:.0%}"
        )
    if figures.get("evidence_auc") is not None:
        told.append(
            f"evidence (median α + β): {figures['evidence_faces']:.0f} of faces, "
            f"{figures['evidence_no_faces']:.0f} of drawings of something else; it tells the one "
            f"from the other with AUC {text(figures['evidence_auc'])}"
        )
    rest = "".join(f"<li>{line}</li>" for line in told)
    names = ["AUs", "Calibration", "Precision and recall", "Confidence"]
    names += ["Baselines"] if figures.get("baselines") else []
    names += ["Folds"] if figures.get("protocol") else []
    names += ["Breakdown", "Confusions", "Mistakes", "Method"]
    links = "".join(f'<a href="#{anchor(name)}">{name}</a>' for name in names)
    return (
        "<h1>How well Action Units are read from drawings</h1>"
        f'<ul class="soft">{lines}</ul><nav>{links}</nav>'
        f'<div class="tiles">{"".join(tiles)}</div><ul>{rest}</ul>'
    )


def _per_au(figures: Mapping[str, Any]) -> str:
    rows = [
        (f"{AU_NAMES[number]} {number}", [_au_mark(figures, label) for label in labels])
        for number, labels in labels_by_number().items()
    ]
    every = table(
        ("AU", "action", "F1", "", "precision", "recall", "AUC", "AP", "ICC", "MAE", "ECE",
         "before", "with it", "scored"),
        [_au_row(label, entry) for label, entry in figures["aus"].items()],
        [entry["support"] < _FEW for entry in figures["aus"].values()],
    )  # fmt: skip
    return (
        heading("AUs", "F1 of the detector’s decisions, with 95% intervals")
        + SIDES
        + charts.whisker_chart(rows, "F1 per Action Unit", 760)
        + f'<div class="wide names">{every}</div><p class="soft">“before” is the ECE before '
        "calibration. "
        f"Grey: fewer than {_FEW} drawings show the AU, so that its figures mean little.</p>"
    )


def _au_mark(figures: Mapping[str, Any], label: str) -> charts.Mark:
    entry = figures["aus"][label]
    low, high = entry["f1_interval"]
    note = (
        f"{label}: F1 {text(entry['f1'])} ({text(low)} to {text(high)}), {entry['support']} shown"
    )
    return charts.Mark(entry["f1"], low, high, side_kind(label), note)


def _au_row(label: str, entry: Mapping[str, Any]) -> list[str]:
    low, high = entry["f1_interval"]
    values = [text(entry[name]) for name in _COLUMNS]
    name = AU_NAMES[split_label(label)[0]]
    spread = f"{text(low)}–{text(high)}"
    return [
        label,
        name,
        values[0],
        spread,
        *values[1:],
        str(entry["support"]),
        str(entry["scored"]),
    ]


def _mistakes(figures: Mapping[str, Any], pictures: Mapping[str, bytes], readings: Readings) -> str:
    parts = [heading("Mistakes", "Those that the detector was surest of, one a drawing")]
    titles = {"false_alarms": "Called, though absent", "misses": "Present, but not called"}
    for kind, title in titles.items():
        cards = [_card(entry, pictures, readings) for entry in figures["mistakes"][kind]]
        shown = f'<div class="pictures">{"".join(cards)}</div>' if cards else "<p>None.</p>"
        parts.append(f"<h3>{title}</h3>{shown}")
    return "".join(parts)


def _card(entry: Mapping[str, Any], pictures: Mapping[str, bytes], readings: Readings) -> str:
    """Return one mistake: the drawing, what was said of it and what it shows."""
    row = readings.keys.index(entry["key"])
    picture = pictures.get(entry["key"])
    image = ""
    if picture is not None:
        data = base64.b64encode(picture).decode("ascii")
        image = f'<img alt="drawing {escape(entry["key"])}" src="data:image/png;base64,{data}">'
    number, _ = split_label(entry["au"])
    shown = readings.present[row] & readings.visible[row]
    truth = ", ".join(label for label, there in zip(AU_LABELS, shown, strict=True) if there)
    return (
        f"<figure>{image}<figcaption><b>{entry['au']} {AU_NAMES[number].lower()}</b><br>"
        f"probability {text(entry['probability'])}, true intensity {text(entry['intensity'])}<br>"
        f"shows {truth or 'nothing'}<br>{escape(readings.style[row])}, {escape(entry['key'])}"
        "</figcaption></figure>"
    )


def _method(figures: Mapping[str, Any]) -> str:
    return heading("Method") + (
        "<ul><li>An AU is present from intensity 0.3 (FACS B) and absent below 0.1. Traces "
        "between, and AUs that the drawing cannot show, are not scored.</li>"
        "<li>Decisions are taken at each AU’s own operating point, which was set on other "
        "drawings.</li>"
        f"<li>Intervals: {figures['resamplings']} bootstrap samples of {figures['identities']} "
        "identities, drawn with replacement; 95%, moved by their own bias. They say how much the "
        "choice of drawings matters, not how much another training would.</li>"
        "<li>Macro figures are means over the AU labels for which the figure is defined.</li>"
        "<li>ECE: 15 equal bins. AP: without interpolation. ICC(3,1) and MAE: over all drawings "
        "that can show the AU, traces included.</li></ul>"
    )
