"""Hatching: fields of parallel lines whose width follows a darkness, bent by the form below."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..rig.face_rig import FaceRig
from .evenly import bounded
from .face import DrawnFace
from .fields import NO_FIELD, hatched, knots, smoothed, splatted
from .warp import Warp

__all__ = ["form_grids", "hatch", "noise_field"]

_GRID = 64
_FINE, _COARSE = (
    ndimage.gaussian_filter1d(np.eye(_GRID, dtype=np.float32), sigma, axis=0)
    for sigma in (1.1, 3.0)
)
"""Blurs of a coarse grid as matrices, (_GRID, _GRID)."""
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


def form_grids(
    rig: FaceRig, face: DrawnFace, warp: Warp, light: NDArray[np.floating], size: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return darkness, depth and presence of the head over the sheet, as coarse grids (64, 64).

    Vertices that face the viewer are averaged into the cells, which are smoothed.

    Parameters
    ----------
    warp : what the hand did to the face
    light : (3,) direction towards the light, length 1
    """
    rows = np.flatnonzero((face.normals[:, 2] > 0.05) & (rig.vertex_part == 0))
    values = np.empty((len(rows), 2))
    values[:, 0] = 1.0 - bounded(face.normals[rows] @ light, 0.0, 1.0)
    values[:, 1] = face.posed[rows, 2] * face.scale_px
    count, dark, depth = splatted(warp.apply(face.flat[rows]), values, _GRID, size / _GRID)
    fine = [_FINE @ field @ _FINE.T for field in (count, dark)]
    coarse = [_COARSE @ field @ _COARSE.T for field in (count, depth)]
    return (
        fine[1] / np.maximum(fine[0], np.float32(1e-4)),
        coarse[1] / np.maximum(coarse[0], np.float32(1e-4)),
        bounded(fine[0] * np.float32(6.0), 0.0, 1.0),
    )
