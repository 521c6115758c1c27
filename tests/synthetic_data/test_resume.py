"""A stopped run loses the shards in progress and nothing else, and nothing foreign gets in."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from limner.errors import DatasetError
from limner.synthetic_data import dataset

PLAN = {"count": 6, "seed": 11, "size": 64, "shard_samples": 2}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    out = tmp_path_factory.mktemp("data") / "whole"
    dataset.generate(out, **PLAN)
    return out


@pytest.fixture
def begun(whole, tmp_path):
    """Return the folder of a run that was stopped in its third shard."""
    out = shutil.copytree(whole, tmp_path / "begun")
    summary = json.loads((out / "dataset.json").read_text())
    for name, digest in summary["shards"].items():
        (out / f".digest-{name.removesuffix('.tar')}").write_text(digest)
    plan = {key: summary[key] for key in summary if key not in dataset.COUNTED}
    (out / "plan.json").write_text(json.dumps(plan, indent=1))
    (out / "dataset.json").unlink()
    (out / "drawings-000002.tar").rename(out / ".partial-drawings-000002.tar-77")
    return out


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_stopped_run_is_finished_to_the_same_bytes(whole, begun):
    kept = (begun / "drawings-000000.tar").stat().st_mtime_ns
    dataset.generate(begun, **PLAN, resume=True)
    assert content(begun) == content(whole)
    assert (begun / "drawings-000000.tar").stat().st_mtime_ns == kept
    assert set(content(begun)) == {"dataset.json", *(f"drawings-00000{i}.tar" for i in range(3))}


def test_a_finished_set_may_be_resumed_and_stays_as_it_is(whole, tmp_path):
    out = shutil.copytree(whole, tmp_path / "again")
    dataset.generate(out, **PLAN, resume=True)
    assert content(out) == content(whole)


def damage(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def cut(path):
    path.write_bytes(path.read_bytes()[:-700])


@pytest.mark.parametrize("spoil", [damage, cut])
@pytest.mark.parametrize("finished", [True, False])
def test_a_damaged_shard_is_named_and_left_as_it_is(whole, begun, tmp_path, spoil, finished):
    out = shutil.copytree(whole, tmp_path / "bad") if finished else begun
    spoil(out / "drawings-000001.tar")
    before = content(out)
    with pytest.raises(DatasetError) as caught:
        dataset.generate(out, **PLAN, resume=True)
    said = str(caught.value)
    assert "drawings-000001.tar: damaged" in said and "Delete it and resume" in said
    assert "\n" not in said
    assert content(out) == before
    (out / "drawings-000001.tar").unlink()
    dataset.generate(out, **PLAN, resume=True)
    assert content(out) == content(whole)


@pytest.mark.parametrize("name", ["drawings-000002.tar", "drawings-000009.tar", "mine.tar"])
def test_a_foreign_shard_is_named_and_left_as_it_is(whole, begun, name):
    for left in begun.glob(".partial-*"):
        left.unlink()
    (begun / ".digest-drawings-000002").unlink()
    shutil.copyfile(whole / "drawings-000000.tar", begun / name)
    before = content(begun)
    with pytest.raises(DatasetError, match=rf"{name}: is not a shard of this data set\. Move"):
        dataset.generate(begun, **PLAN, resume=True)
    assert content(begun) == before


def test_a_folder_of_other_things_is_not_resumed(tmp_path):
    (tmp_path / "holiday.png").write_bytes(b"mine")
    (tmp_path / ".partial-mine").write_bytes(b"mine too")
    before = content(tmp_path)
    with pytest.raises(DatasetError, match="holds no data set"):
        dataset.generate(tmp_path, **PLAN, resume=True)
    assert content(tmp_path) == before


@pytest.mark.parametrize("text", ["{", "[]", ""])
def test_a_damaged_plan_is_named(begun, text):
    (begun / "plan.json").write_text(text)
    with pytest.raises(DatasetError, match=r"plan\.json"):
        dataset.generate(begun, **PLAN, resume=True)


def test_a_style_that_changed_meanwhile_is_refused(tmp_path):
    """Else the first half of the set would be in another hand than the second."""
    style, out = tmp_path / "mine.toml", tmp_path / "set"
    wish = {"count": 2, "seed": 1, "size": 64, "styles": [str(style)], "shard_samples": 1}
    style.write_text("[line]\nwidth = [1.0, 1.0]\n")
    dataset.generate(out, **wish)
    (out / "drawings-000001.tar").unlink()
    style.write_text("[line]\nwidth = [3.0, 3.0]\n")
    with pytest.raises(DatasetError, match="sources_sha256 differ"):
        dataset.generate(out, **wish, resume=True)


def start(out, workers):
    """Start a run of its own, workers included, that can be killed."""
    code = (
        "import sys; from pathlib import Path; from limner.synthetic_data import dataset\n"
        "if __name__ == '__main__':\n"
        f" dataset.generate(Path(sys.argv[1]), **{PLAN!r}, workers=int(sys.argv[2]), resume=True)"
    )
    script = out.with_suffix(".py")
    script.write_text(code)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen([sys.executable, str(script), str(out), str(workers)], env=environment)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_killed_at_random_moments_ends_in_the_same_bytes(whole, tmp_path, workers):
    out = tmp_path / "killed"
    rng = np.random.default_rng(workers)
    for _ in range(3):
        run = start(out, workers)
        deadline = time.monotonic() + 60.0
        while not out.exists() and run.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(float(rng.uniform(0.0, 1.5)))
        run.send_signal(signal.SIGKILL)
        run.wait()
    assert start(out, workers).wait() == 0
    assert content(out) == content(whole)
