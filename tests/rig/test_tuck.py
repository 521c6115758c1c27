"""What lies inside the mouth stays inside, and eyeballs stay balls."""

# SPDX-License-Identifier: GPL-3.0-or-later

import numpy as np
import pytest
from limner.rig.face_rig import PART_NAMES
from limner.rig.look import mouth_cavity
from limner.rig.quality import lip_depth
from limner.rig.repair import carry_eyes
from limner.rig.store import load_rig
from limner.rig.tuck import MouthTuck


@pytest.fixture(scope="module")
def rig():
    return load_rig("makehuman")


def part(rig, name):
    return rig.vertex_part == PART_NAMES.index(name)


def test_a_head_at_rest_is_left_as_it_is(rig):
    np.testing.assert_allclose(MouthTuck(rig).apply(rig.neutral), rig.neutral, atol=1e-9)


def test_teeth_give_way_as_one_when_the_chin_is_pushed_in(rig):
    pushed = rig.neutral.astype(float)
    middle = rig.landmarks.interpolate(rig.neutral, rig.triangles)[57]
    front = part(rig, "skin") & (rig.neutral[:, 2] > middle[2] - 0.02)
    near = front & (np.linalg.norm(rig.neutral - middle, axis=1) < 0.04)
    pushed[near, 2] -= 0.012
    tucked = MouthTuck(rig).apply(pushed)
    teeth = part(rig, "teeth_lower")
    way = tucked[teeth] - pushed[teeth]
    assert way[:, 2].max() < -0.002
    np.testing.assert_allclose(way, np.broadcast_to(way[0], way.shape), atol=1e-12)
    outer = near & (mouth_cavity(rig) == 0.0)
    np.testing.assert_array_equal(tucked[outer], pushed[outer])


def test_teeth_go_straight_back_until_the_lips_lie_before_them(rig):
    pressed = rig.neutral.astype(float)
    middle = rig.landmarks.interpolate(rig.neutral, rig.triangles)[62]
    near = part(rig, "skin") & (np.linalg.norm(rig.neutral - middle, axis=1) < 0.035)
    pressed[near, 2] -= 0.009
    assert lip_depth(rig, pressed) > 0.001
    tucked = MouthTuck(rig).apply(pressed)
    assert lip_depth(rig, tucked) < 0.0001
    for name in ("teeth_upper", "teeth_lower", "tongue"):
        way = (tucked - pressed)[part(rig, name)]
        assert way[:, 2].max() <= 0.0
        np.testing.assert_array_equal(way[:, :2], 0.0)


def test_nothing_inside_the_mouth_ever_comes_forward(rig):
    rng = np.random.default_rng(5)
    for _ in range(5):
        amount = rng.normal(0.0, 0.006, 3)
        skin = rig.neutral.astype(float)
        skin[part(rig, "skin")] += amount * np.exp(-400.0 * (skin[part(rig, "skin")][:, :1] ** 2))
        assert (MouthTuck(rig).apply(skin) - skin)[:, 2].max() <= 1e-12


def test_an_eyeball_follows_lids_that_move_and_part(rig):
    lids = part(rig, "skin")
    vertices = rig.neutral.astype(float)
    ball = part(rig, "eye_L")
    centre = vertices[ball].mean(axis=0)
    displacement = np.zeros_like(vertices)
    displacement[lids] = 0.25 * (vertices[lids] - centre) + [0.0, 0.003, 0.0]
    carried = vertices + carry_eyes(vertices, rig, displacement)
    spread = [
        np.linalg.norm(points[ball] - points[ball].mean(axis=0)) for points in (carried, vertices)
    ]
    assert spread[0] / spread[1] == pytest.approx(1.25, abs=1e-6)
    np.testing.assert_array_equal(carried[lids], (vertices + displacement)[lids])


def test_an_eyeball_never_gets_smaller(rig):
    vertices = rig.neutral.astype(float)
    displacement = np.where(part(rig, "skin")[:, None], -0.3 * vertices, 0.0)
    ball = part(rig, "eye_R")
    carried = carry_eyes(vertices, rig, displacement)[ball]
    np.testing.assert_allclose(carried, np.broadcast_to(carried[0], carried.shape), atol=1e-12)
