"""Compiled loops find what `rig` finds, and Python without numba draws the same bytes."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from limner.addon.cli import main
from limner.rig.camera import Camera
from limner.rig.contours import occluding_contours, project_curves
from limner.rig.face_rig import RigState, pose, rotation_matrix
from limner.rig.normals import vertex_normals
from limner.rig.store import load_rig
from limner.rig.visibility import VisibilityGrid
from limner.synthetic_data import compiled
from limner.synthetic_data.compiled import COMPILES
from limner.synthetic_data.face import RigLines, project_face
from limner.synthetic_data.folds import Folds
from limner.synthetic_data.posing import Moves
from limner.synthetic_data.sight import Sight, normals

DRAW = """
import dataclasses, hashlib, sys
if sys.argv[1] == "plain":
    sys.modules["numba"] = None  # as if it were not installed
from limner.synthetic_data import compiled
from limner.synthetic_data.compiled import COMPILES
from limner.synthetic_data.sample import Maker, sample_files
styles = {"engraving": "photo", "chalk_on_black": "scan"}
for style, sheet in styles.items():
    maker = Maker.load(3, 64, {"makehuman": 1.0}, (style,))
    files, _ = sample_files(maker, 1)
    print(hashlib.sha256(b"".join(files.values())).hexdigest())
    certain = {"erased": 1.0, "construction": 1.0, "suggestive": 1.0, "photo": 0.0, sheet: 1.0}
    (own,) = maker.styles
    own = dataclasses.replace(own, chances={**own.chances, **certain})
    files, about = sample_files(dataclasses.replace(maker, styles=(own,), kept={}), 1)
    assert about["is_face"] and about["hand"]["sheet"] == sheet
    print(hashlib.sha256(b"".join(files.values())).hexdigest())
print(COMPILES)
"""


@pytest.fixture(scope="module")
def views():
    rig, rng = load_rig("makehuman"), np.random.default_rng(1)
    found = []
    for inverse_distance in (0.0, 1.5, 0.0):
        weights = rng.uniform(0.0, 1.0, len(rig.shape_names)) * (
            rng.random(len(rig.shape_names)) < 0.2
        )
        identity = rng.normal(0.0, 1.0, len(rig.identity_names))
        vertices = pose(rig, RigState(weights, identity, rng.normal(0.0, 0.4, 3)))
        camera = Camera(1000.0, np.array([128.0, 128.0]), (256, 256), inverse_distance)
        found.append((rig, vertices, camera))
    return found


def test_sight_agrees_with_the_visibility_grid(views):
    rng = np.random.default_rng(2)
    for rig, vertices, camera in views:
        rows = rng.integers(len(rig.triangles), size=2000)
        shares = rng.dirichlet([1.0, 1.0, 1.0], len(rows))
        points = np.einsum("nc,ncd->nd", shares, vertices[rig.triangles[rows]])
        seen = Sight(vertices, rig.triangles, camera).visible(points)
        assert 0.2 < seen.mean() < 0.8
        expected = VisibilityGrid(vertices, rig.triangles, camera).visible(points)
        np.testing.assert_array_equal(seen, expected)


def test_a_head_is_posed_as_the_rig_poses_it(views):
    rng = np.random.default_rng(4)
    rig = views[0][0]
    moves = Moves.of(rig)
    for turn in (0.0, 0.5):
        weights = rng.uniform(0.0, 1.4, len(rig.shape_names))
        identity = rng.normal(0.0, 1.0, len(rig.identity_names))
        state = RigState(weights, identity, rng.normal(0.0, 1.0, 3) * turn)
        np.testing.assert_allclose(
            moves.pose(state, rotation_matrix(state.rotation)), pose(rig, state), atol=1e-6
        )


def test_lines_and_landmarks_are_seen_as_the_rig_sees_them(views):
    lines = RigLines.of(views[0][0])
    rng = np.random.default_rng(3)
    for _, _, camera in views[:2]:
        identity = rng.normal(0.0, 1.0, len(lines.rig.identity_names))
        rest = np.zeros(len(lines.rig.shape_names))
        state = RigState(rest, identity, np.array([0.1, 0.5, -0.1]))
        face = project_face(lines, state, camera)
        vertices = pose(lines.rig, state)
        expected = project_curves(lines.rig, vertices, camera)
        assert [curve.name for curve in expected] == list(face.curves)
        agree = [(curve.visible == face.curves[curve.name].visible).mean() for curve in expected]
        assert np.mean(agree) > 0.995  # heads differ by nanometres, and some points by a hair
        for curve in expected:
            found = face.curves[curve.name].points
            np.testing.assert_allclose(found, curve.points, atol=1e-3)
        flat = camera.project(lines.rig.landmarks.interpolate(vertices, lines.rig.triangles))
        np.testing.assert_allclose(face.landmarks, flat, atol=1e-3)


def test_normals_are_those_of_the_rig(views):
    for rig, vertices, _ in views:
        expected = vertex_normals(vertices, rig.triangles)
        np.testing.assert_allclose(normals(vertices, rig.triangles), expected, atol=1e-12)


def test_folds_are_the_contours_of_the_rig(views):
    for rig, vertices, camera in views:
        expected = occluding_contours(rig, vertices, camera)
        sight, folds = Sight(vertices, rig.triangles, camera), Folds.of(rig)
        traced = folds.trace(vertices, normals(vertices, rig.triangles), camera)
        visible = sight.visible(traced.lifted) & (traced.slope > 0.0)
        found = folds.pieces(traced, visible, sight.project(traced.points), camera)
        assert [name for name, _ in found] == [curve.name for curve in expected]
        assert len(found) > 5
        for (_, points), curve in zip(found, expected, strict=True):
            np.testing.assert_allclose(points, curve.points, atol=1e-6)


@pytest.mark.skipif(not COMPILES, reason="there is no numba to compare with")
def test_python_without_numba_draws_the_same_bytes():
    told = {
        way: subprocess.run(
            [sys.executable, "-c", DRAW, way], capture_output=True, text=True, check=True
        ).stdout.split()
        for way in ("plain", "compiled")
    }
    assert told["plain"][-1] == "False" and told["compiled"][-1] == "True"
    assert told["plain"][:-1] == told["compiled"][:-1]


def test_the_command_tells_who_lacks_numba(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(compiled, "COMPILES", False)
    where = ["--out", str(tmp_path / "data"), "--count", "1", "--seed", "1", "--size", "64"]
    assert main(["dataset", "generate", *where]) == 0
    assert "pip install 'limner[data]'" in capsys.readouterr().err
