"""Expressions obey FACS, reach every AU often enough, and mirror."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
import pytest
from limner.rig.face_rig import rotation_matrix
from limner.rig.facs import AU_LABELS, split_label
from limner.synthetic_data.sampler import (
    ANTAGONISTS,
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
