"""What a face carries at rest: creases of age, hollows and shades that no expression has made.

They are there whatever the face does, so that such ink by itself tells of no Action Unit; an
expression adds to the creases (`creases.py`).
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .compiled import compiled
from .evenly import between, evenly, length_of, one_of, places_at
from .face import DrawnFace
from .modelling import draw_marks
from .pen import Pen
from .style import Hand

__all__ = ["NOTHING", "draw_shades", "sample_resting"]

_CREASES = {
    # the hand's line; chance in the young, what age adds to it; the least and the greatest depth
    "fold": ("nasolabial", 0.05, 0.4, 0.25, 0.6),
    "bag": ("under_eye", 0.2, 0.35, 0.1, 0.7),
    "chin": ("mentolabial", 0.3, 0.15, 0.1, 0.5),
    "crow_feet": ("crow_feet", 0.0, 0.4, 0.15, 0.5),
    "forehead": ("forehead", 0.0, 0.45, 0.15, 0.5),
    "frown": ("glabella", 0.0, 0.2, 0.1, 0.3),
}
"""Lines, drawn by hands that draw such a line at all."""
_SHADES = {
    "under_lip": 0.6, "under_nose": 0.5, "cheeks": 0.4, "eye_hollows": 0.45, "fold_shade": 0.3,
    "chin_ball": 0.35, "nose_side": 0.35, "lids": 0.35,
}  # fmt: skip
"""Patches of marks, and how many of the hands that shade resting faces lay each."""
_HEAVY_SEAM, _DOUBLE_SEAM = 0.3, 0.12

NOTHING: dict[str, float] = {
    "age": 0.0, **dict.fromkeys((*_CREASES, *_SHADES), 0.0), "seam": 1.0, "seam_apart": 0.0,
}  # fmt: skip
"""A face that carries nothing."""


def sample_resting(hand: Hand, rng: np.random.Generator) -> dict[str, float]:
    """Draw what one face carries at rest.

    Returns
    -------
    `age` in [0, 1]; the depth of each crease and shade in [0, 1], 0 where there is none; `seam`,
    how wide the line between closed lips is for this hand's lines; `seam_apart`, the distance of a
    second such line, in units of the face (0: there is none)
    """
    age = float(rng.random())
    carried = {"age": age}
    numbers = iter(rng.random(2 * len(_CREASES) + 2 * len(_SHADES) + 4).tolist())
    for name, (line, young, aged, least, most) in _CREASES.items():
        chance, depth = next(numbers), next(numbers)
        likely = 1.0 if name == "fold" and hand.draws["fold"] else young + aged * age
        drawn = hand.draws[line] and chance < likely
        carried[name] = least + (most - least) * depth if drawn else 0.0
    chances, depths = ([next(numbers) for _ in _SHADES] for _ in range(2))
    for (name, likely), chance, depth in zip(_SHADES.items(), chances, depths, strict=True):
        shaded = hand.draws["resting"] and chance < likely
        carried[name] = 0.3 + 0.7 * depth if shaded else 0.0
    heavy, wide, double, apart = numbers
    carried["seam"] = 1.2 + 1.2 * wide if heavy < _HEAVY_SEAM else 1.0
    carried["seam_apart"] = 0.012 + 0.012 * apart if double < _DOUBLE_SEAM else 0.0
    return {name: round(value, 3) for name, value in carried.items()}


def draw_shades(pen: Pen, face: DrawnFace, resting: dict[str, float]) -> None:
    """Lay the shades of a resting face: rows of even strokes, as hands hatch, in one batch."""
    rng = pen.part("shades at rest")
    laid = [row for row in _rows(face, resting, rng) if row[0] > 0.0]
    if not laid:
        return
    spacing = 0.8 * pen.hand["shade_spacing"] * pen.scale
    batches = [_row(rng, spacing / (0.5 + 0.5 * row[0]), *row[1:]) for row in laid]
    starts, ends = (np.concatenate(points) for points in zip(*batches, strict=True))
    draw_marks(pen, starts, ends, "other", one_of(rng, (0.5, 0.65, 0.8)))


_Row = tuple[float, NDArray[np.float64], NDArray[np.float64]]
_AXES = np.eye(2)


def _rows(face: DrawnFace, resting: dict[str, float], rng: np.random.Generator) -> list[_Row]:
    """List rows of strokes: depth, the (N, 2) line that they stand along, the stroke's (2,) way."""
    wide, upright, low = rng.uniform(0.12, 0.24), rng.random() < 0.5, rng.uniform(0.12, 0.3)
    shaded = any(resting[name] for name in _SHADES)
    across, down = face.to_image(_AXES)
    rows: list[_Row] = []
    if shaded:
        rows += _middle_rows(face, resting, rng, across, down, wide, low, upright=upright)
    lit = one_of(rng, (-1.0, 0.0, 0.0, 1.0))
    tilt, sink = rng.uniform(0.04, 0.14), rng.uniform(0.05, 0.12)
    if shaded:
        rows += _side_rows(face, resting, across, down, lit, tilt, sink)
    return rows


