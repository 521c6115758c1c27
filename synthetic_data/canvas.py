"""The sheet: ink and labels drawn together, antialiased.

Every pixel holds one number, level x 256 + label. Strokes are blended by maximum, so the darkest
stroke of a pixel also gives it its label; fills replace what lies under them.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .fields import NO_FIELD
from .filling import lay_polygon, lay_shade, lay_share, tinted
from .stroking import ink_strokes

__all__ = ["Canvas", "polygon_tone"]

VISIBLE_LEVEL = 56
"""Ink below this level (of 255) is too faint to carry a label."""
_NO_CLIP = np.empty((0, 2))


class Canvas:
    """A square sheet that is drawn on, layer after layer.

    Parameters
    ----------
    size : side of the sheet, pixels

    Attributes
    ----------
    cells : (size, size) uint16, level x 256 + label
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.cells = np.zeros((size, size), dtype=np.uint16)

    def stroke(
        self,
        points: NDArray[np.floating],
        widths: NDArray[np.floating],
        label: int,
        tone: NDArray[np.floating] | float = 1.0,
    ) -> None:
        """Draw one stroke or a batch of equally long ones.

        Parameters
        ----------
        points : (N, 2) or (S, N, 2) pixels (x, y)
        widths : (N,) or (S, N) pixels: the width of the line at each point
        label : index into `rig.features.FEATURES`
        tone : darkness in [0, 1], one number or one a stroke
        """
        points = np.ascontiguousarray(points, dtype=np.float64)
        if points.ndim == 2:
            points = points[None]
        wide, tones = np.empty(points.shape[:2]), np.empty(len(points))
        wide[:], tones[:] = widths, tone
        ink_strokes(self.cells, points, wide, tones, label)

    def fill(
        self,
        polygon: NDArray[np.floating],
        tone: float,
        label: int,
        clip: NDArray[np.floating] | None = None,
    ) -> None:
        """Fill a polygon, (N, 2) pixels, with one tone; what lies under it is covered.

        `clip` is a second polygon outside of which nothing is filled.
        """
        corners = np.ascontiguousarray(polygon, dtype=np.float64)
        within = _NO_CLIP if clip is None else np.ascontiguousarray(clip, dtype=np.float64)
        lay_polygon(self.cells, corners, within, float(tone), label)

    def paint(self, coverage: NDArray[np.floating], tone: float, label: int) -> None:
        """Lay one tone over the sheet through a mask, (size, size) in [0, 1]."""
        shares = np.ascontiguousarray(coverage, dtype=np.float64)
        lay_share(self.cells, shares, 0, 0, float(tone), label)

    def shade(self, darkness: NDArray[np.floating], label: int, tone: float = 1.0) -> None:
        """Add ink, (size, size) in [0, 1] times a tone, where it is darker than what is there."""
        lay_shade(self.cells, np.ascontiguousarray(darkness, np.float32), float(tone), label)

    def ink(self) -> NDArray[np.uint8]:
        """Return the (size, size) ink, 255 = full ink."""
        return (self.cells >> 8).astype(np.uint8)

    def labels(self) -> NDArray[np.uint8]:
        """Return the (size, size) feature index of every pixel, whether or not it shows ink."""
        return (self.cells & 255).astype(np.uint8)


def polygon_tone(
    polygon: NDArray[np.floating],
    size: int,
    dark: float,
    noise: NDArray[np.float32] = NO_FIELD,
    mean: float = 1.0,
    swing: float = 0.0,
    most: float = 1.0,
) -> NDArray[np.float32]:
    """Return the darkness of a (size, size) sheet that is so dark inside a polygon.

    Parameters
    ----------
    noise : (size, size): `mean` and `swing` times it, from 0 to `most`, is a factor on the darkness
    """
    corners = np.ascontiguousarray(polygon, dtype=np.float64)
    return tinted(corners, size, float(dark), noise, mean, swing, most)
