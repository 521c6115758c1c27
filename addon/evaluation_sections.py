"""The charts of an evaluation's page, section by section."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..rig.facs import split_label
from ..sketch_cnn.compare import JUDGED
from ..sketch_cnn.curves import precision_recall, reliability
from ..sketch_cnn.labels import AU_LABELS
from ..sketch_cnn.readings import Readings
from . import charts
from .html_page import SIDES, heading, panels, percent, table, text

__all__ = [
    "baseline_section",
    "breakdown_section", "calibration_section", "confidence_section", "confusion_section",
    "labels_by_number", "precision_recall_section", "protocol_section", "side_kind",
]  # fmt: skip


def calibration_section(readings: Readings) -> str:
    """Return stated against found probability, together and AU by AU."""
    scored = readings.scored
    overall = []
    for title, answers in (
        ("calibrated", readings.probability),
        ("before calibration", readings.uncalibrated),
    ):
        truth, said = readings.present[scored], answers[scored]
        share = reliability(truth, said)[:, 2] / max(len(said), 1)
        line = charts.Line(_reliable(truth, said), "a", dots=True)
        overall.append(
            charts.unit_chart(
                [line], title, "stated", "found true", 240, even=True, bars=share.tolist()
            )
        )
    small = []
    for number, labels in labels_by_number().items():
        lines = []
        for label in labels:
            row = AU_LABELS.index(label)
            use = scored[:, row]
            points = _reliable(readings.present[use, row], readings.probability[use, row], 5)
            lines.append(charts.Line(points, side_kind(label), dots=True))
        small.append(charts.unit_chart(lines, f"AU{number}", size=130, even=True))
    words = (
        "On the diagonal, what is said with 70% is true in 70%. Empty bins are left out. The grey "
        "bars are the share of the answers."
    )
    return (
        heading("Calibration", words)
        + f'<div class="row">{"".join(overall)}</div>{SIDES}{panels(small)}'
    )


def _reliable(truth: Any, probability: Any, bins: int = 10) -> list[tuple[float, float]]:
    """Return the points of a reliability diagram."""
    rows = reliability(truth, probability, bins)
    return [(said, found) for said, found, count in rows.tolist() if count]


def precision_recall_section(readings: Readings) -> str:
    """Return precision against recall, AU by AU."""
    small = []
    for number, labels in labels_by_number().items():
        lines, marks = [], []
        for label in labels:
            row = AU_LABELS.index(label)
            use = readings.scored[:, row]
            truth, said = readings.present[use, row], readings.decided[use, row]
            curve = precision_recall(truth, readings.probability[use, row])
            lines.append(charts.Line([(x, y) for x, y in curve.tolist()], side_kind(label)))
            if said.any() and truth.any():
                hits = float((truth & said).sum())
                marks.append((hits / truth.sum(), hits / said.sum(), side_kind(label)))
        small.append(charts.unit_chart(lines, f"AU{number}", size=130, marks=marks))
    words = "Recall to the right, precision upwards; the dot is where the detector decides."
    return heading("Precision and recall", words) + SIDES + panels(small)


def confidence_section(figures: Mapping[str, Any]) -> str:
    """Return what the confidence is worth, and what abstention buys."""
    rows, gain = figures["deciles"], figures["coverage"]
    bars = charts.bar_chart(
        [row["accuracy"] for row in rows],
        [f"{row['confidence']:.2f}" for row in rows],
        "accuracy in % by tenth of confidence (mean below)",
    )
    lines = [
        charts.Line([(row["coverage"], row[name]) for row in gain["curve"]], kind)
        for name, kind in (("accuracy", "a"), ("f1", "b"), ("errors_left", "c"))
    ]
    curve = charts.unit_chart(lines, "what abstention buys", "answers given", "share", 240)
    of_answers, of_drawings = gain["errors_removed_by_20"], gain["drawings_errors_removed_by_20"]
    words = (
        "Confidence is how probable the detector itself holds its decision. Leaving out the least "
        f"sure 20% of the answers removes {of_answers:.0%} of all errors; leaving out the least "
        f"sure 20% of the drawings, {of_drawings:.0%}."
    )
    key = (
        '<p class="soft"><span class="key" style="background:var(--blue)"></span>accuracy'
        '<span class="key" style="background:var(--orange)"></span>F1 of all answers together'
        '<span class="key" style="background:var(--soft)"></span>errors left</p>'
    )
    return heading("Confidence", words) + f'<div class="row">{bars}<div>{curve}{key}</div></div>'


def baseline_section(figures: Mapping[str, Any]) -> str:
    """Return the detector among the baselines; nothing where none were measured."""
    others = figures.get("baselines")
    if not others:
        return ""
    names = tuple(JUDGED)
    heads = ("", "F1", "95%", "AUC", "AP", "ICC", "MAE", "ECE", "not beaten in")
    rows = [_baseline_row("this detector", figures, names, "")]
    for name, other in others.items():
        against = other["against"]
        level = [words for key, words in zip(names, (*heads[1:2], *heads[3:]), strict=False)
                 if against[key]["verdict"] != "better"]  # fmt: skip
        rows.append(_baseline_row(name, other, names, ", ".join(level) or "–"))
    words = (
        "Simple methods, learnt from another data set and measured on the same drawings. In the "
        "last column stands where the detector isn’t better beyond the noise floor."
    )
    return heading("Baselines", words) + f'<div class="wide">{table(heads, rows)}</div>'


def _baseline_row(
    name: str, figures: Mapping[str, Any], names: tuple[str, ...], level: str
) -> list[str]:
    low, high = figures["intervals"]["macro_f1"]
    values = [text(figures[key]) for key in names]
    return [name, values[0], f"{text(low)}–{text(high)}", *values[1:], level]


def protocol_section(figures: Mapping[str, Any]) -> str:
    """Return the figures fold by fold; nothing where no fold was trained."""
    parts = []
    for name, told in (figures.get("protocol") or {}).items():
        methods = list(told["mean"])
        rows = []
        for fold in told["folds"]:
            mine = [text(fold["figures"][method]["macro_f1"]) for method in methods]
            rows.append([fold["left_out"], str(fold["train"]), str(fold["test"]), *mine])
        mean = [text(told["mean"][method]["macro_f1"]) for method in methods]
        rows.append(["mean", "", "", *mean])
        floor = told["noise_floor"]["macro_f1"]
        every = table(
            ("", *(JUDGED)),
            [
                ["mean", *(text(told["mean"]["detector"][key]) for key in JUDGED)],
                ["spread over folds", *(text(told["spread"][key]) for key in JUDGED)],
                ["noise floor", *(text(told["noise_floor"][key]) for key in JUDGED)],
            ],
        )
        parts.append(
            f"<h3>{name}</h3>"
            f'<div class="wide">{table(("left out", "trained on", "tested on", *methods), rows)}'
            f'{every}</div><p class="soft">Macro F1 by fold. Two detectors whose means lie less '
            f"than {text(floor)} apart are no different by this protocol.</p>"
        )
    return heading("Folds") + "".join(parts) if parts else ""


def breakdown_section(figures: Mapping[str, Any]) -> str:
    """Return the figures by style, head, angle of view and strength."""
    parts = [heading("Breakdown", "F1 of all answers together, with 95% intervals")]
    titles = {"style": "by style", "rig": "by head", "view": "by angle of view"}
    for kind, groups in figures["breakdown"].items():
        rows = []
        for group in groups:
            low, high = group["f1_interval"]
            note = (
                f"{group['name']}: F1 {text(group['f1'])} ({text(low)} to {text(high)}), "
                f"precision {text(group['precision'])}, recall {text(group['recall'])}"
            )
            mark = charts.Mark(group["f1"], low, high, "a", note)
            rows.append((f"{group['name']} ({group['drawings']})", [mark]))
        parts.append(charts.whisker_chart(rows, f"F1 {titles[kind]} (drawings)", 760))
    grades = table(
        ("true intensity", "answers", "called present", "intensity said too high by", "MAE"),
        [
            [row["name"], str(row["answers"]), percent(row["called_present"]),
             text(row["intensity_bias"]), text(row["intensity_mae"])]
            for row in figures["intensity"]
        ],
    )  # fmt: skip
    return "".join(parts) + f'<div class="wide">{grades}</div>'


def confusion_section(figures: Mapping[str, Any]) -> str:
    """Return which absent AU is called where another is present."""
    told = figures["confusions"]
    values = [[math.nan if v is None else v for v in row] for row in told["excess"]]
    names = [label.removeprefix("AU") for label in AU_LABELS]
    title = "how much more often an absent AU (column) is called where another (row) is present"
    worst = table(
        ("present", "called, though absent", "rate", "where neither is", "drawings"),
        [
            [pair["present"], pair["called"], percent(pair["rate"]), percent(pair["otherwise"]),
             str(pair["drawings"])]
            for pair in told["worst"]
        ],
    )  # fmt: skip
    words = "Red at +20 points and more. Pairs that fewer than 20 drawings could show are left out."
    return (
        heading("Confusions", words)
        + f'<div class="wide">{charts.heat_map(values, names, title, 0.2)}</div>{worst}'
    )


def labels_by_number() -> dict[int, list[str]]:
    """Return AU number → its labels, left before right."""
    found: dict[int, list[str]] = {}
    for label in AU_LABELS:
        found.setdefault(split_label(label)[0], []).append(label)
    return found


def side_kind(label: str) -> str:
    """Return the class of a chart for a label: "b" for the right side."""
    return "b" if split_label(label)[1] == "R" else "a"
