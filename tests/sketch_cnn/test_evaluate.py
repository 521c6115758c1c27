"""Evaluation counts what the detector cannot read, but never hides that there is no detector."""

# SPDX-License-Identifier: GPL-3.0-or-later

import numpy as np
import pytest
from limner.errors import ModelError, SketchError
from limner.sketch_cnn.detector import Detector
from limner.sketch_cnn.evaluate import evaluate, summarise
from limner.sketch_cnn.readings import before_calibration


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

    monkeypatch.setattr(Detector, "_face_quality", lambda self, ink, box: (1.0, None))
    monkeypatch.setattr(Detector, "detect", blind_at_first)
    readings, samples = evaluate(Detector(weights), drawings, limit=12)
    figures = summarise(readings, resamplings=20)
    assert len(calls) == 12
    faces = [sample.key for sample in samples if sample.is_face]
    assert readings.keys == tuple(faces)
    assert figures["drawings"] == len(faces)
    assert figures["no_face_drawings"] == 12 - len(faces)
    unread = figures["missed_faces"] + figures["no_face_drawings"] - figures["false_faces"]
    assert unread == 2
    assert not readings.probability[~readings.found].any()


def test_undoing_the_calibration_gives_the_mean_of_the_beta_distribution(weights, drawings):
    detector = Detector(weights)
    slope, offset = np.array(detector.reader.meta["calibration"], dtype=float).T
    raw = np.random.default_rng(0).uniform(0.05, 0.95, (3, len(slope)))
    odds = slope * np.log(raw / (1.0 - raw)) + offset
    np.testing.assert_allclose(before_calibration(detector, 1.0 / (1.0 + np.exp(-odds))), raw)
