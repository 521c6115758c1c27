"""The software render puts surfaces where the camera does, nearest first."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
import pytest
from limner.rig.camera import Camera
from limner.rig.eyeball import eye_pose
from limner.rig.raster import render_head
from limner.rig.zbuffer import rasterise

from .heads import icosphere, make_rig


def test_a_triangle_covers_the_pixels_whose_centres_it_holds():
    corners = np.array([[1.0, 1.0], [9.0, 1.0], [1.0, 9.0]])
    seen = rasterise(corners, np.zeros(3), np.array([[0, 1, 2]], np.int32), (10, 10)).triangle
    x, y = np.meshgrid(np.arange(10) + 0.5, np.arange(10) + 0.5)
    inside = (x > 1.0) & (y > 1.0) & (x + y < 10.0)
    edge = np.isclose(x + y, 10.0)
    np.testing.assert_array_equal((seen == 0)[~edge], inside[~edge])


def test_the_nearest_of_many_random_triangles_wins_every_pixel():
    rng = np.random.default_rng(2)
    image, near = rng.uniform(-5.0, 45.0, (120, 2)), rng.normal(size=120)
    triangles = np.arange(120, dtype=np.int32).reshape(40, 3)
    buffer = rasterise(image, near, triangles, (40, 30))
    x, y = np.meshgrid(np.arange(40) + 0.5, np.arange(30) + 0.5)
    best = np.full((30, 40), -np.inf)
    winner = np.full((30, 40), -1)
    for row, (a, b, c) in enumerate(triangles):
        system = np.array([[*image[k], 1.0] for k in (a, b, c)]).T
        shares = np.linalg.solve(system, np.stack([x.ravel(), y.ravel(), np.ones(1200)]))
        depth = (near[[a, b, c]] @ shares).reshape(30, 40)
        covers = (shares >= 0.0).all(axis=0).reshape(30, 40) & (depth > best)
        best[covers], winner[covers] = depth[covers], row
    assert (buffer.triangle != winner).mean() < 0.002
    hit = winner >= 0
    np.testing.assert_allclose(buffer.nearness[hit], best[hit], atol=1e-3)


def test_a_closed_mesh_has_no_cracks():
    vertices, triangles = icosphere(3, 0.1)
    camera = Camera(700.0, (100.0, 100.0), (200, 200), 1.0)
    image, near = camera.project(vertices), camera.nearness(vertices)
    seen = rasterise(image, near, triangles, (200, 200)).triangle
    x, y = np.meshgrid(np.arange(200) - 99.5, np.arange(200) - 99.5)
    assert (seen[np.hypot(x, y) < 68.0] >= 0).all()
    assert (seen[np.hypot(x, y) > 72.0] == -1).all()
    front = seen[seen >= 0]
    assert (vertices[triangles[front]].mean(axis=1)[:, 2] > -0.001).all()


def test_the_picture_is_lit_from_the_upper_left_and_clear_around_the_head():
    vertices, triangles = icosphere(4, 0.1)
    camera = Camera(700.0, (120.0, 80.0), (200, 200))
    picture = render_head(vertices, make_rig(vertices, triangles), camera)
    assert picture.shape == (200, 200, 4)
    rows, columns = np.nonzero(picture[..., 3] > 127)
    assert columns.mean() == pytest.approx(119.5, abs=0.6)
    assert rows.mean() == pytest.approx(79.5, abs=0.6)
    assert (columns.max() - columns.min() + 1) / 140.0 == pytest.approx(1.0, abs=0.02)
    light = picture[..., :3].sum(axis=2)
    assert light[50, 90] > light[110, 90] and light[50, 90] > light[50, 150]


def test_another_size_scales_the_view():
    vertices, triangles = icosphere(3, 0.1)
    rig = make_rig(vertices, triangles)
    camera = Camera(700.0, (120.0, 80.0), (200, 200))
    small = render_head(vertices, rig, camera, (100, 100))[..., 3].astype(float)
    large = render_head(vertices, rig, camera)[..., 3].reshape(100, 2, 100, 2).mean(axis=(1, 3))
    assert np.abs(small - large).mean() < 2.0


@pytest.mark.parametrize("gaze", [(0.0, 0.0), (0.5, 0.0), (0.0, -0.4)])
def test_the_pupil_is_painted_where_the_eye_looks(gaze):
    """An eyeball turned by yaw and pitch carries its dark middle with it."""
    ball, faces = icosphere(4, 0.012)
    rig = make_rig(np.concatenate([ball, ball + 1.0]), np.concatenate([faces, faces + len(ball)]),
                   np.repeat([1, 2], len(ball)))  # fmt: skip
    yaw, pitch = gaze
    about_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)],
                        [0, np.sin(pitch), np.cos(pitch)]])  # fmt: skip
    turned = rig.neutral.astype(float)
    turned[: len(ball)] = turned[: len(ball)] @ (about_y @ about_x).T
    eye = eye_pose(turned, rig, "L")
    np.testing.assert_allclose(eye.axis, (about_y @ about_x)[:, 2], atol=1e-5)
    assert eye.radius_m == pytest.approx(0.012, rel=1e-4)
    camera = Camera(5000.0, (80.0, 80.0), (160, 160))
    picture = render_head(turned, rig, camera)[..., :3].sum(axis=2).astype(float)
    x, y = np.meshgrid(np.arange(160) + 0.5, np.arange(160) + 0.5)
    near_middle = np.hypot(x - 80, y - 80) < 52
    dark = near_middle & (picture < 90)
    expected = camera.project(eye.axis[None] * 0.012)[0]
    np.testing.assert_allclose([x[dark].mean(), y[dark].mean()], expected, atol=3.0)
