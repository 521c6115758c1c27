"""A brow moves as a whole: its hair may be thick or thin, one stroke or many.

The head has a brow's edges; drawings have strokes, hairs, outlines or black shapes of any
thickness. Where the middle of the drawn brow runs and how thick it is drawn says where the edges
go; pulling each to the nearest outline would let both fall onto one stroke.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .nearest import nearest_points

__all__ = ["BrowWay", "brow_way"]

_NODES = 24
_BINS = 8
_LEAST_COVERED = 0.5  # share of the brow's length that must be drawn
_MIN_POINTS = 8
_ROUNDS = 4
_STRAY_IOD = 0.12  # wide enough that both outlines of a thick brow count alike
_KNOTS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Shares of a brow's length at which its thickness is told; between them it changes evenly."""
_FEW = 2.0  # of so many drawn points half is believed, where the whole brow is as thick
_THINNEST, _THICKEST = 0.4, 1.8  # of the parametric head's brow: one stroke says little of hair


@dataclass(frozen=True, slots=True, eq=False)
class BrowWay:
    """Where both edges of a brow go.

    Attributes
    ----------
    upper, lower : (N, 2), (M, 2) pixels, ways of the edges' points
    evidence : share of the brow's length that is drawn
    """

    upper: NDArray[np.float64]
    lower: NDArray[np.float64]
    evidence: float


def brow_way(
    upper: NDArray[np.float64],
    lower: NDArray[np.float64],
    drawn: NDArray[np.float64],
    iod_px: float,
    reach_iod: float = 0.25,
    thickened: float = 1.0,
) -> BrowWay | None:
    """Find the way of the head's brow onto the drawn one.

    The way runs across the brow: its middle is shifted and tilted onto the drawn middle, and
    its edges come to lie as far from it as the drawn ink does, here thick and there thin.

    Parameters
    ----------
    upper, lower : (N, 2), (M, 2) pixels, the head's brow, both from the inner to the outer end
    drawn : (P, 2) pixels, lines or outlines of the drawn brow
    iod_px : interocular distance, pixels
    reach_iod : ink farther than this from the middle belongs to something else
    thickened : how thick the brow is already, times its thickness on the parametric head

    Returns
    -------
    None where too little is drawn
    """
    share = np.linspace(0.0, 1.0, _NODES)
    middle = 0.5 * (_at(upper, share) + _at(lower, share))
    tangent = np.empty_like(middle)  # of any length, as `np.gradient` finds it
    tangent[1:-1] = 0.5 * (middle[2:] - middle[:-2])
    tangent[0], tangent[-1] = middle[1] - middle[0], middle[-1] - middle[-2]
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-9)
    normal = np.column_stack([-tangent[:, 1], tangent[:, 0]])
    if len(drawn) < _MIN_POINTS:
        return None
    _, node = nearest_points(drawn, middle)
    offset = drawn - middle[node]
    across = (offset * normal[node]).sum(axis=1)
    along = np.abs((offset * tangent[node]).sum(axis=1))
    step = float(np.linalg.norm(np.diff(middle, axis=0), axis=1).mean())
    near = (np.abs(across) < reach_iod * iod_px) & (along < max(step, 1.0))
    node, across = node[near], across[near]
    covered = np.count_nonzero(np.bincount(node * _BINS // _NODES)) / _BINS
    if len(node) < _MIN_POINTS or covered < _LEAST_COVERED:
        return None
    lies, weight = _drawn_middle(node, across, share, iod_px)
    half = 0.5 * (np.abs((_at(lower, share) - _at(upper, share)) * normal).sum(axis=1))
    away = np.abs(across - lies[node]) / np.maximum(half[node], 1e-6)
    thicker = _thickness(share[node], away, weight, share)
    thicker = np.clip(thicker * thickened, _THINNEST, _THICKEST) / thickened
    sides = []
    for edge in (upper, lower):
        here = ((_at(edge, share) - middle) * normal).sum(axis=1)
        way = (lies + (thicker - 1.0) * here)[:, None] * normal
        sides.append(_at(way, np.linspace(0.0, 1.0, len(edge))))
    return BrowWay(sides[0], sides[1], covered)


def _drawn_middle(
    node: NDArray[np.intp],
    across: NDArray[np.float64],
    share: NDArray[np.float64],
    iod_px: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how far across the drawn middle lies at each node (n,), and each point's weight."""
    place = 2.0 * share - 1.0
    along = place[node]
    weight = np.ones(len(node))
    for _ in range(_ROUNDS):
        # every stretch of the brow counts alike, however many hairs are drawn in it
        density = np.bincount(node, weight, len(share))[node]
        each = weight / np.maximum(density, 1e-6)
        # a straight line through weighted points; half the brow at least is drawn, so it is told
        total, pulled = float(each.sum()), each * along
        middle, height = float(pulled.sum()) / total, float(each @ across) / total
        spread = float(pulled @ along) - total * middle**2
        lean = (float(pulled @ across) - total * middle * height) / spread
        missed = (across - height - lean * (along - middle)) / (_STRAY_IOD * iod_px)
        weight = 1.0 / (1.0 + missed**2)
    return height + lean * (place - middle), each


def _thickness(
    at: NDArray[np.float64],
    away: NDArray[np.float64],
    weight: NDArray[np.float64],
    share: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return how thick a brow is drawn at shares (n,) of its length; little ink tells little of it.

    Parameters
    ----------
    at, away, weight : (P,) of drawn points: where along the brow, how far from its drawn middle
    """
    whole, (_, width, *_) = _median(away, weight), _KNOTS
    there = []
    for knot in _KNOTS:
        near = weight * np.maximum(1.0 - np.abs(at - knot) / width, 0.0)
        told = float(near.sum())
        own = _median(away, near) if told > 0.0 else whole
        there.append((told * own + _FEW * whole) / (told + _FEW))
    return np.interp(share, _KNOTS, there)


def _median(values: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    """Return the weighted median."""
    order = np.argsort(values)
    reached = np.cumsum(weight[order])
    return float(values[order][np.searchsorted(reached, 0.5 * reached[-1])])


def _at(line: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (N, 2) the values of a line at shares of its index."""
    here = np.arange(len(line)) / max(len(line) - 1, 1)
    return np.column_stack([np.interp(share, here, line[:, axis]) for axis in (0, 1)])
