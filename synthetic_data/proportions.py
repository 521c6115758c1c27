"""Draws a hand's errors of proportion: eyes too large, a round or pointed head, a tilted mouth."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .compiled import compiled
from .evenly import box_of, rounded
from .face import DrawnFace
from .outline import OUTLINE_BINS
from .style import Hand
from .warp import Warp, shares_of

__all__ = ["same_errors", "sample_warp"]

_GROUP_LANDMARKS = {
    "brow_R": range(17, 22), "brow_L": range(22, 27), "nose": range(27, 36),
    "eye_R": range(36, 42), "eye_L": range(42, 48), "mouth": range(48, 68),
}  # fmt: skip
_ENDS = np.array([rows.start for rows in _GROUP_LANDMARKS.values()] + [68])
"""Where each begins among all landmarks, and the last one's end; they follow one another."""
_TOLD = np.array([row for name in ("brow_R", "brow_L", "mouth") for row in _GROUP_LANDMARKS[name]])
_TOLD_RUNS = (
    np.array([shares_of({name: 1.0}) for name in ("brow_R", "brow_L", "mouth")]),
    np.array([5, 10, len(_TOLD)]),
)
"""Landmarks that tell an expression, and how they follow the hand's groups."""
_RADIAL_ORDER = 4
_ORDERS = np.arange(1.0, _RADIAL_ORDER + 1.0)[:, None]
_ANGLES = _ORDERS * np.linspace(0.0, 2.0 * np.pi, OUTLINE_BINS, endpoint=False)
_COSINES, _SINES = np.cos(_ANGLES), np.sin(_ANGLES)
"""Of the multiples of the angles of an outline, (orders, bins)."""
_POWERS = (2.0, 2.0, 2.3, 3.0, 4.0)
_UNPLACED = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
_BROW_DROP = 0.13
"""How much lower the outer end of a calm brow is than the inner one, units."""


def sample_warp(
    face: DrawnFace,
    hand: Hand,
    aus: dict[str, float],
    size: int,
    rng: np.random.Generator,
) -> Warp:
    """Draw one map of the image plane for a face seen by a hand.

    The final placement puts the face on the sheet, 45 to 95 % of its side tall, off centre.
    """
    turn = _turn(face.roll)
    parameters: dict[str, Any] = {
        "centre": _rounded(face.centre),
        "roll": face.roll,
        "unit": face.unit,
        "groups": _groups(face, turn, hand, rng),
        "radial": _radial(face, hand, rng),
        "wave": _waves(hand["proportions_wave"], rng),
        "place": _UNPLACED,
    }
    _express(parameters, face, hand, aus, turn)
    warp = Warp(parameters)
    return warp.placed(_place(face, warp, hand, size, rng))


def same_errors(
    warp: Warp, before: DrawnFace, face: DrawnFace, hand: Hand, aus: dict[str, float]
) -> Warp:
    """Return the errors that the same hand makes in another moment of the same face.

    They go with the head where it turns; only the ends of brows and mouth ask anew what the
    expression lifts. The sheet stays where it is.

    Parameters
    ----------
    warp : the errors made before
    before, face : the face then and now, both before any warp
    hand, aus : who draws, and AU label → intensity now
    """
    old = warp.parameters
    centre = np.asarray(old["centre"]) + face.neutral.mean(axis=0) - before.neutral.mean(axis=0)
    roll = old["roll"] + face.roll - before.roll
    parameters = {**old, "centre": _rounded(centre), "roll": roll, "place": _UNPLACED}
    was = (before.neutral - old["centre"]) @ _turn(old["roll"]).T / old["unit"]
    now = (face.neutral - parameters["centre"]) @ _turn(roll).T / old["unit"]
    parameters["groups"] = {
        name: {
            **old["groups"][name],
            "centre": _rounded(
                np.asarray(old["groups"][name]["centre"])
                + (now[list(rows)] - was[list(rows)]).mean(axis=0)
            ),
            "bend": [0.0, 0.0],
            "tilt": [0.0, 0.0],
        }
        for name, rows in _GROUP_LANDMARKS.items()
    }
    _express(parameters, face, hand, aus, _turn(roll))
    return Warp(parameters).placed(old["place"])


