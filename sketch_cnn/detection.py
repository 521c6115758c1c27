"""What the network reads from a drawing."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import require_shape

__all__ = ["REFERENCES", "Detection"]

REFERENCES = ("none", "used", "turned away")


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """Action Units, landmarks, head pose and labelled ink of one drawn face.

    Attributes
    ----------
    au_labels : A labels ("AU1L", …, "AU64"), the label space in order
    probability : (A,) float64, in [0, 1]: how sure that the AU is there (calibrated)
    intensity : (A,) float64, in [0, 1]: how strong it is if it is there
    uncertainty : (A,) float64, in [0, 1]
        2 / (α + β) of the Beta distribution behind `probability`: 1 = no evidence at all.
    visible : (A,) float64, in [0, 1]: probability that the drawing shows where the AU would be
    face_box : (x0, y0, x1, y1), `Sketch.ink` pixels: brows to chin, ear to ear
    face_score : float in [0, 1]: how sure that this is a face
    other_faces : boxes of further faces found, by score
    landmarks : (70, 2) float64, `Sketch.ink` pixels: 68 iBUG points, then iris left and right
    landmark_spread : (70,) float64, pixels: standard deviation per axis
    lines, line_spread : (L, 2) and (L,) float64, pixels, or None
        Where the lines of `line_points.LINES` run, whether they are drawn or not: 8 points each.
    pose : (3,) float64, radians: rotation vector of the head (see rig.face_rig.RigState.rotation)
    features : names of the label classes, index 0 = "none"
    feature_probability : (C, h, w) float32
        Probability of each label class on a grid over the crop.
    threshold : (A,) float64, or one number for all
        An AU counts as present from this probability on: each AU's operating point.
    unsure_below : confidence below which the detector does not stand by its answer
    crop_from_ink : (2, 3) float64
        Affine map from ink pixels (x, y, 1) to grid pixels of `feature_probability`
        (pixel centres at +0.5 on both sides).
    reference : one of `REFERENCES`, what a neutral drawing of the same face did for the answer
        "none" was given; it was "used"; or it was "turned away" too far to be.
    embedding : (E,) float32, or None where the weights do not give it
        What the answers were read from, as numbers without names. The first half is the same for
        the mirror image of the drawing, the second half negated.
    attention : (S, S) float32 in [0, 1], or None where the weights do not give it
        Where in the crop the reader looked for the face's landmarks; 1 = most.
    """

    au_labels: tuple[str, ...]
    probability: NDArray[np.float64]
    intensity: NDArray[np.float64]
    uncertainty: NDArray[np.float64]
    visible: NDArray[np.float64]
    face_box: tuple[float, float, float, float]
    face_score: float
    other_faces: tuple[tuple[float, float, float, float], ...]
    landmarks: NDArray[np.float64]
    landmark_spread: NDArray[np.float64]
    pose: NDArray[np.float64]
    features: tuple[str, ...]
    feature_probability: NDArray[np.float32]
    crop_from_ink: NDArray[np.float64]
    threshold: NDArray[np.float64] | float = 0.5
    unsure_below: float = 0.0
    reference: str = "none"
    embedding: NDArray[np.float32] | None = None
    attention: NDArray[np.float32] | None = None
    lines: NDArray[np.float64] | None = None
    line_spread: NDArray[np.float64] | None = None

    @property
    def present(self) -> NDArray[np.bool_]:
        """(A,) bool: which AUs the drawing is said to show."""
        return self.probability >= self.threshold

    @property
    def confidence(self) -> NDArray[np.float64]:
        """(A,) in [0, 1]: how probable the detector holds it that `present` is right."""
        return np.where(self.present, self.probability, 1.0 - self.probability)

    @property
    def unsure(self) -> NDArray[np.bool_]:
        """(A,) bool: where the detector would rather not say whether the AU is there."""
        return self.confidence < self.unsure_below

    def __post_init__(self) -> None:
        count = len(self.au_labels)
        for name in ("probability", "intensity", "uncertainty", "visible"):
            require_shape(name, getattr(self, name), (count,), "Give one value an AU label.")
        require_shape("landmarks", self.landmarks, (70, 2), "Give x and y of 70 landmarks.")
        require_shape("landmark_spread", self.landmark_spread, (70,), "Give one a landmark.")
        hint = "Give one map a label class."
        shape = (len(self.features), "h", "w")
        require_shape("feature_probability", self.feature_probability, shape, hint)
