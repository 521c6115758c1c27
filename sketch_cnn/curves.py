"""Curves behind the figures: stated against found probability, precision against recall."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["precision_recall", "reliability"]


def reliability(
    truth: NDArray[np.bool_], probability: NDArray[np.float64], bins: int = 10
) -> NDArray[np.float64]:
    """Return (bins, 3): mean stated probability, share that is true, answers; NaN in empty bins."""
    place = np.minimum((probability * bins).astype(int), bins - 1)
    count = np.bincount(place, minlength=bins).astype(np.float64)
    some = np.where(count > 0.0, count, np.nan)
    said = np.bincount(place, probability, minlength=bins) / some
    found = np.bincount(place, truth.astype(np.float64), minlength=bins) / some
    return np.column_stack([said, found, count])


def precision_recall(
    truth: NDArray[np.bool_], score: NDArray[np.float64], points: int = 60
) -> NDArray[np.float64]:
    """Return (P, 2): recall and precision from the highest threshold down to none.

    Long curves are thinned to `points` by equal steps of recall; without a true answer there is no
    curve and P is 0.
    """
    positives = int(truth.sum())
    if positives == 0:
        return np.zeros((0, 2))
    order = np.argsort(-score, kind="stable")
    last = np.append(np.nonzero(np.diff(score[order]))[0], len(order) - 1)
    hits = truth[order].cumsum()[last]
    curve = np.column_stack([hits / positives, hits / (last + 1.0)])
    if len(curve) <= points:
        return curve
    wanted = np.linspace(curve[0, 0], 1.0, points)
    return curve[np.unique(np.searchsorted(curve[:, 0], wanted).clip(0, len(curve) - 1))]
