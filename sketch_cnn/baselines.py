"""What simple methods reach on the same drawings: a detector that is no better is not worth it.

All of them learn from one data set and answer another one; they are given the same faces to look
at as the detector, or better ones. Every drawing is learnt and answered together with its mirror
image, as the detector does it.

References
----------
Dalal & Triggs (2005), Histograms of oriented gradients, doi:10.1109/CVPR.2005.177.
Platt (1999), Probabilistic outputs for support vector machines: scores into probabilities.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from skimage.feature import hog
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from .crop import crop_matrix, landmark_box
from .cut import cut_square
from .detection import Detection
from .facemesh import Features
from .image import sketch_from_grey
from .labels import AU_LABELS, MIRRORED_AUS, MIRRORED_LANDMARKS
from .readings import Readings
from .shards import Sample

__all__ = ["BASELINES", "Material", "answer_all"]

BASELINES = {
    "nothing": "says that no AU is ever there",
    "prior": "says how often each AU is there, whatever it sees",
    "co-occurrence": "logistic regression on which other AUs are truly there, seeing nothing",
    "true landmarks": "logistic regression on the true landmarks, which no detector knows",
    "found landmarks": "logistic regression on the landmarks that the detector finds",
    "HOG": "linear SVM on histograms of oriented gradients of the detector's crop",
    "FaceMesh": "logistic regression on distances in MediaPipe's mesh, made for photographs",
}
"""Name → what it does."""

_MIRROR_AUS, _MIRROR_LANDMARKS = np.array(MIRRORED_AUS), np.array(MIRRORED_LANDMARKS)
_CROP_PX, _CELL_PX, _DIRECTIONS = 128, 16, 8
_HELD_OUT = 4
"""Every fourth drawing sets probabilities and operating points instead of being learnt."""

_LEAST = 3
"""A label with fewer drawings that have it, or have it not, is answered by the prior."""

_SAME_AU = np.eye(len(AU_LABELS), dtype=bool)
_SAME_AU |= _SAME_AU[:, _MIRROR_AUS]
"""(A, A): an AU and its other side."""

Learner = Callable[[], "LogisticRegression | LinearSVC"]


@dataclass(slots=True)
class Material:
    """What the methods see of the faces of a data set; call it with every drawing read.

    Attributes
    ----------
    true, found : landmarks (70, 2) of each face in pixels; `found` is NaN where no face was found
    gradients : histograms of each face and of its mirror image; zeros where no face was found
    """

    true: list[NDArray] = field(default_factory=list)
    found: list[NDArray] = field(default_factory=list)
    gradients: list[tuple[NDArray, NDArray]] = field(default_factory=list)

    def __call__(self, sample: Sample, answer: Detection | None) -> None:
        """Take up one drawing, if it shows a face."""
        if not sample.is_face:
            return
        self.true.append(sample.landmarks.astype(np.float64))
        nowhere = np.full((len(MIRRORED_LANDMARKS), 2), np.nan)
        self.found.append(nowhere if answer is None else answer.landmarks)
        if answer is None:
            blank = np.zeros_like(_gradients(np.zeros((_CROP_PX, _CROP_PX))))
            self.gradients.append((blank, blank))
            return
        ink = sketch_from_grey(sample.grey()).ink
        matrix = crop_matrix(landmark_box(answer.landmarks), _CROP_PX)
        corner = -matrix[:, 2] / matrix[0, 0]
        side = _CROP_PX / matrix[0, 0]
        crop = cut_square(ink, (float(corner[0]), float(corner[1])), float(side), _CROP_PX)
        self.gradients.append((_gradients(crop), _gradients(crop[:, ::-1])))


def _gradients(crop: NDArray) -> NDArray[np.float64]:
    return hog(crop, _DIRECTIONS, (_CELL_PX, _CELL_PX), (2, 2), feature_vector=True)


def answer_all(
    train: Readings,
    seen_in_training: Material,
    test: Readings,
    seen: Material,
    meshes: tuple[tuple[Features, NDArray], tuple[Features, NDArray]] | None = None,
) -> dict[str, Readings]:
    """Let every baseline learn from one data set and answer another.

    Parameters
    ----------
    train, seen_in_training : truth and sight of the data set to learn from
    test, seen : of the data set to answer
    meshes : what `facemesh.mesh_features` gives for both data sets, or None to leave it out

    Returns
    -------
    answers : name of `BASELINES` → readings of the drawings of `test`
    """
    prior = _prior(train)
    count = len(test.keys)
    nothing = np.zeros((count, len(AU_LABELS)))
    logistic: Learner = lambda: LogisticRegression(C=0.05, max_iter=300)  # noqa: E731
    support: Learner = lambda: LinearSVC(C=1e-3, max_iter=2000)  # noqa: E731
    pairs = {
        "co-occurrence": (_others(train), _others(test), logistic),
        "true landmarks": (_geometry(seen_in_training.true), _geometry(seen.true), logistic),
        "found landmarks": (_geometry(seen_in_training.found), _geometry(seen.found), logistic),
        "HOG": (_both(seen_in_training.gradients), _both(seen.gradients), support),
    }
    if meshes is not None:
        pairs["FaceMesh"] = (meshes[0][0], meshes[1][0], logistic)
    answers = {
        "nothing": _said(test, train, nothing, np.ones(len(AU_LABELS))),
        "prior": _said(test, train, np.tile(prior, (count, 1)), np.zeros(len(AU_LABELS))),
    }
    for name, (known, asked, learner) in pairs.items():
        apart = _SAME_AU if name == "co-occurrence" else None
        probability, thresholds = _learn_and_answer(train, known, asked, learner, prior, apart)
        answers[name] = _said(test, train, probability, thresholds)
    if meshes is not None:  # where it saw no face it says nothing
        blind = ~meshes[1][1][:, None]
        mesh = answers["FaceMesh"]
        answers["FaceMesh"] = replace(
            mesh,
            probability=np.where(blind, 0.0, mesh.probability),
            uncalibrated=np.where(blind, 0.0, mesh.uncalibrated),
            said_intensity=np.where(blind, 0.0, mesh.said_intensity),
            decided=mesh.decided & ~blind,
            found=meshes[1][1],
        )
    return {name: answers[name] for name in BASELINES if name in answers}


def _prior(train: Readings) -> NDArray[np.float64]:
    """Return how often each AU is there, both sides alike, (A,)."""
    there = (train.present & train.scored).sum(axis=0)
    scored = train.scored.sum(axis=0)
    both = there + there[_MIRROR_AUS], np.maximum(scored + scored[_MIRROR_AUS], 1)
    return both[0] / both[1]


def _said(
    test: Readings, train: Readings, probability: NDArray[np.float64], thresholds: NDArray
) -> Readings:
    """Return readings; the intensity said is the usual one, as much as the AU is probable."""
    there = train.present & train.visible
    usual = (train.intensity * there).sum(axis=0) / np.maximum(there.sum(axis=0), 1)
    return replace(
        test,
        probability=probability,
        uncalibrated=probability,
        said_intensity=probability * usual,
        decided=probability >= thresholds,
        found=np.ones(len(test.keys), bool),
    )


def _others(readings: Readings) -> Features:
    """Return the true intensities, (N, A), of what can be seen, and those of the mirror images."""
    there = readings.intensity * readings.visible
    return there, there[:, _MIRROR_AUS]


def _geometry(landmarks: list[NDArray]) -> Features:
    """Return landmarks without place, size and tilt, and those of the mirror images, (N, 140)."""
    points = np.stack(landmarks)
    mirrored = points[:, _MIRROR_LANDMARKS] * [-1.0, 1.0]
    return _upright(points), _upright(mirrored)


def _upright(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (N, 70, 2) landmarks in the frame of the eyes, flat; faces not found are all 0."""
    right, left = points[:, 36:42].mean(axis=1), points[:, 42:48].mean(axis=1)
    across = left - right
    square = np.maximum(np.square(across).sum(axis=1), 1e-6)[:, None]
    off = points - 0.5 * (left + right)[:, None]
    along = (off * across[:, None]).sum(axis=2) / square
    down = (off[:, :, 1] * across[:, None, 0] - off[:, :, 0] * across[:, None, 1]) / square
    return np.nan_to_num(np.concatenate([along, down], axis=1))


