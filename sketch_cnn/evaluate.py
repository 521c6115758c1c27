"""Evaluation on labelled drawings: the detector as it is used, from pixels to answers."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DatasetError, SketchError
from .breakdown import break_down, by_intensity, confusions, coverage, deciles, mistakes
from .compare import compare_answers
from .cut import overlap
from .detection import Detection
from .detector import Detector
from .figures import FIGURES, MACROS, bootstrap_weights, interval, macro_figures, table_figures
from .image import read_sketch
from .labels import AU_LABELS, TRACE
from .readings import Readings, read_samples
from .shards import Sample, read_folder

__all__ = ["RESAMPLINGS", "agreement", "evaluate", "label_rows", "set_beside", "summarise"]

RESAMPLINGS = 1000
"""Bootstrap samples behind every interval."""

_ALIKE = {"AU6": ("AU6", "AU7"), "AU9": ("AU9", "AU10"), "AU10": ("AU9", "AU10")}
"""AUs that cannot be told apart by eye in a drawing count as one in `agreement`."""


def evaluate(
    detector: Detector,
    data: Path,
    limit: int | None = None,
    on_sample: Callable[[int], None] | None = None,
    on_answer: Callable[[Sample, Detection | None], None] | None = None,
) -> tuple[Readings, list[Sample]]:
    """Let the detector read a data set of identities that it was not trained on.

    Parameters
    ----------
    limit : read so many drawings only
    on_sample, on_answer : see `readings.read_samples`

    Returns
    -------
    readings : answers and truth; `summarise` makes figures of them
    samples : the drawings themselves

    Raises
    ------
    DatasetError
        If `data` holds no drawings of faces.
    """
    samples = read_folder(Path(data), limit)
    try:
        return read_samples(detector, samples, on_sample, on_answer), samples
    except DatasetError as error:
        raise DatasetError(f"{data}: {error}") from None


def summarise(readings: Readings, resamplings: int = RESAMPLINGS) -> dict[str, Any]:
    """Return all figures of a detector's answers.

    An AU counts as present from 0.3 and as absent below 0.1; traces between, and AUs that the
    drawing cannot show, are not scored. `f1`, `precision` and `recall` are those of the detector's
    decisions (each AU's own operating point), `f1_at_half` that of probability 0.5. Intervals are
    95 %, over identities drawn with replacement.

    Returns
    -------
    Macro figures, `intervals` of them, `aus` (a table per AU label), `breakdown`, `intensity`,
    `deciles`, `coverage`, `confusions`, `mistakes`.
    """
    ones = np.ones((1, len(readings.keys)))
    weights = bootstrap_weights(readings.identity, resamplings)
    macro = {name: float(value[0]) for name, value in macro_figures(readings, ones).items()}
    spread = macro_figures(readings, weights)
    neutral = (readings.intensity < TRACE).all(axis=1)
    quiet = (readings.probability[neutral] <= 0.5).all(axis=1)
    doubt, tenths = coverage(readings), deciles(readings)
    rises = np.diff([tenth["accuracy"] for tenth in tenths])
    known = readings.found.any()
    return {
        "drawings": len(readings.keys),
        "identities": len(set(readings.identity)),
        "resamplings": resamplings,
        **{name: macro[name] for name in MACROS},
        "intervals": {name: interval(spread[name], macro[name]).tolist() for name in MACROS},
        "neutral_drawings": int(neutral.sum()),
        "neutral_without_au": float(quiet.mean()) if neutral.any() else None,
        "landmark_error_iod": float(np.nanmedian(readings.landmark_error_iod)) if known else None,
        "box_overlap": float(np.nanmedian(readings.box_overlap)) if known else None,
        "missed_faces": int((~readings.found).sum()),
        "no_face_drawings": readings.no_face_drawings,
        "false_faces": readings.false_faces,
        "errors_removed_by_20": doubt["errors_removed_by_20"],
        "unsure_below": doubt["unsure_below"],
        "unsure_share": doubt["unsure_share"],
        "largest_fall_of_accuracy": float(max(-rises.min(initial=0.0), 0.0)),
        "aus": _au_table(readings, weights[:200]),
        "breakdown": break_down(readings, weights),
        "intensity": by_intensity(readings),
        "deciles": tenths,
        "coverage": doubt,
        "confusions": confusions(readings),
        "mistakes": mistakes(readings),
    }


def set_beside(
    readings: Readings, others: Mapping[str, Readings], resamplings: int = 300
) -> dict[str, dict[str, Any]]:
    """Return the macro figures of other answers to the same drawings, the baselines'.

    Returns
    -------
    name → `MACROS`, `missed_faces`, their `intervals`, and in `against` whether the detector
    differs from them
    """
    ones = np.ones((1, len(readings.keys)))
    weights = bootstrap_weights(readings.identity, resamplings)
    out = {}
    for name, other in others.items():
        macro = {key: float(value[0]) for key, value in macro_figures(other, ones).items()}
        spread = macro_figures(other, weights)
        out[name] = {
            **macro,
            "missed_faces": int((~other.found).sum()),
            "intervals": {key: interval(spread[key], macro[key]).tolist() for key in MACROS},
            "against": compare_answers(other, readings, resamplings)[0],
        }
    return out


def _au_table(readings: Readings, weights: np.ndarray) -> dict[str, dict[str, Any]]:
    """Return the figures of every AU label, and the interval of its F1."""
    plain = table_figures(readings, np.ones((1, len(readings.keys))))
    f1 = interval(table_figures(readings, weights)["f1"], plain["f1"][0]).clip(0.0, 1.0)
    return {
        label: {
            **{name: float(plain[name][0, row]) for name in FIGURES},
            "f1_interval": f1[:, row].tolist(),
            "support": int(plain["support"][0, row]),
            "scored": int(readings.scored[:, row].sum()),
        }
        for row, label in enumerate(AU_LABELS)
    }


def agreement(detector: Detector, table: Path) -> dict[str, Any]:
    """Compare with labels made by eye: a table like `sketches.csv` beside its pictures.

    Columns: `file`, `face_box`, `au_on`, `au_off`, `au_left_right`; an AU in no list is not scored.
    Both sides of a paired AU count together, by the stronger one.
    """
    hits, rows = {"tp": 0, "fp": 0, "fn": 0, "tn": 0}, []
    with Path(table).open(newline="", encoding="utf-8") as file:
        entries = list(csv.DictReader(file))
    for entry in entries:
        try:
            sketch = read_sketch(Path(table).parent / entry["file"])
            detection = detector.detect(sketch)
        except SketchError as error:
            rows.append({"file": entry["file"], "error": str(error)})
            continue
        box = tuple(float(value) * sketch.scale for value in entry["face_box"].split(","))
        row = {"file": entry["file"], "box_overlap": overlap(detection.face_box, box)}
        for column, wanted in (("au_on", True), ("au_off", False)):
            for au in filter(None, entry[column].split(";")):
                said = _said(detection, f"AU{'26' if au == '27' else au}")
                if au == "27" and said:
                    said = _intensity(detection, "AU26") > 0.7
                row[f"{'+' if wanted else '-'}{au}"] = said
                kind = ("t" if said == wanted else "f") + ("p" if said else "n")
                hits[kind] += 1
        rows.append(row)
    total = max(2 * hits["tp"] + hits["fp"] + hits["fn"], 1)
    return {"f1": 2 * hits["tp"] / total, **hits, "drawings": rows}


def _said(detection: Detection, au: str) -> bool:
    """Tell whether the detector says that an AU, or one like it, is there on any side."""
    return bool(detection.present[label_rows(au, detection.au_labels)].any())


def label_rows(au: str, labels: Sequence[str]) -> list[int]:
    """Return the rows of an AU, of both sides, and of those that look like it by eye."""
    names = _ALIKE.get(au, (au,))
    return [
        row
        for row, label in enumerate(labels)
        if label in names or (label[-1] in "LR" and label[:-1] in names)
    ]


def _intensity(detection: Detection, label: str) -> float:
    return float(detection.intensity[detection.au_labels.index(label)])
