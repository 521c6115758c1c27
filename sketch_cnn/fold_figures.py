"""Figures over folds and repeats: means, their spread, and what is more than that spread.

The figures of folds are not independent: their training parts overlap. The variance of their mean
is corrected for that.

References
----------
Nadeau & Bengio (2003), Inference for the generalization error, doi:10.1023/A:1024068626366.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import t as student

from .compare import JUDGED
from .figures import bootstrap_weights, interval, macro_figures
from .readings import Readings

__all__ = ["DETECTOR", "compare_folds", "fold_table", "protocol_figures"]

DETECTOR = "detector"
_ALPHA = 0.05


def fold_table(answers: Mapping[str, Readings]) -> dict[str, dict[str, float]]:
    """Return the judged figures of one fold: method → figure → value."""
    table = {}
    for method, readings in answers.items():
        macro = macro_figures(readings, np.ones((1, len(readings.keys))))
        table[method] = {name: float(macro[name][0]) for name in JUDGED}
    return table


def protocol_figures(
    folds: Sequence[Mapping[str, Any]], pooled: Sequence[Readings], resamplings: int = 300
) -> dict[str, Any]:
    """Return what all folds and repeats together say.

    Parameters
    ----------
    folds : of each `left_out`, `repeat`, `train` and `test` (counts), `figures` of `fold_table`
    pooled : the detector's answers of each repeat, every drawing once

    Returns
    -------
    folds : as given
    mean : method → figure → mean over the folds
    spread : figure → standard deviation of the detector's figure over the folds
    noise_floor : figure → how far apart two equally good detectors may come out by this protocol
    repeats : figure → the detector's value on all drawings of each repeat
    repeat_spread : figure → its standard deviation over repeats, None for one repeat
    intervals : figure → 95 %, identities of the first repeat drawn with replacement
    against : baseline → figure → how the detector differs from it, as in `compare`
    """
    methods = list(folds[0]["figures"])
    values = {name: _column(folds, DETECTOR, name) for name in JUDGED}
    ones = [macro_figures(part, np.ones((1, len(part.keys)))) for part in pooled]
    repeats = {name: [float(part[name][0]) for part in ones] for name in JUDGED}
    weights = bootstrap_weights(pooled[0].identity, resamplings)
    taken = macro_figures(pooled[0], weights)
    several = len(pooled) > 1
    return {
        "folds": list(folds),
        "mean": {
            method: {name: float(np.nanmean(_column(folds, method, name))) for name in JUDGED}
            for method in methods
        },
        "spread": {name: _deviation(column) for name, column in values.items()},
        "noise_floor": {
            name: _reach(folds) * math.sqrt(2.0) * _deviation(column)
            for name, column in values.items()
        },
        "repeats": repeats,
        "repeat_spread": {
            name: _deviation(np.array(column)) if several else None
            for name, column in repeats.items()
        },
        "intervals": {
            name: interval(taken[name], repeats[name][0]).tolist() for name in JUDGED
        },
        "against": {
            method: _differences(folds, method, DETECTOR)
            for method in methods
            if method != DETECTOR
        },
    }  # fmt: skip


def compare_folds(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return how the second of two results of one protocol differs, fold by fold.

    None where the folds are not the same.
    """
    one, two = first["folds"], second["folds"]
    same = [(fold["left_out"], fold["repeat"], fold["test"]) for fold in one] == [
        (fold["left_out"], fold["repeat"], fold["test"]) for fold in two
    ]
    if not same:
        return None
    joined = [
        {**a, "figures": {"first": a["figures"][DETECTOR], "second": b["figures"][DETECTOR]}}
        for a, b in zip(one, two, strict=True)
    ]
    return _differences(joined, "first", "second")


def _differences(
    folds: Sequence[Mapping[str, Any]], first: str, second: str
) -> dict[str, dict[str, Any]]:
    """Return for every judged figure the mean difference over folds, its floor and a verdict."""
    told = {}
    for name, sign in JUDGED.items():
        one, two = _column(folds, first, name), _column(folds, second, name)
        change = float(np.nanmean(two - one)) if np.isfinite(two - one).any() else math.nan
        floor = _reach(folds) * _deviation(two - one)
        known = math.isfinite(change) and math.isfinite(floor)
        verdict = "no difference"
        if known and abs(change) > floor:
            verdict = "better" if change * sign > 0.0 else "worse"
        told[name] = {
            "first": float(np.nanmean(one)),
            "second": float(np.nanmean(two)),
            "difference": change,
            "floor": floor,
            "verdict": verdict,
        }
    return told


def _reach(folds: Sequence[Mapping[str, Any]]) -> float:
    """Return how many deviations of the folds' figures make a floor for their mean."""
    count = len(folds)
    if count < 2:
        return math.nan
    overlap = float(np.mean([fold["test"] / max(fold["train"], 1) for fold in folds]))
    quantile = float(student.ppf(1.0 - 0.5 * _ALPHA / len(JUDGED), count - 1))
    return quantile * math.sqrt(1.0 / count + overlap)


def _column(folds: Sequence[Mapping[str, Any]], method: str, name: str) -> np.ndarray:
    values = [fold["figures"][method][name] for fold in folds]
    return np.array([math.nan if value is None else value for value in values], dtype=np.float64)


def _deviation(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(known.std(ddof=1)) if len(known) > 1 else math.nan
