"""What turns a network's answers into honest probabilities, and these into decisions.

All of it is fitted on drawings that the networks were not trained on, read as a user's would be:
the detector finds the face itself.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from ..errors import SketchError
from .detector import Detector
from .image import sketch_from_grey
from .labels import AU_LABELS, MIRRORED_AUS, PRESENT, TRACE
from .shards import Sample
from .unseen import with_unseen

__all__ = ["Calibration", "calibrate", "operating_point"]

_LEAST_POINT = 0.1
_CAUTION = 0.25
"""How much of the way to one half a point is moved: what the generator does not draw looks like an
expression more often than it hides one (docs/model-card.md)."""
_MOST_UNSEEN = 0.14  # what is not drawn may be there in every third face, and is still not said


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """What a reader's file says of its probabilities.

    Attributes
    ----------
    calibration : (A, 2) slope and offset of each AU's logit (Platt 1999, by Newton's method with a
        weak pull to the identity)
    thresholds : (A,) probability from which on an AU is said to be present
    unseen : (A,) how often it is there in drawings that do not show it; see `with_unseen`
    """

    calibration: NDArray[np.float64]
    thresholds: NDArray[np.float64]
    unseen: NDArray[np.float64]

    def record(self) -> dict[str, Any]:
        """Return plain data for the file."""
        return {
            "calibration": np.round(self.calibration, 5).tolist(),
            "thresholds": np.round(self.thresholds, 4).tolist(),
            "unseen": np.round(self.unseen, 4).tolist(),
        }


def calibrate(detector: Detector, samples: Sequence[Sample]) -> Calibration:
    """Fit calibration and operating points; left and right share theirs.

    Parameters
    ----------
    detector : with weights whose calibration is the identity
    """
    logits, seen, intensity, visible = [], [], [], []
    for sample in samples:
        if not sample.is_face:
            continue
        try:
            answer = detector.detect(sketch_from_grey(sample.grey()))
        except SketchError:
            continue
        inside = np.clip(answer.probability, 1e-9, 1.0 - 1e-9)
        logits.append(np.log(inside / (1.0 - inside)))
        seen.append(answer.visible)
        intensity.append(sample.intensity)
        visible.append(sample.visible > 0.5)
    if not logits:
        return Calibration(
            np.tile([1.0, 0.0], (len(AU_LABELS), 1)),
            np.full(len(AU_LABELS), 0.5),
            np.zeros(len(AU_LABELS)),
        )
    return fit(*map(np.array, (logits, seen, intensity, visible)))


def fit(
    logits: NDArray[np.float64],
    seen: NDArray[np.float64],
    intensity: NDArray[np.float64],
    visible: NDArray[np.bool_],
) -> Calibration:
    """Fit to (N, A) answers: log odds and how visible the AU was said to be; and the truth."""
    present = intensity >= PRESENT
    scored = visible & (present | (intensity < TRACE))
    columns = [logits, present, scored, seen, ~visible]
    # Each side learns from both, so that a mirrored drawing keeps giving the mirrored answer
    pooled = [np.concatenate([part, part[:, list(MIRRORED_AUS)]]) for part in columns]
    calibration, thresholds, unseen = [], [], []
    for row in range(len(AU_LABELS)):
        logit, there, use, shown, hides = (part[:, row] for part in pooled)
        slope, offset = _platt(logit, there, use)
        probability = 1.0 / (1.0 + np.exp(-(slope * logit[use] + offset)))
        rate = (there[hides].sum() + there.mean()) / (hides.sum() + 1.0)
        told = with_unseen(probability, shown[use], np.array(min(rate, _MOST_UNSEEN)))
        calibration.append([slope, offset])
        thresholds.append(operating_point(there[use], told))
        # what cannot be seen is never said to be there
        unseen.append(min(rate, _MOST_UNSEEN, 0.9 * thresholds[-1]))
    return Calibration(np.array(calibration), np.array(thresholds), np.array(unseen))


def operating_point(truth: NDArray[np.bool_], probability: NDArray[np.float64]) -> float:
    """Return the threshold on honest probabilities (N,): near the one that gives the best F1.

    That one is half of the best F1 itself:
    Lipton, Elkan & Naryanaswamy (2014), "Optimal thresholding of classifiers to maximize F1
    measure", doi:10.1007/978-3-662-44851-9_15. Half the F1 is steadier than the best cut. A quarter
    of what is missing to one half is added to it.
    """
    if not truth.any():
        return 0.5
    hits = np.cumsum(truth[np.argsort(-probability, kind="stable")])
    said = np.arange(1, len(truth) + 1)
    best = np.clip(0.5 * np.max(2.0 * hits / (said + truth.sum())), _LEAST_POINT, 0.5)
    return float(best + _CAUTION * (0.5 - best))


def _platt(logit: NDArray, truth: NDArray, scored: NDArray) -> NDArray[np.float64]:
    """Return slope and offset of one AU."""
    x, y = logit[scored].astype(np.float64), truth[scored].astype(np.float64)
    start = np.array([1.0, 0.0])
    if len(x) < 20 or not 0.0 < y.mean() < 1.0:
        return start
    design, pull = np.column_stack([x, np.ones_like(x)]), 2.0

    def cost(values: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        odds, off = design @ values, values - start
        value = np.logaddexp(0.0, odds).sum() - odds @ y + 0.5 * pull * (off @ off)
        return float(value), design.T @ (expit(odds) - y) + pull * off

    return np.asarray(minimize(cost, start, jac=True, method="BFGS").x)
