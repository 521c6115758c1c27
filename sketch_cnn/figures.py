"""Figures of a detector per Action Unit, for a data set as it is and for resamplings of it.

Everything is written with a weight per drawing: ones give the plain figure, the counts of a
bootstrap sample give the figure of that sample. B rows of weights are done at once.

References
----------
Efron & Tibshirani (1993), An introduction to the bootstrap.
Shrout & Fleiss (1979), Intraclass correlations, doi:10.1037/0033-2909.86.2.420: ICC(3,1).
Boyd et al. (2013), Area under the precision-recall curve, doi:10.1007/978-3-642-40994-3_29: the
average precision used here, without interpolation.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .readings import Readings

__all__ = ["FIGURES", "MACROS", "bootstrap_weights", "interval", "macro_figures", "table_figures"]

FIGURES = (
    "f1", "precision", "recall", "f1_at_half", "auc", "ap", "ece", "ece_uncalibrated", "icc", "mae",
)  # fmt: skip
"""The figures of one AU label, in the order of the tables."""

MACROS = (*(f"macro_{name}" for name in FIGURES), "ece_all", "ece_all_uncalibrated", "accuracy")
"""The figures over all AU labels: means over labels, then figures of all answers together."""

_BINS = 15
_CHUNK = 100

Weights = NDArray[np.float64]
Table = dict[str, NDArray[np.float64]]


def bootstrap_weights(units: Sequence[str], count: int, seed: int = 0) -> Weights:
    """Draw units with replacement and return how often each drawing is taken.

    Parameters
    ----------
    units : N names; drawings of one name (one identity) are drawn together
    count : B resamplings

    Returns
    -------
    weights : (B, N) float64
    """
    names, place = np.unique(np.asarray(units), return_inverse=True)
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(len(names), np.full(len(names), 1.0 / len(names)), size=count)
    return counts[:, place.reshape(-1)].astype(np.float64)


def interval(
    replicates: NDArray[np.floating],
    estimate: NDArray[np.floating] | float,
    level: float = 0.95,
) -> NDArray[np.float64]:
    """Return the interval (2, …) around an estimate (…) that (B, …) replicates speak for.

    It is the percentile interval, moved by the replicates' own bias: a resampled calibration error
    is always larger than the plain one. NaNs among the replicates don't count.
    """
    tail = 50.0 * (1.0 - level)
    values = np.asarray(replicates, dtype=np.float64)
    centre = np.asarray(estimate, dtype=np.float64)
    out = np.full((2, *values.shape[1:]), np.nan)
    usable = ~(np.isnan(values).all(axis=0) | np.isnan(centre))
    if usable.any():
        off = values[:, usable] - np.nanmean(values[:, usable], axis=0)
        out[:, usable] = np.nanpercentile(off, [tail, 100.0 - tail], axis=0) + centre[usable]
    return out


def table_figures(readings: Readings, weights: Weights) -> Table:
    """Return `FIGURES` and `support` (drawings with the AU) per AU label, each (B, A)."""
    columns = []
    for row in range(readings.probability.shape[1]):
        use, seen = readings.scored[:, row], readings.visible[:, row]
        truth, score = readings.present[use, row], readings.probability[use, row]
        taken = weights[:, use]
        said = np.stack([readings.decided[use, row], score >= 0.5])
        hits = taken @ (said & truth).T.astype(np.float64)
        called, there = taken @ said.T.astype(np.float64), taken @ truth
        first, second = readings.intensity[seen, row], readings.said_intensity[seen, row]
        columns.append(
            {
                "f1": _ratio(2.0 * hits[:, 0], called[:, 0] + there),
                "precision": _ratio(hits[:, 0], called[:, 0]),
                "recall": _ratio(hits[:, 0], there),
                "f1_at_half": _ratio(2.0 * hits[:, 1], called[:, 1] + there),
                **_ranking(truth, score, taken),
                "ece": _calibration(truth, score, taken),
                "ece_uncalibrated": _calibration(truth, readings.uncalibrated[use, row], taken),
                "icc": _consistency(first, second, weights[:, seen]),
                "mae": _ratio(
                    weights[:, seen] @ np.abs(first - second), weights[:, seen].sum(axis=1)
                ),
                "support": there,
            }
        )
    return {name: np.stack([column[name] for column in columns], axis=1) for name in columns[0]}


def macro_figures(readings: Readings, weights: Weights) -> Table:
    """Return `MACROS`, each (B,); labels without a figure (no support) are left out of the means.

    The weights are worked off in portions, so that memory does not grow with B.
    """
    parts = []
    for start in range(0, len(weights), _CHUNK):
        some = weights[start : start + _CHUNK]
        table = table_figures(readings, some)
        parts.append(
            {f"macro_{name}": _mean(table[name]) for name in FIGURES} | _pooled(readings, some)
        )
    return {name: np.concatenate([part[name] for part in parts]) for name in MACROS}


def _pooled(readings: Readings, weights: Weights) -> Table:
    """Return the figures of all scored answers together."""
    rows, columns = np.nonzero(readings.scored)
    truth = readings.present[rows, columns]
    right = (readings.scored & ~readings.wrong).sum(axis=1)
    return {
        name: _calibration_by_drawing(truth, score[rows, columns], rows, weights)
        for name, score in (
            ("ece_all", readings.probability),
            ("ece_all_uncalibrated", readings.uncalibrated),
        )
    } | {"accuracy": _ratio(weights @ right, weights @ readings.scored.sum(axis=1))}


def _ratio(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[np.float64]:
    """Return part / whole, NaN where the whole is nothing."""
    safe = np.where(whole > 0.0, whole, 1.0)
    return np.where(whole > 0.0, part / safe, np.nan)


def _mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean over the last axis of what is not NaN."""
    known = ~np.isnan(values)
    return _ratio(np.where(known, values, 0.0).sum(axis=-1), known.sum(axis=-1))


