"""Data sets are the same whoever makes them, and their labels are true."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import io
import json
import tarfile

import numpy as np
import pytest
from limner import __version__ as limner_version
from limner.errors import DatasetError
from limner.rig.camera import Camera
from limner.rig.face_rig import RigState, pose
from limner.rig.facs import AU_LABELS
from limner.rig.store import load_rig, save_rig
from limner.synthetic_data import dataset
from limner.synthetic_data.sample import posed_state
from limner.synthetic_data.style import load_style
from limner.synthetic_data.warp import LANDMARK_GROUPS, Warp
from PIL import Image

COUNT = 24


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("data") / "one"
    dataset.generate(out, COUNT, 5, size=96, shard_samples=10)
    return out


def shards(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.tar"))}


def samples(folder):
    found = {}
    for path in sorted(folder.glob("*.tar")):
        with tarfile.open(path) as archive:
            for member in archive:
                key, _, kind = member.name.partition(".")
                found.setdefault(key, {})[kind] = archive.extractfile(member).read()
    return found


def test_two_workers_write_the_same_bytes(folder, tmp_path):
    dataset.generate(tmp_path / "two", COUNT, 5, size=96, workers=2, shard_samples=10)
    assert shards(tmp_path / "two") == shards(folder)
    assert (tmp_path / "two/dataset.json").read_bytes() == (folder / "dataset.json").read_bytes()


def test_a_resumed_set_is_the_same_and_redraws_only_what_is_missing(folder, tmp_path):
    out = tmp_path / "again"
    plan = {"count": COUNT, "seed": 5, "size": 96, "shard_samples": 10}
    dataset.generate(out, **plan)
    (out / "drawings-000001.tar").unlink()
    (out / ".partial-drawings-000001.tar-1").write_bytes(b"half")
    kept = (out / "drawings-000000.tar").stat().st_mtime_ns
    told = []
    dataset.generate(out, **plan, resume=True, on_progress=lambda done, _: told.append(done))
    assert shards(out) == shards(folder)
    assert told == [COUNT - 10, COUNT]
    assert (out / "drawings-000000.tar").stat().st_mtime_ns == kept
    assert not list(out.glob(".partial-*"))


def test_another_seed_draws_other_faces(folder, tmp_path):
    dataset.generate(tmp_path / "other", 10, 6, size=96, shard_samples=10)
    assert (
        shards(tmp_path / "other")["drawings-000000.tar"] != shards(folder)["drawings-000000.tar"]
    )


def test_a_sample_has_three_files_that_fit(folder):
    found = samples(folder)
    assert len(found) == COUNT
    for parts in found.values():
        assert set(parts) == {"png", "json", "labels.png"}
        picture = np.asarray(Image.open(io.BytesIO(parts["png"])))
        labels = np.asarray(Image.open(io.BytesIO(parts["labels.png"])))
        assert picture.shape == labels.shape == (96, 96)
        assert labels.max() <= 22
        assert len(json.loads(parts["json"])["aus"]) in (0, len(AU_LABELS))


def test_posing_the_rig_again_from_the_json_gives_the_landmarks(folder):
    rig = load_rig("makehuman")
    checked = 0
    for parts in samples(folder).values():
        about = json.loads(parts["json"])
        if not about["is_face"]:
            continue
        weights = np.array([about["blendshapes"].get(name, 0.0) for name in rig.shape_names])
        state = RigState(weights, np.array(about["identity"]), np.array(about["pose"]))
        camera = Camera(**{**about["camera"], "size_px": tuple(about["camera"]["size_px"])})
        vertices = pose(rig, posed_state(rig, state, about["gain"]))
        flat = camera.project(rig.landmarks.interpolate(vertices, rig.triangles))
        warp = Warp(about["warp"])
        for row in set(range(70)) - set(about["landmarks_on_symbols"]):
            point = warp.apply(flat[row : row + 1], {LANDMARK_GROUPS[row]: 1.0})[0]
            assert np.hypot(*(point - about["landmarks"][row])) < 0.5
            checked += 1
    assert checked > 1000


def test_dataset_json_counts_what_the_samples_say(folder):
    summary = json.loads((folder / "dataset.json").read_text())
    counts = dict.fromkeys(AU_LABELS, 0)
    faces = 0
    for parts in samples(folder).values():
        about = json.loads(parts["json"])
        faces += about["is_face"]
        for entry in about["aus"]:
            counts[f"AU{entry['au']}{entry.get('side', '')}"] += entry["intensity"] >= 0.3
    assert {label: entry["present"] for label, entry in summary["au_counts"].items()} == counts
    assert summary["faces"] == faces
    assert (summary["limner"], summary["numpy"]) == (limner_version, np.__version__)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"count": 0}, "count is 0"),
        ({"seed": -1}, "seed"),
        ({"size": 7}, "size"),
        ({"styles": ["cubist"]}, "cubist"),
        ({"rigs": ["nobody"]}, "nobody"),
        ({"styles": []}, "one style"),
        ({"aus": [12, 99]}, "AU 99"),
    ],
)
def test_a_wrong_wish_is_answered_in_one_line(tmp_path, change, named):
    with pytest.raises(DatasetError) as caught:
        dataset.generate(**{"out": tmp_path / "x", "count": 1, "seed": 0, **change})
    assert named in str(caught.value) and "\n" not in str(caught.value)
    assert not (tmp_path / "x").exists()


def test_a_used_folder_is_not_overwritten(folder, tmp_path):
    with pytest.raises(DatasetError, match="not empty"):
        dataset.generate(folder, COUNT, 5, size=96)
    (tmp_path / "file").write_text("mine")
    with pytest.raises(DatasetError):
        dataset.generate(tmp_path / "file", 1, 0)
    assert (tmp_path / "file").read_text() == "mine"


def test_resuming_another_data_set_is_refused(tmp_path):
    out = tmp_path / "set"
    dataset.generate(out, 2, 5, size=64)
    with pytest.raises(DatasetError, match="seed"):
        dataset.generate(out, 2, 6, size=64, resume=True)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--count", "0"], "count is 0"),
        (["--seed", "-1"], "seed is -1"),
        (["--workers", "0"], "workers is 0"),
        (["--size", "8"], "size is 8"),
        (["--styles", "pencil,cubist"], "style 'cubist': not found"),
        (["--styles", "mine.toml"], "style 'mine.toml': not found"),
        (["--rigs", "makehuman,nobody"], "rig 'nobody'"),
        (["--aus", "12,99"], "AU 99: not known"),
        (["--aus", "smile"], "AU 'smile': not known"),
        (["--sequences", "1"], "a clip of 1 frames"),
        (["--sequences", "7"], "multiple of the 7 frames"),
        (["--sequences", "4", "--pairs"], "choose one"),
    ],
)
def test_a_wrong_argument_is_one_line_and_makes_nothing(tmp_path, limner, arguments, named):
    words = ["--out", tmp_path / "x", "--count", "4", "--seed", "1", *arguments]
    status, out, err = limner("dataset", "generate", *words)
    assert (status, out) == (1, "")
    assert err.startswith("limner: ") and named in err and err.count("\n") == 1
    assert not (tmp_path / "x").exists()


def test_a_rig_of_ones_own_works_by_name(tmp_path, monkeypatch, limner):
    """Whoever built it is told in the licences, and drawings of the same seed are the same."""
    monkeypatch.setenv("LIMNER_RIGS", str(tmp_path / "rigs"))
    rig = load_rig("makehuman")
    own = dataclasses.replace(rig, name="aunt", licence="mine")
    save_rig(own, tmp_path / "rigs" / "aunt.npz")
    words = ["--count", "3", "--seed", "5", "--size", "64", "--styles", "fineliner"]
    for name in ("aunt", "makehuman"):
        status, _, err = limner(
            "dataset", "generate", "--out", tmp_path / name, *words, "--rigs", name
        )
        assert (status, err) == (0, "")
    summary = json.loads((tmp_path / "aunt" / "dataset.json").read_text())
    assert summary["licences"] == {"aunt": "mine"}
    assert summary["tallies"]["rig"]["aunt"] == summary["faces"] > 0
    pictures = [
        [parts["png"] for parts in samples(tmp_path / name).values()]
        for name in ("aunt", "makehuman")
    ]
    assert pictures[0] == pictures[1]


def test_a_rig_that_speaks_of_no_shape_of_its_own_makes_nothing(tmp_path, limner):
    rig = load_rig("makehuman")
    table = {**rig.au_table, "AU12L": {"mouthGrin": 1.0}}
    save_rig(dataclasses.replace(rig, au_table=table), tmp_path / "odd.npz")
    words = ["--count", "2", "--seed", "1", "--rigs", tmp_path / "odd.npz"]
    status, _, err = limner("dataset", "generate", "--out", tmp_path / "x", *words)
    assert status == 1 and "mouthGrin" in err and err.count("\n") == 1
    assert not (tmp_path / "x").exists()


def test_a_folder_that_cannot_be_used_is_one_line_and_stays_as_it_is(folder, tmp_path, limner):
    (tmp_path / "file").write_text("mine")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    for out, named in (
        (tmp_path / "file", "cannot be used"),
        (tmp_path / "file" / "below", "cannot be used"),
        (folder, "is not empty"),
    ):
        status, _, err = limner("dataset", "generate", "--out", out, "--count", "2", "--seed", "1")
        assert status == 1 and err.startswith(f"limner: {out}: ")
        assert named in err and err.count("\n") == 1
    assert (tmp_path / "file").read_text() == "mine"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_wanted_action_units_are_all_that_faces_are_made_of(tmp_path, limner):
    words = ["--count", "40", "--seed", "3", "--size", "64", "--aus", "AU12,26"]
    status, _, err = limner("dataset", "generate", "--out", tmp_path / "set", *words)
    assert (status, err) == (0, "")
    seen = set()
    for parts in samples(tmp_path / "set").values():
        seen |= {entry["au"] for entry in json.loads(parts["json"])["aus"] if entry["intensity"]}
    assert seen == {12, 25, 26}  # a dropped jaw parts the lips
    assert json.loads((tmp_path / "set/dataset.json").read_text())["aus"] == [12, 26]


def test_the_json_tells_the_hand_and_how_it_errs(folder):
    for parts in samples(folder).values():
        about = json.loads(parts["json"])
        style, hand = load_style(about["style"]), about["hand"]
        for name, value in hand["line"].items():
            low, high = style.ranges["line"][name]
            assert low - 1e-3 <= value <= high + 1e-3
        assert all(style.choices[key][kind] > 0.0 for key, kind in hand["kinds"].items())
        assert all(style.chances[name] < 1.0 for name in hand["leaves_out"])
        assert all(style.chances[name] > 0.0 for name in hand["more"])
        assert hand["sheet"] == "paper" or style.chances[hand["sheet"]] > 0.0
