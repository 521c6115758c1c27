"""How firmly a fit stands: drawings with strokes missing, with a shaking hand, with stray lines."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

from ..errors import SketchError
from ..rig.face_rig import rotation_matrix, unposed
from ..sketch_cnn.image import sketch_from_grey
from .fit import Fit
from .gap import feature_key
from .pipeline import Session

__all__ = ["Disturbed", "bench_noise", "disturbances"]

_REMOVED = 0.1
_WOBBLE_PX, _WOBBLE_LENGTH_PX = 3.0, 12.0
_STRAY_LINES = 6
_BLOT_PX = 7
_INK = 160
_TOUCHED = 0.05
_SMALL_IOD = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class Disturbed:
    """A drawing that something happened to.

    Attributes
    ----------
    name : of what happened
    picture : (H, W) uint8
    touched : (H, W) bool, ink that was taken away
    """

    name: str
    picture: NDArray[np.uint8]
    touched: NDArray[np.bool_]


def disturbances(picture: NDArray[np.uint8], rng: np.random.Generator) -> list[Disturbed]:
    """Return a grey drawing (H, W) with a tenth of its ink removed, shaken, and scrawled on."""
    nothing = np.zeros(picture.shape, dtype=bool)
    removed = _some_ink(picture < _INK, rng)
    stripped = np.where(removed, np.uint8(255), picture)
    return [
        Disturbed("removed", stripped, removed),
        Disturbed("wobble", _wobbled(picture, rng), nothing),
        Disturbed("stray", _scrawled(picture, rng), nothing),
    ]


def _some_ink(ink: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Choose whole strokes (connected ink) up to the share; blots of ink where strokes are long."""
    label, count = ndimage.label(ink, np.ones((3, 3)))
    size, wanted = np.bincount(label.ravel(), minlength=count + 1), _REMOVED * ink.sum()
    chosen = np.zeros(ink.shape, dtype=bool)
    for stroke in rng.permutation(count) + 1:
        if chosen.sum() + size[stroke] <= wanted:
            chosen |= label == stroke
    rows, columns = np.nonzero(ink)
    while len(rows) and chosen.sum() < 0.9 * wanted:
        row, column = (axis[int(rng.integers(len(rows)))] for axis in (rows, columns))
        down, across = np.ogrid[: ink.shape[0], : ink.shape[1]]
        chosen |= ink & (np.hypot(down - row, across - column) < _BLOT_PX)
    return ndimage.binary_dilation(chosen, iterations=2)  # with its pale rim


def _wobbled(picture: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Shake the lines: displacements of 3 px (root mean square) that change over 12 px."""
    noise = rng.standard_normal((2, *picture.shape))
    smooth = ndimage.gaussian_filter(noise, (0.0, _WOBBLE_LENGTH_PX, _WOBBLE_LENGTH_PX))
    smooth *= _WOBBLE_PX / np.sqrt(2.0) / smooth.std()
    places = np.indices(picture.shape) + smooth
    moved = ndimage.map_coordinates(picture.astype(np.float64), places, order=1, cval=255.0)
    return moved.round().astype(np.uint8)


def _scrawled(picture: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Draw straight lines across, from anywhere to anywhere."""
    page = Image.fromarray(picture)
    height, width = picture.shape
    for _ in range(_STRAY_LINES):
        ends = rng.uniform(0.0, 1.0, 4) * [width, height, width, height]
        ImageDraw.Draw(page).line(tuple(map(float, ends)), fill=60, width=2)
    return np.asarray(page)


def bench_noise(
    session: Session,
    samples: Iterator[tuple[NDArray[np.uint8], dict[str, Any]]],
    on_drawing: Callable[[int], None] | None = None,
) -> dict[str, float]:
    """Fit drawings as they are and disturbed, and measure how far the heads' lines move.

    Parameters
    ----------
    samples : grey drawings (H, W) with what their JSON says

    Returns
    -------
    figures : for each disturbance the mean, median and 95th percentile, over the drawn features
        that it did not touch, of how far a feature's line moved in the picture, interocular
        distances; and the share of features that moved by less than 0.02
    """
    moves: dict[str, list[float]] = {"removed": [], "wobble": [], "stray": []}
    lost = dict.fromkeys(moves, 0)
    for number, (picture, _) in enumerate(samples, start=1):
        try:
            fit = session.fit(sketch_from_grey(picture))
        except SketchError:
            continue
        for one in disturbances(picture, np.random.default_rng([number, 6])):
            try:
                other = session.fit(sketch_from_grey(one.picture))
            except SketchError:
                lost[one.name] += 1
                continue
            moves[one.name] += _moves(fit, other, one.touched)
        if on_drawing is not None:
            on_drawing(number)
    figures: dict[str, float] = {}
    for name, values in moves.items():
        figures[f"{name}_lost"] = lost[name]
        if values:
            figures[f"{name}_moved_mean"] = float(np.mean(values))
            figures[f"{name}_moved_median"] = float(np.median(values))
            figures[f"{name}_moved_p95"] = float(np.quantile(values, 0.95))
            figures[f"{name}_small_share"] = float(np.mean(np.array(values) < _SMALL_IOD))
    return figures


def _moves(before: Fit, after: Fit, touched: NDArray[np.bool_]) -> list[float]:
    """Return how far the lines of drawn, untouched features are apart in two fits, IOD."""
    lines, others = _lines(before), _lines(after)
    scale = before.sketch.scale
    moved = []
    for key, drawn in before.drawn.items():
        column, row = np.floor(drawn / scale).astype(np.intp).T
        inside = (row >= 0) & (row < touched.shape[0])
        inside &= (column >= 0) & (column < touched.shape[1])
        if key not in lines or touched[row[inside], column[inside]].mean() > _TOUCHED:
            continue
        way = np.linalg.norm(others[key] - lines[key], axis=1).mean()
        moved.append(float(way / before.iod_px))
    return moved


def _lines(fit: Fit) -> dict[str, NDArray[np.float64]]:
    """Return the corrected head's feature curves by feature, (N, 2) ink pixels, hidden or not."""
    rig = fit.rig
    turn = rotation_matrix(fit.state.rotation)
    vertices = (unposed(rig, fit.state) + fit.correction - rig.pivot) @ turn.T
    found: dict[str, list[NDArray[np.float64]]] = {}
    for name, curve in rig.curves.items():
        points = fit.camera.project(curve.points.interpolate(vertices, rig.triangles))
        found.setdefault(feature_key(name), []).append(points)
    return {key: np.concatenate(parts) for key, parts in found.items()}
