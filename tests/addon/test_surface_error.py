"""The yardstick measures what is wrong with a surface, and nothing else."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io
import tarfile

import numpy as np
import pytest
from limner.addon.bench_fit import (
    FitScores,
    bench_fits,
    drawn_samples,
    lines_of_truth,
    shard_samples,
)
from limner.addon.bench_soundness import soundness_figures
from limner.addon.pipeline import Session
from limner.addon.surface_error import SurfaceError, Yardstick
from limner.errors import DatasetError
from limner.rig.face_rig import rotation_matrix
from limner.rig.png import png_bytes
from limner.rig.store import load_rig
from limner.synthetic_data import Maker, style_names
from limner.synthetic_data.text import json_text
from limner.synthetic_data.truth import GroupShares, true_heads
from scipy.spatial import cKDTree

STILL = np.zeros(3)


@pytest.fixture(scope="module")
def yardstick():
    return Yardstick.of(load_rig("makehuman"))


def test_size_place_and_turn_are_no_errors(yardstick):
    truth = yardstick.rig.neutral.astype(np.float64)
    moved = 1.7 * truth @ rotation_matrix(np.array([0.3, -0.8, 0.2])).T + [1.0, -2.0, 0.5]
    error = yardstick.measure(moved, truth, STILL)
    assert error.mean == pytest.approx(0.0, abs=1e-9)
    assert error.p95 == pytest.approx(0.0, abs=1e-9)


def test_a_step_towards_the_viewer_is_depth_and_a_step_aside_is_in_plane(yardstick):
    rig = yardstick.rig
    truth = rig.neutral.astype(np.float64)
    nose = yardstick.region == 2
    for axis, mine, other in ((0, "in_plane", "depth"), (2, "depth", "in_plane")):
        found = truth.copy()
        found[nose, axis] += 0.2 * rig.interocular_m
        error = yardstick.measure(found, truth, STILL)
        assert getattr(error, mine) > 2.0 * getattr(error, other)
        assert error.regions["nose"] > 3.0 * error.regions["eyes"]


def test_the_view_decides_what_depth_is(yardstick):
    truth = yardstick.rig.neutral.astype(np.float64)
    found = truth.copy()
    found[yardstick.region == 2, 2] += 0.01
    front = yardstick.measure(found, truth, STILL)
    side = yardstick.measure(found, truth, np.array([0.0, 1.2, 0.0]))
    assert front.depth > front.in_plane
    assert side.in_plane > side.depth


def error(mean):
    return SurfaceError(mean, 2.0 * mean, 0.5 * mean, 0.4 * mean, {"eyes": mean})


def test_shares_count_the_drawings_on_which_a_stage_is_nearer():
    scores = FitScores(
        seconds=[1.0] * 3,
        gaps=[(0.4, 0.2, 0.1)] * 3,
        closed=[0.75] * 3,
        features=[(0.4, 0.2, 0.1), (0.2, 0.1, 0.3)],
        of_truth=[(0.2, 0.5), (0.1, 0.75)],
        told=[error(0.5), error(1.5)],
        styles=["vector", "charcoal", "vector"],
        angles_deg=[10.0, 20.0, 50.0],
    )
    scores.closed = [0.9, 0.6, 0.8]
    rows = [(3.0, 2.0, 1.0), (3.0, 2.0, 2.5), (1.0, 2.0, 1.5)]
    for errors in scores.errors.values():
        errors.extend(tuple(map(error, row)) for row in rows)
    figures = scores.figures()
    assert figures["drawings"] == 3
    assert figures["gap_snakes"] == pytest.approx(0.1)
    assert figures["worse_than_parametric_share"] == 0.0
    assert figures["features_nearer_share"] == 0.5
    assert figures["gap_of_truth"] == pytest.approx(0.15)
    assert figures["gap_closed_by_truth_mean"] == pytest.approx(0.625)
    assert figures["drawn_mean_snakes_told"] == pytest.approx(1.0)
    assert figures["drawn_mean_placed"] == pytest.approx(7.0 / 3.0)
    assert figures["drawn_parametric_nearer_share"] == pytest.approx(2.0 / 3.0)
    assert figures["drawn_snakes_nearer_share"] == pytest.approx(2.0 / 3.0)
    assert figures["posed_falls_each_stage_share"] == pytest.approx(1.0 / 3.0)
    assert figures["drawn_eyes_snakes"] == pytest.approx(5.0 / 3.0)
    assert figures["gap_closed_mean"] == pytest.approx(2.3 / 3.0)
    assert (figures["drawings_clean"], figures["drawings_within_35_deg"]) == (2.0, 2.0)
    assert figures["gap_closed_mean_clean"] == pytest.approx(0.85)
    assert figures["gap_closed_mean_within_35_deg"] == pytest.approx(0.75)


def record(turned, lid_mm, folds, outline):
    quality = {
        "turned_triangles": turned, "lid_in_eye_mm": lid_mm, "lip_in_teeth_mm": 0.0,
        "teeth_out_mm": 0.25, "crossing_anew": {"lids": 3, "lips": 2, "nose": folds},
    }  # fmt: skip
    iou = dict.fromkeys(("placed", "parametric", "snakes"), outline)
    return {"quality": quality, "silhouette": {"iou": iou}}


def test_soundness_counts_what_no_head_may_have():
    records = [record(0, 0.25, 0, 0.75), record(2, 0.75, 1, 0.25), record(0, 0.5, 0, None)]
    found = soundness_figures(records)
    assert found["turned_share"] == pytest.approx(1.0 / 3.0)
    assert found["turned_most"] == 2.0
    assert found["folded_share"] == pytest.approx(1.0 / 3.0), "where lids and lips shut is no fold"
    assert (found["lid_in_eye_mm_most"], found["teeth_out_mm_most"]) == (0.75, 0.25)
    assert found["lid_in_eye_deep_share"] == pytest.approx(1.0 / 3.0)
    assert (found["outline_drawings"], found["outline_snakes"]) == (2.0, 0.5)
    assert soundness_figures([]) == {}


@pytest.mark.slow
def test_drawings_of_another_head_are_measured_by_their_gap(needs_weights):
    maker = Maker.load(5, 128, {"makehuman": 1.0}, ("vector",))
    samples = [(picture, about | {"rig": "another"}) for picture, about in drawn_samples(maker, 1)]
    figures = bench_fits(Session(), iter(samples)).figures()
    assert figures["drawings"] == figures["drawings_clean"] == 1.0
    assert figures["gap_closed_mean"] > 0.2 and figures["turned_share"] == 0.0
    assert not any(name.startswith(("drawn_", "posed_", "gap_of_truth")) for name in figures)


def test_nothing_fitted_gives_no_means():
    assert FitScores(refused=2).figures() == {"drawings": 0, "refused": 2}


def test_the_lines_of_the_true_head_lie_where_the_drawing_has_them():
    maker = Maker.load(5, 64, {"makehuman": 1.0}, ("fineliner",))
    rig = load_rig("makehuman")
    shares = GroupShares.of(rig)
    for _, about in drawn_samples(maker, 3):
        lines = lines_of_truth(rig, true_heads(about, shares), 2.0)
        for name in ("upper_lid_L", "upper_lid_R", "nose_tip", "lower_lip_outer"):
            found = [line.points / 2.0 for line in lines if line.name == name]
            off, _ = cKDTree(np.concatenate(found)).query(about["curves"][name])
            assert np.median(off) < 0.1, (name, off)


def test_a_shard_gives_back_the_faces_that_were_drawn(tmp_path):
    maker = Maker.load(5, 64, {"makehuman": 1.0}, tuple(style_names()))
    made = list(drawn_samples(maker, 3))
    with tarfile.open(tmp_path / "drawings-000000.tar", "w") as archive:
        for row, (picture, about) in enumerate(made):
            for kind, data in (("png", png_bytes(picture)), ("json", json_text(about).encode())):
                info = tarfile.TarInfo(f"{row:08}.{kind}")
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
    found = list(shard_samples(tmp_path, "makehuman", 2))
    assert [about["index"] for _, about in found] == [about["index"] for _, about in made[:2]]
    np.testing.assert_array_equal(found[1][0], made[1][0])
    with pytest.raises(DatasetError, match="no drawing of the rig ict"):
        list(shard_samples(tmp_path, "ict", 2))


def test_damaged_and_missing_shards_are_said(tmp_path):
    with pytest.raises(DatasetError, match=r"no \.tar shards"):
        list(shard_samples(tmp_path, "makehuman", 1))
    (tmp_path / "a.tar").write_bytes(b"nothing")
    with pytest.raises(DatasetError, match="damaged shard"):
        list(shard_samples(tmp_path, "makehuman", 1))
