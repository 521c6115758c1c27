"""One head, several drawings: a shared identity; camera, pose and expression of each its own.

The normal equations of the drawings hang together by the identity alone: they are laid side by
side, summed where they share it, and solved as one (Levenberg–Marquardt, as for one drawing).
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .correspondence import Lines
from .evidence import Evidence
from .face_rig import FaceRig, rotation_matrix
from .fit import Outcome, ParametricFit, matched_lines
from .fit_cost import cost_at, linearise
from .fit_problem import FitSettings, Problem, Unknowns, prepare
from .least_squares import box_step
from .placing import place_head
from .point_basis import PointBasis, project_points

__all__ = ["fit_together"]

_LANDMARK_STEPS = 6
_ATTEMPTS = 5

Match = tuple[PointBasis, Lines | None]


def fit_together(
    rig: FaceRig, evidences: Sequence[Evidence], settings: FitSettings | None = None
) -> list[ParametricFit]:
    """Fit one head to several drawings of it.

    Parameters
    ----------
    rig : the head
    evidences : of each drawing, each in its own pixels; one or more
    settings : see `FitSettings`

    Returns
    -------
    One `ParametricFit` a drawing; their states have the same identity
    """
    settings = settings or FitSettings()
    # each problem brings the prior of the identity along; together they are one
    wide = settings.identity_sigma * np.sqrt(len(evidences))
    shared = replace(settings, identity_sigma=float(wide))
    problems = [prepare(rig, evidence, shared) for evidence in evidences]
    unknowns = [_placed(problem) for problem in problems]
    by_landmarks: list[Match] = [(problem.seen_basis, None) for problem in problems]
    unknowns, cost, _ = _descend(problems, unknowns, by_landmarks, _LANDMARK_STEPS)
    costs, outcome = [cost], Outcome.MOVING
    for _ in range(settings.max_rounds):
        matches = [matched_lines(p, u) for p, u in zip(problems, unknowns, strict=True)]
        before = _points(unknowns, matches)
        moved, cost, improved = _descend(problems, unknowns, matches, settings.steps_per_round)
        if not np.isfinite(cost):
            outcome = Outcome.NOT_FINITE
            break
        after, unknowns = _points(moved, matches), moved
        costs.append(cost)
        if not improved:
            outcome = Outcome.STUCK
            break
        ways = zip(problems, before, after, strict=True)
        if all(np.abs(b - a).max() < settings.tolerance_iod * p.iod_px for p, a, b in ways):
            outcome = Outcome.CONVERGED
            break
    return [
        ParametricFit(problem.state_of(one), one.camera, outcome, tuple(costs))
        for problem, one in zip(problems, unknowns, strict=True)
    ]


def _placed(problem: Problem) -> Unknowns:
    """Return the likeliest unknowns before anything is fitted."""
    placed, camera = place_head(problem.rig, problem.evidence)
    turn = rotation_matrix(placed.rotation)
    return problem.held(Unknowns(problem.prior.mean, turn, camera))


def _points(unknowns: Sequence[Unknowns], matches: Sequence[Match]) -> list[NDArray[np.float64]]:
    """Return of each drawing where landmarks and matched places lie, pixels."""
    return [
        project_points(basis, one.coefficients, one.rotation, one.camera)
        for one, (basis, _) in zip(unknowns, matches, strict=True)
    ]


def _cost(
    problems: Sequence[Problem], unknowns: Sequence[Unknowns], matches: Sequence[Match]
) -> float:
    """Return the cost of all drawings."""
    points = _points(unknowns, matches)
    each = zip(problems, unknowns, points, matches, strict=True)
    return sum(cost_at(problem, one, at, lines) for problem, one, at, (_, lines) in each)


def _descend(
    problems: Sequence[Problem],
    unknowns: list[Unknowns],
    matches: Sequence[Match],
    steps: int,
) -> tuple[list[Unknowns], float, bool]:
    """Take Levenberg–Marquardt steps; return unknowns, cost, and whether any step helped."""
    modes = len(problems[0].rig.identity_names)
    lower, upper = (_side_by_side([getattr(p, b) for p in problems], modes) for b in _BOUNDS)
    damping, improved, cost = 1e-3, False, _cost(problems, unknowns, matches)
    for _ in range(steps):
        gradient, hessian = _joined(problems, unknowns, matches, modes)
        each = [np.concatenate([one.coefficients, np.zeros(6)]) for one in unknowns]
        values = _side_by_side(each, modes)
        for _attempt in range(_ATTEMPTS):
            step = box_step(hessian, gradient, values, lower, upper, damping)
            trial = _stepped(unknowns, step, modes)
            trial_cost = _cost(problems, trial, matches)
            if np.isfinite(trial_cost) and trial_cost < cost:
                unknowns, cost, improved = trial, trial_cost, True
                damping = max(damping / 5.0, 1e-6)
                break
            damping *= 10.0
        else:
            break
    return unknowns, cost, improved


_BOUNDS = ("lower", "upper")


def _side_by_side(each: Sequence[NDArray[np.float64]], modes: int) -> NDArray[np.float64]:
    """Return the identity of the first, then what each drawing has of its own."""
    return np.concatenate([each[0][:modes], *(one[modes:] for one in each)])


def _joined(
    problems: Sequence[Problem],
    unknowns: Sequence[Unknowns],
    matches: Sequence[Match],
    modes: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return gradient and Hessian over the shared identity and what is each drawing's own."""
    own = len(problems[0].lower) - modes
    size = modes + own * len(problems)
    gradient, hessian = np.zeros(size), np.zeros((size, size))
    for number, (problem, one, (basis, lines)) in enumerate(
        zip(problems, unknowns, matches, strict=True)
    ):
        part, square = linearise(problem, one, basis, lines)
        first = modes + own * number
        rows = np.concatenate([np.arange(modes), np.arange(first, first + own)])
        gradient[rows] += part
        hessian[np.ix_(rows, rows)] += square
    return gradient, hessian


def _stepped(
    unknowns: Sequence[Unknowns], values: NDArray[np.float64], modes: int
) -> list[Unknowns]:
    """Return each drawing's unknowns after a step of all."""
    parts = np.split(values[modes:], len(unknowns))
    return [
        one.stepped(np.concatenate([values[:modes], part]))
        for one, part in zip(unknowns, parts, strict=True)
    ]
