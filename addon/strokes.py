"""Pen strokes as the camera sees them, turned into ink on a page: a drawing that was never a file.

Blender's Grease Pencil is read by `addon/bridge/pencil.py`; from here on it is numbers alone.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import itertools
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import SketchError, require_shape

if TYPE_CHECKING:  # Blender reads strokes at every pen lift: nothing heavy before a fit needs it
    from ..sketch_cnn.sketch import Sketch

__all__ = ["Page", "Sight", "Stroke", "draw_strokes", "sketch_from_strokes", "strokes_digest"]

_LEAST_RADIUS_PX = 0.75
_MAX_RADIUS_PX = 100.0
_PIECE_PX = 12.0
_BATCH_PX = 4_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Stroke:
    """One stroke of a pen.

    Attributes
    ----------
    points : (N, 2) float64, pixels (x, y) of the page, N >= 1
    radius : (N,) float64, pixels: half the line's width at each point
    opacity : (N,) float64 in [0, 1]
    is_closed : True where the last point is joined with the first
    """

    points: NDArray[np.float64]
    radius: NDArray[np.float64]
    opacity: NDArray[np.float64]
    is_closed: bool = False

    def __post_init__(self) -> None:
        require_shape("points", self.points, ("N", 2), "Give one (x, y) pixel a row.")
        for name in ("radius", "opacity"):
            require_shape(name, getattr(self, name), (len(self.points),), "Give one a point.")


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """How a camera or a 3D view sees the world, and the page that it is drawn on.

    Attributes
    ----------
    clip_from_world : (4, 4) float64
        View and projection in one, as graphics cards have it: x and y in [-1, 1] after division.
    size_px : (width, height) of the page
    """

    clip_from_world: NDArray[np.float64]
    size_px: tuple[int, int]

    def __post_init__(self) -> None:
        require_shape("clip_from_world", self.clip_from_world, (4, 4), "Give a square matrix.")

    @property
    def is_orthographic(self) -> bool:
        """True where parallel lines stay parallel."""
        return bool(np.allclose(self.clip_from_world[3], [0.0, 0.0, 0.0, 1.0], atol=1e-9))

    def project(
        self, points: NDArray[np.floating]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Project (N, 3) world points; return (N, 2) pixels and (N,) pixels a metre at each.

        What lies behind the eye gets 0 pixels a metre.
        """
        width, height = self.size_px
        clip = points @ self.clip_from_world[:, :3].T + self.clip_from_world[:, 3]
        ahead = clip[:, 3] > 1e-9
        depth = np.where(ahead, clip[:, 3], 1.0)
        x = (0.5 + 0.5 * clip[:, 0] / depth) * width
        y = (0.5 - 0.5 * clip[:, 1] / depth) * height
        across, ahead_axis = self.clip_from_world[0, :3], self.clip_from_world[3, :3]
        # (a shifted lens leans its row towards the line of sight)
        lean = across @ ahead_axis / max(float(ahead_axis @ ahead_axis), 1e-12)
        scale = np.linalg.norm(across - lean * ahead_axis) * width / 2.0
        return np.stack([x, y], axis=1), np.where(ahead, scale / depth, 0.0)


def strokes_digest(strokes: Sequence[Stroke], size_px: tuple[int, int]) -> str:
    """Return a name of 64 letters for a drawing: another one as soon as a point has moved."""
    digest = hashlib.sha256(struct.pack("<2q", *size_px))
    for stroke in strokes:
        digest.update(struct.pack("<q?", len(stroke.points), stroke.is_closed))
        for values in (stroke.points, stroke.radius, stroke.opacity):
            digest.update(np.ascontiguousarray(values, dtype="<f8").tobytes())
    return digest.hexdigest()


