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
        shares: dict[str, NDArray[np.float64]] = {}
        for number, (_, groups) in enumerate(lines):
            for name, share in groups.items():
                shares.setdefault(name, np.zeros(len(lines)))[number] = share
        points = np.concatenate([points for points, _ in lines])
        each = {name: np.repeat(share, counts) for name, share in shares.items()}
        return np.split(self.apply_shares(points, each), np.cumsum(counts)[:-1])

    def apply_shares(
        self, points: NDArray[np.floating], shares: dict[str, NDArray[np.float64]]
    ) -> NDArray[np.float64]:
        """Map (N, 2) image points, each of which follows every group by a share of its own.

        Parameters
        ----------
        shares : group → (N,) in [0, 1]
        """
        given = self.parameters
        cos, sin = np.cos(given["roll"]), np.sin(given["roll"])
        turn = np.array([[cos, sin], [-sin, cos]])
        local = (points.astype(np.float64) - given["centre"]) @ turn.T / given["unit"]
        moved = local.copy()
        for name, share in shares.items():
            group = given["groups"].get(name)
            if group is not None:
                _carry(moved, local, share, group)
        radial = given["radial"]
        terms = np.array(radial["terms"])
        if terms.any():
            _stretch(moved, np.array(radial["centre"]), radial["radius"], terms)
        moved = _waved(moved, given["wave"])
        place = np.asarray(given["place"])
        whole = place[:, :2] @ turn.T  # from the face's axes to the sheet
        middle = place[:, :2] @ np.asarray(given["centre"]) + place[:, 2]
        return moved @ (whole.T * given["unit"]) + middle


def _carry(
    moved: NDArray[np.float64],
    local: NDArray[np.float64],
    share: NDArray[np.float64],
    group: dict[str, Any],
) -> None:
    """Move points (N, 2) in place as far as a group goes, in face units."""
    centre, half_width = np.array(group["centre"]), group["half_width"]
    matrix, tilt = np.array(group["matrix"]), np.array(group["tilt"])
    _carry_whole(
        moved, local, share, centre, matrix, np.array(group["shift"]), tilt, float(half_width)
    )
    right, left = group["bend"]
    if right or left:
        along = np.clip((local[:, 0] - centre[0]) / half_width, -1.4, 1.4)
        moved[:, 1] -= share * np.where(along < 0.0, right, left) * np.abs(along) ** 1.6


@compiled
def _carry_whole(
    moved: NDArray[np.float64],
    local: NDArray[np.float64],
    share: NDArray[np.float64],
    centre: NDArray[np.float64],
    matrix: NDArray[np.float64],
    shift: NDArray[np.float64],
    tilt: NDArray[np.float64],
    half_width: float,
) -> None:
    """Move points in place by a group's matrix, shift and tilt."""
    for row in range(len(local)):
        part = share[row]
        if part != 0.0:
            x, y = local[row, 0] - centre[0], local[row, 1] - centre[1]
            along = min(max(x / half_width, -1.3), 1.3)
            raised = 0.5 * (tilt[0] * (1.0 - along) + tilt[1] * (1.0 + along))
            dx = (matrix[0, 0] - 1.0) * x + matrix[0, 1] * y + shift[0]
            dy = matrix[1, 0] * x + (matrix[1, 1] - 1.0) * y + shift[1] - raised
            moved[row, 0] += part * dx
            moved[row, 1] += part * dy


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
