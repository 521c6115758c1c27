"""Hatching: fields of parallel lines whose width follows a darkness, bent by the form below."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..rig.face_rig import FaceRig
from .face import DrawnFace
from .warp import Warp

__all__ = ["form_fields", "hatch", "noise_field"]

_GRID = 64


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
    at = np.arange(size, dtype=np.float32) + 0.5
    phase = at[None, :] * np.float32(np.cos(angle)) + at[:, None] * np.float32(np.sin(angle))
    phase = phase + noise_field(rng, size, 40.0) * np.float32(0.35 * spacing_px)
    if form is not None and bend:
        phase = phase + np.float32(bend) * form
    turns = phase / np.float32(spacing_px)
    away = np.abs(turns - np.round(turns)) * np.float32(spacing_px)
    broken = darkness + 0.12 * noise_field(rng, size, 9.0)
    half = np.clip(broken, 0.0, 1.0) * np.float32(0.5 * spacing_px)
    ink = np.minimum(half + 0.5 - away, 2.0 * half)
    return np.where(darkness > 0.05, np.clip(ink, 0.0, 1.0), 0.0).astype(np.float32)


def noise_field(rng: np.random.Generator, size: int, period_px: float) -> NDArray[np.float32]:
    """Return smooth noise, (size, size), standard deviation about 0.6, over some period."""
    knots = int(np.ceil(size / period_px)) + 2
    values = rng.standard_normal((knots, knots)).astype(np.float32)
    at = np.arange(size, dtype=np.float32) / np.float32(period_px)
    low = at.astype(int)
    part = at - low
    ease = part * part * (3.0 - 2.0 * part)
    rows = values[low] * (1.0 - ease)[:, None] + values[low + 1] * ease[:, None]
    return rows[:, low] * (1.0 - ease) + rows[:, low + 1] * ease


def form_fields(
    rig: FaceRig,
    face: DrawnFace,
    warp: Warp,
    light: NDArray[np.floating],
    size: int,
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return darkness, depth and presence of the head over the sheet, each (size, size).

    Vertices that face the viewer are averaged into a coarse grid, smoothed and enlarged.

    Parameters
    ----------
    warp : what the hand did to the face
    light : (3,) direction towards the light, length 1
    """
    normals = face.normals
    rows = np.flatnonzero((normals[:, 2] > 0.05) & (rig.vertex_part == 0))
    lit = np.clip(normals[rows] @ light, 0.0, 1.0)
    cell = np.clip(warp.apply(face.flat[rows]) / (size / _GRID), 0, _GRID - 1).astype(int)
    place = cell[:, 1] * _GRID + cell[:, 0]
    total = _GRID * _GRID
    count = np.bincount(place, minlength=total).astype(np.float32)
    sums = [
        np.bincount(place, values, total)
        for values in (1.0 - lit, face.posed[rows, 2] * face.scale_px)
    ]
    fine, coarse = (
        [
            ndimage.gaussian_filter(field.reshape(_GRID, _GRID).astype(np.float32), sigma)
            for field in (count, values)
        ]
        for sigma, values in ((1.1, sums[0]), (3.0, sums[1]))
    )
    presence = np.clip(fine[0] * 6.0, 0.0, 1.0)
    fields = [
        fine[1] / np.maximum(fine[0], 1e-4),
        coarse[1] / np.maximum(coarse[0], 1e-4),
        presence,
    ]
    return tuple(_enlarged(field, size) for field in fields)  # type: ignore[return-value]


def _enlarged(field: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Enlarge a coarse grid bilinearly."""
    at = np.clip(
        (np.arange(size, dtype=np.float32) + 0.5) * (_GRID / size) - 0.5, 0.0, _GRID - 1.001
    )
    low = at.astype(int)
    part = at - low
    rows = field[low] * (1.0 - part)[:, None] + field[low + 1] * part[:, None]
    return rows[:, low] * (1.0 - part) + rows[:, low + 1] * part
