"""The gap is a distance: symmetric, scales, zero for the same curve."""

# SPDX-License-Identifier: GPL-3.0-or-later

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from limner.snakes import gap, ink_ridge, sample_polyline

from .drawings import circle, ink_of, segment

CLOUDS = arrays(
    np.float64, st.tuples(st.integers(1, 30), st.just(2)), elements=st.floats(-500.0, 500.0)
)


@settings(deadline=None)
@given(a=CLOUDS, b=CLOUDS, scale=st.floats(0.1, 10.0))
def test_symmetric_scaling_and_zero(a, b, scale):
    assert gap(a, b) == pytest.approx(gap(b, a))
    assert gap(scale * a, scale * b) == pytest.approx(scale * gap(a, b), rel=1e-6, abs=1e-9)
    assert gap(a, a) == 0.0
    assert gap(a, b, cap_px=3.0) <= min(gap(a, b), 3.0) + 1e-12


def test_parallel_lines_are_their_distance_apart():
    a = sample_polyline(segment((0, 0), (1000, 0)))
    assert gap(a, a + np.array([0, 7.5])) == pytest.approx(7.5)


def test_both_ways_count():
    """Half of a line lies on the other: one way 0, the other way a quarter of its length."""
    whole, half = (
        sample_polyline(segment((0, 0), (400, 0)), 0.5),
        sample_polyline(segment((0, 0), (200, 0)), 0.5),
    )
    assert gap(whole, half) == pytest.approx(0.5 * 50.0, rel=0.02)


def test_empty_sets():
    nothing, something = np.zeros((0, 2)), np.zeros((3, 2))
    assert gap(nothing, something, cap_px=4.0) == 4.0
    assert np.isnan(gap(nothing, nothing))


def test_concentric_circles_and_their_ink():
    ridge = ink_ridge(ink_of(np.vstack([circle((80, 60), 30), circle((80, 60), 30)[:1]])))
    assert gap(ridge, sample_polyline(circle((80, 60), 30), 0.5, is_closed=True)) < 0.35
    assert gap(ridge, sample_polyline(circle((80, 60), 36), 0.5, is_closed=True)) == pytest.approx(
        6.0, abs=0.2
    )


def test_a_polyline_is_sampled_evenly_and_whole():
    line = np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 4.0]])
    sampled = sample_polyline(line, 0.3)
    steps = np.linalg.norm(np.diff(sampled, axis=0), axis=1)
    assert steps.max() <= 0.3 + 1e-9
    np.testing.assert_allclose(sampled[[0, -1]], line[[0, -1]])
    np.testing.assert_allclose(sample_polyline(line, 0.3, is_closed=True)[-1], line[0])
