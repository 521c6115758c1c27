"""Marks that are dragged: what moves, what stays, what was set by hand, and where the mouse is."""

# SPDX-License-Identifier: GPL-3.0-or-later

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from limner.addon.marks import GROUPS, OUTLINES, Marks, corners_of
from limner.addon.sheet_view import Grip, SheetView, grip_at
from limner.errors import ShapeError

SIZE = (400, 300)
BOX = (100.0, 80.0, 220.0, 240.0)


@pytest.fixture
def marks():
    """Return marks with points in a grid, 20 pixels apart."""
    grid = np.stack(np.meshgrid(np.arange(10), np.arange(7)), axis=-1).reshape(-1, 2)
    return Marks("face.png", SIZE, BOX, 110.0 + 10.0 * grid)


def test_every_landmark_belongs_to_one_feature():
    assert sorted(row for rows in GROUPS for row in rows) == list(range(70))
    assert {row for rows in OUTLINES for row in rows} == set(range(68))


def test_a_dragged_landmark_alone_moves_and_is_set(marks):
    moved = marks.with_point(30, np.array([150.0, 99.0]))
    assert moved.points[30].tolist() == [150.0, 99.0]
    assert moved.set_points == {30}
    others = np.arange(70) != 30
    assert (moved.points[others] == marks.points[others]).all()
    assert not marks.is_set, "the given marks stay as they are"
    assert moved.hints().landmarks == {30: (150.0, 99.0)}
    assert moved.hints().face_box is None


def test_a_feature_is_dragged_as_a_whole(marks):
    moved = marks.with_group(69, np.array([5.0, -3.0]))
    way = moved.points - marks.points
    assert set(np.flatnonzero(way.any(axis=1))) == {*range(36, 42), 69} == moved.set_points
    assert np.allclose(way[69], [5.0, -3.0])


def test_nothing_leaves_the_sheet(marks):
    assert marks.with_point(0, np.array([-50.0, 999.0])).points[0].tolist() == [0.0, 300.0]
    assert marks.with_box_moved(np.array([999.0, -999.0])).box == (280.0, 0.0, 400.0, 160.0)
    assert marks.with_corner(2, np.array([999.0, 999.0])).box == (100.0, 80.0, 400.0, 300.0)


@pytest.mark.parametrize("corner", range(4))
def test_a_corner_moves_and_the_one_across_stays(marks, corner):
    to = corners_of(BOX)[corner] + [7.0, -4.0]
    moved = corners_of(marks.with_corner(corner, to).box)
    assert moved[corner].tolist() == to.tolist()
    assert moved[(corner + 2) % 4].tolist() == corners_of(BOX)[(corner + 2) % 4].tolist()


def test_a_corner_dragged_past_the_other_gives_a_box_all_the_same(marks):
    moved = marks.with_corner(0, np.array([300.0, 290.0]))
    assert moved.box == (220.0, 240.0, 300.0, 290.0)
    assert moved.hints().face_box == moved.box


def test_another_reading_moves_only_what_nobody_set(marks):
    held = marks.with_point(5, np.array([1.0, 2.0]))
    again = held.read_anew((0.0, 0.0, 9.0, 9.0), marks.points + 50.0)
    assert again.points[5].tolist() == [1.0, 2.0]
    assert (again.points[6] == marks.points[6] + 50.0).all()
    assert again.box == (0.0, 0.0, 9.0, 9.0)
    boxed = held.with_box_moved(np.array([1.0, 0.0])).read_anew((0, 0, 9, 9), marks.points)
    assert boxed.box == (101.0, 80.0, 221.0, 240.0)
    assert not boxed.let_go().is_set
    assert held.let_go_of(5).set_points == frozenset()


def test_marks_travel_as_text(marks):
    sent = marks.with_point(3, np.array([12.345, 6.0])).with_box_moved(np.array([1.0, 2.0]))
    back = Marks.from_json(sent.to_json())
    assert (back.drawing, back.size_px, back.box) == (sent.drawing, sent.size_px, sent.box)
    assert (back.is_box_set, back.set_points) == (True, {3})
    assert np.abs(back.points - sent.points).max() <= 0.0051
    none = Marks.from_json(Marks("a", SIZE, BOX).to_json())
    assert none.points.shape == (0, 2)


@pytest.mark.parametrize("text", ["", "{}", "[]", "7", '{"box": [1, 2]}', "null"])
def test_other_text_is_no_marks(text):
    with pytest.raises(ValueError, match=r"."):
        Marks.from_json(text)


def test_a_few_landmarks_are_none():
    with pytest.raises(ShapeError):
        Marks("a", SIZE, BOX, np.zeros((5, 2)))


places = st.tuples(st.floats(-500, 900), st.floats(-500, 900)).map(np.array)


@given(at=places, zoom=st.floats(0.05, 20.0), times=st.floats(0.3, 3.0))
def test_zooming_keeps_what_is_under_the_mouse(at, zoom, times):
    view = SheetView((800, 600), (123.0, 45.0), zoom)
    under = view.to_sheet(at)
    zoomed = view.zoomed(times, at)
    assert zoomed.to_sheet(at) == pytest.approx(under, abs=1e-6)
    assert zoomed.to_region(under) == pytest.approx(at, abs=1e-6)


def test_dragging_the_sheet_moves_it_with_the_mouse():
    view = SheetView((800, 600), (100.0, 100.0), 2.0)
    place = np.array([30.0, 40.0])
    moved = view.shifted(np.array([10.0, -6.0]))
    assert moved.to_region(place) - view.to_region(place) == pytest.approx([10.0, -6.0])


def test_up_in_the_drawing_is_up_on_the_screen():
    view = SheetView.whole((800, 600), SIZE)
    top, bottom = view.to_region(np.array([[200.0, 0.0], [200.0, 300.0]]))
    assert top[1] > bottom[1]
    assert view.to_region(np.array([200.0, 150.0])) == pytest.approx([400.0, 300.0])


def test_the_mouse_takes_what_is_nearest(marks):
    view = SheetView.around((800, 600), BOX)

    def held(place, by=(0.0, 0.0)):
        return grip_at(marks, view, view.to_region(np.array(place)) + by, 1.0)

    assert held(marks.points[12], by=(3.0, 3.0)) == Grip("POINT", 12)
    assert held((220.0, 240.0), by=(-4.0, 4.0)) == Grip("CORNER", 2)
    assert held((215.0, 80.0), by=(0.0, 8.0)) == Grip("BOX")
    assert held((212.0, 200.0)) is None
    assert held((10.0, 80.0)) is None
