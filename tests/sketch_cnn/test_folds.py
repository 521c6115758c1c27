"""Nobody is in two parts of a fold, everybody is tested once a repeat, and luck is told apart."""

# SPDX-License-Identifier: GPL-3.0-or-later

import numpy as np
import pytest
from limner.errors import DatasetError
from limner.sketch_cnn.compare import JUDGED
from limner.sketch_cnn.fold_figures import compare_folds, fold_table, protocol_figures
from limner.sketch_cnn.folds import kfold, leave_one_out, write_part
from limner.sketch_cnn.readings import Readings
from limner.sketch_cnn.shards import Sample, read_folder

from .answers import invented


def people(count=40, strangers=6):
    """Two drawings of each person, each with one rig and a style of its own; and no faces."""
    samples = []
    for row in range(count + strangers):
        is_face = row < count
        meta = {"identity_id": f"p{row // 2}" if is_face else None}
        meta |= {"rig": "ab"[row // 2 % 2], "style": ("pen", "my/chalk.toml")[row % 2]}
        blank = np.zeros(44, "f4")
        samples.append(
            Sample(f"k{row}", b"", b"", is_face, blank, blank, np.zeros((70, 2), "f4"),
                   np.zeros((160, 2), "f4"), np.zeros(3, "f4"), meta)
        )  # fmt: skip
    return samples


def test_everybody_is_tested_once_a_repeat_and_never_trained_on():
    samples = people()
    folds = kfold(samples, folds=4, repeats=2)
    who = {sample.key: sample.meta["identity_id"] or sample.key for sample in samples}
    for repeat in (0, 1):
        mine = [fold for fold in folds if fold.repeat == repeat]
        tested = [key for fold in mine for key in fold.test]
        assert sorted(tested) == sorted(who)
    for fold in folds:
        parts = [{who[key] for key in part} for part in (fold.train, fold.validation, fold.test)]
        assert all(parts)
        assert not (parts[0] & parts[1] or parts[0] & parts[2] or parts[1] & parts[2])
        assert len(fold.train | fold.validation | fold.test) == len(samples)
    assert folds[0].test != folds[4].test, "repeats are shuffled anew"
    assert len({fold.seed for fold in folds}) == len({fold.name for fold in folds}) == 8
    assert kfold(samples, folds=4, repeats=2) == folds


@pytest.mark.parametrize("kind", ["rig", "style"])
def test_what_is_left_out_is_tested_and_nothing_else(kind):
    samples = people()
    for fold in leave_one_out(samples, kind, repeats=1):
        groups = {sample.key: sample.meta[kind] for sample in samples if sample.is_face}
        assert {groups[key] for key in fold.test} == {fold.left_out}
        seen = {groups[key] for key in fold.train | fold.validation if key in groups}
        assert seen == set(groups.values()) - {fold.left_out}
        assert "/" not in fold.name


def test_too_few_people_and_a_single_rig_are_refused():
    with pytest.raises(DatasetError, match="too few for 30 folds"):
        kfold(people(), 30, 1)
    with pytest.raises(DatasetError, match="only one rig, a"):
        leave_one_out(people(2, 0), "rig", 1)


def test_a_part_holds_its_samples_as_they_were(drawings, tmp_path):
    whole = read_folder(drawings)
    keys = frozenset(sample.key for sample in whole[5:20:2])
    assert write_part(drawings, tmp_path / "part", keys) == len(keys)
    part = read_folder(tmp_path / "part")
    assert {sample.key for sample in part} == keys
    same = {sample.key: sample for sample in whole}
    for sample in part:
        assert sample.picture == same[sample.key].picture
        assert sample.labels == same[sample.key].labels


def told(noises, seeds, method="detector"):
    """Return folds whose detectors have some noise, and what they answered."""
    folds, readings = [], []
    for number, (noise, seed) in enumerate(zip(noises, seeds, strict=True)):
        answers = invented(80, seed=seed, noise=noise, prefix=f"{number}-")
        folds.append(
            {"left_out": str(number), "repeat": 0, "train": 320, "test": 80,
             "figures": fold_table({method: answers})}
        )  # fmt: skip
        readings.append(answers)
    return folds, readings


def test_a_better_detector_is_better_fold_by_fold_and_an_equal_one_is_not():
    good, answers = told([0.2] * 5, range(5))
    pooled = [Readings.joined(answers)]
    assert len(pooled[0].keys) == 400
    same = protocol_figures(good, pooled, 20)
    worse = protocol_figures(told([0.6] * 5, range(5))[0], pooled, 20)
    luck = protocol_figures(told([0.2] * 5, range(10, 15))[0], pooled, 20)
    against = compare_folds(worse, same)
    assert against["macro_f1"]["verdict"] == against["macro_mae"]["verdict"] == "better"
    assert compare_folds(same, worse)["macro_f1"]["verdict"] == "worse"
    assert {e["verdict"] for e in compare_folds(same, luck).values()} == {"no difference"}


def test_the_floor_follows_nadeau_and_bengio():
    folds, answers = told([0.2, 0.3, 0.4], range(3))
    figures = protocol_figures(folds, [Readings.joined(answers)], 20)
    values = np.array([fold["figures"]["detector"]["macro_f1"] for fold in folds])
    from scipy.stats import t

    reach = t.ppf(1.0 - 0.025 / len(JUDGED), 2) * np.sqrt(1 / 3 + 80 / 320)
    expected = reach * np.sqrt(2.0) * values.std(ddof=1)
    assert figures["noise_floor"]["macro_f1"] == pytest.approx(expected)
    assert figures["mean"]["detector"]["macro_f1"] == pytest.approx(values.mean())


def test_other_folds_cannot_be_compared():
    folds, answers = told([0.2] * 3, range(3))
    one = protocol_figures(folds, [Readings.joined(answers)], 20)
    two = {**one, "folds": one["folds"][:2]}
    assert compare_folds(one, two) is None


def test_baselines_are_set_against_the_detector():
    folds, answers = told([0.2] * 4, range(4))
    for fold, bad in zip(folds, told([0.7] * 4, range(4))[0], strict=True):
        fold["figures"]["guess"] = bad["figures"]["detector"]
    figures = protocol_figures(folds, [Readings.joined(answers)], 20)
    assert figures["against"]["guess"]["macro_f1"]["verdict"] == "better"
