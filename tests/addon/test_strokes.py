"""Strokes become the ink that a pen would have left, where a camera sees them."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from limner.addon import strokes as strokes_module
from limner.addon.strokes import (
    Page,
    Sight,
    Stroke,
    draw_strokes,
    sketch_from_strokes,
    strokes_digest,
)
from limner.errors import ShapeError, SketchError

PAGE = (80, 60)


def stroke(points, radius=2.0, opacity=1.0, is_closed=False):
    points = np.array(points, dtype=np.float64)
    full = np.ones(len(points))
    return Stroke(points, radius * full, opacity * full, is_closed)


@settings(deadline=None, max_examples=40)
@given(
    x0=st.floats(15, 30), y0=st.floats(15, 45), length=st.floats(5, 30), angle=st.floats(-0.4, 0.4),
    radius=st.floats(1.0, 8.0), opacity=st.floats(0.1, 1.0),
)  # fmt: skip
def test_the_ink_of_a_line_is_its_area_times_its_opacity(x0, y0, length, angle, radius, opacity):
    """A line with round ends covers 2 r l + π r², whatever its direction."""
    end = (x0 + length * np.cos(angle), y0 + length * np.sin(angle))
    ink = draw_strokes([stroke([(x0, y0), end], radius, opacity)], PAGE)
    area = opacity * (2.0 * radius * length + np.pi * radius**2)
    assert ink.sum() == pytest.approx(area, rel=0.04)
    assert ink.max() <= opacity + 1e-6


def test_ink_lies_where_the_stroke_runs_x_to_the_right_and_y_down():
    ink = draw_strokes([stroke([(10, 50), (30, 50)])], PAGE)
    rows, columns = np.nonzero(ink)
    assert rows.mean() + 0.5 == pytest.approx(50.0)
    assert columns.mean() + 0.5 == pytest.approx(20.0)


def test_a_pen_pressed_harder_draws_wider():
    tapered = Stroke(np.array([[10.0, 30.0], [70.0, 30.0]]), np.array([1.0, 6.0]), np.ones(2))
    widths = draw_strokes([tapered], PAGE).sum(axis=0)
    assert widths[15] == pytest.approx(2 * (1 + 5 * 5.5 / 60), rel=0.05)
    assert widths[65] == pytest.approx(2 * (1 + 5 * 55.5 / 60), rel=0.05)


def test_a_closed_stroke_has_the_side_that_an_open_one_lacks():
    corners = [(20, 10), (60, 10), (60, 50), (20, 50)]
    assert draw_strokes([stroke(corners)], PAGE)[30, 19:21].max() == 0.0
    assert draw_strokes([stroke(corners, is_closed=True)], PAGE)[30, 19:21].max() == 1.0


def test_faint_strokes_add_up_where_they_cross_but_not_with_themselves():
    across, down = [(10, 30), (70, 30)], [(40, 10), (40, 50)]
    ink = draw_strokes([stroke(across, opacity=0.5), stroke(down, opacity=0.5)], PAGE)
    assert ink[30, 20] == pytest.approx(0.5)
    assert ink[30, 40] == pytest.approx(0.75)
    back_and_forth = stroke([*across, *across[::-1]], opacity=0.5)
    assert draw_strokes([back_and_forth], PAGE).max() == pytest.approx(0.5)


def test_hairlines_and_dots_are_seen():
    dot = draw_strokes([stroke([(40.0, 30.0)], radius=0.0)], PAGE)
    assert dot.sum() == pytest.approx(np.pi * 0.75**2, rel=0.3)
    hairline = draw_strokes([stroke([(10, 30), (70, 30)], radius=0.01)], PAGE)
    assert (hairline[:, 15:65].max(axis=0) > 0.5).all()


def test_a_pen_wider_than_a_batch_draws_what_it_draws_in_parts(monkeypatch):
    from limner.addon import strokes

    wavy = [(5 + 7 * i, 30 + 15 * (-1) ** i) for i in range(11)]
    drawn = [stroke(wavy, 7.0, 0.6), stroke(wavy[::-1], 3.0, 0.5)]
    whole = draw_strokes(drawn, PAGE)
    monkeypatch.setattr(strokes, "_BATCH_PX", 500)
    np.testing.assert_array_equal(draw_strokes(drawn, PAGE), whole)


def test_what_leaves_the_page_or_is_no_number_is_left_out():
    inside = [(10, 30), (70, 30)]
    outside = stroke([(500, 500), (600, 500)])
    lost = stroke([(10, 30), (np.nan, 10), (70, 30), (1e9, np.inf)])
    alone = draw_strokes([stroke(inside)], PAGE)
    np.testing.assert_array_equal(draw_strokes([outside, lost], PAGE), alone)
    partly = draw_strokes([stroke([(10, 30), (1e7, 30)])], PAGE)
    np.testing.assert_allclose(partly[:, 20:60], alone[:, 20:60], atol=1e-6)


def test_a_sketch_of_strokes_keeps_them_and_shows_them_dark_on_light():
    sketch = sketch_from_strokes([stroke([(10, 30), (70, 30)], radius=3.0)], PAGE)
    assert sketch.grey[30, 40] == 0 and sketch.grey[5, 5] == 255
    np.testing.assert_array_equal(sketch.strokes[0], [[10, 30, 6], [70, 30, 6]])
    assert sketch.original_size == PAGE
    assert sketch.path is None


@pytest.mark.parametrize(
    ("drawn", "message"),
    [
        ([], "no strokes yet; draw a face where the camera sees it"),
        ([stroke([(900, 900), (990, 900)])], "all strokes lie outside of the picture"),
    ],
)
def test_an_empty_page_is_one_clear_line(drawn, message):
    with pytest.raises(SketchError, match=message):
        sketch_from_strokes(drawn, PAGE)


def test_the_digest_changes_with_every_value():
    def name(points=((1, 2), (3, 4)), *more, size=PAGE):
        return strokes_digest([stroke(points, *more)], size)

    changed = [
        name(),
        name(((1, 2), (3, 4.001))),
        name(((1, 2), (3, 4)), 2.01),
        name(((1, 2), (3, 4)), 2.0, 0.9),
        name(((1, 2), (3, 4)), 2.0, 1.0, True),
        name(size=(80, 61)),
    ]
    assert len(set(changed)) == len(changed)
    assert name() == name()


def test_a_sight_says_where_a_point_falls_and_how_large_a_metre_is():
    """Half a metre high, looked at from above: north is up, east is right."""
    flat = Sight(np.diag([4.0, 4.0 * 80 / 60, 0.1, 1.0]), PAGE)
    pixels, scale = flat.project(np.array([[0.0, 0.0, 9.0], [0.1, 0.05, -3.0]]))
    np.testing.assert_allclose(pixels, [[40, 30], [56, 22]])
    np.testing.assert_allclose(scale, 160.0)
    assert flat.is_orthographic


def test_a_metre_looks_smaller_from_farther_and_vanishes_behind_the_eye():
    lens = np.array([[2.0, 0, 0, 0], [0, 2.0, 0, 0], [0, 0, -1, -0.02], [0, 0, -1, 0]])
    near = Sight(lens, PAGE)
    pixels, scale = near.project(np.array([[0.1, 0, -1], [0.1, 0, -2], [0.1, 0, 1]]))
    np.testing.assert_allclose(pixels[:2, 0], [48, 44])
    np.testing.assert_allclose(scale, [80, 40, 0])
    assert not near.is_orthographic


def test_strokes_of_unequal_arrays_are_refused():
    with pytest.raises(ShapeError, match=r"radius: got shape \(3,\), expected \(2\)"):
        Stroke(np.zeros((2, 2)), np.zeros(3), np.zeros(2))


@pytest.mark.parametrize("change", ["more", "the same", "undone", "moved", "closed", "other page"])
def test_a_page_that_is_drawn_on_looks_like_one_drawn_at_once(change):
    rng = np.random.default_rng(7)
    first = [
        Stroke(rng.uniform(5.0, 90.0, (6, 2)), rng.uniform(1.0, 4.0, 6), rng.uniform(0.3, 1.0, 6))
        for _ in range(5)
    ]
    moved, closed = first[2], replace(first[1], is_closed=True)
    then = {
        "more": [*first, Stroke(np.array([[50.0, 5.0], [50.0, 90.0]]), np.ones(2), np.ones(2))],
        "the same": first,
        "undone": first[:-1],
        "moved": [*first[:2], replace(moved, points=moved.points + 3.0), *first[3:]],
        "closed": [first[0], closed, *first[2:]],
        "other page": first,
    }[change]
    size = (100, 90) if change == "other page" else (100, 100)
    page = Page()
    before = page.draw(first, (100, 100))
    kept = before.copy()
    np.testing.assert_array_equal(page.draw(then, size), draw_strokes(then, size))
    np.testing.assert_array_equal(before, kept)  # what was given away stays as it was


def test_a_page_draws_only_what_is_new(monkeypatch):
    drawn, cover = [], strokes_module._cover
    monkeypatch.setattr(strokes_module, "_cover", lambda *a: drawn.append(a) or cover(*a))
    line = Stroke(np.array([[10.0, 10.0], [40.0, 30.0]]), np.ones(2), np.ones(2))
    page = Page()
    page.draw([line, line], (50, 50))
    assert len(drawn) == 2
    page.draw([line, line, line], (50, 50))
    assert len(drawn) == 3


def test_a_page_that_was_left_in_the_middle_of_drawing_begins_anew(monkeypatch):
    """Or what lay on it already would be laid on it twice."""
    line = Stroke(np.array([[10.0, 10.0], [40.0, 30.0]]), np.ones(2), np.full(2, 0.5))
    page, cover, count = Page(), strokes_module._cover, []

    def interrupted(*given):
        count.append(given)
        if len(count) == 3:
            raise KeyboardInterrupt
        return cover(*given)

    page.draw([line], (50, 50))
    monkeypatch.setattr(strokes_module, "_cover", interrupted)
    with pytest.raises(KeyboardInterrupt):
        page.draw([line] * 4, (50, 50))
    np.testing.assert_array_equal(
        page.draw([line] * 4, (50, 50)), draw_strokes([line] * 4, (50, 50))
    )
