"""A batch over a Ray cluster gives what one process gives, and a killed worker costs nothing."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest
from limner.addon.batch import BatchSettings, plan_jobs, run_batch
from limner.addon.ray_engine import run_on_ray
from limner.cluster import require_ray
from limner.errors import OutputError
from PIL import Image

from ..ray_cluster import needs_ray, two_workers, workers_at

needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")


@pytest.fixture
def drawings(sketches, tmp_path):
    """Return a folder of four drawings of two people, and a file that is none."""
    folder = tmp_path / "drawings"
    folder.mkdir()
    for name in ("busch_max", "lavater_smile"):
        with Image.open(sketches / f"{name}.png") as image:
            image.save(folder / f"{name}.png")
            image.resize((image.width * 3 // 4, image.height * 3 // 4)).save(
                folder / f"{name}_small.png"
            )
    (folder / "not_a_picture.png").write_text("none")
    return folder


@pytest.fixture
def cluster():
    """Start a cluster of two workers on this machine."""
    with two_workers() as ray:
        yield ray


def records(out: Path) -> dict[str, dict]:
    """Return name → fit.json without what differs from run to run."""
    found = {}
    for path in out.glob("*/fit.json"):
        record = json.loads(path.read_text(encoding="utf-8"))
        del record["timing_s"]
        found[path.parent.name] = record
    return found


@needs_ray
@needs_proc
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_cluster_gives_the_same_and_a_killed_worker_costs_no_drawing(
    needs_weights, cluster, drawings, tmp_path
):
    jobs = plan_jobs(sorted(drawings.iterdir()))
    local, spread = tmp_path / "local", tmp_path / "spread"
    here = {r.name: r for r in run_batch(jobs, BatchSettings(local, formats=("json", "glb")))}
    settings = BatchSettings(spread, formats=("json", "glb"), engine="ray")
    there, killed = {}, 0
    for result in run_batch(jobs, settings):
        there[result.name] = result
        if not killed and (busy := _wait_for_workers()):
            os.kill(busy[0], signal.SIGKILL)
            killed += 1
    assert killed == 1
    assert there.keys() == here.keys()
    for name, result in here.items():
        assert (there[name].status, there[name].path) == (result.status, result.path)
        assert there[name].reason == result.reason
    assert not there["not_a_picture"].is_ok
    assert records(spread) == records(local)
    assert len(records(local)) == 4
    for name in records(local):
        glb = f"{name}/{name}.glb"
        assert (spread / glb).read_bytes() == (local / glb).read_bytes()
    assert not list(spread.glob(".partial-*"))
    names = [json.loads(line)["name"] for line in (spread / "summary.jsonl").open()]
    assert names == [job.name for job in jobs]


def _wait_for_workers() -> list[int]:
    """Wait a little for a worker to be at work."""
    for _ in range(50):
        if found := workers_at("_fit_one"):
            return found
        time.sleep(0.1)
    return []


@needs_ray
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_stopping_calls_back_what_is_under_way(needs_weights, cluster, drawings, tmp_path):
    jobs = plan_jobs(sorted(drawings.iterdir()))
    running = run_on_ray(jobs, BatchSettings(tmp_path / "out", formats=("json",), engine="ray"))
    next(running)
    running.close()
    done = len(list((tmp_path / "out").glob("*/fit.json")))
    time.sleep(3.0)
    assert len(list((tmp_path / "out").glob("*/fit.json"))) <= done + 1
    assert not list((tmp_path / "out").glob(".partial-*"))


def test_without_ray_one_line_says_what_to_install(limner, sketches, tmp_path, monkeypatch):
    monkeypatch.setattr("limner.cluster.importlib.util.find_spec", lambda name: None)
    status, out, err = limner(
        "fit", sketches / "busch_max.png", "--out", tmp_path, "--formats", "json",
        "--engine", "ray",
    )  # fmt: skip
    assert status != 0
    assert out == ""
    assert "pip install 'limner[cluster]'" in err
    assert len(err.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_blenders_extension_says_that_workers_cannot_import_it(monkeypatch):
    monkeypatch.setattr("limner.cluster.importlib.util.find_spec", lambda name: object())
    monkeypatch.setattr("limner.cluster.__package__", "bl_ext.user_default.limner")
    with pytest.raises(OutputError, match="Python package on every machine"):
        require_ray()
