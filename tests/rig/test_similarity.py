"""A similarity is found exactly where there is one, and never a mirror."""

# SPDX-License-Identifier: GPL-3.0-or-later

import numpy as np
import pytest
from limner.rig.face_rig import rotation_matrix
from limner.rig.similarity import moved_like


@pytest.fixture
def points():
    return np.random.default_rng(0).standard_normal((50, 3))


def test_what_moves_turns_and_grows_is_brought_back(points):
    target = 1.7 * points @ rotation_matrix(np.array([0.3, -0.8, 0.2])).T + [1.0, -2.0, 0.5]
    np.testing.assert_allclose(moved_like(target, target, points), points, atol=1e-12)
    others = 2.0 * points - 1.0  # go along with the points that set the similarity
    there = 1.7 * others @ rotation_matrix(np.array([0.3, -0.8, 0.2])).T + [1.0, -2.0, 0.5]
    np.testing.assert_allclose(moved_like(there, target, points), others, atol=1e-12)


def test_a_mirror_image_stays_one(points):
    mirrored = points * [-1.0, 1.0, 1.0]
    assert np.abs(moved_like(mirrored, mirrored, points) - points).max() > 0.1
