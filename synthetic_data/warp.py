"""The hand's errors of proportion: one map of the image, stored with the drawing.

The map moves curves, landmarks and outlines alike, so that labels stay true to what is drawn.
Points belong to groups (`eye_L`, `mouth`, `face`, …); a group may be scaled, turned and shifted as
one; then the whole face is bent (radial and wave), and the sheet is placed.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .compiled import compiled

__all__ = ["CURVE_GROUPS", "LANDMARK_GROUPS", "Warp", "group_of"]

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

    def apply(
        self, points: NDArray[np.floating], groups: dict[str, float] | None = None
    ) -> NDArray[np.float64]:
        """Map (N, 2) image points that belong to some groups (none: they follow the head)."""
        return self.apply_all([(points, groups or {})])[0]

    def apply_all(
        self, lines: Sequence[tuple[NDArray[np.floating], dict[str, float]]]
    ) -> list[NDArray[np.float64]]:
        """Map many lines at once, each with the groups that it belongs to."""
        shares = np.array([_shares(tuple(groups.items())) for _, groups in lines])
        ends = np.cumsum([len(points) for points, _ in lines])
        moved = self._apply(np.concatenate([points for points, _ in lines]), shares, ends)
        starts = [0, *ends.tolist()]
        return [moved[start:end] for start, end in pairwise(starts)]

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
        return self._apply(points, each, np.arange(1, len(points) + 1))

    def _apply(
        self,
        points: NDArray[np.floating],
        shares: NDArray[np.float64],
        ends: NDArray[np.int64],
    ) -> NDArray[np.float64]:
        """Map (N, 2) image points, of which runs up to `ends` follow groups by shares (L, G)."""
        given = self.parameters
        groups = given["groups"]
        numbers = np.array(
            [_numbers(groups[name]) if name in groups else _STILL for name in _GROUPS]
        )
        cos, sin = math.cos(given["roll"]), math.sin(given["roll"])
        unit = given["unit"]
        frame = np.array([*given["centre"], cos / unit, sin / unit])
        local, moved = _carried(
            np.ascontiguousarray(points, dtype=np.float64), shares, ends, numbers, frame
        )
        for number, name in enumerate(_GROUPS):
            right, left = groups[name]["bend"] if name in groups else (0.0, 0.0)
            if right or left:
                _bend(local, moved, np.repeat(shares[:, number], np.diff(ends, prepend=0)),
                      groups[name])  # fmt: skip
        radial = given["radial"]
        (xx, xy, x), (yx, yy, y) = given["place"]
        middle_x, middle_y = given["centre"]
        back_x, back_y = cos * unit, sin * unit  # from the face's axes to the sheet
        _bent(
            moved,
            np.array([*radial["centre"], radial["radius"], *radial["terms"]], dtype=np.float64),
            np.array(given["wave"], dtype=np.float64).reshape(-1, 5),
            np.array(
                [
                    xx * back_x + xy * back_y, xy * back_x - xx * back_y,
                    yx * back_x + yy * back_y, yy * back_x - yx * back_y,
                    xx * middle_x + xy * middle_y + x, yx * middle_x + yy * middle_y + y,
                ]
            ),
        )  # fmt: skip
        return moved


_GROUPS = ("brow_L", "brow_R", "eye_L", "eye_R", "face", "mouth", "nose")
_STILL = (0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0)
"""The numbers of a group that does not move: centre, matrix, shift, tilt, half width."""


def _numbers(group: dict[str, Any]) -> tuple[float, ...]:
    """Return the (11,) numbers of a group, as those of `_STILL`."""
    (xx, xy), (yx, yy) = group["matrix"]
    return (
        *group["centre"], xx, xy, yx, yy, *group["shift"], *group["tilt"], group["half_width"],
    )  # fmt: skip


@lru_cache(maxsize=256)
def _shares(groups: tuple[tuple[str, float], ...]) -> tuple[float, ...]:
    """Return how much of each group's motion a line follows."""
    given = dict(groups)
    return tuple(given.get(name, 0.0) for name in _GROUPS)


def _bend(
    local: NDArray[np.float64],
    moved: NDArray[np.float64],
    shares: NDArray[np.float64],
    group: dict[str, Any],
) -> None:
    """Raise the ends of a group, in place."""
    right, left = group["bend"]
    rows = np.flatnonzero(shares)
    along = (local[rows, 0] - group["centre"][0]) / group["half_width"]
    along = np.minimum(np.maximum(along, -1.4), 1.4)
    moved[rows, 1] -= shares[rows] * np.where(along < 0.0, right, left) * np.abs(along) ** 1.6


