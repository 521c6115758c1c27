"""What a snake is: where it starts, how stiff it is, how it ended."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..errors import LimnerError, require_shape

__all__ = [
    "Outcome", "SnakeResult", "SnakeSettings", "SnakeStart", "arc_length", "relax", "resample",
    "stiffness", "tangents_of",
]  # fmt: skip


class Outcome(Enum):
    """Why a snake stopped."""

    CONVERGED = "Converged: no point moves more than the tolerance."
    OUT_OF_STEPS = "Still moving at the last step; raise max_steps."
    NO_INK = "No ink of its own within reach; it kept its start or followed its neighbours."
    AT_LIMIT = "Stopped at max_displacement; the ink lies further away."
    NOT_FINITE = "Not finite; the start is kept. Check start points, weights and field."


@dataclass(frozen=True, slots=True)
class SnakeSettings:
    """How snakes move. Lengths are multiples of `unit_px`.

    Attributes
    ----------
    unit_px : the interocular distance in pixels, or any length that scales with the face
    spacing : distance between a snake's nodes; 0.02 (fine, slow) to 0.1
    tension : α ≥ 0, resists stretching; 0.01 follows the ink's every wobble, 1 is stiff.
        Counted in node spacings: what α and β do reaches √α and ∜β nodes far.
    rigidity : β ≥ 0, resists bending; 0.05 to 5
    anchor : resists moving at all where there is no ink; 0 (follow the neighbours however far
        they are) to 0.01: with 0.0003 a move fades within half a unit
    is_relative : True: α and β act on the displacement from the start curve, which keeps its
        shape where there is no ink. False: on the curve itself (Kass), which then shrinks.
    step_size : τ > 0 of the semi-implicit step; 0.5 (small, smooth) to 100 (nearly Newton's)
    matching : True: first match whole curves to the ink by dynamic programming
    shift : True: before matching, shift what hangs together as a whole to its ink
    match_stiffness : factors on tension and rigidity, one a matching round, stiff to soft
    blur : without matching: blur of the field in each level, coarse to fine
    reach : without matching: factors on the field's reach, one a level of `blur`
    polish_reach : after matching, how far a line still pulls
    normal_only : True: ink moves a node only across the curve; it slides along with neighbours
    balloon : push per step where there is no ink: outwards on a closed curve, to the right of
        its course as seen on the screen on an open one; negative pushes the other way
    slide : how far free ends may slide along the line to where the ink ends; 0 turns it off
    ink_angle_deg : a line that makes a larger angle with the curve is another line; 90 allows all
    max_displacement : a node moves at most so far from its start
    max_steps : steps in each stage
    tolerance_px : a stage ends when no node moves more than this in a step
    """

    unit_px: float = 100.0
    spacing: float = 0.04
    tension: float = 0.05
    rigidity: float = 0.2
    anchor: float = 0.0003
    is_relative: bool = True
    step_size: float = 50.0
    matching: bool = True
    shift: bool = True
    match_stiffness: tuple[float, ...] = (60.0, 15.0, 4.0)
    blur: tuple[float, ...] = (0.04, 0.015, 0.0)
    reach: tuple[float, ...] = (1.0, 1.0, 1.0)
    polish_reach: float = 0.06
    normal_only: bool = True
    balloon: float = 0.0
    slide: float = 0.2
    ink_angle_deg: float = 60.0
    max_displacement: float = 0.4
    max_steps: int = 30
    tolerance_px: float = 0.02

    def __post_init__(self) -> None:
        positive = ("unit_px", "spacing", "step_size", "polish_reach", "max_displacement")
        for name in (*positive, "tension", "rigidity", "anchor", "slide", "tolerance_px"):
            value = getattr(self, name)
            low_enough = value > 0.0 if name in positive else value >= 0.0
            if not (np.isfinite(value) and low_enough):
                wanted = "above zero" if name in positive else "zero or more"
                raise LimnerError(f"{name}: got {value}, expected a finite number {wanted}.")
        if len(self.blur) != len(self.reach):
            raise LimnerError("blur and reach: give one value a level in both.")


@dataclass(frozen=True, slots=True, eq=False)
class SnakeStart:
    """A curve before it moves.

    Attributes
    ----------
    name : unique among the snakes that evolve together
    points : (N, 2) float64, pixels (x, y)
    is_closed : True where the last point joins the first (do not repeat it)
    fixed_ends : (first, last): True keeps that end where it is
    weight : (N,) float64 in [0, 1], or None
        How much the ink may pull at a point: 0 where the head hides the curve.
    ink_side : which outline of a filled shape the curve takes: +1 with the ink on its right as
        seen on the screen (y down) when one walks along it, -1 on its left, 0 either
    """

    name: str
    points: NDArray[np.float64]
    is_closed: bool = False
    fixed_ends: tuple[bool, bool] = (False, False)
    weight: NDArray[np.float64] | None = None
    ink_side: int = 0

    def __post_init__(self) -> None:
        require_shape("points", self.points, ("N", 2), "Give one (x, y) pixel a row.")
        if self.weight is not None:
            require_shape("weight", self.weight, (len(self.points),), "Give one weight a point.")
        least = 3 if self.is_closed else 2
        if len(self.points) < least:
            raise LimnerError(
                f"{self.name}: got {len(self.points)} point(s), expected {least} or more."
            )


@dataclass(frozen=True, slots=True, eq=False)
class SnakeResult:
    """A curve after it moved.

    Attributes
    ----------
    name : of the start
    points : (N, 2) float64, pixels: the points given, moved
    displacement : (N, 2) float64, pixels: `points` minus the start's
    evidence : (N,) float64 in [0, 1]: how much ink of its own each point ended on
    energies : (S,) float64, px² per node, one a step: pull of the ink plus stiffness
    stages : names and first steps of the stages; the energy is comparable within one
    steps : how many were made
    outcome : why it stopped
    """

    name: str
    points: NDArray[np.float64]
    displacement: NDArray[np.float64]
    evidence: NDArray[np.float64]
    energies: NDArray[np.float64]
    stages: tuple[tuple[str, int], ...]
    steps: int
    outcome: Outcome


def relax(points: NDArray[np.float64], settings: SnakeSettings) -> NDArray[np.float64]:
    """Solve (I + τK) x = points of a closed curve; K is circulant, so Fourier divides it out.

    This is the classical snake without ink: tension shrinks it, rigidity rounds it.

    Parameters
    ----------
    points : (N, 2) float64
    settings : its tension, rigidity and step_size count, in node spacings

    References
    ----------
    Kass, Witkin & Terzopoulos 1988, Snakes: active contour models, doi:10.1007/BF00133570.
    """
    laplacian = 2.0 - 2.0 * np.cos(2.0 * np.pi * np.fft.rfftfreq(len(points)))
    stiff = settings.tension * laplacian + settings.rigidity * laplacian**2
    damping = 1.0 + settings.step_size * stiff
    return np.fft.irfft(np.fft.rfft(points, axis=0) / damping[:, None], n=len(points), axis=0)


def stiffness(count: int, is_closed: bool, tension: float, rigidity: float) -> NDArray[np.float64]:
    """Return K = α D₁ᵀD₁ + β D₂ᵀD₂ (count, count); the ends of an open curve are free."""
    once, twice = _springs(count, is_closed)
    return tension * once + rigidity * twice


@lru_cache(maxsize=64)
def _springs(count: int, is_closed: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return D₁ᵀD₁ and D₂ᵀD₂, (count, count) each."""
    if is_closed:
        ring: NDArray[np.float64] = np.roll(np.eye(count), -1, axis=0) - np.eye(count)
        laplacian: NDArray[np.float64] = ring.T @ ring
        return laplacian, laplacian @ laplacian
    first: NDArray[np.float64] = np.diff(np.eye(count), axis=0)
    second: NDArray[np.float64] = np.diff(first, axis=0)
    return first.T @ first, second.T @ second


def arc_length(points: NDArray[np.float64], is_closed: bool) -> NDArray[np.float64]:
    """Return the length (N,) up to each point; a closed curve adds its total, (N + 1,)."""
    if is_closed:
        points = np.concatenate([points, points[:1]])
    steps = points[1:] - points[:-1]
    length = np.zeros(len(points))
    np.cumsum(np.hypot(steps[:, 0], steps[:, 1]), out=length[1:])
    return length


def resample(
    points: NDArray[np.float64],
    at: NDArray[np.float64],
    is_closed: bool = False,
    length: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return the points (M, 2) of a polyline at the arc lengths `at` (M,), in pixels.

    Parameters
    ----------
    length : result of `arc_length`, if it is known already
    """
    length = arc_length(points, is_closed) if length is None else length
    ring = np.concatenate([points, points[:1]]) if is_closed else points
    return np.column_stack([np.interp(at, length, ring[:, axis]) for axis in (0, 1)])


def tangents_of(points: NDArray[np.float64], is_closed: bool) -> NDArray[np.float64]:
    """Return unit tangents (N, 2) by central differences, one-sided at open ends."""
    if is_closed:
        along = np.roll(points, -1, axis=0) - np.roll(points, 1, axis=0)
    else:
        along = np.gradient(points, axis=0)
    return along / np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-12)
