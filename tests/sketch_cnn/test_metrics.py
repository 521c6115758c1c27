"""Figures of known answers."""

# SPDX-License-Identifier: GPL-3.0-or-later

import numpy as np
import pytest
from limner.sketch_cnn.metrics import area_under_curve, calibration_error, f1_score, icc_3_1


def test_f1_of_two_hits_a_miss_and_a_false_alarm():
    truth = np.array([1, 1, 1, 0, 0], bool)
    said = np.array([1, 1, 0, 1, 0], bool)
    assert f1_score(truth, said) == pytest.approx(2 * 2 / (2 * 2 + 1 + 1))


def test_the_area_counts_ordered_pairs_and_half_of_ties():
    truth = np.array([0, 0, 1, 1], bool)
    assert area_under_curve(truth, np.array([0.1, 0.4, 0.4, 0.9])) == pytest.approx(3.5 / 4)
    assert area_under_curve(truth, np.array([0.9, 0.8, 0.2, 0.1])) == 0.0


def test_honest_probabilities_have_no_calibration_error():
    rng = np.random.default_rng(0)
    probability = rng.random(200_000)
    truth = rng.random(200_000) < probability
    assert calibration_error(truth, probability) < 0.01
    assert calibration_error(truth, np.full(200_000, 0.9)) == pytest.approx(0.4, abs=0.01)


def test_icc_ignores_a_constant_offset_but_not_noise():
    rng = np.random.default_rng(1)
    values = rng.normal(size=4000)
    assert icc_3_1(values, values + 3.0) == pytest.approx(1.0)
    noisy = values + rng.normal(size=4000)
    # two raters with variances 1 and 2 and covariance 1: 2·1 / (1 + 2)
    assert icc_3_1(values, noisy) == pytest.approx(2.0 / 3.0, abs=0.04)
