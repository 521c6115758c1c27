"""The gap: how far the head's lines are from the drawn ones, in interocular distances."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..rig.contours import FeatureCurve
from ..rig.features import feature_of
from .drawn import DrawnLines
from .fit import Gap
from .nearest import distances_both_ways, nearest_points

__all__ = ["feature_key", "measure_gap", "split_drawn"]

_DENSE_PX = 1.0
_STRAY_IOD = 0.45
_MIN_POINTS = 4


def feature_key(curve: str) -> str:
    """Return the name under which a curve's gap is reported: `brow_upper_L` → `brow_L`."""
    side = curve[-2:] if curve.endswith(("_L", "_R")) else ""
    return feature_of(curve) + side


def densify(curves: Sequence[FeatureCurve]) -> list[NDArray[np.float64]]:
    """Return of each curve points about a pixel apart on its visible stretches, (N, 2)."""
    if not curves:
        return []
    dense, owner = _dense_points(curves)
    bounds = np.searchsorted(owner, np.arange(len(curves) + 1)).tolist()
    return [dense[first:after] for first, after in pairwise(bounds)]


def _dense_points(
    curves: Sequence[FeatureCurve],
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return the points of `densify` one curve after another, (N, 2), and the curve of each."""
    rings = [np.vstack([c.points, c.points[:1]]) if c.is_closed else c.points for c in curves]
    seen = [np.append(c.visible, c.visible[:1]) if c.is_closed else c.visible for c in curves]
    points, visible = np.concatenate(rings), np.concatenate(seen)
    owner = np.repeat(np.arange(len(curves)), [len(ring) for ring in rings])
    both = np.flatnonzero(visible[:-1] & visible[1:] & (owner[:-1] == owner[1:]))
    start, way = points[both], points[both + 1] - points[both]
    steps = (np.hypot(way[:, 0], way[:, 1]) / _DENSE_PX).astype(np.intp)
    segment = np.repeat(np.arange(len(both)), steps)
    place = np.arange(len(segment)) - np.repeat(np.cumsum(steps) - steps, steps)
    share = (place + 1.0) / (steps[segment] + 1.0)
    between = start[segment] + share[:, None] * way[segment]
    owners = np.concatenate([owner[visible], owner[both[segment]]])
    order = np.argsort(owners, kind="stable")
    return np.concatenate([points[visible], between])[order], owners[order]


def split_drawn(
    drawn: DrawnLines, curves: Sequence[FeatureCurve], iod_px: float
) -> dict[str, NDArray[np.float64]]:
    """Give every drawn point to the side of its feature whose curve is nearer.

    Parameters
    ----------
    curves : the head's curves after the parametric fit
    iod_px : points farther than 0.45 IOD from every curve of their feature are left out as
        wrongly labelled ink

    Returns
    -------
    feature with side (`brow_L`, `jaw`) → (N, 2) points, pixels
    """
    lines: dict[str, list[NDArray[np.float64]]] = {}
    for curve, dense in zip(curves, densify(curves), strict=True):
        if len(dense):
            lines.setdefault(feature_key(curve.name), []).append(dense)
    result = {}
    for feature, points in drawn.by_feature().items():
        keys = [key for key in lines if key in (feature, f"{feature}_L", f"{feature}_R")]
        if not keys:
            continue
        distance = np.stack([nearest_points(points, np.concatenate(lines[key]))[0] for key in keys])
        nearest, kept = distance.argmin(axis=0), distance.min(axis=0) < _STRAY_IOD * iod_px
        for row, key in enumerate(keys):
            mine = points[(nearest == row) & kept]
            if len(mine) >= _MIN_POINTS:
                result[key] = mine
    return result


def _gaps(
    drawn: Mapping[str, NDArray[np.float64]], curves: Sequence[FeatureCurve]
) -> dict[str, float]:
    """Return of every drawn feature the mean distance, both ways, to the head's, pixels.

    A line of the head counts where it is drawn: its points that are the nearest to some drawn
    point. What the artist left out is not a gap.
    """
    keys = [feature_key(curve.name) for curve in curves]
    shown = [
        curve if curve.visible.sum() >= 2 else replace(curve, visible=curve.visible | True)
        for curve, key in zip(curves, keys, strict=True)
        if key in drawn
    ]
    lines: dict[str, list[NDArray[np.float64]]] = {}
    for key, dense in zip([key for key in keys if key in drawn], densify(shown), strict=True):
        lines.setdefault(key, []).append(dense)
    gaps = {}
    for key, parts in lines.items():
        there, back = distances_both_ways(drawn[key], np.concatenate(parts))
        gaps[key] = 0.5 * float(there.sum() / len(there) + back.sum() / len(back))
    return gaps


def measure_gap(
    drawn: Mapping[str, NDArray[np.float64]],
    placed: Sequence[FeatureCurve],
    parametric: Sequence[FeatureCurve],
    final: Sequence[FeatureCurve],
    iod_px: float,
) -> Gap:
    """Measure the gap in the three stages, per feature and as the mean over drawn length.

    Parameters
    ----------
    drawn : from `split_drawn`, the same for all stages
    placed, parametric, final : curves of the three stages, pixels
    """
    if not drawn:
        return Gap(0.0, 0.0, 0.0, {})
    stages = [_gaps(drawn, curves) for curves in (placed, parametric, final)]
    keys = [key for key in drawn if all(key in stage for stage in stages)]
    first, second, third = stages
    curves = {
        key: (first[key] / iod_px, second[key] / iod_px, third[key] / iod_px)
        for key in sorted(keys)
    }
    if not keys:
        return Gap(0.0, 0.0, 0.0, {})
    length = np.array([len(drawn[key]) for key in sorted(keys)], dtype=float)
    values = np.array([curves[key] for key in sorted(keys)])
    means = (length[:, None] * values).sum(axis=0) / length.sum()
    return Gap(float(means[0]), float(means[1]), float(means[2]), curves)
