"""The files of a fit appear whole or not at all, and say the truth."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess

import numpy as np
import pytest
from limner.addon import outputs
from limner.addon.outputs import read_report, remove_partial, write_fit
from limner.addon.overlay import draw_overlay
from limner.addon.report import fit_report, head_angles_deg
from limner.errors import OutputError
from limner.rig.arkit import ARKIT_NAMES
from limner.rig.facs import AU_LABELS

from ..tiny_rig import tiny_fit, tiny_rig

FORMATS = ("glb", "obj", "json")


@pytest.fixture(scope="module")
def fit():
    return tiny_fit(tiny_rig())


def files_in(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_all_files_are_there_and_nothing_else(fit, tmp_path):
    written = write_fit(fit, tmp_path / "face", FORMATS)
    assert files_in(tmp_path) == ["face", "face/face.glb", "face/face.obj", "face/fit.json"]
    assert {kind: path.name for kind, path in written.items()} == {
        "glb": "face.glb",
        "obj": "face.obj",
        "json": "fit.json",
    }


def test_a_second_fit_replaces_the_first_and_takes_stale_formats_away(fit, tmp_path):
    write_fit(fit, tmp_path / "face", FORMATS)
    (tmp_path / "face" / "notes.txt").write_text("mine")
    write_fit(fit, tmp_path / "face", ("glb",))
    assert files_in(tmp_path / "face") == ["face.glb", "fit.json", "notes.txt"]


def test_a_report_counts_only_while_all_its_files_stand(fit, tmp_path):
    folder = tmp_path / "face"
    assert read_report(folder) is None
    write_fit(fit, folder, FORMATS)
    assert read_report(folder)["rig"] == "tiny"
    (folder / "face.glb").unlink()
    assert read_report(folder) is None


def test_a_torn_report_is_no_report(fit, tmp_path):
    write_fit(fit, tmp_path / "face", FORMATS)
    report = tmp_path / "face" / "fit.json"
    report.write_text(report.read_text()[:-40])
    assert read_report(tmp_path / "face") is None


def test_a_stop_in_the_middle_leaves_nothing(fit, tmp_path, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(outputs, "_write_report", stop)
    with pytest.raises(KeyboardInterrupt):
        write_fit(fit, tmp_path / "face", FORMATS)
    assert files_in(tmp_path) == []


def test_a_file_in_the_place_of_the_folder_is_said_in_one_line(fit, tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OutputError, match="a file stands where a folder is needed") as caught:
        write_fit(fit, tmp_path / "out" / "face", FORMATS)
    assert "\n" not in str(caught.value)
    assert str(tmp_path / "out" / "face") in str(caught.value)


@pytest.mark.skipif(os.name != "posix", reason="file size limits are a thing of POSIX")
def test_a_file_that_may_not_grow_leaves_nothing(fit, tmp_path):
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(OutputError, match="allowed size"):
            write_fit(fit, tmp_path / "face", FORMATS)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert files_in(tmp_path) == []


def test_a_full_disk_keeps_what_stood_there(fit, small_disk):
    """The first fit fits on the disk, the second does not: the first is still whole."""
    write_fit(fit, small_disk / "first", ("json",))
    (small_disk / "filler").write_bytes(bytes(free_bytes(small_disk) - 8192))
    with pytest.raises(OutputError, match="disk is full"):
        write_fit(fit, small_disk / "second", FORMATS)
    assert files_in(small_disk) == ["filler", "first", "first/fit.json"]
    assert read_report(small_disk / "first") is not None


def test_a_read_only_disk_is_named(fit, small_disk):
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(OutputError, match="the disk is read-only"):
        write_fit(fit, small_disk / "face", FORMATS)


def free_bytes(folder):
    return shutil.disk_usage(folder).free


def test_leftovers_of_a_killed_run_are_removed(fit, tmp_path):
    left = tmp_path / ".partial-face"
    left.mkdir()
    (left / "face.glb").write_bytes(b"half")
    remove_partial(tmp_path / "face")
    assert files_in(tmp_path) == []


def test_the_report_tells_every_au_by_side(fit):
    report = fit_report(fit)
    told = [f"AU{entry['au']}{entry['side'] or ''}" for entry in report["aus"]]
    assert tuple(told) == AU_LABELS
    smile = next(e for e in report["aus"] if (e["au"], e["side"]) == (12, "L"))
    assert (smile["probability"], smile["intensity"], smile["uncertainty"]) == (0.97, 0.75, 0.04)
    assert next(e for e in report["aus"] if (e["au"], e["side"]) == (12, "R"))["intensity"] == 0.0


def test_blendshapes_are_the_52_arkit_names_with_the_weights_of_the_mesh(fit):
    told = fit_report(fit)["blendshapes"]
    mesh = fit.mesh()
    assert tuple(told) == ARKIT_NAMES
    np.testing.assert_allclose(list(told.values()), mesh.weights[:52], atol=5e-5)
    assert told["mouthSmileLeft"] == 0.75 and told["mouthSmileRight"] == 0.0


def test_the_report_tells_what_the_correction_belongs_to(fit):
    from dataclasses import replace

    from limner.rig.bake import BakedIdentity

    baked = BakedIdentity(fit.correction, fit.rig.arkit_shapes())
    kept, moved = (fit_report(one)["correction"] for one in (fit, replace(fit, baked=baked)))
    assert (kept["as"], moved["as"]) == ("expression", "identity")
    assert kept["largest_mm"] == moved["largest_mm"] > 1.0
    assert kept["sketch_fit_largest_mm"] > 1.0
    # what is left is the sides of browInnerUp, which ARKit joins
    bare = replace(fit, correction=np.zeros_like(fit.correction)).mesh()
    left = 1000.0 * np.linalg.norm(bare.targets[-1], axis=1).max()
    assert moved["sketch_fit_largest_mm"] == pytest.approx(left, abs=1e-3)


def test_a_region_turned_down_moves_less_in_every_file(fit, tmp_path):
    from dataclasses import replace

    from limner.rig.regions import REGIONS, region_weights

    share = 1.0 - 0.75 * region_weights(fit.rig)[:, [REGIONS.index("mouth")]]
    calm = replace(fit, strengths=tuple(0.25 if name == "mouth" else 1.0 for name in REGIONS))
    np.testing.assert_allclose(calm.mesh().targets[-1], fit.mesh().targets[-1] * share, atol=1e-8)
    np.testing.assert_array_equal(calm.mesh().targets[:-1], fit.mesh().targets[:-1])
    np.testing.assert_allclose(calm.worn_correction(), fit.correction * share, atol=1e-8)
    assert calm.whole_mesh().targets.tobytes() == fit.mesh().targets.tobytes()
    told = fit_report(calm)["correction"]["strengths"]
    assert told == {"brows": 1.0, "eyes": 1.0, "nose": 1.0, "mouth": 0.25, "jaw": 1.0}
    pictures = [draw_overlay(one).tobytes() for one in (fit, calm)]
    assert pictures[0] != pictures[1], "the head in the picture wears what the files hold"


def test_the_report_counts_what_the_correction_spoils(fit):
    from dataclasses import replace

    sound = fit_report(replace(fit, correction=np.zeros_like(fit.correction)))["quality"]
    assert sound["turned_triangles"] == 0
    assert sound["thinnest_triangle"] == sound["thinnest_triangle_before"] > 0.0
    corners = fit.rig.triangles[100]
    folded = np.zeros_like(fit.correction)
    folded[corners[0]] = 2.0 * (
        fit.rig.neutral[corners[1:]].mean(axis=0) - fit.rig.neutral[corners[0]]
    )
    assert fit_report(replace(fit, correction=folded))["quality"]["turned_triangles"] > 0


def test_places_are_pixels_of_the_file_whatever_size_was_worked_at(fit):
    """A drawing worked at half size: places are twice as far from the corner, in the file."""
    from dataclasses import replace

    width, height = fit.sketch.original_size
    halved = replace(
        fit, sketch=replace(fit.sketch, scale=0.5, original_size=(2 * width, 2 * height))
    )
    full, half = fit_report(fit), fit_report(halved)
    np.testing.assert_allclose(
        half["sketch"]["face_box"], 2.0 * np.array(full["sketch"]["face_box"]), atol=0.2
    )
    np.testing.assert_allclose(
        half["camera"]["centre_px"], 2.0 * np.array(full["camera"]["centre_px"])
    )
    assert half["camera"]["scale_px_per_m"] == 2.0 * full["camera"]["scale_px_per_m"]


@pytest.mark.parametrize(
    ("rotation", "angle", "degrees"),
    [
        ((0.0, math.radians(30), 0.0), "yaw_deg", 30.0),  # the face turns to the subject's left
        ((math.radians(-20), 0.0, 0.0), "pitch_deg", 20.0),  # it looks up
        ((0.0, 0.0, math.radians(10)), "roll_deg", 10.0),  # the crown leans to the right
    ],
)
def test_head_angles_are_those_that_people_picture(rotation, angle, degrees):
    told = head_angles_deg(np.array(rotation))
    assert told[angle] == pytest.approx(degrees, abs=0.01)
    assert sum(abs(value) for value in told.values()) == pytest.approx(degrees, abs=0.01)


def test_what_is_not_finite_becomes_null_not_broken_json(fit, tmp_path):
    from dataclasses import replace

    gap = replace(fit.gap, snakes=math.nan)
    write_fit(replace(fit, gap=gap), tmp_path / "face", ("json",))
    text = (tmp_path / "face" / "fit.json").read_text(encoding="utf-8")
    assert json.loads(text)["gap"]["snakes"] is None
    assert "NaN" not in text
