"""Evidence is told of faces as they were read, and of everything else past the finder."""

# SPDX-License-Identifier: GPL-3.0-or-later

import io
from types import SimpleNamespace

import numpy as np
import pytest
from limner.sketch_cnn.strangers import Evidence
from PIL import Image


def sample(is_face, box=None):
    picture = np.full((80, 100), 255, np.uint8)
    if box:
        x0, y0, x1, y1 = box
        picture[y0:y1, x0:x1] = 0
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    return SimpleNamespace(
        is_face=is_face, grey=lambda: np.asarray(Image.open(io.BytesIO(buffer.getvalue())))
    )


class Reader:
    """Answers with little evidence, and keeps what it was made to look at."""

    def __init__(self):
        self.boxes = []

    def detect(self, sketch):
        self.boxes.append(sketch.face_box)
        return SimpleNamespace(uncertainty=np.full(44, 0.5))


def test_strangers_are_read_past_the_finder_and_compared_with_faces():
    reader = Reader()
    evidence = Evidence(reader)
    for uncertainty in (0.1, 0.2):
        evidence(sample(True), SimpleNamespace(uncertainty=np.full(44, uncertainty)))
    evidence(sample(True), None)
    evidence(sample(False, (10, 20, 40, 60)), None)
    evidence(sample(False), None)  # blank: not even the reader can look at it
    assert reader.boxes == [pytest.approx((10.0, 20.0, 40.0, 60.0))]
    told = evidence.figures()
    assert told["evidence_faces"] == pytest.approx(15.0)
    assert told["evidence_no_faces"] == pytest.approx(4.0)
    assert told["evidence_auc"] == 1.0


def test_without_strangers_nothing_is_claimed():
    told = Evidence(Reader()).figures()
    assert set(told.values()) == {None}
