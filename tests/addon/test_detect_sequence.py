"""`limner detect --sequence`: frames in order, smoothed; events for people; faults in one line."""

# SPDX-License-Identifier: GPL-3.0-or-later

import json

import numpy as np
import pytest
from limner.addon.film_report import au_events
from limner.sketch_cnn.frame_reader import beta_evidence
from limner.sketch_cnn.interface import FootageReading
from limner.sketch_cnn.labels import AU_LABELS
from PIL import Image


@pytest.fixture
def film(sketches, tmp_path):
    """Four frames of a smile, the third of them empty."""
    face = Image.open(sketches / "lavater_smile.png").convert("L")
    folder = tmp_path / "film"
    folder.mkdir()
    for number in (1, 2, 10):
        face.save(folder / f"f{number}.png")
    Image.new("L", face.size, 255).save(folder / "f3.png")
    return folder


def test_every_frame_is_a_line_and_an_empty_one_is_bridged(limner, film, needs_weights):
    status, out, err = limner("detect", "--sequence", "--rate", "8", film, "--json")
    assert status == 0
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["frame"] for line in lines] == ["f1.png", "f2.png", "f3.png", "f10.png"]
    assert [line["time_s"] for line in lines] == [0.0, 0.125, 0.25, 0.375]
    assert [line["found"] for line in lines] == [True, True, False, True]
    assert lines[2]["face_box"] is None and len(lines[0]["landmarks"]) == 70
    smile = [line["aus"][AU_LABELS.index("AU12L")] for line in lines]
    assert all(entry["present"] for entry in smile)
    assert smile[2]["uncertainty"] >= smile[1]["uncertainty"]
    assert err == f"limner: {film}: frame f3.png: note: {lines[2]['warnings'][0]}\n"
    assert "nothing is drawn" in err


def test_people_are_told_when_an_au_comes_and_goes(limner, film, needs_weights):
    status, out, _ = limner("detect", "--sequence", film)
    assert status == 0
    assert "apex s" in out and "Lip corner puller" in out


def test_a_film_without_a_face_fails_alone(limner, film, tmp_path, needs_weights):
    empty = tmp_path / "empty"
    empty.mkdir()
    Image.new("L", (200, 200), 255).save(empty / "1.png")
    status, out, err = limner("detect", "--sequence", empty, film, "--json")
    assert (status, len(out.splitlines())) == (1, 4)
    assert err.splitlines()[0] == (
        f"limner: {empty}: no face found in any of its frames; give drawings of a face"
    )


def test_explaining_a_film_is_wrong_usage(limner, film):
    status, _, err = limner("detect", "--sequence", film, "--explain", "why.png")
    assert status == 2 and "--explain" in err


def test_events_are_stretches_with_their_apex():
    course = np.array([0.1, 0.6, 0.9, 0.7, 0.1, 0.8])
    table = np.full((6, len(AU_LABELS)), 0.1)
    table[:, AU_LABELS.index("AU12R")] = course
    alpha, beta = beta_evidence(table, np.full_like(table, 0.2))
    reading = FootageReading(
        np.ones(6, bool), table, table, alpha, beta, np.full(len(AU_LABELS), 0.5)
    )
    first, second = au_events(reading, np.arange(6) / 10.0)
    assert (first["au"], first["side"]) == (12, "R")
    assert (first["onset_s"], first["apex_s"], first["offset_s"]) == (0.1, 0.2, 0.3)
    assert first["intensity"] == pytest.approx(0.9)
    assert (second["first"], second["last"]) == (5, 5)
