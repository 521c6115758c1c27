"""Teeth stay behind the skin, and keep their shape, however short the chin is drawn."""

# SPDX-License-Identifier: GPL-3.0-or-later

import numpy as np
import pytest
from limner.rig.face_rig import PART_NAMES, RigState, unposed
from limner.rig.mouth_room import MouthRoom
from limner.rig.store import load_rig


@pytest.fixture(scope="module")
def rig():
    return load_rig("makehuman")


@pytest.fixture(scope="module")
def room(rig):
    return MouthRoom.of(rig)


def short_chinned(rig, lift_m):
    """Return the head with the skin under the mouth drawn up."""
    vertices = rig.neutral.astype(float)
    mouth = rig.landmarks.interpolate(rig.neutral, rig.triangles)[57]
    skin = rig.vertex_part == PART_NAMES.index("skin")
    below = np.clip((mouth[1] - vertices[:, 1]) / 0.03, 0.0, 1.0) * skin
    vertices[:, 1] += lift_m * below * (vertices[:, 2] > rig.pivot[2])
    return vertices


def test_no_shape_at_full_weight_shows_teeth_through_the_skin(rig, room):
    for row in range(len(rig.shape_names)):
        weights = np.zeros(len(rig.shape_names))
        weights[row] = 1.0
        head = unposed(rig, RigState(weights, np.zeros(len(rig.identity)), np.zeros(3)))
        assert room.shown(head) == 0.0, rig.shape_names[row]
        np.testing.assert_array_equal(room.fit_teeth(head), head)


def test_teeth_before_the_skin_are_measured_by_how_far_they_stand_out(rig, room):
    forward = rig.neutral.astype(float)
    teeth = rig.vertex_part == PART_NAMES.index("teeth_upper")
    forward[teeth, 2] += 0.015
    shown = room.shown(forward)
    assert 0.002 < shown < 0.015
    forward[teeth, 2] += 0.002
    assert room.shown(forward) > shown


def test_teeth_become_smaller_under_a_chin_that_leaves_no_room(rig, room):
    head = short_chinned(rig, 0.03)
    assert room.shown(head) > 0.002
    fitted = room.fit_teeth(head)
    assert room.shown(fitted) < 0.0005
    for name in ("teeth_upper", "teeth_lower"):
        rows = rig.vertex_part == PART_NAMES.index(name)
        before, after = head[rows], fitted[rows]
        size = np.linalg.norm(after - after.mean(0)) / np.linalg.norm(before - before.mean(0))
        assert 0.5 < size < 1.0
        same = after.mean(0) + size * (before - before.mean(0))
        np.testing.assert_allclose(after, same, atol=1e-9)
    skin = rig.vertex_part == PART_NAMES.index("skin")
    np.testing.assert_array_equal(fitted[skin], head[skin])


def test_the_lining_goes_behind_the_chin(rig, room):
    head = short_chinned(rig, 0.03)
    way = room.way_in(head)
    assert np.abs(way).max() > 0.001
    moved = np.flatnonzero(np.abs(way).max(axis=1))
    assert np.isin(moved, room.lining).all()
    assert np.count_nonzero(np.abs(room.way_in(head + way)).max(axis=1)) < len(moved) / 2
