"""Shadows that a hand models features with: around lips, nose, eyes and cheeks.

They are made of the hand's own marks: short strokes, or dots where it stipples.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .compiled import compiled
from .evenly import one_of, places_at, side_by_side
from .face import DrawnCurve, DrawnFace
from .hatching import noise_field
from .pen import LABEL, Pen
from .shut import resample_to
from .tones import dotted

__all__ = ["draw_marks", "draw_modelling", "shade_lips", "stipple"]


def stipple(
    darkness: NDArray[np.floating], spacing_px: float, angle: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return the ink, (size, size) in [0, 1], of rows of dots that grow with a darkness.

    Parameters
    ----------
    darkness : (size, size) in [0, 1]: share of the paper that the dots cover
    spacing_px : distance of the dots
    angle : of the rows, radians
    """
    size = len(darkness)
    aside, along = noise_field(rng, size, 24.0), noise_field(rng, size, 24.0)
    growth = noise_field(rng, size, max(1.3 * spacing_px, 1.1))
    dark = np.ascontiguousarray(darkness, dtype=np.float32)
    cos, sin = float(np.cos(angle)), float(np.sin(angle))
    return dotted(dark, float(spacing_px), cos, sin, aside, along, growth)


def shade_lips(pen: Pen, top: DrawnCurve, low: DrawnCurve, seam: NDArray[np.float64]) -> None:
    """Model closed or open lips without outlining them: the upper one dark, the lower one lit.

    Parameters
    ----------
    top, low : the lips' outer edges
    seam : (24, 2) pixels, the line between them, or the middle of the opening
    """
    rng = pen.part("shaded lips")
    edge, foot = resample_to(top.points, 24), resample_to(low.points, 24)
    for outer, count, reach, label in (
        (edge, int(rng.integers(9, 24)), 0.95, "upper_lip_outer"),
        (foot, int(rng.integers(5, 15)), 0.6, "lower_lip_outer"),
    ):
        at = np.sort(rng.uniform(2.0, 21.0, count))
        near, far = (
            places_at(seam, at),
            places_at(outer, at + rng.normal(0.0, 1.0, count).clip(-1.5, 1.5)),
        )
        share = rng.uniform(0.5, 1.0, (count, 1)) * reach
        draw_marks(pen, near, near + share * (far - near), label, 0.6)
    middle = foot[12]
    drop = middle - seam[12]
    span = np.linspace(-0.3, 0.3, int(rng.integers(3, 7)))[:, None] * (foot[-1] - foot[0])
    start = middle + span + drop * rng.uniform(0.2, 0.5)
    tilt = 0.12 * (foot[-1] - foot[0]) + 0.3 * drop
    draw_marks(pen, start - 0.5 * tilt, start + 0.5 * tilt, "other", 0.7)


def draw_modelling(pen: Pen, face: DrawnFace) -> None:
    """Lay patches of marks where a face is usually in shadow, more on the side away from light."""
    rng, marks, unit = pen.part("modelling"), face.landmarks, face.unit
    light = one_of(rng, (-1.0, 1.0))
    depth = rng.uniform(0.3, 1.0)
    across = face.way(1.0, 0.0) / unit
    down = face.way(0.0, 1.0) / unit
    patches = (
        # where, from a landmark (units across, down); size across, down; slant of the strokes
        (33, 0.0, 0.04, 0.14, 0.05, 0.2, 0.8),
        (29, 0.1 * light, 0.0, 0.05, 0.28, 1.1, 0.7),
        (39, 0.06, -0.06, 0.1, 0.1, 0.9, 0.5),
        (42, -0.06, -0.06, 0.1, 0.1, -0.9, 0.5),
        (19, 0.0, 0.14, 0.2, 0.05, 0.3, 0.35),
        (24, 0.0, 0.14, 0.2, 0.05, -0.3, 0.35),
        (4, 0.3, -0.05, 0.16, 0.3, 1.0, 0.8 if light < 0.0 else 0.25),
        (12, -0.3, -0.05, 0.16, 0.3, -1.0, 0.8 if light > 0.0 else 0.25),
        (8, 0.0, 0.12, 0.4, 0.1, 0.15, 0.5),
    )  # fmt: skip
    batches = []
    for row, right, below, wide, high, slant, likely in patches:
        if rng.random() > likely * (0.5 + depth) or not face.landmarks_visible[row]:
            continue
        count = int(4 + 26 * depth * np.sqrt(wide * high) * rng.uniform(0.6, 1.4) / 0.15)
        spot = rng.random((count, 2))
        turn = rng.normal(slant, 0.12, count)
        batches.append(
            _patch(
                marks[row], unit, across, down, (right, below, wide, high), spot, np.cos(turn),
                np.sin(turn), rng.random(count),
            )
        )  # fmt: skip
    if batches:
        starts, ends = (np.concatenate(points) for points in zip(*batches, strict=True))
        draw_marks(pen, starts, ends, "other", 0.6)


@compiled
def _patch(
    mark: NDArray[np.float64],
    unit: float,
    across: NDArray[np.float64],
    down: NDArray[np.float64],
    patch: tuple[float, float, float, float],
    spot: NDArray[np.float64],
    cos: NDArray[np.float64],
    sin: NDArray[np.float64],
    long: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return starts and ends, (S, 2), of strokes scattered over a patch of the face.

    Parameters
    ----------
    mark, unit, across, down : a landmark, the face's unit and its own axes, pixels
    patch : where it is from there (across, down), and how far it goes either way, units
    spot, cos, sin, long : (S, 2) and (S,) from 0 to 1: where in the patch each lies, its way in the
        face's own axes, and how long it is
    """
    count = len(long)
    starts, ends = np.empty((count, 2)), np.empty((count, 2))
    for number in range(count):
        x = (2.0 * spot[number, 0] - 1.0) * patch[2] + patch[0]
        y = (2.0 * spot[number, 1] - 1.0) * patch[3] + patch[1]
        reach = unit * (0.05 + 0.07 * long[number])
        for axis in range(2):
            place = mark[axis] + unit * (x * across[axis] + y * down[axis])
            way = reach * (cos[number] * across[axis] + sin[number] * down[axis])
            starts[number, axis], ends[number, axis] = place - 0.5 * way, place + 0.5 * way
    return starts, ends


def draw_marks(
    pen: Pen, starts: NDArray[np.float64], ends: NDArray[np.float64], label: str, weight: float
) -> None:
    """Draw (N, 2) to (N, 2) as slightly bent strokes, or as dots in a row."""
    if pen.hand.kinds["shading"] == "stipple":
        share = np.repeat([[[0.0]], [[0.5]], [[1.0]]], len(starts), axis=1)
        dots = (starts + share * (ends - starts)).reshape(-1, 2)
        dots = dots + pen.waver.normal(0.0, 0.5 * pen.scale, dots.shape)
        pen.trace(side_by_side(dots - 0.1, dots + 0.1), LABEL[label], 0.8)
        return
    way = ends - starts
    bow = 0.12 * way[:, ::-1] * np.array([-1.0, 1.0])
    pen.trace(side_by_side(starts, 0.5 * (starts + ends) + bow, ends), LABEL[label], weight)
