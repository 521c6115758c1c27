"""Pictures come back from their files as they were, whatever they show."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io

import numpy as np
import pytest
from limner.rig.png import png_bytes
from PIL import Image

CHANCE = np.random.default_rng(2)
PICTURES = {
    "dot": np.array([[200]], dtype=np.uint8),
    "blank": np.full((256, 256), 255, dtype=np.uint8),
    "black": np.zeros((3, 700), dtype=np.uint8),
    "noise": CHANCE.integers(0, 256, (64, 64)).astype(np.uint8),
    "two greys": (CHANCE.integers(0, 2, (37, 91)) * 255).astype(np.uint8),
    "runs": CHANCE.integers(1, 4, 60).repeat(CHANCE.integers(1, 600, 60)).astype(np.uint8)[None],
    "colours": CHANCE.integers(0, 256, (5, 7, 3)).astype(np.uint8),
}


@pytest.mark.parametrize("in_runs", [False, True])
@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_read_as_it_was_written(name, in_runs):
    picture = PICTURES[name]
    with Image.open(io.BytesIO(png_bytes(picture, in_runs))) as read:
        assert read.mode == ("RGB" if picture.ndim == 3 else "L")
        read.load()
        np.testing.assert_array_equal(np.asarray(read), picture)
