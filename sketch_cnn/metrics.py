"""The figures that say how well Action Units are read.

References
----------
Shrout & Fleiss (1979), Intraclass correlations, doi:10.1037/0033-2909.86.2.420: ICC(3,1).
Guo et al. (2017), On calibration of modern neural networks: the expected calibration error.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["area_under_curve", "calibration_error", "f1_score", "icc_3_1"]


def f1_score(truth: NDArray[np.bool_], said: NDArray[np.bool_]) -> float:
    """Return 2 TP / (2 TP + FP + FN) of (N,) answers; NaN where nothing is present or said."""
    hits = int((truth & said).sum())
    wrong = int((truth != said).sum())
    return 2.0 * hits / (2.0 * hits + wrong) if hits + wrong else float("nan")


def area_under_curve(truth: NDArray[np.bool_], score: NDArray[np.floating]) -> float:
    """Return the area under the ROC curve of (N,) scores (Mann–Whitney, ties count half)."""
    positives, negatives = int(truth.sum()), int((~truth).sum())
    if positives == 0 or negatives == 0:
        return float("nan")
    _, which, count = np.unique(score, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    rank = (last - 0.5 * (count - 1.0))[which]
    total = float(rank[truth].sum()) - positives * (positives + 1) / 2.0
    return total / (positives * negatives)


def calibration_error(
    truth: NDArray[np.bool_], probability: NDArray[np.floating], bins: int = 15
) -> float:
    """Return the mean distance between stated and found probability over equal bins, (N,) each."""
    edge = np.minimum((probability * bins).astype(int), bins - 1)
    count = np.bincount(edge, minlength=bins)
    said = np.bincount(edge, probability, minlength=bins)
    found = np.bincount(edge, truth.astype(float), minlength=bins)
    return float(np.abs(said - found).sum() / max(count.sum(), 1))


def icc_3_1(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Return the consistency of two raters' (N,) values: ICC(3,1); NaN for fewer than two."""
    if len(first) < 2:
        return float("nan")
    values = np.stack([first, second], axis=1).astype(np.float64)
    rows = values - values.mean(axis=0)
    between = 2.0 * rows.mean(axis=1).var(ddof=1)
    residual = rows - rows.mean(axis=1, keepdims=True)
    error = np.square(residual).sum() / (len(values) - 1)
    return float((between - error) / (between + error)) if between + error > 0.0 else float("nan")