@compiled
def _carried(
    points: NDArray[np.float64],
    shares: NDArray[np.float64],
    ends: NDArray[np.int64],
    groups: NDArray[np.float64],
    frame: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points (N, 2) in the face's frame, and moved by every group's matrix, shift and tilt.

    Parameters
    ----------
    shares, ends : (L, G) how much runs of points follow each group, (L,) where the runs end
    groups : (G, 11) centre, matrix, shift, tilt, half width
    frame : (4,) the face's centre, and its axis in the picture divided by its unit
    """
    local, moved = np.empty(points.shape), np.empty(points.shape)
    first = 0
    for run in range(len(ends)):
        for row in range(first, ends[run]):
            x, y = points[row, 0] - frame[0], points[row, 1] - frame[1]
            for axis in range(2):
                value = frame[2] * x + frame[3] * y if axis == 0 else frame[2] * y - frame[3] * x
                local[row, axis] = value
                moved[row, axis] = value
        for number in range(len(groups)):
            part, group = shares[run, number], groups[number]
            if part == 0.0:
                continue
            for row in range(first, ends[run]):
                x, y = local[row, 0] - group[0], local[row, 1] - group[1]
                along = min(max(x / group[10], -1.3), 1.3)
                raised = 0.5 * (group[8] * (1.0 - along) + group[9] * (1.0 + along))
                moved[row, 0] += part * ((group[2] - 1.0) * x + group[3] * y + group[6])
                moved[row, 1] += part * (group[4] * x + (group[5] - 1.0) * y + group[7] - raised)
        first = ends[run]
    return local, moved


@compiled
def _sine(angle: float) -> float:
    """Return the sine, to 1e-9; compiled and by Python alike to the last bit."""
    half_turns = math.floor(angle / math.pi + 0.5)
    rest = angle - half_turns * math.pi
    square = rest * rest
    series = 1.0 - square / 156.0
    series = 1.0 - square / 110.0 * series
    series = 1.0 - square / 72.0 * series
    series = 1.0 - square / 42.0 * series
    series = 1.0 - square / 20.0 * series
    series = 1.0 - square / 6.0 * series
    return rest * series if half_turns % 2 == 0 else -rest * series


@compiled
def _bent(
    points: NDArray[np.float64],
    radial: NDArray[np.float64],
    waves: NDArray[np.float64],
    place: NDArray[np.float64],
) -> None:
    """Stretch the head along the rays from its centre, bend the plane, lay it on the sheet.

    Parameters
    ----------
    points : (N, 2) in the face's frame, changed in place; then pixels
    radial : the centre (2), the radius, and the terms
    waves : (W, 5) long waves
    place : (6,) matrix and shift
    """
    terms = radial[3:]
    is_round = True
    for number in range(len(terms)):
        is_round = is_round and terms[number] == 0.0
    for row in range(len(points)):
        if not is_round:
            x, y = points[row, 0] - radial[0], points[row, 1] - radial[1]
            distance = math.sqrt(x * x + y * y)
            cos, sin = (x / distance, y / distance) if distance > 0.0 else (1.0, 0.0)
            ratio, cos_n, sin_n = terms[0], 1.0, 0.0
            for order in range(1, (len(terms) + 1) // 2):  # the next multiple of the angle
                cos_n, sin_n = cos_n * cos - sin_n * sin, sin_n * cos + cos_n * sin
                ratio += terms[2 * order - 1] * cos_n + terms[2 * order] * sin_n
            inward = min(distance / radial[2], 1.0)
            grown = min(max(ratio, -0.45), 0.8) * inward * inward * (3.0 - 2.0 * inward)
            points[row, 0] += x * grown
            points[row, 1] += y * grown
        x, y = points[row, 0], points[row, 1]
        along, down = x, y
        for number in range(len(waves)):
            wave = waves[number]
            swing = _sine(x * wave[2] + y * wave[3] + wave[4])
            along += swing * wave[0]
            down += swing * wave[1]
        points[row, 0] = place[0] * along + place[1] * down + place[4]
        points[row, 1] = place[2] * along + place[3] * down + place[5]
