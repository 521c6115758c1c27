"""The hand's errors of proportion: one map of the image, stored with the drawing.

The map moves curves, landmarks and outlines alike, so that labels stay true to what is drawn.
Points belong to groups (`eye_L`, `mouth`, `face`, …); a group may be scaled, turned and shifted as
one; then the whole face is bent (radial and wave), and the sheet is placed.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .compiled import compiled

__all__ = [
    "CURVE_GROUPS", "LANDMARK_GROUPS", "Warp", "group_of", "landmark_runs", "shares_of",
]  # fmt: skip

LANDMARK_GROUPS: tuple[str, ...] = (
    *["face"] * 17, *["brow_R"] * 5, *["brow_L"] * 5, *["nose"] * 9,
    *["eye_R"] * 6, *["eye_L"] * 6, *["mouth"] * 20, "eye_L", "eye_R",
)  # fmt: skip
"""The group of each of the 70 landmarks."""

CURVE_GROUPS: dict[str, dict[str, float]] = {
    "nasolabial": {"nose": 0.35, "mouth": 0.55},
    "philtrum": {"nose": 0.5, "mouth": 0.5},
    "mentolabial": {"mouth": 0.7},
    "glabella_crease": {"brow_L": 0.5, "brow_R": 0.5},
    "forehead_crease": {"brow_L": 0.4, "brow_R": 0.4},
    "nose_bridge": {"nose": 1.0}, "nose_tip": {"nose": 1.0}, "nostril": {"nose": 1.0},
    "ear": {}, "jaw": {}, "hair": {}, "other": {}, "face": {},
}  # fmt: skip
"""Which groups carry a curve, and how much of their motion it follows."""


def landmark_runs() -> tuple[tuple[str, int], ...]:
    """Return the group of each run of landmarks, and how many they are."""
    return tuple((name, len(list(run))) for name, run in groupby(LANDMARK_GROUPS))


def group_of(curve: str) -> dict[str, float]:
    """Return the groups that carry a curve or an occluding contour of some feature."""
    base, side = (curve[:-2], curve[-1]) if curve.endswith(("_L", "_R")) else (curve, "")
    if base in CURVE_GROUPS:
        return CURVE_GROUPS[base]
    if base.startswith("brow"):
        return {f"brow_{side}": 1.0} if side else {"brow_L": 0.5, "brow_R": 0.5}
    if base in ("upper_lid", "lower_lid", "lid_crease", "iris", "crow_feet", "eye"):
        return {f"eye_{side}": 1.0} if side else {}
    if "lip" in base or base == "mouth":
        return {"mouth": 1.0}
    return {}


@dataclass(frozen=True, slots=True, eq=False)
class Warp:
    """A map of the image plane.

    Attributes
    ----------
    parameters : numbers and lists only, as the sample's JSON keeps them
        `centre` (2) and `roll`, `unit`: the face's frame, pixels and radians; `groups`: name →
        centre (2), matrix (2 × 2, in the face's frame), shift (2, units), and `bend` and
        `tilt` (2 each: how far the ends on the subject's right and left are raised, units, with
        the middle kept or in a straight line) over `half_width` (units);
        `radial`: `radius` in units and Fourier terms a0, a1, b1, …; `wave`: rows of
        (amplitude x, y in units, wave number x, y per unit, phase); `place`: 2 × 3 affine.
    """

    parameters: dict[str, Any]
    _packed: tuple[NDArray[np.float64], ...] = ()
    """What `apply_runs` makes of groups, radial and wave; empty: it is made now."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "_packed", self._packed or _packed(self.parameters))

    def placed(self, place: list[list[float]]) -> Warp:
        """Return the same errors, laid on the sheet by another 2 x 3 affine."""
        return Warp({**self.parameters, "place": place}, self._packed)

    def apply(
        self, points: NDArray[np.floating], groups: dict[str, float] | None = None
    ) -> NDArray[np.float64]:
        """Map (N, 2) image points that belong to some groups (none: they follow the head)."""
        shares = np.array([shares_of(groups)]) if groups else _FREE
        return self.apply_runs(points, shares, np.array([len(points)]))

    def apply_shares(
        self, points: NDArray[np.floating], shares: dict[str, NDArray[np.float64]]
    ) -> NDArray[np.float64]:
        """Map (N, 2) image points, each of which follows every group by a share of its own.

        Parameters
        ----------
        shares : group → (N,) in [0, 1]
        """
        each = np.zeros((len(points), len(_GROUPS)))
        for name, share in shares.items():
            each[:, _GROUPS.index(name)] = share
        return self.apply_runs(points, each, np.arange(1, len(points) + 1))

    def apply_runs(
        self,
        points: NDArray[np.floating],
        shares: NDArray[np.float64],
        ends: NDArray[np.int64],
    ) -> NDArray[np.float64]:
        """Map (N, 2) image points, many lines at once.

        Parameters
        ----------
        shares, ends : (L, G) how much each line follows each group (see `shares_of`), (L,) where
            the lines end among the points
        """
        given, (moves, radial, waves) = self.parameters, self._packed
        unit, cos, sin = given["unit"], math.cos(given["roll"]), math.sin(given["roll"])
        centre_x, centre_y = given["centre"]
        frame = (centre_x, centre_y, cos / unit, sin / unit)
        moved, along = _carried(
            np.ascontiguousarray(points, dtype=np.float64), shares, ends, moves, frame
        )
        (xx, xy, x), (yx, yy, y) = given["place"]
        back_x, back_y = cos * unit, sin * unit  # from the face's axes to the sheet
        place = (
            xx * back_x + xy * back_y, xy * back_x - xx * back_y,
            yx * back_x + yy * back_y, yy * back_x - yx * back_y,
            xx * centre_x + xy * centre_y + x, yx * centre_x + yy * centre_y + y,
        )  # fmt: skip
        raised = np.abs(along) ** _BOW
        _bent(moved, shares, ends, moves, along, raised, radial, waves, place)
        return moved


_GROUPS = ("brow_L", "brow_R", "eye_L", "eye_R", "face", "mouth", "nose")
_STILL = (0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0)
"""The numbers of a group that does not move: centre, matrix, shift, tilt, half width, bend."""
_WAVE = 5
"""Numbers of a wave."""
_TO_WHOLE = 1.5 * 2.0**52
"""Added and taken away again, it leaves the nearest whole number."""
_BOW = 1.6
"""How the ends of a bent line rise: by this power of the distance from the middle."""


def _packed(parameters: dict[str, Any]) -> tuple[NDArray[np.float64], ...]:
    """Return the groups (G, 13), the head's stretching (3 + T,) and the waves (W, 5) as arrays."""
    groups, radial, waves = (parameters[key] for key in ("groups", "radial", "wave"))
    numbers: list[float] = []  # flat, since arrays of lists of lists take long to make
    for name in _GROUPS:
        if name not in groups:
            numbers += _STILL
            continue
        group = groups[name]
        (xx, xy), (yx, yy) = group["matrix"]
        numbers += (
            *group["centre"], xx, xy, yx, yy, *group["shift"], *group["tilt"], group["half_width"],
            *group["bend"],
        )  # fmt: skip
    numbers += (*radial["centre"], radial["radius"], *radial["terms"])
    for wave in waves:
        numbers += wave
    count, end = len(_GROUPS) * len(_STILL), len(numbers) - _WAVE * len(waves)
    packed = np.array(numbers)
    return (
        packed[:count].reshape(len(_GROUPS), len(_STILL)), packed[count:end],
        packed[end:].reshape(-1, _WAVE),
    )  # fmt: skip


def shares_of(groups: dict[str, float]) -> tuple[float, ...]:
    """Return how much of each group's motion a line follows that belongs to some."""
    return tuple(groups.get(name, 0.0) for name in _GROUPS)


_FREE = np.array([shares_of({})])
"""What a line follows that belongs to no group."""


@compiled
def _carried(
    points: NDArray[np.float64],
    shares: NDArray[np.float64],
    ends: NDArray[np.int64],
    groups: NDArray[np.float64],
    frame: tuple[float, float, float, float],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points (N, 2) in the face's frame, moved by every group's matrix, shift and tilt.

    Parameters
    ----------
    shares, ends : (L, G) how much runs of points follow each group, (L,) where the runs end
    groups : (G, 13) centre, matrix, shift, tilt, half width, bend
    frame : (4,) the face's centre, and its axis in the picture divided by its unit

    Returns
    -------
    The points, and how far from the middle each of those lies that a group bends, in half widths:
    group by group, run by run.
    """
    count, bends = len(points), 0
    for number in range(len(groups)):
        if groups[number, 11] != 0.0 or groups[number, 12] != 0.0:
            bends += 1
    moved, aside, places = np.empty(points.shape), np.empty(bends * count), 0
    for row in range(count):
        x, y = points[row, 0] - frame[0], points[row, 1] - frame[1]
        moved[row, 0] = frame[2] * x + frame[3] * y
        moved[row, 1] = frame[2] * y - frame[3] * x
    for number in range(len(groups)):
        group = groups[number]
        is_bent, first = group[11] != 0.0 or group[12] != 0.0, 0
        for run in range(len(ends)):
            if is_bent and shares[run, number] != 0.0:
                for row in range(first, ends[run]):
                    aside[places] = min(max((moved[row, 0] - group[0]) / group[10], -1.4), 1.4)
                    places += 1
            first = ends[run]
    first = 0
    for run in range(len(ends)):
        follows = False
        for number in range(len(groups)):
            follows = follows or shares[run, number] != 0.0
        for row in range(first, ends[run] if follows else first):
            from_x, from_y = moved[row, 0], moved[row, 1]
            for number in range(len(groups)):
                part, group = shares[run, number], groups[number]
                if part == 0.0:
                    continue
                x, y = from_x - group[0], from_y - group[1]
                along = min(max(x / group[10], -1.3), 1.3)
                raised = 0.5 * (group[8] * (1.0 - along) + group[9] * (1.0 + along))
                moved[row, 0] += part * ((group[2] - 1.0) * x + group[3] * y + group[6])
                moved[row, 1] += part * (group[4] * x + (group[5] - 1.0) * y + group[7] - raised)
        first = ends[run]
    return moved, aside[:places]


@compiled
def _sine(angle: float) -> float:
    """Return the sine, to 1e-9; compiled and by Python alike to the last bit.

    Without branches and divisions, the compiler works on several angles at once.
    """
    half_turns = angle * (1.0 / math.pi) + _TO_WHOLE - _TO_WHOLE
    turns = half_turns * 0.5 + _TO_WHOLE - _TO_WHOLE
    rest = angle - half_turns * math.pi
    square = rest * rest
    series = 1.0 - square * (1.0 / 156.0)
    series = 1.0 - square * (1.0 / 110.0) * series
    series = 1.0 - square * (1.0 / 72.0) * series
    series = 1.0 - square * (1.0 / 42.0) * series
    series = 1.0 - square * (1.0 / 20.0) * series
    series = 1.0 - square * (1.0 / 6.0) * series
    return rest * series * (1.0 - 2.0 * abs(half_turns - 2.0 * turns))


@compiled
def _bent(
    points: NDArray[np.float64],
    shares: NDArray[np.float64],
    ends: NDArray[np.int64],
    groups: NDArray[np.float64],
    aside: NDArray[np.float64],
    raised: NDArray[np.float64],
    radial: NDArray[np.float64],
    waves: NDArray[np.float64],
    place: tuple[float, float, float, float, float, float],
) -> None:
    """Bend groups, stretch the head along the rays from its centre, bend the plane, lay it down.

    Parameters
    ----------
    points : (N, 2) in the face's frame, changed in place; then pixels
    shares, ends, groups : as in `_carried`
    aside, raised : (B,) what `_carried` tells of points that are bent, and their share of the bend
    radial : the centre (2), the radius, and the terms
    waves : (W, 5) long waves
    place : matrix and shift
    """
    bent = 0
    for number in range(len(groups)):
        right, left, first = groups[number, 11], groups[number, 12], 0
        if right == 0.0 and left == 0.0:
            continue
        for run in range(len(ends)):
            part = shares[run, number]
            if part != 0.0:
                for row in range(first, ends[run]):
                    lift = right if aside[bent] < 0.0 else left
                    points[row, 1] -= part * lift * raised[bent]
                    bent += 1
            first = ends[run]
    xs, ys = points[:, 0].copy(), points[:, 1].copy()
    if np.any(radial[3:] != 0.0):
        _stretch(xs, ys, radial)
    along, down = xs.copy(), ys.copy()
    for number in range(len(waves)):
        by_x, by_y, across, upright, phase = waves[number]
        for row in range(len(xs)):
            swing = _sine(xs[row] * across + ys[row] * upright + phase)
            along[row] += swing * by_x
            down[row] += swing * by_y
    for row in range(len(xs)):
        points[row, 0] = place[0] * along[row] + place[1] * down[row] + place[4]
        points[row, 1] = place[2] * along[row] + place[3] * down[row] + place[5]


@compiled
def _stretch(xs: NDArray[np.float64], ys: NDArray[np.float64], radial: NDArray[np.float64]) -> None:
    """Stretch points, (N,) and (N,), along the rays from the head's centre; changed in place.

    Each multiple of the angle is a loop of its own: the compiler then takes several points at once.
    """
    count, terms = len(xs), radial[3:]
    cos, sin, inward = np.empty(count), np.empty(count), np.empty(count)
    for row in range(count):
        x, y = xs[row] - radial[0], ys[row] - radial[1]
        distance = math.sqrt(x * x + y * y)
        away = max(distance, 1e-300)
        cos[row], sin[row] = x / away, y / away
        inward[row] = min(distance / radial[2], 1.0)
    cos_n, sin_n, ratio = np.ones(count), np.zeros(count), np.full(count, terms[0])
    for order in range(1, (len(terms) + 1) // 2):
        by_cos, by_sin = terms[2 * order - 1], terms[2 * order]
        for row in range(count):
            next_cos = cos_n[row] * cos[row] - sin_n[row] * sin[row]
            sin_n[row] = sin_n[row] * cos[row] + cos_n[row] * sin[row]
            cos_n[row] = next_cos
            ratio[row] += by_cos * next_cos + by_sin * sin_n[row]
    for row in range(count):
        near = inward[row]
        grown = min(max(ratio[row], -0.45), 0.8) * near * near * (3.0 - 2.0 * near)
        xs[row] += (xs[row] - radial[0]) * grown
        ys[row] += (ys[row] - radial[1]) * grown
