"""Chance handed out of a store is as good as numpy's own."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
import pytest
from limner.synthetic_data.chance import chance_of
from scipy import stats


def test_streams_are_those_that_numpy_jumps_to():
    bits = np.random.PCG64(np.random.SeedSequence((7, 2)))
    for number in (0, 1, 12345):
        ours = chance_of((7, 2), number).random(5)
        np.testing.assert_array_equal(ours, np.random.Generator(bits.jumped(number)).random(5))


def test_a_stream_repeats_whatever_was_drawn_of_others():
    def some(number):
        rng = chance_of((7, 2), number)
        return [rng.random(), rng.normal(), *rng.random(3), rng.integers(9), rng.uniform(2.0, 4.0)]

    first = some(5)
    assert some(6) != first
    assert some(5) == first


@pytest.mark.parametrize(
    ("draw", "like"),
    [
        (lambda rng: rng.random(), stats.uniform()),
        (lambda rng: rng.uniform(-2.0, 3.0), stats.uniform(-2.0, 5.0)),
        (lambda rng: rng.standard_normal(), stats.norm()),
        (lambda rng: rng.normal(1.0, 0.5), stats.norm(1.0, 0.5)),
    ],
)
def test_single_numbers_are_spread_as_they_should(draw, like):
    rng = chance_of((3,), 0)
    within = [draw(rng) for _ in range(4000)]
    assert stats.kstest(within, like.cdf).pvalue > 0.01
    across = [draw(chance_of((3,), number)) for number in range(4000)]
    assert stats.kstest(across, like.cdf).pvalue > 0.01
    assert abs(np.corrcoef(across[1:], across[:-1])[0, 1]) < 0.05


def test_whole_numbers_take_every_value_alike_and_no_other():
    rng = chance_of((3,), 1)
    counts = np.bincount([rng.integers(2, 7) for _ in range(5000)], minlength=7)
    assert counts[:2].sum() == 0 and len(counts) == 7
    assert stats.chisquare(counts[2:]).pvalue > 0.01
    assert {rng.integers(3) for _ in range(100)} == {0, 1, 2}
    assert rng.integers(1, 3, 4).shape == (4,)


def test_arrays_are_numpys_own():
    ours, theirs = chance_of((4,), 2), np.random.Generator(np.random.PCG64(4).jumped(2))
    ours.random()  # takes 128 of them
    theirs.random(128)
    np.testing.assert_array_equal(ours.uniform([0.0, 1.0], 2.0), theirs.uniform([0.0, 1.0], 2.0))
    np.testing.assert_array_equal(ours.normal(0.0, 1.0, (2, 3)), theirs.normal(0.0, 1.0, (2, 3)))
