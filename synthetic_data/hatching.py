"""Hatching: fields of parallel lines whose width follows a darkness, bent by the form below."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .fields import NO_FIELD, hatched, knots, smoothed

__all__ = ["hatch", "noise_field"]

_BOW_PX, _BREAK_PX = 40.0, 9.0


def hatch(
    darkness: NDArray[np.floating],
    spacing_px: float,
    angle: float,
    rng: np.random.Generator,
    form: NDArray[np.floating] | None = None,
    bend: float = 0.0,
) -> NDArray[np.float32]:
    """Return the ink, (size, size) in [0, 1], of one set of hatching lines.

    Parameters
    ----------
    darkness : (size, size) in [0, 1]: share of the paper that the lines cover
    spacing_px : distance of the lines
    angle : of the lines' normal, radians
    form : (size, size) pixels towards the viewer; lines follow it where `bend` is not 0
    """
    size = len(darkness)
    return hatched(
        np.ascontiguousarray(darkness, dtype=np.float32),
        float(spacing_px),
        float(np.cos(angle)),
        float(np.sin(angle)),
        knots(rng, size, _BOW_PX),
        _BOW_PX,
        knots(rng, size, _BREAK_PX),
        _BREAK_PX,
        NO_FIELD if form is None or not bend else np.ascontiguousarray(form, dtype=np.float32),
        float(bend),
    )


def noise_field(rng: np.random.Generator, size: int, period_px: float) -> NDArray[np.float32]:
    """Return smooth noise, (size, size), standard deviation about 0.6, over some period."""
    return smoothed(knots(rng, size, period_px), size, float(period_px))