def _turn(roll: float) -> NDArray[np.float64]:
    """Return the (2, 2) matrix that turns image vectors into the face's own axes."""
    cos, sin = math.cos(roll), math.sin(roll)
    return np.array([[cos, sin], [-sin, cos]])


def _rounded(values: NDArray[np.floating]) -> list[Any]:
    """Return plain numbers, short enough for JSON and exactly those that are used."""
    return rounded(values, 1e5).tolist()


def _express(
    parameters: dict[str, Any],
    face: DrawnFace,
    hand: Hand,
    aus: dict[str, float],
    turn: NDArray[np.float64],
) -> None:
    """Lift and drop the ends of brows and mouth as the expression asks.

    A calm hand also takes back the frown or smile that a face wears at rest by its mere build and
    by this warp: in few lines it would be read as an expression.
    """
    calm, more = hand["proportions_calm"], hand["proportions_tilt"]
    moved = Warp(parameters).apply_runs(face.neutral.take(_TOLD, axis=0), *_TOLD_RUNS)
    groups = parameters["groups"]
    heights = _heights(moved, face.centre, turn, face.unit).tolist()
    for side, brow in (("R", heights[:5]), ("L", heights[5:10])):
        rest = calm * _brow_rest(brow, side)
        left, right = _brow_tilt(side, aus)  # in the picture
        groups[f"brow_{side}"]["tilt"] = [
            round(more * left - 0.5 * rest, 5), round(more * right + 0.5 * rest, 5),
        ]  # fmt: skip
    curl = hand["proportions_curl"]
    groups["mouth"]["bend"] = [
        round(curl * _corner_lift(aus, side) - calm * rest, 5)
        for side, rest in zip("RL", _corner_rest(heights[10:]), strict=True)
    ]


def _groups(
    face: DrawnFace, turn: NDArray[np.float64], hand: Hand, rng: np.random.Generator
) -> dict[str, Any]:
    """Scale, turn and shift the features, each about its own centre."""
    shift = hand["proportions_shift"]
    eyes, tall = hand["proportions_eyes"], hand["proportions_eye_height"]
    eyes_x, eyes_y, brows_x, brows_y = rng.normal(0.0, shift, 4).tolist()
    eyes_x, eyes_y = 0.7 * eyes_x, 0.7 * eyes_y
    brows_x = eyes_x + 0.5 * brows_x
    brows_y = eyes_y + 0.5 * brows_y - 0.13 * max(eyes * tall - 1.0, 0.0)
    chance = rng.normal(0.0, shift, (len(_GROUP_LANDMARKS), 6)).tolist()
    numbers: list[float] = []
    boxes = _boxes(face.landmarks, face.centre, turn, face.unit, _ENDS).tolist()
    for name, (low_x, low_y, high_x, high_y), (size, angle, x, y, wide, high) in zip(
        _GROUP_LANDMARKS, boxes, chance, strict=True
    ):
        uneven = 1.0 + 0.4 * size
        if name.startswith("eye"):
            scale = (eyes * uneven, eyes * tall * uneven)
            moved = (eyes_x + 0.25 * x, eyes_y + 0.25 * y)
        elif name.startswith("brow"):
            grown = hand["proportions_brows"] * uneven
            scale = ((0.5 + 0.5 * eyes) * grown, grown)
            moved = (brows_x + 0.2 * x, brows_y + 0.2 * y)
        elif name == "nose":
            nose = hand["proportions_nose"]
            scale = (nose * math.exp(1.2 * wide), nose * math.exp(1.2 * high))
            moved = (0.5 * x, 0.5 * y)
        else:
            mouth = hand["proportions_mouth"]
            scale = (mouth * math.exp(wide), mouth * math.exp(high))
            moved = (0.7 * x, 0.7 * y)
        cos, sin = math.cos(0.5 * angle), math.sin(0.5 * angle)
        numbers += (
            (low_x + high_x) / 2.0, (low_y + high_y) / 2.0,
            cos * scale[0], -sin * scale[1], sin * scale[0], cos * scale[1],
            *moved, max((high_x - low_x) / 2.0, 0.05),
        )  # fmt: skip
    return {
        name: {
            "centre": [x, y], "matrix": [[xx, xy], [yx, yy]], "shift": [right, down],
            "bend": [0.0, 0.0], "tilt": [0.0, 0.0], "half_width": half_width,
        }
        for name, (x, y, xx, xy, yx, yy, right, down, half_width) in zip(
            _GROUP_LANDMARKS, _rounded(np.array(numbers).reshape(-1, 9)), strict=True
        )
    }  # fmt: skip


