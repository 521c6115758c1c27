"""The edges of lids that sank into their eyeball are lifted to its surface."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
import pytest
from limner.rig.eyeball import eye_pose
from limner.rig.face_rig import RigState, pose
from limner.rig.quality import lid_depth
from limner.rig.repair import lift_lid_edges
from limner.rig.store import load_rig

LIDS = ("upper_lid_L", "lower_lid_L", "upper_lid_R", "lower_lid_R")


@pytest.fixture(scope="module")
def rig():
    return load_rig("makehuman")


def sunk(rig, by_m):
    """Return a head at rest, the corners of its lids' edges so much nearer to their eyes."""
    vertices = pose(rig, RigState.neutral(rig))
    edges = []
    for name in LIDS:
        centre = eye_pose(vertices, rig, name[-1]).centre
        corners = np.unique(rig.triangles[rig.curves[name].points.triangle])
        towards = centre - vertices[corners]
        vertices[corners] += by_m * towards / np.linalg.norm(towards, axis=1, keepdims=True)
        edges.append(corners)
    return vertices, np.unique(np.concatenate(edges))


def test_sunken_edges_come_out_and_nothing_else_moves(rig):
    vertices, edges = sunk(rig, 0.002)
    assert lid_depth(rig, vertices) > 0.0005
    lifted = lift_lid_edges(vertices, rig, depth_m=0.0004)
    assert lid_depth(rig, lifted) <= 0.0004 + 1e-9
    others = np.setdiff1d(np.arange(len(vertices)), edges)
    np.testing.assert_array_equal(lifted[others], vertices[others])
    assert np.linalg.norm(lifted - vertices, axis=1).max() < 0.005


def test_lids_at_rest_stay(rig):
    vertices = pose(rig, RigState.neutral(rig))
    np.testing.assert_array_equal(lift_lid_edges(vertices, rig), vertices)
