"""Hair of many kinds, drawn around the outline of the head; beards and moustaches."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .canvas import polygon_tone
from .compiled import compiled
from .evenly import evenly, places_at
from .face import DrawnFace
from .hairdo import HAIR_POINTS, Hairdo
from .hatching import hatch
from .pen import LABEL, Pen, arc, blob, smooth_noise

__all__ = ["draw_beard", "draw_hair_behind", "draw_hair_front"]

_STRAND_POINTS = 8


def draw_hair_behind(pen: Pen, face: DrawnFace, hair: Hairdo) -> None:
    """Draw what hangs or stands behind the head: long hair, wigs, buns."""
    rng, unit = pen.rng, face.unit
    if hair.kind in ("long", "wig"):
        down = face.way(0.0, rng.uniform(0.6, 2.4))
        spread = face.way(rng.uniform(0.0, 0.5), 0.0)
        ends = np.stack([hair.outer[-1] + down + spread, hair.outer[0] + down - spread])
        steps = evenly(20)[:, None]
        left = hair.outer[-1] + steps * (ends[0] - hair.outer[-1])
        right = ends[1] + steps * (hair.outer[0] - ends[1])
        bottom = ends[0] + steps * (ends[1] - ends[0])
        wave = rng.uniform(0.01, 0.12) * unit
        around = np.concatenate([left, bottom, right])
        around = around + wave * smooth_noise(rng, (2,), len(around), rng.uniform(2, 6)).T
        shape = np.concatenate([hair.outer, around])
        if hair.kind == "wig":
            _fill(pen, shape, "outline" if rng.random() < 0.6 else hair.ink)
            _curls(pen, face, np.concatenate([left, right[::-1], hair.outer]), 46)
        else:
            _fill(pen, shape, hair.ink)
            if hair.ink in ("strands", "outline"):
                _falling(pen, left, right, down)
    elif hair.kind == "bun":
        high = face.radius_towards(hair.up)
        for lean in ((0.0,), (-0.7, 0.7), (rng.uniform(-0.9, 0.9),))[int(rng.integers(3))]:
            at = hair.up + lean
            size = unit * rng.uniform(0.3, 0.55)
            spot = face.centre + (high + 0.6 * size) * np.array([np.cos(at), np.sin(at)])
            shape = blob(rng, spot, size, size * rng.uniform(0.7, 1.1))
            _fill(pen, shape, hair.ink)


def draw_hair_front(pen: Pen, face: DrawnFace, hair: Hairdo) -> None:
    """Draw the hair over the skull and forehead."""
    rng, unit = pen.rng, face.unit
    if hair.kind == "bald":
        return
    if hair.kind == "tuft":
        count = int(rng.integers(1, 12))
        spread = rng.uniform(0.05, 0.8)
        at = hair.up + rng.uniform(-spread, spread, count)
        roots = face.centre + face.radius_at(at)[:, None] * np.stack([np.cos(at), np.sin(at)], 1)
        lean = rng.normal(0.0, 0.6)
        tilt = at + lean + rng.normal(0.0, 0.3, count)
        length = unit * rng.uniform(0.15, 0.7) * rng.uniform(0.6, 1.2, count)
        tips = roots + length[:, None] * np.stack([np.cos(tilt), np.sin(tilt)], axis=1)
        bow = np.stack([np.cos(at), np.sin(at)], axis=1) * length[:, None]
        steps = evenly(9)[None, :, None]
        lines = (1 - steps) ** 2 * roots[:, None] + steps**2 * tips[:, None]
        lines = lines + 2 * steps * (1 - steps) * (roots + 0.6 * bow)[:, None]
        pen.trace(lines, LABEL["hair"], rng.uniform(0.8, 1.4))
        return
    if hair.kind == "sides":
        for rows in (slice(0, 12), slice(-12, None)):
            shape = np.concatenate([hair.outer[rows], hair.inner[rows][::-1]])
            _fill(pen, shape, hair.ink)
            _strands(pen, face, hair, 14, rows)
        return
    shape = np.concatenate([hair.outer, hair.inner[::-1]])
    _fill(pen, shape, hair.ink)
    if hair.ink in ("strands",):
        _strands(pen, face, hair, int(rng.integers(25, 90)), slice(0, HAIR_POINTS))
    elif hair.ink == "outline" and rng.random() < 0.6:
        _strands(pen, face, hair, int(rng.integers(3, 14)), slice(0, HAIR_POINTS))
    elif hair.ink == "solid" and rng.random() < 0.3:
        _shine(pen, hair)
    if hair.kind in ("curly", "wig") and hair.ink != "solid":
        _curls(pen, face, 0.5 * (hair.inner + hair.outer), int(rng.integers(20, 50)))


def _fill(pen: Pen, shape: NDArray[np.float64], ink: str) -> None:
    """Fill or outline a mass of hair."""
    rng = pen.rng
    if ink == "solid":
        pen.fill(shape, "hair", 1.0)
        return
    if ink == "grey":
        pen.fill(shape, "hair", rng.uniform(0.3, 0.75))
    else:
        pen.fill(shape, "none", 0.0)
    if ink == "hatched":
        size = pen.canvas.size
        mask = polygon_tone(shape, size, rng.uniform(0.3, 0.7))
        lines = hatch(mask, rng.uniform(2.5, 5.0) * pen.scale, rng.uniform(0, np.pi), pen.waver)
        pen.canvas.shade(lines, LABEL["hair"], pen.hand["line_tone"])
    if ink in ("outline", "hatched", "grey") or rng.random() < 0.4:
        pen.line(shape, "hair", pen.hand["line_outline"], closed=True)


def _strands(pen: Pen, face: DrawnFace, hair: Hairdo, count: int, rows: slice) -> None:
    """Draw strands from the hairline to the outer edge."""
    rng = pen.rng
    first, end, _ = rows.indices(HAIR_POINTS)
    last = end - 1
    start, sweep = rng.random(count), rng.normal(0.0, 9.0)
    swept = rng.normal(sweep, rng.uniform(0.5, 4.0), count)
    low, grown = rng.random(count), rng.random(count)
    lines = _laid_strands(
        hair.inner, hair.outer, float(first), float(last), start, swept, low, grown
    )
    pen.trace(lines, LABEL["hair"], rng.uniform(0.6, 1.1))


@compiled
def _laid_strands(
    inner: NDArray[np.float64],
    outer: NDArray[np.float64],
    first: float,
    last: float,
    start: NDArray[np.float64],
    swept: NDArray[np.float64],
    low: NDArray[np.float64],
    grown: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return (S, 8, 2) strands between the hairline and the outer edge, both (N, 2).

    Parameters
    ----------
    first, last : the points between which they lie
    start, low, grown : (S,) from 0 to 1: where each lies, how far from the hairline it begins, and
        how far it goes
    swept : (S,) how many points it goes aside
    """
    steps, at = _STRAND_POINTS, np.empty(_STRAND_POINTS)
    strands = np.empty((len(start), steps, 2))
    for number in range(len(start)):
        middle = first + (last - first) * start[number]
        for step in range(steps):
            along = step / (steps - 1.0)
            at[step] = min(max(middle + swept[number] * (along - 0.5), first), last)
        root, tip = places_at(inner, at), places_at(outer, at)
        for step in range(steps):
            share = -0.02 + 0.52 * low[number]
            share += step / (steps - 1.0) * (0.3 + 0.6 * grown[number])
            share = min(max(share, 0.0), 1.02)
            for axis in range(2):
                strands[number, step, axis] = root[step, axis] + share * (
                    tip[step, axis] - root[step, axis]
                )
    return strands


