"""What a person sets by hand counts more than what the network reads."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from limner.addon.evidence import expected_aus, gather_evidence, weight_priors
from limner.addon.pins import with_pins
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
