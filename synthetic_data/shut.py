"""Eyes that are shut: the line between the lids, arcs, strokes, crosses, stitches; and lashes."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .compiled import compiled
from .evenly import between, evenly, middle_of, places_at
from .face import DrawnFace
from .pen import LABEL, Pen, resample
from .record import Record

__all__ = ["EYE_ROWS", "draw_closed", "draw_lashes", "resample_flags", "resample_to"]

EYE_ROWS = {"R": slice(36, 42), "L": slice(42, 48)}
_TRACED = 0.55
"""How many hands that draw lids draw the line where they meet; the others draw a sign."""


def draw_closed(
    pen: Pen, face: DrawnFace, side: str, aus: dict[str, float], record: Record
) -> None:
    """Draw a shut eye in the hand's way, and put the landmarks onto what is drawn."""
    hand, kind = pen.hand, pen.hand.kinds["closed"]
    plain = hand.kinds["eye"] == "full"
    upper, lower = face.curves[f"upper_lid_{side}"], face.curves[f"lower_lid_{side}"]
    if plain and (kind == "arc" or kind == "lashes") and record.shared["shut"] < _TRACED:
        line = 0.5 * (resample_to(upper.points, 16) + resample_to(lower.points, 16))
        pen.line(line, "upper_lid", 1.3, resample_flags(upper.visible, 16))
    else:
        line = _SIGNS.get(kind, _draw_arc)(pen, face, side, aus, record)
    if kind == "lashes":
        draw_lashes(pen, face, line, side, upwards=False)
    if plain and hand.draws["lid_crease"]:
        crease = face.curves[f"lid_crease_{side}"]
        pen.line(crease.points, "lid_crease", hand["line_detail"], crease.visible, 0.8)
    if hand.draws["under_eye"] and record.shared["shut"] > 0.4:
        _draw_folds(pen, face, side, line)
    if plain:
        record.show(f"AU7{side}")
    seen = line[_nearest(len(line), 4)]
    if side == "R":  # iBUG 36 is the outer corner of the right eye, 42 the inner of the left
        seen = seen[::-1]
    record.landmarks[EYE_ROWS[side]] = seen[[0, 1, 2, 3, 2, 1]]


