"""Drawings and their mirror images: turned back, averaged, and told which of both to look at.

A drawing and its mirror image are brought the same way round before anything is read
(`is_turned`), so that both give the same answer, but for left and right. Besides, what is read of
a crop and of its mirror image is averaged, which is nearer to the truth than either.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .labels import MIRRORED_AUS, MIRRORED_LANDMARKS
from .line_points import MIRRORED_LINE_POINTS

__all__ = ["MAPS", "exact", "is_turned", "mean_embedding", "mirror_mean", "turned_back"]

MAPS = ("features", "attention")
"""Outputs of so many numbers that they stay float32."""

_AUS, _LANDMARKS = np.array(MIRRORED_AUS), np.array(MIRRORED_LANDMARKS)
_LINES = np.array(MIRRORED_LINE_POINTS)
_TURNS: dict[str, Callable[[NDArray, int], NDArray]] = {
    **dict.fromkeys(("alpha", "beta", "intensity", "visible"), lambda row, _: row[_AUS]),
    "landmarks": lambda row, size_px: [size_px, 0.0] + row[_LANDMARKS] * [-1.0, 1.0],
    "spread": lambda row, _: row[_LANDMARKS],
    "lines": lambda row, size_px: [size_px, 0.0] + row[_LINES] * [-1.0, 1.0],
    "line_spread": lambda row, _: row[_LINES],
    "pose": lambda row, _: row * [1.0, -1.0, -1.0],
    "features": lambda row, _: row[:, :, ::-1],
    "attention": lambda row, _: row[:, ::-1],
}


def is_turned(ink: NDArray[np.float32]) -> bool:
    """Tell whether the mirror image of a sheet (H, W) is looked at in its place.

    Of a drawing and its mirror image exactly one is, unless its ink lies as far to the left as to
    the right: whole numbers are added up, so that no rounding can make both of them so.
    """
    columns = np.rint(ink * np.float32(255.0)).sum(axis=0, dtype=np.float64)
    width = len(columns)
    return bool(columns @ (2.0 * np.arange(width) - (width - 1.0)) < 0.0)


def turned_back(values: dict[str, NDArray], size_px: int) -> dict[str, NDArray]:
    """Return what was read of a crop's mirror image as it is in the crop.

    Parameters
    ----------
    values : name → array; a mean embedding (see `mirror_mean`) has its second half negated
    size_px : side of the crop
    """
    told = {name: _TURNS[name](value, size_px) for name, value in values.items() if name in _TURNS}
    if "embedding" in values:
        mean, apart = np.split(values["embedding"], 2)
        told["embedding"] = np.concatenate([mean, -apart])
    return told


def mirror_mean(values: dict[str, NDArray], size_px: int) -> dict[str, NDArray[np.float64]]:
    """Average what was read from a crop (row 0) and from its mirror image (row 1).

    Parameters
    ----------
    values : name → (2, …)
    size_px : side of the crop
    """
    means = {
        name: 0.5 * (value[0] + _TURNS[name](exact(name, value[1]), size_px))
        for name, value in values.items()
        if name in _TURNS
    }
    if "embedding" in values:
        means["embedding"] = mean_embedding(values["embedding"])
    return means


def mean_embedding(both: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return (2 · F,) of the embeddings (2, F) of a crop and a mirrored one.

    An embedding has no sides to swap: its mean comes first, which a mirrored drawing leaves alone,
    then half the difference, which it negates.
    """
    one, two = both.astype(np.float64)
    return 0.5 * np.concatenate([one + two, one - two])


def exact(name: str, values: NDArray) -> NDArray:
    """Return an output of this name as float64, but for maps."""
    return values if name in MAPS else values.astype(np.float64)
