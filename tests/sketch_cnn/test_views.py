"""Looks from several distances make one answer, told in the crop of the first."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
import pytest
from limner.sketch_cnn.views import mean_of_views, widened

POINTS = np.array([[30.0, 40.0], [50.0, 42.0]])  # on the sheet


def view(scale, odds=0.0, evidence=10.0, shift=0.0, **other):
    """Return what a reader says of a crop that is cut at a scale."""
    matrix = np.array([[scale, 0.0, -3.0 * scale], [0.0, scale, 5.0]])
    share = 1.0 / (1.0 + np.exp(-np.array([odds])))
    points = (POINTS + shift) * scale + matrix[:, 2]
    values = {
        "alpha": evidence * share,
        "beta": evidence * (1.0 - share),
        "intensity": np.array([0.5]),
        "visible": np.array([1.0]),
        "pose": np.zeros(3),
        "landmarks": points,
        "lines": points,
        "spread": np.full(2, 2.0 * scale),
        "line_spread": np.full(2, 2.0 * scale),
        "features": np.full((3, 4, 4), scale),
    }
    return {**values, **other}, matrix


def test_one_look_stays_as_it_is():
    one = view(2.0)
    values, matrix = mean_of_views([one])
    assert values is one[0] and matrix is one[1]


def test_log_odds_and_evidence_are_averaged():
    values, _ = mean_of_views([view(2.0, 1.0, 10.0), view(1.8, -2.0, 30.0), view(2.2, 4.0, 20.0)])
    np.testing.assert_allclose(np.log(values["alpha"] / values["beta"]), 1.0)
    np.testing.assert_allclose(values["alpha"] + values["beta"], 20.0)


@pytest.mark.parametrize("name", ["landmarks", "lines"])
def test_points_that_agree_on_the_sheet_agree(name):
    values, matrix = mean_of_views([view(2.0), view(1.8), view(2.2)])
    np.testing.assert_allclose((values[name] - matrix[:, 2]) / 2.0, POINTS)
    np.testing.assert_allclose(values["spread"], 4.0)


def test_points_are_averaged_on_the_sheet():
    values, matrix = mean_of_views([view(2.0), view(1.0, shift=3.0)])
    np.testing.assert_allclose((values["landmarks"] - matrix[:, 2]) / 2.0, POINTS + 1.5)


def test_maps_are_those_of_the_first():
    values, matrix = mean_of_views([view(2.0), view(1.5)])
    assert (values["features"] == 2.0).all() and matrix[0, 0] == 2.0


def test_a_box_grows_around_its_middle():
    assert widened((10.0, 20.0, 30.0, 60.0), 1.5) == (5.0, 10.0, 35.0, 70.0)
