"""`limner evaluate --protocol`: what it needs, what its page shows, and how two runs compare."""

# SPDX-License-Identifier: GPL-3.0-or-later

import pytest
from limner.addon.evaluation_file import save_evaluation
from limner.addon.evaluation_sections import protocol_section
from limner.sketch_cnn.evaluate import summarise
from limner.sketch_cnn.fold_figures import DETECTOR, fold_table, protocol_figures
from limner.sketch_cnn.readings import Readings

from ..sketch_cnn.answers import invented


def result(noise, seeds=range(4)):
    """Return what a run of kfold saves whose networks have some noise."""
    answers = [invented(80, seed=seed, noise=noise, prefix=f"{seed}-") for seed in seeds]
    folds = [
        {
            "name": f"kfold-0-{number}",
            "left_out": f"{number + 1} of 4",
            "repeat": 0,
            "train": 240,
            "test": 80,
            "figures": fold_table({DETECTOR: part, "prior": invented(80, seed=9, noise=0.8)}),
        }
        for number, part in enumerate(answers)
    ]
    pooled = Readings.joined(answers)
    told = protocol_figures(folds, [pooled], resamplings=20)
    record = {"data": summarise(pooled, resamplings=20), "answers": pooled.record()}
    return {**record, "protocol": {"kfold": told}}


@pytest.fixture(scope="module")
def good():
    return result(0.2)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--data", "d"),
        ("--work", "w"),
        ("--data", "d", "--work", "w", "--model", "m"),
        ("--data", "d", "--work", "w", "--baselines", "b"),
    ],
)
def test_what_a_protocol_needs_is_said(limner, arguments):
    status, out, err = limner("evaluate", "--protocol", "kfold", *arguments)
    assert (status, out) == (2, "")
    assert "--protocol kfold needs --data DIR and --work DIR" in err


def test_a_folder_without_shards_is_one_clear_line(limner, tmp_path):
    pytest.importorskip("torch", reason="protocols need limner[train]")
    pytest.importorskip("sklearn", reason="protocols need limner[train]")
    status, out, err = limner(
        "evaluate", "--protocol", "lodo", "--data", tmp_path, "--work", tmp_path / "work"
    )
    assert (status, out) == (1, "")
    assert len(err.splitlines()) == 1 and "no .tar shards" in err


def test_two_runs_are_compared_fold_by_fold(limner, good, tmp_path):
    paths = []
    for name, record in (("good", good), ("bad", result(0.6)), ("luck", result(0.21))):
        paths.append(tmp_path / f"{name}.json")
        save_evaluation(paths[-1], record)
    status, out, _ = limner("evaluate", "--compare", paths[0], paths[1])
    rows = {line.split("\t")[0]: line.split("\t") for line in out.splitlines()}
    assert status == 1 and rows["macro_f1"][-1] == "worse"
    floor = float(rows["macro_f1"][4])
    one, two = (
        fold["figures"][DETECTOR]["macro_f1"] for fold in good["protocol"]["kfold"]["folds"][:2]
    )
    assert floor > 0.0 and one != two
    status, _, _ = limner("evaluate", "--compare", paths[1], paths[0])
    assert status == 0


def test_the_page_shows_every_fold_and_the_floor(good):
    section = protocol_section({"protocol": good["protocol"]})
    for words in ("1 of 4", "4 of 4", "noise floor", "prior", "spread over folds"):
        assert words in section
    assert protocol_section({}) == ""
