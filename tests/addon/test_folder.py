"""A folder of drawings: their order, their frames, and reading them behind the scenes."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from limner.addon.batch import Job, JobResult
from limner.addon.folder import FolderReader, drawings_in, frame_number, key_frames
from limner.errors import SketchError


def folder_of(tmp_path, *names):
    for name in names:
        (tmp_path / name).write_bytes(b"")
    return tmp_path


def jobs_of(*names):
    return [Job(Path(name), Path(name).stem) for name in names]


def test_numbers_in_names_are_counted(tmp_path):
    folder = folder_of(tmp_path, "smile10.png", "smile2.png", "notes.txt", "Angry.jpg")
    assert [job.path.name for job in drawings_in(folder)] == [
        "Angry.jpg",
        "smile2.png",
        "smile10.png",
    ]


@pytest.mark.parametrize("name", ["none", "empty"])
def test_a_folder_that_holds_nothing_is_told(tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(SketchError, match="choose"):
        drawings_in(tmp_path / name)


def test_the_last_number_is_the_frame():
    assert frame_number("shot03_0120.png") == 120
    assert frame_number("smile.png") is None
    assert frame_number("v2.final.7.png") == 7


def test_frames_are_counted_or_read():
    jobs = jobs_of("a_5.png", "b_17.png")
    assert key_frames(jobs, 10, 12) == [10, 22]
    assert key_frames(jobs, 10, None) == [5, 17]


@pytest.mark.parametrize("names", [("a.png",), ("a_5.png", "b_5.png")])
def test_names_without_a_frame_of_their_own_are_told(names):
    with pytest.raises(SketchError, match="count"):
        key_frames(jobs_of(*names), 1, None)


def write_report(settings, job):
    """Write the smallest report that counts as complete."""
    folder = settings.out / job.name
    folder.mkdir()
    record = {"schema": "limner.fit/1", "files": {"json": "fit.json"}, "name": job.name}
    (folder / "fit.json").write_text(json.dumps(record))


def test_answers_come_as_drawings_are_read_and_faults_are_answers():
    def run(jobs, settings):
        for job in jobs:
            if job.name == "bad":
                yield JobResult(str(job.path), job.name, "failed", "no face found in it")
            else:
                write_report(settings, job)
                yield JobResult(str(job.path), job.name, "ok")

    reader = FolderReader(jobs_of("good.png", "bad.png"), "makehuman", run=run)
    answers = {answer.job.name: answer for answer in reader.wait()}
    assert answers["good"].record["name"] == "good"
    assert answers["bad"].record is None
    assert answers["bad"].reason == "no face found in it"
    assert reader.is_done
    out = reader._out
    reader.close()
    assert not out.exists()


def test_closing_ends_what_is_under_way():
    began, ended = threading.Event(), threading.Event()

    def run(jobs, settings):
        try:
            for job in jobs:
                began.set()
                yield JobResult(str(job.path), job.name, "failed", "slow")
        finally:
            ended.set()

    reader = FolderReader(jobs_of(*(f"{n}.png" for n in range(100_000))), "makehuman", run=run)
    assert began.wait(10)
    reader.close()
    assert ended.is_set()
    assert len(reader.new()) < 100_000


@pytest.mark.slow
def test_real_drawings_are_read_by_processes_of_their_own(needs_weights, sketches, tmp_path):
    for name in ("lavater_smile.png", "busch_max.png"):
        (tmp_path / name).write_bytes((sketches / name).read_bytes())
    (tmp_path / "broken.png").write_text("no picture")
    reader = FolderReader(drawings_in(tmp_path), "makehuman", 2)
    answers = {answer.job.name: answer for answer in reader.wait()}
    reader.close()
    assert answers["lavater_smile"].record["blendshapes"]["mouthSmileLeft"] > 0.2
    assert answers["busch_max"].record is not None
    assert "broken" in answers and answers["broken"].record is None and answers["broken"].reason
