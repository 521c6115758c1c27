"""Strokes and fills cover the area that geometry says they do."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
import pytest
from limner.synthetic_data.canvas import Canvas, polygon_tone


@pytest.mark.parametrize("width", [0.6, 1.0, 2.5, 6.0, 14.0])
@pytest.mark.parametrize("angle", [0.0, 0.3, 1.1, 2.4])
def test_a_straight_stroke_covers_its_width_times_its_length(width, angle):
    length = 90.0
    along = np.array([np.cos(angle), np.sin(angle)])
    points = np.array([64.2, 64.7]) + np.array([[-0.5], [0.5]]) * length * along
    canvas = Canvas(128)
    canvas.stroke(points, np.full(2, width), 3)
    area = canvas.ink().sum() / 255.0
    expected = width * length + (np.pi * width**2 / 4.0 if width >= 1.0 else 0.0)
    assert area == pytest.approx(expected, rel=0.02)


def test_a_taper_covers_the_mean_of_its_widths():
    canvas = Canvas(128)
    canvas.stroke(np.array([[14.0, 60.0], [114.0, 60.0]]), np.array([2.0, 8.0]), 1)
    assert canvas.ink().sum() / 255.0 == pytest.approx(500.0 + np.pi * (1.0 + 16.0) / 2.0, rel=0.02)


def test_a_polygon_covers_its_area_whichever_way_it_runs():
    angle = np.linspace(0.0, 2.0 * np.pi, 200)[:-1]
    ring = 64.0 + np.stack([50.0 * np.cos(angle), 31.0 * np.sin(angle)], axis=1)
    for polygon in (ring, ring[::-1]):
        assert polygon_tone(polygon, 128, 1.0).sum() == pytest.approx(np.pi * 50 * 31, rel=0.002)


def test_a_polygon_leaves_no_trace_beside_itself():
    corners = np.array([[30.3, 20.7], [90.9, 41.1], [70.5, 101.3], [22.2, 64.9]])
    coverage = polygon_tone(corners, 128, 1.0)
    assert coverage[:, 95:].max() < 1e-6 and coverage[105:].max() < 1e-6
    assert coverage[60, 50] == pytest.approx(1.0)


def test_the_darker_stroke_names_the_pixel_and_a_fill_covers_both():
    canvas = Canvas(64)
    line = np.array([[8.0, 32.5], [56.0, 32.5]])
    canvas.stroke(line, np.full(2, 5.0), 4, tone=0.5)
    canvas.stroke(line, np.full(2, 3.0), 9, tone=1.0)
    assert canvas.labels()[32, 32] == 9
    assert canvas.labels()[30, 32] == 4
    canvas.fill(np.array([[20.0, 20.0], [44.0, 20.0], [44.0, 44.0], [20.0, 44.0]]), 0.0, 0)
    assert canvas.ink()[32, 32] == 0 and canvas.labels()[32, 32] == 0
    assert canvas.labels()[32, 12] == 9


def test_strokes_that_leave_the_sheet_are_cut_not_wrapped():
    canvas = Canvas(64)
    canvas.stroke(np.array([[50.0, 10.0], [90.0, 10.0]]), np.full(2, 3.0), 2)
    canvas.stroke(np.array([[10.0, -30.0], [10.0, 5.0]]), np.full(2, 3.0), 2)
    ink = canvas.ink()
    assert ink[:, :8].sum() == 0 and ink[30:].sum() == 0 and ink[10, 63] == 255


def test_a_tone_inside_a_polygon_follows_noise():
    """It is a factor between 0 and the most that is allowed."""
    noise = np.linspace(-4.0, 4.0, 64 * 64, dtype=np.float32).reshape(64, 64)
    square = np.array([[8.0, 8.0], [56.0, 8.0], [56.0, 56.0], [8.0, 56.0]])
    tone = polygon_tone(square, 64, 0.5, noise, 0.4, 0.3, 0.8)
    wanted = 0.5 * np.clip(0.4 + 0.3 * noise, 0.0, 0.8)
    np.testing.assert_allclose(tone[8:56, 8:56], wanted[8:56, 8:56], atol=1e-6)
    assert tone.sum() == pytest.approx(tone[8:56, 8:56].sum())
