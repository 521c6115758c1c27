"""The form of a drawn head as fields over the sheet: what lies in shadow, and how far it bulges."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..rig.face_rig import FaceRig
from .compiled import compiled
from .face import DrawnFace
from .warp import Warp

__all__ = ["form_grids", "lit"]

_GRID = 64
_FINE, _COARSE = (
    ndimage.gaussian_filter1d(np.eye(1, 2 * reach + 1, reach, dtype=np.float32)[0], sigma)[reach:]
    for sigma, reach in ((1.1, 4), (3.0, 12))
)
"""Weights of a Gaussian blur of the grid: of a cell itself, of its neighbours, and so on."""


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
    flat, values = _facing(
        face.normals, face.posed, face.flat, rig.vertex_part, light, face.scale_px
    )
    layers = _splatted(warp.apply(flat), values, _GRID, size / _GRID)
    return _averaged(layers, _FINE, _COARSE)


@compiled
def _facing(
    normals: NDArray[np.float64],
    posed: NDArray[np.float64],
    flat: NDArray[np.float64],
    part: NDArray[np.integer[Any]],
    light: NDArray[np.float64],
    scale_px: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the pixels (N, 2) of the skin's vertices that face the viewer, and of each (N, 2)
    how dark it is and how near, pixels.
    """
    places, values = np.empty((len(flat), 2)), np.empty((len(flat), 2))
    kept = 0
    for row in range(len(flat)):
        if part[row] != 0 or not normals[row, 2] > 0.05:
            continue
        shine = normals[row, 0] * light[0] + normals[row, 1] * light[1] + normals[row, 2] * light[2]
        places[kept, 0], places[kept, 1] = flat[row, 0], flat[row, 1]
        values[kept, 0] = 1.0 - min(max(shine, 0.0), 1.0)
        values[kept, 1] = posed[row, 2] * scale_px
        kept += 1
    return places[:kept], values[:kept]


@compiled
def _splatted(
    places: NDArray[np.float64], values: NDArray[np.float64], grid: int, cell_px: float
) -> NDArray[np.float32]:
    """Sum the values (N, D) of points (N, 2) into the cells of a grid, (D + 1, grid, grid).

    The first layer counts the points.
    """
    layers = np.zeros((values.shape[1] + 1, grid, grid), dtype=np.float32)
    for number in range(len(places)):
        column = min(max(int(places[number, 0] / cell_px), 0), grid - 1)
        row = min(max(int(places[number, 1] / cell_px), 0), grid - 1)
        layers[0, row, column] += 1.0
        for layer in range(values.shape[1]):
            layers[layer + 1, row, column] += values[number, layer]
    return layers


@compiled
def _averaged(
    layers: NDArray[np.float32], fine: NDArray[np.float32], coarse: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return the mean darkness and depth of blurred cells (3, G, G), and how many there are."""
    least, none, one = np.float32(1e-4), np.float32(0.0), np.float32(1.0)
    count, wide = _blurred(layers[0], fine), _blurred(layers[0], coarse)
    dark, depth = _blurred(layers[1], fine), _blurred(layers[2], coarse)
    for row in range(len(count)):
        many, more, shade, near = count[row], wide[row], dark[row], depth[row]
        for column in range(len(many)):
            shade[column] /= max(many[column], least)
            near[column] /= max(more[column], least)
            many[column] = min(max(many[column] * np.float32(6.0), none), one)
    return dark, depth, count


@compiled
def _blurred(field: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Blur a grid (G, G) in both directions by weights (R + 1,), mirrored at its edges."""
    return _blurred_down(_blurred_down(field, weights).T.copy(), weights).T.copy()


@compiled
def _blurred_down(field: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Blur a grid (G, G) along its columns."""
    grid = len(field)
    blurred = np.zeros(field.shape, np.float32)
    for row in range(grid):
        line = blurred[row]
        for step in range(len(weights)):
            before, after = row - step, row + step
            before = before if before >= 0 else -1 - before
            after = after if after < grid else 2 * grid - 1 - after
            weight = weights[step] if step > 0 else np.float32(0.5) * weights[0]
            upper, lower = field[before], field[after]
            for column in range(grid):
                line[column] += weight * (upper[column] + lower[column])
    return blurred


@compiled
def lit(
    dark: NDArray[np.float32],
    depth: NDArray[np.float32],
    presence: NDArray[np.float32],
    size: int,
    from_dark: float,
    growth: float,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return tone in [0, 0.75] and depth over the sheet, (size, size), from coarse grids (G, G).

    Both are 0 where the head is not, and where it lies in the light.

    Parameters
    ----------
    from_dark, growth : darkness where the tone begins, and how fast it grows
    """
    grid = len(dark)
    low, part = np.empty(size, dtype=np.int64), np.empty(size)
    for place in range(size):
        at = min(max((place + 0.5) * grid / size - 0.5, 0.0), grid - 1.001)
        low[place] = int(at)
        part[place] = at - low[place]
    tone, form = np.zeros((size, size), np.float32), np.zeros((size, size), np.float32)
    blended = np.empty((3, grid))
    for row in range(size):
        above, down = low[row], part[row]
        for layer, field in enumerate((presence, dark, depth)):
            for column in range(grid):
                upper, lower = field[above, column], field[above + 1, column]
                blended[layer, column] = upper * (1.0 - down) + lower * down
        first, last = 0, grid - 1  # cells where the head is, if anywhere
        while first < grid and blended[0, first] <= 0.5:
            first += 1
        while last > first and blended[0, last] <= 0.5:
            last -= 1
        start = max(int((first - 0.5) * size / grid) - 1, 0)
        for column in range(start, min(int((last + 1.5) * size / grid) + 2, size)):
            left, right = low[column], part[column]
            if blended[0, left] * (1.0 - right) + blended[0, left + 1] * right <= 0.5:
                continue
            value = blended[1, left] * (1.0 - right) + blended[1, left + 1] * right
            value = (value - from_dark) * growth
            if value > 0.0:
                tone[row, column] = min(value, 0.75)
                form[row, column] = blended[2, left] * (1.0 - right) + blended[2, left + 1] * right
    return tone, form
