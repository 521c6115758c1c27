"""Ink lines lie on the middle of strokes, and on the outline of filled shapes."""

# SPDX-License-Identifier: GPL-3.0-or-later

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from limner.errors import LimnerError, ShapeError
from limner.snakes import find_ink_lines

from .drawings import circle, ink_of, segment


@settings(deadline=None, max_examples=30)
@given(middle=st.floats(50.0, 60.0), width_px=st.floats(1.5, 9.0), slope=st.floats(-0.9, 0.9))
def test_points_lie_on_the_middle_of_a_straight_stroke(middle, width_px, slope):
    """Whatever its width and slant, and however it falls on the pixels."""
    away = np.array([60.0, 60.0 * slope])
    centre = np.array([80.0, middle])
    ink = ink_of(segment(centre - away, centre + away), width_px=width_px)
    lines = find_ink_lines(ink)
    inside = np.abs(lines.points[:, 0] - 80) < 45
    normal = np.array([-slope, 1.0]) / np.hypot(slope, 1.0)
    off_px = (lines.points[inside] - (80, middle)) @ normal
    assert inside.sum() > 80
    assert np.abs(off_px).max() < 0.35
    assert abs(off_px.mean()) < 0.12
    assert np.abs(lines.tangents[inside] @ normal).max() < 0.12
    np.testing.assert_allclose(lines.half_width[inside].mean(), 0.5 * width_px, atol=0.35)
    beside = np.abs((lines.edges() - (80, middle)) @ normal)
    beside = beside[np.abs(lines.edges()[:, 0] - 80) < 40]
    assert abs(beside.mean() - 0.5 * width_px) < 0.4


def test_a_filled_shape_gives_its_outline_with_the_ink_inside():
    row, column = np.indices((120, 160))
    away = np.hypot(column + 0.5 - 70.3, row + 0.5 - 60.8)
    lines = find_ink_lines(np.clip(20.5 - away, 0.0, 1.0))
    radius = np.linalg.norm(lines.points - (70.3, 60.8), axis=1)
    np.testing.assert_allclose(radius, 20.0, atol=0.35)
    assert abs(radius.mean() - 20.0) < 0.1
    outward = (lines.points - (70.3, 60.8)) / radius[:, None]
    assert (np.einsum("ij,ij->i", lines.inward, outward) < -0.97).all()
    assert not lines.half_width.any()
    np.testing.assert_array_equal(lines.edges(), lines.points)


def test_a_neighbouring_stroke_does_not_pull_the_middle_over():
    ink = ink_of(segment((20, 50.2), (140, 50.2)), segment((20, 54.9), (140, 54.9)), width_px=2.5)
    y = find_ink_lines(ink).points[:, 1]
    upper = y[y < 52.5]
    assert abs(upper.mean() - 50.2) < 0.2


def test_a_stroke_is_stronger_than_a_dot():
    ink = ink_of(segment((20, 30), (60, 30)), width_px=2.0)
    ink[80, 100] = 1.0
    lines = find_ink_lines(ink)
    is_dot = lines.points[:, 1] > 60
    assert lines.strength[is_dot].max() < 0.5 < lines.strength[~is_dot].mean()


def test_weight_picks_lines_without_moving_them():
    """The soft border of a label must not shift the line under it."""
    ink = ink_of(segment((20, 40.3), (140, 40.3)), segment((20, 80), (140, 80)), width_px=5.0)
    weight = np.clip((60.0 - np.arange(120.0)) / 30.0, 0.0, 1.0)[:, None] * np.ones((1, 160))
    picked = find_ink_lines(ink).weighted(weight)
    assert abs(picked.points[:, 1].mean() - 40.3) < 0.05
    np.testing.assert_allclose(picked.strength[5:-5], (60.0 - 39.8) / 30.0, atol=0.03)


def test_paper_has_no_lines_and_broken_ink_is_refused():
    assert len(find_ink_lines(np.zeros((40, 50))).points) == 0
    with pytest.raises(LimnerError, match="not finite"):
        find_ink_lines(np.full((8, 8), np.nan))
    with pytest.raises(ShapeError, match="one grey channel"):
        find_ink_lines(np.zeros((8, 8, 3)))


def test_lines_at_the_border_and_tiny_pictures_are_fine():
    for ink in (np.ones((1, 1)), np.ones((2, 9)), np.ones((30, 30))):
        assert np.isfinite(find_ink_lines(ink).points).all()
    ring = find_ink_lines(ink_of(circle((80, 60), 30), circle((80, 60), 30)[:1], width_px=2.0))
    np.testing.assert_allclose(np.linalg.norm(ring.points - (80, 60), axis=1), 30.0, atol=0.4)


@pytest.mark.parametrize("width_px", [2.0, 4.0, 8.0])
@pytest.mark.parametrize("turn_deg", range(0, 180, 15))
def test_lines_reach_the_tips_of_their_strokes(width_px, turn_deg):
    away = 40.0 * np.array([np.cos(np.radians(turn_deg)), np.sin(np.radians(turn_deg))])
    centre = np.array([80.4, 60.2])
    ink = ink_of(segment(centre - away, centre + away), width_px=width_px)
    along = (find_ink_lines(ink).points - centre) @ (away / 40.0)
    assert along.min() == pytest.approx(-40.0, abs=1.7)
    assert along.max() == pytest.approx(40.0, abs=1.7)