def sketch_from_strokes(
    strokes: Sequence[Stroke], size_px: tuple[int, int], page: Page | None = None
) -> Sketch:
    """Make a drawing of strokes on a page.

    Parameters
    ----------
    strokes : in the order they were drawn
    size_px : (width, height) of the page; its longer side should be `image.MAX_SIDE_PX` at most
    page : what was drawn before, if the drawing goes on; the same ink in less time

    Raises
    ------
    SketchError
        If no stroke lies on the page.
    """
    from ..sketch_cnn.sketch import Sketch

    ink = (page or Page()).draw(strokes, size_px)
    if not (ink > 0.3).any():
        what = "no strokes yet" if not strokes else "all strokes lie outside of the picture"
        raise SketchError(f"{what}; draw a face where the camera sees it")
    return Sketch(
        ink=ink,
        grey=np.rint(255.0 * (1.0 - ink)).astype(np.uint8),
        original_size=size_px,
        sha256=strokes_digest(strokes, size_px),
        strokes=tuple(np.column_stack([s.points, 2.0 * s.radius]) for s in strokes),
    )


class Page:
    """A page that is drawn on: strokes that lie on it already are not drawn again."""

    def __init__(self) -> None:
        self._size_px = (0, 0)
        self._strokes: tuple[Stroke, ...] = ()
        self._paper = np.ones(0)
        self._ink = np.zeros(0, dtype=np.float32)

    def draw(self, strokes: Sequence[Stroke], size_px: tuple[int, int]) -> NDArray[np.float32]:
        """Return the ink of strokes, as `draw_strokes` does.

        Only those after the ones of the last call are drawn; where one of these is gone or another,
        the page is taken anew.
        """
        known, width, height = len(self._strokes), *size_px
        goes_on = size_px == self._size_px and known <= len(strokes)
        if not goes_on or not all(map(_is_same, self._strokes, strokes)):
            known, self._paper = 0, np.ones(height * width, dtype=np.float64)
            self._ink = np.zeros(height * width, dtype=np.float32)
        self._size_px = (0, 0)  # who is interrupted here begins anew
        for pixels in _lay(self._paper, strokes[known:], size_px):
            self._ink[pixels] = 1.0 - self._paper[pixels]
        self._strokes, self._size_px = tuple(strokes), size_px
        return self._ink.reshape(height, width).copy()


def _is_same(one: Stroke, other: Stroke) -> bool:
    """Tell whether two strokes are drawn alike."""
    names = ("points", "radius", "opacity")
    values = ((getattr(one, name), getattr(other, name)) for name in names)
    return one.is_closed == other.is_closed and all(np.array_equal(a, b) for a, b in values)


def draw_strokes(strokes: Sequence[Stroke], size_px: tuple[int, int]) -> NDArray[np.float32]:
    """Draw strokes with round ends and soft edges.

    A pixel is covered as far as its centre lies within the line; lines finer than a pixel and a
    half are drawn as wide as that, so that nothing drawn is lost. Where strokes cross, ink adds
    up; a stroke that crosses itself does not grow darker.

    Returns
    -------
    (H, W) float32 in [0, 1], 1 = ink
    """
    return Page().draw(strokes, size_px)


def _lay(
    paper: NDArray[np.float64], strokes: Sequence[Stroke], size_px: tuple[int, int]
) -> Iterator[NDArray[np.int64]]:
    """Draw strokes on paper (H · W,), 1 where there is no ink yet; yield the pixels of each."""
    wet = np.zeros_like(paper)
    for stroke in strokes:
        starts, ends = _segments(stroke, size_px)
        touched = []
        for part in _batches(starts, ends):
            pixels, cover = _cover(starts[part], ends[part], size_px)
            order = np.lexsort((cover, pixels))  # the darkest of a pixel comes last and stays
            pixels, cover = pixels[order], cover[order]
            last = np.flatnonzero(np.diff(pixels, append=-1))
            pixels, cover = pixels[last], cover[last]
            wet[pixels] = np.maximum(wet[pixels], cover)
            touched.append(pixels)
        for pixels in touched:  # what a second batch touched as well is dry by then
            paper[pixels] *= 1.0 - wet[pixels]
            wet[pixels] = 0.0
        yield from touched


