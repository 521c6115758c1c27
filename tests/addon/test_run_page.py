"""The page of a run tells of every drawing, and is there or said not to be."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from limner.addon import run_page as module
from limner.addon.batch import BatchSettings, JobResult, plan_jobs, run_batch
from limner.addon.fit import Gap
from limner.addon.outputs import PAGE, read_report, write_fit
from limner.addon.run_page import run_page
from limner.errors import OutputError

from ..tiny_rig import tiny_fit, tiny_rig
from .whole_page import Balanced

SKETCHES = Path(__file__).parents[1] / "data" / "sketches"
FORMATS = ("json", "html")
GAPS = {"good": 0.01, "bad & <b>": 0.07, "fair": 0.03}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return a folder with three fits, and the results of a run in which a fourth failed."""
    out, fit = tmp_path_factory.mktemp("run"), tiny_fit(tiny_rig())
    results = []
    for name, last in GAPS.items():
        curves = {"brow_L": (0.1, 0.05, last), "brow_R": (0.2, 0.1, 2 * last)}
        path = Path(f"{name}.png")
        mine = replace(fit, gap=Gap(0.1, 0.05, last, curves), sketch=replace(fit.sketch, path=path))
        write_fit(mine, out / name, FORMATS)
        results.append(JobResult(str(path), name, "ok"))
    results.append(JobResult("empty.png", "empty", "failed", "no face in it; draw <one>"))
    return out, results


def test_the_page_is_whole_and_every_link_leads_somewhere(run):
    page = run_page(*run)
    parser = Balanced()
    parser.feed(page)
    assert not parser.open
    assert len(parser.links) == 3 and parser.links <= parser.anchors
    assert parser.pictures == 12
    text = re.sub(r'src="data:[^"]*"', "", page)
    assert "http" not in text and "url(" not in text
    assert "bad &amp; &lt;b&gt;" in text and "bad & <b>" not in text


def test_the_worst_come_first_and_failures_are_told(run):
    page = run_page(*run)
    names = re.findall(r'<td><a href="#drawing-(\d)">(.*?)</a></td><td>(\d+%)</td>', page)
    assert names == [
        ("1", "bad &amp; &lt;b&gt;", "30%"),
        ("2", "fair", "70%"),
        ("3", "good", "90%"),
    ]
    titles = re.findall(r'<section id="drawing-(\d)"><article><h2>(.*?)\.png</h2>', page)
    assert titles == [name[:2] for name in names]
    assert "3 of 4 drawings fitted" in page
    assert "<b>empty.png</b>: no face in it; draw &lt;one&gt;" in page


def test_its_figures_are_means_over_the_drawings(run):
    page = run_page(*run)
    closed = [1.0 - last / 0.1 for last in GAPS.values()]
    assert f"<b>{np.mean(closed):.0%}</b>of the gap closed, mean" in page
    assert f"<b>{np.mean(list(GAPS.values())):.3f}</b>eye distances left" in page
    brow = re.search(r">brow \(6\)</text>(.*?)</svg>", page, re.DOTALL).group(1)
    told = re.findall(r'text-anchor="end">(\d\.\d{3})', brow)
    assert told == ["0.150", "0.075", f"{1.5 * np.mean(list(GAPS.values())):.3f}"]
    chart = re.search(r"by the gap closed in %</text>(.*?)</svg>", page, re.DOTALL).group(1)
    shares = re.findall(r'text-anchor="middle">(\d+)</text>', chart)
    assert [int(share) for share in shares] == [0, 0, 0, 33, 0, 0, 0, 33, 0, 33]


def test_a_long_run_links_the_drawings_own_pages(run, monkeypatch):
    out, results = run
    monkeypatch.setattr(module, "TAKEN_IN", 2)
    page = run_page(out, results)
    links = [unquote(link) for link in re.findall(r'<td><a href="(.*?)">', page)]
    assert len(links) == 3 and "<article>" not in page
    assert all((out / link).is_file() for link in links)


