"""Closing the lips of the MakeHuman head, and smoothing what its targets leave jagged.

The face units were sculpted on the base mesh. On the mean adult, whose lips are fuller, some that
should keep the mouth shut part the lips by a millimetre or push one lip through the other.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .makehuman_mesh import HeadCut

__all__ = ["SEALED_SHAPES", "seal_lips", "smooth_skin"]

Array = NDArray[np.float64]

SEALED_SHAPES = (
    "cheekPuff", "jawForward", "jawLeft", "jawRight", "mouthDimpleLeft", "mouthFrownLeft",
    "mouthLeft", "mouthPressLeft", "mouthPucker", "mouthRight", "mouthRollLower", "mouthRollUpper",
    "mouthShrugLower", "mouthShrugUpper", "mouthSmileLeft", "mouthStretchLeft",
)  # fmt: skip
"""Shapes in which the lips stay closed; a left one stands for both sides together."""
_CONTACT_RINGS = slice(6, 9)
"""The rings on which the lips touch, in `HeadCut.mouth_rings`."""
_FOLLOW = (0.0, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9, 1.0, 1.0)
"""How far each ring, from the skin to the line of contact, follows it."""
_OVERLAP_M = 0.0003
_N_STEPS = 101
_ROUNDS = 6


def seal_lips(positions: Array, cut: HeadCut) -> Array:
    """Return the (V, 3) displacement that brings both lips together, metres.

    At every x, the upper lip's lowest line and the lower lip's highest line move to their middle,
    plus a hair's breadth of overlap; the rings around follow less and less.
    """
    moved = positions.copy()
    for _ in range(_ROUNDS):
        x, upper, lower = _contact_lines(moved, cut)
        half = (upper - lower + _OVERLAP_M) / 2.0
        for ring, follow in zip(cut.mouth_rings, _FOLLOW, strict=True):
            for row, vertex in enumerate(ring):
                is_upper = _is_upper(row, ring, moved)
                if is_upper is not None:
                    way = -1.0 if is_upper else 1.0
                    moved[vertex, 1] += 0.7 * way * follow * np.interp(moved[vertex, 0], x, half)
    return moved - positions


def smooth_skin(
    shape: Array,
    polygons: NDArray[np.int32],
    rounds: int,
    fixed: NDArray[np.bool_],
) -> Array:
    """Spread a displacement evenly over neighbouring vertices.

    Parameters
    ----------
    rounds : int
        Each moves every vertex's displacement half way to its neighbours' mean.
    fixed : (V,) bool, vertices that keep their displacement
    """
    quads = polygons[polygons[:, 3] >= 0]
    edges = np.concatenate([quads[:, [i, (i + 1) % 4]] for i in range(4)])
    both = np.concatenate([edges, edges[:, ::-1]])
    degree = np.maximum(np.bincount(both[:, 0], minlength=len(shape)), 1)[:, None]
    smooth = shape.copy()
    for _ in range(rounds):
        total = np.stack(
            [
                np.bincount(both[:, 0], weights=smooth[both[:, 1], axis], minlength=len(shape))
                for axis in range(3)
            ],
            axis=1,
        )
        smooth = np.where(fixed[:, None], shape, (smooth + total / degree) / 2.0)
    return smooth


def _is_upper(row: int, ring: list[int], positions: Array) -> bool | None:
    """Tell whether a ring's vertex lies on the upper lip; None at its corners."""
    left = int(np.argmax(positions[ring, 0]))
    right = int(np.argmin(positions[ring, 0]))
    if row in (left, right):
        return None
    return row < left or row > right


def _contact_lines(positions: Array, cut: HeadCut) -> tuple[Array, Array, Array]:
    """Return x, and there the lowest y of the upper and the highest y of the lower lip."""
    rings = cut.mouth_rings[_CONTACT_RINGS]
    reach = min(positions[ring, 0].max() for ring in rings)
    least = max(positions[ring, 0].min() for ring in rings)
    x = np.linspace(least, reach, _N_STEPS)
    upper, lower = np.full(_N_STEPS, np.inf), np.full(_N_STEPS, -np.inf)
    for ring in rings:
        left = int(np.argmax(positions[ring, 0]))
        right = int(np.argmin(positions[ring, 0]))
        over = positions[[*ring[right:], *ring[: left + 1]]]
        under = positions[ring[left : right + 1][::-1]]
        over, under = over[np.argsort(over[:, 0])], under[np.argsort(under[:, 0])]
        upper = np.minimum(upper, np.interp(x, over[:, 0], over[:, 1]))
        lower = np.maximum(lower, np.interp(x, under[:, 0], under[:, 1]))
    taper = np.clip(np.minimum(x - least, reach - x) / 0.002, 0.0, 1.0)
    middle = (upper + lower) / 2.0
    return x, middle + taper * (upper - middle), middle + taper * (lower - middle)
