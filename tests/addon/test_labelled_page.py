"""The page shows every drawing that was read otherwise than by eye, and no other."""

# SPDX-License-Identifier: GPL-3.0-or-later

import shutil

from limner.addon.labelled_page import labelled_section

COUNTS = {"tp": 1, "fp": 1, "fn": 0, "tn": 2}
TOLD = {
    "f1": 0.75, **COUNTS, "kappa": 0.5, "auc": None, "log_loss": 0.25,
    "one_sided": 2, "one_sided_right": 1, "neutral_drawings": 4, "neutral_without_au": 0.5,
    "aus": {"12": COUNTS},
    "drawings": [
        {"file": "busch_max.png", "missed": ["12"], "false": []},
        {"file": "lorelei_wink.png", "missed": [], "false": []},
        {"file": "<gone>.png", "error": "no face & no ink"},
    ],
}  # fmt: skip


def test_failures_are_shown_with_their_pictures(sketches, tmp_path):
    for name in ("busch_max.png", "lorelei_wink.png"):
        shutil.copy(sketches / name, tmp_path / name)
    page = labelled_section(TOLD, tmp_path)
    assert "missed: 12 lip corner puller" in page
    assert page.count("data:image/png;base64,") == 1
    assert "lorelei_wink" not in page
    assert "&lt;gone&gt;.png" in page and "no face &amp; no ink" in page
    assert "of 2 labels of one side, 1 called" in page and "in 50% of 4 neutral drawings" in page


def test_labels_by_eye_make_a_page_of_their_own(limner, sketches, tmp_path, needs_weights):
    shutil.copy(sketches / "lorelei_wink.png", tmp_path / "wink.png")
    table, page = tmp_path / "t.csv", tmp_path / "t.html"
    table.write_text(
        "file,face_box,au_on,au_off,au_left_right\n" + 'wink.png,"0,0,400,400",12;43,27,R46\n'
    )
    status, out, err = limner("evaluate", "--labelled", table, "--html", page)
    assert (status, err) == (0, "")
    printed = dict(line.split("\t")[:2] for line in out.splitlines())
    assert int(printed["tp"]) + int(printed["fn"]) == 2
    assert "Labelled by eye" in page.read_text(encoding="utf-8")
