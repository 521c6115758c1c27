"""Explanations point at the ink that the network looks at, in the drawing's own places."""

# SPDX-License-Identifier: GPL-3.0-or-later

from types import SimpleNamespace

import numpy as np
import pytest
from limner.sketch_cnn.detection import Detection
from limner.sketch_cnn.explain import explain
from limner.sketch_cnn.labels import AU_LABELS, FEATURES, MIRRORED_AUS
from limner.sketch_cnn.sketch import Sketch

SIZE = 128
SMILE, OTHER, LIPS = AU_LABELS.index("AU12L"), AU_LABELS.index("AU12R"), AU_LABELS.index("AU25")
CORNER = (slice(84, 92), slice(76, 84))
"""Rows and columns of the crop that the invented network takes for the left mouth corner."""


class Invented:
    """Sees AU12L by ink in one place, the right one by the mirrored place, and AU25 by no ink."""

    def __init__(self, batch="batch"):
        self.batch, self.asked = batch, []
        self.session = SimpleNamespace(
            get_inputs=lambda: [SimpleNamespace(shape=[batch, 1, SIZE, SIZE])],
            get_outputs=lambda: [SimpleNamespace(name=name) for name in ("alpha", "beta")],
        )
        self.meta = {"input_px": SIZE}

    def run(self, ink):
        assert self.batch in ("batch", len(ink))
        self.asked.append(len(ink))
        alpha = np.ones((len(ink), len(AU_LABELS)), np.float32)
        alpha[:, SMILE] += ink[:, 0, CORNER[0], CORNER[1]].sum(axis=(1, 2))
        alpha[:, OTHER] += ink[:, 0, CORNER[0], SIZE - 84 : SIZE - 76].sum(axis=(1, 2))
        alpha[:, LIPS] += 50.0 - ink[:, 0, CORNER[0], CORNER[1]].sum(axis=(1, 2)) / 2.0
        return [alpha, np.ones_like(alpha)]


def face(ink, offset=(0.0, 0.0), scale=1.0):
    """Return a sketch and a detection whose crop shows `ink` (S, S), moved on the sheet."""
    landmarks = np.random.default_rng(0).uniform(30.0, 100.0, (70, 2))
    landmarks[27:31] = [[64.0, y] for y in (40.0, 50.0, 60.0, 66.0)]
    landmarks[48:68, 0] = np.linspace(48.0, 80.0, 20)
    landmarks[48:68, 1] = 88.0
    matrix = np.column_stack([np.eye(2) * scale, np.array(offset)])
    chances = np.zeros((len(FEATURES), SIZE // 2, SIZE // 2), np.float32)
    chances[FEATURES.index("brow"), : SIZE // 4] = 1.0
    chances[FEATURES.index("upper_lip_inner"), SIZE // 4 :] = 1.0
    count = len(AU_LABELS)
    detection = Detection(
        au_labels=AU_LABELS,
        **dict.fromkeys(("probability", "intensity", "uncertainty", "visible"), np.ones(count)),
        face_box=(30.0, 30.0, 100.0, 100.0),
        face_score=1.0,
        other_faces=(),
        landmarks=(landmarks - offset) / scale,
        landmark_spread=np.ones(70),
        pose=np.zeros(3),
        features=FEATURES,
        feature_probability=chances,
        crop_from_ink=matrix / 2.0,
    )
    return Sketch(ink, np.zeros(ink.shape, np.uint8)), detection


@pytest.fixture
def drawing():
    ink = np.zeros((SIZE, SIZE), np.float32)
    ink[CORNER] = 1.0
    ink[40:44, 40:90] = 1.0  # brows, which nobody asks for
    return ink


def told(ink, batch="batch"):
    sketch, detection = face(ink)
    return explain(SimpleNamespace(reader=Invented(batch)), sketch, detection)


def test_the_ink_that_is_looked_at_speaks_for_the_au_and_no_other_ink_does(drawing):
    support = told(drawing).support[SMILE]
    corner, brows = support[CORNER].mean(), np.abs(support[40:44, 40:90]).max()
    assert corner > 0.5
    assert brows < 0.05 * corner
    row, column = np.unravel_index(support.argmax(), support.shape)
    assert abs(row - 88) <= 8 and abs(column - 80) <= 8


def test_ink_that_contradicts_an_au_speaks_against_it(drawing):
    explanation = told(drawing)
    assert explanation.support[LIPS][CORNER].mean() < -0.02
    assert explanation.features[LIPS] == ()


def test_the_loudest_feature_is_named_with_the_drawn_persons_side(drawing):
    loudest = told(drawing).features[SMILE]
    assert [name for name, _ in loudest] == ["upper_lip_inner_L"]
    assert loudest[0][1] > 1.0


def test_a_mirrored_drawing_has_the_mirrored_explanation(drawing):
    straight, mirrored = told(drawing), told(np.ascontiguousarray(drawing[:, ::-1]))
    swapped = mirrored.support[list(MIRRORED_AUS)][SMILE]
    peak = np.unravel_index(straight.support[SMILE].argmax(), swapped.shape)
    other = np.unravel_index(swapped.argmax(), swapped.shape)
    assert abs(peak[0] - other[0]) <= 8 and abs(peak[1] + other[1] - SIZE) <= 10


def test_weights_made_for_a_batch_of_two_give_the_same(drawing):
    free, pairs = told(drawing), told(drawing, batch=2)
    np.testing.assert_allclose(pairs.support, free.support, atol=1e-6)


def test_the_crop_is_the_one_that_was_read(drawing):
    """A drawing at twice the size, somewhere on a larger sheet, is explained alike."""
    sheet = np.zeros((300, 320), np.float32)
    sheet[20 : 20 + 2 * SIZE, 30 : 30 + 2 * SIZE] = drawing.repeat(2, axis=0).repeat(2, axis=1)
    sketch, detection = face(sheet, offset=(-15.0, -10.0), scale=0.5)
    moved = explain(SimpleNamespace(reader=Invented()), sketch, detection)
    np.testing.assert_allclose(moved.support[SMILE], told(drawing).support[SMILE], atol=0.25)
    np.testing.assert_allclose(moved.crop_from_ink @ [30.0, 20.0, 1.0], [0.0, 0.0])


def test_an_empty_crop_has_no_say():
    explanation = told(np.zeros((SIZE, SIZE), np.float32))
    assert not explanation.support.any()
    assert explanation.features == ((),) * len(AU_LABELS)
