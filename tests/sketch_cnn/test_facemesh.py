"""A mesh tells what does not depend on place, size and tilt; what is not there is told as such."""

# SPDX-License-Identifier: GPL-3.0-or-later

import os
import sys
from pathlib import Path

import numpy as np
import pytest
from limner.errors import ModelError
from limner.sketch_cnn.facemesh import mesh_distances, read_meshes
from limner.sketch_cnn.facemesh_worker import POINTS


def test_distances_do_not_know_place_size_and_tilt():
    rng = np.random.default_rng(0)
    mesh = rng.uniform(0.0, 100.0, (POINTS, 2))
    turn = 0.7
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    moved = 2.5 * mesh @ spin.T + [300.0, -20.0]
    one, two = mesh_distances(np.stack([mesh, moved]))
    np.testing.assert_allclose(one, two)
    smile = mesh.copy()
    smile[61] += [0.0, -15.0]
    assert np.abs(mesh_distances(smile[None])[0] - one).max() > 0.05


def test_a_face_that_was_not_seen_has_no_distances():
    assert (mesh_distances(np.full((1, POINTS, 2), np.nan)) == 0.0).all()


def test_a_python_without_mediapipe_is_one_clear_line():
    with pytest.raises(ModelError, match="pip install mediapipe"):
        list(read_meshes(Path(sys.executable), [b"no picture"]))
    with pytest.raises(ModelError, match="cannot be run"):
        list(read_meshes(Path("no-such-python"), [b"no picture"]))


@pytest.mark.skipif(
    "LIMNER_FACEMESH" not in os.environ,
    reason="LIMNER_FACEMESH names no Python with mediapipe==0.10.21",
)
def test_it_sees_a_drawn_face_and_none_on_an_empty_sheet(sketches, tmp_path):
    from PIL import Image

    Image.new("L", (200, 200), 255).save(tmp_path / "blank.png")
    files = (sketches / "lavater_smile.png", tmp_path / "blank.png")
    python = Path(os.environ["LIMNER_FACEMESH"])
    face, blank = read_meshes(python, [file.read_bytes() for file in files])
    assert np.isfinite(face).all() and face[468, 0] < face[473, 0], "right iris, then left"
    assert np.isnan(blank).all()
