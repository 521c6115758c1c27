"""The head's visible lines as snakes: which ink is whose, what holds together, and the crawl."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..rig.contours import FeatureCurve
from ..rig.features import feature_of
from ..snakes import (
    ForceField,
    InkLines,
    Joint,
    Order,
    SnakeResult,
    SnakeSettings,
    SnakeStart,
    evolve,
)
from .drawn import NOT_FACE, DrawnLines
from .gap import densify
from .nearest import nearest_points

__all__ = ["run_snakes"]

_JOINED = (
    ("upper_lid_L", "lower_lid_L"),
    ("upper_lid_R", "lower_lid_R"),
    ("upper_lip_inner", "lower_lip_inner"),
    ("upper_lip_outer", "lower_lip_outer"),
)
"""Pairs of curves that share both ends."""

_ORDERS = (
    ("lid_crease_L", "upper_lid_L"),
    ("lid_crease_R", "upper_lid_R"),
    ("upper_lid_L", "lower_lid_L"),
    ("upper_lid_R", "lower_lid_R"),
    ("upper_lip_outer", "upper_lip_inner"),
    ("upper_lip_inner", "lower_lip_inner"),
    ("lower_lip_inner", "lower_lip_outer"),
)
"""Pairs, upper and lower, that do not cross."""

_APART = frozenset({"iris", "brow"})
"""Features that do not crawl: eyeballs are rigid, brows move as a whole."""


def run_snakes(
    curves: Sequence[FeatureCurve], drawn: DrawnLines, reach_px: float, settings: SnakeSettings
) -> list[SnakeResult]:
    """Let the visible curves crawl to the ink of their own features.

    Parameters
    ----------
    reach_px : how far ink pulls

    Returns
    -------
    results : named `curve#row of curves`
    """
    starts, fields = [], []
    for row, lines in _own_lines(curves, drawn).items():
        curve = curves[row]
        starts.append(
            SnakeStart(
                name=f"{curve.name}#{row}",
                points=curve.points,
                is_closed=curve.is_closed,
                weight=curve.visible.astype(float),
            )
        )
        low, high = curve.points.min(axis=0), curve.points.max(axis=0)
        fields.append(
            ForceField.from_ink(
                drawn.ink,
                reach_px=reach_px,
                lines=lines,
                box=(low[0], low[1], high[0], high[1]),
            )
        )
    if not starts:
        return []
    names = {start.name.split("#")[0]: start.name for start in starts}
    return evolve(starts, fields, settings, _joints(names), _orders(names))


def _joints(names: Mapping[str, str]) -> list[Joint]:
    """Return what holds the ends of lids and lips together; `names` : curve → snake."""
    return [
        Joint(((names[upper], end), (names[lower], end)))
        for upper, lower in _JOINED
        for end in (0, -1)
        if upper in names and lower in names
    ]


def _orders(names: Mapping[str, str]) -> list[Order]:
    """Return which snakes do not cross."""
    return [
        Order(names[upper], names[lower], down=(0.0, 1.0))
        for upper, lower in _ORDERS
        if upper in names and lower in names
    ]


def _own_lines(curves: Sequence[FeatureCurve], drawn: DrawnLines) -> dict[int, InkLines]:
    """Give every drawn point to the nearest curve of its feature; return row of `curves` → lines.

    Without this the line of the nose and its contour would fight for the same ink and tear the
    skin between them.
    """
    rivals: dict[str, list[int]] = {}
    for row, curve in enumerate(curves):
        if _can_crawl(curve):
            rivals.setdefault(feature_of(curve.name), []).append(row)
    own: dict[int, InkLines] = {}
    for feature, rows in rivals.items():
        lines = drawn.select(feature)
        if len(lines.points) == 0:
            continue
        if len(rows) == 1:
            own[rows[0]] = lines
            continue
        dense = densify([curves[row] for row in rows])
        distance = [nearest_points(lines.points, points)[0] for points in dense]
        nearest = np.argmin(distance, axis=0)
        for place, row in enumerate(rows):
            mine = np.flatnonzero(nearest == place)
            if len(mine):
                own[row] = lines.select(mine)
    return own


def _can_crawl(curve: FeatureCurve) -> bool:
    """Tell whether a curve can crawl: seen, long enough, and not of a kind that never does."""
    if feature_of(curve.name) in _APART | NOT_FACE or len(curve.points) < 3:
        return False
    return int(curve.visible.sum()) >= 3
