"""The chain on drawings whose truth is known: each stage comes nearer, nothing is torn."""

# SPDX-License-Identifier: GPL-3.0-or-later

from dataclasses import replace

import numpy as np
import pytest
from limner.addon.pipeline import Session
from limner.rig.arkit import mirror_name
from limner.rig.face_rig import RigState, unposed
from limner.rig.repair import turned_triangles
from limner.rig.store import load_rig

from .drawn_faces import draw, face_camera, perfect_detection

SMILE = {"AU12L": 0.8, "AU12R": 0.8, "AU25": 0.5, "AU1L": 0.6, "AU1R": 0.6}
WINK = {"AU43L": 1.0, "AU12L": 0.5, "AU12R": 0.5}


@pytest.fixture(scope="module")
def session():
    return Session(load_rig("makehuman"))


def fit_of(session, aus, rotation=(0.0, 0.0, 0.0), spread=0.5, seed=3):
    rig = session.rig
    rng = np.random.default_rng(seed)
    identity = spread * rng.standard_normal(len(rig.identity_names))
    truth = RigState(rig.weights_from_aus(aus), identity, np.array(rotation))
    camera = face_camera(rig)
    sketch, labels = draw(rig, truth, camera)
    return truth, session.fit(sketch, perfect_detection(rig, truth, camera, labels, aus))


@pytest.fixture(scope="module")
def smile(session):
    return fit_of(session, SMILE, rotation=(0.05, 0.3, 0.05))


def test_every_stage_brings_the_lines_nearer(smile):
    _, fit = smile
    assert fit.gap.placed > fit.gap.parametric
    assert fit.gap.snakes <= fit.gap.parametric + 0.002
    assert fit.gap.closed > 0.8


def test_the_pose_and_the_expression_are_found(smile, session):
    truth, fit = smile
    assert np.abs(fit.state.rotation - truth.rotation).max() < np.radians(5.0)
    rows = {name: row for row, name in enumerate(session.rig.shape_names)}
    for shape in ("mouthSmileLeft", "mouthSmileRight", "browInnerUpLeft"):
        assert fit.state.weights[rows[shape]] == pytest.approx(truth.weights[rows[shape]], abs=0.2)
    assert fit.state.weights.min() >= 0.0
    assert fit.state.weights.max() <= 1.0


def test_the_fitted_head_is_nearer_the_drawn_one_than_the_neutral(smile, session):
    truth, fit = smile
    rig = session.rig
    skin = (rig.vertex_part == 0) & (rig.neutral[:, 2] > rig.pivot[2] + 0.03)

    def error(vertices):
        mine, theirs = vertices[skin], unposed(rig, truth)[skin]
        mine, theirs = mine - mine.mean(axis=0), theirs - theirs.mean(axis=0)
        return np.linalg.norm(mine - theirs, axis=1).mean()

    fitted = unposed(rig, fit.state) + fit.correction
    assert error(fitted) < 0.6 * error(rig.neutral.astype(float))


def test_the_correction_turns_no_triangle(smile, session):
    _, fit = smile
    rest = unposed(session.rig, fit.state)
    assert not turned_triangles(rest, session.rig.triangles, fit.correction).any()


def test_the_correction_is_a_shape_key_of_its_own(smile):
    _, fit = smile
    mesh = fit.mesh()
    assert mesh.target_names[-1] == "Sketch Fit"
    base = replace(fit, correction=np.zeros_like(fit.correction)).mesh()
    np.testing.assert_array_equal(mesh.targets[:-1], base.targets[:-1])
    np.testing.assert_array_equal(mesh.positions, base.positions)
    change = mesh.targets[-1] - base.targets[-1]
    np.testing.assert_allclose(change, fit.correction, atol=1e-6)


def test_a_wink_shuts_the_eye_that_is_drawn_shut(session):
    _, fit = fit_of(session, WINK)
    weights = fit.rig.arkit_weights(fit.state.weights)
    assert weights["eyeBlinkLeft"] > 0.8
    assert weights["eyeBlinkRight"] < 0.2


def test_mirrored_expressions_give_mirrored_weights(session):
    """On a symmetric head, seen from the front, the other wink shuts the other eye as far."""
    mirrored = {label.replace("43L", "43R"): value for label, value in WINK.items()}
    weights = [
        fit.rig.arkit_weights(fit.state.weights)
        for _, fit in (fit_of(session, aus, spread=0.0) for aus in (WINK, mirrored))
    ]
    for name, value in weights[0].items():
        assert weights[1][mirror_name(name)] == pytest.approx(value, abs=0.12), name


def test_weak_evidence_leaves_the_face_near_rest(session):
    """Nothing drawn but landmarks of a neutral face: no expression is made up."""
    _, fit = fit_of(session, {}, spread=0.0)
    assert max(fit.rig.arkit_weights(fit.state.weights).values()) < 0.3


def test_lids_of_a_shut_eye_meet_on_an_unusual_head_too(session):
    """A blink shape closes the mean head's eyes; the correction closes the rest."""
    _, fit = fit_of(session, WINK, spread=1.2, seed=8)
    vertices = unposed(session.rig, fit.state) + fit.correction

    def opening(side):
        upper, lower = (
            session.rig.curves[f"{lid}_{side}"].points.interpolate(vertices, session.rig.triangles)
            for lid in ("upper_lid", "lower_lid")
        )
        middle = slice(len(upper) // 3, 2 * len(upper) // 3)
        distance = np.linalg.norm(upper[middle, None] - lower[None], axis=2)
        return distance.min(axis=1).max()

    assert opening("L") < 0.002
    assert opening("R") > 0.003
