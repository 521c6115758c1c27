"""Visible feature curves and occluding contours of a posed head."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import require_shape
from .face_rig import SurfacePoints

__all__ = ["FeatureCurve"]


@dataclass(frozen=True, slots=True, eq=False)
class FeatureCurve:
    """One line of the posed head, as the camera sees it.

    Attributes
    ----------
    name : a name of `features.CURVE_NAMES`, or of the label class for an occluding contour (`jaw`)
    points : (N, 2) float64, pixels (x, y)
    visible : (N,) bool, False where the head itself hides the line
    surface : the N points on the mesh
    is_closed : True where the last point joins the first
    """

    name: str
    points: NDArray[np.float64]
    visible: NDArray[np.bool_]
    surface: SurfacePoints
    is_closed: bool = False

    def __post_init__(self) -> None:
        require_shape("points", self.points, ("N", 2), "Give one (x, y) pixel a row.")
        require_shape("visible", self.visible, (len(self.points),), "Give one flag a point.")
