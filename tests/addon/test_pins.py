"""What a person sets by hand counts more than what the network reads."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from limner.addon.evidence import expected_aus, gather_evidence, weight_priors
from limner.addon.pins import read_pins, with_pins
from limner.addon.pipeline import Session
from limner.errors import FitError
from limner.sketch_cnn.image import read_sketch

from ..tiny_rig import tiny_detection, tiny_rig

SMILE = Path(__file__).parents[1] / "data" / "sketches" / "lavater_smile.png"


def reading():
    return tiny_detection(np.zeros((70, 2)))


def test_a_pin_says_how_strong_and_leaves_no_doubt():
    pinned = with_pins(reading(), {"AU26": 0.6, "AU12L": 0.0})
    row = pinned.au_labels.index("AU26")
    assert (pinned.probability[row], pinned.intensity[row], pinned.uncertainty[row]) == (1, 0.6, 0)
    assert pinned.present[row]
    assert not pinned.present[pinned.au_labels.index("AU12L")]
    assert expected_aus(pinned)["AU26"] == 0.6
    assert "AU12L" not in expected_aus(pinned)


def test_pins_leave_the_other_readings_and_the_given_one_alone():
    read = reading()
    pinned = with_pins(read, {"AU26": 0.6})
    others = [row for row, label in enumerate(read.au_labels) if label != "AU26"]
    np.testing.assert_array_equal(pinned.probability[others], read.probability[others])
    assert read.probability[read.au_labels.index("AU26")] == 0.02


@pytest.mark.parametrize(
    ("pins", "message"),
    [
        ({"AU99": 0.5}, "AU99: no such Action Unit"),
        ({"AU12L": 1.5}, "AU12L: got 1.5, expected an intensity from 0 to 1"),
        ({"AU12L": float("nan")}, "AU12L: got nan"),
    ],
)
def test_a_pin_that_means_nothing_is_one_clear_line(pins, message):
    with pytest.raises(FitError, match=message):
        with_pins(reading(), pins)


def test_pins_are_read_as_people_write_them():
    assert read_pins(["12L=0.6", "au26=0", " 43 = 1 "]) == {
        "AU12L": 0.6, "AU26": 0.0, "AU43L": 1.0, "AU43R": 1.0,
    }  # fmt: skip
    assert read_pins(["12=0.5", "12R=0"]) == {"AU12L": 0.5, "AU12R": 0.0}, "the later one counts"


@pytest.mark.parametrize("word", ["12", "12=", "12=x", "12=1.5", "12=-0.1", "12=nan"])
def test_an_intensity_that_is_none_is_wrong_usage(limner, word):
    status, out, err = limner("fit", "x.png", "-o", "out", "--pin", word)
    assert (status, out) == (2, "")
    assert "give an intensity from 0 to 1, as in 12=0.6" in err


@pytest.mark.parametrize("word", ["27=0.5", "26L=0.5", "smile=1", "=1"])
def test_an_au_that_is_none_is_wrong_usage(limner, word):
    status, out, err = limner("fit", "x.png", "-o", "out", "--pin", word)
    assert (status, out) == (2, "")
    assert "no such Action Unit" in err


def test_the_evidence_holds_the_shapes_of_pinned_aus():
    rig, read = tiny_rig(), with_pins(reading(), {"AU26": 0.5})
    _, sigma = weight_priors(rig, read)

    class Frame:
        scale, iod_px, size_px = 1.0, 100.0, (320, 400)
        from_ink = staticmethod(lambda points: points)

    class Drawn:
        by_feature = staticmethod(dict)
        of = staticmethod(lambda _: np.zeros((0, 2)))

    held = gather_evidence(rig, read, Frame, Drawn, 0.0, {"AU26": 0.5}.keys())
    row = rig.shape_names.index("jawOpen")
    assert held.weights[row] == pytest.approx(0.5 * rig.au_table["AU26"]["jawOpen"])
    assert held.weights_sigma[row] < 0.1 * sigma[row]
    others = np.arange(len(sigma)) != row
    np.testing.assert_array_equal(held.weights_sigma[others], sigma[others])


@pytest.mark.slow
def test_pins_reach_every_drawing_of_a_run_and_its_record(limner, tmp_path, needs_weights):
    out = tmp_path / "out"
    two = tmp_path / "two.png"
    shutil.copy(SMILE, two)

    def fitted(*more):
        status, told, _ = limner("fit", SMILE, two, "-o", out, "--formats", "json", *more)
        assert status == 0
        records = [
            json.loads((out / name / "fit.json").read_text()) for name in ("lavater_smile", "two")
        ]
        return told, records

    _, records = fitted("--pin", "12=0,4L=0.8", "--jobs", "2")
    for record in records:
        assert record["pinned"] == {"AU12L": 0.0, "AU12R": 0.0, "AU4L": 0.8}
        assert record["blendshapes"]["mouthSmileLeft"] < 0.05
        assert record["blendshapes"]["browDownLeft"] > 0.5
    assert fitted("--pin", "12=0,4L=0.8", "--resume")[0].count("was there already") == 2
    told, records = fitted("--resume")
    assert "was there already" not in told
    assert all(record["blendshapes"]["mouthSmileLeft"] > 0.2 for record in records)
    _, records = fitted("--pin", "12=0", "--together")
    assert all(record["blendshapes"]["mouthSmileLeft"] < 0.05 for record in records)


@pytest.mark.slow
def test_a_head_wears_what_is_pinned_whatever_is_drawn(needs_weights):
    """The drawing smiles with its mouth shut; the pins say otherwise."""
    session, sketch = Session(), read_sketch(SMILE)
    names = session.rig.shape_names

    def weights(pins):
        state = session.fit(sketch, pins=pins).state
        return dict(zip(names, state.weights, strict=True))

    free = weights({})
    assert min(free["mouthSmileLeft"], free["mouthSmileRight"]) > 0.2
    held = weights({"AU12L": 0.0, "AU12R": 0.0, "AU6L": 0.0, "AU6R": 0.0, "AU4L": 0.8, "AU4R": 0.8})
    assert max(held["mouthSmileLeft"], held["mouthSmileRight"]) < 0.05
    wanted = 0.8 * session.rig.au_table["AU4L"]["browDownLeft"]
    assert held["browDownLeft"] == pytest.approx(min(wanted, 1.0), abs=0.05)
