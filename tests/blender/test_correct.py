"""Box and points set by hand: kept in the scene, believed by Detect and Fit, undone in one step."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import numpy as np
import pytest
from limner.errors import SketchError

from .scene_state import everything
from .test_live import follow_once, hand, tick  # noqa: F401 - a fixture

pytestmark = pytest.mark.blender


@pytest.fixture
def given(bpy, limner):
    """Return who stands where the pipeline stands."""
    from limner.addon import computing

    return computing.session("")


def marks(bpy):
    from limner.addon.kept_marks import marks_of

    return marks_of(bpy.context.scene.limner)


def test_a_reading_keeps_where_the_face_is(bpy, limner, fit):
    assert marks(bpy) is None
    bpy.ops.limner.detect()
    kept = marks(bpy)
    assert np.abs(kept.points - fit.detection.landmarks).max() < 0.01
    assert kept.box == pytest.approx(fit.detection.face_box, abs=0.01)
    assert not kept.is_set


def test_a_point_set_by_hand_is_believed_by_fit_and_detect(bpy, limner, given):
    assert bpy.ops.limner.correct(points='{"30": [150.5, 99]}') == {"FINISHED"}
    assert marks(bpy).set_points == {30}
    for button in (bpy.ops.limner.detect, bpy.ops.limner.fit):
        given.hints = None
        button()
        assert given.hints.landmarks == {30: (150.5, 99.0)}
        assert marks(bpy).points[30].tolist() == [150.5, 99.0]
        assert marks(bpy).set_points == {30}


def test_a_box_set_by_hand_is_where_the_face_is_looked_for(bpy, limner, given):
    bpy.ops.limner.correct(face_box=(20.0, 30.0, 220.0, 270.0))
    assert marks(bpy).is_box_set
    bpy.ops.limner.fit()
    assert given.hints.face_box == (20.0, 30.0, 220.0, 270.0)
    assert given.hints.landmarks == {}


def test_corrections_add_up_and_one_press_lets_go(bpy, limner, given):
    bpy.ops.limner.correct(points='{"30": [150, 99]}')
    bpy.ops.limner.correct(points='{"31": [140, 99]}')
    assert marks(bpy).set_points == {30, 31}
    assert bpy.ops.limner.forget_marks() == {"FINISHED"}
    assert not marks(bpy).is_set
    assert not bpy.ops.limner.forget_marks.poll()
    bpy.ops.limner.detect()
    assert given.hints.landmarks == {}
    assert np.abs(marks(bpy).points - given.answer.detection.landmarks).max() < 0.01


def test_another_drawing_has_marks_of_its_own(bpy, limner, given):
    bpy.ops.limner.correct(points='{"30": [150, 99]}')
    limner.sketch_path = "//other.png"
    assert marks(bpy) is None
    bpy.ops.limner.detect()
    assert given.hints.landmarks == {}
    assert not marks(bpy).is_set


def test_one_undo_takes_a_correction_back(bpy, limner):
    bpy.ops.limner.detect()
    bpy.ops.ed.undo_push(message="before")
    before = everything(bpy)
    bpy.ops.limner.correct(points='{"48": [90, 200]}', face_box=(20.0, 30.0, 220.0, 270.0))
    bpy.ops.ed.undo_push(message="after")
    after = everything(bpy)
    assert after != before
    bpy.ops.ed.undo()
    assert everything(bpy) == before
    bpy.ops.ed.redo()
    assert everything(bpy) == after


def test_where_no_face_is_found_the_box_says_where_it_is(bpy, limner, given, monkeypatch):
    read = given.detect

    def only_in_a_box(sketch, hints=None):
        if hints is None or hints.face_box is None:
            raise SketchError("no face found in it; draw it larger")
        return read(sketch, hints)

    monkeypatch.setattr(given, "detect", only_in_a_box)
    with pytest.raises(RuntimeError, match="no face found"):
        bpy.ops.limner.correct(points='{"48": [90, 200]}')
    assert bpy.ops.limner.correct(face_box=(20.0, 30.0, 220.0, 270.0)) == {"FINISHED"}
    assert len(marks(bpy).points) == 70


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"points": "48"}, "expected JSON"),
        ({"points": '{"48": [1]}'}, "expected JSON"),
        ({"points": '{"99": [1, 2]}'}, "landmark 99"),
        ({"face_box": (50.0, 10.0, 20.0, 90.0)}, "face box"),
    ],
)
def test_what_means_nothing_is_a_report_and_changes_nothing(bpy, limner, options, match):
    bpy.ops.limner.detect()
    before = everything(bpy)
    with pytest.raises(RuntimeError, match=match):
        bpy.ops.limner.correct(**options)
    assert everything(bpy) == before


def test_marks_travel_in_the_blend(bpy, limner, tmp_path):
    bpy.ops.limner.correct(points='{"30": [150, 99]}')
    path = str(tmp_path / "kept.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    assert json.loads(bpy.context.scene.limner.marks)["set_points"] == [30]


def test_live_follows_a_point_set_by_hand(bpy, hand, monkeypatch, fit):  # noqa: F811
    from limner.addon import computing

    from .scene_state import FakeSession

    follow_once(bpy, hand)
    assert hand.hints.landmarks == {}
    with monkeypatch.context() as patched:
        patched.setattr(computing, "session", lambda *_: FakeSession(fit))
        bpy.ops.limner.correct(points='{"30": [150, 99]}')
    tick()
    assert len(hand.jobs) == 2
    assert hand.hints.landmarks == {30: (150.0, 99.0)}
