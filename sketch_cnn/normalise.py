"""Grey picture in, ink out: paper tone, lighting and polarity are taken away.

The paper's brightness is followed over the page by the bright end of each block of the picture,
smoothed; ink is how much darker a pixel is than the paper there, against the page's darkest ink.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["extract_ink", "is_inverted", "tone_quantiles"]

_BLOCKS = 16
_PAPER_QUANTILE = 0.85
_SAMPLES = 12
_MIN_CONTRAST = 0.06
_NOISE_FLOOR = 0.08
_MUCH_DARKER = 0.25
_STEPS, _HALF = 64.0, 0.5 + 1e-6
"""Of one tone of 255: as fine as float32 holds tones exactly, and far coarser than float64."""


def tone_quantiles(grey: NDArray[np.uint8], shares: tuple[float, ...]) -> NDArray[np.float64]:
    """Return the tones, 0 to 255, that such shares of a picture of bytes lie below.

    Counted, since there are 256 tones only: `np.quantile` would sort all pixels.
    """
    up_to = np.cumsum(np.bincount(grey.ravel(), minlength=256))
    place = np.array(shares) * (grey.size - 1)
    below, above = (np.searchsorted(up_to, np.floor(place) + step, side="right") for step in (0, 1))
    above = np.minimum(above, int(grey.max()))
    told: NDArray[np.float64] = below + (place - np.floor(place)) * (above - below)
    return told


def is_inverted(grey: NDArray[np.uint8]) -> bool:
    """Tell whether the drawing is light on dark: the page's border and its bulk are dark."""
    height, width = grey.shape
    edge = max(1, min(height, width) // 20)
    border = np.concatenate(
        [grey[:edge].ravel(), grey[-edge:].ravel(), grey[:, :edge].ravel(), grey[:, -edge:].ravel()]
    )
    low, high = tone_quantiles(_thinned(grey), (0.02, 0.98))
    middle = 0.5 * (low + high)
    return float(np.mean(border < middle)) > 0.7 and float(np.mean(grey < middle)) > 0.6


def _thinned(image: NDArray[Any]) -> NDArray[Any]:
    """Return every n-th pixel, some 20,000 of them: enough for a percentile.

    Columns are counted from the left and from the right, so that a mirrored picture gives the
    same pixels.
    """
    step = max(1, int(np.sqrt(image.size / 10_000)))
    rows = image[::step]
    return np.concatenate([rows[:, ::step], rows[:, ::-1][:, ::step]], axis=1)


def extract_ink(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return (H, W) ink in [0, 1], 1 = ink, of a grey picture (H, W) of bytes.

    A picture without contrast gives no ink at all. Of a picture, of its mirror image and of its
    negative it is the same to the last bit, and everywhere: networks that reckon in whole numbers
    answer a little otherwise where a pixel differs by the smallest amount.
    """
    if is_inverted(grey):
        grey = np.uint8(255) - grey
    tones = grey.astype(np.float32)
    depth = _paper(tones)
    depth -= tones
    np.maximum(depth, 0.0, out=depth)
    darkest = _stepped(np.percentile(_thinned(depth).astype(np.float64), 99.5))
    if darkest < 255.0 * _MIN_CONTRAST:
        darkest = max(float(depth.max()), 255.0 * _MIN_CONTRAST)
    ink = depth
    ink *= np.float32(1.0 / (darkest * (1.0 - _NOISE_FLOOR)))
    ink -= np.float32(_NOISE_FLOOR / (1.0 - _NOISE_FLOOR))
    return np.clip(ink, 0.0, 1.0, out=ink)


def _stepped(tones: Any) -> Any:
    """Return float64 tones in whole steps, so that how they were added up makes no difference.

    Halves of a step are common, and all are rounded up, whatever their last bits are.
    """
    return np.floor(_STEPS * tones + _HALF) / _STEPS


def _paper(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the paper's tone at every pixel, 0 to 255.

    A block full of ink (black hair) knows nothing of the paper: it takes its neighbours' word.
    """
    height, width = grey.shape
    rows, columns = min(_BLOCKS, height), min(_BLOCKS, width)
    bright = _block_quantiles(grey, rows, columns).astype(np.float64)
    typical = float(np.quantile(bright, 0.75))
    trusted = (bright > typical - 255.0 * _MUCH_DARKER).astype(np.float64)
    weighted = ndimage.gaussian_filter(bright * trusted, 1.5, mode="nearest")
    share = ndimage.gaussian_filter(trusted, 1.5, mode="nearest")
    smooth = np.where(share > 1e-3, weighted / np.maximum(share, 1e-3), typical)
    zoom = (height / rows, width / columns)
    return _resize(_stepped(smooth), zoom, (height, width))


def _block_quantiles(grey: NDArray[np.float32], rows: int, columns: int) -> NDArray[np.float32]:
    """Return (rows, columns): the bright end of each block, from a sample of its pixels."""
    side = _SAMPLES
    y = ((np.arange(rows * side) + 0.5) * (grey.shape[0] / (rows * side))).astype(int)
    x = ((np.arange(columns * side) + 0.5) * (grey.shape[1] / (columns * side))).astype(int)
    sample = 0.5 * (grey[np.ix_(y, x)] + grey[np.ix_(y, grey.shape[1] - 1 - x[::-1])])
    sample = sample.reshape(rows, side, columns, side).swapaxes(1, 2)
    place = int(_PAPER_QUANTILE * side * side)
    return np.partition(sample.reshape(rows, columns, -1), place, axis=2)[:, :, place]


def _resize(
    coarse: NDArray[np.float64], zoom: tuple[float, float], shape: tuple[int, int]
) -> NDArray[np.float32]:
    """Enlarge a coarse map bilinearly, block centres onto block centres."""
    down, across = (
        _between(count, size, factor)
        for count, size, factor in zip(coarse.shape, shape, zoom, strict=True)
    )
    enlarged: NDArray[np.float32] = _stepped(down @ coarse @ across.T).astype(np.float32)
    return enlarged


def _between(count: int, size: int, zoom: float) -> NDArray[np.float64]:
    """Return (size, count) shares of the blocks in each pixel along one axis."""
    place = np.clip((np.arange(size) + 0.5) / zoom - 0.5, 0.0, count - 1.0)
    return np.maximum(1.0 - np.abs(place[:, None] - np.arange(count)), 0.0)
