"""`limner fit --neutral`: the expression is read beside a drawing of the same face at rest."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
from limner.addon.fit_session import FitSession
from limner.addon.pipeline import PipelineSettings, Session, read_at_rest
from limner.sketch_cnn.image import read_sketch
from limner.sketch_cnn.model_file import NEUTRAL_FILE, weights_folder

pytestmark = pytest.mark.usefixtures("needs_weights")


@pytest.fixture(autouse=True)
def needs_neutral():
    if not (weights_folder() / NEUTRAL_FILE).is_file():
        pytest.skip(f"{NEUTRAL_FILE} is not in {weights_folder()}")


def fit(limner, sketch, out, *options):
    status, _, err = limner("fit", sketch, "--out", out, "--formats", "json", *options)
    assert status == 0, err
    return json.loads((out / sketch.stem / "fit.json").read_text(encoding="utf-8"))


def probability(record):
    return np.array([entry["probability"] for entry in record["aus"]])


def test_what_is_there_at_rest_is_no_expression(limner, sketches, tmp_path):
    smile = sketches / "lorelei_smile.png"
    alone = fit(limner, smile, tmp_path / "alone")
    beside = fit(limner, smile, tmp_path / "beside", "--neutral", smile)
    assert alone["neutral"] is None
    digest = hashlib.sha256(smile.read_bytes()).hexdigest()
    assert beside["neutral"] == {"path": str(smile), "sha256": digest, "used": True}
    assert probability(alone).max() > 0.8
    assert probability(beside).sum() < 0.75 * probability(alone).sum()
    assert sum(beside["blendshapes"].values()) < sum(alone["blendshapes"].values())


def test_a_face_that_is_followed_is_read_beside_it_too(sketches):
    smile = sketches / "lorelei_smile.png"
    sketch = read_sketch(smile)
    alone = FitSession(Session())
    beside = FitSession(Session(settings=PipelineSettings(at_rest=read_at_rest(smile))))
    sums = []
    for following in (alone, beside):
        first, again = following.update(sketch), following.update(sketch)
        assert list(again.timing_s) == ["update"]
        sums.append((first.detection.probability.sum(), again.detection.probability.sum()))
    assert np.all(np.array(sums[1]) < 0.75 * np.array(sums[0]))


def test_another_neutral_drawing_is_fitted_anew(limner, sketches, tmp_path):
    smile, wink = sketches / "lorelei_smile.png", sketches / "lorelei_wink.png"
    first = fit(limner, smile, tmp_path, "--neutral", wink)
    same = limner(
        "fit", smile, "--out", tmp_path, "--formats", "json", "--resume", "--neutral", wink
    )
    assert "was there already" in same[1]
    alone = fit(limner, smile, tmp_path, "--resume")
    assert first["neutral"]["path"] == str(wink) and alone["neutral"] is None


def test_a_neutral_drawing_that_cannot_be_used_is_told_once(limner, sketches, tmp_path):
    blank = tmp_path / "blank.png"
    blank.write_bytes(b"no picture")
    out = tmp_path / "out"
    both = (sketches / "lorelei_smile.png", sketches / "lorelei_wink.png")
    status, _, err = limner("fit", *both, "--out", out, "--formats", "json", "--neutral", blank)
    assert status == 1 and not out.exists()
    assert err.count("\n") == 1 and "blank.png" in err
