"""Even steps, places along a line, areas: against numpy, and by hand."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
import pytest
from limner.synthetic_data.evenly import area_of, between, evenly, places_at, share_of


def test_steps_are_even_and_nobody_can_change_them():
    np.testing.assert_allclose(evenly(5, -1.0, 1.0), [-1.0, -0.5, 0.0, 0.5, 1.0])
    with pytest.raises(ValueError, match="read-only"):
        evenly(5, -1.0, 1.0)[0] = 3.0


def test_between_two_points_lie_even_points():
    found = between(np.array([0.0, 2.0]), np.array([4.0, 0.0]), 3)
    np.testing.assert_allclose(found, [[0.0, 2.0], [2.0, 1.0], [4.0, 0.0]])


def test_places_are_those_of_linear_interpolation():
    rng = np.random.default_rng(1)
    points = rng.normal(0.0, 9.0, (7, 2))
    at = rng.uniform(-1.0, 7.0, 40)
    expected = [np.interp(at, np.arange(7), points[:, axis]) for axis in (0, 1)]
    np.testing.assert_allclose(places_at(points, at), np.stack(expected, axis=1), atol=1e-12)
    np.testing.assert_allclose(places_at(points[:1], np.array([0.0, 3.0])), points[[0, 0]])


def test_an_area_has_the_sign_of_its_sense():
    square = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 3.0], [0.0, 3.0]])
    assert area_of(square) == pytest.approx(6.0)
    assert area_of(square[::-1].copy()) == pytest.approx(-6.0)


def test_a_share_is_counted():
    assert share_of(np.array([True, False, False, True, True])) == 0.6
