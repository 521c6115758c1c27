"""Regions of the face: every vertex has its share, borders are smooth, full strength is exact."""

# SPDX-License-Identifier: GPL-3.0-or-later

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from limner.rig.face_rig import PART_NAMES
from limner.rig.regions import REGIONS, region_weights, strength_mask
from limner.rig.store import load_rig


@pytest.fixture(scope="module")
def rig():
    return load_rig("makehuman")


@pytest.fixture(scope="module")
def weights(rig):
    return region_weights(rig)


def share(weights, region):
    return weights[:, REGIONS.index(region)]


def at(rig, weights, landmark):
    """Return the weights where a landmark lies."""
    corners = rig.triangles[rig.landmarks.triangle[landmark]]
    return rig.landmarks.barycentric[landmark] @ weights[corners]


def test_the_regions_together_are_the_whole_head(weights):
    assert weights.min() >= 0.0
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, atol=1e-6)


@pytest.mark.parametrize(
    ("landmark", "region"),
    [(19, "brows"), (24, "brows"), (37, "eyes"), (46, "eyes"), (30, "nose"), (33, "nose"),
     (48, "mouth"), (57, "mouth"), (8, "jaw"), (3, "jaw")],
)  # fmt: skip
def test_landmarks_lie_in_their_regions(rig, weights, landmark, region):
    assert at(rig, weights, landmark)[REGIONS.index(region)] > 0.8


@pytest.mark.parametrize(("part", "region"), [("eye_L", "eyes"), ("teeth_lower", "mouth"),
                                              ("tongue", "mouth")])  # fmt: skip
def test_parts_stay_whole(rig, weights, part, region):
    rows = rig.vertex_part == PART_NAMES.index(part)
    assert rows.any()
    assert (share(weights[rows], region) == 1.0).all()


def test_borders_are_smooth(rig, weights):
    """No edge of the skin's front steps from one region into another."""
    skin = rig.vertex_part == 0
    corners = rig.triangles[skin[rig.triangles].all(axis=1)]
    edges = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]])
    length = np.linalg.norm(np.diff(rig.neutral[edges], axis=1)[:, 0], axis=1)
    step = np.abs(np.diff(weights[edges], axis=1)[:, 0]).max(axis=1)
    # walking straight from one region to another, a share changes by 1 / (2 · 4 mm) at most
    assert (step <= length / (2.0 * 0.004) + 1e-6).all()


def test_left_and_right_are_alike(rig, weights):
    from scipy.spatial import cKDTree

    mirrored = rig.neutral * [-1.0, 1.0, 1.0]
    away, other = cKDTree(rig.neutral).query(mirrored)
    same = away < 1e-4
    assert same.mean() > 0.9
    assert np.abs(weights[same] - weights[other[same]]).max() < 0.1


def test_at_full_strength_the_mask_is_exactly_one(weights):
    assert (strength_mask(weights, np.ones(len(REGIONS))) == 1.0).all()
    assert np.abs(strength_mask(weights, np.zeros(len(REGIONS)))).max() < 1e-6


@given(st.lists(st.floats(0.0, 1.0), min_size=5, max_size=5))
def test_a_vertex_gets_the_mean_of_its_regions(strengths):
    given_weights = np.array([[0.2, 0.3, 0.5, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0, 0.0]])
    mask = strength_mask(given_weights, np.array(strengths))[:, 0]
    assert mask == pytest.approx(given_weights @ strengths, abs=1e-6)
