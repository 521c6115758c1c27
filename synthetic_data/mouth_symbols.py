"""Mouths that are drawn as signs: one arc, a D, a crescent, a dome, a lens, a ring.

Cartoons, avatars and picture stories don't trace lips: what a mouth tells lies in how far its
corners go up or down and in how far it is open. The landmarks go onto the sign.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .evenly import bounded, evenly, places_at
from .face import DrawnFace
from .pen import Pen, arc
from .record import Record

__all__ = ["MouthSymbol", "can_stand", "draw_shut_symbol", "lay_symbol", "move_landmarks"]

_COUNT = 24
_TURNED = 0.62
"""Sine of the yaw beyond which no sign stands for a mouth."""


@dataclass(frozen=True, slots=True, eq=False)
class MouthSymbol:
    """One sign.

    Attributes
    ----------
    top, low : (24, 2) pixels, the two edges from the subject's right corner to the left one;
        of a shut mouth they are the same
    lift : how far the corners lie above the middle on the whole, as a share of the width
    width, across, down : pixels; the face's own axes as unit vectors
    """

    top: NDArray[np.float64]
    low: NDArray[np.float64]
    lift: float
    width: float
    across: NDArray[np.float64]
    down: NDArray[np.float64]


def can_stand(face: DrawnFace) -> bool:
    """Say whether both corners are seen, and not from the side."""
    corners = face.landmarks_visible[[48, 54]]
    return bool(corners.all()) and abs(float(face.rotation[0, 2])) < _TURNED


def lay_symbol(pen: Pen, face: DrawnFace, aus: dict[str, float], *, is_open: bool) -> MouthSymbol:
    """Choose the sign's form from the Action Units and lay it over the mouth of the rig."""
    rng, marks = pen.part("mouth symbol"), face.landmarks
    strength, grow, flat, tall, lean = rng.uniform(
        [0.22, 0.0, 0.05, 0.9, -1.0], [0.55, 0.45, 0.95, 1.5, 1.0]
    )
    power, noise = rng.uniform(1.5, 2.4), rng.normal(0.0, 0.012, 2)
    lifts = np.array([_lift(aus, side) for side in "RL"])
    corners = marks[[48, 54]]
    down = face.way(0.0, 1.0) / face.unit
    across = face.way(1.0, 0.0) / face.unit
    middle = 0.25 * (marks[51] + marks[57] + marks[62] + marks[66])
    wide = 1.0 + grow * max(aus.get("AU12L", 0.0), aus.get("AU12R", 0.0))
    wide *= 1.0 - 0.4 * max(aus.get("AU18", 0.0), aus.get("AU22", 0.0))
    ends = (corners - middle) @ across * wide
    room = 0.85 * float((marks[12] - marks[4]) @ across)  # of the jaw at the mouth's height
    ends *= min(1.0, room / max(float(ends[1] - ends[0]), 1e-6))
    width = max(float(ends[1] - ends[0]), 0.12 * face.unit)
    t = evenly(_COUNT, -1.0, 1.0)
    x = ends[0] * t * (t - 1.0) / 2.0 + ends[1] * t * (t + 1.0) / 2.0
    slant = 0.05 * lean * flat * np.array([1.0, -1.0])
    limit = 0.4 * face.unit
    raised = bounded(width * (strength * lifts + noise + slant), -limit, limit)
    bow = np.abs(t) ** power
    base = np.where(t < 0.0, raised[0], raised[1]) * -bow + 0.5 * raised.mean()
    lift = float(lifts.mean())
    top = low = base
    if is_open:
        gap = max(float((marks[66] - marks[62]) @ down), 0.06 * face.unit) * tall
        top, low = _parted(base, raised.mean(), lift, gap, flat, t)
    top, low = _between(top, low, (marks[[33, 8]] - middle) @ down, 0.05 * face.unit)
    points = [middle + x[:, None] * across + y[:, None] * down for y in (top, low)]
    return MouthSymbol(points[0], points[1], lift, width, across, down)


def _lift(aus: dict[str, float], side: str) -> float:
    """Return how far a corner goes up (below 0, down)."""
    up, down = aus.get(f"AU12{side}", 0.0), aus.get(f"AU15{side}", 0.0)
    return up - down


