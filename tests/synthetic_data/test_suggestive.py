"""Suggestive contours lie where the surface nearly turns away."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
import pytest
from limner.rig.camera import Camera
from limner.rig.face_rig import RigState
from limner.rig.store import load_rig
from limner.synthetic_data.face import RigLines, project_face
from limner.synthetic_data.folds import chains
from limner.synthetic_data.suggestive import _fall, _looks, suggestive_lines


@pytest.fixture(scope="module")
def lines():
    return RigLines.of(load_rig("makehuman"))


def seen(lines, yaw=0.0):
    rig = lines.rig
    state = RigState(
        np.zeros(len(rig.shape_names)), np.zeros(len(rig.identity_names)), np.array([0.0, yaw, 0.0])
    )
    camera = Camera(90.0 / rig.interocular_m, np.array([128.0, 128.0]), (256, 256), 0.0)
    return project_face(lines, state, camera)


def wave():
    """Return vertices, triangles and normals of a wave z = −cos(3 y) / 3 along x, seen from above.

    Its cosine to the sight is least where |sin(3 y)| is 1: at y = ±π / 6.
    """
    x, y = np.meshgrid(np.linspace(-0.5, 0.5, 21), np.linspace(-0.9, 0.9, 91), indexing="ij")
    vertices = np.stack([x, y, -np.cos(3.0 * y) / 3.0], axis=-1).reshape(-1, 3)
    slope = np.sin(3.0 * y)
    normals = np.stack([np.zeros_like(y), -slope, np.ones_like(y)], axis=-1).reshape(-1, 3)
    normals /= np.linalg.norm(normals, axis=1)[:, None]
    row = np.arange(20)[:, None] * 91 + np.arange(90)
    first = np.stack([row, row + 91, row + 1], axis=-1).reshape(-1, 3)
    second = np.stack([row + 91, row + 92, row + 1], axis=-1).reshape(-1, 3)
    return vertices, np.concatenate([first, second]).astype(np.int32), normals


def test_on_a_wave_the_lines_run_along_its_steepest_places():
    vertices, triangles, normals = wave()
    facing, sidelong = _looks(vertices, normals, 0.0)
    np.testing.assert_allclose(facing, normals[:, 2])
    rows = np.arange(len(triangles), dtype=np.int32)
    fall = _fall(triangles, rows, vertices, facing, sidelong)
    inner = np.abs(vertices[:, 0]) < 0.4
    inner &= (np.abs(vertices[:, 1]) < 0.8) & (np.abs(np.sin(3.0 * vertices[:, 1])) > 0.3)
    steep, bend = np.sin(3.0 * vertices[:, 1]), 3.0 * np.cos(3.0 * vertices[:, 1])
    # d(cosine)/dy along the sight laid on the skin, per length of skin
    exact = -steep * bend / (1.0 + steep**2) ** 1.5 * steep / (1.0 + steep**2)
    np.testing.assert_allclose(fall[inner], exact[inner], atol=0.02)
    here, there = triangles.astype(int), np.roll(triangles, -1, axis=1).astype(int)
    coded = np.minimum(here, there) * len(vertices) + np.maximum(here, there)
    keys, edges = np.unique(coded, return_inverse=True)
    edge, _, slope, _, _ = chains(
        triangles, rows, vertices, fall, sidelong, len(keys), edges.reshape(-1, 3).astype(np.int32)
    )
    y = vertices[keys[edge] // len(vertices), 1]
    deep = slope > 0.5  # 0.8 is exact there
    assert deep.any()
    np.testing.assert_allclose(np.abs(y[deep]), np.pi / 6.0, atol=0.03)


def test_a_face_has_some_that_stay_off_lids_lips_and_neck(lines):
    for yaw in (-0.5, 0.0, 0.4):
        face = seen(lines, yaw)
        found = suggestive_lines(face)
        assert found
        chin = face.landmarks[8, 1]
        for line in found:
            assert np.hypot(*np.diff(line, axis=0).T).sum() > 0.15 * face.unit
            assert line[:, 1].max() < chin + 0.1 * face.unit
            for name in ("upper_lid_L", "lower_lid_R", "upper_lip_outer", "lower_lip_outer"):
                points = face.curves[name].points
                away = np.linalg.norm(line[:, None] - points[None], axis=2).min(axis=1)
                assert np.median(away) > 0.09 * face.unit


def test_a_mirrored_view_has_about_as_much_of_them(lines):
    left, right = (
        sum(np.hypot(*np.diff(line, axis=0).T).sum() for line in suggestive_lines(seen(lines, yaw)))
        for yaw in (-0.4, 0.4)
    )
    assert left == pytest.approx(right, rel=0.3)
