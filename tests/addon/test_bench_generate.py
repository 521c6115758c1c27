"""`limner bench generate` counts what it says, and Blender agrees on where contours lie."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import sys

import numpy as np
import pytest
from limner.addon import bench_generate as bench
from limner.addon.blend import blender_command
from limner.errors import OutputError
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


def test_lines_are_compared_by_their_length():
    dense = bench._dense([np.array([[0.0, 0.0], [3.0, 4.0], [3.0, 14.0]]), np.zeros((1, 2))])
    assert len(dense) == 30
    assert np.hypot(*np.diff(dense, axis=0).T).max() == pytest.approx(0.5)


def test_a_blender_that_fails_is_one_line(maker, monkeypatch):
    broken = [sys.executable, "-c", "raise SystemExit('no such engine')"]
    monkeypatch.setattr(bench, "blender_command", lambda _: broken)
    with pytest.raises(OutputError, match=r"did not draw the heads \(no such engine\)"):
        bench.bench_generate(maker, 3, lambda _: None)


@pytest.mark.blender
def test_contours_lie_where_blender_puts_them(maker):
    if blender_command(bench.WORKER) is None:
        pytest.skip("no Blender here")
    figures = bench.bench_generate(maker, 4, lambda _: None)
    assert figures["freestyle_ms"] > 0.0 and figures["lineart_ms"] > 0.0
    assert figures["lineart_near_ours"] > 0.8
    assert figures["ours_near_lineart"] > 0.75
