"""Which ink a curve means: whole curves matched by dynamic programming.

A snake that goes to the nearest ink jumps to the crease where it should take the lid. Here every
node offers the places along its normal, and the smoothest sequence of places with the most ink of
the right direction wins (a snake by dynamic programming: Amini, Weymouth & Jain 1990,
doi:10.1109/34.57681). Ink that runs across the curve, or lies where only a jump leads, loses.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .field import FieldStack, Nearest

__all__ = ["agreement", "best_offsets", "match_curves"]

_HALF = 24
_WINDOW = 5
_SLOPE_COST = 0.5
_FAR_COST = 0.5


def agreement(
    found: Nearest, tangents: NDArray[np.float64], side: NDArray[np.intp], angle_deg: float
) -> NDArray[np.float64]:
    """Return in [0, 1] how well the ink's direction fits the curve's: 0 beyond `angle_deg`.

    Parameters
    ----------
    tangents : (..., 2), unit vectors along the curve
    side : (...), see `SnakeStart.ink_side`
    """
    along = found.tangent[..., 0] * tangents[..., 0] + found.tangent[..., 1] * tangents[..., 1]
    cosine = np.abs(along)
    none, full = np.cos(np.radians([angle_deg, 0.4 * angle_deg]))
    rise = np.clip((cosine - none) / max(full - none, 1e-9), 0.0, 1.0)
    fits = rise * rise * (3.0 - 2.0 * rise) if angle_deg < 90.0 else np.ones_like(rise)
    if not side.any():
        return fits
    inward = found.inward[..., 1] * tangents[..., 0] - found.inward[..., 0] * tangents[..., 1]
    return np.where(side * inward < 0.0, 0.0, fits)


def match_curves(
    stack: FieldStack,
    which: NDArray[np.intp],
    points: NDArray[np.float64],
    tangents: NDArray[np.float64],
    side: NDArray[np.intp],
    curves: Sequence[tuple[slice, bool, float]],
    reach_px: NDArray[np.float64],
    angle_deg: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Find for every node the ink it belongs on.

    Parameters
    ----------
    which, points, tangents, side : field number, position, direction, ink side of each node (n,)
    curves : per curve its nodes, whether it is closed, and the distance of its nodes in pixels
    reach_px : (n,), how far to search along the normal to either side
    angle_deg : see `SnakeSettings.ink_angle_deg`

    Returns
    -------
    targets : (n, 2), pixels: points on ink lines
    hold : (n,), in [0, 1]: how sure; 0 where the curve passes over paper
    """
    normals = np.column_stack([-tangents[:, 1], tangents[:, 0]])
    pace = reach_px / _HALF
    steps = np.arange(-_HALF, _HALF + 1)
    places = points[:, None] + (pace[:, None] * steps)[..., None] * normals[:, None]
    width = np.maximum(pace, 1.0)[:, None]
    found = stack.find(places, which[:, None], exact=False)
    fits = agreement(found, tangents[:, None], side[:, None], angle_deg)
    ink = found.strength * fits * np.exp(-0.5 * np.square(found.distance / width))
    cost = _FAR_COST * np.square(steps / _HALF) - ink
    chosen = np.zeros(len(points), dtype=np.intp)
    paths, slopes = [], []
    for nodes, is_closed, spacing_px in curves:
        count = nodes.stop - nodes.start
        # A closed curve is run through twice; what lies in the middle knows both sides.
        turn = np.arange(-(count // 2), count + count // 2) if is_closed else np.arange(count)
        paths.append(nodes.start + turn % count)
        slopes.append(_SLOPE_COST * (pace[nodes.start] / max(spacing_px, 1e-6)) ** 2)
    length = max(map(len, paths))
    batch = np.zeros((len(paths), length, len(steps)))
    for row, path in enumerate(paths):
        batch[row, : len(path)] = cost[path]
    offsets = best_offsets(batch, np.asarray(slopes))
    for row, (nodes, is_closed, _) in enumerate(curves):
        count = nodes.stop - nodes.start
        first = count // 2 if is_closed else 0
        chosen[nodes] = offsets[row, first : first + count]
    everyone = np.arange(len(points))
    start = places[everyone, chosen]
    end = stack.find(start, which)
    hold = end.strength * agreement(end, tangents, side, angle_deg)
    hold = hold * np.exp(-0.5 * np.square(end.distance / (1.5 * width[:, 0])))
    return start + np.where(hold[:, None] > 0.0, end.way, 0.0), hold


def best_offsets(cost: NDArray[np.float64], slope_cost: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the cheapest sequence of states of each curve (Viterbi), all curves at once.

    Parameters
    ----------
    cost : (S, N, K), of each curve's node being in a state; pad short curves with zeros
    slope_cost : (S,), of moving by one state between nodes; by j states it is j² times that,
        and by more than five it is forbidden

    Returns
    -------
    (S, N) states
    """
    curves, count, states = cost.shape
    jumps = np.arange(-_WINDOW, _WINDOW + 1)
    toll = slope_cost[:, None] * np.square(jumps)
    # what each state costs so far, with walls around; the way back is looked up afterwards
    total = np.full((count, curves, states + 2 * _WINDOW), np.inf)
    here = total[:, :, _WINDOW:-_WINDOW]
    windows = np.lib.stride_tricks.sliding_window_view(total, states, axis=2)
    windows = windows.transpose(0, 2, 1, 3)  # jumps first: the least of them is found fastest so
    way, tolls = np.empty((len(jumps), curves, states)), toll.T[..., None].copy()
    here[0] = cost[:, 0]
    for node in range(1, count):
        np.add(windows[node - 1], tolls, out=way)
        np.minimum.reduce(way, axis=0, out=here[node])
        here[node] += cost[:, node]
    chosen = np.empty((curves, count), dtype=np.intp)
    chosen[:, -1] = here[-1].argmin(axis=1)
    row, steps = np.arange(curves)[:, None], np.arange(len(jumps))
    for node in range(count - 1, 0, -1):
        reached = total[node - 1, row, chosen[:, node, None] + steps] + toll
        chosen[:, node - 1] = chosen[:, node] + reached.argmin(axis=1) - _WINDOW
    return chosen
