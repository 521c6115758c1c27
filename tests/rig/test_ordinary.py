"""The way back to the ordinary head leads there, and leaves place, size and turn alone."""

# SPDX-License-Identifier: GPL-3.0-or-later

from dataclasses import replace

import numpy as np
import pytest
from limner.rig.face_rig import RigState, unposed
from limner.rig.ordinary import towards_ordinary
from limner.rig.similarity import moved_like
from limner.rig.store import load_rig


@pytest.fixture(scope="module")
def rig():
    return load_rig("makehuman")


@pytest.fixture(scope="module")
def state(rig):
    rng = np.random.default_rng(3)
    neutral = RigState.neutral(rig)
    weights = np.where(np.arange(len(neutral.weights)) % 9 == 0, 0.6, 0.0)
    return replace(neutral, weights=weights, identity=rng.standard_normal(len(rig.identity_names)))


def test_no_share_moves_nothing(rig, state):
    assert not towards_ordinary(rig, state, 0.0).any()


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_the_shape_is_that_of_less_identity_with_the_same_expression(rig, state, share):
    there = unposed(rig, state) + towards_ordinary(rig, state, share)
    less = unposed(rig, replace(state, identity=(1.0 - share) * state.identity))
    np.testing.assert_allclose(moved_like(there, there, less), less, atol=1e-9)


def test_the_face_keeps_its_place(rig, state):
    way = towards_ordinary(rig, state, 1.0)
    face = (rig.vertex_part == 0) & (rig.neutral[:, 2] > rig.pivot[2])
    assert np.abs(way[face].mean(axis=0)).max() < 1e-9
    assert np.abs(way[face]).max() > 0.002


def test_a_mean_head_has_no_way_to_go(rig, state):
    plain = replace(state, identity=np.zeros_like(state.identity))
    np.testing.assert_allclose(towards_ordinary(rig, plain, 0.7), 0.0, atol=1e-9)
