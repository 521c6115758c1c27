"""Darkness that grows to one side, and dots that grow with a darkness."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from limner.synthetic_data.tones import dotted, slanted

CALM = np.zeros((64, 64), dtype=np.float32)


def test_a_slant_is_level_in_the_middle_and_stays_within_bounds():
    field = slanted(CALM, 0.4, 0.5, 0.3, -0.2, 0.6)
    assert abs(field.mean() - 0.4) < 0.02
    np.testing.assert_allclose(field[0, 0], 0.3, atol=1e-6)
    np.testing.assert_allclose(field[-1, 0], 0.0, atol=1e-6)
    assert field[0, -1] == np.float32(0.6)


def test_dots_cover_the_share_of_paper_that_the_darkness_says():
    for dark in (0.1, 0.25, 0.5):
        darkness = np.full((64, 64), dark, dtype=np.float32)
        ink = dotted(darkness, 6.0, np.cos(0.4), np.sin(0.4), CALM, CALM, CALM)
        assert abs(ink.mean() - dark) < 0.15 * dark
    assert not dotted(CALM + np.float32(0.03), 6.0, 1.0, 0.0, CALM, CALM, CALM).any()


def test_noise_moves_dots_and_changes_their_size():
    darkness = np.full((64, 64), 0.2, dtype=np.float32)
    still = dotted(darkness, 6.0, 1.0, 0.0, CALM, CALM, CALM)
    shift = np.full((64, 64), 1.0 / 0.9, dtype=np.float32)
    np.testing.assert_allclose(dotted(darkness, 6.0, 1.0, 0.0, shift, CALM, CALM), still, atol=1e-5)
    assert dotted(darkness, 6.0, 1.0, 0.0, CALM, CALM, CALM + np.float32(1.0)).sum() > still.sum()
