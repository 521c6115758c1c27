"""The unknowns of the parametric fit, what is believed of them beforehand, and their bounds."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .camera import Camera
from .evidence import Evidence, Given
from .face_rig import FaceRig, RigState, SurfacePoints, rotation_matrix, rotation_vector
from .point_basis import PointBasis, gather_basis

__all__ = ["FitSettings", "Prior", "Problem", "Unknowns", "prepare"]

_FIRM_IOD = 0.015
"""Landmarks surer than this were set by hand."""
_MODEL_IOD = 0.02
"""What the rig's landmarks differ from a hand's where both are right."""


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
    seen_weight : strength of the points of seen lines against landmarks, for the same reason
    """

    max_rounds: int = 10
    steps_per_round: int = 2
    tolerance_iod: float = 0.002
    identity_sigma: float = 0.8
    identity_limit: float = 4.0
    line_sigma_iod: float = 0.02
    outlier_iod: float = 0.10
    line_weight: float = 0.04
    seen_weight: float = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Unknowns:
    """The present values: coefficients (K + B,), rotation (3, 3), camera."""

    coefficients: NDArray[np.float64]
    rotation: NDArray[np.float64]
    camera: Camera

    def stepped(self, values: NDArray[np.float64]) -> Unknowns:
        """Return the unknowns after a step: new coefficients, then changes of the view."""
        modes = len(self.coefficients)
        turn, log_scale, shift = values[modes : modes + 3], values[modes + 3], values[modes + 4 :]
        camera = replace(
            self.camera,
            scale_px=self.camera.scale_px * float(np.exp(log_scale)),
            centre_px=self.camera.centre_px + shift,
        )
        return Unknowns(values[:modes], rotation_matrix(turn) @ self.rotation, camera)


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """Independent normal priors: (K + B,) means and sigmas of coefficients, and the rotation."""

    mean: NDArray[np.float64]
    sigma: NDArray[np.float64]
    rotation: NDArray[np.float64]
    rotation_sigma: float


@dataclass(slots=True)
class Problem:
    """Everything that stays the same during one fit.

    `seen` (M, 2) and `seen_sigma` (M,), pixels: the landmarks and the points of lines, and
    `seen_basis` those points of the rig. `iod_px` : distance between the drawn eyes, pixels.
    `is_firm` (M,) : which of `seen` are never let go as stray.
    """

    rig: FaceRig
    evidence: Evidence
    settings: FitSettings
    prior: Prior
    seen: NDArray[np.float64]
    seen_sigma: NDArray[np.float64]
    seen_basis: PointBasis
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    iod_px: float
    is_firm: NDArray[np.bool_]

    def held(self, unknowns: Unknowns) -> Unknowns:
        """Return the unknowns within their bounds, with all that is given as it is given."""
        given = self.evidence.given
        values = np.clip(unknowns.coefficients, self.lower[:-6], self.upper[:-6])
        rotation, camera = unknowns.rotation, unknowns.camera
        if given.rotation is not None:
            rotation = rotation_matrix(given.rotation)
        return Unknowns(values, rotation, given.camera or camera)

    def state_of(self, unknowns: Unknowns) -> RigState:
        """Return the unknowns as the state of the rig."""
        modes = len(self.rig.identity_names)
        return RigState(
            weights=unknowns.coefficients[modes:].copy(),
            identity=unknowns.coefficients[:modes].copy(),
            rotation=rotation_vector(unknowns.rotation),
        )


def prepare(rig: FaceRig, evidence: Evidence, settings: FitSettings) -> Problem:
    """Do the one-time work of a fit."""
    modes, shapes = len(rig.identity_names), len(rig.shape_names)
    prior = Prior(
        mean=np.concatenate([np.zeros(modes), evidence.weights]),
        sigma=np.concatenate([np.full(modes, settings.identity_sigma), evidence.weights_sigma]),
        rotation=evidence.rotation,
        rotation_sigma=evidence.rotation_sigma,
    )
    lower, upper = _bounds(modes, shapes, evidence.given, settings.identity_limit)
    lines = {name: placed for name, placed in evidence.lines.items() if name in rig.curves}
    widen = settings.seen_weight**-0.5
    steps = tuple((name, len(line.points)) for name, line in lines.items())
    sigma = np.concatenate(
        [evidence.landmark_sigma, *(widen * line.sigma for line in lines.values())]
    )
    iod_px = _between_eyes(evidence.landmarks)
    is_firm = sigma < _FIRM_IOD * iod_px
    return Problem(
        rig=rig,
        evidence=evidence,
        settings=settings,
        prior=prior,
        seen=np.concatenate([evidence.landmarks, *(line.points for line in lines.values())]),
        seen_sigma=np.where(is_firm, sigma, np.hypot(sigma, _MODEL_IOD * iod_px)),
        seen_basis=_seen_basis(rig, steps),
        lower=lower,
        upper=upper,
        iod_px=iod_px,
        is_firm=is_firm,
    )


@lru_cache(maxsize=8)
def _seen_basis(rig: FaceRig, steps: tuple[tuple[str, int], ...]) -> PointBasis:
    """Return the basis of the landmarks and of so many points of some curves."""
    surfaces = [_steps(rig.curves[name].points, count) for name, count in steps]
    return gather_basis(rig, SurfacePoints.join([rig.landmarks, *surfaces]))


def _between_eyes(landmarks: NDArray[np.float64]) -> float:
    """Return the distance between the middles of the eyes' corners."""
    eyes = landmarks[[36, 39, 42, 45]]
    return float(np.linalg.norm(eyes[2:].mean(axis=0) - eyes[:2].mean(axis=0)))


def _steps(points: SurfacePoints, count: int) -> SurfacePoints:
    """Return `count` of a curve's points, at equal steps."""
    return points[np.rint(np.linspace(0.0, len(points) - 1.0, count)).astype(np.intp)]


def _bounds(
    modes: int, shapes: int, given: Given, limit: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the bounds (K + B + 6,) of coefficients and of a step of the view."""
    low, high = np.full(modes, -limit), np.full(modes, limit)
    if given.identity is not None:
        low = high = np.asarray(given.identity, dtype=np.float64)
    view = np.array([0.5, 0.5, 0.5, 0.5, np.inf, np.inf])
    if given.rotation is not None:
        view[:3] = 0.0
    if given.camera is not None:
        view[3:] = 0.0
    return (
        np.concatenate([low, np.zeros(shapes), -view]),
        np.concatenate([high, np.ones(shapes), view]),
    )
