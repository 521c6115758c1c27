"""What is left of a first try: lines that were rubbed out, and those that a sketch begins with."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .evenly import between
from .face import DrawnFace
from .pen import Pen, resample, smooth_noise

__all__ = ["draw_construction", "draw_erased"]

_FIRST_TRIES: tuple[tuple[str, ...], ...] = (
    ("brow_upper_L", "brow_upper_R"),
    ("upper_lid_L", "lower_lid_L", "upper_lid_R", "lower_lid_R"),
    ("upper_lip_outer", "lower_lip_outer", "upper_lip_inner"),
    ("nose_bridge", "nose_tip"),
)
"""Curves that are tried, rubbed out and drawn again together; the outline of the head too."""


def draw_construction(pen: Pen, face: DrawnFace) -> None:
    """Draw the faint ellipse and axes that a rough begins with."""
    rng = pen.rng
    tone = rng.uniform(0.3, 0.6)
    pen.line(face.outline(0.0, 2.0 * np.pi, rng.uniform(0.92, 1.05)), "other", 0.7, tone=tone)
    marks = face.landmarks
    eyes = between(marks[36], marks[45], 12)
    middle = eyes.mean(axis=0)
    pen.line(middle + 1.7 * (eyes - middle), "other", 0.7, tone=tone)
    axis = np.stack([marks[27], marks[30], marks[51], marks[8]])
    pen.line(np.concatenate([(2 * marks[27] - marks[30])[None], axis]), "other", 0.7, tone=tone)


def draw_erased(pen: Pen, face: DrawnFace) -> None:
    """Draw what an eraser left of lines that lay beside where they lie now."""
    rng = pen.part("erased")
    tries = [*_FIRST_TRIES, ()]
    for number in rng.permutation(len(tries))[: int(rng.integers(1, 4))].tolist():
        aside = face.to_image(rng.normal(0.0, 0.08, (1, 2)))
        grown, tone = rng.normal(1.0, 0.06), rng.uniform(0.15, 0.4)
        lines = [face.curves[name].points[face.curves[name].visible] for name in tries[number]] or [
            face.outline()
        ]
        lines = [line for line in lines if len(line) > 2]
        if not lines:
            continue
        middle = np.concatenate(lines).mean(axis=0)
        for line in lines:
            moved = resample(middle + grown * (line - middle) + aside)
            pen.line(moved, "other", 1.1, _left_over(rng, len(moved)), tone)


def _left_over(rng: np.random.Generator, count: int) -> NDArray[np.bool_]:
    """Return which of (count,) points the eraser has missed: stretches, not single ones."""
    return smooth_noise(rng, (), count, 5.0) > rng.uniform(-0.8, 0.2)
