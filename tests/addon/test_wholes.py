"""Eyes, nose and mouth move as wholes onto the drawing's landmarks, as far as those are sure."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
import pytest
from limner.addon.wholes import Wholes, whole_motion
from limner.rig.camera import Camera
from limner.rig.face_rig import RigState, pose
from limner.rig.store import load_rig

IOD_PX = 100.0
RNG = np.random.default_rng(3)
POINTS = RNG.uniform(-25.0, 25.0, (20, 2)) + np.array([300.0, 200.0])


def moved(points, matrix, shift):
    middle = points.mean(axis=0)
    return (points - middle) @ np.array(matrix).T + middle + shift


def test_sure_landmarks_carry_their_feature_nearly_all_the_way():
    drawn = moved(POINTS, [[1.15, 0.05], [0.0, 0.9]], [4.0, -7.0])
    way = whole_motion(POINTS, drawn, np.full(20, 0.1), IOD_PX).way(POINTS)
    np.testing.assert_allclose(way, drawn - POINTS, atol=1.5)
    assert way[:, 1].mean() < -6.0


def test_the_less_sure_the_landmarks_the_less_the_feature_moves():
    drawn = moved(POINTS, np.eye(2), [10.0, 0.0])
    ways = [
        whole_motion(POINTS, drawn, np.full(20, spread), IOD_PX).way(POINTS)[:, 0].mean()
        for spread in (0.5, 5.0, 20.0, 200.0)
    ]
    assert np.all(np.diff(ways) < 0.0)
    assert ways[0] > 9.0
    assert 0.0 <= ways[-1] < 0.5


def test_one_landmark_that_is_not_sure_counts_less():
    drawn, spread = POINTS.copy(), np.full(20, 1.0)
    drawn[0] += [30.0, 0.0]
    even = whole_motion(POINTS, drawn, spread, IOD_PX).way(POINTS)[:, 0].mean()
    spread[0] = 30.0
    less = whole_motion(POINTS, drawn, spread, IOD_PX).way(POINTS)[:, 0].mean()
    assert abs(less) < 0.2 * abs(even)


@pytest.fixture(scope="module")
def rig():
    return load_rig("makehuman")


@pytest.fixture(scope="module")
def view(rig):
    posed = pose(rig, RigState.neutral(rig))
    camera = Camera(IOD_PX / rig.interocular_m, np.array([200.0, 200.0]), (400, 400))
    return posed, camera


def head_landmarks(rig, view):
    posed, camera = view
    return camera.project(rig.landmarks.interpolate(posed, rig.triangles))


def test_a_head_whose_landmarks_are_met_stays(rig, view):
    landmarks = head_landmarks(rig, view)
    wholes = Wholes.find(rig, *view, landmarks, np.full(70, 1.0), IOD_PX)
    assert np.abs(wholes.way).max() < 1e-9


def test_a_mouth_drawn_lower_moves_the_mouth_alone_and_down(rig, view):
    posed, camera = view
    landmarks = head_landmarks(rig, view)
    landmarks[48:68] += [0.0, 12.0]  # image rows grow downwards
    wholes = Wholes.find(rig, *view, landmarks, np.full(70, 1.0), IOD_PX)
    handles = wholes.handles(rig, posed, np.zeros_like(posed), camera, 1.0)
    lower = handles.offset[:, 1] < -0.1 * rig.interocular_m
    at = handles.surface.interpolate(posed, rig.triangles)
    mouth = rig.landmarks.interpolate(posed, rig.triangles)[48:68]
    assert 20 < lower.sum() < len(lower)
    assert at[lower, 1].max() < mouth[:, 1].max() + 0.01
    assert np.abs(handles.offset[~lower]).max() < 1e-9


def test_what_is_carried_already_is_not_carried_again(rig, view):
    posed, camera = view
    landmarks = head_landmarks(rig, view) + np.array([0.0, 6.0])
    wholes = Wholes.find(rig, *view, landmarks, np.full(70, 1.0), IOD_PX)
    first = wholes.handles(rig, posed, np.zeros_like(posed), camera, 1.0)
    carried = np.tile(first.offset.mean(axis=0), (len(posed), 1))
    rest = wholes.handles(rig, posed + carried, carried, camera, 1.0)
    assert np.abs(rest.offset).max() < 0.2 * np.abs(first.offset).max()
