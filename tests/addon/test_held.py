"""What an earlier fit found can be held: it comes out of the next fit as it went in."""

# SPDX-License-Identifier: GPL-3.0-or-later

import json

import numpy as np
import pytest
from limner.addon.held import read_held
from limner.addon.pipeline import PipelineSettings, Session
from limner.addon.report import fit_report
from limner.errors import FitError
from limner.rig.face_rig import RigState
from limner.rig.store import load_rig

from .drawn_faces import draw, face_camera, perfect_detection

SMILE = {"AU12L": 0.8, "AU12R": 0.8, "AU25": 0.5}


@pytest.fixture(scope="module")
def rig():
    return load_rig("makehuman")


def drawn(rig, aus):
    identity = 0.7 * np.random.default_rng(9).standard_normal(len(rig.identity_names))
    truth = RigState(rig.weights_from_aus(aus), identity, np.array([0.0, 0.25, 0.0]))
    camera = face_camera(rig)
    sketch, labels = draw(rig, truth, camera)
    return sketch, perfect_detection(rig, truth, camera, labels, aus)


@pytest.fixture(scope="module")
def record(rig):
    """The fit.json of somebody at rest."""
    return json.loads(json.dumps(fit_report(Session(rig).fit(*drawn(rig, {})))))


def test_who_the_head_is_and_how_it_is_seen_come_out_as_they_went_in(rig, record, tmp_path):
    (tmp_path / "fit.json").write_text(json.dumps(record))
    held = read_held(tmp_path, rig, ("identity", "pose", "camera"))
    fit = Session(rig, settings=PipelineSettings(held=held)).fit(*drawn(rig, SMILE))
    again = json.loads(json.dumps(fit_report(fit)))
    for key in ("identity", "camera"):
        assert again[key] == record[key]
    np.testing.assert_allclose(
        again["pose"]["rotation_vector_rad"], record["pose"]["rotation_vector_rad"], atol=1e-4
    )
    assert record["held"] == [] and again["held"] == ["identity", "pose", "camera"]
    assert again["blendshapes"]["mouthSmileLeft"] > 0.5
    assert fit.gap.closed > 0.7


def test_the_fit_is_free_in_what_is_not_held(rig, record, tmp_path):
    path = tmp_path / "one.json"
    path.write_text(json.dumps(record))
    held = read_held(path, rig, ("identity",))
    assert held.pose is None and held.camera is None
    fit = Session(rig, settings=PipelineSettings(held=held)).fit(*drawn(rig, SMILE))
    assert fit_report(fit)["identity"] == record["identity"]
    assert fit_report(fit)["camera"] != record["camera"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"schema": "other/1"}, "not a fit.json"),
        ({"rig": "ict"}, "of the head ict"),
        ({"identity": {"no such mode": 1.0}}, "no such mode"),
        ({"camera": {"scale_px_per_m": 1.0}}, "not a fit.json"),
    ],
)
def test_what_cannot_be_held_is_told_in_one_line(rig, record, tmp_path, change, words):
    path = tmp_path / "fit.json"
    path.write_text(json.dumps(record | change))
    with pytest.raises(FitError, match=words) as told:
        read_held(path, rig, ("identity", "camera"))
    assert "\n" not in str(told.value)
