"""Folds are trained, measured beside the baselines, and gone on with where a run was stopped."""

# SPDX-License-Identifier: GPL-3.0-or-later

import json

import pytest
from limner.sketch_cnn.folds import kfold
from limner.sketch_cnn.shards import read_folder

pytest.importorskip("sklearn", reason="protocols need limner[train]")
pytest.importorskip("onnxscript", reason="protocols need limner[train]")
pytest.importorskip("torch", reason="protocols need limner[train]")
from limner.sketch_cnn import protocols
from limner.sketch_cnn.protocols import ProtocolSettings, fold_recipe, run_folds

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def settings(recipe):
    return ProtocolSettings(recipe, drawings=8, limit=8)


@pytest.fixture(scope="module")
def run(tmp_path_factory, drawings, settings):
    folds = kfold(read_folder(drawings), folds=2, repeats=1)
    work = tmp_path_factory.mktemp("work")
    told, readings = run_folds(drawings, work, folds, settings)
    return folds, work, told, readings


def test_every_fold_has_a_network_and_every_method_its_figures(run, settings):
    folds, work, told, readings = run
    assert [fold["name"] for fold in told["folds"]] == [fold.name for fold in folds]
    assert {"detector", "prior", "HOG"} <= set(told["mean"])
    assert len(readings.keys) == sum(fold["test"] for fold in told["folds"])
    for fold in folds:
        saved = json.loads((work / fold.name / "answers.json").read_text())
        assert (work / fold.name / saved["plan"] / "reader.onnx").is_file()
        assert set(saved["detector"]["keys"]) <= fold.test
    seeds = {fold_recipe(settings, fold.seed).seed for fold in folds}
    assert len(seeds) == len(folds)


def test_what_is_done_is_not_done_again(run, drawings, settings, monkeypatch):
    folds, work, told, _ = run
    trained = []

    def train(*arguments, **_):
        trained.append(arguments)
        raise RuntimeError("trained again")

    monkeypatch.setattr(protocols, "train", train)
    again, _ = run_folds(drawings, work, folds, settings)
    assert again["mean"]["detector"] == pytest.approx(told["mean"]["detector"], nan_ok=True)
    assert not trained
    (work / folds[1].name / "answers.json").unlink()
    with pytest.raises(RuntimeError, match="trained again"):
        run_folds(drawings, work, folds, settings)
    assert len(trained) == 1


def test_another_budget_is_another_training(run, drawings, recipe):
    folds, _, _, _ = run
    one, two = (ProtocolSettings(recipe, drawings=count) for count in (8, 12))
    plans = [protocols._plan(drawings, folds[0], how) for how in (one, two, one)]
    assert plans[0] == plans[2] != plans[1]
