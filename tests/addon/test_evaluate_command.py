"""`limner evaluate`: figures on standard output, everything in a file, a page beside it."""

# SPDX-License-Identifier: GPL-3.0-or-later

import json
import sys

import pytest
from limner.addon.evaluation_file import save_evaluation
from limner.sketch_cnn.evaluate import summarise

from ..sketch_cnn.answers import invented


@pytest.fixture(scope="module")
def drawings(tmp_path_factory):
    from limner.synthetic_data.dataset import generate

    folder = tmp_path_factory.mktemp("drawings")
    generate(folder, 10, 5, size=128, shard_samples=10)
    return folder


def test_figures_are_printed_saved_and_shown(limner, drawings, tmp_path, needs_weights):
    saved, page = tmp_path / "a.json", tmp_path / "a.html"
    status, out, err = limner("evaluate", "--data", drawings, "--json", saved, "--html", page)
    assert (status, err) == (0, "")
    printed = {line.split("\t")[0]: line.split("\t")[1:] for line in out.splitlines()}
    record = json.loads(saved.read_text())
    assert float(printed["macro_auc"][0]) == pytest.approx(record["data"]["macro_auc"], rel=1e-3)
    assert len(printed["macro_auc"]) == 3, "figure, lower and upper end"
    assert len(record["answers"]["keys"]) == record["data"]["drawings"] <= 10
    assert drawings.name in page.read_text(encoding="utf-8")
    assert str(drawings.parent) not in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [((), "give --data"), (("--labelled", "x.csv", "--baselines", "d"), "needs --data")],
)
def test_what_is_missing_is_wrong_usage(limner, arguments, wanted):
    status, out, err = limner("evaluate", *arguments)
    assert (status, out) == (2, "")
    assert wanted in err


def test_the_exit_status_says_whether_the_second_is_worse(limner, tmp_path):
    paths = []
    for name, noise in (("good", 0.1), ("bad", 0.6)):
        readings = invented(80, noise=noise)
        paths.append(tmp_path / f"{name}.json")
        record = {"data": summarise(readings, resamplings=50), "answers": readings.record()}
        save_evaluation(paths[-1], record)
    status, out, err = limner("evaluate", "--compare", *paths)
    assert (status, err) == (1, "")
    verdicts = {line.split("\t")[0]: line.split("\t")[-1] for line in out.splitlines()[1:]}
    assert verdicts["macro_f1"] == "worse"
    told = tmp_path / "told.json"
    status, out, _ = limner("evaluate", "--compare", *reversed(paths), "--json", told)
    assert status == 0
    assert json.loads(told.read_text())["comparison"]["figures"]["macro_f1"]["verdict"] == "better"


def test_a_foreign_file_costs_one_line(limner, tmp_path):
    (tmp_path / "x.json").write_text("{}")
    status, out, err = limner("evaluate", "--compare", tmp_path / "x.json", tmp_path / "x.json")
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert "no saved evaluation" in err


def test_without_scikit_learn_baselines_cost_one_line(limner, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.exceptions", None)
    monkeypatch.delitem(sys.modules, "limner.sketch_cnn.baselines", raising=False)
    status, out, err = limner("evaluate", "--data", tmp_path, "--baselines", tmp_path)
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert "pip install 'limner[train]'" in err


def test_baselines_stand_beside_the_detector(limner, drawings, tmp_path, needs_weights):
    pytest.importorskip("sklearn", reason="the baselines need limner[train]")
    saved, page = tmp_path / "a.json", tmp_path / "a.html"
    status, out, err = limner(
        "evaluate", "--data", drawings, "--baselines", drawings, "--json", saved, "--html", page
    )
    assert (status, err) == (0, "")
    assert "prior: macro_f1\t" in out
    beside = json.loads(saved.read_text())["data"]["baselines"]
    assert beside["nothing"]["macro_f1"] == 0.0
    assert beside["prior"]["against"]["macro_auc"]["first"] == pytest.approx(0.5)
    assert 'id="baselines"' in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("option", ["--json", "--html"])
def test_a_place_that_is_not_there_is_named_before_the_reading_starts(limner, tmp_path, option):
    place = tmp_path / "no" / "file"
    status, out, err = limner("evaluate", "--data", tmp_path, option, place)
    assert (status, out) == (1, "")
    assert err == f"limner: {place}: its folder is not there; make it, or choose another place\n"
