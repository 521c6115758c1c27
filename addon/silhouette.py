"""How well the head's outline encloses what the drawn one does: intersection over union.

Both outlines are seen from the middle of the face, in steps of a few degrees. Below the brows,
where both are there, they bound the sectors of two areas; what they have in common is divided by
what either covers. What the drawing leaves open is left out of both, and where that is too much
there is no figure.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..rig.contours import FeatureCurve
from .fit import Fit
from .gap import densify

__all__ = ["LEAST_DRAWN", "Silhouette", "measure_silhouette", "sector_iou", "sector_radii"]

LEAST_DRAWN = 0.5
"""Share of the head's outline below the brows that must be drawn."""

_STEP_DEG = 4.0
_OUTLINE = "jaw"
_BROWS, _EYES, _MOUTH = slice(17, 27), slice(36, 48), slice(48, 68)


@dataclass(frozen=True, slots=True)
class Silhouette:
    """Intersection over union of the areas within the drawn outline and within the head's.

    Attributes
    ----------
    placed, parametric, snakes : in [0, 1], in the three stages; None where too little is drawn
    drawn : share of the head's outline below the brows that has a drawn one beside it
    """

    placed: float | None
    parametric: float | None
    snakes: float | None
    drawn: float


def measure_silhouette(fit: Fit) -> Silhouette:
    """Compare the outlines of a fit's three stages with the drawn one."""
    landmarks = fit.detection.landmarks
    middle = 0.5 * (landmarks[_EYES].mean(axis=0) + landmarks[_MOUTH].mean(axis=0))
    down = landmarks[_MOUTH].mean(axis=0) - landmarks[_EYES].mean(axis=0)
    down /= max(float(np.linalg.norm(down)), 1e-9)
    brows = float((landmarks[_BROWS].mean(axis=0) - middle) @ down)
    stages = (fit.placed, fit.parametric, fit.final)
    placed, parametric, final = (
        sector_radii(_outline(curves), middle, down, brows, outermost=True) for curves in stages
    )
    drawn = sector_radii(
        fit.drawn.get(_OUTLINE, np.zeros((0, 2))), middle, down, brows, outermost=False
    )
    told = np.isfinite(final)
    both = told & np.isfinite(drawn)
    share = float(both.sum() / told.sum()) if told.any() else 0.0
    if share < LEAST_DRAWN:
        return Silhouette(None, None, None, share)
    common = both & np.isfinite(placed) & np.isfinite(parametric)
    first, second, third = (
        sector_iou(each[common], drawn[common]) for each in (placed, parametric, final)
    )
    return Silhouette(first, second, third, share)


def _outline(curves: Sequence[FeatureCurve]) -> NDArray[np.float64]:
    """Return dense points (N, 2) of the outline's visible stretches."""
    dense = densify([curve for curve in curves if curve.name == _OUTLINE])
    return np.concatenate([np.zeros((0, 2)), *dense])


def sector_radii(
    points: NDArray[np.float64],
    middle: NDArray[np.float64],
    down: NDArray[np.float64],
    brows: float,
    outermost: bool,
) -> NDArray[np.float64]:
    """Return how far an outline is from the middle, step by step around it: NaN where it is not.

    Parameters
    ----------
    points : (N, 2) pixels, about a pixel apart
    middle : (2,) pixels, of the face
    down : (2,) unit, from the eyes to the mouth
    brows : how far down the brows lie from the middle; negative
    outermost : True takes the point farthest out in each step; False the middle one, for drawn
        lines, of which a hand makes several
    """
    count = round(360.0 / _STEP_DEG)
    away = points - middle
    along, across = away @ down, away @ np.array([-down[1], down[0]])
    below = along > brows
    step = np.floor((np.arctan2(across, along) / (2.0 * np.pi) + 0.5) * count).astype(int) % count
    reach = np.hypot(along, across)
    radii = np.full(count, np.nan)
    for row in np.unique(step[below]):
        mine = reach[below & (step == row)]
        radii[row] = mine.max() if outermost else np.median(mine)
    return radii


def sector_iou(first: NDArray[np.float64], second: NDArray[np.float64]) -> float | None:
    """Return the areas' intersection over union for outlines (N,) seen at the same steps."""
    if not len(first):
        return None
    least, most = np.minimum(first, second) ** 2, np.maximum(first, second) ** 2
    return float(least.sum() / most.sum())
