"""Weighted figures: they are the plain ones of drawings taken so often, and intervals cover."""

# SPDX-License-Identifier: GPL-3.0-or-later

import json
from dataclasses import replace

import numpy as np
import pytest
from limner.errors import DatasetError
from limner.sketch_cnn.figures import (
    MACROS,
    bootstrap_weights,
    interval,
    macro_figures,
    table_figures,
)
from limner.sketch_cnn.labels import AU_LABELS
from limner.sketch_cnn.metrics import area_under_curve, calibration_error, f1_score, icc_3_1
from limner.sketch_cnn.readings import Readings, view_angle_deg

from .answers import invented


def ones(readings):
    return np.ones((1, len(readings.keys)))


def test_with_equal_weights_the_figures_are_the_plain_ones():
    readings = invented()
    table = table_figures(readings, ones(readings))
    row = AU_LABELS.index("AU12L")
    use, seen = readings.scored[:, row], readings.visible[:, row]
    truth, score = readings.present[use, row], readings.probability[use, row]
    assert table["f1"][0, row] == pytest.approx(f1_score(truth, readings.decided[use, row]))
    assert table["auc"][0, row] == pytest.approx(area_under_curve(truth, score))
    assert table["ece"][0, row] == pytest.approx(calibration_error(truth, score))
    first, second = readings.intensity[seen, row], readings.said_intensity[seen, row]
    assert table["icc"][0, row] == pytest.approx(icc_3_1(first, second))
    assert table["support"][0, row] == truth.sum()


def test_a_weight_of_two_is_the_drawing_twice():
    readings = invented(20)
    counts = np.random.default_rng(1).integers(0, 4, 20)
    rows = np.repeat(np.arange(20), counts)
    twice = Readings.from_record(
        {
            name: [value[row] for row in rows] if isinstance(value, list) else value
            for name, value in readings.record().items()
        }
    )
    plain = Readings.from_record(readings.record())
    weighted = macro_figures(plain, counts[None].astype(float))
    for name, value in macro_figures(twice, ones(twice)).items():
        assert weighted[name] == pytest.approx(value, abs=1e-9), name


def test_average_precision_of_three_answers():
    readings = invented(3)
    score = np.full(readings.probability.shape, 0.5)
    score[:, 0] = [0.9, 0.6, 0.3]
    truth = np.zeros(readings.intensity.shape)
    truth[:, 0] = [1.0, 0.0, 1.0]
    some = replace(readings, probability=score, intensity=truth, visible=np.ones(score.shape, bool))
    # recall rises by a half at precision 1 and by a half at precision 2/3
    assert table_figures(some, ones(some))["ap"][0, 0] == pytest.approx(0.5 * (1.0 + 2.0 / 3.0))


def test_a_perfect_detector_has_perfect_figures():
    readings = invented(noise=0.0)
    macro = macro_figures(readings, ones(readings))
    for name in ("macro_f1", "macro_auc", "macro_ap", "macro_icc", "accuracy"):
        assert macro[name][0] == pytest.approx(1.0, abs=0.02), name
    assert macro["macro_mae"][0] == 0.0


def test_drawings_of_one_identity_are_drawn_together():
    weights = bootstrap_weights(["a", "b", "a", "c"], 50, seed=3)
    np.testing.assert_array_equal(weights[:, 0], weights[:, 2])
    np.testing.assert_array_equal(weights[:, [0, 1, 3]].sum(axis=1), 3.0)
    assert len(np.unique(weights, axis=0)) > 5


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    rng = np.random.default_rng(5)
    covered = 0
    for trial in range(200):
        sample = rng.normal(size=80)
        weights = bootstrap_weights([str(row) for row in range(80)], 300, seed=trial)
        low, high = interval(weights @ sample / 80.0, sample.mean())
        covered += low <= 0.0 <= high
    assert 0.89 <= covered / 200 <= 0.99


def test_an_interval_is_moved_by_the_bias_of_its_replicates():
    replicates = np.linspace(1.0, 3.0, 101)
    low, high = interval(replicates, 1.0)
    assert low == pytest.approx(0.05) and high == pytest.approx(1.95)


def test_a_face_that_was_not_found_costs_recall():
    readings = invented(noise=0.0)
    blind = replace(
        readings,
        probability=np.zeros_like(readings.probability),
        decided=np.zeros_like(readings.decided),
        found=np.zeros(len(readings.keys), bool),
    )
    macro = macro_figures(blind, ones(blind))
    assert macro["macro_recall"][0] == 0.0 and macro["macro_f1"][0] == 0.0


def test_saved_answers_give_the_same_figures():
    readings = invented()
    again = Readings.from_record(json.loads(json.dumps(readings.record())))
    assert again.keys == readings.keys
    first, second = (macro_figures(r, ones(r)) for r in (readings, again))
    for name in MACROS:
        assert second[name] == pytest.approx(first[name], abs=2e-3), name


def test_incomplete_saved_answers_are_refused():
    record = invented(4).record()
    del record["decided"]
    with pytest.raises(DatasetError, match="decided"):
        Readings.from_record(record)


def test_the_angle_of_view_is_that_between_face_and_viewer():
    quarter = np.pi / 2.0
    poses = np.array([[0.0, 0.0, 1.0], [0.0, quarter, 0.0], [-quarter / 3.0, 0.0, 0.0]])
    np.testing.assert_allclose(view_angle_deg(poses), [0.0, 90.0, 30.0], atol=1e-9)