def _shine(pen: Pen, hair: Hairdo) -> None:
    """Leave a few light strands in solid hair."""
    rng = pen.rng
    for _ in range(int(rng.integers(1, 5))):
        row = int(rng.integers(8, HAIR_POINTS - 16))
        share = rng.uniform(0.3, 0.7)
        band = hair.inner[row : row + 8] + share * (hair.outer - hair.inner)[row : row + 8]
        thick = np.concatenate([band, band[::-1] + rng.uniform(0.6, 1.6) * pen.scale])
        pen.fill(thick, "none", 0.0)


def _curls(pen: Pen, face: DrawnFace, along: NDArray[np.float64], count: int) -> None:
    """Scatter curls near a line."""
    rng = pen.rng
    spots = along[rng.integers(0, len(along), count)]
    spots = spots + rng.normal(0.0, 0.14 * face.unit, (count, 2))
    radius = face.unit * rng.uniform(0.06, 0.16, (count, 1))
    start = rng.uniform(0.0, 2.0 * np.pi, (count, 1))
    turn = evenly(12)[None, :]
    angle = start + turn * rng.uniform(3.0, 6.5, (count, 1))
    shrink = radius * (1.0 - 0.6 * turn)
    lines = spots[:, None] + np.stack([shrink * np.cos(angle), shrink * np.sin(angle)], axis=2)
    pen.trace(lines, LABEL["hair"], rng.uniform(0.6, 1.0))


