"""Where a curve's ends belong: the ends of the ink it lies on."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .system import Body, SnakeSystem

__all__ = ["slide_ends"]

_ON_INK = 0.35
_AHEAD_HOLD = 0.7
_BACK_HOLD = 0.5
_JOINED_SHARE = 0.25
_OF_A_LINE = 0.5
_MOST_BACK = 0.25


def slide_ends(
    system: SnakeSystem,
    points: NDArray[np.float64],
    tangents: NDArray[np.float64],
    targets: NDArray[np.float64],
    sure: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Find for each free end of an open snake how far its line goes on, or where it stops short.

    An end on ink slides ahead to where its line ends. An end that overshoots slides back to the
    last ink, but by no more than a quarter of the curve: a longer part is one that the artist
    left out. Where a line runs on beyond the slide's reach nothing is known and nothing pulls.

    Parameters
    ----------
    points, tangents : (n, 2) nodes now, and their directions
    targets, sure : (n, 2) and (n,): see `match_curves`

    Returns
    -------
    slides : (n, 2), pixels: where to
    hold : (n,), how strongly; zero for all nodes but such ends
    """
    slides, hold = np.zeros_like(points), np.zeros(len(points))
    reach_px = system.settings.slide * system.settings.unit_px
    for number, body in enumerate(system.bodies):
        if body.start.is_closed:
            continue
        nodes = np.arange(body.nodes.start, body.nodes.stop)
        for side, order in enumerate((nodes, nodes[::-1])):
            if body.start.fixed_ends[side]:
                continue
            end = order[0]
            on_ink = np.flatnonzero(sure[order] >= _ON_INK)
            if not len(on_ink) or not _may_slide_back(body, on_ink[0], reach_px):
                continue
            last = order[on_ink[0]]
            outward = tangents[last] * (1.0 if side else -1.0)
            lines = system.stack.fields[number].lines
            lines = lines.select(lines.strength >= _OF_A_LINE * lines.strength.max())
            unit_px = system.settings.unit_px
            tip = _tip_ahead(
                targets[last], outward, lines.points, lines.tangents, reach_px, unit_px
            )
            if tip is not None:
                slides[end] = tip
                hold[end] = (_AHEAD_HOLD if last == end else _BACK_HOLD) * system.weight[end]
                # Lines overshoot a corner that curves share: each may ask only a little there.
                hold[end] *= _JOINED_SHARE if system.is_joined[end] else 1.0
    return slides, hold


def _may_slide_back(body: Body, nodes_short: int, reach_px: float) -> bool:
    """Return whether the curve overshoots its ink by little enough."""
    short_px = nodes_short * body.spacing_px
    return short_px <= min(reach_px, _MOST_BACK * body.length_px)


def _tip_ahead(
    start: NDArray[np.float64],
    outward: NDArray[np.float64],
    points: NDArray[np.float64],
    tangents: NDArray[np.float64],
    reach_px: float,
    unit_px: float,
) -> NDArray[np.float64] | None:
    """Follow a line from `start` to its end; None if it runs on beyond the reach."""
    # The ink's own direction: the curve's is still turning into it.
    on_line = tangents[np.square(points - start).sum(axis=1).argmin()]
    outward = on_line if on_line @ outward >= 0.0 else -on_line
    away = points - start
    ahead = away @ outward
    beside = np.abs(away @ np.array([-outward[1], outward[0]]))
    gap_px = 0.03 * unit_px + 1.5
    same = (ahead > -gap_px) & (ahead <= reach_px) & (beside <= 0.4 * ahead.clip(0.0) + gap_px)
    same &= np.abs(tangents @ outward) > 0.6
    if not same.any():
        return start
    candidates = np.flatnonzero(same)
    order = candidates[np.argsort(ahead[candidates])]
    breaks = np.flatnonzero((np.diff(ahead[order]) > gap_px) & (ahead[order][1:] > 0.0))
    last = order[breaks[0]] if len(breaks) else order[-1]
    if ahead[last] > reach_px - gap_px:
        return None
    return points[last] if ahead[last] > 0.0 else start
