"""What the parametric fit makes small, and its derivatives."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .correspondence import Lines
from .face_rig import rotation_matrix, rotation_vector
from .fit_problem import Problem, Unknowns
from .point_basis import PointBasis, Projected, project_basis

__all__ = ["cost_at", "linearise"]


def cost_at(
    problem: Problem, unknowns: Unknowns, points: NDArray[np.float64], lines: Lines | None
) -> float:
    """Return the cost where landmarks and line points lie at `points`, (M, 2) pixels."""
    prior = problem.prior
    turned = rotation_vector(unknowns.rotation @ rotation_matrix(prior.rotation).T)
    spread = (unknowns.coefficients - prior.mean) / prior.sigma
    cost = (spread**2).sum() + ((turned / prior.rotation_sigma) ** 2).sum()
    cost += (_seen_residuals(problem, points[: len(problem.seen)])[0] ** 2).sum()
    if lines is not None and len(lines.target):
        cost += (_line_residuals(problem, points, lines)[0] ** 2).sum()
    return float(cost)


def linearise(
    problem: Problem, unknowns: Unknowns, basis: PointBasis, lines: Lines | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return gradient (P,) and Hessian (P, P) of half the cost at the unknowns."""
    projected = project_basis(basis, unknowns.coefficients, unknowns.rotation, unknowns.camera)
    count = len(problem.seen)
    residual, weight = _seen_residuals(problem, projected.points[:count])
    weighted = projected.jacobian[:count] * weight.astype(np.float32)[:, None, None]
    jacobian: NDArray[np.float32] = weighted.reshape(2 * count, -1)
    if lines is not None and len(lines.target):
        more, weight = _line_residuals(problem, projected.points, lines)
        residual = np.concatenate([residual, more])
        jacobian = np.concatenate([jacobian, _line_jacobian(projected, lines, weight)])
    gradient, diagonal = _prior_rows(problem, unknowns)
    # in short numbers, which take 3/4 of the time: heads come out the same to a micrometre
    hessian: NDArray[np.float64] = (jacobian.T @ jacobian).astype(np.float64) + np.diag(diagonal)
    return jacobian.T @ residual.astype(np.float32) + gradient, hessian


def _seen_residuals(
    problem: Problem, points: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return residuals (2M,) and weights (M,) of projected points (M, 2), robust (Cauchy)."""
    offset = points - problem.seen
    is_firm, sigma = problem.is_firm, problem.seen_sigma
    away = np.sqrt(offset[:, 0] ** 2 + offset[:, 1] ** 2)
    distance = np.where(is_firm, 0.0, away / sigma)
    weight: NDArray[np.float64] = 1.0 / (sigma * np.sqrt(1.0 + (distance / 3.0) ** 2))
    return np.asarray(offset * weight[:, None]).ravel(), weight


def _line_residuals(
    problem: Problem, points: NDArray[np.float64], lines: Lines
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
) -> NDArray[np.float32]:
    """Return the (R, P) derivatives of the lines' residuals, their robust weights held."""
    rows = np.zeros((len(lines.target), projected.jacobian.shape[2]), dtype=np.float32)
    for point, share in zip(lines.point.T, lines.share.T, strict=True):
        across = (lines.normal * (weight * share)[:, None]).astype(np.float32)[:, None, :]
        rows += (across @ projected.jacobian[point])[:, 0]
    return rows


def _prior_rows(
    problem: Problem, unknowns: Unknowns
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
