"""The gaze shapes turn the eyeballs rigidly and the right way."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
import pytest
from limner.rig.eyes import eye_rotations
from limner.rig.face_rig import FaceRig, rotation_matrix
from limner.rig.store import load_rig


@pytest.fixture(scope="module")
def rig() -> FaceRig:
    return load_rig("makehuman")


@pytest.mark.parametrize(
    ("au", "axis", "sign"), [("AU61", 0, 1), ("AU62", 0, -1), ("AU63", 1, 1), ("AU64", 1, -1)]
)
def test_gaze_turns_both_irises_the_same_way(rig, au, axis, sign):
    """AU61 is the subject's left, +X; AU63 is up, +Y."""
    turns = eye_rotations(rig, rig.weights_from_aus({au: 1.0}))
    for turn in turns:
        looks_at = rotation_matrix(turn) @ [0.0, 0.0, 1.0]
        assert sign * looks_at[axis] > 0.3
        assert abs(looks_at[1 - axis]) < 0.02


def test_shapes_move_the_ball_by_that_rotation_exactly(rig):
    for row, name in enumerate(rig.shape_names):
        if not name.startswith("eyeLook"):
            continue
        weights = np.zeros(len(rig.shape_names))
        weights[row] = 1.0
        eye = 0 if name.endswith("Left") else 1
        turns = eye_rotations(rig, weights)
        ball = rig.vertex_part == eye + 1
        arms = rig.neutral[ball] - rig.eye_centres[eye]
        expected = arms @ rotation_matrix(turns[eye]).T - arms
        assert np.abs(expected - rig.blendshapes[row][ball]).max() < 5e-6, name
        np.testing.assert_array_equal(turns[1 - eye], 0.0)


def test_a_face_at_rest_looks_ahead(rig):
    np.testing.assert_array_equal(eye_rotations(rig, np.zeros(len(rig.shape_names))), 0.0)
