"""Parametric fit: camera, head pose, identity and expression from landmarks and drawn curves.

All unknowns are solved together by Levenberg–Marquardt on analytic Jacobians, blendshape weights
within [0, 1]. Between rounds the visible curves are found anew and every drawn point is matched
to the nearest curve of its own feature (iterated closest point, point to line), with a robust
norm so that stray ink does not pull.

References
----------
Besl & McKay (1992), A method for registration of 3-D shapes, doi:10.1109/34.121791.
Blanz & Vetter (1999), A morphable model for the synthesis of 3D faces, doi:10.1145/311535.311556.
Geman & McClure (1987), Statistical methods for tomographic image reconstruction.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from ..errors import require_shape
from .camera import Camera
from .correspondence import Lines, curve_lines, match_lines
from .face_rig import FaceRig, RigState, rotation_matrix, rotation_vector
from .least_squares import box_step
from .point_basis import (
    PointBasis,
    Projected,
    gather_basis,
    join_bases,
    project_basis,
    project_points,
)

__all__ = ["Evidence", "FitSettings", "Outcome", "ParametricFit", "fit_parameters", "place_head"]


class Outcome(Enum):
    """Why the fit stopped."""

    CONVERGED = "Converged: the last round moved the head's lines by less than the tolerance."
    MOVING = "Still moving at the last round; raise max_rounds."
    STUCK = "Stopped: no step made the fit better."
    NOT_FINITE = "Stopped: a value was not finite; the last good state was kept."


@dataclass(frozen=True, slots=True)
class FitSettings:
    """Settings of the parametric fit.

    Attributes
    ----------
    max_rounds : rounds of matching curves; 4–15 is useful
    steps_per_round : Levenberg–Marquardt steps between matchings
    tolerance_iod : stop when a round moves no line by more than this, interocular distances
    identity_sigma : standard deviations of identity that cost 1; raise it for caricature
    identity_limit : bound on every identity coefficient, standard deviations
    line_sigma_iod : noise of a drawn line, interocular distances
    outlier_iod : matches farther than a few of these stop pulling (Geman–McClure scale)
    line_weight : strength of drawn lines against landmarks; the many points of a line err together
    """

    max_rounds: int = 10
    steps_per_round: int = 2
    tolerance_iod: float = 0.002
    identity_sigma: float = 1.0
    identity_limit: float = 4.0
    line_sigma_iod: float = 0.02
    outlier_iod: float = 0.10
    line_weight: float = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What is known of the drawn face, in image pixels.

    Attributes
    ----------
    landmarks : (70, 2) pixels; `landmark_sigma` : (70,) pixels, standard deviation
    weights : (B,) expected blendshape weights; `weights_sigma` : (B,) their standard deviation
    rotation : (3,) radians, expected head rotation; `rotation_sigma` : radians
    drawn : feature name → (N, 2) points on drawn lines, pixels
    size_px : (width, height) of the image
    inverse_distance : perspective of the camera, see `Camera`
    """

    landmarks: NDArray[np.float64]
    landmark_sigma: NDArray[np.float64]
    weights: NDArray[np.float64]
    weights_sigma: NDArray[np.float64]
    rotation: NDArray[np.float64]
    rotation_sigma: float
    drawn: dict[str, NDArray[np.float64]]
    size_px: tuple[int, int]
    inverse_distance: float = 0.0

    def __post_init__(self) -> None:
        require_shape("landmarks", self.landmarks, (70, 2), "Give x and y of 70 landmarks.")
        require_shape("landmark_sigma", self.landmark_sigma, (70,), "Give one a landmark.")


