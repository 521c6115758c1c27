"""A drawn brow carries the head's brow as a whole, however thick it is drawn."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
import pytest
from limner.addon.brows import brow_way

IOD_PX = 100.0
X = np.linspace(0.0, 60.0, 25)
UPPER = np.column_stack([X, 50.0 - 4.0 * np.sin(X / 60.0 * np.pi)])
LOWER = UPPER + np.array([0.0, 6.0])
MIDDLE = 0.5 * (UPPER + LOWER)


def dense(line):
    at = np.linspace(0.0, len(line) - 1.0, 90)
    rows = np.arange(len(line))
    return np.column_stack([np.interp(at, rows, line[:, axis]) for axis in (0, 1)])


def test_both_edges_go_as_far_as_the_drawn_middle():
    way = brow_way(UPPER, LOWER, dense(MIDDLE + np.array([0.0, -9.0])), IOD_PX)
    np.testing.assert_allclose(0.5 * (way.upper + way.lower)[:, 1], -9.0, atol=0.8)
    assert way.evidence == 1.0


@pytest.mark.parametrize(
    ("thickness", "kept"), [(1.0, 0.4), (3.6, 0.6), (5.4, 0.9), (9.0, 1.5), (30.0, 1.8)]
)
def test_a_brow_becomes_as_thick_as_drawn_within_limits(thickness, kept):
    half = [0.0, 0.5 * thickness]
    outline = np.concatenate([dense(MIDDLE - half), dense(MIDDLE + half)])
    way = brow_way(UPPER, LOWER, outline, IOD_PX)
    thick = (LOWER + way.lower - UPPER - way.upper)[:, 1]
    np.testing.assert_allclose(thick, kept * 6.0, rtol=0.07)
    np.testing.assert_allclose(0.5 * (way.upper + way.lower), 0.0, atol=1.0)


def test_a_brow_drawn_pointed_becomes_thin_at_its_ends():
    half = 4.0 * np.sin(np.pi * np.clip(X / 60.0, 0.1, 0.9))[:, None] * np.array([0.0, 1.0])
    outline = np.concatenate([dense(MIDDLE - half), dense(MIDDLE + half)])
    way = brow_way(UPPER, LOWER, outline, IOD_PX)
    thick = (LOWER + way.lower - UPPER - way.upper)[:, 1]
    assert thick[12] == pytest.approx(8.0, abs=1.2)
    assert thick[[0, -1]].max() < 0.6 * thick[12]
    np.testing.assert_allclose(thick, thick[::-1], atol=0.6)


def test_little_ink_tells_little_of_how_thick_an_end_is():
    half = np.array([0.0, 3.0])
    outline = np.concatenate([dense(MIDDLE - half), dense(MIDDLE + half)])
    fewer = outline[outline[:, 0] < 46.0]
    speck = MIDDLE[-1] + [[0.0, -9.0]]
    whole = brow_way(UPPER, LOWER, fewer, IOD_PX)
    with_speck = brow_way(UPPER, LOWER, np.concatenate([fewer, speck]), IOD_PX)
    thick = [(LOWER + way.lower - UPPER - way.upper)[-1, 1] for way in (whole, with_speck)]
    assert thick[1] - thick[0] < 3.0  # of the 12 that the speck alone would make it thicker


def test_limits_hold_for_all_passes_together():
    way = brow_way(UPPER, LOWER, dense(MIDDLE), IOD_PX, thickened=0.4)
    np.testing.assert_allclose(way.upper, way.lower, atol=1e-9)
    again = brow_way(UPPER, LOWER, dense(MIDDLE), IOD_PX)
    assert (again.lower - again.upper)[:, 1].max() < -1.0


def test_an_end_drawn_higher_tilts_the_brow():
    lift = np.column_stack([np.zeros_like(X), -12.0 * X / 60.0])
    way = brow_way(UPPER, LOWER, dense(MIDDLE + lift), IOD_PX)
    assert way.upper[-1, 1] < way.upper[0, 1] - 6.0


def test_a_stray_line_does_not_pull():
    stray = np.column_stack([np.linspace(20.0, 30.0, 20), np.full(20, 70.0)])
    drawn = np.concatenate([dense(UPPER), dense(LOWER)])
    way = brow_way(UPPER, LOWER, np.concatenate([drawn, stray]), IOD_PX)
    assert np.abs(0.5 * (way.upper + way.lower)).max() < 1.5


def test_half_a_brow_or_none_is_no_evidence():
    assert brow_way(UPPER, LOWER, dense(MIDDLE)[:30], IOD_PX) is None
    assert brow_way(UPPER, LOWER, np.zeros((0, 2)), IOD_PX) is None


def test_mirrored_brows_go_mirrored_ways():
    drawn = dense(MIDDLE + [1.0, 7.0] + 0.2 * np.cos(X)[:, None])
    mirror = np.array([-1.0, 1.0])
    way = brow_way(UPPER, LOWER, drawn, IOD_PX)
    other = brow_way(UPPER * mirror, LOWER * mirror, drawn * mirror, IOD_PX)
    np.testing.assert_allclose(other.upper, way.upper * mirror, atol=1e-9)
