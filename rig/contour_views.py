"""From where a head's contours are seen: under the jaw from a little higher up than the rest.

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

__all__ = ["NEARER", "at_rest", "contour_views", "dots"]

NEARER = 2.5
"""How much more the view is raised under the side of the jaw that is turned to the eye."""
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
    """Return the head's own up, (3,), the vertices under the jaw, (N,), and how far along up the
    views to them are raised, (N,), if they face down.

    More so on the side that is turned to the eye: there the skin below the jaw passes into the neck
    without ever turning away, and the line is drawn all the same.
    """
    rest, rows, under, aside = at_rest(rig)
    # rest is centred, so that it does not matter where the vertices' middle is
    left, _, right = np.linalg.svd(vertices.T @ rest)
    turn = left @ np.diag([1.0, 1.0, np.linalg.det(left @ right)]) @ right
    up, bent = turn[:, 1], min(max(lean - 4.0 * lean * turn[2, 1], 0.0), 2.0 * lean)
    near = np.clip(2.0 * turn[2, 0] * aside, 0.0, 1.0)
    return up, rows, np.minimum(bent + NEARER * lean * near, 3.0 * lean) * under


@lru_cache(maxsize=8)
def at_rest(
    rig: FaceRig,
) -> tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """Return the centred neutral head, (V, 3); the vertices under the jaw, how much so, and how far
    to the subject's left they lie, from -1 on the right over 0 in the middle to 1.
    """
    drop = (rig.eye_centres[:, 1].mean() - rig.neutral[:, 1]) / rig.interocular_m
    under = np.clip((drop - 0.9) / 0.4, 0.0, 1.0) * np.clip((2.6 - drop) / 0.4, 0.0, 1.0)
    under = under * np.isin(rig.contour_feature, (_JAW, _OTHER))
    neutral, rows = rig.neutral.astype(np.float64), np.flatnonzero(under)
    middle = rig.eye_centres[:, 0].mean()
    aside = np.clip(2.0 * (neutral[rows, 0] - middle) / rig.interocular_m, -1.0, 1.0)
    return neutral - neutral.mean(axis=0), rows, under[rows].astype(np.float64), aside
