"""Eyes and brows, from full lids with an iris down to a dot or one closed line."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .compiled import compiled
from .evenly import area_of, box_of, evenly, middle_of, places_at, share_of
from .eye_symbols import draw_eye_symbol
from .face import DrawnFace
from .pen import LABEL as LABELS
from .pen import Pen, arc
from .record import Record
from .shut import draw_closed, draw_lashes

__all__ = ["draw_brow", "draw_eye", "inside"]


@compiled
def inside(polygon: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which of (N, 2) points lie inside a polygon (even-odd rule)."""
    within = np.zeros(len(points), dtype=np.bool_)
    for row in range(len(points)):
        x, y = points[row, 0], points[row, 1]
        for corner in range(len(polygon)):
            from_x, from_y = polygon[corner - 1, 0], polygon[corner - 1, 1]
            to_x, to_y = polygon[corner, 0], polygon[corner, 1]
            is_crossed = (from_y > y) != (to_y > y)
            if is_crossed and x < from_x + (y - from_y) / (to_y - from_y) * (to_x - from_x):
                within[row] = not within[row]
    return within


def draw_eye(pen: Pen, face: DrawnFace, side: str, aus: dict[str, float], record: Record) -> None:
    """Draw one eye in the hand's way, open or closed, and note what can be read from it."""
    if share_of(face.curves[f"upper_lid_{side}"].visible) < 0.35:
        return
    kind = pen.hand.kinds["eye"]
    pen.part(f"eye {side}")
    shut = aus.get(f"AU43{side}", 0.0) >= 0.7
    record.show(f"AU43{side}")
    if shut:
        draw_closed(pen, face, side, aus, record)
    elif kind == "full":
        _draw_full(pen, face, side, aus, record)
    else:
        draw_eye_symbol(pen, face, side, aus, record, kind)


def _draw_full(pen: Pen, face: DrawnFace, side: str, aus: dict[str, float], record: Record) -> None:
    """Draw lids, iris, pupil and highlight."""
    hand = pen.hand
    upper, lower = face.curves[f"upper_lid_{side}"], face.curves[f"lower_lid_{side}"]
    opening = np.concatenate([upper.points, lower.points[::-1]])
    left, _, right, _ = box_of(opening)
    high = abs(area_of(opening)) / max(right - left, 1.0)
    record.show(f"AU5{side}", f"AU7{side}")
    if high > 0.02 * face.unit:
        pen.fill(opening, "none", 0.0)
        _draw_iris(pen, face, side, opening)
        record.gaze()
    thick = {"manga": 2.2, "brush": 1.5, "lineart_solid": 1.5}.get(hand.style, 1.2)
    pen.line(upper.points, "upper_lid", thick, upper.visible)
    if hand.draws["lower_lid"] or high < 0.05 * face.unit:
        pen.line(lower.points, "lower_lid", 0.5 + 0.3 * hand["line_detail"], lower.visible)
    if hand.draws["lashes"]:
        draw_lashes(pen, face, upper.points, side, upwards=True)
    crease = face.curves[f"lid_crease_{side}"]
    if hand.draws["lid_crease"]:
        pen.line(crease.points, "lid_crease", hand["line_detail"], crease.visible, 0.85)


def _draw_iris(pen: Pen, face: DrawnFace, side: str, opening: NDArray[np.float64]) -> None:
    """Draw the iris as far as the lids leave it free."""
    ring = face.curves[f"iris_{side}"].points
    centre = middle_of(ring)
    radius = float(np.sqrt(abs(area_of(ring)) / np.pi))
    kind = pen.hand.kinds["iris"]
    pupil = arc(centre, 0.42 * radius, 0.42 * radius, 0.0, 2.0 * np.pi, 20)
    if kind == "filled":
        pen.fill(ring, "iris", 1.0, clip=opening)
    elif kind == "hatched":
        pen.fill(ring, "iris", 0.45, clip=opening)
    if kind in ("ring", "hatched"):
        pen.line(ring, "iris", 0.7, inside(opening, ring), closed=True, steady=True)
    if kind != "filled":
        grow = 1.5 if kind == "pupil" else 1.0
        pen.fill(centre + grow * (pupil - centre), "iris", 1.0, clip=opening)
    if pen.hand.draws["highlight"] and radius > 2.0:
        spot = centre + radius * np.array([-0.35, -0.35])
        size = radius * pen.rng.uniform(0.2, 0.4)
        pen.fill(arc(spot, size, size, 0.0, 2.0 * np.pi, 14), "none", 0.0, clip=opening)


