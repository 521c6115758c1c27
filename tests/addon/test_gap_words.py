"""The gap in words: a row a feature, the farthest first, sides and measures right."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

from limner.addon.gap_words import FEATURE_TITLES, gap_rows, gap_summary
from limner.rig.features import FEATURES


def record(**curves):
    gap = {
        "placed": 0.08,
        "snakes": 0.006,
        "curves": {
            name: {"placed": before, "parametric": 0.02, "snakes": after}
            for name, (before, after) in curves.items()
        },
    }
    return json.dumps({"gap": gap})


def test_the_farthest_comes_first_with_its_side_and_its_words():
    rows = gap_rows(record(brow_L=(0.07, 0.015), jaw=(0.1, 0.06), iris_R=(0.05, 0.001)))
    assert [(row.title, row.side, row.words) for row in rows] == [
        ("Jaw", "", "apart"),
        ("Brow", "L", "at the line"),
        ("Iris", "R", "on the line"),
    ]
    assert (rows[0].before, rows[0].after) == (0.1, 0.06)


def test_every_feature_that_a_gap_is_measured_for_has_a_title():
    assert set(FEATURE_TITLES) == set(FEATURES) - {"none", "hair", "other"}


def test_what_was_not_measured_has_no_row():
    assert gap_rows("{}") == ()
    assert gap_rows('{"gap": {"curves": {"jaw": {"placed": null, "snakes": null}}}}') == ()
    assert gap_summary("{}") is None
    assert gap_summary(record()) == (0.08, 0.006)
