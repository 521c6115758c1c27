"""What the network says, turned into what the fit believes: means with honest spreads."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from ..rig.evidence import Evidence, Given, Placed
from ..rig.face_rig import FaceRig
from ..sketch_cnn.detection import Detection
from ..sketch_cnn.line_points import LINES
from .drawn import DrawnLines
from .frame import FaceFrame

__all__ = ["expected_aus", "gather_evidence", "sides_with_iris"]

_QUIET_SIGMA = 0.08
_ACTIVE_SIGMA = 0.20
_UNSURE_SIGMA = 0.35
_PINNED_SIGMA = 0.005
_ROTATION_SIGMA = 0.12
_MIN_LANDMARK_IOD = 0.03
_CONTOUR_LANDMARKS = slice(0, 17)
_CONTOUR_SIGMA_IOD = 0.06
_MIN_LINE_IOD = 0.03
_SET_LANDMARK_IOD = 0.008
"""Of a landmark that a person has set: the detection has no spread there."""
_IRIS_LANDMARKS = {"Left": 68, "Right": 69}
_NEAR_IRIS_IOD = 0.2
_IRIS_DRAWN_IOD = 0.25  # length of its lines; a shut lid's hatching makes less
_HALF_SHUT = 0.45
"""The most that an eye can be shut whose iris is drawn."""


def expected_aus(detection: Detection) -> dict[str, float]:
    """Return the intensity to expect of every AU: none below probability 0.5, then as detected.

    Between 0.4 and 0.6 the intensity fades in, so that a small change of the drawing never makes
    the face jump.
    """
    certain = np.clip((detection.probability - 0.4) / 0.2, 0.0, 1.0)
    expected = certain * detection.intensity
    return {
        label: float(value)
        for label, value in zip(detection.au_labels, expected, strict=True)
        if value > 0.0
    }


def weight_priors(
    rig: FaceRig, detection: Detection
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return means and standard deviations, (B,) each, of the blendshape weights.

    A shape's spread grows with the uncertainty of the AUs that move it; one that no AU asks for
    stays close to rest.
    """
    mean = rig.weights_from_aus(expected_aus(detection))
    sigma = np.full(len(mean), _QUIET_SIGMA)
    rows = {name: row for row, name in enumerate(rig.shape_names)}
    for label, probability, uncertainty in zip(
        detection.au_labels, detection.probability, detection.uncertainty, strict=True
    ):
        doubt = 4.0 * probability * (1.0 - probability)
        for shape, weight in rig.au_table.get(label, {}).items():
            spread = _ACTIVE_SIGMA * probability + _UNSURE_SIGMA * max(doubt, uncertainty)
            sigma[rows[shape]] = max(sigma[rows[shape]], min(abs(weight), 1.0) * spread)
    return mean, sigma


def gather_evidence(
    rig: FaceRig,
    detection: Detection,
    frame: FaceFrame,
    drawn: DrawnLines,
    inverse_distance: float = 0.0,
    pinned: Collection[str] = (),
    given: Given | None = None,
) -> Evidence:
    """Collect what the parametric fit works with, in frame pixels.

    Parameters
    ----------
    pinned : labels of AUs that the fit must leave as `detection` has them
    given : what the fit leaves as it is, frame pixels
    """
    mean, sigma = weight_priors(rig, detection)
    rows = {name: row for row, name in enumerate(rig.shape_names)}
    for side in sides_with_iris(detection, frame, drawn):
        blink = rows.get(f"eyeBlink{side}")
        if blink is not None:
            mean[blink] = min(mean[blink], _HALF_SHUT)
    # a pin holds what the artist says, whatever is drawn
    held = [rows[shape] for label in pinned for shape in rig.au_table.get(label, {})]
    sigma[held] = _PINNED_SIGMA
    floor = np.full(70, _MIN_LANDMARK_IOD)
    floor[_CONTOUR_LANDMARKS] = _CONTOUR_SIGMA_IOD
    floor[detection.landmark_spread <= 0.0] = _SET_LANDMARK_IOD
    spread = np.hypot(detection.landmark_spread * frame.scale, floor * frame.iod_px)
    return Evidence(
        landmarks=frame.from_ink(detection.landmarks),
        landmark_sigma=spread,
        weights=mean,
        weights_sigma=sigma,
        rotation=detection.pose,
        rotation_sigma=_ROTATION_SIGMA,
        drawn=drawn.by_feature(),
        size_px=frame.size_px,
        inverse_distance=inverse_distance,
        given=given or Given(),
        lines=_seen_lines(detection, frame),
    )


def sides_with_iris(detection: Detection, frame: FaceFrame, drawn: DrawnLines) -> list[str]:
    """Return the sides, of "Left" and "Right", on which an iris is drawn where the eye looks."""
    irises, iod_px = drawn.of("iris"), frame.iod_px
    centres = frame.from_ink(detection.landmarks)
    sides = []
    for side, landmark in _IRIS_LANDMARKS.items():
        away = np.linalg.norm(irises - centres[landmark], axis=1)
        if np.count_nonzero(away < _NEAR_IRIS_IOD * iod_px) > _IRIS_DRAWN_IOD * iod_px:
            sides.append(side)
    return sides


def _seen_lines(detection: Detection, frame: FaceFrame) -> dict[str, Placed]:
    """Return where the network sees the lines, frame pixels; nothing if it does not tell."""
    if detection.lines is None or detection.line_spread is None:
        return {}
    points = np.split(frame.from_ink(detection.lines), len(LINES))
    spread = np.hypot(detection.line_spread * frame.scale, _MIN_LINE_IOD * frame.iod_px)
    sides = zip(LINES, points, np.split(spread, len(LINES)), strict=True)
    return {name: Placed(places, sigma) for name, places, sigma in sides}
