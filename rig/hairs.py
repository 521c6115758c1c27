"""Brows and lashes of the software render, drawn hair by hair between the rig's curves."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .camera import Camera
from .face_rig import FaceRig
from .look import BROW_COLOUR

__all__ = ["brow_hairs", "draw_hairs"]

_HAIRS = 150  # per brow
_LASHES = 34
_BEHIND_M = 0.004  # a hair whose root lies deeper than this under the surface is hidden


def draw_hairs(
    colour: NDArray[np.float32],
    depth: NDArray[np.float32],
    vertices: NDArray[np.floating],
    rig: FaceRig,
    camera: Camera,
) -> None:
    """Draw brows and lashes into a picture, in place.

    Parameters
    ----------
    colour : (H, W, 3) linear RGB
    depth : (H, W) metres towards the eye, -inf where nothing is
    vertices : (V, 3) metres, posed
    """
    brows = [brow_hairs(vertices, rig, side) for side in "LR"]
    lashes = [_lash_line(vertices, rig, side) for side in "LR"]
    for found, is_line in ((brows, False), (lashes, True)):
        hairs = [hair for hair in found if hair is not None]
        if hairs:
            parts = [np.concatenate(part) for part in zip(*hairs, strict=True)]
            ink = _ink(parts, depth, camera, is_line)[..., None]
            colour += ink * (0.55 * BROW_COLOUR.astype(np.float32) - colour)


def _ink(
    parts: list[NDArray[np.float64]], depth: NDArray[np.float32], camera: Camera, is_line: bool
) -> NDArray[np.float32]:
    """Return (H, W) coverage by the hairs (roots, tips, widths, strengths) that can be seen."""
    roots, tips, width_m, strength = parts
    height, width = depth.shape
    start, stop = camera.project(roots), camera.project(tips)
    column = np.clip(start[:, 0].astype(int), 0, width - 1)
    row = np.clip(start[:, 1].astype(int), 0, height - 1)
    seen = roots[:, 2] > depth[row, column] - _BEHIND_M
    width_px = np.maximum(width_m[seen] * camera.scale_px, 0.7)
    return _strokes(start[seen], stop[seen], width_px, strength[seen], (width, height), is_line)


def brow_hairs(
    vertices: NDArray[np.floating], rig: FaceRig, side: str
) -> tuple[NDArray[np.float64], ...] | None:
    """Return roots (N, 3), tips (N, 3), widths (N,) metres and strengths (N,) of one brow."""
    if f"brow_upper_{side}" not in rig.curves or f"brow_lower_{side}" not in rig.curves:
        return None
    upper, lower = (
        rig.curves[f"brow_{edge}_{side}"].points.interpolate(vertices, rig.triangles)
        for edge in ("upper", "lower")
    )
    order = np.arange(_HAIRS)
    # golden-ratio steps spread hairs evenly and never in rows; the same hairs in every picture
    along = (order + 0.5) / _HAIRS
    across = (order * 0.6180339887) % 1.0
    jitter = (order * 0.7548776662) % 1.0 - 0.5
    thickness = np.linalg.norm(_at(upper, along) - _at(lower, along), axis=1)
    length = np.linalg.norm(upper[-1] - upper[0])
    root = _between(upper, lower, along, 0.06 + 0.70 * across)
    lean = 0.02 + 0.10 * np.sqrt(along) + 0.02 * jitter
    rise = np.clip(0.06 + 0.7 * across + (0.55 - 0.75 * along) + 0.25 * jitter, 0.0, 0.97)
    tip = _between(upper, lower, np.minimum(along + lean, 1.0), rise)
    middle = np.clip(np.minimum(along, 1.0 - along) * 9.0, 0.25, 1.0)
    strength = 0.62 * middle * (0.75 + 0.5 * jitter)
    return root, tip, 0.10 * thickness + 0.004 * length, strength


def _lash_line(
    vertices: NDArray[np.floating], rig: FaceRig, side: str
) -> tuple[NDArray[np.float64], ...] | None:
    """Return the dark line of the upper lashes as overlapping strokes along the lid."""
    if f"upper_lid_{side}" not in rig.curves:
        return None
    lid = rig.curves[f"upper_lid_{side}"].points.interpolate(vertices, rig.triangles)
    along = np.linspace(0.0, 1.0, _LASHES + 1)
    points = _at(lid, along)
    points[:, 2] += 0.0012
    length = np.linalg.norm(lid[-1] - lid[0])
    swell = np.sin(np.pi * np.clip(along[:-1] * 0.9 + 0.1, 0.0, 1.0)) ** 0.6
    return points[:-1], points[1:], 0.035 * length * swell, np.full(_LASHES, 0.8)


def _at(line: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the points at shares [0, 1] of a polyline's length."""
    steps = np.linalg.norm(np.diff(line, axis=0), axis=1)
    reached = np.concatenate([[0.0], np.cumsum(steps)])
    wanted = share * reached[-1]
    return np.stack([np.interp(wanted, reached, line[:, k]) for k in range(3)], axis=1)


def _between(
    upper: NDArray[np.float64],
    lower: NDArray[np.float64],
    along: NDArray[np.float64],
    across: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return points `along` the brow and `across` it: 0 on the lower edge, 1 on the upper."""
    low, high = _at(lower, along), _at(upper, along)
    return low + across[:, None] * (high - low)


def _strokes(
    start: NDArray[np.float64],
    stop: NDArray[np.float64],
    width_px: NDArray[np.float64],
    strength: NDArray[np.float64],
    size: tuple[int, int],
    is_line: bool,
) -> NDArray[np.float32]:
    """Draw strokes: (H, W) coverage; hairs taper and add up, pieces of a line do neither."""
    width, height = size
    reach = width_px / 2.0 + 1.0
    low = np.floor(np.minimum(start, stop) - reach[:, None]).astype(int)
    high = np.ceil(np.maximum(start, stop) + reach[:, None]).astype(int)
    low, high = np.maximum(low, 0), np.minimum(high, [width, height])
    extent = np.maximum(high - low, 0)
    counts = extent[:, 0] * extent[:, 1]
    owner = np.repeat(np.arange(len(counts)), counts)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    row, column = np.divmod(place, np.maximum(extent[owner, 0], 1))
    column, row = column + low[owner, 0], row + low[owner, 1]
    along = stop - start
    squared = np.maximum((along**2).sum(axis=1), 1e-9)
    dx, dy = column + 0.5 - start[owner, 0], row + 0.5 - start[owner, 1]
    share = np.clip((dx * along[owner, 0] + dy * along[owner, 1]) / squared[owner], 0.0, 1.0)
    away = np.hypot(dx - share * along[owner, 0], dy - share * along[owner, 1])
    half = 0.5 * width_px[owner] * (1.0 if is_line else 1.0 - 0.6 * share)
    cover = np.clip(half - away + 0.5, 0.0, 1.0) * strength[owner]
    pixel = row * width + column
    if is_line:
        most = np.zeros(width * height)
        np.maximum.at(most, pixel, cover)
        return most.reshape(height, width).astype(np.float32)
    clear = np.bincount(pixel, np.log1p(-np.clip(cover, 0.0, 0.98)), minlength=width * height)
    return (1.0 - np.exp(clear)).reshape(height, width).astype(np.float32)