@compiled
def _heights(
    marks: NDArray[np.float64], centre: NDArray[np.float64], turn: NDArray[np.float64], unit: float
) -> NDArray[np.float64]:
    """Return how far below the centre each of (N, 2) landmarks lies in the face's own frame."""
    heights = np.empty(len(marks))
    for row in range(len(marks)):
        dx, dy = marks[row, 0] - centre[0], marks[row, 1] - centre[1]
        heights[row] = (turn[1, 0] * dx + turn[1, 1] * dy) / unit
    return heights


@compiled
def _boxes(
    marks: NDArray[np.float64],
    centre: NDArray[np.float64],
    turn: NDArray[np.float64],
    unit: float,
    ends: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return left, top, right and bottom (G, 4) of groups of landmarks in the face's own frame.

    Parameters
    ----------
    ends : (G + 1,) the groups' first rows, and the end of the last one
    """
    boxes = np.empty((len(ends) - 1, 4))
    for group in range(len(boxes)):
        box = boxes[group]
        box[:2], box[2:] = np.inf, -np.inf
        for row in range(ends[group], ends[group + 1]):
            dx, dy = marks[row, 0] - centre[0], marks[row, 1] - centre[1]
            x = (turn[0, 0] * dx + turn[0, 1] * dy) / unit
            y = (turn[1, 0] * dx + turn[1, 1] * dy) / unit
            box[0], box[1] = min(box[0], x), min(box[1], y)
            box[2], box[3] = max(box[2], x), max(box[3], y)
    return boxes


def _corner_lift(aus: dict[str, float], side: str) -> float:
    """Return how much an exaggerating hand lifts (or, below 0, drops) a corner of the mouth."""
    up = aus.get(f"AU12{side}", 0.0)
    down = aus.get(f"AU15{side}", 0.0) + 0.25 * aus.get(f"AU20{side}", 0.0)
    return 0.45 * up - 0.5 * down


def _corner_rest(mouth: list[float]) -> list[float]:
    """Return how far each corner (right, left) of a mouth lies above its middle; (20,) heights."""
    middle = 0.5 * (mouth[14] + mouth[18])
    return [min(max(middle - mouth[corner], -0.25), 0.25) for corner in (0, 6)]


def _brow_rest(brow: list[float], side: str) -> float:
    """Return how much a brow must be tilted to have its usual slope; (5,) heights."""
    usual = _BROW_DROP if side == "L" else -_BROW_DROP
    return min(max(brow[-1] - brow[0] - usual, -0.25), 0.25)


def _brow_tilt(side: str, aus: dict[str, float]) -> tuple[float, float]:
    """Return how far an exaggerating hand raises a brow's ends (picture's left, right), units."""
    raised, lowered = aus.get(f"AU1{side}", 0.0), aus.get(f"AU4{side}", 0.0)
    inner = 0.6 * raised - 0.5 * lowered * (1.0 - raised)
    outer = 0.6 * aus.get(f"AU2{side}", 0.0) + 0.15 * lowered
    return (inner, outer) if side == "L" else (outer, inner)


def _radial(face: DrawnFace, hand: Hand, rng: np.random.Generator) -> dict[str, Any]:
    """Bend the head towards a simple shape: ellipse, pear, triangle, box or egg."""
    radii, strength = face.radii, hand["proportions_round"]
    power = _POWERS[int(rng.integers(len(_POWERS)))]
    squash = hand["proportions_squash"]
    first, third = rng.standard_normal(2).tolist()
    spread = 0.25 * hand["proportions_shift"]
    back = _ORDERS * face.roll
    turned, across, down = _turned(np.cos(back), np.sin(back), _COSINES, _SINES, squash)
    # where the head is really narrower seen from its side, the shape follows
    shape = (across**power + down**power) ** (-1.0 / power)
    radius, kept = _terms(radii, shape, turned, strength, 0.08 * first, 0.05 * third)
    kept[1:] += rng.normal(0.0, spread, 2 * _RADIAL_ORDER)
    return {
        "centre": [0.0, 0.0],
        "radius": round(radius / face.unit, 5),
        "terms": _rounded(kept),
    }


@compiled
def _turned(
    cos: NDArray[np.float64],
    sin: NDArray[np.float64],
    cosines: NDArray[np.float64],
    sines: NDArray[np.float64],
    squash: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return cosines and sines (orders, 2, bins) of multiples of the angle from the face's axis.

    And how far a squashed ellipse reaches across and down, (bins,).

    Parameters
    ----------
    cos, sin : (orders, 1) of the multiples of the face's roll
    cosines, sines : (orders, bins) of the multiples of the angle in the picture
    """
    orders, bins = cosines.shape
    turned, across, down = np.empty((orders, 2, bins)), np.empty(bins), np.empty(bins)
    for order in range(orders):
        by_cos, by_sin = cos[order, 0], sin[order, 0]
        for place in range(bins):
            x, y = cosines[order, place], sines[order, place]
            turned[order, 0, place] = by_cos * x + by_sin * y
            turned[order, 1, place] = by_cos * y - by_sin * x
    for place in range(bins):
        across[place], down[place] = (
            abs(turned[0, 0, place]) / squash,
            abs(turned[0, 1, place]) * squash,
        )
    return turned, across, down


