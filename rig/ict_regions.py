"""What an occluding contour of the ICT-FaceKit head is called, by where it runs.

All ICT models share one neutral mesh, so the regions are given in its own centimetres (x sideways,
y up, z to the front), read off from pictures of it.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .features import FEATURES

__all__ = ["contour_feature"]

EAR_OUTLINE = (
    # (z, y) from the side, around the ear with its tragus
    (1.9, 2.7), (1.0, 2.9), (0.72, 3.3), (0.2, 3.65), (-0.36, 3.7), (-1.1, 3.4), (-1.6, 2.75),
    (-1.8, 1.84), (-1.7, 0.8), (-1.35, -0.2), (-0.7, -1.1), (0.2, -1.8), (1.1, -2.1), (1.9, -2.2),
    (2.2, 0.0),
)  # fmt: skip
EYE_OUTLINE = (
    # (x, y) from the front: lids and sockets, whose own curves say more than their contours
    (1.5, 3.0), (1.7, 4.3), (3.2, 5.1), (4.9, 4.4), (5.0, 3.4), (4.4, 2.4), (2.6, 2.3),
)  # fmt: skip


def contour_feature(
    neutral_cm: NDArray[np.floating], outside: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """Name what an occluding contour through each vertex is.

    Parameters
    ----------
    neutral_cm : (V, 3), centimetres, the neutral head
    outside : (V,) bool
        Face, head and neck; all else (eyes, teeth, mouth's inside) has no contours of its own.

    Returns
    -------
    (V,) uint8, index into `features.FEATURES`
        "none" where a contour is never drawn: around the eyes and inside the head.
    """
    x, y, z = np.abs(neutral_cm[:, 0]), neutral_cm[:, 1], neutral_cm[:, 2]
    across, up, depth = neutral_cm.T
    above_neck = (y > -8.8 + 1.235 * (5.9 - z)) & (z > -0.5)
    nose = (x < 2.15) & (z > 9.0)
    regions: tuple[tuple[str, NDArray[np.bool_]], ...] = (
        # later ones win
        ("other", outside),
        ("hair", (y > -1.0) & (z < 3.0)),
        ("jaw", above_neck & (y < 3.0)),
        ("jaw", (y >= 3.0) & (y < 9.0) & (z >= 1.5 + 1.25 * (y - 3.0))),
        ("hair", (y >= 3.0) & (z < 1.5 + 1.25 * (y - 3.0))),
        ("hair", y >= 9.0),
        ("nose_bridge", nose & (x < 1.9) & (y > 0.9) & (y < 4.6)),
        ("nose_tip", nose & (y > -0.95) & (y <= 0.9)),
        ("nostril", nose & (x > 1.0) & (y > -1.15) & (y <= 0.9)),
        ("philtrum", (x < 1.0) & (z > 10.5) & (y > -2.3) & (y <= -0.95)),
        ("upper_lip_outer", (x < 2.6) & (z > 9.5) & (y > -3.36) & (y <= -2.3)),
        ("lower_lip_outer", (x < 2.6) & (z > 9.5) & (y > -4.4) & (y <= -3.36)),
        ("mentolabial", (x < 1.6) & (z > 9.5) & (y > -4.9) & (y <= -4.4)),
        ("none", _inside(across, up, EYE_OUTLINE) & (z > 6.0)),
        ("none", _inside(-across, up, EYE_OUTLINE) & (z > 6.0)),
        ("ear", _inside(depth, up, EAR_OUTLINE) & (x > 6.3)),
    )
    feature = np.full(len(neutral_cm), FEATURES.index("none"), dtype=np.uint8)
    for name, where in regions:
        feature[outside & where] = FEATURES.index(name)
    return feature


def _inside(
    across: NDArray[np.floating], up: NDArray[np.floating], outline: tuple[tuple[float, float], ...]
) -> NDArray[np.bool_]:
    """Return which points lie inside a polygon (even-odd rule)."""
    inside = np.zeros(len(across), dtype=bool)
    for (x0, y0), (x1, y1) in zip(outline, outline[1:] + outline[:1], strict=True):
        if y0 == y1:
            continue
        spans = (y0 > up) != (y1 > up)
        inside ^= spans & (across < x0 + (up - y0) * (x1 - x0) / (y1 - y0))
    return inside
