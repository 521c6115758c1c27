"""Honest probabilities become decisions at the point that serves F1 best."""

# SPDX-License-Identifier: GPL-3.0-or-later

import numpy as np
import pytest
from limner.sketch_cnn.calibration import fit, operating_point
from limner.sketch_cnn.labels import AU_LABELS, MIRRORED_AUS
from limner.sketch_cnn.metrics import f1_score


def test_the_operating_point_of_a_hard_action_lies_below_one_half():
    rng = np.random.default_rng(3)
    probability = rng.beta(0.4, 3.0, 40_000)
    truth = rng.random(len(probability)) < probability
    point = operating_point(truth, probability)
    assert 0.2 < point < 0.4
    ours, half = (f1_score(truth, probability >= cut) for cut in (point, 0.5))
    best = max(f1_score(truth, probability >= cut) for cut in np.linspace(0.05, 0.95, 91))
    assert ours > half + 0.03
    assert ours == pytest.approx(best, abs=0.02)
    assert point > 0.5 * best, "a little more cautious than the best cut"


def test_an_easy_action_is_decided_at_one_half():
    truth = np.arange(100) < 20
    assert operating_point(truth, np.where(truth, 0.99, 0.01)) == 0.5


def test_an_action_that_never_occurs_keeps_one_half():
    assert operating_point(np.zeros(5, bool), np.linspace(0.0, 1.0, 5)) == 0.5


def test_boasting_log_odds_are_brought_down_alike_on_both_sides():
    rng = np.random.default_rng(5)
    honest = rng.normal(-1.0, 1.5, (4000, len(AU_LABELS)))
    truth = rng.random(honest.shape) < 1.0 / (1.0 + np.exp(-honest))
    shown = np.ones(honest.shape)
    found = fit(2.0 * honest + 1.0, shown, np.where(truth, 0.7, 0.0), shown > 0.5)
    np.testing.assert_allclose(found.calibration[:, 0], 0.5, atol=0.08)
    np.testing.assert_allclose(found.calibration[:, 1], -0.5, atol=0.2)
    for values in (found.calibration, found.thresholds, found.unseen):
        np.testing.assert_allclose(values, values[list(MIRRORED_AUS)], atol=1e-9)
