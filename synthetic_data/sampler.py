"""Which faces are drawn: identities, expressions and views, drawn by chance within FACS's rules.

References
----------
Ekman, Friesen & Hager (2002), FACS Investigator's Guide: prototypes (table 10-1), and which AUs
change or exclude each other.
Matsumoto & Ekman (2004), contempt: AU12 and 14 on one side.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..rig.facs import AU_LABELS, GAZE_AUS, PAIRED_AUS, SINGLE_AUS
from ..rig.features import MIRRORED_LANDMARKS
from .antagonists import ANTAGONISTS
from .natural import sample_confused, sample_measured

__all__ = [
    "PROTOTYPES",
    "Expression",
    "mirror_aus",
    "mirror_landmarks",
    "sample_expression",
    "sample_rotation",
]

PRESENT, TRACE = 0.3, 0.1
"""An AU counts as there from FACS B on, and as absent below a trace."""

PROTOTYPES: dict[str, tuple[dict[int, float], ...]] = {
    "happy": ({6: 0.7, 12: 0.8}, {12: 0.6}, {6: 0.8, 12: 0.9, 25: 0.7}, {12: 0.8, 25: 0.6},
              {6: 0.7, 12: 0.8, 25: 0.8, 26: 0.6}, {6: 0.8, 12: 0.8, 43: 1.0}, {12: 0.9, 25: 0.8},
              {6: 0.9, 12: 0.9, 25: 0.9, 26: 0.7, 43: 1.0}, {6: 0.8, 12: 0.9, 25: 0.8, 43: 0.6}),
    "sad": ({1: 0.7, 4: 0.5, 15: 0.7}, {1: 0.7, 15: 0.6, 17: 0.5}, {1: 0.8, 4: 0.6},
            {1: 0.6, 4: 0.5, 15: 0.6, 17: 0.5, 64: 0.6}, {1: 0.6, 15: 0.6, 43: 1.0}, {15: 0.7}),
    "angry": ({4: 0.9, 5: 0.5, 7: 0.6, 23: 0.6}, {4: 0.9, 7: 0.6, 24: 0.7},
              {4: 0.9, 5: 0.6, 7: 0.5, 10: 0.6, 25: 0.7, 16: 0.5},
              {4: 0.8, 7: 0.5, 17: 0.6, 24: 0.6},
              {4: 0.8}, {4: 0.9, 9: 0.5, 10: 0.6, 25: 0.7, 26: 0.7}, {4: 0.8, 12: 0.6}),
    "surprised": ({1: 0.8, 2: 0.8, 5: 0.6, 26: 0.7, 25: 0.7}, {1: 0.7, 2: 0.7, 5: 0.5},
                  {1: 0.6, 2: 0.7, 26: 0.9, 25: 0.8}, {1: 0.7, 2: 0.7, 18: 0.6, 25: 0.4}),
    "afraid": ({1: 0.8, 2: 0.6, 4: 0.6, 5: 0.8, 20: 0.7, 25: 0.6}, {1: 0.8, 2: 0.6, 4: 0.6, 5: 0.7},
               {1: 0.7, 2: 0.5, 4: 0.5, 5: 0.7, 20: 0.5, 25: 0.7, 26: 0.6},
               {1: 0.7, 5: 0.6, 25: 0.5}),
    "disgusted": ({9: 0.8, 17: 0.5}, {9: 0.7, 10: 0.6, 25: 0.5}, {10: 0.8, 17: 0.5},
                  {9: 0.8, 16: 0.5, 25: 0.6, 26: 0.4}, {4: 0.5, 9: 0.8, 10: 0.5, 15: 0.4}),
    "contempt": ({-14: 0.7}, {-12: 0.5, -14: 0.6}, {-12: 0.6}, {-10: 0.6, -14: 0.4}),
}  # fmt: skip
"""Ways in which each emotion is shown; a negative AU is on one side only."""

_EMOTION_SHARES = (0.36, 0.14, 0.13, 0.11, 0.09, 0.08, 0.09)
_COUNT_SHARES = (0.1, 0.11, 0.14, 0.18, 0.19, 0.15, 0.13)
"""How often a mix is of one Action Unit, of two, …"""

EXTRAS: tuple[dict[int, float], ...] = (
    {-43: 1.0}, {-43: 1.0, 12: 0.7}, {-43: 1.0, -6: 0.6, 12: 0.6}, {43: 1.0}, {43: 1.0, 12: 0.6},
    {43: 0.5}, {43: 0.5, 15: 0.5}, {22: 0.7, 25: 0.7}, {22: 0.7, 25: 0.8, 26: 0.7}, {18: 0.8},
    {34: 0.8}, {34: 0.8, 18: 0.5}, {28: 0.8}, {24: 0.8}, {23: 0.8}, {-30: 0.7},
    {-30: 0.7, 25: 0.5, 26: 0.5}, {29: 0.8}, {29: 0.7, 17: 0.5}, {-2: 0.8}, {-2: 0.8, -1: 0.7},
    {-2: 0.7, -12: 0.6}, {25: 0.6, 26: 0.6}, {25: 0.9, 26: 1.0}, {25: 0.5}, {16: 0.8, 25: 0.8},
    {10: 0.8, 25: 0.7}, {12: 0.7, 25: 0.8, 26: 0.8}, {7: 0.8}, {6: 0.8}, {14: 0.8}, {20: 0.8},
    {5: 0.8}, {17: 0.8}, {9: 0.9}, {15: 0.9}, {-15: 0.8}, {-16: 0.7, 25: 0.6}, {-14: 0.8},
    {-9: 0.8}, {-10: 0.8}, {-4: 0.7, -2: 0.7}, {4: 0.7, 12: 0.7, 25: 0.5},
    {-43: 1.0, 12: 0.8, 25: 0.7}, {24: 0.7, 34: 0.8}, {1: 0.7, 43: 1.0, 25: 0.5},
    {43: 1.0, 25: 0.6, 26: 0.4},
)  # fmt: skip
"""Winks, smirks, blows, pouts and the like: natural ones that no prototype holds."""

_WEIGHT = {
    25: 1.6, 26: 1.3, 43: 1.5, 28: 2.6, 34: 2.2, 24: 1.7, 23: 1.6, 22: 1.8, 18: 1.8, 16: 1.5,
    30: 2.6, 29: 1.3, 20: 1.8, 12: 1.1, 14: 1.7, 9: 1.5, 5: 1.5, 61: 1.4, 62: 1.4, 63: 1.4, 64: 1.4,
}  # fmt: skip


_EXCLUDED = {*ANTAGONISTS, *((second, first) for first, second in ANTAGONISTS)}
_JOINED = {
    (abs(first), abs(second))
    for ways in PROTOTYPES.values()
    for way in ways
    for first in way
    for second in way
}
"""Pairs that some prototype shows together."""
_POOL = (*PAIRED_AUS, *SINGLE_AUS)
_POOL_WEIGHTS = np.array([_WEIGHT.get(au, 1.0) for au in _POOL])

_NEUTRAL = 0.125
_ANY_LEVEL = (0.12, 1.0)
_FAINT_SHARE = 0.12
"""How many of the AUs are only hinted at."""


@dataclass(frozen=True, slots=True)
class Expression:
    """AU label → intensity in [0, 1], and the emotion it was composed from, if any."""

    aus: dict[str, float]
    emotion: str | None


def sample_expression(rng: np.random.Generator, aus: tuple[int, ...] = ()) -> Expression:
    """Draw one expression: neutral, natural, one that is easily confused, or a legal mix.

    Parameters
    ----------
    aus : if given, nothing but these AUs, one or more of them, and what they bring along (a dropped
        jaw parts the lips); every eighth face stays neutral
    """
    kind = rng.random()
    if aus:
        return _only(rng, aus, neutral=kind < _NEUTRAL)
    emotion: str | None = None
    if kind < _NEUTRAL:
        chosen: dict[int, float] = {}
        emotion = "neutral"
    elif kind < 0.285:
        names = list(PROTOTYPES)
        emotion = names[_one_of(rng, _EMOTION_SHARES)]
        chosen = dict(PROTOTYPES[emotion][int(rng.integers(len(PROTOTYPES[emotion])))])
    elif kind < 0.325:
        chosen, emotion = sample_measured(rng, _never_together)
    elif kind < 0.36:
        return Expression(_labelled(_alone(rng, sample_confused(rng))), None)
    elif kind < 0.52:
        chosen = dict(EXTRAS[int(rng.integers(len(EXTRAS)))])
    else:
        chosen = _legal_mix(rng, 1 + _one_of(rng, _COUNT_SHARES))
    sided = _sided(rng, chosen)
    if emotion not in (None, "neutral") or 0.36 <= kind < 0.52:
        _add_some(rng, sided)
    _add_gaze(rng, sided, neutral=emotion == "neutral")
    _settle(rng, sided)
    return Expression(_labelled(sided), emotion)


def _only(rng: np.random.Generator, aus: tuple[int, ...], *, neutral: bool) -> Expression:
    """Draw a face of some AUs alone, of any strength: half the time of one."""
    if neutral:
        return Expression({}, "neutral")
    count = 1 if rng.random() < 0.5 else 1 + int(rng.integers(len(aus)))
    chosen: dict[int, float] = {}
    for au in rng.permutation(aus).tolist():
        if len(chosen) < count and not any(_excluded(au, other) for other in chosen):
            chosen[-au if au == 30 else au] = float(rng.uniform(*_ANY_LEVEL))
    sided = _sided(rng, chosen)
    _settle(rng, sided)
    return Expression(_labelled(sided), None)


def _labelled(sided: dict[str, float]) -> dict[str, float]:
    """Return intensities in the order of the labels, with as many digits as files keep."""
    return {label: round(sided[label], 3) for label in AU_LABELS if label in sided}


def _alone(rng: np.random.Generator, chosen: dict[int, float]) -> dict[str, float]:
    """Give AUs their sides, both alike or one alone, and nothing beside what they bring along."""
    sides = "LR" if rng.random() < 0.7 else "LR"[int(rng.integers(2))]
    sided: dict[str, float] = {}
    for au, level in chosen.items():
        for side in sides if au in PAIRED_AUS else ("",):
            sided[f"AU{au}{side}"] = level
    _settle(rng, sided)
    return sided


def _one_of(rng: np.random.Generator, shares: tuple[float, ...]) -> int:
    """Draw a number from 0 on by the share of each; shares sum to 1."""
    left = float(rng.random())
    for number, share in enumerate(shares[:-1]):
        left -= share
        if left < 0.0:
            return number
    return len(shares) - 1


def _legal_mix(rng: np.random.Generator, count: int) -> dict[int, float]:
    """Draw AUs that may stand together."""
    if count == 0:
        return {}
    # whoever's clock rings first: as drawing without replacement by weight, one after another
    order = np.argsort(rng.standard_exponential(len(_POOL)) / _POOL_WEIGHTS)
    chosen: dict[int, float] = {}
    for place in order.tolist():
        au = _POOL[place]
        if len(chosen) == count:
            break
        if not any(_excluded(au, other) for other in chosen):
            sign = -1 if au == 30 else 1
            chosen[sign * au] = float(rng.uniform(0.45, 1.0))
    return chosen


def _excluded(first: int, second: int) -> bool:
    """Say whether two AUs are antagonists."""
    return (abs(first), abs(second)) in _EXCLUDED


def _never_together(first: int, second: int) -> bool:
    """Say whether two AUs are antagonists that no prototype joins."""
    return _excluded(first, second) and (first, second) not in _JOINED


def _sided(rng: np.random.Generator, chosen: dict[int, float]) -> dict[str, float]:
    """Give every AU its sides, with noise; a third of the faces are not symmetric."""
    uneven = rng.random() < 0.35
    lopsided = "LR"[int(rng.integers(2))]
    noise = rng.uniform(0.8, 1.3)  # drawings say what they say clearly
    sided: dict[str, float] = {}
    for au, typical in chosen.items():
        faint = rng.uniform(0.25, 0.6) if rng.random() < _FAINT_SHARE else 1.0
        level = min(max(typical * noise * faint * rng.uniform(0.85, 1.15), 0.12), 1.0)
        if abs(au) == 43 and typical >= 1.0:
            level = float(rng.uniform(0.85, 1.0))
        if abs(au) not in PAIRED_AUS:
            sided[f"AU{abs(au)}"] = level
            continue
        left = right = level
        if au < 0:
            left, right = (level, 0.0) if lopsided == "L" else (0.0, level)
        elif uneven and rng.random() < 0.6:
            other = level * (0.0 if rng.random() < 0.55 else rng.uniform(0.2, 0.9))
            left, right = (level, other) if rng.random() < 0.5 else (other, level)
        for side, value in (("L", left), ("R", right)):
            if value > 0.0:
                sided[f"AU{abs(au)}{side}"] = value
    return sided


def _add_some(rng: np.random.Generator, sided: dict[str, float]) -> None:
    """Lay up to two further AUs over a prototype where they may stand beside it."""
    for au in _legal_mix(rng, int(rng.integers(0, 3))):
        present = {int(label[2:].rstrip("LR")) for label in sided}
        if abs(au) in present or any(_excluded(au, other) for other in present):
            continue
        sided.update(_sided(rng, {au: float(rng.uniform(0.45, 1.0))}))


def _add_gaze(rng: np.random.Generator, sided: dict[str, float], *, neutral: bool) -> None:
    """Turn the eyes in every other face (a neutral face looks ahead)."""
    if neutral or min(sided.get("AU43L", 0.0), sided.get("AU43R", 0.0)) > 0.6:
        return
    if not any(f"AU{au}" in sided for au in GAZE_AUS):
        if rng.random() < 0.3:
            sided[f"AU{61 + int(rng.integers(2))}"] = float(rng.uniform(0.45, 1.0))
        if rng.random() < 0.26:
            sided[f"AU{63 + int(rng.integers(2))}"] = float(rng.uniform(0.45, 1.0))


def _settle(rng: np.random.Generator, sided: dict[str, float]) -> None:
    """Keep what a face cannot do otherwise: a dropped jaw parts the lips; eyes shut see nothing."""
    drop = sided.get("AU26", 0.0)
    if drop > 0.0:
        sided["AU25"] = max(sided.get("AU25", 0.0), min(1.0, 0.35 + 0.6 * drop))
    bare = max((sided.get(f"AU{au}{side}", 0.0) for au in (10, 16) for side in "LR"), default=0.0)
    if bare > 0.5 and "AU17" not in sided and "AU24" not in sided and "AU28" not in sided:
        sided["AU25"] = max(sided.get("AU25", 0.0), 0.3 + 0.4 * bare * rng.random())
    for side in "LR":
        if sided.get(f"AU43{side}", 0.0) >= 0.3:
            sided.pop(f"AU5{side}", None)
    if "AU30L" in sided and "AU30R" in sided:
        sided.pop(f"AU30{'LR'[int(rng.integers(2))]}")


def sample_rotation(rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw a head pose as a rotation vector: mostly within 35° of yaw, up to 55°."""
    kind = rng.random()
    if kind < 0.3:
        yaw = rng.normal(0.0, 6.0)
    elif kind < 0.9:
        yaw = rng.uniform(-35.0, 35.0)
    else:
        yaw = rng.uniform(35.0, 55.0) * (1.0 - 2.0 * rng.integers(2))
    pitch, roll = (min(max(turn, -22.0), 22.0) for turn in rng.normal(0.0, 8.0, 2).tolist())
    return rotation_vector(math.radians(pitch), math.radians(yaw), math.radians(roll))


