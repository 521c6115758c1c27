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
        counts = [len(points) for points, _ in lines]
        names = sorted({name for _, groups in lines for name in groups})
        each = np.zeros((len(lines), len(names)))
        for number, (_, groups) in enumerate(lines):
            for name, share in groups.items():
                each[number, names.index(name)] = share
        points = np.concatenate([points for points, _ in lines])
        moved = self._apply(points, names, np.repeat(each, counts, axis=0))
        ends = np.cumsum(counts).tolist()
        return [moved[end - count : end] for end, count in zip(ends, counts, strict=True)]

    def apply_shares(
        self, points: NDArray[np.floating], shares: dict[str, NDArray[np.float64]]
    ) -> NDArray[np.float64]:
        """Map (N, 2) image points, each of which follows every group by a share of its own.

        Parameters
        ----------
        shares : group → (N,) in [0, 1]
        """
        each = np.stack([*shares.values()], axis=1) if shares else np.zeros((len(points), 0))
        return self._apply(points, list(shares), each)

    def _apply(
        self, points: NDArray[np.floating], names: list[str], shares: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Map (N, 2) image points that follow some groups by shares, (N, G)."""
        given = self.parameters
        groups = [given["groups"].get(name, _STILL) for name in names]
        numbers = np.array(
            [
                [
                    *group["centre"], *group["matrix"][0], *group["matrix"][1], *group["shift"],
                    *group["tilt"], group["half_width"],
                ]
                for group in groups
            ]
        ).reshape(len(groups), _NUMBERS)  # fmt: skip
        cos, sin = math.cos(given["roll"]), math.sin(given["roll"])
        turn = np.array([[cos, sin], [-sin, cos]]) / given["unit"]
        local = (points - np.array(given["centre"])) @ turn.T
        moved = _carried(local, shares, numbers)
        for number, group in enumerate(groups):
            right, left = group["bend"]
            if right or left:
                along = (local[:, 0] - group["centre"][0]) / group["half_width"]
                along = np.minimum(np.maximum(along, -1.4), 1.4)
                raised = np.where(along < 0.0, right, left) * np.abs(along) ** 1.6
                moved[:, 1] -= shares[:, number] * raised
        radial = given["radial"]
        if any(radial["terms"]):
            centre, terms = np.array(radial["centre"]), np.array(radial["terms"])
            _stretch(moved, centre, float(radial["radius"]), terms)
        moved = _waved(moved, given["wave"])
        place = np.array(given["place"])
        back = place[:, :2] @ np.linalg.inv(turn)  # from the face's axes to the sheet
        return moved @ back.T + (place[:, :2] @ np.array(given["centre"]) + place[:, 2])


_NUMBERS = 11
_STILL: dict[str, Any] = {
    "centre": (0.0, 0.0), "matrix": ((1.0, 0.0), (0.0, 1.0)), "shift": (0.0, 0.0),
    "bend": (0.0, 0.0), "tilt": (0.0, 0.0), "half_width": 1.0,
}  # fmt: skip
"""A group that does not move."""


@compiled
def _carried(
    local: NDArray[np.float64], shares: NDArray[np.float64], groups: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return points (N, 2) moved by shares (N, G) of every group's matrix, shift and tilt.

    Parameters
    ----------
    groups : (G, 11) centre, matrix, shift, tilt, half width
    """
    moved = local.copy()
    for row in range(len(local)):
        for number in range(len(groups)):
            part, group = shares[row, number], groups[number]
            if part != 0.0:
                x, y = local[row, 0] - group[0], local[row, 1] - group[1]
                along = min(max(x / group[10], -1.3), 1.3)
                raised = 0.5 * (group[8] * (1.0 - along) + group[9] * (1.0 + along))
                moved[row, 0] += part * ((group[2] - 1.0) * x + group[3] * y + group[6])
                moved[row, 1] += part * (group[4] * x + (group[5] - 1.0) * y + group[7] - raised)
    return moved


@compiled
def _stretch(
    points: NDArray[np.float64],
    centre: NDArray[np.float64],
    radius: float,
    terms: NDArray[np.float64],
) -> None:
    """Stretch the head along the rays from its centre, in place."""
    for row in range(len(points)):
        x, y = points[row, 0] - centre[0], points[row, 1] - centre[1]
        distance = math.sqrt(x * x + y * y)
        cos, sin = (x / distance, y / distance) if distance > 0.0 else (1.0, 0.0)
        ratio, cos_n, sin_n = terms[0], 1.0, 0.0
        for order in range(1, (len(terms) + 1) // 2):  # the next multiple of the angle
            cos_n, sin_n = cos_n * cos - sin_n * sin, sin_n * cos + cos_n * sin
            ratio += terms[2 * order - 1] * cos_n + terms[2 * order] * sin_n
        inward = min(distance / radius, 1.0)
        ease = inward * inward * (3.0 - 2.0 * inward)
        grown = min(max(ratio, -0.45), 0.8) * ease
        points[row, 0] += x * grown
        points[row, 1] += y * grown


def _waved(local: NDArray[np.float64], waves: list[list[float]]) -> NDArray[np.float64]:
    """Bend the plane by a few long waves."""
    if not len(waves):
        return local
    given = np.asarray(waves)
    return local + np.sin(local @ given[:, 2:4].T + given[:, 4]) @ given[:, :2]
