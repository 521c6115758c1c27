"""Where a face was found, and what was read of it before it is told."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .mirror import turned_back

__all__ = ["Box", "FoundFace", "Look", "mirrored_box", "settled"]

Box = tuple[float, float, float, float]


def settled(box: Box) -> Box:
    """Return a box on a grid of eighths of a pixel: how a machine rounds must not move a crop."""
    x0, y0, x1, y1 = (round(8.0 * side) / 8.0 for side in box)
    return x0, y0, x1, y1


def mirrored_box(box: Box, width: int) -> Box:
    """Return a box (x0, y0, x1, y1) as it lies in the mirror image of a sheet so wide."""
    return width - box[2], box[1], width - box[0], box[3]


@dataclass(frozen=True, slots=True)
class FoundFace:
    """A face on the sheet: its box in ink pixels, and how sure the finder is."""

    box: Box
    score: float

    @property
    def area(self) -> float:
        """Area of the box, square pixels."""
        return (self.box[2] - self.box[0]) * (self.box[3] - self.box[1])

    def mirrored(self, width: int) -> FoundFace:
        """Return the face in the mirror image of a sheet so wide."""
        return replace(self, box=mirrored_box(self.box, width))


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What was read of a drawing's largest face, before it is told.

    Attributes
    ----------
    values : name → array, means over all looks at it
    matrix : (2, 3) from ink pixels to the crop's
    face, others : the face, and further ones on the sheet
    """

    values: dict[str, NDArray[np.float64]]
    matrix: NDArray[np.float64]
    face: FoundFace
    others: tuple[FoundFace, ...] = ()

    def mirrored(self, width: int, size_px: int) -> Look:
        """Return what was read as it would have been of the mirror image.

        Parameters
        ----------
        width : of the sheet, ink pixels
        size_px : side of the crop
        """
        matrix = self.matrix.copy()
        matrix[0, 2] = size_px - self.matrix[0, 0] * width - self.matrix[0, 2]
        return Look(
            turned_back(self.values, size_px),
            matrix,
            self.face.mirrored(width),
            tuple(other.mirrored(width) for other in self.others),
        )
