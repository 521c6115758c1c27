"""The sheet: ink and labels drawn together, antialiased, in plain numpy.

Every pixel holds one number, level x 256 + label. Strokes are blended by maximum, so the darkest
stroke of a pixel also gives it its label; fills replace what lies under them.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Canvas", "polygon_coverage"]

_PIECE_PX = 0.5
_WINDOWS_PX = (6, 8, 11, 16, 24, 40)
VISIBLE_LEVEL = 56
"""Ink below this level (of 255) is too faint to carry a label."""


class Canvas:
    """A square sheet that is drawn on, layer after layer.

    Parameters
    ----------
    size : side of the sheet, pixels
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._cells = np.zeros(size * size, dtype=np.uint16)
        self._pending: list[tuple[NDArray[np.float32], ...]] = []

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
        tone : darkness in [0, 1], one number or one a point
        """
        points = np.asarray(points, dtype=np.float32)
        if points.ndim == 2:
            points = points[None]
        shape = points.shape[:2]
        half = np.broadcast_to(np.asarray(widths, dtype=np.float32) * 0.5, shape)
        tones = np.broadcast_to(np.asarray(tone, dtype=np.float32), shape)
        ends = np.concatenate(
            [points[:, :-1], points[:, 1:], half[:, :-1, None], half[:, 1:, None]], axis=2
        ).reshape(-1, 6)
        mean_tone = (0.5 * (tones[:, :-1] + tones[:, 1:])).reshape(-1)
        self._pending.append((ends, mean_tone, np.full(len(ends), label, dtype=np.uint16)))

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
        x0, y0, coverage = _window_coverage(polygon, self.size)
        if coverage.size == 0:
            return
        if clip is not None:
            height, width = coverage.shape
            coverage = coverage * _window_coverage(clip, self.size, (x0, y0, height, width))[2]
        rows, columns = np.nonzero(coverage > 0.004)
        where = (rows + y0) * self.size + columns + x0
        self._lay(where, coverage[rows, columns], tone, label)

    def paint(self, coverage: NDArray[np.floating], tone: float, label: int) -> None:
        """Lay one tone over the sheet through a mask, (size, size) in [0, 1]."""
        flat = coverage.reshape(-1)
        where = np.flatnonzero(flat > 0.004)
        self._lay(where, flat[where], tone, label)

    def _lay(
        self, where: NDArray[np.int64], share: NDArray[np.floating], tone: float, label: int
    ) -> None:
        """Mix one tone into some cells."""
        self.flush()
        old = self._cells[where]
        level = (old >> 8) * (1.0 - share) + 255.0 * tone * share
        new_label = np.where(share > 0.5, label if tone > 0.0 else 0, old & 255)
        self._cells[where] = (level.astype(np.uint16) << 8) | new_label.astype(np.uint16)

    def shade(self, darkness: NDArray[np.floating], label: int) -> None:
        """Add ink, (size, size) in [0, 1], where it is darker than what is there (hatching)."""
        self.flush()
        level = np.clip(darkness.reshape(-1) * 255.0, 0.0, 255.0).astype(np.uint16)
        np.maximum(self._cells, (level << 8) | np.uint16(label), out=self._cells)

    def flush(self) -> None:
        """Rasterise the strokes that wait, all at once."""
        if not self._pending:
            return
        ends = np.concatenate([part[0] for part in self._pending])
        tone = np.concatenate([part[1] for part in self._pending])
        label = np.concatenate([part[2] for part in self._pending])
        self._pending.clear()
        ends, tone, label = _shortened(ends, tone, label)
        half = np.maximum(ends[:, 4], ends[:, 5])
        reach = half + 0.5
        low = np.minimum(ends[:, :2], ends[:, 2:4]) - reach[:, None]
        high = np.maximum(ends[:, :2], ends[:, 2:4]) + reach[:, None]
        inside = (high > 0.0).all(axis=1) & (low < self.size).all(axis=1) & (half > 0.02)
        inside &= np.isfinite(ends).all(axis=1)
        needed = np.ceil((high - low).max(axis=1)) + 1
        smallest = 0
        for window in (*_WINDOWS_PX, None):
            chosen = inside & (needed > smallest)
            if window is None:
                for row in np.flatnonzero(chosen):
                    one = slice(row, row + 1)
                    self._draw(ends[one], tone[one], label[one], int(needed[row]))
                break
            rows = np.flatnonzero(chosen & (needed <= window))
            if len(rows):
                self._draw(ends[rows], tone[rows], label[rows], window)
            smallest = window

    def _draw(
        self,
        ends: NDArray[np.float32],
        tone: NDArray[np.float32],
        label: NDArray[np.uint16],
        window: int,
    ) -> None:
        """Blend tapered capsules that all fit a window of so many pixels."""
        start, along = ends[:, :2], ends[:, 2:4] - ends[:, :2]
        corner = np.floor(
            np.minimum(ends[:, :2], ends[:, 2:4])
            - np.maximum(ends[:, 4], ends[:, 5])[:, None]
            - 0.5
        ).astype(np.int32)
        steps = np.arange(window, dtype=np.float32) + 0.5
        dx = (corner[:, 0] - start[:, 0])[:, None, None] + steps[None, None, :]
        dy = (corner[:, 1] - start[:, 1])[:, None, None] + steps[None, :, None]
        ax, ay = along[:, 0, None, None], along[:, 1, None, None]
        inverse = 1.0 / np.maximum(ax * ax + ay * ay, np.float32(1e-9))
        at = np.clip((dx * ax + dy * ay) * inverse, 0.0, 1.0)
        gap_x, gap_y = dx - at * ax, dy - at * ay
        first = ends[:, 4, None, None]
        half = first + at * (ends[:, 5, None, None] - first)
        # convolving a line of width 2 half with a pixel gives a trapezoid of that area
        coverage = np.minimum(half + 0.5 - np.sqrt(gap_x * gap_x + gap_y * gap_y), 2.0 * half)
        hit = np.flatnonzero(coverage.reshape(-1) > 0.01)
        segment, cell = np.divmod(hit, window * window)
        row, column = np.divmod(cell, window)
        x, y = corner[segment, 0] + column, corner[segment, 1] + row
        on = (x >= 0) & (x < self.size) & (y >= 0) & (y < self.size)
        segment, place = segment[on], (y * self.size + x)[on]
        level = np.minimum(coverage.reshape(-1)[hit[on]], 1.0) * tone[segment] * 255.0
        cells = (level.astype(np.uint16) << 8) | label[segment]
        np.maximum.at(self._cells, place, cells)

    def ink(self) -> NDArray[np.uint8]:
        """Return the (size, size) ink, 255 = full ink."""
        self.flush()
        return (self._cells >> 8).astype(np.uint8).reshape(self.size, self.size)

    def labels(self) -> NDArray[np.uint8]:
        """Return the (size, size) feature index of every pixel, whether or not it shows ink."""
        self.flush()
        return (self._cells & 255).astype(np.uint8).reshape(self.size, self.size)


def _shortened(
    ends: NDArray[np.float32], tone: NDArray[np.float32], label: NDArray[np.uint16]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.uint16]]:
    """Cut long segments, whose windows would be mostly empty, into short ones."""
    length = np.hypot(ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1])
    wanted = 5.0 + 2.0 * np.maximum(ends[:, 4], ends[:, 5])
    pieces = np.clip(np.ceil(length / wanted), 1, 200)
    if not (pieces > 1).any():
        return ends, tone, label
    pieces = np.where(np.isfinite(pieces), pieces, 1).astype(np.int64)
    row = np.repeat(np.arange(len(ends)), pieces)
    within = np.arange(len(row)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    low = (within / pieces[row]).astype(np.float32)[:, None]
    high = ((within + 1) / pieces[row]).astype(np.float32)[:, None]
    first, last = ends[row][:, [0, 1, 4]], ends[row][:, [2, 3, 5]]
    begin, end = first + low * (last - first), first + high * (last - first)
    cut = np.concatenate([begin[:, :2], end[:, :2], begin[:, 2:], end[:, 2:]], axis=1)
    return cut, tone[row], label[row]


def polygon_coverage(polygon: NDArray[np.floating], size: int) -> NDArray[np.float32]:
    """Return how much of each pixel of a (size, size) sheet lies inside a polygon, in [0, 1]."""
    return _window_coverage(polygon, size, (0, 0, size, size))[2]


def _window_coverage(
    polygon: NDArray[np.floating], size: int, window: tuple[int, int, int, int] | None = None
) -> tuple[int, int, NDArray[np.float32]]:
    """Return the coverage of a window (x0, y0, rows, columns), by default the polygon's own.

    The signed area to the right of every edge is summed into the pixels and accumulated along the
    rows, as font rasterisers do; self-overlaps count once.
    """
    points = np.asarray(polygon, dtype=np.float64)
    if window is None:
        x0, y0 = np.clip(np.floor(points.min(axis=0)).astype(int), 0, size)
        x1, y1 = np.clip(np.ceil(points.max(axis=0)).astype(int), 0, size)
        window = (int(x0), int(y0), max(int(y1 - y0), 0), max(int(x1 - x0), 0))
    x0, y0, height, width = window
    if height == 0 or width == 0:
        return x0, y0, np.zeros((height, width), dtype=np.float32)
    points = points - (x0, y0)
    after = np.concatenate([points[1:], points[:1]])
    # cut every edge at the rows' borders, then into short pieces: each row closes exactly
    low_row = np.clip(np.floor(np.minimum(points[:, 1], after[:, 1])), 0, height).astype(np.int64)
    high_row = np.clip(np.ceil(np.maximum(points[:, 1], after[:, 1])), 0, height).astype(np.int64)
    edge, within = _repeated(np.maximum(high_row - low_row, 0))
    run = after[edge] - points[edge]
    line = low_row[edge] + within
    safe = np.where(run[:, 1] == 0.0, 1.0, run[:, 1])
    first = np.clip((line - points[edge, 1]) / safe, 0.0, 1.0)
    last = np.clip((line + 1 - points[edge, 1]) / safe, 0.0, 1.0)
    wide = np.abs(run[:, 0] * (last - first))
    pieces = np.clip(np.ceil(wide / _PIECE_PX), 1, 2 * width + 2).astype(np.int64)
    part_of, within = _repeated(pieces)
    share = (last - first)[part_of] / pieces[part_of]
    middle = first[part_of] + (within + 0.5) * share
    rise = np.abs(share) * run[part_of, 1]
    x = points[edge, 0][part_of] + middle * run[part_of, 0]
    x = np.clip(x, 0.0, width)
    column = x.astype(np.int64)
    part = x - column
    place = line[part_of] * (width + 2) + column
    total = height * (width + 2)
    area = np.bincount(place, rise * (1.0 - part), total)
    area += np.bincount(place + 1, rise * part, total)
    summed = np.cumsum(area.reshape(height, width + 2), axis=1)[:, :width]
    return x0, y0, np.minimum(np.abs(summed), 1.0).astype(np.float32)


def _repeated(counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return each row's number as often as its count says, and the place within the row."""
    row = np.repeat(np.arange(len(counts)), counts)
    return row, np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
