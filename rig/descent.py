"""Levenberg–Marquardt steps of the parametric fit."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np

from .correspondence import Lines
from .fit_cost import cost_at, linearise
from .fit_problem import Problem, Unknowns
from .least_squares import box_step
from .point_basis import PointBasis, project_points

__all__ = ["descend"]


def descend(
    problem: Problem, unknowns: Unknowns, basis: PointBasis, lines: Lines | None, steps: int
) -> tuple[Unknowns, float, bool]:
    """Take Levenberg–Marquardt steps; return unknowns, cost, and whether any step helped."""

    def cost_of(trial: Unknowns) -> float:
        points = project_points(basis, trial.coefficients, trial.rotation, trial.camera)
        return cost_at(problem, trial, points, lines)

    damping, improved, cost = 1e-3, False, cost_of(unknowns)
    for _ in range(steps):
        gradient, hessian = linearise(problem, unknowns, basis, lines)
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
