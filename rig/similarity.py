"""The similarity of least squares between two point sets."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["moved_like"]


def moved_like(
    points: NDArray[np.float64], source: NDArray[np.float64], target: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return points (N, 3) moved, turned and scaled as brings `source` nearest to `target`.

    Parameters
    ----------
    source, target : (M, 3), row by row what belongs together

    References
    ----------
    Umeyama (1991), Least-squares estimation of transformation parameters between two point
    patterns, doi:10.1109/34.88573.
    """
    middle, aim = source.mean(axis=0), target.mean(axis=0)
    centred, wanted = source - middle, target - aim
    left, size, right = np.linalg.svd(centred.T @ wanted)
    hand = np.array([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    scale = (size * hand).sum() / max(float(np.square(centred).sum()), 1e-18)
    return scale * (points - middle) @ ((left * hand) @ right) + aim
