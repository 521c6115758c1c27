"""Eyes and brows, from full lids with an iris down to a dot or one closed line."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .face import DrawnFace
from .pen import LABEL as LABELS
from .pen import Pen, arc, resample
from .record import Record

__all__ = ["draw_brow", "draw_eye", "inside"]

_EYE_ROWS = {"R": slice(36, 42), "L": slice(42, 48)}
_IRIS_ROW = {"L": 68, "R": 69}


def inside(polygon: NDArray[np.floating], points: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Return which of (N, 2) points lie inside a polygon (even-odd rule)."""
    first, second = polygon, np.concatenate([polygon[1:], polygon[:1]])
    y = points[:, 1, None]
    crosses = (first[:, 1] > y) != (second[:, 1] > y)
    rise = np.where(crosses, second[:, 1] - first[:, 1], 1.0)
    x = first[:, 0] + (y - first[:, 1]) / rise * (second[:, 0] - first[:, 0])
    return (crosses & (points[:, 0, None] < x)).sum(axis=1) % 2 == 1


def draw_eye(pen: Pen, face: DrawnFace, side: str, aus: dict[str, float], record: Record) -> None:
    """Draw one eye in the hand's way, open or closed, and note what can be read from it."""
    if face.curves[f"upper_lid_{side}"].visible.mean() < 0.35:
        return
    kind = pen.hand.kinds["eye"]
    pen.part(f"eye {side}")
    shut = aus.get(f"AU43{side}", 0.0) >= 0.7
    record.show(f"AU43{side}")
    if shut:
        _draw_closed(pen, face, side, aus, record, plain=kind == "full")
    elif kind == "full":
        _draw_full(pen, face, side, aus, record)
    else:
        _draw_simple(pen, face, side, aus, record, kind)


def _draw_full(pen: Pen, face: DrawnFace, side: str, aus: dict[str, float], record: Record) -> None:
    """Draw lids, iris, pupil and highlight."""
    hand = pen.hand
    upper, lower = face.curves[f"upper_lid_{side}"], face.curves[f"lower_lid_{side}"]
    opening = np.concatenate([upper.points, lower.points[::-1]])
    high = np.abs(_area(opening)) / max(np.ptp(opening[:, 0]), 1.0)
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
        _draw_lashes(pen, face, upper.points, side, upwards=True)
    crease = face.curves[f"lid_crease_{side}"]
    if hand.draws["lid_crease"]:
        pen.line(crease.points, "lid_crease", hand["line_detail"], crease.visible, 0.85)


def _draw_iris(pen: Pen, face: DrawnFace, side: str, opening: NDArray[np.float64]) -> None:
    """Draw the iris as far as the lids leave it free."""
    ring = face.curves[f"iris_{side}"].points
    centre = ring.mean(axis=0)
    radius = float(np.sqrt(abs(_area(ring)) / np.pi))
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


def _draw_lashes(
    pen: Pen, face: DrawnFace, lid: NDArray[np.float64], side: str, *, upwards: bool
) -> None:
    """Draw a few lashes on the outer half of a lid."""
    count = int(pen.part(f"lashes {side}").integers(3, 6))
    roots = resample(lid, 1.0)
    roots = roots[np.linspace(0.45 * len(roots), len(roots) - 1, count).astype(int)]
    middle = lid.mean(axis=0)
    away = (roots - middle) / face.unit
    lift = face.to_image(np.array([[0.0, -1.0 if upwards else 1.0]]))[0] / face.unit
    reach = (away * 1.2 + lift * 0.25) * pen.rng.uniform(0.35, 0.6) * face.unit
    length = np.clip(np.hypot(*reach.T), 1.0, 0.16 * face.unit) / np.maximum(
        np.hypot(*reach.T), 1e-6
    )
    tips = roots + reach * length[:, None]
    batch = np.stack([roots, 0.5 * (roots + tips) + lift * 0.5, tips], axis=1)
    pen.trace(batch, LABELS["upper_lid"], 0.7)


