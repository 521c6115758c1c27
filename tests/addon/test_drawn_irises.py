"""An eye whose iris is drawn is not shut, whatever the reader says."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from limner.addon.drawn import DrawnLines
from limner.addon.evidence import sides_with_iris
from limner.snakes.lines import find_ink_lines

IOD_PX = 100.0
LEFT, RIGHT = np.array([200.0, 100.0]), np.array([100.0, 100.0])


def drawn_eyes(*rings, hatching=()):
    """Return a drawing of irises, and its detection and frame."""
    row, column = np.indices((200, 300)) + 0.5
    ink = np.zeros((200, 300), np.float32)
    for (x, y), radius in rings:
        away = np.abs(np.hypot(column - x, row - y) - radius)
        ink = np.maximum(ink, np.clip(2.0 - away, 0.0, 1.0).astype(np.float32))
    for x, y in hatching:
        ink[int(y) : int(y) + 2, int(x) : int(x) + 8] = 1.0
    lines = find_ink_lines(ink)
    every = np.arange(len(lines.points))
    drawn = DrawnLines(ink, lines, {"iris": every} if len(every) else {}, np.ones(len(every)))
    landmarks = np.zeros((70, 2))
    landmarks[68], landmarks[69] = LEFT, RIGHT
    frame = SimpleNamespace(iod_px=IOD_PX, from_ink=lambda points: points)
    return SimpleNamespace(landmarks=landmarks), frame, drawn


@pytest.mark.parametrize(
    ("rings", "sides"),
    [
        ([], []),
        ([(LEFT, 10.0)], ["Left"]),
        ([(RIGHT, 10.0)], ["Right"]),
        ([(LEFT, 10.0), (RIGHT, 8.0)], ["Left", "Right"]),
        ([((150.0, 150.0), 12.0)], []),
    ],
)
def test_rings_count_where_the_eye_is(rings, sides):
    assert sides_with_iris(*drawn_eyes(*rings)) == sides


def test_a_little_ink_on_a_shut_lid_is_no_iris():
    assert sides_with_iris(*drawn_eyes(hatching=[tuple(LEFT)])) == []
