"""Matching by dynamic programming is the optimum it says it is."""

# SPDX-License-Identifier: GPL-3.0-or-later

import itertools

import numpy as np
import pytest
from limner.snakes.joints import order_frame, separate, share_nodes
from limner.snakes.matching import best_offsets

from .drawings import segment


@pytest.mark.parametrize("seed", range(5))
def test_best_offsets_beat_every_other_sequence(seed):
    rng = np.random.default_rng(seed)
    cost, slope_cost = rng.uniform(0.0, 1.0, (2, 5, 6)), np.array([0.02, 0.3])
    found = best_offsets(cost, slope_cost)

    def total(curve, states):
        ink = sum(cost[curve, node, state] for node, state in enumerate(states))
        return ink + slope_cost[curve] * np.square(np.diff(states)).sum()

    for curve in (0, 1):
        cheapest = min(itertools.product(range(6), repeat=5), key=lambda s: total(curve, s))
        assert tuple(found[curve]) == cheapest


def test_best_offsets_do_not_leap_further_than_the_window():
    cost = np.ones((1, 2, 30))
    cost[0, 0, 0] = cost[0, 1, 29] = -50.0
    assert abs(int(np.diff(best_offsets(cost, np.zeros(1))[0])[0])) <= 5


def test_curves_that_cross_meet_halfway_and_others_stay():
    upper, lower = segment((0, 14), (100, 14)), segment((0, 10), (100, 10), 23)
    frame = order_frame(upper, lower, (0.0, 1.0))
    up, down = separate(upper, lower, frame, 0.0)
    np.testing.assert_allclose(up[:, 1], 12.0, atol=1e-6)
    np.testing.assert_allclose(down[:, 1], 12.0, atol=1e-6)
    np.testing.assert_allclose(up[:, 0], upper[:, 0])
    for result, given in zip(separate(lower, upper, frame, 3.0), (lower, upper), strict=True):
        np.testing.assert_array_equal(result, given)


def test_down_is_where_the_lower_curve_lies_even_on_a_rolled_head():
    upper, lower = segment((10, 0), (10, 50)), segment((4, 50), (4, 0))
    np.testing.assert_allclose(order_frame(upper, lower, None)[1], [-1.0, 0.0], atol=1e-9)


def test_joined_nodes_share_a_mover_even_in_chains():
    mover = share_nodes(6, [(0, 3), (3, 5)])
    assert mover[0] == mover[3] == mover[5]
    assert len(set(mover)) == 4
