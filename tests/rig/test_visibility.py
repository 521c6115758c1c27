"""The projected grid sees what a ray to the eye sees."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
import pytest
from limner.rig.camera import Camera
from limner.rig.visibility import VisibilityGrid, visible_points

from .heads import icosphere

ORTHO = Camera(2000.0, (320.0, 400.0), (640, 800))
NEAR = Camera(2000.0, (320.0, 400.0), (640, 800), inverse_distance=2.0)


def _hidden_by_rays(vertices, triangles, camera, points, tolerance_m):
    """Ask every triangle for every point (Möller & Trumbore), with no grid."""
    towards = camera.view_directions(points)
    origin = points + towards / towards[:, 2:] * tolerance_m
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    hidden = np.zeros(len(points), dtype=bool)
    for row in range(len(points)):
        p = np.cross(towards[row], c - a)
        determinant = ((b - a) * p).sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            s = origin[row] - a
            u = (s * p).sum(axis=1) / determinant
            q = np.cross(s, b - a)
            v = (q @ towards[row]) / determinant
            t = ((c - a) * q).sum(axis=1) / determinant
        hidden[row] = ((u >= 0) & (v >= 0) & (u + v <= 1) & (t > 0)).any()
    return hidden


@pytest.mark.parametrize("camera", [ORTHO, NEAR], ids=["orthographic", "perspective"])
@pytest.mark.parametrize("is_open", [False, True])
def test_the_grid_agrees_with_rays(camera, is_open):
    vertices, triangles = icosphere(3, 0.1)
    vertices = vertices * [1.0, 1.2, 0.7] + 0.01 * np.sin(60.0 * vertices[:, ::-1])
    if is_open:  # a bowl whose inside can be seen
        triangles = triangles[vertices[triangles].mean(axis=1)[:, 2] < 0.02]
    rng = np.random.default_rng(3)
    chosen = rng.integers(0, len(triangles), 400)
    on_surface = np.einsum("nc,ncd->nd", rng.dirichlet([1, 1, 1], 400), vertices[triangles[chosen]])
    points = np.concatenate([on_surface, rng.uniform(-0.15, 0.15, (200, 3))])
    seen = visible_points(vertices, triangles, camera, points, tolerance_m=0.0005)
    hidden = _hidden_by_rays(vertices, triangles, camera, points, 0.0005)
    some = rng.permutation(600)[:60]  # leaving out what hides none of them changes nothing
    grid = VisibilityGrid(vertices, triangles, camera, asked=points[some])
    np.testing.assert_array_equal(grid.visible(points[some], 0.0005), seen[some])
    assert 0.2 < seen.mean() < 0.9
    assert (seen == hidden).sum() <= 1  # a ray may graze an edge


def test_a_card_hides_what_is_behind_it_from_both_of_its_sides():
    card = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]) * 0.1
    front = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    points = np.array([[0, 0, -0.01], [0, 0, 0.01], [0.2, 0, -0.01]])
    for triangles in (front, front[:, ::-1]):
        seen = visible_points(card, triangles, ORTHO, points)
        np.testing.assert_array_equal(seen, [False, True, True])


def test_points_on_corners_and_edges_of_the_near_side_are_seen():
    vertices, triangles = icosphere(2, 0.1)
    middles = vertices[triangles[:, :2]].mean(axis=1)
    points = np.concatenate([vertices, middles])
    clear = points[:, 2] > 0.03
    seen = visible_points(vertices, triangles, ORTHO, points, tolerance_m=1e-5)
    assert seen[clear].all()
    assert not seen[points[:, 2] < -0.03].any()


def test_the_tolerance_is_a_depth_in_metres():
    card = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]) * 0.1
    triangles = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    grid = VisibilityGrid(card, triangles, NEAR)
    point = np.array([[0.01, 0.02, -0.003]])
    assert not grid.visible(point, 0.0029)[0]
    assert grid.visible(point, 0.0031)[0]


def test_perspective_sees_less_of_a_sphere():
    """From distance d the eye sees the cap above z = r²/d; orthographic sees a half."""
    radius = 0.1
    vertices, triangles = icosphere(4, radius)
    points, _ = icosphere(3, radius * 1.001)
    for camera in (ORTHO, NEAR):
        horizon = radius**2 * camera.inverse_distance
        seen = visible_points(vertices, triangles, camera, points, tolerance_m=0.0)
        assert seen[points[:, 2] > horizon + 0.012].all()
        assert not seen[points[:, 2] < horizon - 0.012].any()


def test_normals_that_turn_away_hide():
    card = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0]]) * 0.1
    triangles = np.array([[0, 1, 2]], np.int32)
    points = np.zeros((2, 3))
    normals = np.array([[0, 0, 1.0], [0, 0, -1.0]])
    seen = visible_points(card, triangles, ORTHO, points, normals)
    np.testing.assert_array_equal(seen, [True, False])
