"""Which triangle is seen at each pixel, by numpy alone.

Every triangle is cut into the spans of pixels that its rows cover; the spans of all triangles are
spread out at once and the nearest one wins its pixel.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["PixelBuffer", "rasterise"]


@dataclass(frozen=True, slots=True, eq=False)
class PixelBuffer:
    """The nearest surface at each pixel.

    Attributes
    ----------
    triangle : (H, W) int32, -1 where there is none
    nearness : (H, W) float32, `Camera.nearness` of the surface; -inf where there is none
    """

    triangle: NDArray[np.int32]
    nearness: NDArray[np.float32]


def rasterise(
    image: NDArray[np.float64],
    nearness: NDArray[np.float64],
    triangles: NDArray[np.int32],
    size: tuple[int, int],
) -> PixelBuffer:
    """Find the nearest triangle at each pixel centre.

    Parameters
    ----------
    image : (V, 2) pixels, projected vertices
    nearness : (V,) `Camera.nearness` of the vertices
    triangles : (F, 3) int32; both faces are drawn
    size : (width, height) pixels
    """
    width, height = size
    # corner by corner, side by side in memory: sums and extremes over three take long in rows
    corners = np.ascontiguousarray(triangles.T, dtype=np.intp)
    across, down = np.ascontiguousarray(image.T, dtype=np.float64)
    x, y = across.take(corners), down.take(corners)
    area: NDArray[np.float64] = (x[1] - x[0]) * (y[2] - y[0]) - (y[1] - y[0]) * (x[2] - x[0])
    inside = (_least(x) < width) & (_most(x) > 0) & (_least(y) < height) & (_most(y) > 0)
    kept = np.flatnonzero((np.abs(area) > 1e-9) & inside)
    # far ones first: where spans overlap the last write is then nearly always the nearest
    near = nearness.take(corners[:, kept])
    order = np.argsort(near[0] + near[1] + near[2])
    kept, near = kept[order], near[:, order]
    x, y, area = x[:, kept], y[:, kept], area[kept]
    slope_x: NDArray[np.float64] = (
        (near[1] - near[0]) * (y[2] - y[0]) - (near[2] - near[0]) * (y[1] - y[0])
    ) / area
    slope_y: NDArray[np.float64] = (
        (near[2] - near[0]) * (x[1] - x[0]) - (near[1] - near[0]) * (x[2] - x[0])
    ) / area
    base = near[0] - slope_x * (x[0] - 0.5) - slope_y * (y[0] - 0.5)
    owner, row, first, count = _spans(x, y, width, height)
    span = np.repeat(np.arange(len(owner), dtype=np.int32), count)
    along = np.arange(len(span)) - np.repeat(np.cumsum(count) - count, count)
    # from the span's own first pixel: steep triangles would lose all digits over a whole row
    start = (base[owner] + slope_y[owner] * row + slope_x[owner] * first).astype(np.float32)
    depth = start[span] + slope_x[owner].astype(np.float32)[span] * along.astype(np.float32)
    pixel = (row * width + first)[span] + along
    nearest = np.full(width * height, -np.inf, dtype=np.float32)
    nearest[pixel] = depth
    losing = np.flatnonzero(depth > nearest[pixel])
    while len(losing):
        nearest[pixel[losing]] = depth[losing]
        losing = losing[depth[losing] > nearest[pixel[losing]]]
    wins = depth == nearest[pixel]
    seen = np.full(width * height, -1, dtype=np.int32)
    seen[pixel[wins]] = kept[owner[span[wins]]]
    return PixelBuffer(seen.reshape(height, width), nearest.reshape(height, width))


def _spans(
    x: NDArray[np.float64], y: NDArray[np.float64], width: int, height: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Cut triangles (3, F) into row spans: owner, row, first column, number of columns."""
    top = np.clip(np.ceil(_least(y) - 0.5), 0, height).astype(int)
    bottom = np.clip(np.ceil(_most(y) - 0.5), 0, height).astype(int)
    rows = np.maximum(bottom - top, 0)
    owner = np.repeat(np.arange(len(rows)), rows)
    row = np.arange(len(owner)) - np.repeat(np.cumsum(rows) - rows - top, rows)
    at = row + 0.5
    left = np.full(len(owner), np.inf)
    right = np.full(len(owner), -np.inf)
    for a, b in ((0, 1), (1, 2), (2, 0)):
        with np.errstate(divide="ignore", invalid="ignore"):
            lean = (x[b] - x[a]) / (y[b] - y[a])
        low, high = np.minimum(y[a], y[b])[owner], np.maximum(y[a], y[b])[owner]
        crosses = (at >= low) & (at < high)
        cut = np.where(crosses, x[a][owner] + (at - y[a][owner]) * lean[owner], np.nan)
        left, right = np.fmin(left, cut), np.fmax(right, cut)
    first = np.clip(np.ceil(left - 0.5), 0, width)
    last = np.clip(np.ceil(right - 0.5), 0, width)
    count = np.where(last > first, last - first, 0.0).astype(int)
    used = np.flatnonzero(count)
    return owner[used], row[used], first[used].astype(int), count[used]


def _least(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the least of the three values (3, F) of each triangle."""
    return np.minimum(np.minimum(corners[0], corners[1]), corners[2])


def _most(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the most of the three values (3, F) of each triangle."""
    return np.maximum(np.maximum(corners[0], corners[1]), corners[2])
