"""Streams begin where numpy's own seeds would let them begin."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
import pytest
from limner.synthetic_data.chance import stream

LARGE = 2**40 + 12_345


@pytest.mark.parametrize(
    ("seed", "key"),
    [
        ([0, 1, 2], ()), ([20_261_121, 1, 0], ()), ([5], ()), ([LARGE, 2, 2**32 - 1], ()),
        ([LARGE, LARGE, 7, 1], ()), ((3, 3, 9), (0, 4_000_000_000)), ((LARGE, 3, 9), (1, 1)),
        ((1, 2, 3, 4, 5), (0, LARGE)), ([2**64, 0], (0,)),
    ],
)  # fmt: skip
def test_a_stream_is_the_one_of_numpys_seed_sequence(seed, key):
    expected = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))
    found = stream(seed, key)
    np.testing.assert_array_equal(found.integers(0, 2**63, 20), expected.integers(0, 2**63, 20))
    np.testing.assert_array_equal(found.standard_normal(20), expected.standard_normal(20))
