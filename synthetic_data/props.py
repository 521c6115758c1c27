"""Everything around a face: neck, clothes, hats, glasses, background, scribbles, frames."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .canvas import polygon_tone
from .compiled import compiled
from .evenly import between, evenly, middle_of, one_of, places_at
from .eyes import inside
from .face import DrawnFace
from .hatching import hatch, noise_field
from .pen import LABEL, Pen, arc, blob, smooth_noise
from .tones import slanted

__all__ = [
    "draw_background",
    "draw_frame",
    "draw_glasses",
    "draw_hat",
    "draw_neck",
    "draw_scribbles",
    "draw_spots",
]


def draw_background(pen: Pen) -> None:
    """Hatch some of the paper behind the head."""
    rng, size = pen.rng, pen.canvas.size
    dark = pen.hand["shade_background"] * rng.uniform(0.0, 0.8)
    if dark < 0.08:
        return
    noise = noise_field(rng, size, rng.uniform(60, 200) * pen.scale)
    field = slanted(noise, dark, 0.5, rng.normal(0.0, 0.3), rng.normal(0.0, 0.3), 0.85)
    spacing = pen.hand["shade_spacing"] * pen.scale
    angle = rng.uniform(0.0, np.pi)
    ink = hatch(field, spacing, angle, pen.waver)
    if rng.random() < pen.hand["shade_cross"]:
        angle = angle + rng.uniform(0.5, 1.6)
        ink = np.maximum(ink, hatch(field - 0.25, spacing, angle, pen.waver))
    pen.canvas.shade(ink, LABEL["other"], 0.95 * pen.hand["line_tone"])


def draw_neck(pen: Pen, face: DrawnFace) -> None:
    """Draw neck, shoulders, and a collar or clothes."""
    rng, hand, unit = pen.rng, pen.hand, face.unit
    if not hand.draws["neck"]:
        return
    wide, long = rng.uniform(0.55, 0.95), unit * rng.uniform(0.5, 1.4)
    out, fall = unit * rng.uniform(1.0, 2.6), unit * rng.uniform(0.3, 1.2)
    shape, roots = _torso(
        face.landmarks, wide, long, out, fall, 2.0 * pen.canvas.size, _ALONG, 1.0 - _ALONG
    )
    right, left = shape[:16], shape[:-17:-1]
    pen.fill(shape, "none", 0.0)
    if hand.draws["collar"]:
        _draw_clothes(pen, face, roots[0], roots[1], right[-1], left[-1])
    for line in (right, left):
        pen.line(line, "other", 1.0)


_ALONG = evenly(16).copy()


@compiled
def _torso(
    marks: NDArray[np.float64],
    wide: float,
    long: float,
    out: float,
    fall: float,
    below: float,
    along: NDArray[np.float64],
    left_over: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the outline (2 N + 2, 2) of neck and shoulders, and where the neck ends on each side.

    From the subject's right under the jaw outwards, down off the sheet, and up again on the left.

    Parameters
    ----------
    marks : (70, 2) landmarks
    wide : how far apart the sides are, as a share of the jaw
    long, out, fall : length of the neck, and how far the shoulders go aside and down, pixels
    below : a row under the sheet
    along, left_over : (N,) steps from 0 to 1 along each side, and what they lack to 1
    """
    count = len(along)
    shape, roots = np.empty((2 * count + 2, 2)), np.empty((2, 2))
    jaw = np.empty((2, 2))
    for axis in range(2):
        jaw[0, axis] = 0.5 * (marks[3, axis] + marks[5, axis])
        jaw[1, axis] = 0.5 * (marks[11, axis] + marks[13, axis])
    for side in range(2):
        for axis in range(2):
            middle = 0.4 * (jaw[0, axis] + jaw[1, axis]) * 0.5 + 0.6 * marks[8, axis]
            top = middle + wide * (jaw[side, axis] - middle)
            root = top + (long if axis == 1 else 0.0)
            last = root + (fall if axis == 1 else out if side == 1 else -out)
            roots[side, axis] = root
            for place in range(count):
                step, rest = along[place], left_over[place]
                point = rest * rest * top + 2.0 * step * rest * root + step * step * last
                shape[place if side == 0 else 2 * count + 1 - place, axis] = point
    shape[count, 0], shape[count, 1] = shape[count - 1, 0], below
    shape[count + 1, 0], shape[count + 1, 1] = shape[count + 2, 0], below
    return shape, roots


