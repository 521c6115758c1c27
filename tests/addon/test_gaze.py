"""Eyeballs turn until their irises lie on the drawn ones, and stay the balls they are."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
import pytest
from limner.addon.gaze import iris_shift, turned_eyes
from limner.rig.camera import Camera
from limner.rig.eyeball import fit_sphere
from limner.rig.face_rig import PART_NAMES, RigState, pose
from limner.rig.store import load_rig

IOD_PX = 100.0


def ring(centre, radius_px=10.0, points=40, start=0.0, end=1.0):
    angle = 2.0 * np.pi * np.linspace(start, end, points, endpoint=False)
    return np.array(centre) + radius_px * np.column_stack([np.cos(angle), np.sin(angle)])


@pytest.mark.parametrize("shift", [(0.0, 0.0), (6.0, -2.0), (-9.0, 4.0)])
def test_a_drawn_ring_says_where_the_iris_is(shift):
    found = iris_shift(ring((50.0, 50.0)), ring(np.array([50.0, 50.0]) + shift, points=33), IOD_PX)
    np.testing.assert_allclose(found, shift, atol=1.5)


def test_a_pupil_and_a_hidden_upper_half_do_not_pull():
    lower_half = ring((55.0, 50.0), start=0.0, end=0.5)
    drawn = np.concatenate([lower_half, ring((55.0, 50.0), radius_px=4.0, points=20)])
    np.testing.assert_allclose(iris_shift(ring((50.0, 50.0)), drawn, IOD_PX), (5.0, 0.0), atol=1.8)


def test_nothing_drawn_or_ink_far_away_leaves_the_iris_where_it_is():
    assert not iris_shift(ring((50.0, 50.0)), np.zeros((0, 2)), IOD_PX).any()
    assert not iris_shift(ring((50.0, 50.0)), ring((150.0, 50.0)), IOD_PX).any()


@pytest.mark.parametrize("inverse_distance", [0.0, 1.5])
def test_eyes_turn_onto_the_drawn_irises_and_stay_balls(inverse_distance):
    rig = load_rig("makehuman")
    vertices = pose(rig, RigState.neutral(rig))
    camera = Camera(2000.0, np.array([200.0, 200.0]), (400, 400), inverse_distance)
    iod_px = 2000.0 * rig.interocular_m

    def irises(shown):
        return [
            camera.project(rig.curves[f"iris_{side}"].points.interpolate(shown, rig.triangles))
            for side in "LR"
        ]

    wanted = np.array([0.06, -0.03]) * iod_px
    drawn = np.concatenate(irises(vertices)) + wanted
    way = turned_eyes(rig, vertices, camera, drawn, iod_px)
    for before, after in zip(irises(vertices), irises(vertices + way), strict=True):
        moved = after.mean(axis=0) - before.mean(axis=0)
        np.testing.assert_allclose(moved, wanted, atol=0.015 * iod_px)
    for side in "LR":
        ball = np.flatnonzero(rig.vertex_part == PART_NAMES.index(f"eye_{side}"))
        before, after = fit_sphere(vertices[ball]), fit_sphere((vertices + way)[ball])
        np.testing.assert_allclose(after[0], before[0], atol=1e-6)
        assert after[1] == pytest.approx(before[1], rel=1e-6)
        way[ball] = 0.0
    assert not way.any()
