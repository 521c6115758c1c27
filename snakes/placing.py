"""Before snakes bend: shift what hangs together as a whole to where its ink is.

An eye that lies a lid's height too low must not find its lower lid on the ink of the upper one,
and a ring that lies half outside its drawn iris must not fold onto one side of it.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .matching import agreement
from .system import SnakeSystem

__all__ = ["exclude_shared_ink", "shift_groups"]

_HALF = 5
_SCALES = np.array([0.7, 0.84, 1.0, 1.2, 1.44])
_FAR_COST = 0.4
_SCALE_COST = 0.5
_CLEAR_GAIN = 0.05
_SAME_INK = 0.3


def shift_groups(system: SnakeSystem) -> NDArray[np.float64]:
    """Return the displacement (n, 2) in pixels that brings each group of snakes nearest its ink.

    Tries shifts on a grid within half the reach, for a lone closed curve sizes too, and keeps the
    start unless another place is clearly better.
    """
    displacement = np.zeros_like(system.points)
    tangents = system.tangents(system.points)
    for group in system.groups:
        if group.is_held:
            continue
        # Every other node tells enough where the curve lies.
        nodes = group.nodes[:: 2 if len(group.nodes) > 24 else 1]
        owner = system.owner[nodes]
        is_ring = (owner == owner[0]).all() and system.bodies[owner[0]].start.is_closed
        which, points = system.which[nodes], system.points[nodes]
        reach = system.stack.reach_px[which]
        grid = np.arange(-_HALF, _HALF + 1) / _HALF * 0.5
        dx, dy = (axis.ravel() for axis in np.meshgrid(grid, grid))
        shifts = np.column_stack([dx, dy])
        scales = _SCALES if is_ring else np.ones(1)
        middle = points.mean(axis=0)
        moves = shifts[:, None, None] * reach[:, None]
        moves = moves + (scales[:, None, None] - 1.0) * (points - middle)
        places = (points + moves).reshape(-1, len(nodes), 2)
        score = _ink_on(system, nodes, places, tangents[nodes], reach / (2.0 * _HALF))
        far = _FAR_COST * 4.0 * (shifts**2).sum(axis=1)[:, None]
        size = _SCALE_COST * np.log(scales) ** 2
        score = score.reshape(len(shifts), len(scales)) - far - size
        stay = score[len(shifts) // 2, len(scales) // 2]
        best = np.unravel_index(score.argmax(), score.shape)
        if score[best] > stay + _CLEAR_GAIN:
            shift, scale = shifts[best[0]], scales[best[1]]
            everyone = system.points[group.nodes]
            reach = system.stack.reach_px[system.which[group.nodes]]
            displacement[group.nodes] = shift * reach[:, None] + (scale - 1.0) * (everyone - middle)
    return displacement


def _ink_on(
    system: SnakeSystem,
    nodes: NDArray[np.intp],
    places: NDArray[np.float64],
    tangents: NDArray[np.float64],
    width_px: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return how much fitting ink the nodes meet on average at each of the `places` (P, n, 2)."""
    found = system.stack.find(places, system.which[nodes], exact=False)
    fits = agreement(found, tangents, system.side[nodes], system.settings.ink_angle_deg)
    near = np.exp(-0.5 * np.square(found.distance / np.maximum(width_px, 1.0)))
    weight = system.weight[nodes]
    return (found.strength * fits * near * weight).sum(axis=1) / max(weight.sum(), 1e-9)


def exclude_shared_ink(
    system: SnakeSystem,
    points: NDArray[np.float64],
    targets: NDArray[np.float64],
    sure: NDArray[np.float64],
    pairs: Sequence[tuple[int, int]],
) -> NDArray[np.float64]:
    """Return `sure` (n,), zero where of two curves that lie apart both claim the same ink.

    The curve that lies further from that ink gives way: its own line isn't drawn.
    """
    sure = sure.copy()
    near_px = 0.02 * system.settings.unit_px + 1.0
    apart_px = 0.05 * system.settings.unit_px
    for pair in pairs:
        first, second = (np.arange(b.start, b.stop) for b in (system.bodies[i].nodes for i in pair))
        claims = []
        for mine, other in ((first, second), (second, first)):
            claimed = other[sure[other] > _SAME_INK]
            if not len(claimed):
                break
            away = np.linalg.norm(targets[mine, None] - targets[claimed], axis=2).min(axis=1)
            start = np.linalg.norm(system.points[mine, None] - system.points[other], axis=2)
            shared = (sure[mine] > _SAME_INK) & (away < near_px)
            claims.append(mine[shared & (start.min(axis=1) > apart_px)])
        if len(claims) < 2 or min(map(len, claims)) == 0:
            continue
        way = [np.linalg.norm(targets[c] - points[c], axis=1).mean() for c in claims]
        sure[claims[int(np.argmax(way))]] = 0.0
    return sure