def _draw_closed(
    pen: Pen,
    face: DrawnFace,
    side: str,
    aus: dict[str, float],
    record: Record,
    *,
    plain: bool,
) -> None:
    """Draw a closed eye: the line between the lids, an arc, or > and <."""
    hand, rng = pen.hand, pen.rng
    kind = hand.kinds["closed"]
    upper, lower = face.curves[f"upper_lid_{side}"], face.curves[f"lower_lid_{side}"]
    inner, outer = upper.points[0], upper.points[-1]
    across = outer - inner
    happy = max(aus.get(f"AU6{side}", 0.0), 0.8 * aus.get(f"AU12{side}", 0.0))
    down = face.to_image(np.array([[0.0, 1.0]]))[0] / face.unit
    along = np.linspace(0.0, 1.0, 14)[:, None]
    if kind == "cross" and not plain:
        spread = 0.3 * np.hypot(*across)
        far = [outer - spread * down, inner + 0.15 * across, outer + spread * down]
        line = np.array(far)
        pen.line(line, "upper_lid", 1.2, steady=True)
        arch = inner + along * across
    elif plain and rng.random() < 0.7:
        line = 0.5 * (resample_to(upper.points, 16) + resample_to(lower.points, 16))
        pen.line(line, "upper_lid", 1.3, resample_flags(upper.visible, 16))
        arch = line
    else:
        up = rng.random() < (0.8 if happy > 0.5 else 0.2)
        sag = rng.uniform(0.06, 0.3) * np.hypot(*across) * (-1.0 if up else 1.0)
        arch = inner + along * across + sag * (4.0 * along * (1.0 - along)) * down
        pen.line(arch, "upper_lid", 1.3, steady=True)
    if kind == "lashes":
        _draw_lashes(pen, face, arch, side, upwards=False)
    if plain and hand.draws["lid_crease"]:
        crease = face.curves[f"lid_crease_{side}"]
        pen.line(crease.points, "lid_crease", hand["line_detail"], crease.visible, 0.8)
    if plain:
        record.show(f"AU7{side}")
    rows = _EYE_ROWS[side]
    places = np.linspace(0.0, len(arch) - 1, 4).round().astype(int)
    seen = arch[places]
    if side == "R":  # iBUG 36 is the outer corner of the right eye, 42 the inner of the left
        seen = seen[::-1]
    record.landmarks[rows] = seen[[0, 1, 2, 3, 2, 1]]


def _draw_simple(
    pen: Pen, face: DrawnFace, side: str, aus: dict[str, float], record: Record, kind: str
) -> None:
    """Draw a cartoon's eye: a circle with a pupil, a dot, or an upright bean."""
    hand, rng = pen.hand, record.shared
    upper, lower = face.curves[f"upper_lid_{side}"].points, face.curves[f"lower_lid_{side}"].points
    width = float(np.hypot(*(upper[-1] - upper[0])))
    middle = 0.25 * (upper[0] + upper[-1]) + 0.25 * (upper.mean(axis=0) + lower.mean(axis=0))
    wide, tight = aus.get(f"AU5{side}", 0.0), aus.get(f"AU7{side}", 0.0)
    droop = max(aus.get(f"AU43{side}", 0.0), 0.0)
    rows = _EYE_ROWS[side]
    if kind != "circle":
        size = width * rng["dot"]
        tall = size * (1.0 if kind == "dot" else rng["tall"])
        ring = middle + face.to_image(
            arc(np.zeros(2), size, tall, 0.0, 2.0 * np.pi, 20) / face.unit
        )
        pen.fill(ring, "iris", 1.0)
        if kind == "bean" and hand.draws["highlight"] and size > 2.0:
            spot = middle + np.array([-0.3 * size, -0.4 * tall])
            pen.fill(arc(spot, 0.35 * size, 0.35 * size, 0.0, 2.0 * np.pi, 12), "none", 0.0)
        record.landmarks[_IRIS_ROW[side]] = middle
        if hand.draws["lid_crease"]:
            pen.line(upper, "upper_lid", 1.0)
        return
    radius = width * rng["circle"] * (1.0 + 0.15 * wide)
    tall = radius * (1.0 + 0.15 * wide) * rng["ellipse"]
    ring = middle + face.to_image(arc(np.zeros(2), radius, tall, 0.0, 2.0 * np.pi, 40)) / face.unit
    pen.fill(ring, "none", 0.0)
    looking = face.landmarks[_IRIS_ROW[side]] - 0.5 * (upper.mean(axis=0) + lower.mean(axis=0))
    reach = np.hypot(*looking)
    looking = looking * min(1.0, 0.55 * radius / max(reach * 1.6, 1e-6)) * 1.6
    small = radius * rng["pupil"]
    pupil = middle + looking
    spot = arc(pupil, small, small, 0.0, 2.0 * np.pi, 16)
    pen.fill(spot, "iris", 1.0, clip=ring)
    record.gaze()
    record.show(f"AU5{side}")
    record.landmarks[_IRIS_ROW[side]] = pupil
    # angle 0 is to the right of the picture; the upper half runs from pi to 2 pi
    around = 0.3 * tight + 0.75 * droop
    cut_low = -1.0 + 2.0 * max(around, 0.0) * 0.85
    local = (ring - middle) @ np.array(
        [[np.cos(face.roll), -np.sin(face.roll)], [np.sin(face.roll), np.cos(face.roll)]]
    )
    heights = local[:, 1] / tall
    if around > 0.12:
        hidden = heights < cut_low
        lid = ring[hidden]
        pen.fill(_lid_patch(ring, heights, cut_low), "none", 0.0)
        pen.line(lid, "lid_crease", 1.0) if len(lid) > 3 and hand.draws["lid_crease"] else None
        half = np.sqrt(max(1.0 - cut_low**2, 0.0)) * radius
        bar = (
            middle
            + face.to_image(np.array([[-half, cut_low * tall], [half, cut_low * tall]])) / face.unit
        )
        pen.line(bar, "upper_lid", 1.3, steady=True)
        record.show(f"AU7{side}")
        top = cut_low
    else:
        top = -1.0
        hidden = np.zeros(len(ring), dtype=bool)
    for label, half_ring in (("upper_lid", heights < 0.0), ("lower_lid", heights >= 0.0)):
        pen.line(
            np.roll(ring, -10, axis=0), label, 1.0, np.roll(half_ring & ~hidden, -10), steady=True
        )
    if hand.draws["lashes"]:
        ordered = upper + (middle - 0.5 * (upper[0] + upper[-1])) * 0.5
        _draw_lashes(pen, face, ordered, side, upwards=True)
    angles = np.array([np.pi, np.pi * 4 / 3, np.pi * 5 / 3, 0.0, np.pi / 3, np.pi * 2 / 3])
    seen = np.stack([np.cos(angles) * radius, np.maximum(np.sin(angles), top) * tall], axis=1)
    record.landmarks[rows] = middle + face.to_image(seen) / face.unit


