"""Draws a hand's errors of proportion: eyes too large, a round or pointed head, a tilted mouth."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .face import DrawnFace
from .style import Hand
from .warp import Warp

__all__ = ["same_errors", "sample_warp"]

_GROUP_LANDMARKS = {
    "brow_R": range(17, 22), "brow_L": range(22, 27), "nose": range(27, 36),
    "eye_R": range(36, 42), "eye_L": range(42, 48), "mouth": range(48, 68),
}  # fmt: skip
_RADIAL_ORDER = 4
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
    local = (face.landmarks - face.centre) @ turn.T / face.unit
    parameters: dict[str, Any] = {
        "centre": _rounded(face.centre),
        "roll": face.roll,
        "unit": face.unit,
        "groups": _groups(local, hand, rng),
        "radial": _radial(face, hand, rng),
        "wave": _waves(hand["proportions_wave"], rng),
        "place": _UNPLACED,
    }
    _express(parameters, face, hand, aus, turn)
    parameters["place"] = _place(face, Warp(parameters), hand, size, rng)
    return Warp(parameters)


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
    return Warp({**parameters, "place": old["place"]})


def _turn(roll: float) -> NDArray[np.float64]:
    """Return the (2, 2) matrix that turns image vectors into the face's own axes."""
    cos, sin = np.cos(roll), np.sin(roll)
    return np.array([[cos, sin], [-sin, cos]])


def _rounded(values: NDArray[np.floating]) -> list[Any]:
    """Return plain numbers, short enough for JSON and exactly those that are used."""
    return np.round(values, 5).tolist()


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
    at_rest = np.zeros_like(face.neutral)
    warp = Warp(parameters)
    asked = [(list(_GROUP_LANDMARKS[name]), name) for name in ("brow_L", "brow_R", "mouth")]
    lines = [(face.neutral[rows], {name: 1.0}) for rows, name in asked]
    for (places, _), points in zip(asked, warp.apply_all(lines), strict=True):
        at_rest[places] = points
    at_rest = (at_rest - face.centre) @ turn.T / face.unit
    groups = parameters["groups"]
    for side in "LR":
        rows = _GROUP_LANDMARKS[f"brow_{side}"]
        tilt = more * np.array(_brow_tilt(side, aus)) + calm * _brow_rest(at_rest[list(rows)], side)
        groups[f"brow_{side}"]["tilt"] = _rounded(tilt)
    lift = hand["proportions_curl"] * np.array([_corner_lift(aus, side) for side in "RL"])
    groups["mouth"]["bend"] = _rounded(lift - calm * _corner_rest(at_rest))


def _groups(local: NDArray[np.float64], hand: Hand, rng: np.random.Generator) -> dict[str, Any]:
    """Scale, turn and shift the features, each about its own centre."""
    shift = hand["proportions_shift"]
    eyes, tall = hand["proportions_eyes"], hand["proportions_eye_height"]
    both_eyes = rng.normal(0.0, 0.7 * shift, 2)
    both_brows = (
        both_eyes - (0.0, 0.13 * max(eyes * tall - 1.0, 0.0)) + rng.normal(0, 0.5 * shift, 2)
    )
    brow = hand["proportions_brows"]
    groups: dict[str, Any] = {}
    for name, rows in _GROUP_LANDMARKS.items():
        points = local[list(rows)]
        low, high = points.min(axis=0), points.max(axis=0)
        scale, moved = np.ones(2), np.zeros(2)
        uneven = 1.0 + rng.normal(0.0, 0.4 * shift)
        angle = rng.normal(0.0, 0.5 * shift)
        if name.startswith("eye"):
            scale = np.array([eyes, eyes * tall]) * uneven
            moved = both_eyes + rng.normal(0.0, 0.25 * shift, 2)
        elif name.startswith("brow"):
            scale = np.array([0.5 + 0.5 * eyes, 1.0]) * brow * uneven
            moved = both_brows + rng.normal(0.0, 0.2 * shift, 2)
        elif name == "nose":
            scale = hand["proportions_nose"] * np.exp(rng.normal(0.0, 1.2 * shift, 2))
            moved = rng.normal(0.0, 0.5 * shift, 2)
        else:
            scale = hand["proportions_mouth"] * np.exp(rng.normal(0.0, 1.0 * shift, 2))
            moved = rng.normal(0.0, 0.7 * shift, 2)
        spin = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        groups[name] = {
            "centre": _rounded((low + high) / 2.0),
            "matrix": _rounded(spin @ np.diag(scale)),
            "shift": _rounded(moved),
            "bend": [0.0, 0.0],
            "tilt": [0.0, 0.0],
            "half_width": round(max(float(high[0] - low[0]) / 2.0, 0.05), 5),
        }
    return groups


