"""Evaluation on labelled drawings: the detector as it is used, from pixels to answers."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DatasetError, SketchError
from .detection import Detection
from .detector import Detector, overlap
from .image import read_sketch, sketch_from_grey
from .labels import AU_LABELS, PRESENT, TRACE
from .metrics import area_under_curve, calibration_error, f1_score, icc_3_1
from .shards import Sample, read_folder

__all__ = ["agreement", "evaluate"]

_ALIKE = {"AU6": ("AU6", "AU7"), "AU9": ("AU9", "AU10"), "AU10": ("AU9", "AU10")}
"""AUs that cannot be told apart by eye in a drawing count as one in `agreement`."""


@dataclass(slots=True)
class _Tally:
    """What was said and what is true, drawing by drawing."""

    probability: list[NDArray] = field(default_factory=list)
    present: list[NDArray] = field(default_factory=list)
    said_intensity: list[NDArray] = field(default_factory=list)
    intensity: list[NDArray] = field(default_factory=list)
    visible: list[NDArray] = field(default_factory=list)
    landmark_error: list[float] = field(default_factory=list)
    box_overlap: list[float] = field(default_factory=list)
    style: list[str] = field(default_factory=list)
    missed: int = 0

    def add(self, sample: Sample, detection: Detection) -> None:
        """Take up one drawing."""
        self.probability.append(detection.probability)
        self.present.append(detection.present)
        self.said_intensity.append(detection.intensity)
        self.intensity.append(sample.intensity)
        self.visible.append(sample.visible > 0.5)
        eyes = sample.landmarks[[36, 39, 42, 45]]
        iod = np.linalg.norm(eyes[:2].mean(axis=0) - eyes[2:].mean(axis=0))
        off = np.linalg.norm(detection.landmarks - sample.landmarks, axis=1).mean()
        self.landmark_error.append(float(off / max(iod, 1e-6)))
        low, high = sample.landmarks.min(axis=0), sample.landmarks.max(axis=0)
        self.box_overlap.append(overlap(detection.face_box, (*map(float, low), *map(float, high))))
        self.style.append(str(sample.meta.get("style")))


def evaluate(
    detector: Detector,
    data: Path,
    limit: int | None = None,
    on_sample: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Measure the detector on a data set of identities that it was not trained on.

    An AU counts as present from 0.3 and as absent below 0.1; traces between, and AUs that the
    drawing cannot show, are not scored. `f1` is that of the detector's decisions (each AU's own
    operating point), `f1_at_half` that of probability 0.5.

    Returns
    -------
    Macro figures, and a table per AU label and per style.

    Raises
    ------
    DatasetError
        If `data` holds no drawings of faces.
    """
    samples = read_folder(Path(data), limit)
    tally, false_alarms, strangers = _Tally(), 0, 0
    for number, sample in enumerate(samples):
        try:
            detection = detector.detect(sketch_from_grey(sample.grey()))
        except SketchError:
            tally.missed += sample.is_face
            strangers += not sample.is_face
            continue
        if sample.is_face:
            tally.add(sample, detection)
        else:
            strangers, false_alarms = strangers + 1, false_alarms + 1
        if on_sample is not None:
            on_sample(number + 1, len(samples))
    if not tally.probability:
        raise DatasetError(f"{data}: no drawing of a face in it; give another data set")
    return {**_figures(tally), "no_face_drawings": strangers, "false_faces": false_alarms}


def _figures(tally: _Tally) -> dict[str, Any]:
    probability, intensity = np.stack(tally.probability), np.stack(tally.intensity)
    said, visible = np.stack(tally.said_intensity), np.stack(tally.visible)
    decided = np.stack(tally.present)
    present = intensity >= PRESENT
    scored = visible & (present | (intensity < TRACE))
    table = {}
    for row, label in enumerate(AU_LABELS):
        use, seen = scored[:, row], visible[:, row]
        truth, score = present[use, row], probability[use, row]
        table[label] = {
            "f1": f1_score(truth, decided[use, row]),
            "f1_at_half": f1_score(truth, score >= 0.5),
            "auc": area_under_curve(truth, score),
            "ece": calibration_error(truth, score),
            "icc": icc_3_1(intensity[seen, row], said[seen, row]),
            "mae": float(np.abs(intensity[seen, row] - said[seen, row]).mean())
            if seen.any()
            else 0.0,
            "support": int(truth.sum()),
        }
    macro = {
        f"macro_{name}": float(np.nanmean([entry[name] for entry in table.values()]))
        for name in ("f1", "f1_at_half", "auc", "ece", "icc", "mae")
    }
    neutral = (intensity < TRACE).all(axis=1)
    quiet = (probability[neutral] <= 0.5).all(axis=1)
    styles = np.array(tally.style)
    return {
        "drawings": len(styles),
        **macro,
        "ece_all": calibration_error(present[scored], probability[scored]),
        "neutral_without_au": float(quiet.mean()) if neutral.any() else None,
        "landmark_error_iod": float(np.median(tally.landmark_error)),
        "box_overlap": float(np.median(tally.box_overlap)),
        "missed_faces": tally.missed,
        "styles": {
            style: _style_f1(present, decided, scored, styles == style)
            for style in sorted(set(tally.style))
        },
        "aus": table,
    }


def _style_f1(
    present: NDArray[np.bool_],
    said: NDArray[np.bool_],
    scored: NDArray[np.bool_],
    mine: NDArray[np.bool_],
) -> float:
    """Return the F1 over all AUs of one style's drawings together."""
    use = scored & mine[:, None]
    return f1_score(present[use], said[use])


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
    names = _ALIKE.get(au, (au,))
    return any(
        bool(present)
        for label, present in zip(detection.au_labels, detection.present, strict=True)
        if label in names or label[:-1] in names
    )


def _intensity(detection: Detection, label: str) -> float:
    return float(detection.intensity[detection.au_labels.index(label)])
