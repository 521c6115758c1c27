"""Evaluation counts what the detector cannot read, but never hides that there is no detector."""

# SPDX-License-Identifier: GPL-3.0-or-later

import pytest
from limner.errors import ModelError, SketchError
from limner.sketch_cnn.detector import Detector
from limner.sketch_cnn.evaluate import evaluate


def test_missing_weights_are_an_error_and_no_missed_faces(tmp_path, drawings):
    with pytest.raises(ModelError, match="cannot be read"):
        evaluate(Detector(tmp_path), drawings, limit=3)


def test_faces_that_are_not_found_are_counted(weights, drawings, monkeypatch):
    read, calls = Detector.detect, []

    def blind_at_first(self, sketch):
        calls.append(sketch)
        if len(calls) <= 2:
            raise SketchError("no face found in it")
        return read(self, sketch)

    monkeypatch.setattr(Detector, "_face_quality", lambda self, ink, box: 1.0)
    monkeypatch.setattr(Detector, "detect", blind_at_first)
    figures = evaluate(Detector(weights), drawings, limit=12)
    assert len(calls) == 12
    unread = figures["missed_faces"] + figures["no_face_drawings"] - figures["false_faces"]
    assert unread == 2
    assert figures["drawings"] + figures["false_faces"] == 10
