"""Where a detector is good and where not: by style, rig, view, strength, and by its confidence."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .figures import Weights, interval
from .labels import AU_LABELS
from .readings import Readings

__all__ = [
    "break_down", "by_intensity", "confusions", "coverage", "deciles", "mistakes", "unsure_below",
]  # fmt: skip

_ANGLES = (0.0, 15.0, 30.0, 45.0)
_STRENGTHS = (
    ("absent", 0.0, 0.1),
    ("trace (A)", 0.1, 0.3),
    ("B", 0.3, 0.4),
    ("C", 0.4, 0.6),
    ("D", 0.6, 0.8),
    ("E", 0.8, 1.01),
)
"""FACS's grades around 0.1, 0.3, 0.5, 0.7 and 0.9."""

_LEAST_TOGETHER = 20
"""A confusion that could have been seen in fewer drawings is not told."""


def break_down(readings: Readings, weights: Weights) -> dict[str, list[dict[str, Any]]]:
    """Return F1 over all AUs, its interval and more for each style, rig and angle of view.

    Parameters
    ----------
    weights : (B, N) bootstrap samples for the intervals
    """
    edges = np.array(_ANGLES)
    band = np.searchsorted(edges, readings.angle_deg, side="right") - 1
    names = [f"{low:.0f}–{high:.0f}°" for low, high in pairwise(edges)]
    names.append(f"over {edges[-1]:.0f}°")
    groups = {
        "style": np.array(readings.style),
        "rig": np.array(readings.rig),
        "view": np.array(names)[band],
    }
    return {
        kind: [_group(readings, str(name), group == name, weights) for name in np.unique(group)]
        for kind, group in groups.items()
    }


def _group(
    readings: Readings, name: str, mine: NDArray[np.bool_], weights: Weights
) -> dict[str, Any]:
    scored = readings.scored[mine]
    truth, said = readings.present[mine] & scored, readings.decided[mine] & scored
    hits = (truth & said).sum(axis=1)
    calls = truth.sum(axis=1) + said.sum(axis=1)
    ones, taken = np.ones((1, int(mine.sum()))), weights[:, mine]
    f1, spread = (_share(2.0 * (w @ hits), w @ calls) for w in (ones, taken))
    return {
        "name": name,
        "drawings": int(mine.sum()),
        "f1": float(f1[0]),
        "f1_interval": interval(spread, f1[0]).clip(0.0, 1.0).tolist(),
        "precision": float(_share(hits.sum(), said.sum())),
        "recall": float(_share(hits.sum(), truth.sum())),
        "accuracy": float(_share((scored & (truth == said)).sum(), scored.sum())),
        "faces_missed": int((~readings.found[mine]).sum()),
    }


def _share(part: Any, whole: Any) -> NDArray[np.float64]:
    """Return part / whole, NaN where the whole is nothing."""
    whole = np.asarray(whole, dtype=np.float64)
    return np.where(whole > 0.0, part / np.maximum(whole, 1e-300), np.nan)


def by_intensity(readings: Readings) -> list[dict[str, Any]]:
    """Return how often AUs are called present, and how strong, for each grade of their strength."""
    rows = []
    for name, low, high in _STRENGTHS:
        mine = readings.visible & (readings.intensity >= low) & (readings.intensity < high)
        off = readings.said_intensity[mine] - readings.intensity[mine]
        rows.append(
            {
                "name": name,
                "answers": int(mine.sum()),
                "called_present": float(_share(readings.decided[mine].sum(), mine.sum())),
                "intensity_bias": float(off.mean()) if len(off) else float("nan"),
                "intensity_mae": float(np.abs(off).mean()) if len(off) else float("nan"),
            }
        )
    return rows


def _by_confidence(readings: Readings) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """Return confidence, wrong, truth and decision of all scored answers, the surest first."""
    scored = readings.scored
    order = np.argsort(-readings.confidence[scored], kind="stable")
    tables = (readings.confidence, readings.wrong, readings.present, readings.decided)
    confidence, wrong, truth, said = (table[scored][order] for table in tables)
    return confidence, wrong, truth, said


def deciles(readings: Readings, parts: int = 10) -> list[dict[str, float]]:
    """Return accuracy by decile of confidence, the least sure first; ties stay in their order."""
    confidence, wrong, _, _ = _by_confidence(readings)
    rows = []
    for mine in reversed(np.array_split(np.arange(len(wrong)), parts)):
        if len(mine):
            sure = confidence[mine]
            accuracy = 1.0 - float(wrong[mine].mean())
            rows.append({"confidence": float(sure.mean()), "accuracy": accuracy})
    return rows


def unsure_below(readings: Readings, removed: float = 0.5) -> float:
    """Return the confidence below which a share of all errors lies: half of them.

    To be chosen on drawings that the detector was not trained on, and kept with its weights as
    `unsure_below`; answers below it are "unsure". 0 where there are no errors.
    """
    confidence, wrong, _, _ = _by_confidence(readings)
    errors = np.sort(confidence[wrong])
    if not len(errors):
        return 0.0
    return float(errors[min(round(removed * len(errors)), len(errors) - 1)])


