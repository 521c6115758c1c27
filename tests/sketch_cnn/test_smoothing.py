"""Frames speak for each other, by how sure they are; what is brief and sure is kept."""

# SPDX-License-Identifier: GPL-3.0-or-later

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from limner.sketch_cnn.frame_reader import beta_evidence
from limner.sketch_cnn.interface import FootageReading
from limner.sketch_cnn.labels import AU_LABELS, MIRRORED_AUS
from limner.sketch_cnn.smoothing import SmoothingSettings, local_level, smooth

AUS = len(AU_LABELS)
PLAIN = SmoothingSettings(rest=0.0)


def film(probability, uncertainty=0.1, found=None):
    """Return a reading in which all AUs have the same course of (T,) probabilities."""
    probability = np.asarray(probability, dtype=np.float64)
    table = np.tile(probability[:, None], AUS)
    doubt = np.broadcast_to(np.asarray(uncertainty, dtype=np.float64).reshape(-1, 1), table.shape)
    alpha, beta = beta_evidence(table, doubt)
    found = np.ones(len(table), bool) if found is None else np.asarray(found)
    extras = {"visible": np.ones_like(table)}
    return FootageReading(found, table, table.copy(), alpha, beta, np.full(AUS, 0.4), extras=extras)


def smoothed(reading, settings=None, times=None):
    return smooth(
        reading, np.arange(len(reading.found)) / 12.0 if times is None else times, settings
    )


def test_a_still_stays_as_it_is():
    one = film([0.37])
    assert smooth(one, np.zeros(1)) is one


def test_the_smoother_solves_the_normal_equations():
    """With Gaussian drift the level minimises Σ (y-x)²/r + Σ Δx²/q, which numpy solves directly."""
    rng = np.random.default_rng(0)
    values, noise = rng.normal(size=(9, 1)), rng.uniform(0.1, 2.0, (9, 1))
    drift = rng.uniform(0.05, 1.0, (8, 1))
    seen = np.ones((9, 1), bool)
    level, left = local_level(values, noise, seen, drift, replace(PLAIN, rounds=0))
    step = np.diff(np.eye(9), axis=0)
    precision = np.diag(1.0 / noise[:, 0]) + step.T @ np.diag(1.0 / drift[:, 0]) @ step
    np.testing.assert_allclose(level[:, 0], np.linalg.solve(precision, values[:, 0] / noise[:, 0]))
    np.testing.assert_allclose(left[:, 0], np.diag(np.linalg.inv(precision)))


def test_noise_around_a_level_shrinks_and_the_level_stays():
    rng = np.random.default_rng(1)
    odds = 1.0 + 0.6 * rng.normal(size=200)
    out = smoothed(film(1.0 / (1.0 + np.exp(-odds))), PLAIN)
    level = np.log(out.alpha / out.beta)[:, 0]
    assert level.std() < 0.6 * odds.std()
    assert level.mean() == pytest.approx(odds.mean(), abs=0.05)


def test_a_doubtful_frame_listens_and_a_sure_one_speaks():
    course = np.full(11, 0.1)
    course[5] = 0.85
    doubt = np.full(11, 0.05)
    sure = smoothed(film(course, doubt), PLAIN).probability[5, 0]
    doubt[5] = 0.9
    assert smoothed(film(course, doubt), PLAIN).probability[5, 0] < 0.75 * sure


@pytest.mark.parametrize("frames", [2, 3])
def test_a_micro_expression_keeps_its_peak(frames):
    course = np.full(24, 0.02)
    course[10 : 10 + frames] = 0.95
    out = smoothed(film(course, 0.04))
    assert out.present[10 : 10 + frames, 0].all()
    assert out.intensity[10 : 10 + frames, 0].max() > 0.8
    assert not out.present[:8].any() and not out.present[15:].any()


def test_what_a_face_wears_throughout_is_its_build_unless_it_is_sure():
    droop, smile = smoothed(film(np.full(24, 0.5))), smoothed(film(np.full(24, 0.97)))
    assert not droop.present.any() and droop.intensity.max() < 0.4
    assert smile.present.all() and smile.intensity.min() > 0.9
    kept = smoothed(film(np.full(24, 0.5)), PLAIN)
    np.testing.assert_allclose(kept.probability, 0.5, atol=1e-6)


def test_a_frame_without_a_face_is_bridged_with_less_evidence():
    found = np.ones(12, bool)
    found[5:7] = False
    course = np.full(12, 0.9)
    course[5:7] = 0.0
    out = smoothed(film(course, 0.1, found), PLAIN)
    np.testing.assert_allclose(out.probability[5:7], 0.9, atol=0.02)
    assert out.uncertainty[5, 0] > out.uncertainty[2, 0]
    np.testing.assert_array_equal(out.found, found)


def test_frames_far_apart_in_time_tell_less_of_each_other():
    course = [0.2, 0.2, 0.2, 0.8, 0.2, 0.2, 0.2]
    near = smoothed(film(course), PLAIN)
    times = np.array([0.0, 1.0, 2.0, 20.0, 38.0, 39.0, 40.0])
    far = smoothed(film(course), PLAIN, times)
    assert abs(far.probability[3, 0] - 0.8) < abs(near.probability[3, 0] - 0.8)


@given(st.lists(st.floats(0.01, 0.99), min_size=2, max_size=30), st.floats(0.01, 1.0))
def test_time_may_run_backwards_sides_may_swap_and_all_stays_in_range(course, doubt):
    reading = film(course, doubt)
    out, back = smoothed(reading), smoothed(film(course[::-1], doubt))
    np.testing.assert_allclose(out.probability, back.probability[::-1], atol=1e-6)
    np.testing.assert_allclose(out.probability[:, list(MIRRORED_AUS)], out.probability)
    for table in (out.probability, out.intensity, out.uncertainty):
        assert np.isfinite(table).all() and (table >= 0.0).all() and (table <= 1.0).all()
    np.testing.assert_allclose(out.alpha / (out.alpha + out.beta), out.probability)
