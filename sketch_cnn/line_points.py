"""Points along the face's lines: what the reader places beside the landmarks.

Landmarks say little of how a lid or a lip runs, and that is what Action Units are read from
(docs/decisions/0014). A line has points at equal steps along the rig's curve, so that a point is
the same place of every face; whether a hand drew the line there or not, it is somewhere.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["LINES", "LINE_POINTS", "MIRRORED_LINE_POINTS", "line_rows", "points_along"]

LINES: tuple[str, ...] = (
    "brow_upper_R", "brow_lower_R", "lid_crease_R", "upper_lid_R", "lower_lid_R",
    "brow_upper_L", "brow_lower_L", "lid_crease_L", "upper_lid_L", "lower_lid_L",
    "upper_lip_outer", "upper_lip_inner", "lower_lip_inner", "lower_lip_outer", "mentolabial",
    "nasolabial_R", "nasolabial_L", "nostril_R", "nostril_L", "nose_tip",
)  # fmt: skip
"""Curves of the rigs, those of an eye together, those of the mouth together."""

LINE_POINTS = 8
"""Points of each."""


def line_rows(first: str, last: str) -> slice:
    """Return which rows of the points belong to the lines from one to another."""
    return slice(LINES.index(first) * LINE_POINTS, (LINES.index(last) + 1) * LINE_POINTS)


def points_along(curves: Mapping[str, ArrayLike]) -> NDArray[np.float32]:
    """Return (20 · 8, 2) points of `LINES`, from each curve's own (M, 2) points.

    Raises
    ------
    KeyError
        If a curve is missing.
    """
    return np.concatenate([_along(np.asarray(curves[name], np.float64)) for name in LINES])


def _along(curve: NDArray[np.float64]) -> NDArray[np.float32]:
    at = np.linspace(0.0, len(curve) - 1.0, LINE_POINTS)
    low = np.minimum(at.astype(np.intp), len(curve) - 2)
    part = (at - low)[:, None]
    points: NDArray[np.float32] = curve[low] * (1.0 - part) + curve[low + 1] * part
    return points.astype(np.float32)


def _mirrored() -> tuple[int, ...]:
    """Lines with sides run from the middle outwards, the others from the right to the left."""
    rows: list[int] = []
    for name in LINES:
        other = name[:-1] + {"L": "R", "R": "L"}[name[-1]] if name[-2:] in ("_L", "_R") else name
        first = LINES.index(other) * LINE_POINTS
        steps = range(LINE_POINTS) if other != name else range(LINE_POINTS - 1, -1, -1)
        rows.extend(first + step for step in steps)
    return tuple(rows)


MIRRORED_LINE_POINTS: tuple[int, ...] = _mirrored()
"""For each point the row of the one that a mirrored drawing shows."""
