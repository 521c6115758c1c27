"""Heads of other makers are recognised by their names, and each smiles where the drawing does."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from limner.addon.convention_tables import CONVENTIONS
from limner.addon.conventions import SOURCES, Link, drive, link, recognise
from limner.addon.expression import PROTOTYPES, Expression, prototype
from limner.rig.arkit import RIG_SHAPE_NAMES
from limner.rig.facs import AU_LABELS

from .named_heads import NAMES, SMILES

EVERY_CASE = pytest.mark.parametrize("case", list(NAMES))


def driven(case, aus):
    """Return the weights of a case's head for Action Units."""
    _, links = recognise(NAMES[case])
    return drive(Expression.from_aus(aus), links)


@EVERY_CASE
def test_a_head_is_recognised_by_its_names(case):
    convention, links = recognise(NAMES[case])
    assert case.startswith(convention.title)
    assert {each.target for each in links} <= set(NAMES[case])
    assert {each.source for each in links} <= set(SOURCES)


@EVERY_CASE
def test_a_smile_on_both_sides_is_a_full_smile(case):
    weights = driven(case, {"AU12L": 1.0, "AU12R": 1.0})
    for name in SMILES[case]:
        assert weights[name] == pytest.approx(1.0)
    others = {name: weight for name, weight in weights.items() if name not in SMILES[case]}
    assert set(others.values()) == {0.0}


@EVERY_CASE
def test_a_smile_on_the_left_is_on_the_left(case):
    left, right = SMILES[case]
    weights = driven(case, {"AU12L": 1.0})
    if left == right:  # a whole face that knows no sides: half of it
        assert weights[left] == pytest.approx(0.5)
    else:
        assert (weights[left], weights[right]) == (pytest.approx(1.0), 0.0)


@EVERY_CASE
def test_at_rest_every_linked_shape_key_is_at_zero(case):
    weights = driven(case, {})
    assert weights
    assert set(weights.values()) == {0.0}


@EVERY_CASE
def test_names_in_any_order_give_the_same(case):
    assert recognise(NAMES[case][::-1])[0].title == recognise(NAMES[case])[0].title
    assert {each.target for each in recognise(NAMES[case][::-1])[1]} == {
        each.target for each in recognise(NAMES[case])[1]
    }


def test_all_52_shapes_of_an_arkit_head_are_driven_by_their_own_names():
    _, links = recognise(NAMES["ARKit"])
    for each in links:
        own = each.target if each.target != "browInnerUp" else "browInnerUp" + each.source[11:]
        assert each.source == own
    assert {each.target for each in links} == set(NAMES["ARKit"])


def test_brows_that_are_joined_get_the_mean_of_their_sides():
    assert driven("ARKit", {"AU1L": 1.0})["browInnerUp"] == pytest.approx(0.5)
    assert driven("ARKit", {"AU1L": 1.0, "AU1R": 1.0})["browInnerUp"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("case", "out", "inward"),
    [
        ("ARKit", "eyeLookOutLeft", "eyeLookInRight"),
        ("Reallusion", "Eye_L_Look_L", "Eye_R_Look_L"),
        ("MetaHuman", "head_lod0_mesh__eye_lookLeft_L", "head_lod0_mesh__eye_lookLeft_R"),
    ],
)
def test_eyes_that_turn_left_turn_both_to_the_subjects_left(case, out, inward):
    weights = driven(case, {"AU61": 1.0})
    assert {name for name, weight in weights.items() if weight > 0.0} == {out, inward}


@pytest.mark.parametrize("case", ["VRM", "VRM 0.x"])
@pytest.mark.parametrize(
    ("name", "presets"),
    [
        ("happiness", {"happy", "joy"}),
        ("anger", {"angry"}),
        ("sadness", {"sad", "sorrow"}),
        ("surprise", {"surprised", "a", "aa"}),
    ],
)
def test_the_prototype_of_an_emotion_calls_for_the_preset_of_its_name(case, name, presets):
    weights = driven(case, prototype(name))
    strongest = max(weights, key=weights.get)
    assert strongest.lower() in presets
    assert weights[strongest] >= 0.5