@dataclass(frozen=True, slots=True, eq=False)
class ParametricFit:
    """A fitted state, its camera, why the fit stopped, and the cost after each round."""

    state: RigState
    camera: Camera
    outcome: Outcome
    costs: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Unknowns:
    """The present values: coefficients (K + B,), rotation (3, 3), camera."""

    coefficients: NDArray[np.float64]
    rotation: NDArray[np.float64]
    camera: Camera

    def stepped(self, values: NDArray[np.float64]) -> _Unknowns:
        """Return the unknowns after a step: new coefficients, then changes of the view."""
        modes = len(self.coefficients)
        turn, log_scale, shift = values[modes : modes + 3], values[modes + 3], values[modes + 4 :]
        camera = replace(
            self.camera,
            scale_px=self.camera.scale_px * float(np.exp(log_scale)),
            centre_px=self.camera.centre_px + shift,
        )
        return _Unknowns(values[:modes], rotation_matrix(turn) @ self.rotation, camera)


@dataclass(frozen=True, slots=True, eq=False)
class _Prior:
    """Independent normal priors: (K + B,) means and sigmas of coefficients, and the rotation."""

    mean: NDArray[np.float64]
    sigma: NDArray[np.float64]
    rotation: NDArray[np.float64]
    rotation_sigma: float


@dataclass(slots=True)
class _Problem:
    """Everything that stays the same during one fit."""

    rig: FaceRig
    evidence: Evidence
    settings: FitSettings
    prior: _Prior
    landmark_basis: PointBasis
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]

    @property
    def iod_px(self) -> float:
        """Distance between the drawn iris landmarks' expected places, pixels."""
        eyes = self.evidence.landmarks[[36, 39, 42, 45]]
        return float(np.linalg.norm(eyes[2:].mean(axis=0) - eyes[:2].mean(axis=0)))


def _state(problem: _Problem, unknowns: _Unknowns) -> RigState:
    modes = len(problem.rig.identity_names)
    return RigState(
        weights=unknowns.coefficients[modes:].copy(),
        identity=unknowns.coefficients[:modes].copy(),
        rotation=rotation_vector(unknowns.rotation),
    )


def place_head(rig: FaceRig, evidence: Evidence) -> tuple[RigState, Camera]:
    """Place the neutral mean head on the face: the detected pose, scale and centre by landmarks.

    Returns
    -------
    state : neutral, turned by `evidence.rotation`
    camera : least-squares scale and centre of the weighted landmarks
    """
    state = replace(RigState.neutral(rig), rotation=np.asarray(evidence.rotation, dtype=float))
    rest = rig.landmarks.interpolate(rig.neutral - rig.pivot, rig.triangles)
    turned = rest @ rotation_matrix(state.rotation).T
    image = turned[:, :2] * [1.0, -1.0] / (1.0 - turned[:, 2:] * evidence.inverse_distance)
    weight = 1.0 / np.maximum(evidence.landmark_sigma, 1e-6) ** 2
    weight = (weight / weight.sum())[:, None]
    image_mean, drawn_mean = (weight * image).sum(0), (weight * evidence.landmarks).sum(0)
    centred = image - image_mean
    scale = (weight * centred * (evidence.landmarks - drawn_mean)).sum()
    scale /= max((weight * centred**2).sum(), 1e-12)
    scale = max(float(scale), 1e-3)
    centre = drawn_mean - scale * image_mean
    return state, Camera(scale, centre, evidence.size_px, evidence.inverse_distance)


