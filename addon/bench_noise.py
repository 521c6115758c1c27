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
from ..snakes.lines import find_ink_lines
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
    shaken_px : (H, W) how far the ink itself was moved
    """

    name: str
    picture: NDArray[np.uint8]
    touched: NDArray[np.bool_]
    shaken_px: NDArray[np.float64]


def disturbances(picture: NDArray[np.uint8], rng: np.random.Generator) -> list[Disturbed]:
    """Return a grey drawing (H, W) with a tenth of its strokes removed, shaken, and scrawled on."""
    nothing, still = np.zeros(picture.shape, dtype=bool), np.zeros(picture.shape)
    removed = _some_strokes(picture, rng)
    stripped = np.where(removed, np.uint8(255), picture)
    shaken, shaken_px = _wobbled(picture, rng)
    return [
        Disturbed("removed", stripped, removed, still),
        Disturbed("wobble", shaken, nothing, shaken_px),
        Disturbed("stray", _scrawled(picture, rng), nothing, still),
    ]


def _some_strokes(picture: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Choose whole strokes (connected ink) up to a share of all their length; blots of ink where
    strokes are long.

    Length counts, not ink: black hair outweighs a whole face.
    """
    ink = picture < _INK
    label, count = ndimage.label(ink, np.ones((3, 3)))
    lines = find_ink_lines((255.0 - picture) / 255.0, threshold=1.0 - _INK / 255.0)
    inside = np.clip(np.floor(lines.points), 0, np.array(ink.shape)[::-1] - 1).astype(np.intp)
    columns, rows = inside.T  # a pixel apart: as many as it is long
    length, wanted = np.bincount(label[rows, columns], minlength=count + 1), _REMOVED * len(rows)
    chosen, taken = np.zeros(ink.shape, dtype=bool), 0
    for stroke in rng.permutation(count) + 1:
        if taken + length[stroke] <= wanted:
            chosen, taken = chosen | (label == stroke), taken + length[stroke]
    while len(rows) and chosen[rows, columns].sum() < 0.9 * wanted:
        place = int(rng.integers(len(rows)))
        down, across = np.ogrid[: ink.shape[0], : ink.shape[1]]
        chosen |= ink & (np.hypot(down - rows[place], across - columns[place]) < _BLOT_PX)
    return ndimage.binary_dilation(chosen, iterations=2)  # with its pale rim


def _wobbled(
    picture: NDArray[np.uint8], rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Shake the lines: displacements of 3 px (root mean square) that change over 12 px.

    Returns
    -------
    the picture, and (H, W) how far its ink was moved, pixels
    """
    noise = rng.standard_normal((2, *picture.shape))
    smooth = ndimage.gaussian_filter(noise, (0.0, _WOBBLE_LENGTH_PX, _WOBBLE_LENGTH_PX))
    smooth *= _WOBBLE_PX / np.sqrt(2.0) / smooth.std()
    places = np.indices(picture.shape) + smooth
    moved = ndimage.map_coordinates(picture.astype(np.float64), places, order=1, cval=255.0)
    return moved.round().astype(np.uint8), np.hypot(*smooth)


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
        distances; and the share of features that moved by less than 0.02. For the shaking hand
        also the median of how far it moved the features' ink itself.
    """
    moves: dict[str, list[float]] = {"removed": [], "wobble": [], "stray": []}
    shaken: list[float] = []
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
            for ink, moved in _moves(fit, other, one):
                moves[one.name].append(moved)
                shaken += [ink] if one.name == "wobble" else []
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
    if shaken:
        figures["wobble_ink_moved_median"] = float(np.median(shaken))
    return figures


def _moves(before: Fit, after: Fit, one: Disturbed) -> list[tuple[float, float]]:
    """Return, of every drawn feature that was not touched, how far its ink was moved and how far
    the heads' lines are apart in the two fits, IOD.
    """
    lines, others = _lines(before), _lines(after)
    scale = before.sketch.scale
    moved = []
    for key, drawn in before.drawn.items():
        column, row = np.floor(drawn / scale).astype(np.intp).T
        inside = (row >= 0) & (row < one.touched.shape[0])
        inside &= (column >= 0) & (column < one.touched.shape[1])
        place = row[inside], column[inside]
        if key not in lines or one.touched[place].mean() > _TOUCHED:
            continue
        ink = one.shaken_px[place].mean() * scale / before.iod_px
        way = np.linalg.norm(others[key] - lines[key], axis=1).mean()
        moved.append((float(ink), float(way / before.iod_px)))
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
