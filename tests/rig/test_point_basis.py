"""The Jacobian of projected points is the derivative that finite differences show."""

# SPDX-License-Identifier: GPL-3.0-or-later

from dataclasses import replace

import numpy as np
import pytest
from limner.rig.camera import Camera
from limner.rig.face_rig import rotation_matrix, rotation_vector
from limner.rig.point_basis import PointBasis, project_basis, project_points

STEP = 1e-6
MODE_STEP = 1e-2  # points are shaped in float32


@pytest.fixture(params=[0.0, 0.8], ids=["orthographic", "perspective"])
def scene(request):
    rng = np.random.default_rng(5)
    basis = PointBasis(
        0.1 * rng.normal(size=(6, 3)), (0.01 * rng.normal(size=(6, 3, 4))).astype(np.float32)
    )
    camera = Camera(1500.0, np.array([100.0, 120.0]), (200, 240), request.param)
    return basis, rng.normal(size=4), rotation_matrix(np.array([0.1, 0.4, -0.2])), camera


def test_modes_move_points_as_their_derivative_says(scene):
    basis, coefficients, rotation, camera = scene
    here = project_basis(basis, coefficients, rotation, camera)
    for mode in range(4):
        there = coefficients.copy()
        there[mode] += MODE_STEP
        moved = project_basis(basis, there, rotation, camera).points
        np.testing.assert_allclose(
            (moved - here.points) / MODE_STEP, here.jacobian[:, :, mode], atol=5e-3
        )


def test_view_moves_points_as_its_derivative_says(scene):
    basis, coefficients, rotation, camera = scene
    here = project_basis(basis, coefficients, rotation, camera)
    views = [(rotation_matrix(STEP * axis) @ rotation, camera) for axis in np.eye(3)]
    views.append((rotation, replace(camera, scale_px=camera.scale_px * np.exp(STEP))))
    for shift in np.eye(2):
        views.append((rotation, replace(camera, centre_px=camera.centre_px + STEP * shift)))
    for row, (turned, seen) in enumerate(views):
        moved = project_basis(basis, coefficients, turned, seen).points
        np.testing.assert_allclose(
            (moved - here.points) / STEP, here.jacobian[:, :, 4 + row], atol=2e-2
        )


def test_points_alone_are_those_that_come_with_derivatives(scene):
    np.testing.assert_allclose(project_points(*scene), project_basis(*scene).points, atol=1e-9)


@pytest.mark.parametrize("vector", [(0.0, 0.0, 0.0), (1e-10, 0.0, 0.0), (0.3, -1.2, 0.5)])
def test_rotation_vector_undoes_rotation_matrix(vector):
    np.testing.assert_allclose(
        rotation_vector(rotation_matrix(np.array(vector))), vector, atol=1e-9
    )


def test_a_turn_about_y_shows_more_of_the_subjects_left_to_the_right():
    """+Y turns the face to the subject's left: the nose moves to the right of the picture."""
    nose = PointBasis(np.array([[0.0, 0.0, 0.1]]), np.zeros((1, 3, 1), dtype=np.float32))
    camera = Camera(1000.0, np.zeros(2), (10, 10))
    turned = rotation_matrix(np.array([0.0, 0.3, 0.0]))
    assert project_basis(nose, np.zeros(1), turned, camera).points[0, 0] > 0.0