def test_a_run_in_which_all_failed_has_a_page_too(tmp_path):
    failed = [JobResult(f"{name}.png", name, "failed", "why") for name in "ab"]
    page = run_page(tmp_path, failed)
    parser = Balanced()
    parser.feed(page)
    assert not parser.open and "0 of 2 drawings fitted" in page


def complete(tmp_path, formats):
    """Return settings and jobs of a run with one drawing, which an earlier run completed."""
    drawing = tmp_path / "face.png"
    drawing.write_bytes(b"what was drawn")
    fit, digest = tiny_fit(tiny_rig()), hashlib.sha256(b"what was drawn").hexdigest()
    fit = replace(fit, sketch=replace(fit.sketch, sha256=digest, path=drawing))
    settings = BatchSettings(tmp_path / "out", rig="tiny", formats=FORMATS, resume=True)
    settings.out.mkdir()
    write_fit(fit, settings.out / "face", formats)
    return settings, plan_jobs([drawing])


def test_a_resumed_run_has_its_page_without_fitting_again(tmp_path):
    settings, jobs = complete(tmp_path, FORMATS)
    (result,) = run_batch(jobs, settings)
    assert result.resumed
    assert "1 of 1 drawings fitted" in (settings.out / PAGE).read_text(encoding="utf-8")


def test_what_was_fitted_without_a_page_is_fitted_again_for_one(tmp_path):
    """The rig is not in any folder, so doing it again shows as a failure that names it."""
    settings, jobs = complete(tmp_path, ("json",))
    (result,) = run_batch(jobs, settings)
    assert not result.is_ok and "tiny" in result.reason
    assert "0 of 1 drawings fitted" in (settings.out / PAGE).read_text(encoding="utf-8")


def test_a_fit_without_a_page_takes_the_old_one_away(tmp_path):
    fit = tiny_fit(tiny_rig())
    write_fit(fit, tmp_path / "face", FORMATS)
    assert read_report(tmp_path / "face")["files"]["html"] == PAGE
    write_fit(fit, tmp_path / "face", ("json",))
    assert not (tmp_path / "face" / PAGE).exists()


def test_no_drawing_takes_the_place_of_the_page():
    (job,) = plan_jobs([Path(f"{PAGE}.png")])
    assert job.name != PAGE


def test_a_folder_in_its_place_is_said_before_anything_is_fitted(limner, tmp_path):
    out = tmp_path / "out"
    (out / PAGE).mkdir(parents=True)
    drawing = SKETCHES / "lorelei_smile.png"
    status, told, err = limner("fit", drawing, "--out", out, "--formats", "json", "--report")
    assert status == 1 and told == ""
    assert err.count("\n") == 1 and str(out / PAGE) in err and "--out" in err
    assert [path.name for path in out.iterdir()] == [PAGE]


@pytest.mark.skipif(os.name != "posix", reason="disks of a size are mounted on POSIX only")
def test_a_full_disk_leaves_no_half_page(run, small_disk):
    out, results = run
    written = run_page(out, results)
    assert len(written) > 100_000
    (small_disk / "filler").write_bytes(bytes(1024 * 1024 - 65536))
    from limner.addon.outputs import write_whole

    with pytest.raises(OutputError, match="disk is full"):
        write_whole(small_disk / PAGE, written)
    assert [path.name for path in small_disk.iterdir()] == ["filler"]


@pytest.mark.slow
def test_a_real_run_writes_the_page_of_all_and_of_each(needs_weights, limner, tmp_path):
    paths = [SKETCHES / "lorelei_smile.png", SKETCHES / "lorelei_wink.png"]
    status, told, _ = limner("fit", *paths, "--out", tmp_path, "--formats", "json", "--report")
    assert status == 0 and str(tmp_path / PAGE) in told
    page = (tmp_path / PAGE).read_text(encoding="utf-8")
    assert "2 of 2 drawings fitted" in page and page.count("<article>") == 2
    for name in ("lorelei_smile", "lorelei_wink"):
        assert (tmp_path / name / PAGE).is_file()
        record = read_report(tmp_path / name)
        assert f"<b>{record['gap']['closed']:.0%}</b>of the gap closed" in page
