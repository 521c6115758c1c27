"""Reading is timed drawing by drawing, crops by the batch, and from the start of a process."""

# SPDX-License-Identifier: GPL-3.0-or-later

import sys

import numpy as np
import pytest
from limner.addon import bench_detect
from limner.sketch_cnn.detector import Detector
from PIL import Image


@pytest.mark.slow
def test_every_way_of_reading_is_timed(sketches, needs_weights):
    picture = np.asarray(Image.open(sketches / "lorelei_smile.png").convert("L"))
    done = []
    figures = bench_detect.bench_detect(Detector(), iter([(picture, {})] * 2), done.append)
    assert done == [1, 2]
    assert all(np.isfinite(value) and value > 0.0 for value in figures.values())
    assert figures["drawings_per_s"] == pytest.approx(1.0 / figures["median_s"], rel=1e-6)
    assert figures["first_answer_s"] > figures["median_s"], "a process must load all of it first"
    assert {"crop_ms", "crop_batch32_ms", "careful_median_s"} <= figures.keys()


def test_a_process_that_does_not_answer_is_no_figure(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert bench_detect.first_answer_s(np.full((64, 64), 255, np.uint8)) is None
