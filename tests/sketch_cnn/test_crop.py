"""Crops map pixels where they say, also beyond the sheet's edge."""

# SPDX-License-Identifier: GPL-3.0-or-later

import numpy as np
import pytest
from limner.sketch_cnn.crop import crop_matrix, landmark_box
from limner.sketch_cnn.cut import cut_square, overlap
from PIL import Image


def test_the_middle_of_the_box_is_the_middle_of_the_crop():
    matrix = crop_matrix((10.0, 20.0, 50.0, 120.0), 128, margin=1.5)
    np.testing.assert_allclose(matrix @ [30.0, 70.0, 1.0], [64.0, 64.0])
    np.testing.assert_allclose(matrix @ [30.0, 145.0, 1.0], [64.0, 128.0])


def test_a_cut_square_keeps_a_dot_where_the_matrix_puts_it():
    ink = np.zeros((200, 300), np.float32)
    ink[150:153, 250:253] = 1.0  # centre at (251.5, 151.5)
    matrix = crop_matrix((220.0, 120.0, 290.0, 190.0), 128)
    side = 128 / matrix[0, 0]
    corner = (-matrix[0, 2] / matrix[0, 0], -matrix[1, 2] / matrix[1, 1])
    cut = cut_square(ink, corner, side, 128)
    rows, columns = np.nonzero(cut > 0.5 * cut.max())
    expected = matrix @ [251.5, 151.5, 1.0]
    assert columns.mean() + 0.5 == pytest.approx(expected[0], abs=0.6)
    assert rows.mean() + 0.5 == pytest.approx(expected[1], abs=0.6)


def test_outside_of_the_sheet_is_paper():
    cut = cut_square(np.ones((40, 40), np.float32), (-40.0, -40.0), 80.0, 80)
    assert cut[:39, :39].max() == 0.0
    assert cut[41:, 41:].min() == 1.0


def test_the_face_box_encloses_all_landmarks():
    points = np.array([[3.0, 9.0], [7.0, 2.0], [5.0, 5.0]])
    assert landmark_box(points) == (3.0, 2.0, 7.0, 9.0)


def test_overlap_of_half_covered_boxes():
    assert overlap((0, 0, 2, 2), (1, 0, 3, 2)) == pytest.approx(1 / 3)
    assert overlap((0, 0, 1, 1), (2, 2, 3, 3)) == 0.0


@pytest.mark.parametrize("side", [513.0, 700.5])
def test_a_much_larger_square_is_shrunk_as_pillow_would(side):
    ink = np.random.default_rng(3).random((760, 720), dtype=np.float32)
    wide = Image.fromarray(np.pad(ink, ((0, 60), (90, 0))))
    box = (90.0 - 40.3, 50.6, 90.0 - 40.3 + side, 50.6 + side)
    expected = np.asarray(wide.resize((128, 128), Image.Resampling.HAMMING, box=box))
    found = cut_square(ink, (-40.3, 50.6), side, 128)
    assert found.dtype == np.float32 and found.flags.c_contiguous
    np.testing.assert_allclose(found, expected, atol=2e-5)
    turned = cut_square(ink[:, ::-1], (720.0 + 40.3 - side, 50.6), side, 128)
    np.testing.assert_allclose(turned[:, ::-1], found, atol=2e-5)
