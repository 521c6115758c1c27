"""A drawing as a region of the screen shows it: zoomed, shifted, and where the mouse points.

Free of Blender. Regions have their origin at the lower left, drawings at the upper left.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .hints import Box
from .marks import Marks, corners_of

__all__ = ["Grip", "SheetView", "grip_at"]

_NEAR_PX = 10.0
_AROUND = 1.6
"""Part of the drawing that is shown about a face, in sizes of its box."""
_ZOOM = (0.02, 64.0)


@dataclass(frozen=True, slots=True)
class SheetView:
    """How a region shows a drawing.

    Attributes
    ----------
    region_px : (width, height) of the region
    middle : (x, y) of the drawing in the region's middle, pixels of the file
    zoom : pixels of the region per pixel of the file
    """

    region_px: tuple[int, int]
    middle: tuple[float, float]
    zoom: float

    @classmethod
    def around(cls, region_px: tuple[int, int], box: Box) -> SheetView:
        """Show what is about a box."""
        x0, y0, x1, y1 = box
        wide, high = max(x1 - x0, 1.0) * _AROUND, max(y1 - y0, 1.0) * _AROUND
        zoom = min(region_px[0] / wide, region_px[1] / high)
        return cls(region_px, ((x0 + x1) / 2.0, (y0 + y1) / 2.0), float(np.clip(zoom, *_ZOOM)))

    @classmethod
    def whole(cls, region_px: tuple[int, int], size_px: tuple[int, int]) -> SheetView:
        """Show the whole drawing."""
        width, height = map(float, size_px)
        zoom = 0.95 * min(region_px[0] / width, region_px[1] / height)
        return cls(region_px, (width / 2.0, height / 2.0), float(np.clip(zoom, *_ZOOM)))

    def to_region(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map (N, 2) pixels of the file to the region's."""
        half = np.array(self.region_px) / 2.0
        return half + (points - self.middle) * [self.zoom, -self.zoom]

    def to_sheet(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map (N, 2) pixels of the region to the file's."""
        half = np.array(self.region_px) / 2.0
        return (points - half) / [self.zoom, -self.zoom] + self.middle

    def zoomed(self, times: float, at: NDArray[np.float64]) -> SheetView:
        """Show it larger or smaller; what lies under `at`, region pixels, stays there."""
        zoom = float(np.clip(self.zoom * times, *_ZOOM))
        under = self.to_sheet(at)
        half = np.array(self.region_px) / 2.0
        x, y = under - (at - half) / [zoom, -zoom]
        return replace(self, zoom=zoom, middle=(float(x), float(y)))

    def shifted(self, way: NDArray[np.float64]) -> SheetView:
        """Drag the drawing along by (2,) pixels of the region."""
        x, y = np.array(self.middle) - way / [self.zoom, -self.zoom]
        return replace(self, middle=(float(x), float(y)))


@dataclass(frozen=True, slots=True)
class Grip:
    """What the mouse holds: the landmark `number`, a `CORNER` of the box, or all of the `BOX`."""

    kind: str
    number: int = 0


def grip_at(marks: Marks, view: SheetView, at: NDArray[np.float64], scale: float) -> Grip | None:
    """Return what lies under the mouse: the nearest landmark or corner, else an edge of the box.

    Parameters
    ----------
    at : (2,) pixels of the region
    scale : of the user interface; 1 on an ordinary screen
    """
    near = _NEAR_PX * scale
    corners = view.to_region(corners_of(marks.box))
    found = [(float(np.linalg.norm(place - at)), Grip("CORNER", row)) for row, place in
             enumerate(corners)]  # fmt: skip
    places = view.to_region(marks.points) if len(marks.points) else marks.points
    found += [
        (float(np.linalg.norm(place - at)), Grip("POINT", row)) for row, place in enumerate(places)
    ]
    away, grip = min(found, key=lambda pair: pair[0])
    if away <= near:
        return grip
    low, high = corners.min(axis=0), corners.max(axis=0)
    within = ((at > low - near) & (at < high + near)).all()
    at_an_edge = (np.minimum(abs(at - low), abs(at - high)) <= near).any()
    return Grip("BOX") if within and at_an_edge else None
