"""Pictures come back from their files as they were, whatever they show."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io
import zlib

import numpy as np
import pytest
from limner.synthetic_data.compiled import COMPILES
from limner.synthetic_data.png import deflated, grey_png
from PIL import Image


def _uneven() -> np.ndarray:
    """Return bytes that come as often as Fibonacci's numbers: their best codes are too long."""
    times = [1, 1]
    while sum(times) < 40_000:
        times.append(times[-1] + times[-2])
    values = np.repeat(np.arange(len(times), dtype=np.uint8), times)
    np.random.default_rng(1).shuffle(values)
    return values[None]


CHANCE = np.random.default_rng(2)
PICTURES = {
    "dot": np.array([[200]], dtype=np.uint8),
    "blank": np.full((256, 256), 255, dtype=np.uint8),
    "black": np.zeros((3, 700), dtype=np.uint8),
    "noise": CHANCE.integers(0, 256, (64, 64)).astype(np.uint8),
    "two greys": (CHANCE.integers(0, 2, (37, 91)) * 255).astype(np.uint8),
    "runs": CHANCE.integers(1, 4, 60).repeat(CHANCE.integers(1, 600, 60)).astype(np.uint8)[None],
    "uneven": _uneven(),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_read_as_it_was_written(name):
    picture = PICTURES[name]
    with Image.open(io.BytesIO(grey_png(picture))) as read:
        assert read.mode == "L"
        read.load()
        np.testing.assert_array_equal(np.asarray(read), picture)


def test_codes_too_long_for_the_format_do_not_occur_and_cost_little():
    values = PICTURES["uneven"].reshape(-1)
    packed = deflated(values).tobytes()
    assert zlib.decompress(packed, -zlib.MAX_WBITS) == values.tobytes()
    assert len(packed) < 1.01 * len(zlib.compress(values.tobytes(), 9))


def test_a_drawing_takes_no_more_room_than_zlib_needs_for_its_runs():
    sheet = np.full((256, 256), 255, dtype=np.uint8)
    rows, columns = np.mgrid[:256, :256]
    sheet[np.abs(np.hypot(rows - 128, columns - 128) - 90) < 2] = 3
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_RLE)
    packed = packer.compress(sheet.tobytes()) + packer.flush()
    assert len(deflated(sheet.reshape(-1))) < 1.05 * len(packed) + 40


@pytest.mark.skipif(not COMPILES, reason="numba is not installed")
@pytest.mark.parametrize("name", PICTURES)
def test_the_compiled_loop_writes_what_python_writes(name):
    flat = PICTURES[name].reshape(-1)
    np.testing.assert_array_equal(deflated(flat), deflated.py_func(flat))
