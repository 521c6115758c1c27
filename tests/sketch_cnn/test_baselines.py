"""Simple methods learn what they can see, and nothing that they cannot."""

# SPDX-License-Identifier: GPL-3.0-or-later

from dataclasses import replace

import numpy as np
import pytest
from limner.sketch_cnn.crop import landmark_box
from limner.sketch_cnn.detection import Detection
from limner.sketch_cnn.figures import table_figures
from limner.sketch_cnn.labels import AU_LABELS, FEATURES, MIRRORED_AUS, MIRRORED_LANDMARKS
from limner.sketch_cnn.shards import read_folder

from .answers import invented

pytest.importorskip("sklearn", reason="the baselines need limner[train]")
from limner.sketch_cnn.baselines import BASELINES, Material, answer_all

ALWAYS = tuple(name for name in BASELINES if name != "FaceMesh")
SMILE = AU_LABELS.index("AU12L")
CORNER = 54
"""The mouth's corner on the subject's left, in iBUG's order."""


def faces(readings, seed):
    """Return faces whose left mouth corner rises where AU12L is there, anywhere on a sheet."""
    rng = np.random.default_rng(seed)
    base = np.random.default_rng(0).uniform(0.0, 100.0, (70, 2))
    base = 0.5 * (base + [100.0, 0.0] + base[list(MIRRORED_LANDMARKS)] * [-1.0, 1.0])
    base[36:42, 0], base[42:48, 0] = 30.0, 70.0
    out = Material()
    for there in readings.present[:, SMILE]:
        points = base + rng.normal(size=(70, 2))
        points[CORNER, 1] -= 12.0 * there
        turn, scale = rng.uniform(-0.4, 0.4), rng.uniform(0.5, 3.0)
        spin = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        points = points @ spin.T + rng.uniform(-50.0, 50.0, 2)
        out.true.append(points)
        out.found.append(np.full((70, 2), np.nan))
        out.gradients.append((rng.normal(size=16), rng.normal(size=16)))
    return out


@pytest.fixture(scope="module")
def answers():
    train, test = invented(160, seed=1), invented(80, seed=2)
    return train, test, answer_all(train, faces(train, 3), test, faces(test, 4))


def area(readings, label):
    return table_figures(readings, np.ones((1, len(readings.keys))))["auc"][0, label]


def test_true_landmarks_tell_what_moves_a_landmark_whatever_the_tilt_and_size(answers):
    _, _, said = answers
    assert area(said["true landmarks"], SMILE) > 0.97
    blind = np.delete(np.arange(len(AU_LABELS)), [SMILE, MIRRORED_AUS[SMILE]])
    others = [area(said["true landmarks"], label) for label in blind]
    assert 0.4 < np.mean(others) < 0.6, "what is not to be seen is not learnt"


def test_what_is_not_seen_is_answered_alike_for_all(answers):
    _, _, said = answers
    probability = said["found landmarks"].probability
    np.testing.assert_allclose(probability, np.tile(probability[0], (len(probability), 1)))


def test_the_prior_is_how_often_it_was_there_in_training(answers):
    train, _, said = answers
    pair = [SMILE, MIRRORED_AUS[SMILE]]
    there = (train.present & train.scored)[:, pair].sum() / train.scored[:, pair].sum()
    assert np.unique(said["prior"].probability[:, SMILE]) == pytest.approx([there])
    assert area(said["prior"], SMILE) == 0.5
    assert not said["nothing"].decided.any()
    assert tuple(said) == ALWAYS


def test_co_occurrence_knows_what_goes_together_and_not_the_label_itself():
    """AU26 comes with AU12 on the left or right; all else comes as it likes."""
    train, test = (
        replace(part, intensity=np.where(part.intensity == 0.2, 0.0, part.intensity))
        for part in (invented(300, seed=1), invented(120, seed=2))
    )
    jaw, sides = AU_LABELS.index("AU26"), [SMILE, MIRRORED_AUS[SMILE]]

    def together(part):
        intensity = part.intensity.copy()
        intensity[:, jaw] = intensity[:, sides].max(axis=1)
        return replace(part, intensity=intensity, visible=np.ones_like(part.visible))

    train, test = together(train), together(test)
    said = answer_all(train, faces(train, 3), test, faces(test, 4))["co-occurrence"]
    assert area(said, jaw) > 0.97
    free = np.delete(np.arange(len(AU_LABELS)), [jaw, *sides])
    assert 0.4 < np.mean([area(said, label) for label in free]) < 0.6, "not by itself"


def test_a_mirrored_face_gets_the_mirrored_answer():
    train, test = invented(160, seed=1), invented(20, seed=2)
    seen = faces(test, 4)
    mirrored = Material(
        [points[list(MIRRORED_LANDMARKS)] * [-1.0, 1.0] for points in seen.true],
        seen.found,
        [(b, a) for a, b in seen.gradients],
    )
    known = faces(train, 3)
    order = list(MIRRORED_AUS)
    other = replace(test, intensity=test.intensity[:, order], visible=test.visible[:, order])
    first = answer_all(train, known, test, seen)
    second = answer_all(train, known, other, mirrored)
    for name in ALWAYS:
        np.testing.assert_allclose(
            second[name].probability[:, list(MIRRORED_AUS)], first[name].probability, atol=1e-9
        )


def test_gradients_of_the_mirrored_drawing_are_those_kept_for_the_mirror(drawings):
    sample = next(sample for sample in read_folder(drawings) if sample.is_face)
    seen = Material()
    seen(sample, reading(sample.landmarks.astype(float)))
    straight, mirrored = seen.gradients[0]
    assert straight.shape == mirrored.shape and np.linalg.norm(straight) > 1.0
    assert not np.allclose(straight, mirrored)
    seen(replace(sample, is_face=False), None)
    seen(sample, None)
    assert len(seen.true) == 2 and np.isnan(seen.found[1]).all()
    assert not np.any(seen.gradients[1])


def reading(landmarks):
    """Return an empty detection with these landmarks."""
    count = len(AU_LABELS)
    return Detection(
        au_labels=AU_LABELS,
        **dict.fromkeys(("probability", "intensity", "uncertainty", "visible"), np.zeros(count)),
        face_box=landmark_box(landmarks),
        face_score=1.0,
        other_faces=(),
        landmarks=landmarks,
        landmark_spread=np.ones(70),
        pose=np.zeros(3),
        features=FEATURES,
        feature_probability=np.zeros((len(FEATURES), 4, 4), np.float32),
        crop_from_ink=np.eye(2, 3),
    )


def test_a_mesh_tells_where_there_is_one_and_nothing_elsewhere():
    train, test = invented(160, seed=1), invented(80, seed=2)
    rng = np.random.default_rng(5)

    def meshes(readings, seen):
        there = readings.present[:, [SMILE, MIRRORED_AUS[SMILE]]]
        rows = there + 0.1 * rng.normal(size=there.shape)
        features = rows * seen[:, None], rows[:, ::-1] * seen[:, None]
        return features, seen

    blind = np.arange(80) % 4 == 0
    pair = meshes(train, np.ones(160, bool)), meshes(test, ~blind)
    said = answer_all(train, faces(train, 3), test, faces(test, 4), pair)["FaceMesh"]
    assert (said.found == ~blind).all()
    assert not said.decided[blind].any() and (said.probability[blind] == 0.0).all()
    assert area(said.select(np.nonzero(~blind)[0]), SMILE) > 0.95