def rotation_vector(pitch: float, yaw: float, roll: float) -> NDArray[np.float64]:
    """Return the rotation vector of roll after pitch after yaw (about z, x and y; radians)."""
    (cx, cy, cz), (sx, sy, sz) = (
        [function(angle / 2.0) for angle in (pitch, yaw, roll)] for function in (math.cos, math.sin)
    )
    # quaternion of Rz Rx Ry
    w = cz * cx * cy - sz * sx * sy
    x = cz * sx * cy - sz * cx * sy
    y = cz * cx * sy + sz * sx * cy
    z = cz * sx * sy + sz * cx * cy
    length = math.sqrt(x * x + y * y + z * z)
    if length < 1e-12:
        return np.zeros(3)
    return np.array([x, y, z]) * (2.0 * math.atan2(length, w) / length)


def mirror_aus(aus: dict[str, float]) -> dict[str, float]:
    """Swap the sides of AUs: L with R, and looking left (61) with looking right (62)."""
    swap = {"AU61": "AU62", "AU62": "AU61"}

    def other(label: str) -> str:
        if label[-1] in "LR":
            return label[:-1] + ("R" if label[-1] == "L" else "L")
        return swap.get(label, label)

    return {other(label): value for label, value in aus.items()}


def mirror_landmarks(points: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    """Return the (70, 2) landmarks of the picture flipped left to right."""
    flipped = points[list(MIRRORED_LANDMARKS)].copy()
    flipped[:, 0] = width - flipped[:, 0]
    return flipped
