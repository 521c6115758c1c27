"""From where a head's contours are seen: under the chin from a little higher up than the rest.

References
----------
DeCarlo, Finkelstein, Rusinkiewicz & Santella (2003). Suggestive contours for conveying shape.
doi:10.1145/882262.882354 (contours of nearby views: the chin's line)
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .camera import Camera
from .face_rig import FaceRig
from .features import FEATURES

__all__ = ["at_rest", "contour_views", "dots"]

_JAW, _OTHER = FEATURES.index("jaw"), FEATURES.index("other")


def contour_views(
    rig: FaceRig,
    vertices: NDArray[np.floating],
    normals: NDArray[np.float64],
    camera: Camera,
    chin_lean: float,
) -> NDArray[np.float64]:
    """Return (V, 3) unit vectors to the eye, under the chin raised (see `occluding_contours`)."""
    views = camera.view_directions(vertices)
    if not camera.is_orthographic:
        views /= np.sqrt(dots(views, views))[:, None]
    if chin_lean > 0.0:
        up, rows, raised = _raised(rig, vertices, chin_lean)
        views[rows] += (raised * (normals[rows] @ up < 0.0))[:, None] * up
    return views


def dots(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (N,) the products of rows (N, 3)."""
    return np.einsum("nd,nd->n", first, second)


def _raised(
    rig: FaceRig, vertices: NDArray[np.floating], lean: float
) -> tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.float64]]:
    """Return the head's own up, (3,), the vertices under the chin, (N,), and how far along up the
    views to them are raised, (N,), if they face down.
    """
    rest, rows, under = at_rest(rig)
    # rest is centred, so that it does not matter where the vertices' middle is
    left, _, right = np.linalg.svd(vertices.T @ rest)
    up = (left @ np.diag([1.0, 1.0, np.linalg.det(left @ right)]) @ right)[:, 1]
    raised = min(max(lean - 4.0 * lean * up[2], 0.0), 2.0 * lean)
    return up, rows, raised * under


@lru_cache(maxsize=8)
def at_rest(rig: FaceRig) -> tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.float64]]:
    """Return the centred neutral head, (V, 3); the vertices under the chin, and how much so."""
    drop = (rig.eye_centres[:, 1].mean() - rig.neutral[:, 1]) / rig.interocular_m
    under = np.clip((drop - 0.9) / 0.4, 0.0, 1.0) * np.clip((2.6 - drop) / 0.4, 0.0, 1.0)
    under = under * np.isin(rig.contour_feature, (_JAW, _OTHER))
    neutral, rows = rig.neutral.astype(np.float64), np.flatnonzero(under)
    return neutral - neutral.mean(axis=0), rows, under[rows].astype(np.float64)
