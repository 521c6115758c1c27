"""What a drawing does not show of a head does as its mirror image, and nothing else does."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
import pytest
from limner.rig.camera import Camera
from limner.rig.face_rig import RigState, pose
from limner.rig.normals import vertex_normals
from limner.rig.other_side import OtherSide
from limner.rig.store import load_rig
from limner.rig.visibility import visible_points

CAMERA = Camera(2000.0, np.array([200.0, 240.0]), (400, 480))
FAR, NEAR = 1, 15
"""Landmarks of the jaw below the subject's right and left ear."""


@pytest.fixture(scope="module")
def rig():
    return load_rig("makehuman")


def share_at(rig, yaw, landmark):
    """Return how much the skin at a landmark follows the other side, the head turned by `yaw`."""
    side = OtherSide.of(rig)
    seen = pose(rig, RigState(*_nothing(rig), np.array([0.0, yaw, 0.0])))
    share = side.hidden(rig, seen, CAMERA)
    if share is None:
        return 0.0
    every = np.zeros(len(rig.neutral))
    every[side.rows] = share
    point = rig.landmarks[[landmark]]
    return float(point.interpolate(every[:, None].repeat(3, 1), rig.triangles)[0, 0])


def _nothing(rig):
    return np.zeros(len(rig.shape_names)), np.zeros(len(rig.identity_names))


def test_the_far_jaw_follows_the_near_one_and_not_the_other_way_round(rig):
    """Turned to the subject's right, the face hides its right side."""
    assert share_at(rig, -0.7, FAR) > 0.6
    assert share_at(rig, -0.7, NEAR) == 0.0
    assert share_at(rig, 0.7, NEAR) > 0.6
    assert share_at(rig, 0.7, FAR) == 0.0


@pytest.mark.parametrize("yaw", [-0.3, -0.7])
def test_what_is_seen_stays_where_it_was_drawn(rig, yaw):
    """All but slivers of the far ear between what hides it, the outline of the cheek above all."""
    side = OtherSide.of(rig)
    seen = pose(rig, RigState(*_nothing(rig), np.array([0.0, yaw, 0.0])))
    share, points = side.hidden(rig, seen, CAMERA), seen[side.rows]
    normals = vertex_normals(seen, rig.triangles)[side.rows]
    visible = visible_points(seen, rig.triangles, CAMERA, points, normals)
    assert np.quantile(share[visible], 0.99) < 0.01
    assert share[~visible].max() > 0.9


def test_from_ahead_each_side_goes_its_own_way(rig):
    assert share_at(rig, 0.0, FAR) == share_at(rig, 0.0, NEAR) == 0.0


def test_hidden_places_move_as_their_mirror_images_do(rig):
    side = OtherSide.of(rig)
    rng = np.random.default_rng(3)
    field = rng.normal(size=(len(rig.neutral), 3))
    share = np.zeros(len(side.rows))
    points = rig.neutral[side.rows]
    share[points[:, 0] < -0.03] = 1.0
    evened = side.evened(field, share)
    np.testing.assert_array_equal(evened[side.rows[share == 0.0]], field[side.rows[share == 0.0]])
    others = np.setdiff1d(np.arange(len(rig.neutral)), side.rows)
    np.testing.assert_array_equal(evened[others], field[others])
    # a field that is its own mirror image stays as it is, to a vertex's own distance from one
    even = np.column_stack([rig.neutral[:, 0], rig.neutral[:, 1], np.abs(rig.neutral[:, 0])])
    np.testing.assert_allclose(side.evened(even, share), even, atol=1e-4)