def _draw_clothes(
    pen: Pen,
    face: DrawnFace,
    right: NDArray[np.float64],
    left: NDArray[np.float64],
    far_right: NDArray[np.float64],
    far_left: NDArray[np.float64],
) -> None:
    """Draw a neckline and hatched or solid clothes."""
    rng, size, unit = pen.rng, pen.canvas.size, face.unit
    deep = np.array([0.0, unit * rng.uniform(0.1, 1.0)])
    steps = evenly(16)[:, None]
    neckline = right + steps * (left - right) + deep * (4 * steps * (1 - steps))
    low = np.array([[far_left[0], 2.0 * size], [far_right[0], 2.0 * size]])
    shape = np.concatenate([far_right[None], neckline, far_left[None], low])
    dark = pen.hand["shade_clothes"] * rng.uniform(0.0, 1.0)
    if dark > 0.45 and rng.random() < 0.5:
        pen.fill(shape, "other", one_of(rng, (1.0, 0.8)))
    elif dark > 0.1:
        noise = noise_field(rng, size, 30.0 * pen.scale)
        field = polygon_tone(shape, size, dark, noise, 0.8, 0.4)
        ink = hatch(field, rng.uniform(2.6, 5.5) * pen.scale, rng.uniform(0, np.pi), pen.waver)
        pen.canvas.shade(ink, LABEL["other"], 0.95 * pen.hand["line_tone"])
    pen.line(neckline, "other", 1.0)
    if rng.random() < 0.5:
        middle = neckline[8]
        for sign in (-1.0, 1.0):
            lapel = middle + np.array([[0, 0], [sign * 0.5, 0.1], [sign * 0.3, 0.6]]) * unit
            pen.line(np.concatenate([lapel, middle[None]]), "other", 0.9)


def draw_hat(pen: Pen, face: DrawnFace) -> None:
    """Put a cap, a bonnet, a brimmed hat or a board on the head."""
    rng, unit = pen.rng, face.unit
    up = face.roll - 0.5 * np.pi
    reach = np.radians(rng.uniform(55, 88))
    brow = 0.5 * (face.landmarks[19] + face.landmarks[24])
    crown = face.outline(up, up, 1.0, 1)[0]
    over = brow + rng.uniform(0.35, 0.8) * (crown - brow)
    ends = face.outline(up - reach, up + reach, 1.05, 2)
    steps = evenly(20)[:, None]
    sag = over - 0.5 * (ends[0] + ends[1])
    edge = ends[0] + steps * (ends[1] - ends[0]) + sag * (4 * steps * (1 - steps))
    grow = rng.uniform(1.05, 1.6)
    top = face.outline(up - reach, up + reach, 1.0, 20)
    lift = 1.0 + (grow - 1.0) * np.sin(np.pi * steps)
    if rng.random() < 0.3:
        lift = 1.0 + (grow - 1.0) * np.minimum(1.0, 4.0 * np.minimum(steps, 1.0 - steps))
    top = face.centre + lift * 1.05 * (top - face.centre)
    top = top + 0.04 * unit * smooth_noise(rng, (2,), 20, 4.0).T
    shape = np.concatenate([top, edge[::-1]])
    _cloth(pen, shape)
    kind = rng.random()
    across = face.way(1.0, 0.0)
    if kind < 0.45:
        wide = rng.uniform(0.2, 0.9)
        rim = edge.copy()
        rim[:, :] += (steps - 0.5) * 2.0 * wide * across
        thick = (crown - brow) * rng.uniform(0.08, 0.3)
        brim = np.concatenate([rim, (rim + thick * (1.0 - (2.0 * steps - 1.0) ** 2))[::-1]])
        _cloth(pen, brim)
    elif kind < 0.6:
        wide = rng.uniform(0.0, 0.4)
        board = np.stack([ends[0] - wide * across, crown, ends[1] + wide * across, over])
        _cloth(pen, board)
    elif kind < 0.75:
        spot = top[int(rng.integers(4, 16))]
        _cloth(pen, blob(rng, spot, 0.25 * unit, 0.25 * unit, 0.2))


def _cloth(pen: Pen, shape: NDArray[np.float64]) -> None:
    """Draw a piece of cloth: its outline over white, black or hatching."""
    rng = pen.rng
    roll = rng.random()
    if roll < 0.25:
        pen.fill(shape, "other", one_of(rng, (1.0, 1.0, 0.6)))
        return
    pen.fill(shape, "none", 0.0)
    if roll < 0.55:
        field = polygon_tone(shape, pen.canvas.size, rng.uniform(0.2, 0.75))
        ink = hatch(field, rng.uniform(2.6, 5.0) * pen.scale, rng.uniform(0, np.pi), pen.waver)
        pen.canvas.shade(ink, LABEL["other"], 0.95 * pen.hand["line_tone"])
    pen.line(shape, "other", 1.0, closed=True)


