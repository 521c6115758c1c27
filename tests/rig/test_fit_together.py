"""Several views of one head tell more of it than one."""

# SPDX-License-Identifier: GPL-3.0-or-later

from dataclasses import replace

import numpy as np
import pytest
from limner.rig.camera import Camera
from limner.rig.contours import visible_lines
from limner.rig.evidence import Evidence, Given
from limner.rig.face_rig import RigState, pose, unposed
from limner.rig.features import feature_of
from limner.rig.fit import fit_parameters
from limner.rig.fit_problem import FitSettings
from limner.rig.fit_together import fit_together
from limner.rig.similarity import moved_like
from limner.rig.store import load_rig

FEW = FitSettings(max_rounds=4)


@pytest.fixture(scope="module")
def rig():
    return load_rig("makehuman")


@pytest.fixture(scope="module")
def who(rig):
    return np.random.default_rng(4).standard_normal(len(rig.identity_names))


def view(rig, who, yaw, smile, seed):
    """What a good reader says of a drawing: landmarks a little off, lines on their places."""
    weights = np.zeros(len(rig.shape_names))
    for side in ("Left", "Right"):
        weights[rig.shape_names.index(f"mouthSmile{side}")] = smile
    state = RigState(weights, who, np.array([0.05, yaw, 0.0]))
    camera = Camera(1600.0 + 200.0 * yaw, np.array([256.0, 250.0 + 30.0 * smile]), (512, 512))
    vertices, rng = pose(rig, state), np.random.default_rng(seed)
    drawn: dict[str, list[np.ndarray]] = {}
    for curve in visible_lines(rig, vertices, camera):
        drawn.setdefault(feature_of(curve.name), []).append(curve.points[curve.visible])
    landmarks = camera.project(rig.landmarks.interpolate(vertices, rig.triangles))
    evidence = Evidence(
        landmarks=landmarks + rng.normal(0.0, 2.0, landmarks.shape),
        landmark_sigma=np.full(70, 2.5),
        weights=weights,
        weights_sigma=np.full(len(weights), 0.1),
        rotation=state.rotation,
        rotation_sigma=0.1,
        drawn={name: np.concatenate(points) for name, points in drawn.items()},
        size_px=camera.size_px,
    )
    return state, evidence


@pytest.fixture(scope="module")
def views(rig, who):
    return [view(rig, who, -0.5, 0.6, 1), view(rig, who, 0.6, 0.0, 2)]


@pytest.fixture(scope="module")
def joint(rig, views):
    return fit_together(rig, [evidence for _, evidence in views], FEW)


def error_of(rig, who, identity):
    """Mean distance of two heads at rest over the face, interocular distances."""
    still = RigState.neutral(rig)
    truth, found = (unposed(rig, replace(still, identity=one)) for one in (who, identity))
    face = rig.neutral[:, 2] > rig.pivot[2] + 0.03
    away = moved_like(found[face], found[face], truth[face]) - truth[face]
    return np.linalg.norm(away, axis=1).mean() / rig.interocular_m


def test_all_drawings_have_one_identity_and_their_own_pose_and_expression(rig, views, joint):
    np.testing.assert_array_equal(joint[0].state.identity, joint[1].state.identity)
    smile = rig.shape_names.index("mouthSmileLeft")
    for (truth, _), found in zip(views, joint, strict=True):
        assert np.abs(found.state.rotation - truth.rotation).max() < 0.1
        assert found.state.weights[smile] == pytest.approx(truth.weights[smile], abs=0.15)
    assert joint[0].camera.scale_px != joint[1].camera.scale_px


def test_two_views_together_come_nearer_to_who_it_is_than_each_alone(rig, who, views, joint):
    alone = [fit_parameters(rig, evidence, FEW).state.identity for _, evidence in views]
    errors = [error_of(rig, who, identity) for identity in alone]
    together = error_of(rig, who, joint[0].state.identity)
    assert together < np.mean(errors)
    assert together < 0.7 * error_of(rig, who, np.zeros_like(who))


def test_the_order_of_the_drawings_does_not_matter(rig, views, joint):
    turned = fit_together(rig, [evidence for _, evidence in views[::-1]], FEW)
    np.testing.assert_allclose(turned[0].state.identity, joint[0].state.identity, atol=1e-4)


def test_one_drawing_together_is_the_fit_of_one(rig, views):
    evidence = views[0][1]
    single, joint = fit_parameters(rig, evidence, FEW), fit_together(rig, [evidence], FEW)[0]
    np.testing.assert_allclose(joint.state.identity, single.state.identity, atol=1e-6)
    np.testing.assert_allclose(joint.state.weights, single.state.weights, atol=1e-6)


def test_a_given_identity_stays_in_all(rig, who, views):
    evidences = [replace(evidence, given=Given(identity=0.5 * who)) for _, evidence in views]
    for found in fit_together(rig, evidences, FitSettings(max_rounds=1)):
        np.testing.assert_allclose(found.state.identity, 0.5 * who, atol=1e-12)