def _corner_lift(aus: dict[str, float], side: str) -> float:
    """Return how much an exaggerating hand lifts (or, below 0, drops) a corner of the mouth."""
    up = aus.get(f"AU12{side}", 0.0)
    down = aus.get(f"AU15{side}", 0.0) + 0.25 * aus.get(f"AU20{side}", 0.0)
    return 0.45 * up - 0.5 * down


def _corner_rest(at_rest: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far each corner of the mouth (right, left) lies above its middle at rest."""
    middle = 0.5 * (at_rest[62, 1] + at_rest[66, 1])
    return np.clip(middle - at_rest[[48, 54], 1], -0.25, 0.25)


def _brow_rest(brow: NDArray[np.float64], side: str) -> NDArray[np.float64]:
    """Return the lifts of a brow's ends (picture's left, right) that give it its usual slope."""
    usual = _BROW_DROP if side == "L" else -_BROW_DROP
    slope = float(np.clip(brow[-1, 1] - brow[0, 1] - usual, -0.25, 0.25))
    return np.array([-0.5, 0.5]) * slope


def _brow_tilt(side: str, aus: dict[str, float]) -> tuple[float, float]:
    """Return how far an exaggerating hand raises a brow's ends (picture's left, right), units."""
    raised, lowered = aus.get(f"AU1{side}", 0.0), aus.get(f"AU4{side}", 0.0)
    inner = 0.6 * raised - 0.5 * lowered * (1.0 - raised)
    outer = 0.6 * aus.get(f"AU2{side}", 0.0) + 0.15 * lowered
    return (inner, outer) if side == "L" else (outer, inner)


def _radial(face: DrawnFace, hand: Hand, rng: np.random.Generator) -> dict[str, Any]:
    """Bend the head towards a simple shape: ellipse, pear, triangle, box or egg."""
    radius = float(np.mean(face.radii))
    strength = hand["proportions_round"]
    angle = np.linspace(0.0, 2.0 * np.pi, len(face.radii), endpoint=False)
    in_face = angle - face.roll
    power = float(rng.choice([2.0, 2.0, 2.3, 3.0, 4.0]))
    squash = hand["proportions_squash"]
    # where the head is really narrower seen from its side, the shape follows
    cos, sin = np.abs(np.cos(in_face)) / squash, np.abs(np.sin(in_face)) * squash
    shape = (cos**power + sin**power) ** (-1.0 / power)
    shape *= (
        1.0
        + rng.normal(0.0, 0.08) * np.sin(in_face)
        + rng.normal(0.0, 0.05) * np.sin(3.0 * in_face)
    )
    shape *= radius / shape.mean()
    terms = strength * (shape / face.radii - 1.0)
    spread = 0.25 * hand["proportions_shift"]
    kept = [float(terms.mean())]
    for order in range(1, _RADIAL_ORDER + 1):
        kept.append(2.0 * float(np.mean(terms * np.cos(order * in_face))) + rng.normal(0.0, spread))
        kept.append(2.0 * float(np.mean(terms * np.sin(order * in_face))) + rng.normal(0.0, spread))
    return {
        "centre": [0.0, 0.0],
        "radius": round(radius / face.unit, 5),
        "terms": _rounded(np.array(kept)),
    }


def _waves(strength: float, rng: np.random.Generator) -> list[list[float]]:
    """Draw two long waves."""
    amount = rng.normal(0.0, 1.0, (2, 2)) * strength
    number = rng.normal(0.0, 1.3, (2, 2))
    phase = rng.uniform(0.0, 2.0 * np.pi, (2, 1))
    return np.round(np.concatenate([amount, number, phase], axis=1), 5).tolist()


def _place(
    face: DrawnFace, warp: Warp, hand: Hand, size: int, rng: np.random.Generator
) -> list[list[float]]:
    """Put the head on the sheet."""
    outline = warp.apply(face.outline())
    low, high = outline.min(axis=0), outline.max(axis=0)
    wanted = size * rng.uniform(0.45, 0.95) if rng.random() < 0.9 else size * rng.uniform(0.3, 0.5)
    growth = wanted / float((high - low).max())
    stretch = np.exp(rng.normal(0.0, 0.3 * hand["proportions_shift"]))
    scale = growth * np.array([stretch, 1.0 / stretch])
    room = np.maximum(size - (high - low) * scale, 0.0)
    middle = size / 2.0 + rng.normal(0.0, 0.22, 2) * room + (0.0, 0.04 * size)
    offset = middle - scale * (low + high) / 2.0
    return [
        [round(scale[0], 5), 0.0, round(offset[0], 5)],
        [0.0, round(scale[1], 5), round(offset[1], 5)],
    ]