def test_a_wink_closes_one_eye_on_every_head_that_has_two():
    for case, closed, other in (
        ("ARKit", "eyeBlinkLeft", "eyeBlinkRight"),
        ("Reallusion CC3", "Eye_Blink_L", "Eye_Blink_R"),
        ("MetaHuman", "head_lod0_mesh__eye_blink_L", "head_lod0_mesh__eye_blink_R"),
        ("FACS", "AU_43_L_EyeClosed", "AU_43_R_EyeClosed"),
        ("VRM", "blinkLeft", "blinkRight"),
        ("VRM 0.x", "Blink_L", "Blink_R"),
    ):
        weights = driven(case, {"AU43L": 1.0})
        assert (weights[closed], weights[other]) == (1.0, 0.0), case


def test_a_numbered_profile_is_preferred_to_what_stands_beside_it():
    """Character Creator's ExPlus has ARKit's shapes beside coarser ones: never both."""
    names = ["A38_Mouth_Smile_Left", "A39_Mouth_Smile_Right", "Mouth_Smile_L", "Mouth_Smile_R",
             "A25_Jaw_Open", "A01_Brow_Inner_Up", "A14_Eye_Blink_Left"]  # fmt: skip
    convention, links = recognise(names)
    assert convention.title == "Reallusion"
    weights = drive(Expression.from_aus({"AU12L": 1.0}), links)
    assert weights["A38_Mouth_Smile_Left"] == 1.0
    assert "Mouth_Smile_L" not in weights


@pytest.mark.parametrize(
    "names",
    [[], ["Key 1", "Key 2", "Key 3", "Key 4"], ["Muscular", "Thin", "Old", "Height", "Age"],
     ["mouthSmileLeft", "mouthSmileRight"]],
)  # fmt: skip
def test_other_names_are_recognised_as_nothing(names):
    assert recognise(names) is None


def test_a_weight_below_zero_holds_back_and_never_goes_below_rest():
    expression = Expression.from_aus({"AU4L": 0.6, "AU1L": 1.0})
    links = [Link("AU4L", "cross", 1.0), Link("AU1L", "cross", -0.5)]
    assert drive(expression, links) == {"cross": pytest.approx(0.1)}
    assert drive(Expression.from_aus({"AU1L": 1.0}), links) == {"cross": 0.0}


def test_what_an_artist_types_that_is_no_source_drives_nothing():
    assert drive(Expression.from_aus({"AU12L": 1.0}), [Link("nonsense", "key", 1.0)]) == {
        "key": 0.0
    }


def test_every_convention_drives_by_known_sources_and_says_where_its_names_are_from():
    for convention in CONVENTIONS:
        assert set(convention.drives) <= set(SOURCES)
        assert convention.source
        for alternatives in convention.drives.values():
            for each in alternatives:
                for name in each:
                    assert convention.spelling(name), (convention.title, name)


def test_every_shape_of_the_rig_has_a_counterpart_in_the_full_conventions():
    for convention in CONVENTIONS[:3]:
        assert set(convention.drives) == set(RIG_SHAPE_NAMES)
    assert set(CONVENTIONS[3].drives) == set(AU_LABELS)


def test_a_prototype_spells_out_sides_of_known_units():
    assert prototype("happiness")["AU12L"] == prototype("happiness")["AU12R"] == 0.8
    assert prototype("contempt") == {"AU12R": 0.3, "AU14R": 0.7}
    for name in PROTOTYPES:
        assert set(prototype(name)) <= set(AU_LABELS)


def test_an_expression_comes_out_of_a_record_with_its_sides():
    record = {
        "aus": [
            {"au": 1, "side": "L", "present": True, "intensity": 0.6},
            {"au": 1, "side": "R", "present": True, "intensity": 0.2},
            {"au": 12, "side": "L", "present": False, "intensity": 0.9},
        ],
        "blendshapes": {"browInnerUp": 0.4, "mouthSmileLeft": 0.7},
    }
    expression = Expression.from_record(record)
    assert expression.aus == {"AU1L": 0.6, "AU1R": 0.2}
    assert expression.shapes["browInnerUpLeft"] == pytest.approx(0.6)
    assert expression.shapes["browInnerUpRight"] == pytest.approx(0.2)
    assert expression.shapes["mouthSmileLeft"] == 0.7
    assert expression.arkit()["browInnerUp"] == pytest.approx(0.4)


def test_a_part_of_a_set_is_better_than_nothing():
    """A head with half of MetaHuman's funnel still funnels."""
    names = ["CTRL_expressions_mouthFunnelUL", "CTRL_expressions_mouthFunnelUR"]
    metahuman = next(each for each in CONVENTIONS if each.title == "MetaHuman")
    assert [each.target for each in link(metahuman, names)] == names
