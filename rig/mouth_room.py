"""Room in the mouth: what of its inside would show through the skin, and how it gives way.

A chin drawn short or a mouth drawn beside its place leaves no room behind the skin for teeth of
full size. Asked along the head's own line of sight: in front of a tooth there is skin, or the mouth
is open there; a tooth before the skin shows through it.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .face_rig import PART_NAMES, FaceRig
from .look import mouth_cavity
from .zbuffer import rasterise

__all__ = ["LINING", "MouthRoom", "SkinPicture"]

_SKIN = PART_NAMES.index("skin")
_ROWS = tuple(PART_NAMES.index(name) for name in ("teeth_upper", "teeth_lower"))
_TONGUE = PART_NAMES.index("tongue")
_PIXEL_M = 0.0007
_REACH_M = 0.05  # of the picture around the mouth, each way
_MARGIN_PX = 8  # around all that is asked for: it moves a little meanwhile
_GAP_M = 0.0003  # between skin and teeth
LINING = 0.15
"""Of `mouth_cavity`: skin that lies farther in belongs to the lining, nearer to the lips."""
_MOST_BACK_M = 0.006  # teeth that would have to go farther back become smaller
_LINING_SHOWS_M = 0.0004  # the lining's rim lies level with the lips
_STEP = 0.08
_SIZES = tuple(1.0 - _STEP * number for number in range(7))


@dataclass(frozen=True, slots=True, eq=False)
class SkinPicture:
    """The outer skin around a mouth, seen from the front.

    Attributes
    ----------
    middle : (3,) metres, of the mouth's opening
    corner : (column, row) of the picture's top left among the pixels around the mouth
    depth : (H, W) metres, how far in front the skin lies, or -inf
    """

    middle: NDArray[np.float64]
    corner: tuple[int, int]
    depth: NDArray[np.float32]

    def before(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (N,) how far each point lies before the skin, metres; 0 if hidden or free."""
        if not len(points):
            return np.zeros(0)
        height, width = self.depth.shape
        column, row = (
            np.floor(each).astype(np.intp) - first
            for each, first in zip(_pixels(points, self.middle), self.corner, strict=True)
        )
        inside = (column >= 0) & (row >= 0) & (column < width) & (row < height)
        skin = self.depth.ravel().take(np.where(inside, row * width + column, 0))
        there = inside & (skin > -np.inf)
        return np.where(there, np.maximum(points[:, 2] + _GAP_M - skin, 0.0), 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class MouthRoom:
    """The inside of one rig's mouth and the skin before it.

    Attributes
    ----------
    rig : the rig
    skin : (F, 3) triangles of the outer skin
    rows : vertex numbers of each row of teeth; none where the rig has no teeth
    tongue : vertex numbers of the tongue, which becomes smaller with the teeth
    lining : vertex numbers of the skin inside the mouth
    inside : vertex numbers of all of these
    """

    rig: FaceRig
    skin: NDArray[np.int32]
    rows: tuple[NDArray[np.intp], ...]
    tongue: NDArray[np.intp]
    lining: NDArray[np.intp]
    inside: NDArray[np.intp]

    @classmethod
    def of(cls, rig: FaceRig) -> MouthRoom:
        """Lay out a rig's mouth."""
        cavity = mouth_cavity(rig)
        outer = (rig.vertex_part == _SKIN) & (cavity == 0.0)
        rows = [np.flatnonzero(rig.vertex_part == part) for part in _ROWS]
        teeth = tuple(row for row in rows if len(row))
        tongue = np.flatnonzero(rig.vertex_part == _TONGUE)
        lining = np.flatnonzero((rig.vertex_part == _SKIN) & (cavity > LINING))
        skin = rig.triangles[outer[rig.triangles].all(axis=1)]
        return cls(rig, skin, teeth, tongue, lining, np.concatenate([*teeth, tongue, lining]))

    def look(self, vertices: NDArray[np.floating]) -> SkinPicture:
        """See the outer skin (V, 3) before the mouth's inside from the front."""
        vertices = np.asarray(vertices, dtype=np.float64)
        inner = self.rig.landmarks[60:68].interpolate(vertices, self.rig.triangles)
        middle = np.asarray(inner.mean(axis=0))
        across, down = _pixels(vertices, middle)
        low, high = _window(across[self.inside]), _window(down[self.inside])
        image = np.column_stack([across - low[0], down - high[0]])
        size = (low[1] - low[0], high[1] - high[0])
        x, y = (each.take(self.skin.T) for each in image.T)
        area = (x[1] - x[0]) * (y[2] - y[0]) - (y[1] - y[0]) * (x[2] - x[0])
        seen = self.skin[area < 0.0]  # the picture's y runs down
        depth = rasterise(image, vertices[:, 2], seen, size).nearness
        return SkinPicture(middle, (low[0], high[0]), depth)

    def fit_teeth(
        self, vertices: NDArray[np.float64], picture: SkinPicture | None = None
    ) -> NDArray[np.float64]:
        """Return (V, 3) metres with the teeth behind the skin.

        Each row goes straight back; where that is not enough, all teeth shrink towards the middle
        of the mouth, and keep their shape.

        Parameters
        ----------
        vertices : (V, 3) metres, in the rig's own frame
        picture : of their outer skin, if it was taken already
        """
        if not self.rows:
            return vertices
        picture = picture or self.look(vertices)
        middle = picture.middle
        for size in _SIZES:
            shrunk = [self._shrunk(vertices, row, middle, size) for row in self.rows]
            back = [float(picture.before(row).max(initial=0.0)) for row in shrunk]
            if max(back) <= _MOST_BACK_M:
                break
        if size == 1.0 and not any(back):
            return vertices
        result = vertices.copy()
        for row, points, way in zip(self.rows, shrunk, back, strict=True):
            result[row] = points - [0.0, 0.0, min(way, 2.0 * _MOST_BACK_M)]
        tongue = self._shrunk(vertices, self.tongue, middle, size)
        result[self.tongue] = tongue - [0.0, 0.0, min(max(back), 2.0 * _MOST_BACK_M)]
        return result

    def way_in(
        self, vertices: NDArray[np.float64], picture: SkinPicture | None = None
    ) -> NDArray[np.float64]:
        """Return (V, 3) metres: how far points of the lining go to lie behind the skin.

        They go back, or where that is far, under the chin, towards the middle of the mouth.

        Parameters
        ----------
        vertices : (V, 3) metres, in the rig's own frame
        picture : of their outer skin, if it was taken already
        """
        way = np.zeros_like(vertices)
        picture = picture or self.look(vertices)
        middle, before = picture.middle, picture.before(vertices[self.lining])
        if not before.any():
            return way
        shallow = (before > _LINING_SHOWS_M) & (before < _MOST_BACK_M)
        way[self.lining[shallow], 2] = -before[shallow] - _LINING_SHOWS_M
        showing = self.lining[before >= _MOST_BACK_M]
        points = vertices[showing]
        to_middle = np.column_stack([middle[:2] - points[:, :2], np.zeros(len(points))])
        share = np.zeros(len(points))
        for size in _SIZES:
            shows = picture.before(points + (1.0 - size) * to_middle) > 0.0
            share[shows] = 1.0 - size + _STEP
        way[showing] = share[:, None] * to_middle
        return way

    def shown(self, vertices: NDArray[np.floating]) -> float:
        """Return how far teeth stand out of the skin at most, metres; 0 where none does."""
        if not self.rows:
            return 0.0
        from scipy.spatial import cKDTree

        vertices = np.asarray(vertices, dtype=np.float64)
        teeth = vertices[np.concatenate(self.rows)]
        before = self.look(vertices).before(teeth)
        out = teeth[before > 0.0]
        if len(out) == 0:
            return 0.0
        away, _ = cKDTree(vertices[np.unique(self.skin)]).query(out)
        return float(np.minimum(away, before[before > 0.0]).max())

    def _shrunk(
        self,
        vertices: NDArray[np.float64],
        rows: NDArray[np.intp],
        middle: NDArray[np.float64],
        size: float,
    ) -> NDArray[np.float64]:
        """Return (N, 3) some vertices shrunk towards the mouth; their front stays where it is."""
        points = vertices[rows]
        if len(points) == 0 or size == 1.0:
            return points
        centre = np.array([middle[0], middle[1], points[:, 2].max()])
        return centre + size * (points - centre)


def _pixels(
    points: NDArray[np.float64], middle: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (N,) columns and (N,) rows in the picture around the mouth."""
    column = (points[:, 0] - middle[0] + _REACH_M) / _PIXEL_M
    row = (middle[1] - points[:, 1] + _REACH_M) / _PIXEL_M
    return column, row


def _window(pixels: NDArray[np.float64]) -> tuple[int, int]:
    """Return the first pixel of a stretch that holds all (N,), and some more; and the one after."""
    side = round(2.0 * _REACH_M / _PIXEL_M)
    if not len(pixels):
        return 0, side
    first = max(math.floor(pixels.min() - _MARGIN_PX), 0)
    return min(first, side - 1), max(min(math.ceil(pixels.max() + _MARGIN_PX), side), first + 1)
