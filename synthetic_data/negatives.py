"""Drawings that are no faces: houses, trees, boxes, scribbles, hatching, writing."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np

from .canvas import Canvas, polygon_tone
from .hatching import hatch, noise_field
from .pen import LABEL, Pen, arc, blob
from .props import draw_background, draw_writing
from .render import Drawing, finish
from .style import Hand

__all__ = ["draw_no_face"]


def draw_no_face(hand: Hand, size: int, rng: np.random.Generator) -> Drawing:
    """Draw something else in a hand's own lines."""
    pen = Pen(Canvas(size), hand, rng)
    draw_background(pen)
    for _ in range(int(rng.integers(1, 5))):
        painter = _KINDS[int(rng.integers(len(_KINDS)))]
        side = size * rng.uniform(0.2, 0.9)
        painter(pen, rng.uniform(0.1, 0.9, 2) * size, side)
    picture, labels = finish(pen)
    return Drawing(picture, np.where(labels > 0, LABEL["other"], 0).astype(np.uint8))


def _house(pen: Pen, spot: np.ndarray, side: float) -> None:
    """Walls, a roof, a door and windows (two windows and a door may look like a face)."""
    rng = pen.rng
    box = np.array([[-0.5, 0.0], [0.5, 0.0], [0.5, 0.7], [-0.5, 0.7]]) * side + spot
    roof = np.array([[-0.6, 0.0], [rng.uniform(-0.2, 0.2), -0.5], [0.6, 0.0]]) * side + spot
    pen.line(box, "other", closed=True)
    pen.line(roof, "other", closed=True)
    for x in (-0.25, 0.25, 0.0):
        low = 0.45 if x == 0.0 else 0.1
        window = np.array([[-0.1, 0.0], [0.1, 0.0], [0.1, 0.2], [-0.1, 0.2]])
        window = window + np.array([x, low])
        pen.line(window * side + spot, "other", closed=True)
        if rng.random() < 0.4:
            pen.fill(window * side + spot, "other", 1.0)


def _tree(pen: Pen, spot: np.ndarray, side: float) -> None:
    """A trunk, a crown and twigs."""
    rng = pen.rng
    pen.line(blob(rng, spot, 0.35 * side, 0.35 * side, 0.3), "other", closed=True)
    for x in (-0.06, 0.06):
        pen.line(np.array([[x, 0.3], [1.3 * x, 0.9]]) * side + spot, "other")
    for angle in rng.uniform(0.0, 2.0 * np.pi, int(rng.integers(2, 9))):
        tip = 0.3 * np.array([np.cos(angle), np.sin(angle)])
        pen.line(np.array([[0.0, 0.3], 0.5 * tip, tip]) * side + spot, "other", 0.7)


def _box(pen: Pen, spot: np.ndarray, side: float) -> None:
    """A box in parallel perspective."""
    shift = pen.rng.uniform(-0.4, 0.4, 2)
    front = np.array([[-0.3, -0.3], [0.3, -0.3], [0.3, 0.3], [-0.3, 0.3]])
    pen.line(front * side + spot, "other", closed=True)
    pen.line((front + shift) * side + spot, "other", closed=True)
    for corner in front:
        pen.line(np.stack([corner, corner + shift]) * side + spot, "other")


def _scribble(pen: Pen, spot: np.ndarray, side: float) -> None:
    """A wandering line."""
    count = int(pen.rng.integers(10, 80))
    walk = np.cumsum(pen.rng.normal(0.0, 0.08, (count, 2)), axis=0)
    pen.line(walk * side + spot, "other")


def _shapes(pen: Pen, spot: np.ndarray, side: float) -> None:
    """Circles, ellipses and polygons side by side."""
    rng = pen.rng
    for _ in range(int(rng.integers(1, 8))):
        at = spot + rng.normal(0.0, 0.4, 2) * side
        wide, high = rng.uniform(0.05, 0.4, 2) * side
        if rng.random() < 0.5:
            ring = arc(at, wide, high, 0.0, 2.0 * np.pi, 40)
        else:
            angle = np.sort(rng.uniform(0.0, 2.0 * np.pi, int(rng.integers(3, 7))))
            ring = at + np.stack([wide * np.cos(angle), high * np.sin(angle)], axis=1)
        if rng.random() < 0.25:
            pen.fill(ring, "other", 1.0)
        pen.line(ring, "other", closed=True)


def _animal(pen: Pen, spot: np.ndarray, side: float) -> None:
    """A body on legs with a tail."""
    rng = pen.rng
    pen.line(blob(rng, spot, 0.45 * side, 0.22 * side, 0.15), "other", closed=True)
    for x in (-0.3, -0.2, 0.2, 0.3):
        leg = np.array([[x, 0.15], [x + rng.normal(0, 0.03), 0.5]])
        pen.line(leg * side + spot, "other")
    head = spot + np.array([0.5, -0.2]) * side
    pen.line(blob(rng, head, 0.14 * side, 0.11 * side, 0.2), "other", closed=True)
    tail = np.array([[-0.45, 0.0], [-0.6, -0.15], [-0.55, -0.35]])
    pen.line(tail * side + spot, "other")


def _patch(pen: Pen, spot: np.ndarray, side: float) -> None:
    """A patch of hatching, straight or bent."""
    rng, size = pen.rng, pen.canvas.size
    shape = blob(rng, spot, 0.5 * side, 0.5 * side, 0.4)
    tone = polygon_tone(shape, size, 1.0, noise_field(rng, size, 60.0), 0.4, 0.3, 0.8)
    ink = hatch(tone, rng.uniform(2.5, 7.0) * pen.scale, rng.uniform(0.0, np.pi), rng)
    pen.canvas.shade(ink, LABEL["other"], pen.hand["line_tone"])


def _lines(pen: Pen, spot: np.ndarray, side: float) -> None:
    """Straight lines across the sheet."""
    for _ in range(int(pen.rng.integers(2, 12))):
        ends = spot + pen.rng.normal(0.0, 0.6, (2, 2)) * side
        pen.line(ends, "other")


def _writing(pen: Pen, spot: np.ndarray, side: float) -> None:
    """Some lines of writing."""
    for line in range(int(pen.rng.integers(1, 8))):
        draw_writing(pen, np.array([0.1 * pen.canvas.size, spot[1] + 12.0 * line * pen.scale]))


_KINDS = (_house, _tree, _box, _scribble, _shapes, _animal, _patch, _lines, _writing)
