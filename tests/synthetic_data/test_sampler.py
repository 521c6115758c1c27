"""Expressions obey FACS, reach every AU often enough, and mirror."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
import pytest
from limner.rig.face_rig import rotation_matrix
from limner.rig.facs import AU_LABELS, split_label
from limner.synthetic_data.antagonists import ANTAGONISTS, RULES
from limner.synthetic_data.natural import CONFUSED, MEASURED, sample_confused, sample_measured
from limner.synthetic_data.sampler import (
    PROTOTYPES,
    mirror_aus,
    mirror_landmarks,
    rotation_vector,
    sample_expression,
)

COUNT = 4000


@pytest.fixture(scope="module")
def expressions():
    return [sample_expression(np.random.default_rng(seed)) for seed in range(COUNT)]


def test_every_au_and_side_is_present_in_six_percent(expressions):
    for label in AU_LABELS:
        share = np.mean([face.aus.get(label, 0.0) >= 0.3 for face in expressions])
        assert share >= 0.055, label


def test_a_tenth_is_neutral(expressions):
    calm = [max(face.aus.values(), default=0.0) < 0.1 for face in expressions]
    assert 0.1 <= np.mean(calm) <= 0.2
    assert all(
        face.emotion == "neutral"
        for face, is_calm in zip(expressions, calm, strict=True)
        if is_calm
    )


def test_intensities_lie_in_their_range(expressions):
    values = [value for face in expressions for value in face.aus.values()]
    assert min(values) > 0.0 and max(values) <= 1.0


def test_left_and_right_come_equally_often(expressions):
    for au in (1, 2, 12, 43, 30):
        left, right = (
            np.mean([face.aus.get(f"AU{au}{side}", 0.0) >= 0.3 for face in expressions])
            for side in "LR"
        )
        assert abs(left - right) < 0.03


def test_antagonists_meet_only_where_a_prototype_joins_them(expressions):
    joined = {
        frozenset((abs(a), abs(b)))
        for ways in PROTOTYPES.values()
        for way in ways
        for a in way
        for b in way
        if a != b
    }
    for face in expressions:
        present = {split_label(label)[0] for label, value in face.aus.items() if value >= 0.3}
        for pair in ANTAGONISTS:
            if frozenset(pair) in joined or 25 in pair:
                continue
            assert not set(pair) <= present, (pair, face)


def test_a_dropped_jaw_parts_the_lips(expressions):
    for face in expressions:
        if face.aus.get("AU26", 0.0) >= 0.3:
            assert face.aus["AU25"] >= 0.3


def test_mirroring_twice_is_nothing_and_swaps_sides_and_gaze():
    aus = {"AU12L": 0.7, "AU43R": 1.0, "AU61": 0.5, "AU25": 0.4, "AU63": 0.2}
    flipped = mirror_aus(aus)
    assert flipped == {"AU12R": 0.7, "AU43L": 1.0, "AU62": 0.5, "AU25": 0.4, "AU63": 0.2}
    assert mirror_aus(flipped) == aus
    points = np.random.default_rng(0).uniform(0.0, 256.0, (70, 2))
    once = mirror_landmarks(points, 256.0)
    np.testing.assert_allclose(mirror_landmarks(once, 256.0), points)
    np.testing.assert_allclose(once[16], [256.0 - points[0, 0], points[0, 1]])


def test_a_rotation_is_yaw_then_pitch_then_roll():
    pitch, yaw, roll = 0.3, -0.7, 0.2
    axes = np.eye(3)
    expected = (
        rotation_matrix(roll * axes[2])
        @ rotation_matrix(pitch * axes[0])
        @ rotation_matrix(yaw * axes[1])
    )
    np.testing.assert_allclose(rotation_matrix(rotation_vector(pitch, yaw, roll)), expected)


def test_every_pair_of_antagonists_is_told_once_with_a_reason_and_a_source():
    pairs = [frozenset(pair) for pair in ANTAGONISTS]
    assert len(set(pairs)) == len(pairs) and all(len(pair) == 2 for pair in pairs)
    known = {split_label(label)[0] for label in AU_LABELS}
    assert set().union(*pairs) <= known
    assert all(rule.why and rule.source.startswith(("FACS 2002", "limner's choice"))
               for rule in RULES)  # fmt: skip


def test_people_use_action_units_as_often_as_was_measured():
    """Nothing is excluded here, so the shares of each emotion must come out."""
    rng = np.random.default_rng(3)
    drawn = [set(sample_measured(rng, lambda first, second: False)[0]) for _ in range(30000)]
    glad = [used for used in drawn if {1, 2, 12, 25} <= used <= {1, 2, 5, 12, 25, 26}]
    assert len(glad) == pytest.approx(30000 / len(MEASURED), rel=0.1)
    for au, share in MEASURED["happily surprised"].sometimes.items():
        assert np.mean([au in used for used in glad]) == pytest.approx(share, abs=0.05)
    joy = [used for used in drawn if {12, 25} <= used <= {6, 12, 25}]
    assert np.mean([6 in used for used in joy]) == pytest.approx(0.51, abs=0.05)


def test_what_is_confused_comes_alone_and_each_of_a_group_as_often():
    rng = np.random.default_rng(4)
    drawn = [frozenset(sample_confused(rng)) for _ in range(8000)]
    for group in CONFUSED:
        counts = [drawn.count(frozenset(one)) for one in group]
        assert min(counts) > 0.7 * max(counts) > 0
    assert set(drawn) == {frozenset(one) for group in CONFUSED for one in group}