@compiled
def _terms(
    radii: NDArray[np.float64],
    shape: NDArray[np.float64],
    turned: NDArray[np.float64],
    strength: float,
    lift: float,
    corner: float,
) -> tuple[float, NDArray[np.float64]]:
    """Return the mean radius, and the Fourier terms that bend a head towards a shape, both (bins,).

    Parameters
    ----------
    turned : (orders, 2, bins) as of `_turned`
    lift, corner : how much of the sines of the first and of the third order the shape gets
    """
    orders, _, bins = turned.shape
    radius = size = 0.0
    for place in range(bins):
        shape[place] *= 1.0 + lift * turned[0, 1, place] + corner * turned[2, 1, place]
        radius += radii[place]
        size += shape[place]
    kept, wanted = np.zeros(1 + 2 * orders), strength * radius / size
    for place in range(bins):
        term = (shape[place] * wanted / radii[place] - strength) * 2.0 / bins
        kept[0] += 0.5 * term
        for order in range(orders):
            kept[2 * order + 1] += turned[order, 0, place] * term
            kept[2 * order + 2] += turned[order, 1, place] * term
    return radius / bins, kept


def _waves(strength: float, rng: np.random.Generator) -> list[list[float]]:
    """Draw two long waves."""
    a, b, c, d, e, f, g, h = rng.standard_normal(8).tolist()
    first, second = rng.uniform(0.0, 2.0 * math.pi, 2).tolist()
    waves = (
        (strength * a, strength * b, 1.3 * e, 1.3 * f, first),
        (strength * c, strength * d, 1.3 * g, 1.3 * h, second),
    )
    return _rounded(np.array(waves))


def _place(
    face: DrawnFace, warp: Warp, hand: Hand, size: int, rng: np.random.Generator
) -> list[list[float]]:
    """Put the head on the sheet."""
    low_x, low_y, high_x, high_y = box_of(warp.apply(face.outline()))
    wanted = size * rng.uniform(0.45, 0.95) if rng.random() < 0.9 else size * rng.uniform(0.3, 0.5)
    growth = wanted / max(high_x - low_x, high_y - low_y)
    stretch = math.exp(rng.normal(0.0, 0.3 * hand["proportions_shift"]))
    across, down = growth * stretch, growth / stretch
    room_x = max(size - (high_x - low_x) * across, 0.0)
    room_y = max(size - (high_y - low_y) * down, 0.0)
    x, y = rng.normal(0.0, 0.22, 2).tolist()
    offset_x = size / 2.0 + x * room_x - across * (low_x + high_x) / 2.0
    offset_y = size / 2.0 + y * room_y + 0.04 * size - down * (low_y + high_y) / 2.0
    return [
        [round(across, 5), 0.0, round(offset_x, 5)],
        [0.0, round(down, 5), round(offset_y, 5)],
    ]
