"""What the 3D view shows: the head's visible lines, the drawn points, and marks across the gap."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from limner.addon.shown_lines import ShownLines, shown_lines
from limner.errors import ShapeError

from ..tiny_rig import tiny_fit, tiny_rig

IOD_PX = 100.0


@pytest.fixture(scope="module")
def fit():
    """Return a fit whose only line runs down at x = 60, its last third hidden."""
    made = tiny_fit(tiny_rig())
    y = np.linspace(40.0, 340.0, len(made.final[0].points))
    points = np.column_stack([np.full(len(y), 60.0), y])
    visible = y < 240.0
    line = replace(made.final[0], points=points, visible=visible)
    return replace(made, final=(line,), iod_px=IOD_PX)


def drawn_at(x: float) -> dict[str, np.ndarray]:
    y = np.arange(60.0, 200.0)
    return {"nose_bridge": np.column_stack([np.full(len(y), x), y])}


def test_only_the_visible_part_of_a_line_is_shown(fit):
    shown = shown_lines(fit)
    assert shown.size_px == (320, 400)
    assert (shown.head[:, [0, 2]] == 60.0).all()
    assert shown.head[:, [1, 3]].min() == 40.0
    assert 150.0 < shown.head[:, [1, 3]].max() < 240.0
    # piece follows piece
    np.testing.assert_array_equal(shown.head[:-1, 2:], shown.head[1:, :2])


def test_marks_lead_from_the_drawn_line_to_the_heads(fit):
    shown = shown_lines(replace(fit, drawn=drawn_at(72.0)))
    assert 10 <= len(shown.marks) <= 20
    np.testing.assert_allclose(shown.marks[:, 0], 72.0)
    np.testing.assert_allclose(shown.marks[:, 2], 60.0)
    np.testing.assert_allclose(shown.marks[:, 1], shown.marks[:, 3], atol=1.0)
    assert (shown.drawn[:, 0] == 72.0).all()
    assert 60 <= len(shown.drawn) <= 80


def test_where_the_lines_meet_there_is_no_mark(fit):
    assert len(shown_lines(replace(fit, drawn=drawn_at(60.0 + 0.01 * IOD_PX))).marks) == 0
    assert len(shown_lines(replace(fit, drawn=drawn_at(60.0 + 0.02 * IOD_PX))).marks) > 0


def test_ink_of_a_feature_that_the_head_does_not_show_has_no_marks(fit):
    shown = shown_lines(replace(fit, drawn={"jaw": drawn_at(80.0)["nose_bridge"]}))
    assert len(shown.marks) == 0
    assert len(shown.drawn) > 0


def test_lines_come_back_from_a_blend_to_a_tenth_of_a_pixel(fit):
    shown = shown_lines(replace(fit, drawn=drawn_at(71.234)))
    again = ShownLines.from_json(shown.to_json())
    assert again.size_px == shown.size_px
    for name in ("head", "drawn", "marks"):
        np.testing.assert_allclose(getattr(again, name), getattr(shown, name), atol=0.051)


def test_a_fit_without_lines_shows_none():
    nothing = ShownLines.from_json(
        ShownLines((10, 10), np.zeros((0, 4)), np.zeros((0, 2)), np.zeros((0, 4))).to_json()
    )
    assert nothing.head.shape == (0, 4) and nothing.drawn.shape == (0, 2)
    with pytest.raises(ShapeError, match="marks"):
        ShownLines((10, 10), np.zeros((0, 4)), np.zeros((0, 2)), np.zeros((3, 2)))
