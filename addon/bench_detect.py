"""How fast drawings are read: one by one, crops by the batch, and the first of a new process."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..errors import SketchError
from ..sketch_cnn.crop import INPUT_PX
from ..sketch_cnn.detector import Detector
from ..sketch_cnn.image import sketch_from_grey

__all__ = ["bench_detect"]

_BATCH, _ROUNDS, _STARTS = 32, 5, 3


def bench_detect(
    detector: Detector,
    samples: Iterator[tuple[NDArray[np.uint8], dict[str, Any]]],
    on_drawing: Callable[[int], None],
) -> dict[str, float]:
    """Measure a detector that has read a drawing before.

    Parameters
    ----------
    detector : that of a session, which looks as carefully as a fit does
    samples : grey drawings (H, W) with what their JSON says

    Returns
    -------
    median_s, p95_s, drawings_per_s : of a drawing as `limner detect` reads it, from its pixels on;
        with `careful_` as a fit does
    crop_ms, crop_batch32_ms : the reader alone, a crop by itself and of 32 in one call, in turn
    first_answer_s : from the start of a process to its answer; left out where none can be started
    """
    pictures = []
    for number, (picture, _) in enumerate(samples, start=1):
        pictures.append(picture)
        on_drawing(number)
    seconds = {"": _reading_s(Detector(), pictures), "careful_": _reading_s(detector, pictures)}
    figures = _by_drawing(seconds) | _by_batch(detector)
    if seconds[""] and (answer_s := first_answer_s(pictures[0])) is not None:
        figures["first_answer_s"] = answer_s
    return figures


def _reading_s(detector: Detector, pictures: list[NDArray[np.uint8]]) -> list[float]:
    """Return how long each drawing takes from its pixels on; a detector reads them in a row."""
    seconds = []
    detector.open()
    for picture in pictures:
        started = time.perf_counter()
        try:
            detector.detect(sketch_from_grey(picture))
        except SketchError:
            continue  # that no face was found is counted by `fit`
        seconds.append(time.perf_counter() - started)
    return seconds


def _by_drawing(seconds: dict[str, list[float]]) -> dict[str, float]:
    figures = {}
    for name, each in seconds.items():
        if each:
            figures[f"{name}median_s"] = statistics.median(each)
            figures[f"{name}p95_s"] = float(np.quantile(each, 0.95))
            figures[f"{name}drawings_per_s"] = len(each) / sum(each)
    return figures


def _by_batch(detector: Detector) -> dict[str, float]:
    """Return how long the reader takes over a crop, by itself and among 32."""
    ink = np.random.default_rng(0).random((_BATCH, 1, INPUT_PX, INPUT_PX)).astype(np.float32)
    spent: dict[int, list[float]] = {1: [], _BATCH: []}
    for _ in range(_ROUNDS):
        for count, each in spent.items():
            started = time.perf_counter()
            detector.reader.run(ink[:count])
            each.append(1e3 * (time.perf_counter() - started) / count)
    single, batch = (statistics.median(each) for each in spent.values())
    return {"crop_ms": single, f"crop_batch{_BATCH}_ms": batch}


def first_answer_s(picture: NDArray[np.uint8]) -> float | None:
    """Return how long a new process takes to read a drawing (H, W); None where none will."""
    package = __package__.partition(".")[0]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "drawing.png"
        Image.fromarray(picture).save(path)
        command = [sys.executable, "-m", package, "detect", str(path), "--json"]
        seconds = []
        for _ in range(_STARTS):
            started = time.perf_counter()
            done = subprocess.run(command, capture_output=True, check=False)
            seconds.append(time.perf_counter() - started)
            if done.returncode or not done.stdout.startswith(b"{"):
                return None
    return statistics.median(seconds)
