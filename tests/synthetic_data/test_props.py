"""What stands around a face."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from limner.synthetic_data.canvas import Canvas
from limner.synthetic_data.filling import coverage
from limner.synthetic_data.pen import Pen
from limner.synthetic_data.props import draw_scribbles
from limner.synthetic_data.style import load_style

SIZE = 256


def scribbled(seed: int, away_from: np.ndarray | None) -> np.ndarray:
    """Return where one hand scribbles."""
    hand = load_style("fineliner").hand(np.random.default_rng(1))
    canvas = Canvas(SIZE)
    draw_scribbles(Pen(canvas, hand, np.random.default_rng(seed)), away_from)
    return canvas.ink()


def test_what_rounding_leaves_beside_a_face_keeps_no_scribble_away():
    angle = np.linspace(0.0, 2.0 * np.pi, 72, endpoint=False)
    # as high as the sheet: right of it there is no face, but here and there coverage is not quite 0
    face = 90.3 + np.stack([25.1 * np.cos(angle), 400.7 * np.sin(angle)], axis=1)
    shares, seeds = coverage(face, 0, 0, SIZE, SIZE), []
    for seed in range(2000):
        rng = np.random.default_rng(seed)
        rng.integers(1, 4)
        x, y = rng.uniform(0.0, SIZE, 2)
        if x > 130.0 and shares[int(y), int(x)] > 0.0:
            seeds.append(seed)
    assert len(seeds) > 10
    for seed in seeds:
        first = np.random.default_rng(seed)
        if first.integers(1, 4) == 1:  # no other scribble, which might begin in the face
            assert scribbled(seed, face).any()
            np.testing.assert_array_equal(scribbled(seed, face), scribbled(seed, None))


def test_no_scribble_begins_in_a_face():
    everywhere = np.array([[-5.0, -5.0], [300.0, -5.0], [300.0, 300.0], [-5.0, 300.0]])
    assert not any(scribbled(seed, everywhere).any() for seed in range(10))
