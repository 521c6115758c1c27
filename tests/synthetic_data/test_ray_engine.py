"""A Ray cluster draws the same bytes as one process, and a killed worker costs no shard."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import signal
import sys
import time

import pytest
from limner.cluster import require_ray
from limner.errors import DatasetError, OutputError
from limner.synthetic_data import dataset, ray_shards

from ..ray_cluster import needs_ray, two_workers, workers_at

pytestmark = pytest.mark.filterwarnings("ignore")

PLAN = {"count": 24, "seed": 11, "size": 64, "shard_samples": 4}


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    out = tmp_path_factory.mktemp("data") / "whole"
    dataset.generate(out, **PLAN)
    return content(out)


@pytest.fixture(scope="module")
def cluster():
    """Start a cluster of two workers on this machine."""
    with two_workers() as ray:
        yield ray


@needs_ray
@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")
def test_a_cluster_draws_the_same_bytes_though_a_worker_is_killed(cluster, whole, tmp_path):
    killed = []

    def kill_one(done, count):
        deadline = time.monotonic() + 20.0
        while not killed and time.monotonic() < deadline:
            if busy := workers_at("_draw_elsewhere"):
                os.kill(busy[0], signal.SIGKILL)
                killed.append(busy[0])
            time.sleep(0.05)

    out = tmp_path / "spread"
    dataset.generate(out, **PLAN, engine="ray", on_progress=kill_one)
    assert killed
    assert content(out) == whole


@needs_ray
@pytest.mark.slow
def test_a_stopped_run_is_resumed_on_a_cluster(cluster, whole, tmp_path):
    out = tmp_path / "stopped"

    def stop(done, count):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dataset.generate(out, **PLAN, engine="ray", on_progress=stop)
    assert len(content(out)) < len(whole) + 6 and not (out / "dataset.json").exists()
    dataset.generate(out, **PLAN, engine="ray", resume=True, workers=2)
    assert content(out) == whole


@needs_ray
@pytest.mark.slow
def test_what_a_worker_cannot_do_is_one_clear_line(cluster, tmp_path):
    """The folder is gone when the worker comes to it."""
    with pytest.raises(DatasetError, match="choose a folder on a disk that all machines share"):
        list(
            ray_shards.shards_on_ray(
                tmp_path / "gone", (), [(0, range(1))], 1, dataset._write_elsewhere
            )
        )


def test_a_worker_with_another_version_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="another version of limner or numpy"):
        ray_shards._draw_elsewhere("other", None, (), str(tmp_path), 0, range(1))


def test_a_worker_draws_one_data_set_after_another(whole, tmp_path):
    """What it loaded for the last one must not colour the next."""
    plan = dataset.checked_plan(24, 11, {"makehuman": 1.0}, ("manga",), 64, 1, 4)
    settings = []
    for seed in (11, 12, 11):
        told = {**plan, "seed": seed}
        settings.append(tuple(told[key] for key in dataset.SETTING))
    shards = []
    for place, setting in enumerate(settings):
        out = tmp_path / str(place)
        out.mkdir()
        dataset._write_elsewhere(setting, out, 0, range(2))
        shards.append((out / "drawings-000000.tar").read_bytes())
    assert shards[0] == shards[2] != shards[1]


def test_without_ray_one_line_says_what_to_install(limner, tmp_path, monkeypatch):
    monkeypatch.setattr("limner.cluster.importlib.util.find_spec", lambda name: None)
    out = tmp_path / "set"
    status, said, err = limner(
        "dataset", "generate", "--out", out, "--count", 2, "--seed", 1, "--engine", "ray"
    )
    assert (status, said) == (1, "")
    assert err == "limner: --engine ray needs Ray: pip install 'limner[cluster]'\n"
    assert not out.exists()


def test_blenders_extension_says_that_workers_cannot_import_it(monkeypatch):
    monkeypatch.setattr("limner.cluster.importlib.util.find_spec", lambda name: object())
    monkeypatch.setattr("limner.cluster.__package__", "bl_ext.user_default.limner")
    with pytest.raises(OutputError, match="Python package on every machine"):
        require_ray()
