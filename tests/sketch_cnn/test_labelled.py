"""Labels made by eye are counted AU by AU, side by side, and a table that is none is refused."""

# SPDX-License-Identifier: GPL-3.0-or-later

from types import SimpleNamespace

import numpy as np
import pytest
from limner.errors import DatasetError, SketchError
from limner.sketch_cnn import labelled
from limner.sketch_cnn.labelled import agreement, log_loss, read_table
from limner.sketch_cnn.labels import AU_LABELS

HEAD = "file,face_box,au_on,au_off,au_left_right,emotion"


def saying(**probability):
    """Return a detection that says these AUs with this probability, and all else with 0.1."""
    said = np.full(len(AU_LABELS), 0.1)
    for label, value in probability.items():
        said[AU_LABELS.index(label)] = value
    return SimpleNamespace(
        au_labels=AU_LABELS, probability=said, present=said >= 0.4, intensity=said,
        face_box=(0.0, 0.0, 10.0, 10.0),
    )  # fmt: skip


@pytest.fixture
def told(tmp_path, monkeypatch):
    """Return what agreement says of a table's lines, given what is said of each drawing."""

    def tell(lines, said):
        table = tmp_path / "table.csv"
        table.write_text("\n".join([HEAD, *lines]) + "\n")
        monkeypatch.setattr(labelled, "read_sketch", lambda path: SimpleNamespace(scale=1.0))
        answers = iter(said)

        def detect(sketch):
            answer = next(answers)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return agreement(SimpleNamespace(detect=detect), table)

    return tell


def test_decisions_are_counted_by_the_stronger_side(told):
    found = told(
        ['a.png,"0,0,10,10",12;25,4;43,,happy', 'b.png,"0,0,10,5",43,12,,sad'],
        [saying(AU12R=0.9, AU4L=0.45), saying(AU43L=0.8)],
    )
    assert [found[name] for name in ("tp", "fp", "fn", "tn")] == [2, 1, 1, 2]
    assert found["f1"] == pytest.approx(2 / 3)
    chance = (3 * 3 + 3 * 3) / 36
    assert found["kappa"] == pytest.approx((4 / 6 - chance) / (1.0 - chance))
    first, second = found["drawings"]
    assert (first["missed"], first["false"]) == (["25"], ["4"])
    assert (second["missed"], second["false"], second["box_overlap"]) == ([], [], 0.5)
    assert found["aus"]["4"] == {"tp": 0, "fp": 1, "fn": 0, "tn": 0}
    truth, said = np.array([1, 1, 0, 0, 1, 0], bool), np.array([0.9, 0.1, 0.45, 0.1, 0.8, 0.1])
    assert found["log_loss"] == pytest.approx(log_loss(truth, said))
    assert found["auc"] == pytest.approx((3 + 1.0 + 3) / 9)


def test_a_wink_is_right_on_its_own_side_only(told):
    line = 'a.png,"0,0,10,10",12,4,R46,happy'
    both = saying(AU43L=0.9, AU43R=0.9)
    found = told([line] * 3, [saying(AU43R=0.9), saying(AU43L=0.9), both])
    assert (found["one_sided"], found["one_sided_right"]) == (3, 1)


def test_a_stretched_mouth_is_a_jaw_that_drops_far(told):
    line = 'a.png,"0,0,10,10",27,4,,other'
    found = told([line] * 2, [saying(AU26=0.6), saying(AU26=0.8)])
    assert (found["fn"], found["tp"]) == (1, 1)
    assert found["auc"] is None, "27 has no probability of its own"


def test_neutral_drawings_are_quiet_below_a_half(told):
    line = 'a.png,"0,0,10,10",,4,,neutral'
    found = told([line] * 3, [saying(), saying(AU12L=0.45), saying(AU64=0.6)])
    assert (found["neutral_drawings"], found["neutral_without_au"]) == (3, pytest.approx(2 / 3))


def test_a_drawing_without_a_face_is_told_and_not_scored(told):
    line = 'a.png,"0,0,10,10",12,4,R46,neutral'
    found = told([line] * 2, [SketchError("no face"), saying(AU12L=0.9)])
    assert (found["unread"], found["tp"] + found["fn"]) == (1, 1)
    assert found["drawings"][0]["error"] == "no face"
    assert found["one_sided"] == found["neutral_drawings"] == 1


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (None, "cannot be read"),
        ("", "no drawings in it"),
        ("file,face_box\na.png,x\n", "line 2 has no au_on, au_off, au_left_right"),
        (HEAD + '\na.png,"0,0,10",12,4,,\n', "face_box '0,0,10' is not x0,y0,x1,y1"),
        (HEAD + '\na.png,"0,0,9,9",smile,4,,\n', "au_on 'smile' is no number"),
        (HEAD + '\na.png,"0,0,9,9",12,4,46R,\n', "au_left_right '46R' is not like"),
    ],
)
def test_what_is_no_table_is_one_clear_line(tmp_path, content, wanted):
    table = tmp_path / "table.csv"
    if content is not None:
        table.write_text(content)
    with pytest.raises(DatasetError, match=r"table\.csv") as told:
        read_table(table)
    assert wanted in str(told.value)