def _lid_patch(
    ring: NDArray[np.float64], heights: NDArray[np.float64], cut: float
) -> NDArray[np.float64]:
    """Return the part of a ring above a cut, as a polygon."""
    rows = np.flatnonzero(heights < cut)
    order = np.argsort(np.roll(np.arange(len(ring)), len(ring) // 4)[rows])
    return ring[rows[order]] if len(rows) > 2 else ring[:3] * 0.0


def draw_brow(pen: Pen, face: DrawnFace, side: str, record: Record) -> None:
    """Draw one brow as edges, one stroke, a filled shape or hairs."""
    upper, lower = face.curves[f"brow_upper_{side}"], face.curves[f"brow_lower_{side}"]
    seen = 0.5 * (upper.visible.mean() + lower.visible.mean())
    pen.part(f"brow {side}")
    if seen < 0.3 or not pen.hand.draws["brow"]:
        return
    record.show(f"AU1{side}", f"AU2{side}", f"AU4{side}")
    top, low = resample_to(upper.points, 20), resample_to(lower.points, 20)
    flags = resample_flags(upper.visible, 20) & resample_flags(lower.visible, 20)
    middle = 0.5 * (top + low)
    kind = pen.hand.kinds["brow"]
    bushy = record.shared["bushy"]
    if kind == "edges":
        pen.line(top, "brow", 0.8, flags)
        pen.line(low, "brow", 0.8, flags)
    elif kind == "stroke":
        pen.line(middle, "brow", bushy, flags, steady=True)
    elif kind == "filled" and flags.sum() > 4:
        top, low, middle = top[flags], low[flags], middle[flags]
        thick = 0.6 + 0.4 * bushy
        shape = np.concatenate(
            [middle + thick * (top - middle), (middle + thick * (low - middle))[::-1]]
        )
        pen.fill(shape, "brow", 1.0)
    else:
        count = int(pen.rng.integers(10, 22))
        at = np.linspace(0, 19, count)
        roots = np.stack([np.interp(at, np.arange(20), low[:, axis]) for axis in (0, 1)], axis=1)
        tips = np.stack(
            [np.interp(np.minimum(at + 2.0, 19), np.arange(20), top[:, axis]) for axis in (0, 1)],
            axis=1,
        )
        keep = np.interp(at, np.arange(20), flags) > 0.5
        roots = roots + pen.rng.normal(0.0, 0.01 * face.unit, roots.shape)
        batch = np.stack([roots, 0.5 * (roots + tips), tips], axis=1)[keep]
        if len(batch):
            pen.trace(batch, LABELS["brow"], 0.7 + 0.15 * bushy)


def resample_to(points: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Return a polyline at so many equal steps of its index (curves are evenly sampled)."""
    at = np.linspace(0.0, len(points) - 1, count)
    rows = np.arange(len(points))
    return np.stack([np.interp(at, rows, points[:, 0]), np.interp(at, rows, points[:, 1])], axis=1)


def resample_flags(flags: NDArray[np.bool_], count: int) -> NDArray[np.bool_]:
    """Return flags at the nearest of so many equal steps."""
    return flags[np.linspace(0, len(flags) - 1, count).round().astype(int)]


def _area(polygon: NDArray[np.float64]) -> float:
    """Return the signed area of a polygon, square pixels."""
    x, y = polygon.T
    return 0.5 * float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))
