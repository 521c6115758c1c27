"""Rigs on disk: what is saved comes back, and every fault is one clear line."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from limner.errors import OutputError, RigError
from limner.rig.face_rig import FaceRig
from limner.rig.store import load_rig, rig_folder, rig_names, save_rig


@pytest.fixture(scope="module")
def rig() -> FaceRig:
    return load_rig("makehuman")


@pytest.fixture
def own_rigs(tmp_path, monkeypatch) -> Path:
    """Return an empty folder that is the user's rig folder."""
    monkeypatch.setenv("LIMNER_RIGS", str(tmp_path / "rigs"))
    return tmp_path / "rigs"


def fault(path: Path) -> str:
    """Return the message that loading a file gives, checked to be one line."""
    with pytest.raises(RigError) as caught:
        load_rig(path)
    message = str(caught.value)
    assert "\n" not in message and path.name in message
    return message


def with_changes(rig: FaceRig, path: Path, **changes: np.ndarray | None) -> Path:
    """Save a rig with some arrays of the file replaced, or removed where None."""
    save_rig(rig, path)
    with np.load(path) as archive:
        stored = {key: archive[key] for key in archive.files}
    stored |= {key: value for key, value in changes.items() if value is not None}
    for key in [key for key, value in changes.items() if value is None]:
        del stored[key]
    np.savez(path, **stored)
    return path


def test_what_is_saved_comes_back(rig, tmp_path):
    rng = np.random.default_rng(1)
    named = dataclasses.replace(
        rig,
        name="mine",
        blendshapes=(rig.blendshapes * rng.uniform(0.5, 1.0, (53, 1, 1))).astype(np.float32),
        unsupported_aus=("AU28",),
    )
    save_rig(named, tmp_path / "mine.npz")
    loaded = load_rig(tmp_path / "mine.npz")
    for entry in dataclasses.fields(FaceRig):
        was, now = getattr(named, entry.name), getattr(loaded, entry.name)
        if entry.name in ("blendshapes", "identity"):
            assert np.abs(was - now).max() < 1e-6
            # sparse: what did not move stays exactly still
            assert (now[was == 0.0] == 0.0).all()
        elif isinstance(was, np.ndarray):
            np.testing.assert_array_equal(was, now)
            assert was.dtype == now.dtype
        elif entry.name not in ("landmarks", "curves"):
            assert was == now
    np.testing.assert_array_equal(named.landmarks.barycentric, loaded.landmarks.barycentric)
    assert list(named.curves) == list(loaded.curves)
    for name, line in named.curves.items():
        np.testing.assert_array_equal(line.points.triangle, loaded.curves[name].points.triangle)
        assert line.is_closed == loaded.curves[name].is_closed


def test_own_rigs_are_found_by_name_and_come_first(rig, own_rigs):
    assert rig_folder() == own_rigs
    assert rig_names() == ("makehuman",)
    save_rig(dataclasses.replace(rig, name="mine"), own_rigs / "mine.npz")
    save_rig(dataclasses.replace(rig, source="changed"), own_rigs / "makehuman.npz")
    assert rig_names() == ("makehuman", "mine")
    assert load_rig("mine").name == "mine"
    assert load_rig("makehuman").source == "changed"


def test_the_shipped_file_is_small():
    import limner.rig.store as store

    shipped = Path(store.__file__).parent / "data" / "makehuman.npz"
    assert shipped.stat().st_size < 2_500_000


def test_a_missing_rig_names_those_there_are(own_rigs, tmp_path):
    with pytest.raises(RigError, match="No rig called 'nobody'; there are makehuman"):
        load_rig("nobody")
    assert "no such rig file" in fault(tmp_path / "gone.npz")


def test_files_that_are_no_rigs(tmp_path):
    text = tmp_path / "text.npz"
    text.write_text("hello")
    assert "not a rig file" in fault(text)
    empty = tmp_path / "empty.npz"
    empty.touch()
    assert "not a rig file" in fault(empty)
    foreign = tmp_path / "foreign.npz"
    np.savez(foreign, pictures=np.zeros(3))
    assert "no header" in fault(foreign)
    single = tmp_path / "single.npz"
    with single.open("wb") as file:
        np.save(file, np.zeros(3))
    assert "single array" in fault(single)


def test_a_truncated_rig(rig, tmp_path):
    path = tmp_path / "cut.npz"
    save_rig(rig, path)
    path.write_bytes(path.read_bytes()[:-2000])
    assert "not a rig file" in fault(path)


def test_another_schema(rig, tmp_path):
    header = np.frombuffer(json.dumps({"schema": "limner.rig/9"}).encode(), dtype=np.uint8)
    message = fault(with_changes(rig, tmp_path / "new.npz", header=header))
    assert "limner.rig/9" in message and "limner.rig/1" in message
    broken = np.frombuffer(b"{not json", dtype=np.uint8)
    assert "header is damaged" in fault(with_changes(rig, tmp_path / "odd.npz", header=broken))


@pytest.mark.parametrize("key", ["neutral", "blendshapes_steps", "points_triangle"])
def test_a_missing_array_is_named(rig, tmp_path, key):
    assert f"'{key}' is missing" in fault(with_changes(rig, tmp_path / "gap.npz", **{key: None}))


def test_a_wrong_shape_is_named(rig, tmp_path):
    path = with_changes(rig, tmp_path / "shape.npz", left=rig.left[:-1])
    assert "left has shape" in fault(path)
    path = with_changes(rig, tmp_path / "shape.npz", identity_scale=np.ones(3, np.float32))
    assert "identity_scale has shape" in fault(path)


def test_numbers_that_are_not_finite(rig, tmp_path):
    neutral = rig.neutral.copy()
    neutral[5, 1] = np.nan
    assert "not finite" in fault(with_changes(rig, tmp_path / "nan.npz", neutral=neutral))


def test_indices_beyond_the_mesh(rig, tmp_path):
    triangles = rig.triangles.copy()
    triangles[0, 0] = len(rig.neutral)
    path = with_changes(rig, tmp_path / "far.npz", triangles=triangles)
    assert "triangles points beyond the mesh" in fault(path)


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ({"AU99L": {"jawOpen": 1.0}}, "'AU99L', no Action Unit"),
        ({"AU12L": {"mouthGrin": 1.0}}, "AU12L the shape 'mouthGrin', which there is not"),
        ({"AU12L": {"jawOpen": float("nan")}}, "AU12L nan"),
        ({"AU12L": "jawOpen"}, "gives no shapes"),
    ],
)
def test_a_table_of_what_there_is_not(rig, tmp_path, row, named):
    path = tmp_path / "table.npz"
    save_rig(dataclasses.replace(rig, au_table={**rig.au_table, **row}), path)
    assert named in fault(path)


@pytest.mark.parametrize("key", ["vertex_part", "contour_feature"])
def test_parts_and_features_that_there_are_not(rig, tmp_path, key):
    odd = getattr(rig, key).copy()
    odd[3] = 200
    assert f"{key} holds 200" in fault(with_changes(rig, tmp_path / "odd.npz", **{key: odd}))


def test_an_unwritable_place_is_an_output_error(rig, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot write the rig"):
        save_rig(rig, tmp_path / "file" / "rig.npz")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]
