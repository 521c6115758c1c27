"""Heads of hair: a band around the outline of the head, from the hairline to an outer edge."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .compiled import compiled
from .evenly import evenly, middle_of
from .face import DrawnFace
from .outline import BINS_PER_RADIAN, radius_at
from .pen import Pen, smooth_noise

__all__ = ["HAIR_POINTS", "Hairdo", "sample_hairdo"]

HAIR_POINTS = 64
"""Points of a hairline."""
_STEPS = evenly(HAIR_POINTS, -1.0, 1.0).copy()
_SIDES = 0.5 + 0.5 * np.cos(0.5 * np.pi * _STEPS)
"""From ear to ear, and how full hair is there: most at the crown."""


@dataclass(frozen=True, slots=True, eq=False)
class Hairdo:
    """One head of hair: its kind, ink, and the band between hairline and outer edge.

    Attributes
    ----------
    kind, ink : as in the style's choices `hair` and `hair_ink`
    inner, outer : (64, 2) pixels
    up : radians, the direction of the crown
    """

    kind: str
    ink: str
    inner: NDArray[np.float64]
    outer: NDArray[np.float64]
    up: float


def sample_hairdo(pen: Pen, face: DrawnFace) -> Hairdo:
    """Lay out the hair of one head."""
    rng, kind = pen.rng, pen.hand.kinds["hair"]
    up = face.roll - 0.5 * math.pi
    reach = math.radians(rng.uniform(78, 112))
    brow = middle_of(face.landmarks[21:23])
    towards = face.radius_towards(up) * np.array([math.cos(up), math.sin(up)])
    low, high = (0.02, 0.45) if kind == "fringe" else (0.35, 0.85)
    middle = brow + rng.uniform(low, high) * (face.centre + towards - brow)
    x, y = (middle - face.centre).tolist()
    turn = math.atan2(y, x) - up
    turn = (turn + math.pi) % (2.0 * math.pi) - math.pi
    angle, radius, away = _around(
        _STEPS, up, reach, min(max(turn / reach, -0.7), 0.7), face.radii, BINS_PER_RADIAN
    )
    share = float(np.hypot(x, y)) / max(face.radius_towards(up + turn), 1.0)
    away **= rng.uniform(1.2, 4.0)
    rough = rng.uniform(0.0, 0.05) if kind != "fringe" else rng.uniform(0.02, 0.12)
    edge = smooth_noise(rng, (), HAIR_POINTS, rng.uniform(1.5, 6.0))
    grow = rng.uniform(0.02, 0.2) + (rng.uniform(0.1, 0.35) if kind in ("curly", "wig") else 0.0)
    swell = curls = smooth_noise(rng, (), HAIR_POINTS, 12.0)
    more = 0.0
    if kind == "curly":
        more, curls = 0.06, np.sin(_STEPS * rng.uniform(6.0, 14.0))
    elif rng.random() < 0.3:
        more, curls = 0.05, smooth_noise(rng, (), HAIR_POINTS, 1.5)
    inner, outer = _band(
        face.centre, radius, np.cos(angle), np.sin(angle), away, share, rough, edge, grow,
        _SIDES, swell, more, curls,
    )  # fmt: skip
    return Hairdo(kind, pen.hand.kinds["hair_ink"], inner, outer, up)


@compiled
def _around(
    steps: NDArray[np.float64],
    up: float,
    reach: float,
    part: float,
    radii: NDArray[np.float64],
    bins_per_radian: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return (N,) directions around a head, its radius there, and how far from the parting.

    Parameters
    ----------
    steps : (N,) from -1, one ear, to 1
    up, reach : direction of the crown, and how far from it the hair goes, radians
    part : where among the steps the parting is; at the ears the distance from it is 1
    """
    count = len(steps)
    angle, radius, away = np.empty(count), np.empty(count), np.empty(count)
    for place in range(count):
        step = steps[place]
        angle[place] = up + reach * step
        radius[place] = radius_at(radii, angle[place] * bins_per_radian)
        apart = (part - step) / (1.0 + part) if step < part else (step - part) / (1.0 - part)
        away[place] = min(max(apart, 0.0), 1.0)
    return angle, radius, away


@compiled
def _band(
    centre: NDArray[np.float64],
    radius: NDArray[np.float64],
    cos: NDArray[np.float64],
    sin: NDArray[np.float64],
    away: NDArray[np.float64],
    share: float,
    rough: float,
    edge: NDArray[np.float64],
    grow: float,
    sides: NDArray[np.float64],
    swell: NDArray[np.float64],
    more: float,
    curls: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the hairline and the outer edge of hair, (N, 2) pixels.

    Parameters
    ----------
    centre, radius, cos, sin : the outline of the head, (2,) and (N,)
    away, share : how far the hairline goes to the outline, from `share` of the radius
    rough, edge : how uneven it is, and in which way
    grow, sides, swell : how much hair stands off the head, where, and in which waves
    more, curls : how much more where there are curls, either way
    """
    count = len(radius)
    inner, outer = np.empty((count, 2)), np.empty((count, 2))
    for place in range(count):
        line = min(share + (0.97 - share) * away[place] + rough * edge[place], 1.0)
        volume = grow * sides[place] + 0.02 + 0.25 * grow * swell[place]
        volume = max(volume + more * abs(curls[place]), 0.0)
        low, high = radius[place] * line, radius[place] * (1.0 + volume)
        inner[place, 0], inner[place, 1] = (
            centre[0] + low * cos[place],
            centre[1] + low * sin[place],
        )
        outer[place, 0], outer[place, 1] = (
            centre[0] + high * cos[place],
            centre[1] + high * sin[place],
        )
    return inner, outer