def _batches(starts: NDArray[np.float64], ends: NDArray[np.float64]) -> list[slice]:
    """Cut the pieces of a stroke into runs whose pixels fit into memory, however wide the pen."""
    reach = np.maximum(starts[:, 2], ends[:, 2]) + 2.0
    box = np.abs(ends[:, :2] - starts[:, :2]) + 2.0 * reach[:, None]
    edges = np.flatnonzero(np.diff(np.cumsum(box.prod(axis=1)) // _BATCH_PX)) + 1
    bounds = [0, *edges.tolist(), len(starts)]
    return [slice(low, high) for low, high in itertools.pairwise(bounds) if high > low]


def _segments(
    stroke: Stroke, size_px: tuple[int, int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Cut a stroke into short pieces that may touch the page: (S, 4) starts and ends.

    A row is x, y, radius, opacity.
    """
    radius = np.clip(stroke.radius, _LEAST_RADIUS_PX, _MAX_RADIUS_PX)
    opacity = np.clip(stroke.opacity, 0.0, 1.0)
    rows = np.column_stack([stroke.points, radius, opacity])
    rows = rows[np.isfinite(rows).all(axis=1)]
    if stroke.is_closed and len(rows) > 2:
        rows = np.vstack([rows, rows[:1]])
    if len(rows) == 1:
        rows = np.vstack([rows, rows])
    starts, ends = rows[:-1], rows[1:]
    low = np.minimum(starts[:, :2] - starts[:, 2:3], ends[:, :2] - ends[:, 2:3])
    high = np.maximum(starts[:, :2] + starts[:, 2:3], ends[:, :2] + ends[:, 2:3])
    near = (high > -1.0).all(axis=1) & (low < np.array(size_px) + 1.0).all(axis=1)
    starts, ends = starts[near], ends[near]
    # (a line to a far point outside is cut by the page's edge long before it matters)
    length = np.minimum(np.linalg.norm(ends[:, :2] - starts[:, :2], axis=1), 1e5)
    count = np.maximum(np.ceil(length / _PIECE_PX).astype(int), 1)
    row = np.repeat(np.arange(len(count)), count)
    piece = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    step = (ends - starts)[row] / count[row, None]
    first = starts[row] + piece[:, None] * step
    return first, first + step


def _cover(
    starts: NDArray[np.float64], ends: NDArray[np.float64], size_px: tuple[int, int]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return flat pixel numbers and how dark each piece makes them; a pixel may come often."""
    width, height = size_px
    reach = np.maximum(starts[:, 2], ends[:, 2]) + 1.0
    low = np.floor(np.minimum(starts[:, :2], ends[:, :2]) - reach[:, None]).astype(int)
    high = np.ceil(np.maximum(starts[:, :2], ends[:, :2]) + reach[:, None]).astype(int)
    low = np.clip(low, 0, (width, height))
    high = np.clip(high, low, (width, height))
    box = high - low
    count = box.prod(axis=1)
    row = np.repeat(np.arange(len(count)), count)
    place = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    x = low[row, 0] + place % np.maximum(box[row, 0], 1)
    y = low[row, 1] + place // np.maximum(box[row, 0], 1)
    along = ends[:, :2] - starts[:, :2]
    squared = np.maximum((along**2).sum(axis=1), 1e-12)
    away_x, away_y = x + 0.5 - starts[row, 0], y + 0.5 - starts[row, 1]
    share = np.clip((away_x * along[row, 0] + away_y * along[row, 1]) / squared[row], 0.0, 1.0)
    away = np.hypot(away_x - share * along[row, 0], away_y - share * along[row, 1])
    radius = starts[row, 2] + share * (ends - starts)[row, 2]
    opacity = starts[row, 3] + share * (ends - starts)[row, 3]
    cover = np.clip(radius + 0.5 - away, 0.0, 1.0) * opacity
    wet = cover > 0.0
    return (y * width + x)[wet], cover[wet]
