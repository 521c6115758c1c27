"""Eyeballs turn together until their irises lie on the drawn ones, and stay the balls they are."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
import pytest
from limner.addon.gaze import DrawnEye, looks, turned_eyes
from limner.rig.camera import Camera
from limner.rig.eyeball import eye_pose, fit_sphere
from limner.rig.face_rig import PART_NAMES, RigState, pose
from limner.rig.store import load_rig

IOD_PX = 100.0
ARM_PX = 20.0
NOTHING = np.zeros((0, 2))
LEFT, RIGHT = np.array([100.0, 50.0]), np.array([0.0, 50.0])


def ring(centre, radius_px=10.0, points=40, start=0.0, end=1.0):
    angle = 2.0 * np.pi * np.linspace(start, end, points, endpoint=False)
    return np.array(centre) + radius_px * np.column_stack([np.cos(angle), np.sin(angle)])


def shifts(left, right, look_left=(0.0, 0.0), look_right=(0.0, 0.0), seen_px=None):
    """Return how far (2, 2) the irises of a left and a right eye move for what is drawn.

    `seen_px` : (2,) where both are seen, from where they are; None: in the middle of the ink
    """
    before = np.array([look_left, look_right])
    eyes = []
    for centre, drawn, look in zip((LEFT, RIGHT), (left, right), before, strict=True):
        way = drawn.mean(axis=0) - centre if len(drawn) and seen_px is None else seen_px or (0, 0)
        eyes.append(DrawnEye(ring(centre), drawn, look, ARM_PX, look + np.array(way) / ARM_PX))
    return ARM_PX * (np.array(looks(eyes, IOD_PX)) - before)


def test_where_irises_are_seen_settles_what_their_ink_leaves_open():
    """A flat arc below says how high an iris is, hardly how far aside."""
    arcs = [ring(np.add(at, (6.0, 0.0)), start=0.17, end=0.33) for at in (LEFT, RIGHT)]
    aside = [shifts(*arcs, seen_px=(x, 0.0))[:, 0].mean() for x in (0.0, 6.0)]
    assert aside[1] > aside[0] + 0.5
    assert abs(aside[1] - 6.0) < abs(aside[0] - 6.0)


@pytest.mark.parametrize("shift", [(0.0, 0.0), (5.0, -2.0), (-6.0, 3.0)])
def test_drawn_rings_say_where_the_irises_are(shift):
    found = shifts(ring(LEFT + shift, points=33), ring(RIGHT + shift, points=33))
    np.testing.assert_allclose(found, [shift, shift], atol=1.5)


def test_one_eye_alone_is_enough():
    eye = DrawnEye(ring(LEFT), ring(np.add(LEFT, (5.0, 0.0))), np.zeros(2), ARM_PX, np.zeros(2))
    np.testing.assert_allclose(looks([eye], IOD_PX)[0] * ARM_PX, (5.0, 0.0), atol=1.5)


def test_pupils_and_hidden_upper_halves_do_not_pull():
    drawn = [
        np.concatenate([ring(at, start=0.0, end=0.5), ring(at, radius_px=4.0, points=20)])
        for at in (np.add(LEFT, (5.0, 0.0)), np.add(RIGHT, (5.0, 0.0)))
    ]
    np.testing.assert_allclose(shifts(*drawn, seen_px=(5.0, 0.0)), [(5.0, 0.0)] * 2, atol=1.8)


def test_nothing_drawn_or_ink_far_away_leaves_the_irises_where_they_are():
    assert not shifts(NOTHING, NOTHING).any()
    assert not shifts(ring(np.add(LEFT, (50.0, 0.0))), NOTHING).any()


@pytest.mark.parametrize("drawn_side", [0, 1])
def test_an_iris_that_is_not_drawn_goes_with_the_other(drawn_side):
    drawn = [NOTHING, NOTHING]
    drawn[drawn_side] = ring((LEFT, RIGHT)[drawn_side] + (5.0, -2.0))
    found = shifts(*drawn)
    np.testing.assert_allclose(found[drawn_side], (5.0, -2.0), atol=1.5)
    np.testing.assert_allclose(found[1 - drawn_side], found[drawn_side], atol=0.6)


def test_a_half_hidden_iris_that_strays_follows_the_whole_one():
    found = shifts(ring(LEFT), ring(np.add(RIGHT, (-5.0, 4.0)), points=12, start=0.1, end=0.4))
    apart = (found[0] - found[1]) / ARM_PX
    assert abs(apart[0]) < 0.05 and abs(apart[1]) < 0.035
    assert np.abs(found[0]).max() < 0.5 * np.abs(found[1] - (-5.0, 4.0)).max()


@pytest.mark.parametrize("outwards", [5.0, -5.0])
def test_eyes_look_inwards_when_both_are_drawn_so_but_never_outwards(outwards):
    found = shifts(ring(np.add(LEFT, (outwards, 0.0))), ring(np.add(RIGHT, (-outwards, 0.0))))
    apart = (found[0, 0] - found[1, 0]) / ARM_PX
    if outwards > 0.0:
        assert 0.0 <= apart <= 0.031
    else:
        assert -0.121 <= apart < -0.05


def test_eyes_that_looked_apart_come_together():
    left, right = (0.2, 0.1), (-0.1, -0.1)
    found = np.array([left, right]) + shifts(ring(LEFT), ring(RIGHT), left, right) / ARM_PX
    assert found[0, 0] - found[1, 0] <= 0.031
    assert abs(found[0, 1] - found[1, 1]) <= 0.031


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
    seen = np.array([line.mean(axis=0) for line in irises(vertices)]) + wanted
    way = turned_eyes(rig, vertices, camera, drawn, seen, iod_px)
    for before, after in zip(irises(vertices), irises(vertices + way), strict=True):
        moved = after.mean(axis=0) - before.mean(axis=0)
        np.testing.assert_allclose(moved, wanted, atol=0.015 * iod_px)
    axes = [eye_pose(vertices + way, rig, side).axis for side in "LR"]
    assert axes[0] @ axes[1] > np.cos(0.06)
    for side in "LR":
        ball = np.flatnonzero(rig.vertex_part == PART_NAMES.index(f"eye_{side}"))
        before, after = fit_sphere(vertices[ball]), fit_sphere((vertices + way)[ball])
        np.testing.assert_allclose(after[0], before[0], atol=1e-6)
        assert after[1] == pytest.approx(before[1], rel=1e-6)
        way[ball] = 0.0
    assert not way.any()