def _parted(
    base: NDArray[np.float64],
    raised: float,
    lift: float,
    gap: float,
    flat: float,
    t: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Open a line: a D or crescent that laughs, a dome that wails, a lens or ring between."""
    belly = (1.0 - np.abs(t) ** 2.4) ** 0.75
    straight = flat * raised * (1.0 - t * t)
    if lift > 0.15:
        return base - straight, base + np.maximum(gap * belly, 0.1 * gap - straight)
    if lift < -0.15:
        return base - gap * belly, base - 0.8 * straight
    round_ = np.sqrt(1.0 - t * t)
    return base - 0.5 * gap * round_, base + 0.5 * gap * round_


def _between(
    top: NDArray[np.float64], low: NDArray[np.float64], limits: NDArray[np.float64], rim: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Keep a sign below the nose and above the chin, smaller if there is no room for it."""
    nose, chin = limits[0] + rim, limits[1] - rim
    first, last = float(top.min()), float(low.max())
    shrink = min(1.0, max(chin - nose, rim) / max(last - first, 1e-6))
    first, last = first * shrink, last * shrink
    move = max(nose - first, 0.0) - max(last - chin, 0.0) if nose < chin else 0.0
    return top * shrink + move, low * shrink + move


def draw_shut_symbol(pen: Pen, face: DrawnFace, symbol: MouthSymbol) -> None:
    """Draw a shut mouth as one line, perhaps with marks at its corners and below."""
    rng = pen.part("mouth symbol, marks")
    cornered, lipped, cat, full = rng.random(4)
    size = face.unit * rng.uniform(0.04, 0.11)
    line = symbol.top
    if cat < 0.1 and symbol.lift > 0.25:
        swing = 0.06 * symbol.width * np.sin(evenly(_COUNT, 0.0, 2.0 * np.pi)) ** 2
        line = line + swing[:, None] * symbol.down
    pen.line(line, "upper_lip_inner", 1.2, steady=True)
    if full < 0.12 and symbol.lift > 0.25:  # a smile filled down to a crescent
        belly = 0.1 * symbol.width * np.sin(evenly(_COUNT, 0.0, np.pi))[:, None]
        shape = np.concatenate([line, (line + belly * symbol.down)[::-1]])
        pen.fill(shape, "lower_lip_inner", 1.0)
    if cornered < 0.45:
        _mark_corners(pen, symbol, size, curved=cornered < 0.2)
    if lipped < 0.35:
        half = symbol.width * (0.1 + 0.35 * lipped)
        at = line[_COUNT // 2] + face.unit * (0.07 + 0.2 * lipped) * symbol.down
        bow = arc(np.zeros(2), half, 0.25 * half, 0.2, np.pi - 0.2, 10)
        pen.line(_local(symbol, at, bow), "lower_lip_outer", 0.9, steady=True)


def _mark_corners(pen: Pen, symbol: MouthSymbol, size: float, *, curved: bool) -> None:
    """Draw a tick across each end of the line, or a fold around it."""
    for end, inner, sign in ((symbol.top[0], symbol.top[3], -1.0),
                             (symbol.top[-1], symbol.top[-4], 1.0)):  # fmt: skip
        if curved:
            bow = arc(np.zeros(2), 0.5 * size, 1.3 * size, -1.2, 1.2, 10) * [sign, 1.0]
            pen.line(_local(symbol, end, bow), "upper_lip_inner", 0.8, steady=True)
            continue
        along = end - inner
        tick = along[::-1] * np.array([-1.0, 1.0]) * size / max(float(np.hypot(*along)), 1e-6)
        pen.line(np.stack([end - tick, end, end + tick]), "upper_lip_inner", 0.8, steady=True)


def _local(
    symbol: MouthSymbol, at: NDArray[np.float64], points: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Lay points of the face's own frame, pixels, around a place of the picture."""
    return at + points[:, :1] * symbol.across + points[:, 1:] * symbol.down


def move_landmarks(record: Record, symbol: MouthSymbol) -> None:
    """Put the landmarks onto the sign; lips that are not drawn keep their thickness."""
    marks = record.landmarks
    thick_top = max(float((marks[62] - marks[51]) @ symbol.down), 0.0)
    thick_low = max(float((marks[57] - marks[66]) @ symbol.down), 0.0)
    at = evenly(7, 0.0, _COUNT - 1.0)
    rim = np.sqrt(np.sin(evenly(7, 0.0, np.pi)))[:, None] * symbol.down
    upper = places_at(symbol.top, at) - thick_top * rim
    lower = places_at(symbol.low, at) + thick_low * rim
    marks[48:55] = upper
    marks[55:60] = lower[5:0:-1]
    inner = evenly(5, 0.0, _COUNT - 1.0)
    marks[60:65] = places_at(symbol.top, inner)
    marks[65:68] = places_at(symbol.low, inner)[3:0:-1]
