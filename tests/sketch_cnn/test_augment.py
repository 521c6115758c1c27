"""What the networks are shown stays true to its labels, however it is turned, cut and spoilt."""

# SPDX-License-Identifier: GPL-3.0-or-later

import io

import numpy as np
import pytest
from limner.sketch_cnn.labels import AU_LABELS, MIRRORED_AUS, MIRRORED_LANDMARKS
from PIL import Image

pytest.importorskip("cv2", reason="augmentation needs limner[train]")

from limner.sketch_cnn import augment
from limner.sketch_cnn.shards import Sample

SIZE = 200
UNIT = AU_LABELS.index("AU12L")
DOT_RADIUS = 3


@pytest.fixture(scope="module")
def dotted():
    """A face of three dots, one of them landmark 8 (chin), in a frame of the others."""
    rng = np.random.default_rng(4)
    landmarks = rng.uniform(50.0, 150.0, (70, 2)).astype(np.float32)
    landmarks[[0, 16, 8]] = [[45.5, 60.5], [154.5, 70.5], [110.5, 155.5]]
    grey = np.full((SIZE, SIZE), 255, np.uint8)
    classes = np.zeros((SIZE, SIZE), np.uint8)
    y, x = np.mgrid[0:SIZE, 0:SIZE] + 0.5
    for number, row in enumerate((0, 16, 8)):
        near = np.hypot(x - landmarks[row, 0], y - landmarks[row, 1]) < DOT_RADIUS
        grey[near], classes[near] = 0, number + 1
    intensity = np.zeros(len(AU_LABELS), np.float32)
    intensity[UNIT] = 0.6
    return Sample(
        key="dots",
        picture=png(grey),
        labels=png(classes),
        is_face=True,
        intensity=intensity,
        visible=np.ones(len(AU_LABELS), np.float32),
        landmarks=landmarks,
        pose=np.array([0.1, 0.3, -0.2], np.float32),
        meta={},
    )


def png(image):
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


def centre(mask):
    rows, columns = np.nonzero(mask)
    return np.array([columns.mean(), rows.mean()]) + 0.5


def quiet(monkeypatch):
    """Leave the ink as it is, so that only geometry is seen."""
    monkeypatch.setattr(augment, "spoil_ink", lambda ink, rng: ink)


@pytest.mark.parametrize("seed", range(8))
def test_landmarks_and_classes_stay_on_their_dots(dotted, monkeypatch, seed):
    quiet(monkeypatch)
    rng = np.random.default_rng(seed)
    item = augment.read_item(augment.prepare(dotted, rng), rng, is_training=True)
    flipped = bool(item["intensity"][MIRRORED_AUS[UNIT]])
    for number, row in enumerate((0, 16, 8)):
        cells = centre(item["features"] == number + 1) * 2.0
        place = item["landmarks"][MIRRORED_LANDMARKS[row] if flipped else row]
        assert np.hypot(*(cells - place)) < 1.5
        column, line = np.floor(place).astype(int)
        assert item["ink"][0, line, column] > 0.4


def test_half_of_the_drawings_are_mirrored_with_all_their_labels(dotted, monkeypatch):
    quiet(monkeypatch)
    monkeypatch.setattr(augment, "jitter_matrix", lambda *args, **kwargs: np.eye(3))
    rng = np.random.default_rng(0)
    face = augment.prepare(dotted, rng)
    plain = augment.read_item(face, rng, is_training=False)
    items = [augment.read_item(face, rng, is_training=True) for _ in range(40)]
    mirrored = [item for item in items if item["intensity"][MIRRORED_AUS[UNIT]] > 0.0]
    assert 8 < len(mirrored) < 32
    for item in mirrored:
        assert item["intensity"][UNIT] == 0.0
        np.testing.assert_allclose(item["ink"][0], plain["ink"][0, :, ::-1], atol=0.02)
        np.testing.assert_allclose(item["pose"], plain["pose"] * [1, -1, -1], atol=1e-6)
        swapped = item["landmarks"][list(MIRRORED_LANDMARKS)]
        np.testing.assert_allclose(128.0 - swapped[:, 0], plain["landmarks"][:, 0], atol=1e-3)
        np.testing.assert_allclose(swapped[:, 1], plain["landmarks"][:, 1], atol=1e-3)


def test_a_turned_drawing_is_a_rolled_head(dotted, monkeypatch):
    """A turn clockwise on the page (y down) is a negative roll about +Z, which looks at us."""
    quiet(monkeypatch)
    angle = 0.3
    turn = np.eye(3)
    turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    monkeypatch.setattr(augment, "jitter_matrix", lambda *args, **kwargs: turn)

    class NoFlip:
        def random(self):
            return 0.9

        def permutation(self, count):
            return np.arange(count)

    face = augment.prepare(dotted, np.random.default_rng(0))
    item = augment.read_item(face, NoFlip(), is_training=True)
    assert item["pose"][2] == pytest.approx(dotted.pose[2] - angle, abs=1e-5)


@pytest.mark.parametrize("seed", range(6))
def test_spoilt_ink_is_still_ink(seed):
    rng = np.random.default_rng(seed)
    ink = np.zeros((64, 64), np.float32)
    ink[20:24] = 1.0
    for _ in range(20):
        spoilt = augment.spoil_ink(ink, rng)
        assert spoilt.dtype == np.float32
        assert spoilt.min() >= 0.0
        assert spoilt.max() <= 1.0


def test_the_finder_is_told_where_the_face_went(dotted, monkeypatch):
    quiet(monkeypatch)
    rng = np.random.default_rng(2)
    face = augment.prepare(dotted, rng)
    for _ in range(10):
        ink, heat, box = augment.find_item([face], rng)
        rows, columns = np.nonzero(ink[0] > 0.25)
        if len(rows) == 0 or heat.max() < 1.0:
            continue
        row, column = np.unravel_index(heat.argmax(), heat.shape)
        middle = (np.array([column, row]) + box[:2, row, column]) * 8.0
        half = 32.0 * np.exp(box[2:, row, column])
        dots = np.stack([columns, rows], axis=1) + 0.5
        assert (np.abs(dots - middle) <= half + 3.0).all()


def test_drawings_of_no_face_give_the_finder_nothing_to_find(dotted):
    from dataclasses import replace

    rng = np.random.default_rng(5)
    stranger = augment.prepare(replace(dotted, is_face=False), rng)
    _, heat, _ = augment.find_item([stranger], rng)
    assert heat.max() == 0.0
