"""`limner bench generate` counts what it says, and Blender agrees on where contours lie."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import sys

import numpy as np
import pytest
from limner.addon import bench_generate as bench
from limner.addon import bench_lines
from limner.addon.blend import blender_command
from limner.errors import DatasetError, OutputError
from limner.synthetic_data import dataset
from limner.synthetic_data.sample import Maker


@pytest.fixture
def maker(monkeypatch):
    monkeypatch.setattr(bench, "WARM_UP", 2)
    monkeypatch.setattr(bench, "HEADS", 3)
    return Maker.load(4, 256, {"makehuman": 1.0}, ("fineliner",))


def test_stages_sum_up_to_the_rate(maker, monkeypatch):
    monkeypatch.setattr(bench, "blender_command", lambda _: None)
    told = []
    figures = bench.bench_generate(maker, 4, told.append)
    assert told == [1, 2, 3, 4]
    whole_ms = sum(figures[f"{stage}_ms"] for stage in ("see", "draw", "encode"))
    assert figures["drawings_per_s_core"] == pytest.approx(1000.0 / whole_ms)
    assert "freestyle_ms" not in figures


def test_blender_is_compared_with_our_lines_of_the_very_same_heads(maker, monkeypatch):
    given = []

    def drawn(_, heads, freestyle):
        given.extend(heads)
        lines = [curve.points for head in heads for curve in head.seen.contours[:1]]
        contours = np.concatenate(
            [
                np.column_stack([line, np.full((len(line), 2), row)])
                for row, line in enumerate(lines)
            ]
        )
        spent = {"freestyle": 0.3, "lineart": 0.06, "contours": 0.02}
        times = {f"{way}_s": np.full(3, seconds) for way, seconds in spent.items()}
        return {"pictures": np.zeros((3, 8, 8), np.uint8), "points": contours, **times}

    posed = []
    monkeypatch.setattr(bench, "blender_command", lambda _: ["blender"])
    monkeypatch.setattr(bench, "blender_lines", drawn)
    monkeypatch.setattr(bench, "_lines_s", lambda head: posed.append(head) or 0.02)
    figures = bench.bench_generate(maker, 4, lambda _: None)
    assert len(given) == 3 and posed == given
    rest_ms = figures["draw_ms"] + figures["encode_ms"]
    whole_ms = rest_ms + figures["see_ms"]
    for way, spent_ms in (("lineart", 60.0), ("contours", 20.0)):
        assert figures[f"times_{way}"] == pytest.approx(spent_ms / whole_ms)
        assert figures[f"times_{way}_lines"] == pytest.approx(spent_ms / figures["lines_ms"])
        assert figures[f"times_{way}_drawn"] == pytest.approx((spent_ms + rest_ms) / whole_ms)


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="Linux alone tells of cores")
def test_blender_gets_one_core_and_we_keep_ours(maker):
    cores = os.sched_getaffinity(0)
    count = "import os, sys; sys.exit(f'{len(os.sched_getaffinity(0))} core')"
    posed = bench.pose_face(maker, 0)
    with pytest.raises(OutputError, match="1 core"):
        bench_lines.blender_lines([sys.executable, "-c", count], [posed], freestyle=False)
    assert os.sched_getaffinity(0) == cores


def test_lines_are_compared_by_their_length():
    dense = bench_lines._dense([np.array([[0.0, 0.0], [3.0, 4.0], [3.0, 14.0]]), np.zeros((1, 2))])
    assert len(dense) == 30
    assert np.hypot(*np.diff(dense, axis=0).T).max() == pytest.approx(0.5)


def test_a_blender_that_fails_is_one_line(maker, monkeypatch):
    broken = [sys.executable, "-c", "raise SystemExit('no such engine')"]
    monkeypatch.setattr(bench, "blender_command", lambda _: broken)
    with pytest.raises(OutputError, match=r"did not draw the heads \(no such engine\)"):
        bench.bench_generate(maker, 3, lambda _: None)


def test_memory_is_looked_at_again_and_again(maker, monkeypatch):
    held = iter([300.0, 310.0, 340.0, 305.0])
    monkeypatch.setattr(bench, "SETTLED", 2)
    monkeypatch.setattr(bench, "_memory_mb", lambda: next(held))
    told = []
    figures = bench.memory_over(maker, 7, told.append)
    assert told == [2, 4, 6, 7]
    assert figures == {
        "memory_drawings": 7.0,
        "memory_settled_mb": 300.0,
        "memory_end_growth_mb": 5.0,
        "memory_most_growth_mb": 40.0,
    }
    assert bench._peak_memory_mb() >= 20.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("data") / "set"
    dataset.generate(out, 5, 3, styles=["fineliner"])
    return out


def test_heads_of_a_data_set_are_posed_again_as_they_were(folder):
    maker = Maker.load(3, 256, {"makehuman": 1.0}, ("fineliner",))
    heads = list(bench_lines._heads(folder))
    posed = [bench.pose_face(maker, index) for index in range(5)]
    assert 2 <= len(heads) <= 5
    for head in heads:
        apart = [np.abs(head.seen.landmarks - other.seen.landmarks).max() for other in posed]
        assert min(apart) < 0.05


def test_lines_that_lie_elsewhere_are_not_near(maker):
    posed = bench.pose_face(maker, 0)
    strokes = [curve.points for curve in posed.seen.contours]
    points = np.concatenate(
        [
            np.column_stack([line, np.zeros(len(line)), np.full(len(line), number)])
            for number, line in enumerate(strokes)
        ]
    )
    figures = bench_lines.agreement(points, [posed])
    assert figures == {"lineart_near_ours": 1.0, "ours_near_lineart": 1.0}
    figures = bench_lines.agreement(points + np.array([500.0, 0.0, 0.0, 0.0]), [posed])
    assert figures == {"lineart_near_ours": 0.0, "ours_near_lineart": 0.0}


def test_without_a_blender_or_a_face_the_check_is_one_line(folder, tmp_path, monkeypatch, limner):
    monkeypatch.setattr(bench_lines, "blender_command", lambda _: None)
    page = tmp_path / "page.html"
    status, out, err = limner("dataset", "inspect", folder, "-o", page, "--renderer", "lineart")
    assert status == 1 and "drawings" in out and page.is_file()
    assert err.startswith("limner: Line Art: No Blender found") and err.count("\n") == 1
    monkeypatch.setattr(bench_lines, "blender_command", lambda _: ["blender"])
    with pytest.raises(DatasetError, match=r"no \.tar shards"):
        bench_lines.check_lines(tmp_path, 3)
    (tmp_path / "drawings-000000.tar").write_bytes(b"nothing")
    with pytest.raises(DatasetError, match=r"drawings-000000\.tar: damaged"):
        bench_lines.check_lines(tmp_path, 3)


@pytest.mark.blender
def test_line_art_agrees_with_the_heads_of_a_data_set(folder):
    if blender_command(bench.WORKER) is None:
        pytest.skip("no Blender here")
    figures = bench_lines.check_lines(folder, 3)
    assert figures["heads"] == 3.0
    assert figures["lineart_near_ours"] > 0.8 and figures["ours_near_lineart"] > 0.7


@pytest.mark.blender
def test_contours_lie_where_blender_puts_them(maker):
    if blender_command(bench.WORKER) is None:
        pytest.skip("no Blender here")
    figures = bench.bench_generate(maker, 4, lambda _: None)
    assert figures["freestyle_ms"] > 0.0 and figures["contours_ms"] > 0.0
    assert figures["lineart_ms"] > figures["contours_ms"], "it looks for more than contours"
    assert figures["lineart_near_ours"] > 0.8
    assert figures["ours_near_lineart"] > 0.75
