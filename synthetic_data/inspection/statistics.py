"""What can be measured of any drawn face, generated or not: ink, strokes, bends, gaps, places."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["HEIGHT_PX", "STATISTICS", "measure"]

HEIGHT_PX = 256
"""Every face box is brought to this height: lengths are comparable, and fine prints blur alike."""

STATISTICS: dict[str, str] = {
    "ink": "mean darkness in the face box",
    "covered": "share of the box under ink darker than a third",
    "solid": "share of the box in filled shapes, thicker than 7 % of its height",
    "grey": "share of the inked pixels that are neither paper nor dark",
    "stroke width": "mean width of the strokes, % of the box's height",
    "width spread": "standard deviation of the widths over their mean: pressure, many pens",
    "strokes": "length of all strokes in the box, box heights",
    "curvature": "median bend of the strokes' edges, radians per 10 % of the box's height",
    "pieces": "separate pieces of ink per box height of stroke",
    "gaps": "ink that closing gaps of 2 % of the height would add, share of the ink",
    "upper": "share of the ink in the upper third of the box",
    "lower": "share of the ink in the lower third of the box",
    "sides": "share of the ink in the outer quarters of the box",
    "aspect": "width of the box over its height",
}
"""Name → what it is."""

_INKED, _DARK = 0.12, 0.35
_SOLID_PX = 9.0
_CLOSE_PX = 5
_EDGE = 0.03


def measure(
    ink: NDArray[np.floating], box: tuple[float, float, float, float]
) -> dict[str, float] | None:
    """Measure a drawn face.

    Parameters
    ----------
    ink : (H, W) in [0, 1], 1 = ink; paper tone removed, any polarity mended
    box : (x0, y0, x1, y1) pixels, from hairline to chin

    Returns
    -------
    One number for each of `STATISTICS`, or None where the box holds hardly any ink.
    """
    face = _resampled(np.asarray(ink, dtype=np.float64), box)
    dark = face >= _DARK
    total = float(face.sum())
    if dark.sum() < 200:
        return None
    depth = ndimage.distance_transform_edt(np.pad(dark, 1))[1:-1, 1:-1]
    solid = _filled(dark, depth)
    ridge = dark & ~solid & (depth >= ndimage.maximum_filter(depth, 3) - 0.01)
    widths = 2.0 * depth[ridge] - 0.5 if ridge.any() else np.zeros(1)
    width = max(float(np.mean(widths)), 1.0)
    length = max(float(dark.sum() - solid.sum()) / width, 1.0)
    closed = ndimage.binary_closing(np.pad(dark, _CLOSE_PX), _disc(_CLOSE_PX))
    third, quarter = face.shape[0] // 3, face.shape[1] // 4
    return {
        "ink": total / face.size,
        "covered": float(dark.mean()),
        "solid": float(solid.mean()),
        "grey": float((face < 0.6)[face >= _INKED].mean()),
        "stroke width": 100.0 * width / HEIGHT_PX,
        "width spread": float(np.std(widths)) / width,
        "strokes": length / HEIGHT_PX,
        "curvature": _bend(face) * 0.1 * HEIGHT_PX,
        "pieces": _pieces(dark) * HEIGHT_PX / length,
        "gaps": float(closed.sum() / dark.sum() - 1.0),
        "upper": float(face[:third].sum()) / total,
        "lower": float(face[-third:].sum()) / total,
        "sides": float(face[:, :quarter].sum() + face[:, -quarter:].sum()) / total,
        "aspect": (box[2] - box[0]) / (box[3] - box[1]),
    }


def _resampled(
    ink: NDArray[np.float64], box: tuple[float, float, float, float]
) -> NDArray[np.float64]:
    """Cut a box out, paper where it leaves the picture, at the common height."""
    x0, y0, x1, y1 = box
    scale = (y1 - y0) / HEIGHT_PX  # pixels of the picture per pixel of the result
    if scale > 1.0:
        ink = ndimage.gaussian_filter(ink, 0.45 * np.sqrt(scale * scale - 1.0), mode="nearest")
    columns = max(round((x1 - x0) / scale), 8)
    y = y0 + (np.arange(HEIGHT_PX) + 0.5) * scale - 0.5
    x = x0 + (np.arange(columns) + 0.5) * scale - 0.5
    places = np.meshgrid(y, x, indexing="ij")
    return ndimage.map_coordinates(ink, places, order=1, mode="constant", cval=0.0)


def _filled(dark: NDArray[np.bool_], depth: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return what is too thick to be a stroke."""
    core = depth > _SOLID_PX
    if not core.any():
        return core
    return dark & (ndimage.distance_transform_edt(~core) <= _SOLID_PX + 0.5)


def _bend(face: NDArray[np.float64]) -> float:
    """Return the median curvature, 1/pixel, of the level lines where ink begins."""
    soft = ndimage.gaussian_filter(face, 3.0)
    dy, dx = np.gradient(soft)
    steep = np.hypot(dx, dy)
    edge = steep > _EDGE
    if not edge.any():
        return 0.0
    unit = np.maximum(steep, 1e-6)
    curvature = np.gradient(dx / unit, axis=1) + np.gradient(dy / unit, axis=0)
    return float(np.median(np.abs(curvature[edge])))


def _pieces(dark: NDArray[np.bool_]) -> float:
    """Count the pieces of ink, but not single specks."""
    found, count = ndimage.label(dark, np.ones((3, 3)))
    sizes = np.bincount(found.ravel(), minlength=count + 1)[1:]
    return float((sizes >= 12).sum())


def _disc(radius: int) -> NDArray[np.bool_]:
    """Return a disc to close gaps with."""
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    return x * x + y * y <= radius * radius + 1