def coverage(readings: Readings) -> dict[str, Any]:
    """Return what it buys to say "unsure" where the confidence is lowest.

    Returns
    -------
    curve : accuracy, F1 over all AUs, the share of all errors that is left and the confidence
        asked for, at a coverage of 100 %, 95 %, … of the scored answers
    errors_removed_by_20 : share of the errors that lie in the least sure fifth of the answers
    drawings_errors_removed_by_20 : the same where whole drawings are left out, by the mean
        confidence of their answers
    unsure_below : the confidence below which half of the errors lie
    unsure_share : share of the answers that this makes unsure
    """
    confidence, wrong, truth, said = _by_confidence(readings)
    total = max(int(wrong.sum()), 1)
    curve = []
    for kept in np.arange(100, 4, -5) / 100.0:
        count = max(round(kept * len(wrong)), 1)
        hits = 2.0 * (truth & said)[:count].sum()
        calls = truth[:count].sum() + said[:count].sum()
        curve.append(
            {
                "coverage": float(kept),
                "accuracy": 1.0 - float(wrong[:count].mean()),
                "f1": float(_share(hits, calls)),
                "errors_left": float(wrong[:count].sum() / total),
                "confidence": float(confidence[count - 1]),
            }
        )
    four_fifths = round(0.8 * len(wrong))
    per_drawing = readings.wrong.sum(axis=1)
    answers = np.maximum(readings.scored.sum(axis=1), 1)
    sure = (readings.confidence * readings.scored).sum(axis=1) / answers
    left_out = np.argsort(sure, kind="stable")[: round(0.2 * len(sure))]
    doubt = unsure_below(readings)
    return {
        "curve": curve,
        "unsure_below": doubt,
        "unsure_share": float(np.mean(confidence < doubt)) if len(confidence) else 0.0,
        "errors_removed_by_20": float(wrong[four_fifths:].sum() / total),
        "drawings_errors_removed_by_20": float(per_drawing[left_out].sum() / total),
    }


def confusions(readings: Readings) -> dict[str, Any]:
    """Return which absent AU is called more often where another one is present.

    Returns
    -------
    rate : (A, A) of floats, [present AU][called AU]: how often the second, absent, is called where
        the first is present; NaN where fewer than 20 drawings could show it
    excess : the same, less how often it is called where neither is present
    worst : the largest excesses, with names and the number of drawings behind them
    """
    scored, said = readings.scored, readings.decided
    there = (scored & readings.present).astype(np.float64)
    absent = scored & ~readings.present
    alarm = (absent & said).astype(np.float64)
    together = there.T @ absent
    rate = np.where(
        together >= _LEAST_TOGETHER, (there.T @ alarm) / np.maximum(together, 1), np.nan
    )
    gone = (scored & ~readings.present).astype(np.float64)
    base = (gone.T @ alarm) / np.maximum(gone.T @ absent, 1)
    excess = rate - base
    np.fill_diagonal(rate, np.nan)
    np.fill_diagonal(excess, np.nan)
    order = np.argsort(np.where(np.isnan(excess), -1.0, excess), axis=None)[::-1][:15]
    pairs = [np.unravel_index(flat, excess.shape) for flat in order]
    worst = [
        {
            "present": AU_LABELS[i],
            "called": AU_LABELS[j],
            "rate": float(rate[i, j]),
            "otherwise": float(base[i, j]),
            "drawings": int(together[i, j]),
        }
        for i, j in pairs
        if excess[i, j] > 0.0
    ]
    return {"rate": rate.tolist(), "excess": excess.tolist(), "worst": worst}


def mistakes(readings: Readings, count: int = 12) -> dict[str, list[dict[str, Any]]]:
    """Return the mistakes that the detector was surest of, one a drawing at most.

    Returns
    -------
    false_alarms, misses : `key`, `au`, `probability` and true `intensity` of each, the worst first
    """
    sides = {"false_alarms": readings.wrong & readings.decided, "misses": readings.wrong}
    sides["misses"] = sides["misses"] & ~readings.decided & readings.found[:, None]
    out: dict[str, list[dict[str, Any]]] = {}
    for name, mine in sides.items():
        sure = np.where(mine, readings.confidence, -1.0)
        column = sure.argmax(axis=1)
        best = sure[np.arange(len(sure)), column]
        rows = [row for row in np.argsort(-best, kind="stable")[:count] if best[row] >= 0.0]
        out[name] = [
            {
                "key": readings.keys[row],
                "au": AU_LABELS[column[row]],
                "probability": float(readings.probability[row, column[row]]),
                "intensity": float(readings.intensity[row, column[row]]),
            }
            for row in rows
        ]
    return out
