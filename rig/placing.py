"""Where the head stands before anything is known of its shape."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .camera import Camera
from .evidence import Evidence
from .face_rig import FaceRig, RigState, rotation_matrix

__all__ = ["place_head"]


def place_head(rig: FaceRig, evidence: Evidence) -> tuple[RigState, Camera]:
    """Place the neutral mean head on the face: the detected pose, scale and centre by landmarks.

    Returns
    -------
    state : neutral, turned by `evidence.rotation`, or as given
    camera : least-squares scale and centre of the weighted landmarks, or the one that is given
    """
    given = evidence.given
    turned_by = evidence.rotation if given.rotation is None else given.rotation
    state = replace(RigState.neutral(rig), rotation=np.asarray(turned_by, dtype=float))
    if given.camera is not None:
        return state, given.camera
    rest = rig.landmarks.interpolate(rig.neutral - rig.pivot, rig.triangles)
    turned = rest @ rotation_matrix(state.rotation).T
    image = turned[:, :2] * [1.0, -1.0] / (1.0 - turned[:, 2:] * evidence.inverse_distance)
    weight = 1.0 / np.maximum(evidence.landmark_sigma, 1e-6) ** 2
    weight = (weight / weight.sum())[:, None]
    image_mean, drawn_mean = (weight * image).sum(0), (weight * evidence.landmarks).sum(0)
    centred = image - image_mean
    scale = (weight * centred * (evidence.landmarks - drawn_mean)).sum()
    scale /= max((weight * centred**2).sum(), 1e-12)
    scale = max(float(scale), 1e-3)
    centre = drawn_mean - scale * image_mean
    return state, Camera(scale, centre, evidence.size_px, evidence.inverse_distance)