def _ranking(truth: NDArray[np.bool_], score: NDArray[np.float64], weights: Weights) -> Table:
    """Return the area under the ROC curve (ties count half) and the average precision."""
    if not len(truth):
        nothing = np.full(len(weights), np.nan)
        return {"auc": nothing, "ap": nothing}
    order = np.argsort(-score, kind="stable")
    ranked, there = score[order], truth[order]
    starts = np.concatenate([[0], np.nonzero(np.diff(ranked))[0] + 1])
    taken = weights[:, order]
    hits = np.add.reduceat(taken * there, starts, axis=1)
    alarms = np.add.reduceat(taken * ~there, starts, axis=1)
    all_hits, all_alarms = hits.cumsum(axis=1), alarms.cumsum(axis=1)
    positives, negatives = all_hits[:, -1], all_alarms[:, -1]
    below = negatives[:, None] - all_alarms + 0.5 * alarms
    precision = np.nan_to_num(_ratio(all_hits, all_hits + all_alarms))
    return {
        "auc": _ratio((hits * below).sum(axis=1), positives * negatives),
        "ap": _ratio((precision * hits).sum(axis=1), positives),
    }


def _calibration(
    truth: NDArray[np.bool_], probability: NDArray[np.float64], weights: Weights
) -> NDArray[np.float64]:
    """Return the expected calibration error over equal bins, (B,)."""
    return _calibration_by_drawing(truth, probability, np.arange(len(truth)), weights)


def _calibration_by_drawing(
    truth: NDArray[np.bool_],
    probability: NDArray[np.float64],
    drawing: NDArray[np.intp],
    weights: Weights,
) -> NDArray[np.float64]:
    """Return the calibration error of answers that belong to drawings, as the weights run."""
    place = np.minimum((probability * _BINS).astype(int), _BINS - 1)
    off, count = np.zeros((weights.shape[1], _BINS)), np.zeros((weights.shape[1], _BINS))
    np.add.at(off, (drawing, place), probability - truth)
    np.add.at(count, (drawing, place), 1.0)
    return _ratio(np.abs(weights @ off).sum(axis=1), (weights @ count).sum(axis=1))


def _consistency(
    first: NDArray[np.float64], second: NDArray[np.float64], weights: Weights
) -> NDArray[np.float64]:
    """Return ICC(3,1) of two raters: 2 cov / (var + var), which is what it comes to for two."""
    total = weights.sum(axis=1)
    mean = [_ratio(weights @ values, total)[:, None] for values in (first, second)]
    one, two = first - mean[0], second - mean[1]
    spread = (weights * (np.square(one) + np.square(two))).sum(axis=1)
    return np.where(total >= 2.0, _ratio(2.0 * (weights * one * two).sum(axis=1), spread), np.nan)
