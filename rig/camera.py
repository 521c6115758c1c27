"""One camera for sketches: weak perspective that can be strengthened to full perspective.

The camera stands on the +Z axis and looks along -Z at the origin of the posed head (the rig's
pivot). With `inverse_distance` = 0 it is orthographic; else 1 / distance of the eye point to the
origin, per metre. The subject's left (+X) is on the right of the picture.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import require_shape

__all__ = ["Camera"]


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    """A pinhole on the +Z axis, written so that orthographic is the limit of perspective.

    Attributes
    ----------
    scale_px : float, pixels per metre at the depth of the origin
    centre_px : (2,) float64, pixels
        Where the origin (the rig's pivot) falls in the image (x, y).
    size_px : (width, height), pixels
    inverse_distance : float, 1/metre
        0 is orthographic; 1.0 looks from one metre away.
    """

    scale_px: float
    centre_px: NDArray[np.float64]
    size_px: tuple[int, int]
    inverse_distance: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "centre_px", np.asarray(self.centre_px, dtype=np.float64))
        require_shape("centre_px", self.centre_px, (2,), "Give x and y in pixels.")

    @property
    def is_orthographic(self) -> bool:
        """True where parallel lines stay parallel."""
        return self.inverse_distance == 0.0

    def project(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Project points of the posed head, (N, 3) metres, to image points, (N, 2) pixels."""
        scale = self.scale_px / (1.0 - points[:, 2] * self.inverse_distance)
        x = self.centre_px[0] + scale * points[:, 0]
        y = self.centre_px[1] - scale * points[:, 1]
        return np.stack([x, y], axis=1)

    def nearness(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (N,) depth keys, affine in the image on every plane: larger is nearer.

        Orthographic: z. Perspective: 1 / (1 - z / distance), which is affine in screen space.
        """
        if self.is_orthographic:
            return points[:, 2].astype(np.float64)
        return 1.0 / (1.0 - points[:, 2] * self.inverse_distance)

    def view_directions(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (N, 3) vectors from each point towards the eye (not normalised)."""
        towards = np.zeros_like(points, dtype=np.float64)
        towards[:, 2] = 1.0
        if not self.is_orthographic:
            towards = np.array([0.0, 0.0, 1.0]) - points * self.inverse_distance
        return towards