def _axes(
    face: DrawnFace, side: str
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the inner corner, the way to the outer one, and down (of the eye's width)."""
    lid = face.curves[f"upper_lid_{side}"].points
    across = lid[-1] - lid[0]
    down = face.way(0.0, 1.0) / face.unit * float(np.hypot(*across))
    return lid[0], across, down


def _draw_arc(
    pen: Pen, face: DrawnFace, side: str, aus: dict[str, float], record: Record
) -> NDArray[np.float64]:
    """One arc that hangs, or stands when the face laughs; both eyes alike."""
    inner, across, down = _axes(face, side)
    happy = max(aus.get(f"AU6{side}", 0.0), 0.8 * aus.get(f"AU12{side}", 0.0))
    up = record.shared["arch"] < (0.8 if happy > 0.5 else 0.2)
    sag = record.shared["sag"] * (-1.0 if up else 1.0)
    grow = 1.0 + 0.4 * (record.shared["shut"] - 0.3)
    along = evenly(14)[:, None]
    line = inner + (0.5 + grow * (along - 0.5)) * across
    line = line + sag * (4.0 * along * (1.0 - along) - 0.5) * down
    pen.line(line, "upper_lid", 1.3, steady=True)
    return line


def _draw_bar(
    pen: Pen, face: DrawnFace, side: str, aus: dict[str, float], record: Record
) -> NDArray[np.float64]:
    """One straight stroke, level or slanting the same way on both sides."""
    inner, across, down = _axes(face, side)
    slant = 0.6 * (record.shared["sag"] - 0.17) * down
    line = between(inner - slant, inner + across + slant, 8)
    pen.line(line, "upper_lid", 1.0 + record.shared["shut"], steady=True)
    return line


def _draw_chevron(
    pen: Pen, face: DrawnFace, side: str, aus: dict[str, float], record: Record
) -> NDArray[np.float64]:
    """> and <."""
    inner, across, down = _axes(face, side)
    spread = (0.2 + 0.6 * record.shared["sag"]) * down
    point = inner + 0.1 * across
    line = np.array([inner + across - spread, point, inner + across + spread])
    pen.line(line, "upper_lid", 1.2, steady=True)
    return inner + evenly(14, 0.1, 1.0)[:, None] * across


def _draw_x(
    pen: Pen, face: DrawnFace, side: str, aus: dict[str, float], record: Record
) -> NDArray[np.float64]:
    """Two strokes that cross."""
    inner, across, down = _axes(face, side)
    half = (0.25 + 0.6 * record.shared["sag"]) * down
    for sign in (-1.0, 1.0):
        ends = np.stack([inner - sign * half, inner + across + sign * half])
        pen.line(ends, "upper_lid", 1.1, steady=True)
    return between(inner, inner + across, 14)


def _draw_stitch(
    pen: Pen, face: DrawnFace, side: str, aus: dict[str, float], record: Record
) -> NDArray[np.float64]:
    """A slightly bent line with lashes across it, as picture stories draw sleep."""
    inner, across, down = _axes(face, side)
    along = evenly(16)[:, None]
    line = inner + along * across + 0.5 * record.shared["sag"] * 4.0 * along * (1 - along) * down
    pen.line(line, "upper_lid", 1.1, steady=True)
    count = 3 + int(5 * record.shared["shut"])
    roots = line[evenly(count, 2.0, 14.0).round().astype(int)]
    reach = (0.06 + 0.12 * record.shared["shut"]) * down
    above = 0.8 if record.shared["arch"] < 0.5 else 0.0
    strokes = np.stack([roots - above * reach, roots + reach], axis=1)
    pen.trace(strokes, LABEL["upper_lid"], 0.7)
    return line


def _draw_screwed(
    pen: Pen, face: DrawnFace, side: str, aus: dict[str, float], record: Record
) -> NDArray[np.float64]:
    """A heavy stroke that forks at the outer corner, as an eye that is screwed up."""
    inner, across, down = _axes(face, side)
    along = evenly(12)[:, None]
    bend = 4.0 * along * (1.0 - along)
    line = inner + along * across + 0.3 * (record.shared["arch"] - 0.5) * bend * down
    line = line + (0.12 * record.shared["shut"] - 0.06) * along * down
    pen.line(line, "upper_lid", 1.9, steady=True)
    fork = np.stack([line[7], line[-1] + 0.16 * down])
    pen.line(fork, "lower_lid", 1.2, steady=True)
    if record.shared["shut"] > 0.5:
        pen.line(np.stack([line[8], line[-1] - 0.14 * down]), "upper_lid", 1.0, steady=True)
    return line


_SIGNS = {
    "arc": _draw_arc, "lashes": _draw_arc, "cross": _draw_chevron, "bar": _draw_bar, "x": _draw_x,
    "stitch": _draw_stitch, "screwed": _draw_screwed,
}  # fmt: skip


def _draw_folds(pen: Pen, face: DrawnFace, side: str, line: NDArray[np.float64]) -> None:
    """Draw the skin pushed up below a shut eye, and a fold above it."""
    rng = pen.part(f"folds of the shut eye {side}")
    drop = face.way(0.0, rng.uniform(0.06, 0.12))
    count = len(line)
    for offset, first in ((drop, 0.3), (-drop, 0.2))[: int(rng.integers(1, 3))]:
        part = line[int(first * count) :] + offset
        pen.line(part, "lower_lid" if first > 0.25 else "lid_crease", 0.6, steady=True)


def draw_lashes(
    pen: Pen, face: DrawnFace, lid: NDArray[np.float64], side: str, *, upwards: bool
) -> None:
    """Draw a few lashes on the outer half of a lid."""
    count = int(pen.part(f"lashes {side}").integers(3, 6))
    lift = face.way(0.0, -1.0 if upwards else 1.0) / face.unit
    batch = _lashes(
        resample(lid, 1.0), middle_of(lid), evenly(count), lift, pen.rng.uniform(0.35, 0.6),
        face.unit,
    )  # fmt: skip
    pen.trace(batch, LABEL["upper_lid"], 0.7)


@compiled
def _lashes(
    lid: NDArray[np.float64],
    middle: NDArray[np.float64],
    along: NDArray[np.float64],
    lift: NDArray[np.float64],
    long: float,
    unit: float,
) -> NDArray[np.float64]:
    """Return (L, 3, 2) lashes that point away from an eye's middle.

    Parameters
    ----------
    lid : (N, 2) pixels, from the inner corner
    along : (L,) where on its outer half each begins, from 0 to 1
    lift : (2,) the way that lashes bend
    long, unit : how long they are, at most 0.16 of the face's unit, pixels
    """
    lashes = np.empty((len(along), 3, 2))
    first = 0.45 * len(lid)
    for number in range(len(along)):
        row = int(first + along[number] * (len(lid) - 1.0 - first))
        reach_x = ((lid[row, 0] - middle[0]) / unit * 1.2 + lift[0] * 0.25) * long * unit
        reach_y = ((lid[row, 1] - middle[1]) / unit * 1.2 + lift[1] * 0.25) * long * unit
        given = math.sqrt(reach_x * reach_x + reach_y * reach_y)
        grown = min(max(given, 1.0), 0.16 * unit) / max(given, 1e-6)
        for axis, reach in ((0, reach_x), (1, reach_y)):
            root = lid[row, axis]
            tip = root + reach * grown
            lashes[number, 0, axis], lashes[number, 2, axis] = root, tip
            lashes[number, 1, axis] = 0.5 * (root + tip) + lift[axis] * 0.5
    return lashes


def resample_to(points: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Return a polyline at so many equal steps of its index (curves are evenly sampled)."""
    return places_at(points, evenly(count, 0.0, len(points) - 1.0))


def resample_flags(flags: NDArray[np.bool_], count: int) -> NDArray[np.bool_]:
    """Return flags at the nearest of so many equal steps."""
    return flags[_nearest(len(flags), count)]


@lru_cache(maxsize=256)
def _nearest(length: int, count: int) -> NDArray[np.int64]:
    """Return the nearest of `length` places to each of `count` even steps."""
    return np.linspace(0.0, length - 1.0, count).round().astype(np.int64)
