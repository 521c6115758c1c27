"""One answer from a crop and its mirror image: a mirrored drawing gives the mirrored answer."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .labels import MIRRORED_AUS, MIRRORED_LANDMARKS
from .line_points import MIRRORED_LINE_POINTS

__all__ = ["MAPS", "mirror_mean"]

MAPS = ("features", "attention")
"""Outputs of so many numbers that they stay float32."""

_AUS, _LANDMARKS = np.array(MIRRORED_AUS), np.array(MIRRORED_LANDMARKS)
_LINES = np.array(MIRRORED_LINE_POINTS)


def mirror_mean(values: dict[str, NDArray], size_px: int) -> dict[str, NDArray[np.float64]]:
    """Average what was read from a crop (row 0) and from its mirror image (row 1).

    An embedding has no sides to swap: its mean comes first, which a mirrored drawing leaves alone,
    then half the difference, which it negates.

    Parameters
    ----------
    values : name → (2, …)
    size_px : side of the crop
    """
    turned_back = {
        **dict.fromkeys(("alpha", "beta", "intensity", "visible"), lambda row: row[_AUS]),
        "landmarks": lambda row: [size_px, 0.0] + row[_LANDMARKS] * [-1.0, 1.0],
        "spread": lambda row: row[_LANDMARKS],
        "lines": lambda row: [size_px, 0.0] + row[_LINES] * [-1.0, 1.0],
        "line_spread": lambda row: row[_LINES],
        "pose": lambda row: row * [1.0, -1.0, -1.0],
        "features": lambda row: row[:, :, ::-1],
        "attention": lambda row: row[:, ::-1],
    }
    means = {
        name: 0.5 * (value[0] + turned_back[name](_exact(name, value[1])))
        for name, value in values.items()
        if name in turned_back
    }
    if "embedding" in values:
        one, two = values["embedding"].astype(np.float64)
        means["embedding"] = 0.5 * np.concatenate([one + two, one - two])
    return means


def _exact(name: str, values: NDArray) -> NDArray:
    return values if name in MAPS else values.astype(np.float64)
