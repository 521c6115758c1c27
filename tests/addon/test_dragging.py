"""A mouse over a drawing: what it takes, what it leaves, when the face is read anew."""

# SPDX-License-Identifier: GPL-3.0-or-later

import numpy as np
import pytest
from limner.addon.dragging import Correction, Dragging
from limner.addon.hints import Hints, with_landmarks
from limner.addon.sheet_view import SheetView
from limner.errors import SketchError
from limner.sketch_cnn.sketch import Sketch

from ..tiny_rig import tiny_detection

SIZE = (400, 300)
SCALE = 0.5
WAY = np.array([3.0, -4.0])


class Reader:
    """Stands where the detector stands; remembers what it was asked."""

    def __init__(self):
        grid = np.stack(np.meshgrid(np.arange(10), np.arange(7)), axis=-1).reshape(-1, 2)
        self.detection = tiny_detection(SCALE * (110.0 + 12.0 * grid))
        self.asked = []
        self.is_blind = False

    def __call__(self, sketch, hints):
        self.asked.append(hints)
        if self.is_blind and hints.face_box is None:
            raise SketchError("no face found in it; draw it larger")
        return with_landmarks(self.detection, hints, sketch.scale)


@pytest.fixture
def reader():
    return Reader()


@pytest.fixture
def mouse(reader):
    """Return a mouse over a drawing that was read once."""
    blank = np.zeros((150, 200))
    sketch = Sketch(blank.astype(np.float32), blank.astype(np.uint8), SCALE, SIZE)
    correction = Correction.begin(sketch, reader, "face.png", None)
    return Dragging(correction, SheetView.around((800, 600), correction.marks.box), 1.0)


def drag(mouse, place, way, **keys):
    """Drag from a place in the drawing by a way, both in pixels of the file."""
    start = mouse.view.to_region(np.array(place))
    end = mouse.view.to_region(np.array(place) + way)
    mouse.move(start)
    mouse.press(start, keys.get("shift", False), keys.get("ctrl", False))
    mouse.move(0.5 * (start + end))
    mouse.move(end)
    mouse.release()


def test_it_begins_with_a_reading_in_pixels_of_the_file(mouse, reader):
    assert reader.asked == [Hints()]
    assert mouse.marks.points[0].tolist() == [110.0, 110.0]
    assert mouse.marks.points[69].tolist() == [218.0, 182.0]


def test_a_point_is_read_anew_only_when_all_is_kept(mouse, reader):
    place = mouse.marks.points[35]
    drag(mouse, place, WAY)
    assert mouse.marks.points[35] == pytest.approx(place + WAY)
    assert len(reader.asked) == 1
    found = mouse.correction.read()
    assert reader.asked[1].landmarks == {35: pytest.approx(tuple(place + WAY))}
    assert found.landmarks[35] == pytest.approx(SCALE * (place + WAY))


def test_with_shift_the_feature_comes_along(mouse):
    drag(mouse, mouse.marks.points[50], [0.0, 5.0], shift=True)
    assert mouse.marks.set_points == set(range(48, 68))


def test_the_box_is_read_at_once(mouse, reader):
    x0, y0, x1, y1 = mouse.marks.box
    drag(mouse, (x1, y1), [10.0, 10.0])
    assert len(reader.asked) == 2
    assert reader.asked[1].face_box == pytest.approx((x0, y0, x1 + 10.0, y1 + 10.0))
    assert mouse.marks.is_box_set


def test_a_click_without_a_way_changes_nothing(mouse, reader):
    x0, y0, _, _ = mouse.marks.box
    before = mouse.marks
    at = mouse.view.to_region(np.array([x0, y0]))
    mouse.press(at, False, False)
    mouse.release()
    assert mouse.marks is before
    assert len(reader.asked) == 1


def test_a_point_let_go_goes_where_it_is_read(mouse):
    place = mouse.marks.points[35]
    drag(mouse, place, [30.0, 40.0])
    drag(mouse, place + np.array((30.0, 40.0)), [0.0, 0.0], ctrl=True)
    assert not mouse.marks.is_set
    assert mouse.marks.points[35] == pytest.approx(place)


def test_every_drag_can_be_taken_back(mouse):
    seen = [mouse.marks]
    for row in (10, 20, 30):
        drag(mouse, mouse.marks.points[row], [3.0, 3.0])
        seen.append(mouse.marks)
    for before in seen[-2::-1]:
        mouse.step_back()
        assert mouse.marks is before
    mouse.step_back()
    assert mouse.marks is seen[0]


def test_a_box_in_which_nothing_is_read_goes_back(mouse, monkeypatch):
    before = mouse.marks

    def fail(sketch, hints):
        raise SketchError("the face found in it is smaller than a pixel")

    mouse.correction.detect = fail
    with pytest.raises(SketchError):
        drag(mouse, mouse.marks.box[2:], [5.0, 5.0])
    assert mouse.marks is before


def test_where_no_face_is_found_there_is_a_box_to_drag(reader):
    reader.is_blind = True
    blank = np.zeros((150, 200))
    sketch = Sketch(blank.astype(np.float32), blank.astype(np.uint8), SCALE, SIZE)
    begun = Correction.begin(sketch, reader, "face.png", None)
    assert begun.marks.box == (100.0, 45.0, 300.0, 255.0)
    mouse = Dragging(begun, SheetView.whole((800, 600), SIZE), 1.0)
    drag(mouse, begun.marks.box[:2], [-10.0, 5.0])
    assert len(mouse.marks.points) == 70


def test_the_sheet_moves_with_the_middle_button(mouse):
    before = mouse.view.to_region(np.array([100.0, 100.0]))
    mouse.shift(np.array([10.0, 10.0]))
    mouse.move(np.array([30.0, 0.0]))
    mouse.shift(None)
    mouse.move(np.array([500.0, 500.0]))
    assert mouse.view.to_region(np.array([100.0, 100.0])) - before == pytest.approx([20.0, -10.0])
    mouse.zoom(np.array([400.0, 300.0]), True)
    mouse.show_all()
    assert mouse.view == SheetView.whole((800, 600), SIZE)