def draw_glasses(pen: Pen, face: DrawnFace) -> bool:
    """Draw glasses; return True if they are dark and hide the eyes."""
    rng = pen.rng
    dark = rng.random() < 0.15
    round_ = rng.random() < 0.6
    size = rng.uniform(0.75, 1.15)
    for rows in (slice(36, 42), slice(42, 48)):
        points = face.landmarks[rows]
        middle = middle_of(points)
        half = 0.5 * size * float(np.hypot(*(points[3] - points[0]))) * 1.35
        angle = evenly(33, 0.0, 2.0 * np.pi)[:-1]
        power = 1.0 if round_ else 0.45
        ring = np.stack(
            [
                np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** power * half,
                np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** power * half * 0.85,
            ],
            axis=1,
        )
        ring = middle + face.to_image(ring) / face.unit
        if dark:
            pen.fill(ring, "other", 1.0)
        pen.line(ring, "other", 1.0, closed=True, steady=True)
    inner = face.landmarks[[39, 42]]
    bow = between(inner[0], inner[1], 8)
    bow[:, 1] -= 0.06 * face.unit * np.sin(evenly(8, 0.0, np.pi))
    pen.line(bow[1:-1], "other", 1.0, steady=True)
    return dark


def draw_spots(pen: Pen, face: DrawnFace) -> None:
    """Draw freckles, or the slanting strokes of a blush, on the cheeks."""
    rng, unit = pen.rng, face.unit
    for corner, eye in ((48, 36), (54, 45)):
        middle = 0.5 * (face.landmarks[corner] + face.landmarks[eye])
        count = int(rng.integers(3, 7))
        if pen.hand.draws["freckles"]:
            for spot in middle + rng.normal(0.0, 0.12 * unit, (count, 2)):
                pen.dot(spot, 0.4 * pen.width, "other")
        else:
            start = middle + evenly(count, -0.15, 0.15)[:, None] * np.array([unit, 0.0])
            stop = start + np.array([-0.06, 0.12]) * unit
            pen.trace(np.stack([start, stop], axis=1), LABEL["other"], 0.6)


def draw_scribbles(pen: Pen, away_from: NDArray[np.float64] | None) -> None:
    """Draw writing, signatures, loose lines or blots beside the face."""
    rng, size = pen.rng, pen.canvas.size
    for number in range(int(rng.integers(1, 4))):
        rng = pen.part(f"scribble {number}")
        spot = rng.uniform(0.0, size, 2)
        if away_from is not None and inside(away_from, spot[None])[0]:
            continue
        kind = rng.random()
        if kind < 0.5:
            draw_writing(pen, spot)
        elif kind < 0.8:
            count = int(rng.integers(12, 40))
            path = spot + np.cumsum(rng.normal(0.0, 5.0 * pen.scale, (count, 2)), axis=0)
            pen.line(path, "other", 0.8)
        else:
            pen.line(
                blob(rng, spot, rng.uniform(4, 25), rng.uniform(4, 25), 0.3),
                "other",
                0.8,
                closed=True,
            )


def draw_writing(pen: Pen, spot: NDArray[np.float64]) -> None:
    """Draw a line of writing-like loops."""
    rng = pen.rng
    height = rng.uniform(3.0, 8.0) * pen.scale
    count = int(rng.integers(3, 14))
    for letter in range(count):
        start = spot + np.array([letter * height * 1.1, rng.normal(0.0, 0.1 * height)])
        knots = start + rng.uniform(-0.5, 0.5, (int(rng.integers(3, 6)), 2)) * height
        at = evenly(10, 0.0, len(knots) - 1.0)
        path = places_at(knots, at)
        pen.line(path, "other", 0.6, steady=True)


def draw_ear_mark(pen: Pen, spot: NDArray[np.float64], size: float, sign: float) -> None:
    """Draw a simple C for an ear."""
    half = arc(np.zeros(2), size * 0.6, size, -1.9, 1.9, 16) * np.array([sign, 1.0])
    pen.fill(spot + half, "none", 0.0)
    pen.line(spot + half, "ear", 1.0, steady=True)
    if pen.rng.random() < 0.5:
        pen.line(spot + 0.5 * half, "ear", 0.7, steady=True)


def draw_frame(pen: Pen) -> None:
    """Draw the frame of a panel, an oval portrait's rim, or the dark edge of a scanned page."""
    rng, size = pen.part("frame"), pen.canvas.size
    kind, inset = rng.random(), rng.uniform(0.01, 0.1, 4) * size
    x0, y0, x1, y1 = inset[0], inset[1], size - inset[2], size - inset[3]
    if kind < 0.25:
        middle, radii = np.array([x0 + x1, y0 + y1]) / 2.0, ((x1 - x0) / 2.0, (y1 - y0) / 2.0)
        pen.line(arc(middle, *radii, 0.0, 2.0 * np.pi, 60), "other", rng.uniform(0.7, 2.0))
    elif kind < 0.75:
        corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]])
        sides = rng.random(4) < 0.8  # a panel is often cut off
        for side in np.flatnonzero(sides):
            pen.line(corners[side : side + 2], "other", rng.uniform(0.7, 2.5))
    else:
        edge = int(rng.integers(4))
        band = np.array([[0.0, 0.0], [size, 0.0], [size, inset[edge]], [0.0, 0.6 * inset[edge]]])
        turned = [band, size - band, band[:, ::-1], size - band[:, ::-1]][edge]
        pen.fill(turned, "other", rng.uniform(0.4, 1.0))