def draw_brow(pen: Pen, face: DrawnFace, side: str, record: Record) -> None:
    """Draw one brow as edges, one stroke, a filled shape or hairs."""
    upper, lower = face.curves[f"brow_upper_{side}"], face.curves[f"brow_lower_{side}"]
    seen = 0.5 * (share_of(upper.visible) + share_of(lower.visible))
    pen.part(f"brow {side}")
    if seen < 0.3 or not pen.hand.draws["brow"]:
        return
    record.show(f"AU1{side}", f"AU2{side}", f"AU4{side}")
    top, low, middle, flags = _edges(
        upper.points, lower.points, upper.visible, lower.visible, evenly(20)
    )
    kind = pen.hand.kinds["brow"]
    bushy = record.shared["bushy"]
    if kind == "edges":
        pen.line(top, "brow", 0.8, flags)
        pen.line(low, "brow", 0.8, flags)
    elif kind == "stroke":
        pen.line(middle, "brow", bushy, flags, steady=True)
    elif kind == "filled" and flags.sum() > 4:
        top, low, middle = top[flags], low[flags], middle[flags]
        thick = (0.6 + 0.4 * bushy) * _brow_form(record.shared["brow_form"], len(middle))
        shape = np.concatenate(
            [middle + thick * (top - middle), (middle + thick * (low - middle))[::-1]]
        )
        pen.fill(shape, "brow", 1.0)
    else:
        count = int(pen.rng.integers(10, 22))
        at = evenly(count, 0.0, 19.0)
        roots, tips = places_at(low, at), places_at(top, at + 2.0)
        keep = np.interp(at, np.arange(20), flags) > 0.5
        roots = roots + pen.rng.normal(0.0, 0.01 * face.unit, roots.shape)
        batch = np.stack([roots, 0.5 * (roots + tips), tips], axis=1)[keep]
        if len(batch):
            pen.trace(batch, LABELS["brow"], 0.7 + 0.15 * bushy)


@compiled
def _edges(
    upper: NDArray[np.float64],
    lower: NDArray[np.float64],
    upper_seen: NDArray[np.bool_],
    lower_seen: NDArray[np.bool_],
    along: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Return a brow's edges and their middle at places along them, and where both are seen."""
    count, flags = len(along), np.empty(len(along), dtype=np.bool_)
    top = places_at(upper, along * (len(upper) - 1.0))
    low = places_at(lower, along * (len(lower) - 1.0))
    for place in range(count):
        above = int(np.rint(along[place] * (len(upper_seen) - 1.0)))
        below = int(np.rint(along[place] * (len(lower_seen) - 1.0)))
        flags[place] = upper_seen[above] and lower_seen[below]
    return top, low, 0.5 * (top + low), flags


def _brow_form(choice: float, count: int) -> NDArray[np.float64]:
    """Return (count, 1) thicknesses of a filled brow, from its inner to its outer end."""
    t = evenly(count)[:, None]
    if choice < 0.35:
        return np.ones((count, 1))
    if choice < 0.7:  # pointed at both ends
        return 1.3 * np.sin(np.pi * np.clip(0.12 + 0.8 * t, 0.0, 1.0))
    return 1.25 - 0.5 * np.abs(t - choice)  # a bar
