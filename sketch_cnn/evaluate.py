"""Evaluation on a data set: the detector as it is used, from pixels to answers."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DatasetError
from .breakdown import break_down, by_intensity, confusions, coverage, deciles, mistakes
from .compare import compare_answers
from .detection import Detection
from .detector import Detector
from .figures import FIGURES, MACROS, bootstrap_weights, interval, macro_figures, table_figures
from .labels import AU_LABELS, TRACE
from .readings import Readings, read_samples
from .shards import Sample, read_folder

__all__ = ["RESAMPLINGS", "evaluate", "set_beside", "summarise"]

RESAMPLINGS = 1000
"""Bootstrap samples behind every interval."""


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
        **_shut_eyes(readings),
        "landmark_error_iod": float(np.nanmedian(readings.landmark_error_iod)) if known else None,
        "box_overlap": float(np.nanmedian(readings.box_overlap)) if known else None,
        "missed_faces": int((~readings.found).sum()),
        "no_face_drawings": readings.no_face_drawings,
        "false_faces": readings.false_faces,
        "errors_removed_by_20": doubt["errors_removed_by_20"],
        "unsure_below": doubt["unsure_below"],
        "unsure_share": doubt["unsure_share"],
        "largest_fall_of_accuracy": float(max(0.0, -rises.min(initial=0.0))),
        "aus": _au_table(readings, weights[:200]),
        "breakdown": break_down(readings, weights),
        "intensity": by_intensity(readings),
        "deciles": tenths,
        "coverage": doubt,
        "confusions": confusions(readings),
        "mistakes": mistakes(readings),
    }


def _shut_eyes(readings: Readings) -> dict[str, float | int | None]:
    """Return how often the side is right where one eye is shut and the other one open."""
    rows = [AU_LABELS.index(f"AU43{side}") for side in "LR"]
    scored, there = readings.scored[:, rows], readings.present[:, rows]
    winks = scored.all(axis=1) & (there.sum(axis=1) == 1)
    right = (readings.decided[:, rows] == there).all(axis=1)[winks]
    return {
        "one_eye_shut": int(winks.sum()),
        "one_eye_shut_right": float(right.mean()) if winks.any() else None,
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
