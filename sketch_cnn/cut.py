"""Squares cut out of a sheet of ink, and how far boxes share their area."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.sparse import csr_matrix

__all__ = ["cut_square", "overlap"]

_MANY = 4.0
"""Pixels of the sheet on one of the cut's, along an axis: from here on Pillow is the slower one."""


def cut_square(
    ink: NDArray[np.float32], corner: tuple[float, float], side: float, size_px: int
) -> NDArray[np.float32]:
    """Cut a square out of the ink and bring it to `size_px`; outside of the sheet is paper."""
    height, width = ink.shape
    x0, y0 = corner
    left, top = int(np.floor(min(x0, 0.0))), int(np.floor(min(y0, 0.0)))
    right, bottom = int(np.ceil(max(x0 + side, width))), int(np.ceil(max(y0 + side, height)))
    low_x, low_y = max(0, int(np.floor(x0)) - 2), max(0, int(np.floor(y0)) - 2)
    high_x = min(width, int(np.ceil(x0 + side)) + 2)
    high_y = min(height, int(np.ceil(y0 + side)) + 2)
    sheet_x, sheet_y = max(left, int(np.floor(x0)) - 2), max(top, int(np.floor(y0)) - 2)
    sheet = np.zeros(
        (
            min(bottom, int(np.ceil(y0 + side)) + 2) - sheet_y,
            min(right, int(np.ceil(x0 + side)) + 2) - sheet_x,
        ),
        np.float32,
    )
    if high_x > low_x and high_y > low_y:
        part = ink[low_y:high_y, low_x:high_x]
        sheet[low_y - sheet_y : high_y - sheet_y, low_x - sheet_x : high_x - sheet_x] = part
    box = (x0 - sheet_x, y0 - sheet_y, x0 - sheet_x + side, y0 - sheet_y + side)
    box = (
        max(box[0], 0.0),
        max(box[1], 0.0),
        min(box[2], sheet.shape[1]),
        min(box[3], sheet.shape[0]),
    )
    if side > _MANY * size_px:
        return _shrunk(sheet, box, size_px)
    how = Image.Resampling.HAMMING if side > size_px else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(sheet).resize((size_px, size_px), how, box=box))


def _shrunk(
    sheet: NDArray[np.float32], box: tuple[float, float, float, float], size_px: int
) -> NDArray[np.float32]:
    """Return what Pillow's `resize` with its Hamming window does of a box, sooner if it is large.

    Rows are added up as they lie, and only what is left of them is turned.
    """
    down = _window(box[1], box[3], sheet.shape[0], size_px)
    across = _window(box[0], box[2], sheet.shape[1], size_px)
    low = np.ascontiguousarray((down @ sheet).T)
    return np.ascontiguousarray((across @ low).T)


def _window(start: float, end: float, count: int, size_px: int) -> csr_matrix:
    """Return (size_px, count) shares of the sheet's pixels along one axis: a Hamming window."""
    step = (end - start) / size_px
    middle = start + (np.arange(size_px) + 0.5) * step
    first = np.maximum((middle - step + 0.5).astype(int), 0)
    last = np.minimum((middle + step + 0.5).astype(int), count)
    at = first[:, None] + np.arange(int((last - first).max()))
    off = (at + 0.5 - middle[:, None]) / step
    share = np.sinc(off) * (0.54 + 0.46 * np.cos(np.pi * off))
    share[(np.abs(off) >= 1.0) | (at >= last[:, None])] = 0.0
    share = (share / share.sum(axis=1, keepdims=True)).astype(np.float32)
    ends = np.arange(0, at.size + 1, at.shape[1])
    return csr_matrix((share.ravel(), np.minimum(at, count - 1).ravel(), ends), (size_px, count))


def overlap(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the intersection over union of two boxes."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    if width <= 0.0 or height <= 0.0:
        return 0.0
    both = width * height
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (first, second)]
    return both / (sum(areas) - both)
