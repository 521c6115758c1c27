"""The gap: how far the head's lines are from the drawn ones, in interocular distances."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ..rig.contours import FeatureCurve
from ..rig.features import feature_of
from .drawn import DrawnLines
from .fit import Gap

__all__ = ["curve_gap", "feature_key", "measure_gap", "split_drawn"]

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
    dense = np.concatenate([points[visible], between])[order]
    return np.split(dense, np.searchsorted(owners[order], np.arange(1, len(curves))))


def curve_gap(drawn: NDArray[np.float64] | cKDTree, projected: NDArray[np.float64]) -> float:
    """Return the mean distance, both ways, between drawn and projected points, pixels.

    A projected line counts where it is drawn: its points that are the nearest to some drawn
    point, and those between them. What the artist left out is not a gap.

    Parameters
    ----------
    drawn, projected : (N, 2), (M, 2) pixels; none of them empty. A tree of the drawn points, if
        there is one already
    """
    tree = drawn if isinstance(drawn, cKDTree) else cKDTree(drawn)
    there, nearest = cKDTree(projected).query(tree.data)
    back, _ = tree.query(projected[np.unique(nearest)])
    return 0.5 * (float(there.mean()) + float(back.mean()))


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
        distance = np.stack([cKDTree(np.concatenate(lines[key])).query(points)[0] for key in keys])
        nearest, kept = distance.argmin(axis=0), distance.min(axis=0) < _STRAY_IOD * iod_px
        for row, key in enumerate(keys):
            mine = points[(nearest == row) & kept]
            if len(mine) >= _MIN_POINTS:
                result[key] = mine
    return result


def _stage(
    drawn: Mapping[str, cKDTree], curves: Sequence[FeatureCurve], iod_px: float
) -> dict[str, float]:
    """Return the gap of every drawn feature in one stage, IOD."""
    lines: dict[str, list[NDArray[np.float64]]] = {}
    for curve, dense in zip(curves, densify(curves), strict=True):
        points = dense if curve.visible.sum() >= 2 else curve.points
        lines.setdefault(feature_key(curve.name), []).append(points)
    return {
        key: curve_gap(tree, np.concatenate(lines[key])) / iod_px
        for key, tree in drawn.items()
        if key in lines
    }


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
    trees = {key: cKDTree(points) for key, points in drawn.items()}
    stages = [_stage(trees, curves, iod_px) for curves in (placed, parametric, final)]
    keys = [key for key in drawn if all(key in stage for stage in stages)]
    first, second, third = stages
    curves = {key: (first[key], second[key], third[key]) for key in sorted(keys)}
    if not keys:
        return Gap(0.0, 0.0, 0.0, {})
    length = np.array([len(drawn[key]) for key in sorted(keys)], dtype=float)
    values = np.array([curves[key] for key in sorted(keys)])
    means = (length[:, None] * values).sum(axis=0) / length.sum()
    return Gap(float(means[0]), float(means[1]), float(means[2]), curves)
