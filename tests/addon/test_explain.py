"""`limner detect --explain`: pictures beside the table, coloured where the lines spoke."""

# SPDX-License-Identifier: GPL-3.0-or-later

import numpy as np
import pytest
from limner.addon.explain_picture import explain_picture
from limner.sketch_cnn.explain import Explanation
from limner.sketch_cnn.labels import AU_LABELS
from PIL import Image

from ..sketch_cnn.test_explain import SIZE, SMILE, face


def count_red(picture):
    red, _, blue = np.asarray(picture, dtype=int).transpose(2, 0, 1)
    return int((red - blue > 80).sum())


@pytest.fixture
def parts():
    ink = np.zeros((SIZE, SIZE), np.float32)
    ink[40:44, 20:108] = 1.0
    sketch, detection = face(ink)
    detection.probability[:] = 0.0
    support = np.zeros((len(AU_LABELS), SIZE, SIZE), np.float32)
    support[SMILE, :, 64:] = 2.0
    explanation = Explanation(support, np.eye(2, 3), ((("brow_L", 1.0),),) * len(AU_LABELS))
    return sketch, detection, explanation


def test_each_present_au_has_a_panel_with_the_speaking_half_of_its_line_red(parts):
    sketch, detection, explanation = parts
    empty = explain_picture(sketch, detection, explanation)
    detection.probability[SMILE] = 0.9
    one = explain_picture(sketch, detection, explanation)
    assert count_red(one) > count_red(empty) + 1000
    red, _, blue = np.asarray(one, dtype=int).transpose(2, 0, 1)
    columns = np.nonzero(red[92:392] - blue[92:392] > 80)[1] - (34 + 300 + 22)
    assert columns.min() > 130, "nothing is red left of the middle"
    detection.probability[: SMILE + 6] = 0.9
    many = explain_picture(sketch, detection, explanation)
    assert many.height > one.height


def test_one_drawing_goes_into_a_file(limner, sketches, tmp_path, needs_weights):
    out = tmp_path / "why.png"
    status, _, err = limner("detect", sketches / "lorelei_smile.png", "--explain", out)
    assert (status, err) == (0, "")
    with Image.open(out) as picture:
        assert picture.mode == "RGB" and picture.width > 600
    assert [entry.name for entry in tmp_path.iterdir()] == ["why.png"]


def test_many_drawings_go_into_a_folder_and_a_bad_one_costs_a_line(
    limner, sketches, tmp_path, needs_weights
):
    (tmp_path / "bad.png").write_text("not a picture")
    good = sketches / "lorelei_smile.png"
    out = tmp_path / "deep" / "why"
    status, _, err = limner("detect", tmp_path / "bad.png", good, "--explain", out)
    assert status == 1 and err.count("\n") == 1
    assert [entry.name for entry in out.iterdir()] == ["lorelei_smile.png"]


def test_one_file_for_many_drawings_is_wrong_usage(limner, sketches, tmp_path):
    good = sketches / "lorelei_smile.png"
    status, _, err = limner("detect", good, good, "--explain", tmp_path / "why.png")
    assert status == 2 and "give a folder" in err


def test_a_picture_that_cannot_be_written_costs_one_line(limner, sketches, tmp_path, needs_weights):
    place = tmp_path / "no" / "why.png"
    status, _, err = limner("detect", sketches / "lorelei_smile.png", "--explain", place)
    assert status == 1 and err.count("\n") == 1
    assert str(place) in err and "Traceback" not in err
