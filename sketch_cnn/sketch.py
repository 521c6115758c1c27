"""A drawing as the rest of limner sees it: ink on a page."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import require_shape

__all__ = ["Sketch"]


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """A drawing, brought to one polarity and a working size.

    Attributes
    ----------
    ink : (H, W) float32 in [0, 1], 1 = ink
        Paper tone and lighting removed; the longer side is at most `image.MAX_SIDE_PX`.
    grey : (H, W) uint8
        The picture as it looks (upright, alpha laid on white), at the same size, for overlays.
    scale : float
        Working pixels per pixel of the file: a point of the file times `scale` is a point of `ink`.
    original_size : (width, height) of the file after EXIF rotation, pixels
    path : the file, or None for a drawing that never was one
    sha256 : hex digest of the file's bytes, or of the ink's
    strokes : tuple of (N, 3) float64 (x, y in `ink` pixels, width px), or None for pictures
    face_box : (x0, y0, x1, y1) in `ink` pixels if the user gave one, else None
    warnings : sentences for the user
    """

    ink: NDArray[np.float32]
    grey: NDArray[np.uint8]
    scale: float = 1.0
    original_size: tuple[int, int] = (0, 0)
    path: Path | None = None
    sha256: str = ""
    strokes: tuple[NDArray[np.float64], ...] | None = None
    face_box: tuple[float, float, float, float] | None = None
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_shape("ink", self.ink, ("H", "W"), "Give one grey channel, 1 = ink.")
        require_shape("grey", self.grey, self.ink.shape, "Give the picture at the size of `ink`.")
