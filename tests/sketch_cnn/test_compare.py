"""Comparisons call a difference what is beyond the noise, and nothing else."""

# SPDX-License-Identifier: GPL-3.0-or-later

from dataclasses import replace

import numpy as np
import pytest
from limner.sketch_cnn.compare import JUDGED, compare
from limner.sketch_cnn.evaluate import summarise

from .answers import invented


def saved(readings, answers=True):
    record = {"data": summarise(readings, resamplings=100)}
    return record | {"answers": readings.record()} if answers else record


def with_luck(readings, seed, noise=0.3):
    """Answer the same drawings anew: equally good, other mistakes."""
    rng = np.random.default_rng(seed)
    size = readings.probability.shape
    probability = np.clip(readings.present + noise * rng.normal(size=size), 0.01, 0.99)
    said = np.clip(readings.intensity + noise * rng.normal(size=size), 0.0, 1.0)
    return replace(
        readings, probability=probability, decided=probability >= 0.5, said_intensity=said
    )


def test_a_detector_does_not_differ_from_itself():
    record = saved(invented())
    told = compare(record, record, resamplings=100)
    assert told["paired"] and not told["worse"]
    assert {entry["verdict"] for entry in told["figures"].values()} == {"no difference"}
    assert all(entry["difference"] == 0.0 for entry in told["aus"].values())


@pytest.mark.parametrize("answers", [True, False])
def test_a_worse_detector_is_called_worse_and_the_other_way_round_better(answers):
    truth = invented(120)
    good, bad = (saved(with_luck(truth, 1, noise), answers) for noise in (0.2, 0.5))
    told = compare(good, bad, resamplings=200)
    assert told["paired"] is answers
    assert told["worse"]
    assert told["figures"]["macro_f1"]["verdict"] == "worse"
    assert told["figures"]["macro_mae"]["verdict"] == "worse", "more error is worse"
    back = compare(bad, good, resamplings=200)
    assert not back["worse"]
    assert back["figures"]["macro_f1"]["verdict"] == "better"


def test_luck_alone_is_rarely_called_a_difference():
    truth = invented(60)
    called = 0
    for trial in range(20):
        one, two = (
            {"data": {}, "answers": with_luck(truth, 2 * trial + side).record()} for side in (0, 1)
        )
        told = compare(one, two, resamplings=100)
        called += any(e["verdict"] != "no difference" for e in told["figures"].values())
    assert called <= 4


def test_pairing_sees_what_intervals_cannot():
    """A few more mistakes on the same drawings: less than the drawings differ among themselves."""
    truth = invented(120)
    one = with_luck(truth, 3)
    flip = np.random.default_rng(4).random(one.decided.shape) < 0.04
    two = replace(one, decided=one.decided ^ flip)
    paired = compare(saved(one), saved(two), resamplings=200)["figures"]["macro_f1"]
    alone = compare(saved(one, False), saved(two, False))["figures"]["macro_f1"]
    assert paired["difference"] == pytest.approx(alone["difference"], abs=2e-3)
    assert paired["floor"] < 0.7 * alone["floor"]


def test_only_shared_drawings_of_the_same_truth_are_paired():
    truth = invented(60)
    some = truth.select(range(10, 60))
    assert some.keys == truth.keys[10:]
    assert compare(saved(truth), saved(some), resamplings=50)["drawings"] == 50
    other = invented(60, seed=9)
    assert other.keys == truth.keys
    assert not compare(saved(truth), saved(other), resamplings=50)["paired"]


def test_what_does_not_exist_is_no_difference():
    record = saved(invented(), answers=False)
    broken = {"data": {**record["data"], "macro_icc": None}}
    assert compare(record, broken)["figures"]["macro_icc"]["verdict"] == "no difference"
    assert set(compare(record, broken)["figures"]) == set(JUDGED)
