"""Two evaluations side by side: which differences are larger than the noise floor.

The floor of a figure is how far apart two equally good detectors may come out by the choice of
drawings. Where both answered the same drawings, it is measured on the differences themselves, by
drawing identities with replacement (a paired bootstrap); otherwise two figures differ only if
their own intervals do not overlap. Several figures are looked at at once, so that each has to clear
a stricter floor (Bonferroni).
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .figures import bootstrap_weights, macro_figures, table_figures
from .labels import AU_LABELS
from .readings import Readings

__all__ = ["JUDGED", "compare", "compare_answers", "paired_f1"]

JUDGED = {
    "macro_f1": 1,
    "macro_auc": 1,
    "macro_ap": 1,
    "macro_icc": 1,
    "macro_mae": -1,
    "ece_all": -1,
}
"""The figures that decide, and whether more of them is better (1) or worse (-1)."""

_ALPHA = 0.05
_LEAST_SHARED = 20


def compare(
    first: Mapping[str, Any], second: Mapping[str, Any], resamplings: int = 1000
) -> dict[str, Any]:
    """Return how the second of two saved evaluations differs from the first.

    Parameters
    ----------
    first, second : with `data` (figures of `evaluate.summarise`) and, if kept, `answers`
    resamplings : bootstrap samples of a paired comparison

    Returns
    -------
    paired : whether both answered the same drawings
    drawings : how many of them were compared, where it was paired
    figures : for each of `JUDGED` `first`, `second`, `difference`, `floor`, `verdict`
    aus : the same for the F1 of every AU label; they inform and do not decide
    worse : whether one of `figures` is worse beyond its floor

    Raises
    ------
    DatasetError
        If answers are there but incomplete.
    """
    pair = _shared(first, second)
    if pair is None:
        figures, aus = _by_intervals(first["data"], second["data"])
    else:
        figures, aus = compare_answers(*pair, resamplings)
    return {
        "paired": pair is not None,
        "drawings": len(pair[0].keys) if pair else None,
        "figures": figures,
        "aus": aus,
        "worse": any(entry["verdict"] == "worse" for entry in figures.values()),
    }


def _shared(
    first: Mapping[str, Any], second: Mapping[str, Any]
) -> tuple[Readings, Readings] | None:
    """Return both answers to the drawings that both saw, None if they saw different ones."""
    if not first.get("answers") or not second.get("answers"):
        return None
    one, two = (Readings.from_record(record["answers"]) for record in (first, second))
    place = {key: row for row, key in enumerate(two.keys)}
    rows = [(row, place[key]) for row, key in enumerate(one.keys) if key in place]
    if len(rows) < _LEAST_SHARED:
        return None
    one, two = one.select([a for a, _ in rows]), two.select([b for _, b in rows])
    same = np.array_equal(one.intensity, two.intensity) and np.array_equal(one.visible, two.visible)
    return (one, two) if same else None


def compare_answers(
    one: Readings, two: Readings, resamplings: int = 1000
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return how the second answers the same drawings: `figures` and `aus` of `compare`."""
    plain = np.ones((1, len(one.keys)))
    weights = bootstrap_weights(one.identity, resamplings)
    values = [{name: macro_figures(side, plain)[name][0] for name in JUDGED} for side in (one, two)]
    spread = [macro_figures(side, weights) for side in (one, two)]
    factor = _factor(len(JUDGED))
    figures = {
        name: _entry(
            float(values[0][name]),
            float(values[1][name]),
            factor * _deviation(spread[1][name] - spread[0][name]),
            sign,
        )
        for name, sign in JUDGED.items()
    }
    few = weights[:200]
    plain_f1 = [table_figures(side, plain)["f1"][0] for side in (one, two)]
    change = table_figures(two, few)["f1"] - table_figures(one, few)["f1"]
    factor = _factor(len(AU_LABELS))
    aus = {
        label: _entry(
            float(plain_f1[0][row]),
            float(plain_f1[1][row]),
            factor * _deviation(change[:, row]),
            1,
        )
        for row, label in enumerate(AU_LABELS)
    }
    return figures, aus


def paired_f1(one: Readings, two: Readings, resamplings: int = 1000) -> dict[str, Any]:
    """Return how F1 over all answers together differs, as in `figures` of `compare`."""
    weights = bootstrap_weights(one.identity, resamplings)
    plain, taken = [], []
    for side in (one, two):
        truth, said = side.present & side.scored, side.decided & side.scored
        hits, calls = 2.0 * (truth & said).sum(axis=1), truth.sum(axis=1) + said.sum(axis=1)
        plain.append(float(hits.sum() / max(calls.sum(), 1)))
        taken.append((weights @ hits) / np.maximum(weights @ calls, 1.0))
    return _entry(plain[0], plain[1], _factor(1) * _deviation(taken[1] - taken[0]), 1)


def _by_intervals(
    one: Mapping[str, Any], two: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return figures and AUs with the two intervals' halves as floor, widened for many looks."""
    figures = {
        name: _entry(
            _number(one[name]),
            _number(two[name]),
            _factor(len(JUDGED))
            / _factor(1)
            * (_half(one["intervals"][name]) + _half(two["intervals"][name])),
            sign,
        )
        for name, sign in JUDGED.items()
    }
    aus = {}
    for label in AU_LABELS:
        first, second = one["aus"][label], two["aus"][label]
        floor = _half(first["f1_interval"]) + _half(second["f1_interval"])
        floor *= _factor(len(AU_LABELS)) / _factor(1)
        aus[label] = _entry(_number(first["f1"]), _number(second["f1"]), floor, 1)
    return figures, aus


def _entry(first: float, second: float, floor: float, sign: int) -> dict[str, Any]:
    change = second - first
    # What does not exist in one of them, or has no floor, is no difference that can be claimed.
    known = math.isfinite(change) and math.isfinite(floor)
    if not known or abs(change) <= floor:
        verdict = "no difference"
    else:
        verdict = "better" if change * sign > 0.0 else "worse"
    return {
        "first": first,
        "second": second,
        "difference": change,
        "floor": floor,
        "verdict": verdict,
    }


def _factor(looks: int) -> float:
    """Return how many standard deviations make a floor if so many figures are looked at."""
    return NormalDist().inv_cdf(1.0 - 0.5 * _ALPHA / looks)


def _deviation(replicates: NDArray[np.float64]) -> float:
    known = replicates[~np.isnan(replicates)]
    return float(known.std(ddof=1)) if len(known) > 1 else math.nan


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _half(interval: Any) -> float:
    low, high = (_number(end) for end in interval)
    return 0.5 * (high - low)