def _landmark_residuals(
    problem: _Problem, points: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return residuals (140,) and weights (70,) of projected landmarks (70, 2), robust (Cauchy)."""
    evidence = problem.evidence
    offset = points - evidence.landmarks
    sigma = np.hypot(evidence.landmark_sigma, 0.02 * problem.iod_px)
    distance = np.linalg.norm(offset, axis=1) / sigma
    weight = 1.0 / (sigma * np.sqrt(1.0 + (distance / 3.0) ** 2))
    return (offset * weight[:, None]).ravel(), weight


def _line_residuals(
    problem: _Problem, points: NDArray[np.float64], lines: Lines
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return residuals (R,) and weights (R,) of matched points, along normals (Geman–McClure)."""
    settings, iod_px = problem.settings, problem.iod_px
    moved = np.einsum("rc,rcd->rd", lines.share, points[lines.point])
    along = (lines.normal * (moved - lines.target)).sum(axis=1)
    robust = 1.0 / (1.0 + (along / (settings.outlier_iod * iod_px)) ** 2)
    sigma = settings.line_sigma_iod * iod_px
    weight = np.sqrt(settings.line_weight * lines.weight) * robust / sigma
    return along * weight, weight


def _line_jacobian(
    projected: Projected, lines: Lines, weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the (R, P) derivatives of the lines' residuals, their robust weights held."""
    parts = []
    for derivative in (projected.by_mode, projected.by_view):
        by_point = np.ascontiguousarray(derivative.transpose(1, 0, 2))  # rows to gather
        parts.append(
            sum(
                np.matmul(by_point[point], (lines.normal * share[:, None])[:, :, None])[:, :, 0]
                for point, share in zip(lines.point.T, lines.share.T, strict=True)
            )
        )
    return np.concatenate(parts, axis=1) * weight[:, None]


def _prior_rows(
    problem: _Problem, unknowns: _Unknowns
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the prior's gradient (P,) and diagonal of its Hessian (P,)."""
    prior = problem.prior
    precision = 1.0 / prior.sigma**2
    turned = rotation_vector(unknowns.rotation @ rotation_matrix(prior.rotation).T)
    turn_precision = np.full(3, prior.rotation_sigma**-2.0)
    gradient = np.concatenate(
        [precision * (unknowns.coefficients - prior.mean), turn_precision * turned, np.zeros(3)]
    )
    return gradient, np.concatenate([precision, turn_precision, np.zeros(3)])


def _cost(
    problem: _Problem, unknowns: _Unknowns, points: NDArray[np.float64], lines: Lines | None
) -> float:
    """Return the cost where landmarks and line points lie at `points`, (M, 2) pixels."""
    prior = problem.prior
    turned = rotation_vector(unknowns.rotation @ rotation_matrix(prior.rotation).T)
    spread = (unknowns.coefficients - prior.mean) / prior.sigma
    cost = (spread**2).sum() + ((turned / prior.rotation_sigma) ** 2).sum()
    landmarks = points[: len(problem.evidence.landmarks)]
    cost += (_landmark_residuals(problem, landmarks)[0] ** 2).sum()
    if lines is not None and len(lines.target):
        cost += (_line_residuals(problem, points, lines)[0] ** 2).sum()
    return float(cost)


def _linearise(
    problem: _Problem, unknowns: _Unknowns, basis: PointBasis, lines: Lines | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return gradient (P,) and Hessian (P, P) of half the cost at the unknowns."""
    projected = project_basis(basis, unknowns.coefficients, unknowns.rotation, unknowns.camera)
    count = len(problem.evidence.landmarks)
    residual, weight = _landmark_residuals(problem, projected.points[:count])
    jacobian = np.concatenate([projected.by_mode[:, :count], projected.by_view[:, :count]])
    jacobian = (jacobian * weight[:, None]).reshape(len(jacobian), -1).T
    if lines is not None and len(lines.target):
        more, weight = _line_residuals(problem, projected.points, lines)
        residual = np.concatenate([residual, more])
        jacobian = np.concatenate([jacobian, _line_jacobian(projected, lines, weight)])
    gradient, diagonal = _prior_rows(problem, unknowns)
    hessian = jacobian.T @ jacobian + np.diag(diagonal)
    return jacobian.T @ residual + gradient, hessian


def _descend(
    problem: _Problem, unknowns: _Unknowns, basis: PointBasis, lines: Lines | None, steps: int
) -> tuple[_Unknowns, float, bool]:
    """Take Levenberg–Marquardt steps; return unknowns, cost, and whether any step helped."""

    def cost_of(trial: _Unknowns) -> float:
        points = project_points(basis, trial.coefficients, trial.rotation, trial.camera)
        return _cost(problem, trial, points, lines)

    damping, improved, cost = 1e-3, False, cost_of(unknowns)
    for _ in range(steps):
        gradient, hessian = _linearise(problem, unknowns, basis, lines)
        for _attempt in range(5):
            values = np.concatenate([unknowns.coefficients, np.zeros(6)])
            step = box_step(hessian, gradient, values, problem.lower, problem.upper, damping)
            trial = unknowns.stepped(step)
            trial_cost = cost_of(trial)
            if np.isfinite(trial_cost) and trial_cost < cost:
                unknowns, cost = trial, trial_cost
                damping, improved = max(damping / 5.0, 1e-6), True
                break
            damping *= 10.0
        else:
            break
    return unknowns, cost, improved


def _prepare(rig: FaceRig, evidence: Evidence, settings: FitSettings) -> _Problem:
    modes, shapes = len(rig.identity_names), len(rig.shape_names)
    prior = _Prior(
        mean=np.concatenate([np.zeros(modes), evidence.weights]),
        sigma=np.concatenate([np.full(modes, settings.identity_sigma), evidence.weights_sigma]),
        rotation=evidence.rotation,
        rotation_sigma=evidence.rotation_sigma,
    )
    limit = np.full(modes, settings.identity_limit)
    view = np.array([0.5, 0.5, 0.5, 0.5, np.inf, np.inf])
    return _Problem(
        rig=rig,
        evidence=evidence,
        settings=settings,
        prior=prior,
        landmark_basis=gather_basis(rig, rig.landmarks),
        lower=np.concatenate([-limit, np.zeros(shapes), -view]),
        upper=np.concatenate([limit, np.ones(shapes), view]),
    )


def fit_parameters(
    rig: FaceRig,
    evidence: Evidence,
    settings: FitSettings | None = None,
    on_round: Callable[[int, float], None] | None = None,
) -> ParametricFit:
    """Fit camera, pose, identity and blendshape weights to a drawn face.

    Parameters
    ----------
    rig : the head
    evidence : landmarks, priors and drawn lines, image pixels
    settings : see `FitSettings`
    on_round : called with the round's number and cost

    Returns
    -------
    ParametricFit with a state whose weights lie in [0, 1]
    """
    settings = settings or FitSettings()
    problem = _prepare(rig, evidence, settings)
    placed, camera = place_head(rig, evidence)
    start = np.clip(problem.prior.mean, problem.lower[:-6], problem.upper[:-6])
    unknowns = _Unknowns(start, rotation_matrix(placed.rotation), camera)
    unknowns, cost, _ = _descend(problem, unknowns, problem.landmark_basis, None, 6)
    costs, outcome = [cost], Outcome.MOVING
    tolerance_px = settings.tolerance_iod * problem.iod_px
    for number in range(settings.max_rounds):
        state = _state(problem, unknowns)
        candidates = curve_lines(rig, state, unknowns.camera)
        basis = join_bases(problem.landmark_basis, gather_basis(rig, candidates.surface))
        lines = match_lines(
            candidates, evidence.drawn, problem.iod_px, first_point=len(evidence.landmarks)
        )
        before = project_points(basis, unknowns.coefficients, unknowns.rotation, unknowns.camera)
        moved, cost, improved = _descend(problem, unknowns, basis, lines, settings.steps_per_round)
        if not np.isfinite(cost):
            outcome = Outcome.NOT_FINITE
            break
        after = project_points(basis, moved.coefficients, moved.rotation, moved.camera)
        unknowns = moved
        costs.append(cost)
        if on_round is not None:
            on_round(number, cost)
        if not improved:
            outcome = Outcome.STUCK
            break
        if np.abs(after - before).max() < tolerance_px:
            outcome = Outcome.CONVERGED
            break
    return ParametricFit(_state(problem, unknowns), unknowns.camera, outcome, tuple(costs))
