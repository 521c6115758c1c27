"""What a head's shapes tell about it: where they act, which way, and so how the head is turned.

An artist who makes `mouthSmileLeft` moves the left corner of the mouth, whatever the mesh. So the
middle of what each shape moves is a landmark that two heads share, and `jawForward` shows where
ahead is: that brings one head onto another, whatever units and axes it is built in.

References
----------
Umeyama (1991), Least-squares estimation of transformation parameters between two point patterns,
doi:10.1109/34.88573.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .arkit import RIG_SHAPE_NAMES

__all__ = [
    "PLACED_BY",
    "SIGNED_BY",
    "Similarity",
    "ShapePlaces",
    "bring_over",
    "signatures",
    "shape_places",
]

PLACED_BY: tuple[str, ...] = tuple(
    name for name in RIG_SHAPE_NAMES if not name.startswith(("eyeLook", "tongue", "mouthClose"))
)
"""Shapes that move skin at a place of its own."""

SIGNED_BY: tuple[str, ...] = tuple(
    name for name in PLACED_BY if name not in ("jawForward", "jawLeft", "jawRight", "cheekPuff")
)
"""Shapes that tell one place of the skin from its neighbours."""

_DIRECTION_WEIGHT = 0.5
"""A direction counts as much as a place half as far from the middle as all places are."""


@dataclass(frozen=True, slots=True, eq=False)
class ShapePlaces:
    """Where each of N shapes acts.

    Attributes
    ----------
    names : the N shapes
    places : (N, 3) the middle of what it moves
    ways : (N, 3) its mean direction; shorter than 1 where it moves skin in several directions
    """

    names: tuple[str, ...]
    places: NDArray[np.float64]
    ways: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Similarity:
    """scale · turn · point + shift; `turn` is a rotation, or a mirror image if `is_mirrored`."""

    scale: float
    turn: NDArray[np.float64]
    shift: NDArray[np.float64]
    residual: float
    """Median of how far places and directions are off, in shares of the face's radius."""

    @property
    def is_mirrored(self) -> bool:
        """Whether left and right change places."""
        return bool(np.linalg.det(self.turn) < 0.0)


def shape_places(
    vertices: NDArray[np.floating],
    areas: NDArray[np.floating],
    shapes: Mapping[str, NDArray[np.floating]],
    names: Iterable[str] = PLACED_BY,
) -> ShapePlaces:
    """Find where shapes act on a piece of skin.

    Parameters
    ----------
    vertices : (V, 3)
    areas : (V,) area that each vertex stands for; where 0, it does not count
    shapes : name → (V, 3) displacement
    """
    used, places, ways = [], [], []
    for name in names:
        moved = np.asarray(shapes.get(name, np.zeros((1, 3))), dtype=np.float64)
        if len(moved) != len(vertices):
            continue
        weight = areas * np.square(moved).sum(axis=1)
        if weight.sum() <= 0.0:
            continue
        used.append(name)
        places.append(weight @ vertices / weight.sum())
        mean = areas @ (moved * np.linalg.norm(moved, axis=1)[:, None])
        ways.append(mean / weight.sum())
    return ShapePlaces(tuple(used), np.array(places).reshape(-1, 3), np.array(ways).reshape(-1, 3))


def bring_over(
    source: ShapePlaces,
    target: ShapePlaces,
    *,
    mirrored: bool = False,
    turn: NDArray[np.float64] | None = None,
) -> Similarity:
    """Return the similarity that brings a head's places and directions nearest to another's.

    Shapes that the two artists understood differently count less and less, round by round.

    Parameters
    ----------
    mirrored : look for the best mirror image instead of the best rotation
    turn : (3, 3) a rotation that is known already: scale and shift alone are found
    """
    common = [name for name in source.names if name in target.names]
    rows = [source.names.index(name) for name in common]
    aims = [target.names.index(name) for name in common]
    start, goal = source.places[rows], target.places[aims]
    way, aim = source.ways[rows], target.ways[aims]
    trust, rotation = np.ones(len(common)), np.eye(3)
    for _ in range(12):
        share = trust / trust.sum()
        middle, centre = share @ start, share @ goal
        spread, reach = (
            np.sqrt(share @ np.square(points - at).sum(axis=1))
            for points, at in ((start, middle), (goal, centre))
        )
        if turn is not None:
            rotation = turn
        else:
            mixed = (start - middle).T @ (share[:, None] * (goal - centre)) / (spread * reach)
            mixed += _DIRECTION_WEIGHT * way.T @ (share[:, None] * aim)
            rotation = _nearest_turn(mixed, mirrored)
        turned = (start - middle) @ rotation.T
        scale = float((share[:, None] * turned * (goal - centre)).sum() / spread**2)
        scale = scale if scale > 0.0 else float(reach / spread)
        shift = centre - scale * rotation @ middle
        off = np.linalg.norm(scale * start @ rotation.T + shift - goal, axis=1) / reach
        off = np.hypot(off, _DIRECTION_WEIGHT * np.linalg.norm(way @ rotation.T - aim, axis=1))
        trust = 1.0 / (1.0 + np.square(off / max(float(np.median(off)), 1e-6)))
    return Similarity(scale, rotation, shift, float(np.median(off)))


def _nearest_turn(mixed: NDArray[np.float64], mirrored: bool) -> NDArray[np.float64]:
    """Return the (3, 3) rotation, or mirror image, nearest to a covariance of source and target."""
    left, _, right = np.linalg.svd(mixed)
    hand = np.sign(np.linalg.det(left @ right)) * (-1.0 if mirrored else 1.0)
    turn: NDArray[np.float64] = right.T @ np.diag([1.0, 1.0, hand]) @ left.T
    return turn


def signatures(
    shapes: Mapping[str, NDArray[np.floating]], names: Iterable[str], count: int
) -> NDArray[np.float64]:
    """Return (V, N): how much each shape moves a vertex, 1 for what moves the most of all.

    Skin that lies together at rest but moves apart, as lids and lips do, differs in it.
    """
    columns = []
    for name in names:
        far = np.linalg.norm(np.asarray(shapes[name], dtype=np.float64), axis=1)
        moved = far[far > 0.02 * far.max(initial=0.0)]
        most = np.quantile(moved, 0.97) if len(moved) else 1.0
        columns.append(np.clip(far / most, 0.0, 1.0))
    return np.stack(columns, axis=1) if columns else np.zeros((count, 0))