def _both(gradients: list[tuple[NDArray, NDArray]]) -> Features:
    straight, mirrored = zip(*gradients, strict=True)
    return np.stack(straight), np.stack(mirrored)


def _learn_and_answer(
    train: Readings,
    known: Features,
    asked: Features,
    learner: Learner,
    prior: NDArray,
    apart: NDArray[np.bool_] | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Learn every label apart; return probabilities (N, A) and operating points (A,).

    `apart` (A, F) marks the numbers that a label must not be told.
    """
    mean, spread = known[0].mean(axis=0), known[0].std(axis=0) + 1e-6
    x, mirrored, there, there_mirrored = ((part - mean) / spread for part in (*known, *asked))
    rows = np.concatenate([x, mirrored])
    held = np.tile(np.arange(len(x)) % _HELD_OUT == 0, 2)
    truth, scored = (
        np.concatenate([table, table[:, _MIRROR_AUS]]) for table in (train.present, train.scored)
    )
    probability = np.zeros((2, len(there), len(AU_LABELS)))
    thresholds = np.zeros(len(AU_LABELS))
    for label in range(len(AU_LABELS)):
        use = scored[:, label]
        told = np.ones(rows.shape[1], bool) if apart is None else ~apart[label]
        parts = [
            (rows[np.ix_(use & part, told)], truth[use & part, label]) for part in (~held, held)
        ]
        if any(min(y.sum(), (~y).sum()) < _LEAST for _, y in parts):
            probability[:, :, label] = prior[label]
            continue
        score = _fit(learner, *parts[0])
        platt = LogisticRegression(C=100.0).fit(score(parts[1][0])[:, None], parts[1][1])
        thresholds[label] = _operating_point(
            parts[1][1], platt.predict_proba(score(parts[1][0])[:, None])[:, 1]
        )
        for side, view in enumerate((there, there_mirrored)):
            probability[side, :, label] = platt.predict_proba(score(view[:, told])[:, None])[:, 1]
    return 0.5 * (probability[0] + probability[1][:, _MIRROR_AUS]), thresholds


def _fit(learner: Learner, x: NDArray, y: NDArray[np.bool_]) -> Callable[[NDArray], NDArray]:
    """Return the learnt score of rows."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return learner().fit(x, y).decision_function


def _operating_point(truth: NDArray[np.bool_], probability: NDArray[np.float64]) -> float:
    """Return half of the best F1, as it is done for the detector."""
    order = np.argsort(-probability)
    hits = truth[order].cumsum()
    half = hits / (np.arange(1, len(hits) + 1) + truth.sum())
    return float(np.clip(half.max(), 0.15, 0.5))
