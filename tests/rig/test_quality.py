"""The figures of a surface, on shapes whose figures are known."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
import pytest
from limner.rig.face_rig import PART_NAMES, SurfaceCurve, SurfacePoints
from limner.rig.normals import face_normals, unit
from limner.rig.quality import lid_depth, lip_depth, mesh_quality, triangle_quality

from .heads import icosphere, make_rig

RADIUS_M = 0.012


def test_triangle_quality_is_1_for_equal_sides_and_0_without_area():
    points = np.array([[0, 0, 0], [1, 0, 0], [0.5, 3**0.5 / 2, 0], [2, 0, 0], [0, 1, 0]], float)
    triangles = np.array([[0, 1, 2], [0, 1, 3], [0, 1, 4]], np.int32)
    right_angled = 4.0 * 3.0**0.5 * 0.5 / 4.0
    np.testing.assert_allclose(triangle_quality(points, triangles), [1, 0, right_angled], atol=1e-9)
    tiny = triangle_quality(0.001 * points, triangles)
    np.testing.assert_allclose(tiny, [1, 0, right_angled], atol=1e-9)


def _ball_under_skin(part, curve, share):
    """Return a rig: a ball of `part` about the origin and a shell of skin at `share` of it."""
    ball, faces = icosphere(3, RADIUS_M)
    vertices = np.concatenate([ball, share * ball])
    triangles = np.concatenate([faces, faces + len(ball)])
    parts = np.repeat([PART_NAMES.index(part), 0], len(ball))
    front = np.flatnonzero((vertices[triangles][:, :, 2] > 0.009).all(axis=1))
    rows = front[front >= len(faces)][:6].astype(np.int32)
    line = SurfaceCurve(SurfacePoints(rows, np.tile(np.float32([1, 0, 0]), (len(rows), 1))))
    return vertices, make_rig(vertices, triangles, parts, curves={curve: line})


@pytest.mark.parametrize(("share", "depth_m"), [(0.9, 0.1 * RADIUS_M), (1.05, 0.0)])
def test_lids_are_as_deep_as_their_edge_lies_in_the_ball(share, depth_m):
    vertices, rig = _ball_under_skin("eye_L", "upper_lid_L", share)
    assert lid_depth(rig, vertices) == pytest.approx(depth_m, abs=1e-6)
    assert lid_depth(rig, vertices + np.array([0.3, -0.1, 0.2])) == pytest.approx(depth_m, abs=1e-6)


@pytest.mark.parametrize(("share", "depth_m"), [(0.9, 0.1 * RADIUS_M), (1.05, 0.0)])
def test_lips_are_as_deep_as_they_lie_behind_the_teeth(share, depth_m):
    vertices, rig = _ball_under_skin("teeth_upper", "upper_lip_inner", share)
    assert lip_depth(rig, vertices) == pytest.approx(depth_m, rel=0.02, abs=1e-9)


def test_a_correction_that_folds_the_skin_is_counted_and_one_that_moves_it_is_not():
    vertices, triangles = icosphere(2, 0.1)
    rig = make_rig(vertices, triangles)
    moved = mesh_quality(rig, vertices, np.tile([0.01, 0.0, 0.02], (len(vertices), 1)))
    assert (moved.turned, moved.lid_depth_m, moved.lip_depth_m) == (0, 0.0, 0.0)
    assert moved.thinnest == pytest.approx(moved.thinnest_before)
    # mirrored in depth, a normal (x, y, z) becomes (-x, -y, z)
    along = 2.0 * unit(face_normals(vertices, triangles))[:, 2] ** 2 - 1.0
    mirrored = mesh_quality(rig, vertices, -2.0 * vertices * [0.0, 0.0, 1.0])
    assert mirrored.turned == (along < 0.1).sum() > 100
    assert mirrored.mean == pytest.approx(mirrored.mean_before)
    flat = mesh_quality(rig, vertices, -0.99 * vertices * [0.0, 0.0, 1.0])
    assert flat.thinnest < 0.2 * flat.thinnest_before
    assert flat.mean < 0.7 * flat.mean_before


def test_skin_that_is_pushed_through_other_skin_is_counted_where_it_lies():
    """Two balls, apart until the second is moved into the first; the head has them crossing."""
    ball, faces = icosphere(3, 0.03)
    first, second = ball + np.array([0.0, 0.0, 0.1]), ball + np.array([0.0, 0.08, 0.1])
    vertices = np.concatenate([first, second])
    rig = make_rig(vertices, np.concatenate([faces, faces + len(ball)]))
    into = np.zeros_like(vertices)
    into[len(ball) :] = (0.004, -0.04, 0.007)
    found = mesh_quality(rig, vertices, into)
    assert found.crossing_before == 0
    assert found.crossing == sum(found.crossing_anew.values()) > 50
    back = mesh_quality(rig, vertices + into, -into)
    assert (back.crossing, back.crossing_before) == (0, found.crossing)
    assert not any(back.crossing_anew.values())


@pytest.mark.parametrize(("curve", "place"), [("upper_lid_R", "lids"), ("lower_lip_inner", "lips")])
def test_where_lids_and_lips_shut_crossing_skin_is_told_apart(curve, place):
    """The two balls cross on a ring of 2 cm; a line of one end of it takes only what is near."""
    ball, faces = icosphere(3, 0.03)
    first, second = ball + np.array([0.0, 0.0, 0.1]), ball + np.array([0.0, 0.08, 0.1])
    vertices, triangles = (
        np.concatenate([first, second]),
        np.concatenate([faces, faces + len(ball)]),
    )
    into = np.zeros_like(vertices)
    into[len(ball) :] = (0.004, -0.04, 0.007)
    plain = mesh_quality(make_rig(vertices, triangles), vertices, into).crossing_anew
    middle = first[faces].mean(axis=1)
    rows = np.argsort(np.linalg.norm(middle - (0.022, 0.02, 0.1), axis=1))[:3].astype(np.int32)
    line = SurfaceCurve(SurfacePoints(rows, np.full((3, 3), 1 / 3, np.float32)))
    found = mesh_quality(make_rig(vertices, triangles, curves={curve: line}), vertices, into)
    assert 0 < found.crossing_anew[place] < 0.5 * sum(plain.values())
    assert sum(found.crossing_anew.values()) == sum(plain.values())
    assert plain["lids"] == plain["lips"] == 0
