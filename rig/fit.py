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

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from .camera import Camera
from .contours import FeatureCurve, moved_lines, visible_lines
from .correspondence import Lines, candidate_lines, match_lines
from .descent import descend
from .evidence import Evidence
from .face_rig import FaceRig, RigState, pose, rotation_matrix
from .fit_problem import FitSettings, Problem, Unknowns, prepare
from .placing import place_head
from .point_basis import PointBasis, gather_basis, join_bases, project_points

__all__ = ["Outcome", "ParametricFit", "fit_parameters", "refine_parameters"]

_LANDMARK_STEPS = 6


class Outcome(Enum):
    """Why the fit stopped."""

    CONVERGED = "Converged: the last round moved the head's lines by less than the tolerance."
    MOVING = "Still moving at the last round; raise max_rounds."
    STUCK = "Stopped: no step made the fit better."
    NOT_FINITE = "Stopped: a value was not finite; the last good state was kept."


@dataclass(frozen=True, slots=True, eq=False)
class ParametricFit:
    """A fitted state, its camera, why the fit stopped, and the cost after each round."""

    state: RigState
    camera: Camera
    outcome: Outcome
    costs: tuple[float, ...] = ()


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
    problem = prepare(rig, evidence, settings or FitSettings())
    unknowns, cost = _by_landmarks(problem)
    return _by_lines(problem, unknowns, cost, on_round)


def refine_parameters(
    rig: FaceRig,
    evidence: Evidence,
    last: ParametricFit,
    settings: FitSettings,
    seen: Sequence[FeatureCurve] | None = None,
    landmark_steps: int = 0,
) -> ParametricFit:
    """Go on from an earlier fit, for a drawing that changed a little.

    Parameters
    ----------
    last : where to begin; its camera in the pixels of `evidence`
    settings : few rounds of it
    seen : the visible lines of the head of `last`, if they are known already
    landmark_steps : steps by landmarks alone before: for a face that has moved farther than lines
        are matched over

    Returns
    -------
    ParametricFit, as `fit_parameters` gives it
    """
    problem = prepare(rig, evidence, settings)
    coefficients = np.concatenate([last.state.identity, last.state.weights])
    turn = rotation_matrix(last.state.rotation)
    unknowns = problem.held(Unknowns(coefficients, turn, last.camera))
    if landmark_steps:
        basis = problem.seen_basis
        unknowns = descend(problem, unknowns, basis, None, landmark_steps)[0]
        if seen is not None:
            seen = moved_lines(rig, seen, pose(rig, problem.state_of(unknowns)), unknowns.camera)
    return _by_lines(problem, unknowns, np.inf, None, seen)


def _by_landmarks(problem: Problem) -> tuple[Unknowns, float]:
    """Return the unknowns that explain the landmarks alone, and their cost."""
    placed, camera = place_head(problem.rig, problem.evidence)
    turn = rotation_matrix(placed.rotation)
    unknowns = problem.held(Unknowns(problem.prior.mean, turn, camera))
    unknowns, cost, _ = descend(problem, unknowns, problem.seen_basis, None, _LANDMARK_STEPS)
    return unknowns, cost


def _by_lines(
    problem: Problem,
    unknowns: Unknowns,
    cost: float,
    on_round: Callable[[int, float], None] | None,
    seen: Sequence[FeatureCurve] | None = None,
) -> ParametricFit:
    """Match lines and move, round after round, until nothing moves any more."""
    costs, outcome = [cost], Outcome.MOVING
    for number in range(problem.settings.max_rounds):
        done = _round(problem, unknowns, seen if number == 0 else None)
        if not np.isfinite(done.cost):
            outcome = Outcome.NOT_FINITE
            break
        unknowns = done.unknowns
        costs.append(done.cost)
        if on_round is not None:
            on_round(number, done.cost)
        if not done.improved:
            outcome = Outcome.STUCK
            break
        if done.moved_px < problem.settings.tolerance_iod * problem.iod_px:
            outcome = Outcome.CONVERGED
            break
    return ParametricFit(problem.state_of(unknowns), unknowns.camera, outcome, tuple(costs))


@dataclass(frozen=True, slots=True, eq=False)
class _Round:
    """Where a round led: unknowns, cost, whether any step helped, the longest way of a line."""

    unknowns: Unknowns
    cost: float
    improved: bool
    moved_px: float


def _round(problem: Problem, unknowns: Unknowns, seen: Sequence[FeatureCurve] | None) -> _Round:
    """Find the visible lines, match them with the drawn ones, and take some steps."""
    basis, lines = matched_lines(problem, unknowns, seen)
    before = project_points(basis, unknowns.coefficients, unknowns.rotation, unknowns.camera)
    steps = problem.settings.steps_per_round
    moved, cost, improved = descend(problem, unknowns, basis, lines, steps)
    after = project_points(basis, moved.coefficients, moved.rotation, moved.camera)
    return _Round(moved, cost, improved, float(np.abs(after - before).max()))


def matched_lines(
    problem: Problem, unknowns: Unknowns, curves: Sequence[FeatureCurve] | None = None
) -> tuple[PointBasis, Lines]:
    """Return the basis of landmarks and matched places, and which drawn point each place meets."""
    if curves is None:
        vertices = pose(problem.rig, problem.state_of(unknowns))
        curves = visible_lines(problem.rig, vertices, unknowns.camera)
    seen = candidate_lines(curves)
    lines = match_lines(seen, problem.evidence.drawn, problem.iod_px)
    used, point = np.unique(lines.point, return_inverse=True)
    basis = join_bases(problem.seen_basis, gather_basis(problem.rig, seen.surface[used]))
    first = len(problem.seen)
    return basis, replace(lines, point=point.reshape(lines.point.shape) + first)