def _falling(
    pen: Pen, left: NDArray[np.float64], right: NDArray[np.float64], down: NDArray[np.float64]
) -> None:
    """Draw falling strands on both sides of long hair."""
    rng = pen.rng
    count = int(rng.integers(4, 16))
    edge = np.where(rng.random(count)[:, None, None] < 0.5, left[None, ::2], right[None, ::-2])
    towards = 0.5 * (left[0] + right[-1]) - edge[:, :1]
    lines = edge + rng.uniform(0.02, 0.45, (count, 1, 1)) * towards
    pen.trace(lines, LABEL["hair"], 0.8)


def draw_beard(pen: Pen, face: DrawnFace) -> None:
    """Draw a beard or a moustache, if the hand has one."""
    rng, hand = pen.rng, pen.hand
    marks = face.landmarks
    ink = hand.kinds["hair_ink"]
    if hand.draws["moustache"]:
        base, lip = marks[33], marks[51]
        middle = base + 0.55 * (lip - base)
        wide, curl, full = rng.uniform([0.6, -0.12, 0.5], [1.3, 0.18, 1.0])
        steps = evenly(10)[:, None]
        thick = 0.5 * full * (lip - base) * np.sqrt(1.0 - steps**2)
        hang = face.way(0.0, 1.0)
        share = rng.uniform(0.0, 1.0, (16, 1, 1))
        for row in (48, 54):
            way = marks[row] - middle
            way = way - 0.5 * max(float(way @ hang), 0.0) / float(hang @ hang) * hang
            spine = middle + wide * steps * way
            spine = (
                spine + (0.1 * np.sin(np.pi * steps) - curl * steps**2) * hang - 0.1 * hang * steps
            )
            top, low = spine - thick, spine + thick
            if ink in ("solid", "grey"):
                pen.fill(np.concatenate([top, low[::-1]]), "hair", 1.0 if ink == "solid" else 0.6)
            else:
                pen.trace(top[None] + share * (low - top)[None], LABEL["hair"], 0.8)
    if hand.draws["beard"]:
        ring = marks[3:14]
        outer = face.centre + rng.uniform(1.0, 1.35) * (ring - face.centre)
        lips = marks[[48, 59, 57, 55, 54]]
        inner = lips + 0.35 * (lips - marks[51])
        shape = np.concatenate([outer, inner[::-1]])
        if ink in ("solid", "grey"):
            pen.fill(shape, "hair", 1.0 if ink == "solid" else 0.6)
        count = int(rng.integers(30, 80))
        at = rng.uniform(0, 1, count)
        start = np.stack([np.interp(at, evenly(5), inner[:, k]) for k in (0, 1)], 1)
        stop = np.stack([np.interp(at, evenly(11), outer[:, k]) for k in (0, 1)], 1)
        low = rng.uniform(0.2, 0.8, (count, 1))
        high = low + rng.uniform(0.15, 0.4, (count, 1))
        steps = evenly(5)[None, :, None]
        from_, to = start + low * (stop - start), start + high * (stop - start)
        pen.trace(from_[:, None] + steps * (to - from_)[:, None], LABEL["hair"], 0.7)


def draw_earring(pen: Pen, spot: NDArray[np.float64], unit: float) -> None:
    """Hang a ring or a pearl from an ear."""
    size = unit * pen.rng.uniform(0.05, 0.1)
    ring = arc(spot + np.array([0.0, size]), size, size, 0.0, 2.0 * np.pi, 16)
    pen.line(ring, "other", 0.8, closed=True, steady=True)
