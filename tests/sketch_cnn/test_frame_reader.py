"""Where the reader looked, laid on the sheet that the frame shows."""

# SPDX-License-Identifier: GPL-3.0-or-later

from dataclasses import replace

import numpy as np
import pytest
from limner.sketch_cnn.detector import Detector
from limner.sketch_cnn.frame_reader import FrameReader, attention_on_sheet
from limner.sketch_cnn.image import sketch_from_grey
from limner.sketch_cnn.interface import Footage
from limner.sketch_cnn.shards import read_folder
from limner.sketch_cnn.views import FOUR_LOOKS


@pytest.fixture(scope="module")
def face(drawings):
    return next(sample for sample in read_folder(drawings) if sample.is_face)


@pytest.fixture(scope="module")
def detection(weights, face):
    """Return what barely trained weights say of a face, in the box of its landmarks."""
    low, high = face.landmarks.min(axis=0), face.landmarks.max(axis=0)
    box = (*map(float, low), *map(float, high))
    return Detector(weights).detect(replace(sketch_from_grey(face.grey()), face_box=box))


@pytest.mark.parametrize("shape", [(128, 128), (300, 200), (60, 240)])
def test_a_bright_cell_of_the_crop_lies_where_the_sheet_has_it(detection, shape):
    attention = np.zeros((32, 32), np.float32)
    attention[20, 11] = 1.0
    # the crop: 64 px wide, its corner at (40, 10) of the sheet; features on a grid of 64
    matrix = np.array([[1.0, 0.0, -40.0], [0.0, 1.0, -10.0]])
    one = replace(detection, attention=attention, crop_from_ink=matrix)
    seen = attention_on_sheet(one, shape)
    assert max(seen.shape) == 64
    cell = max(shape) / 64.0
    weight = seen / seen.sum()
    y, x = ((np.arange(n) + 0.5) * side / n for n, side in zip(seen.shape, shape, strict=True))
    found = (weight.sum(axis=0) @ x, weight.sum(axis=1) @ y)
    # cell (20, 11) of 32: its middle is at (23, 41) of 64 px
    np.testing.assert_allclose(found, (40.0 + 23.0, 10.0 + 41.0), atol=max(1.0, 0.5 * cell))


def test_weights_without_it_say_so_and_give_none(detection):
    assert attention_on_sheet(replace(detection, attention=None), (64, 64)) is None


def test_a_mirrored_face_keeps_half_of_its_embedding_and_negates_the_other(weights, face):
    ink = sketch_from_grey(face.grey()).ink
    low, high = face.landmarks.min(axis=0), face.landmarks.max(axis=0)
    box = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
    turned_box = (ink.shape[1] - box[2], box[1], ink.shape[1] - box[0], box[3])
    detector = Detector(weights, FOUR_LOOKS)
    straight = detector.read(ink, box)[0]["embedding"]
    mirrored = detector.read(np.ascontiguousarray(ink[:, ::-1]), turned_box)[0]["embedding"]
    half = len(straight) // 2
    assert np.abs(straight[half:]).max() > 3e-4, "the sides of this face differ"
    np.testing.assert_allclose(mirrored[:half], straight[:half], atol=3e-5)
    np.testing.assert_allclose(mirrored[half:], -straight[half:], atol=3e-5)


def test_frames_without_a_face_have_zeros_for_embedding_and_attention(weights, face, monkeypatch):
    reader = FrameReader(weights)
    monkeypatch.setattr(Detector, "_face_quality", lambda self, ink, box: (1.0, None))
    box = (0.0, 0.0, *map(float, face.grey().shape[::-1]))
    monkeypatch.setattr(Detector, "place", lambda self, ink, box_found: box)
    blank = np.full_like(face.grey(), 255)
    said = reader.read(Footage(np.stack([face.grey(), blank]), np.arange(2.0)))
    assert said.found.tolist() == [True, False]
    assert not reader.info.lacks
    assert said.embedding.shape == (2, 1024) and said.embedding.dtype == np.float32
    assert said.embedding[0].any() and not said.embedding[1].any()
    assert said.attention[0].max() > 0.4
    assert not said.attention[1].any()