def _middle_rows(
    face: DrawnFace,
    resting: dict[str, float],
    rng: np.random.Generator,
    across: NDArray[np.float64],
    down: NDArray[np.float64],
    wide: float,
    low: float,
    *,
    upright: bool,
) -> list[_Row]:
    """List the rows under lip and nose, and on the chin."""
    marks, seen = face.landmarks, face.landmarks_visible
    lip, chin, base = marks[57], marks[8], marks[33]
    rows: list[_Row] = []
    below = lip + low * (chin - lip)
    if resting["under_lip"] and seen[57]:
        rows.append((resting["under_lip"], *_patch(below, across, down, wide, 0.05, upright)))
    if resting["chin_ball"] and seen[8]:
        ball = lip + rng.uniform(0.75, 0.88) * (chin - lip)
        bow = ball + _bent(0.2, 0.05, across, down)
        rows.append((resting["chin_ball"], bow, 0.09 * down + rng.uniform(-0.06, 0.06) * across))
    if resting["under_nose"] and seen[33]:
        lean = rng.uniform(-0.05, 0.05) * across
        top = base + 0.03 * down + _bent(rng.uniform(0.1, 0.2), -0.02, across, down)
        reach = rng.uniform(0.35, 0.8) * float((marks[51] - base) @ down) / float(down @ down)
        rows.append((resting["under_nose"], top + 0.5 * reach * down, reach * down + lean))
    return rows


def _side_rows(
    face: DrawnFace,
    resting: dict[str, float],
    across: NDArray[np.float64],
    down: NDArray[np.float64],
    lit: float,
    tilt: float,
    sink: float,
) -> list[_Row]:
    """List the rows around the eyes and on the side of the face that is not lit."""
    marks, seen = face.landmarks, face.landmarks_visible
    rows: list[_Row] = []
    for side, sign, row, wing, corner in (("R", -1.0, 2, 31, 48), ("L", 1.0, 14, 35, 54)):
        shadowed = sign != lit
        lid = face.curves[f"lower_lid_{side}"]
        if resting["eye_hollows"] and lid.visible[len(lid.points) // 2]:
            under = places_at(lid.points, evenly(9, 0.0, 0.75 * len(lid.points)))
            way = 0.09 * down + sign * 0.05 * across
            rows.append((resting["eye_hollows"], under + sink * down + 0.5 * way, way))
        lid = face.curves[f"upper_lid_{side}"]
        if resting["lids"] and lid.visible[len(lid.points) // 2]:
            way = 0.1 * down + sign * 0.03 * across
            rows.append((resting["lids"], lid.points - (0.5 * way + 0.02 * down), way))
        fold = face.curves[f"nasolabial_{side}"]
        if resting["fold_shade"] and shadowed and fold.visible[len(fold.points) // 2]:
            part = fold.points[: int(0.7 * len(fold.points))]
            way = sign * 0.09 * across + tilt * down
            rows.append((resting["fold_shade"], part + 0.4 * way, way))
        if resting["cheeks"] and shadowed and seen[row]:
            middle = 0.5 * (marks[row] + marks[corner])
            line = middle + evenly(7, -0.22, 0.22)[:, None] * (down - 0.4 * sign * across)
            rows.append((resting["cheeks"], line, 0.22 * sign * across + tilt * down))
        if resting["nose_side"] and shadowed and seen[wing]:
            line = between(marks[28] + 0.07 * sign * across, marks[wing], 7)
            rows.append((resting["nose_side"], line, 0.07 * sign * across + 0.06 * down))
    return rows


def _bent(
    wide: float, sag: float, across: NDArray[np.float64], down: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return a shallow arc, (9, 2), that hangs by `sag` in its middle; both in units."""
    along = evenly(9, -1.0, 1.0)[:, None]
    return wide * along * across + sag * (1.0 - along * along) * down


def _patch(
    middle: NDArray[np.float64],
    across: NDArray[np.float64],
    down: NDArray[np.float64],
    wide: float,
    high: float,
    upright: bool,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the line and the way of a level patch's strokes, which stand or lie."""
    if upright:
        return middle + _bent(wide, 0.03, across, down), 2.0 * high * down + 0.02 * across
    line = middle + evenly(5, -high, high)[:, None] * down
    return line, 2.0 * wide * across


def _row(
    rng: np.random.Generator,
    spacing_px: float,
    line: NDArray[np.float64],
    way: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return starts and ends, (S, 2), of strokes at even steps of a line, shorter at its ends."""
    count = min(max(int(length_of(line) / spacing_px) + 1, 3), 24)
    jitter = rng.uniform(-1.0, 1.0, (3, count))
    return _strokes(line, way, evenly(count, -1.0, 1.0), jitter)


@compiled
def _strokes(
    line: NDArray[np.float64],
    way: NDArray[np.float64],
    even: NDArray[np.float64],
    jitter: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return starts and ends, (S, 2), of strokes along a line (N, 2).

    Parameters
    ----------
    way : (2,) from start to end of the longest
    even : (S,) even steps from -1 to 1
    jitter : (3, S) in [-1, 1]: how each strays along the line, in its length and across
    """
    count = len(even)
    starts, ends, at = np.empty((count, 2)), np.empty((count, 2)), np.empty(count)
    for place in range(count):
        along = even[place] + jitter[0, place] * (0.5 / count)
        at[place] = min(max(0.5 * (along + 1.0), 0.0), 1.0) * (len(line) - 1.0)
    centre = places_at(line, at)
    for place in range(count):
        along = even[place] + jitter[0, place] * (0.5 / count)
        reach = 0.45 + 0.55 * (1.0 - along * along) + 0.12 * jitter[1, place]
        for axis in range(2):
            middle = centre[place, axis] + 0.1 * jitter[2, place] * way[axis]
            starts[place, axis] = middle - 0.5 * (reach * way[axis])
            ends[place, axis] = middle + 0.5 * (reach * way[axis])
    return starts, ends
