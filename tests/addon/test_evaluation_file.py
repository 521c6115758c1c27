"""Saved evaluations come back as they went, or say in one line why not."""

# SPDX-License-Identifier: GPL-3.0-or-later

import json
import math

import pytest
from limner.addon.evaluation_file import load_evaluation, save_evaluation
from limner.errors import DatasetError, OutputError


def test_what_is_saved_comes_back_with_null_for_what_is_no_number(tmp_path):
    path = tmp_path / "a.json"
    save_evaluation(path, {"data": {"macro_f1": 0.25, "macro_icc": math.nan, "list": (1, 2)}})
    record = load_evaluation(path)
    assert record["data"] == {"macro_f1": 0.25, "macro_icc": None, "list": [1, 2]}
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.parametrize("text", ["", "[]", '{"schema": "limner.fit/1"}', "\x00"])
def test_foreign_files_are_named(tmp_path, text):
    path = tmp_path / "b.json"
    path.write_text(text)
    with pytest.raises(DatasetError, match=r"b\.json: no saved evaluation"):
        load_evaluation(path)


def test_an_evaluation_without_a_data_set_is_named(tmp_path):
    path = tmp_path / "c.json"
    path.write_text(json.dumps({"schema": "limner.evaluation/1", "labelled": {}}))
    with pytest.raises(DatasetError, match="holds no figures of a data set"):
        load_evaluation(path)


def test_a_folder_in_the_way_is_an_error_and_leaves_nothing(tmp_path):
    (tmp_path / "d.json").mkdir()
    with pytest.raises(OutputError, match=r"d\.json"):
        save_evaluation(tmp_path / "d.json", {"data": {}})
    assert [entry.name for entry in tmp_path.iterdir()] == ["d.json"]
