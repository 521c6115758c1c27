"""How far drawn and projected curves lie apart."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ..errors import require_shape
from .lines import find_ink_lines
from .snake import resample

__all__ = ["gap", "ink_ridge", "sample_polyline"]


def gap(
    drawn: NDArray[np.float64], projected: NDArray[np.float64], cap_px: float = np.inf
) -> float:
    """Return the mean distance between two sets of points, both ways, in pixels.

    Half the mean distance from each drawn point to the nearest projected one, plus half of that
    the other way. Sample polylines densely first (`sample_polyline`).

    Parameters
    ----------
    drawn, projected : (M, 2) and (N, 2), pixels
    cap_px : larger distances count as this, so that a line only one of the two has can't rule

    Returns
    -------
    0 or more; the cap if just one of the two is empty, NaN if both are
    """
    require_shape("drawn", drawn, ("M", 2), "Give one (x, y) pixel a row.")
    require_shape("projected", projected, ("N", 2), "Give one (x, y) pixel a row.")
    if not len(drawn) or not len(projected):
        return float("nan") if len(drawn) == len(projected) else float(cap_px)
    there = cKDTree(projected).query(drawn)[0]
    back = cKDTree(drawn).query(projected)[0]
    return float(0.5 * (np.minimum(there, cap_px).mean() + np.minimum(back, cap_px).mean()))


def sample_polyline(
    points: NDArray[np.float64], spacing_px: float = 1.0, is_closed: bool = False
) -> NDArray[np.float64]:
    """Return points (M, 2) at most `spacing_px` apart along a polyline (N, 2), ends included."""
    ring = np.concatenate([points, points[:1]]) if is_closed else points
    total = float(np.linalg.norm(np.diff(ring, axis=0), axis=1).sum())
    count = int(np.ceil(total / spacing_px)) + 1
    return resample(ring, np.linspace(0.0, total, max(count, 2)))


def ink_ridge(ink: NDArray[np.floating], threshold: float = 0.35) -> NDArray[np.float64]:
    """Return points (M, 2) in pixels, one a pixel or so, along the middle of the inked lines.

    Filled shapes give their outline. See `find_ink_lines`, which tells more.

    Parameters
    ----------
    ink : (H, W), in [0, 1], 1 = ink of the feature in question
    threshold : ink above counts
    """
    return find_ink_lines(ink, threshold=threshold).points
