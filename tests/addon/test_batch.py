"""Names of results, folders as inputs, and what counts as done."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from limner.addon.batch import (
    SUMMARY,
    BatchSettings,
    JobResult,
    expand_folders,
    plan_jobs,
    run_batch,
)
from limner.addon.outputs import write_fit

from ..tiny_rig import tiny_fit, tiny_rig


def names(*paths):
    return [job.name for job in plan_jobs([Path(path) for path in paths])]


def test_drawings_of_one_name_get_numbers():
    assert names("a/face.png", "b/face.jpg", "c/face.png", "d/other.png") == [
        "face",
        "face-2",
        "face-3",
        "other",
    ]


def test_a_number_that_is_taken_is_not_given_again():
    assert names("a/face-2.png", "a/face.png", "b/face.png") == ["face-2", "face", "face-3"]


def test_case_and_accents_do_not_make_two_names():
    """Some disks hold "Face" and "face", or two spellings of "é", for the same."""
    assert names("a/Face.png", "b/face.png") == ["Face", "face-2"]
    assert names("a/\u00e9.png", "b/e\u0301.png") == ["\u00e9", "e\u0301-2"]


def test_a_drawing_never_takes_the_place_of_the_summary():
    assert names("summary.jsonl.png") != [SUMMARY]


@given(st.lists(st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]))))
def test_names_are_always_distinct_and_inside_the_folder(stems):
    given_names = names(*(f"x{stem}.png" for stem in stems))
    assert len({name.casefold() for name in given_names}) == len(stems)
    assert all(os.sep not in name and name not in {"", ".", ".."} for name in given_names)


def test_a_folder_stands_for_the_pictures_in_it(tmp_path):
    for name in ("b.png", "a.JPG", "notes.txt", ".hidden.png"):
        (tmp_path / name).touch()
    (tmp_path / "deeper.png").mkdir()
    found = expand_folders([tmp_path, Path("x.png")])
    assert found == [tmp_path / "a.JPG", tmp_path / "b.png", Path("x.png")]


def test_a_folder_without_pictures_is_answered_as_it_is(tmp_path):
    assert expand_folders([tmp_path]) == [tmp_path]


@pytest.fixture
def done(tmp_path):
    """Return settings and jobs of a run whose only drawing is complete."""
    drawing = tmp_path / "face.png"
    drawing.write_bytes(b"what was drawn")
    fit = tiny_fit(tiny_rig())
    digest = hashlib.sha256(drawing.read_bytes()).hexdigest()
    fit = replace(fit, sketch=replace(fit.sketch, sha256=digest, path=drawing))
    settings = BatchSettings(tmp_path / "out", rig="tiny", formats=("obj", "json"), resume=True)
    settings.out.mkdir()
    write_fit(fit, settings.out / "face", settings.formats)
    return settings, plan_jobs([drawing])


def test_what_is_complete_is_not_done_again(done):
    settings, jobs = done
    (result,) = run_batch(jobs, settings)
    assert result.is_ok and result.resumed
    assert result.closed == pytest.approx(0.925)
    (line,) = (settings.out / SUMMARY).read_text().splitlines()
    assert json.loads(line)["status"] == "ok"


@pytest.mark.parametrize(
    "change", ["drawing", "format", "rig", "file", "as", "strengths", "neutral", "distance"]
)
def test_what_has_changed_is_done_again(done, change):
    """The rig is not in any folder, so doing it again shows as a failure that names it."""
    settings, jobs = done
    if change == "drawing":
        jobs[0].path.write_bytes(b"drawn anew")
    elif change == "format":
        settings = replace(settings, formats=("glb", "obj", "json"))
    elif change == "rig":
        settings = replace(settings, rig="another")
    elif change == "as":
        settings = replace(settings, correct_as="identity")
    elif change == "strengths":
        settings = replace(settings, strengths={"mouth": 0.5})
    elif change == "neutral":
        settings = replace(settings, neutral=jobs[0].path)
    elif change == "distance":
        settings = replace(settings, distance_m=0.8)
    else:
        (settings.out / "face" / "face.obj").unlink()
    (result,) = run_batch(jobs, settings)
    assert not result.resumed
    assert not result.is_ok and settings.rig in result.reason


def test_settings_cross_to_another_process_unchanged(tmp_path):
    settings = BatchSettings(
        tmp_path, strengths={"mouth": 0.5}, hold=("pose",), neutral=tmp_path, distance_m=0.5
    )
    assert BatchSettings.from_json(json.loads(json.dumps(settings.to_json()))) == settings


@given(st.builds(JobResult, st.text(), st.text(), st.sampled_from(["ok", "failed"]), st.text()))
def test_results_cross_to_another_process_unchanged(result):
    assert JobResult.from_json(result.to_json()) == result
    assert "\n" not in result.to_json()
