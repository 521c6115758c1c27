"""The parametric fit finds the head that was drawn, and its derivatives are the true ones."""

# SPDX-License-Identifier: GPL-3.0-or-later

from dataclasses import replace

import numpy as np
import pytest
from limner.rig.camera import Camera
from limner.rig.contours import occluding_contours, project_curves
from limner.rig.evidence import Evidence, Given
from limner.rig.face_rig import RigState, pose, rotation_matrix
from limner.rig.features import feature_of
from limner.rig.fit import fit_parameters, matched_lines, refine_parameters
from limner.rig.fit_cost import linearise
from limner.rig.fit_problem import FitSettings, Unknowns, prepare
from limner.rig.placing import place_head
from limner.rig.point_basis import project_points
from limner.rig.store import load_rig

CAMERA = Camera(1700.0, np.array([256.0, 250.0]), (512, 512))


@pytest.fixture(scope="module")
def rig():
    return load_rig("makehuman")


@pytest.fixture(scope="module")
def truth(rig):
    """Somebody with a smile, turned a little."""
    state = RigState.neutral(rig)
    identity = np.zeros(len(rig.identity_names))
    identity[:6] = [1.2, -0.8, 0.9, 1.0, -1.1, 0.7]
    weights = np.zeros(len(rig.shape_names))
    for name in ("mouthSmileLeft", "mouthSmileRight"):
        weights[rig.shape_names.index(name)] = 0.6
    return replace(state, identity=identity, weights=weights, rotation=np.array([0.05, 0.3, 0.02]))


def evidence_of(rig, state, camera=CAMERA):
    """What a perfect reader would say of a drawing of the state."""
    vertices = pose(rig, state)
    drawn: dict[str, list[np.ndarray]] = {}
    for curve in (
        *project_curves(rig, vertices, camera),
        *occluding_contours(rig, vertices, camera),
    ):
        drawn.setdefault(feature_of(curve.name), []).append(curve.points[curve.visible])
    return Evidence(
        landmarks=camera.project(rig.landmarks.interpolate(vertices, rig.triangles)),
        landmark_sigma=np.full(70, 3.0),
        weights=state.weights,
        weights_sigma=np.full(len(state.weights), 0.1),
        rotation=state.rotation,
        rotation_sigma=0.1,
        drawn={name: np.concatenate(points) for name, points in drawn.items()},
        size_px=camera.size_px,
    )


def test_the_hessian_says_how_the_gradient_changes(rig, truth):
    """At the truth, where robust weights are flat, for a mode, a turn, the scale and a shift."""
    problem = prepare(rig, evidence_of(rig, truth), FitSettings())
    start = Unknowns(
        np.concatenate([truth.identity, truth.weights]), rotation_matrix(truth.rotation), CAMERA
    )
    basis, lines = matched_lines(problem, start)
    gradient, hessian = linearise(problem, start, basis, lines)
    size = np.abs(hessian).max(axis=0)
    for row, step in ((2, 1e-3), (-6, 1e-5), (-3, 1e-5), (-2, 1e-2)):
        values = np.concatenate([start.coefficients, np.zeros(6)])
        values[row] += step
        changed, _ = linearise(problem, start.stepped(values), basis, lines)
        np.testing.assert_allclose(
            (changed - gradient) / step, hessian[:, row], atol=0.03 * size[row]
        )


def test_a_drawn_head_is_found_from_its_lines(rig, truth):
    found = fit_parameters(rig, evidence_of(rig, truth))
    here, there = (
        CAMERA.project(pose(rig, truth)),
        found.camera.project(pose(rig, found.state)),
    )
    face = rig.neutral[:, 2] > rig.pivot[2] + 0.04
    iod_px = CAMERA.scale_px * rig.interocular_m
    away = np.linalg.norm(here - there, axis=1)[face].mean() / iod_px
    neutral, camera = place_head(rig, evidence_of(rig, truth))
    before = np.linalg.norm(here - camera.project(pose(rig, neutral)), axis=1)[face].mean() / iod_px
    assert away < 0.4 * before


def test_weights_stay_within_their_bounds(rig, truth):
    wild = replace(evidence_of(rig, truth), weights=np.full(len(rig.shape_names), 1.4))
    found = fit_parameters(rig, wild, FitSettings(max_rounds=2))
    assert found.state.weights.min() >= 0.0 and found.state.weights.max() <= 1.0


def test_costs_fall_from_round_to_round_while_matches_settle(rig, truth):
    found = fit_parameters(rig, evidence_of(rig, truth))
    assert found.costs[-1] < found.costs[1]


def test_placing_puts_the_mean_of_the_landmarks_where_they_were_drawn(rig, truth):
    evidence = evidence_of(rig, truth)
    state, camera = place_head(rig, evidence)
    seen = camera.project(rig.landmarks.interpolate(pose(rig, state), rig.triangles))
    np.testing.assert_allclose(seen.mean(axis=0), evidence.landmarks.mean(axis=0), atol=1e-6)
    np.testing.assert_array_equal(state.rotation, truth.rotation)


def test_points_of_a_basis_lie_where_the_posed_head_has_them(rig, truth):
    evidence = evidence_of(rig, truth)
    problem = prepare(rig, evidence, FitSettings())
    coefficients = np.concatenate([truth.identity, truth.weights])
    points = project_points(
        problem.seen_basis, coefficients, rotation_matrix(truth.rotation), CAMERA
    )
    np.testing.assert_allclose(points, evidence.landmarks, atol=0.02)


@pytest.mark.parametrize("name", ["identity", "rotation", "camera"])
def test_what_is_given_stays_exactly_so_and_the_rest_is_fitted_around_it(rig, truth, name):
    values = {
        "identity": 0.7 * truth.identity,
        "rotation": truth.rotation + np.array([0.0, 0.1, 0.0]),
        "camera": replace(CAMERA, scale_px=1.05 * CAMERA.scale_px),
    }
    given = Given(**{name: values[name]})
    assert given.names == ({"rotation": "pose"}.get(name, name),)
    evidence = replace(evidence_of(rig, truth), given=given)
    free = fit_parameters(rig, evidence_of(rig, truth))
    for found in (
        fit_parameters(rig, evidence, FitSettings(max_rounds=3)),
        refine_parameters(rig, evidence, free, FitSettings(max_rounds=1)),
    ):
        if name == "camera":
            assert found.camera.scale_px == values[name].scale_px
            np.testing.assert_array_equal(found.camera.centre_px, CAMERA.centre_px)
        else:
            np.testing.assert_allclose(getattr(found.state, name), values[name], atol=1e-12)
        smile = rig.shape_names.index("mouthSmileLeft")
        assert found.state.weights[smile] == pytest.approx(0.6, abs=0.2)
