"""Regions of the face that a correction can be strong or weak in, with smooth borders."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .face_rig import PART_NAMES, FaceRig

__all__ = ["REGIONS", "region_weights", "strength_mask"]

REGIONS: tuple[str, ...] = ("brows", "eyes", "nose", "mouth", "jaw")
"""In this order; together they are the whole head: the forehead goes with the brows, the cheeks'
edges, ears and neck with the jaw."""

_LANDMARKS: tuple[tuple[int, ...], ...] = (
    tuple(range(17, 27)),
    (*range(36, 48), 68, 69),
    tuple(range(27, 36)),
    tuple(range(48, 68)),
    tuple(range(17)),
)
_BORDER_M = 0.004
"""A point so much nearer to one region than to another belongs to it by 73 %; twice, by 88 %."""
_PART_REGION = {
    "eye_L": "eyes",
    "eye_R": "eyes",
    "lashes": "eyes",
    "teeth_upper": "mouth",
    "teeth_lower": "mouth",
    "tongue": "mouth",
}


@lru_cache(maxsize=8)
def region_weights(rig: FaceRig) -> NDArray[np.float32]:
    """Return how far each vertex belongs to each of `REGIONS`: (V, 5) in [0, 1], rows add up to 1.

    A vertex belongs to the regions whose landmarks are near it on the neutral head, the nearest
    one most; eyeballs and lashes belong to the eyes alone, teeth and tongue to the mouth.
    """
    from scipy.spatial import cKDTree

    places = rig.landmarks.interpolate(rig.neutral, rig.triangles)
    away = np.stack(
        [cKDTree(places[list(rows)]).query(rig.neutral)[0] for rows in _LANDMARKS], axis=1
    )
    weights = np.exp((away.min(axis=1, keepdims=True) - away) / _BORDER_M)
    weights /= weights.sum(axis=1, keepdims=True)
    for part, region in _PART_REGION.items():
        alone = np.array([name == region for name in REGIONS], dtype=np.float64)
        weights[rig.vertex_part == PART_NAMES.index(part)] = alone
    return weights.astype(np.float32)


def strength_mask(
    weights: NDArray[np.floating], strengths: NDArray[np.floating]
) -> NDArray[np.float32]:
    """Return how much of its correction each vertex gets: (V, 1) float32, exactly 1 where all is.

    Parameters
    ----------
    weights : (V, 5) of `region_weights`
    strengths : (5,), 1 = all of the correction
    """
    lacking = np.asarray(strengths, dtype=np.float64) - 1.0
    return (1.0 + weights @ lacking)[:, None].astype(np.float32)
