"""Looks from several distances make one answer, told in the crop of the first."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
import pytest
from limner.sketch_cnn.labels import AU_LABELS, MIRRORED_AUS
from limner.sketch_cnn.look import FoundFace, Look
from limner.sketch_cnn.mirror import is_turned, turned_back
from limner.sketch_cnn.views import mean_of_views, read_crops, widened

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


def test_of_a_drawing_and_its_mirror_image_one_is_turned():
    for seed in range(20):
        ink = np.random.default_rng(seed).random((40, 31 + seed % 2), np.float32)
        assert is_turned(ink) != is_turned(ink[:, ::-1])


def test_a_drawing_that_is_its_own_mirror_image_is_not_turned():
    half = np.random.default_rng(3).random((40, 16), np.float32)
    assert not is_turned(np.concatenate([half, half[:, ::-1]], 1))


class Lopsided:
    """Says where the ink is: an Action Unit of the half that has more of it."""

    outputs = ("alpha", "embedding", "pose")

    def __init__(self):
        self.meta = {"input_px": 8}

    def run(self, shown):
        left, right = shown[:, 0, :, :4].sum((1, 2)), shown[:, 0, :, 4:].sum((1, 2))
        alpha = np.ones((len(shown), len(AU_LABELS)), np.float32)
        alpha[:, 0], alpha[:, MIRRORED_AUS[0]] = left, right
        self.shown = shown[:, 0]
        return [alpha, np.stack([left, right], 1), np.stack([0 * left, left - right, left], 1)]


@pytest.fixture
def crops():
    return list(np.random.default_rng(1).random((2, 8, 8), np.float32))


def test_every_second_look_is_in_a_mirror_and_turned_back(crops):
    network = Lopsided()
    first, second = read_crops(network, crops, both_ways=False)
    np.testing.assert_array_equal(network.shown, [crops[0], crops[1][:, ::-1]])
    for told, crop in ((first, crops[0]), (second, crops[1])):
        left, right = crop[:, :4].sum(), crop[:, 4:].sum()
        np.testing.assert_allclose(told["alpha"][[0, MIRRORED_AUS[0]]], [left, right], rtol=1e-5)
        np.testing.assert_allclose(told["pose"][1], left - right, rtol=1e-4)
    assert "embedding" in first and "embedding" not in second


def test_looks_both_ways_have_no_favourite_side(crops):
    network = Lopsided()
    (straight,) = read_crops(network, crops[:1])
    (mirrored,) = read_crops(network, [crops[0][:, ::-1]])
    back = turned_back(mirrored, 8)
    for name, value in straight.items():
        np.testing.assert_allclose(back[name], value, atol=1e-5)


def test_a_look_at_the_mirror_image_tells_of_the_drawing():
    values = {"landmarks": np.random.default_rng(2).random((70, 2)) * 8.0}
    matrix = np.array([[0.5, 0.0, -3.0], [0.0, 0.5, 1.0]])
    look = Look(values, matrix, FoundFace((1.0, 2.0, 5.0, 6.0), 0.9))
    turned = look.mirrored(20, 8)
    assert turned.face == FoundFace((15.0, 2.0, 19.0, 6.0), 0.9)
    on_sheet, there = (
        (each.values["landmarks"] - each.matrix[:, 2]) / np.diag(each.matrix[:, :2])
        for each in (look, turned)
    )
    np.testing.assert_allclose(np.sort(there[:, 0]), np.sort(20.0 - on_sheet[:, 0]))
    again = turned.mirrored(20, 8)
    np.testing.assert_allclose(again.values["landmarks"], values["landmarks"])
    np.testing.assert_allclose(again.matrix, matrix)
