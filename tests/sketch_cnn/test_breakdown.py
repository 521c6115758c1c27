"""Where the mistakes are, and what confidence is worth."""

# SPDX-License-Identifier: GPL-3.0-or-later

from dataclasses import replace

import numpy as np
import pytest
from limner.sketch_cnn.breakdown import (
    break_down,
    by_intensity,
    confusions,
    coverage,
    deciles,
    mistakes,
    unsure_below,
)
from limner.sketch_cnn.curves import precision_recall, reliability
from limner.sketch_cnn.figures import bootstrap_weights
from limner.sketch_cnn.labels import AU_LABELS

from .answers import invented


def test_each_style_is_measured_on_its_own_drawings():
    readings = invented()
    blind = np.array(readings.style)[:, None] == "chalk"
    some = replace(readings, decided=np.where(blind, False, readings.present))
    groups = {
        group["name"]: group
        for group in break_down(some, bootstrap_weights(some.identity, 50))["style"]
    }
    assert groups["chalk"]["f1"] == 0.0 and groups["pen"]["f1"] == 1.0
    assert sum(group["drawings"] for group in groups.values()) == len(readings.keys)
    assert groups["pen"]["f1_interval"] == [1.0, 1.0]


def test_grades_of_intensity_hold_every_visible_answer_once():
    readings = invented()
    rows = by_intensity(readings)
    assert sum(row["answers"] for row in rows) == readings.visible.sum()
    called = {row["name"]: row["called_present"] for row in rows}
    assert called["absent"] < 0.1 and called["E"] > 0.9


def test_accuracy_rises_with_a_confidence_that_means_something():
    accuracy = [row["accuracy"] for row in deciles(invented(noise=0.4))]
    assert accuracy[0] < accuracy[-1]
    assert np.all(np.diff(accuracy) > -0.03)


def test_leaving_out_the_least_sure_fifth_removes_the_errors_that_lie_there():
    readings = invented()
    doubtful = np.zeros(readings.decided.shape, bool)
    doubtful[:, ::5] = True
    wrong = doubtful & readings.scored
    some = replace(
        readings,
        visible=np.ones_like(doubtful),
        intensity=np.where(readings.present, readings.intensity, 0.0),
        probability=np.where(doubtful, 0.55, np.where(readings.present, 0.95, 0.05)),
        decided=np.where(doubtful, ~readings.present, readings.present),
    )
    assert wrong.any()
    curve = coverage(some)
    share = doubtful.mean()
    assert curve["errors_removed_by_20"] == pytest.approx(0.2 / share, abs=0.02)
    assert curve["curve"][0]["coverage"] == 1.0
    assert curve["curve"][0]["accuracy"] == pytest.approx(1.0 - share)
    assert curve["curve"][-1]["accuracy"] == 1.0


def test_a_confusion_names_the_present_and_the_called_au():
    readings = invented(400, noise=0.0)
    there = readings.present & readings.scored
    smile, dimple = AU_LABELS.index("AU12L"), AU_LABELS.index("AU14L")
    decided = readings.present.copy()
    decided[there[:, smile], dimple] = True
    worst = confusions(replace(readings, decided=decided))["worst"]
    assert (worst[0]["present"], worst[0]["called"]) == ("AU12L", "AU14L")
    assert worst[0]["rate"] == 1.0 and worst[0]["otherwise"] == 0.0
    assert all(pair["called"] == "AU14L" and pair["rate"] < 0.6 for pair in worst[1:])


def test_the_surest_mistake_comes_first_and_once_a_drawing():
    readings = invented()
    told = mistakes(readings, 5)["false_alarms"]
    assert len({entry["key"] for entry in told}) == len(told)
    said = [entry["probability"] for entry in told]
    assert said == sorted(said, reverse=True)
    assert said[0] == readings.probability[readings.wrong & readings.decided].max()


def test_honest_answers_lie_on_the_diagonal():
    rng = np.random.default_rng(0)
    probability = rng.random(50_000)
    rows = reliability(rng.random(50_000) < probability, probability)
    np.testing.assert_allclose(rows[:, 0], rows[:, 1], atol=0.03)
    assert rows[:, 2].sum() == 50_000


def test_precision_against_recall_of_a_perfect_and_of_a_useless_ranking():
    score = np.linspace(0.0, 1.0, 1000)
    curve = precision_recall(score > 0.8, score)
    assert curve[0, 1] == 1.0
    np.testing.assert_allclose(curve[-1], [1.0, 1.0])
    useless = precision_recall(np.arange(1000) % 5 == 0, np.zeros(1000))
    np.testing.assert_allclose(useless, [[1.0, 0.2]])
    assert np.all(np.diff(curve[:, 0]) >= 0.0) and len(curve) <= 60
    assert len(precision_recall(score > 2.0, score)) == 0


@pytest.mark.parametrize("removed", [0.25, 0.5, 0.8])
def test_below_the_chosen_confidence_lies_the_wished_share_of_errors(removed):
    readings = invented(200, noise=0.4)
    doubt = unsure_below(readings, removed)
    errors = readings.confidence[readings.wrong]
    assert np.mean(errors < doubt) == pytest.approx(removed, abs=0.01)
    assert unsure_below(invented(noise=0.0)) == 0.0
