"""The heads behind a drawing agree with what the drawing's labels say."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import numpy as np
import pytest
from limner.rig.face_rig import PART_NAMES, rotation_matrix
from limner.synthetic_data import Maker, make_sample, style_names
from limner.synthetic_data.text import json_text
from limner.synthetic_data.truth import GroupShares, true_heads

SEED = 4242


@pytest.fixture(scope="module")
def maker():
    return Maker.load(SEED, 256, {"makehuman": 1.0}, tuple(style_names()))


@pytest.fixture(scope="module")
def shares(maker):
    return GroupShares.of(maker.rigs[0].rig)


@pytest.fixture(scope="module")
def samples(maker):
    abouts = (json.loads(json_text(make_sample(maker, index)[1])) for index in range(14))
    return [about for about in abouts if about["is_face"]]


def untouched(about):
    """Return a sample's JSON as of a hand that errs nowhere but moves the face on the sheet."""
    still = dict(about["warp"])
    still["groups"] = {
        name: group | {"matrix": [[1.0, 0.0], [0.0, 1.0]], "shift": [0.0, 0.0],
                       "bend": [0.0, 0.0], "tilt": [0.0, 0.0]}
        for name, group in still["groups"].items()
    }  # fmt: skip
    still["radial"] = still["radial"] | {"terms": [0.0] * len(still["radial"]["terms"])}
    still["wave"] = []
    still["place"] = [[0.8, 0.0, 11.0], [0.0, 0.8, -7.0]]
    return about | {"warp": still, "landmarks_on_symbols": []}


def test_the_drawn_head_projects_onto_the_labelled_landmarks(samples, shares):
    rig = shares.rig
    missed = []
    for about in samples:
        heads = true_heads(about, shares)
        points = rig.landmarks.interpolate(heads.turned(heads.drawn, rig), rig.triangles)
        away = np.linalg.norm(heads.camera.project(points) - about["landmarks"], axis=1)
        irises = [row for row in about["landmarks_on_symbols"] if row >= 68]
        missed.append(np.delete(away, irises))
    missed = np.concatenate(missed)
    assert np.quantile(missed, 0.98) < 0.5
    assert missed.max() < 2.0


def test_a_faultless_hand_draws_the_head_that_was_posed(samples, shares):
    for about in samples:
        heads = true_heads(untouched(about), shares)
        np.testing.assert_allclose(heads.drawn, heads.shape, atol=1e-6)
        assert heads.camera.scale_px == pytest.approx(0.8 * about["camera"]["scale_px"])


def test_an_eye_drawn_twice_as_large_is_twice_as_large_in_depth_too(samples, shares):
    rig = shares.rig
    about = untouched(samples[0])
    about["warp"]["groups"]["eye_L"]["matrix"] = [[2.0, 0.0], [0.0, 2.0]]
    about["camera"] = about["camera"] | {"inverse_distance": 0.0}
    heads = true_heads(about, shares)
    ball = rig.vertex_part == PART_NAMES.index("eye_L")
    turn = rotation_matrix(heads.state.rotation)
    for axis in range(3):
        before, after = ((shape[ball] @ turn.T)[:, axis] for shape in (heads.shape, heads.drawn))
        assert np.ptp(after) == pytest.approx(2.0 * np.ptp(before), rel=1e-3)
    other = rig.vertex_part == PART_NAMES.index("eye_R")
    np.testing.assert_allclose(heads.drawn[other], heads.shape[other], atol=1e-6)


def test_shares_lie_between_nothing_and_all(shares):
    rig = shares.rig
    for side, other in ("LR", "RL"):
        lid = rig.curves[f"upper_lid_{side}"].points
        mine, theirs = (
            lid.interpolate(shares.shares[f"eye_{name}"][:, None], rig.triangles)
            for name in (side, other)
        )
        assert mine.min() > 0.95
        assert theirs.max() < 0.05
    for share in shares.shares.values():
        assert 0.0 <= share.min() <= share.max() <= 1.0
