"""The default AU table: complete, mirrored, within bounds, honest about what is missing."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from limner.rig.arkit import RIG_SHAPE_NAMES, mirror_name
from limner.rig.au_table import ARKIT_AU_TABLE, default_au_table
from limner.rig.facs import AU_LABELS


def test_every_label_has_shapes_of_the_rig_with_weights_up_to_one():
    assert set(ARKIT_AU_TABLE) == set(AU_LABELS)
    for shapes in ARKIT_AU_TABLE.values():
        assert shapes and set(shapes) <= set(RIG_SHAPE_NAMES)
        assert all(0.0 < weight <= 1.0 for weight in shapes.values())


def test_left_and_right_rows_are_mirror_images():
    for label, shapes in ARKIT_AU_TABLE.items():
        mirrored = {mirror_name(name): weight for name, weight in shapes.items()}
        twin = {"L": label[:-1] + "R", "R": label[:-1] + "L"}.get(label[-1], label)
        twin = {"AU61": "AU62", "AU62": "AU61"}.get(label, twin)
        assert ARKIT_AU_TABLE[twin] == mirrored, label


def test_rows_differ_from_each_other():
    rows = [tuple(sorted(shapes.items())) for shapes in ARKIT_AU_TABLE.values()]
    assert len(set(rows)) == len(rows)


def test_missing_shapes_make_their_aus_unsupported_and_thin_the_rest():
    table, unsupported = default_au_table(["cheekPuff", "mouthShrugUpper"])
    assert unsupported == ("AU34",)
    assert "AU34" not in table
    assert table["AU17"] == {"mouthShrugLower": 1.0}
