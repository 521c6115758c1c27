"""A box and landmarks set by hand: the reading is made there, and the fitted head goes there."""

# SPDX-License-Identifier: GPL-3.0-or-later

from dataclasses import replace

import numpy as np
import pytest
from limner.addon.hints import Hints, with_box, with_landmarks
from limner.addon.pipeline import Session
from limner.errors import FitError
from limner.rig.face_rig import RigState, pose
from limner.rig.store import load_rig
from limner.sketch_cnn.detector import Detector
from limner.sketch_cnn.image import read_sketch
from limner.sketch_cnn.model_file import READER_FILE, weights_folder
from limner.sketch_cnn.sketch import Sketch

from .drawn_faces import draw, face_camera, perfect_detection

MOUTH_CORNER_LEFT, NOSE_TIP = 54, 30


@pytest.fixture(scope="module")
def drawn():
    """Return a session, a drawing of its neutral head, and a reading without fault."""
    session = Session(load_rig("makehuman"))
    truth, camera = RigState.neutral(session.rig), face_camera(session.rig)
    sketch, labels = draw(session.rig, truth, camera)
    return session, sketch, perfect_detection(session.rig, truth, camera, labels, {})


def landmarks_of(fit):
    """Return where the fitted head's landmarks lie in the drawing, correction included."""
    turned = pose(fit.rig, fit.state)  # the pose here is frontal: the correction adds as it is
    return fit.camera.project(fit.rig.landmarks.interpolate(turned, fit.rig.triangles))


def test_a_landmark_set_by_hand_is_there_without_doubt(drawn):
    _, _, detection = drawn
    moved = with_landmarks(detection, Hints(landmarks={NOSE_TIP: (10.0, 20.0)}), scale=0.5)
    assert moved.landmarks[NOSE_TIP].tolist() == [5.0, 10.0]
    assert moved.landmark_spread[NOSE_TIP] == 0.0
    others = np.arange(70) != NOSE_TIP
    assert (moved.landmarks[others] == detection.landmarks[others]).all()
    assert (moved.landmark_spread[others] == detection.landmark_spread[others]).all()
    assert moved.face_box[:2] == (5.0, 10.0), "the box holds all landmarks"


def test_no_hints_change_nothing(drawn):
    _, sketch, detection = drawn
    assert with_box(sketch, Hints()) is sketch
    assert with_landmarks(detection, Hints(), 1.0) is detection


def test_the_box_comes_in_pixels_of_the_file():
    sketch = Sketch(np.zeros((8, 8), np.float32), np.zeros((8, 8), np.uint8), scale=0.25)
    assert with_box(sketch, Hints((4.0, 8.0, 16.0, 24.0))).face_box == (1.0, 2.0, 4.0, 6.0)


@pytest.mark.parametrize("box", [(0.0, 0.0, 2.0, 90.0), (50.0, 0.0, 10.0, 90.0),
                                 (float("nan"), 0.0, 10.0, 90.0)])  # fmt: skip
def test_a_box_that_holds_no_face_is_told(box):
    with pytest.raises(FitError, match="face box"):
        Hints(box)


@pytest.mark.parametrize(("number", "place"), [(70, (1.0, 1.0)), (-1, (1.0, 1.0)),
                                               (3, (float("inf"), 1.0))])  # fmt: skip
def test_a_landmark_that_is_none_is_told(number, place):
    with pytest.raises(FitError, match="landmark"):
        Hints(landmarks={number: place})


def test_the_fitted_head_goes_where_a_landmark_was_set(drawn):
    """A mouth corner far off its line: the network's word is let go, a hand's is not."""
    session, sketch, detection = drawn
    start = detection.landmarks[MOUTH_CORNER_LEFT]
    way = np.array([25.0, 0.0]) * (sketch.ink.shape[0] / 400.0)
    asked = start + way
    by_network = np.array(detection.landmarks)
    by_network[MOUTH_CORNER_LEFT] = asked
    hints = Hints(landmarks={MOUTH_CORNER_LEFT: tuple(asked / sketch.scale)})
    fits = [
        session.fit(sketch, replace(detection, landmarks=by_network)),
        session.fit(sketch, with_landmarks(detection, hints, sketch.scale)),
    ]
    plain, set_by_hand = ((landmarks_of(fit)[MOUTH_CORNER_LEFT] - start) @ way / (way @ way)
                          for fit in fits)  # fmt: skip
    print(plain, set_by_hand)
    assert set_by_hand > 0.6
    assert set_by_hand > 2.0 * plain


@pytest.fixture(scope="module")
def two_faces(sketches):
    """Return two drawings side by side, and where the second one's sheet begins."""
    if not (weights_folder() / READER_FILE).is_file():
        pytest.skip(f"the network's weights are not in {weights_folder()}")
    first, second = (read_sketch(sketches / name) for name in NAMES)
    height = max(first.ink.shape[0], second.ink.shape[0])

    def padded(ink):
        return np.pad(ink, ((0, height - ink.shape[0]), (0, 0)))

    ink = np.hstack([padded(first.ink), padded(second.ink)])
    grey = np.rint(255.0 * (1.0 - ink)).astype(np.uint8)
    return Sketch(ink=ink, grey=grey, original_size=ink.shape[::-1]), first.ink.shape[1]


NAMES = ("lavater_smile.png", "busch_max.png")


def test_the_face_in_the_box_is_read_whichever_is_larger(two_faces):
    sheet, border = two_faces
    alone = Detector().detect(Sketch(sheet.ink[:, border:], sheet.grey[:, border:]))
    x0, y0, x1, y1 = alone.face_box
    session = Session(load_rig("makehuman"))
    left_of = session.detect(sheet, Hints((border + x0, y0, border + x1, y1)))
    shift = np.median(left_of.landmarks - alone.landmarks, axis=0)
    assert shift == pytest.approx([border, 0.0], abs=3.0)
    assert left_of.face_score == 1.0


def test_where_the_placer_goes_astray_the_box_counts(two_faces, monkeypatch):
    sheet, border = two_faces
    detector = Detector()
    box = (border + 40.0, 40.0, border + 240.0, 260.0)
    seen = []
    read = detector.read
    monkeypatch.setattr("limner.sketch_cnn.detector.is_turned", lambda ink: False)
    monkeypatch.setattr(detector, "place", lambda ink, given: (0.0, 0.0, 30.0, 30.0))
    monkeypatch.setattr(
        detector, "read", lambda ink, box, looks: (seen.append(box), read(ink, box, looks))[1]
    )
    detector.detect(replace(sheet, face_box=box))
    assert seen == [box]
