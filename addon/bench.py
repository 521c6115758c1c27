"""Benchmarks: the same drawings, measured the same way, with the machine's name on top.

The drawings are made on the spot by `synthetic_data` from a fixed seed, so that anybody can repeat
a figure. Seconds are for orientation; compare ratios measured in one run.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import __version__
from ..rig.store import load_rig
from ..sketch_cnn.image import sketch_from_grey
from ..synthetic_data.sample import Maker, make_sample
from ..synthetic_data.style import style_names
from .bench_detect import bench_detect
from .bench_fit import bench_fits, drawn_samples, shard_samples
from .bench_generate import bench_generate, memory_over
from .bench_live import bench_live
from .bench_noise import bench_noise
from .bench_together import bench_together
from .pipeline import Session

__all__ = ["BENCHMARKS", "Drawings", "circumstances", "run"]

SEED = 20_261_121
DRAWINGS = 40
RIG = "makehuman"

OnDrawing = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Drawings:
    """The drawings that `detect` and `fit` are measured on.

    Attributes
    ----------
    count : how many
    data : a data set or one of its shards; None: they are drawn on the spot, of identities that
        no network was trained on
    memory : how many more `generate` makes to see how memory grows
    rig : the head that is fitted; drawn : the head in the drawings, None for the same one
    """

    count: int = DRAWINGS
    data: Path | None = None
    memory: int = 0
    rig: str = RIG
    drawn: str | None = None

    def samples(self) -> Iterator[tuple[NDArray[np.uint8], dict[str, Any]]]:
        """Return grey drawings (H, W) of faces and what their JSON says."""
        drawn = self.drawn or self.rig
        if self.data is not None:
            return shard_samples(self.data, drawn, self.count)
        return drawn_samples(Maker.load(SEED, 256, {drawn: 1.0}, tuple(style_names())), self.count)


def run(
    name: str,
    drawings: Drawings | None = None,
    on_drawing: Callable[[int], None] | None = None,
) -> dict[str, float]:
    """Run one of `BENCHMARKS` and return its figures.

    Parameters
    ----------
    drawings : what to measure `detect` and `fit` on
    on_drawing : called with the number of drawings that were fitted
    """
    figures = BENCHMARKS[name](drawings or Drawings(), on_drawing or (lambda _: None))
    return {figure: float(value) for figure, value in figures.items()}


def circumstances() -> dict[str, Any]:
    """Return what a figure means nothing without: version, commit, date, machine, libraries."""
    commit = subprocess.run(
        ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    return {
        "limner": __version__,
        "commit": commit or None,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "numpy": np.__version__,
    }


def _rig(_: Drawings, __: OnDrawing) -> dict[str, float]:
    return {"load_s": _median_s(lambda: load_rig(RIG), 5)}


def _draw(_: Drawings, __: OnDrawing) -> dict[str, float]:
    maker = Maker.load(SEED, 256, {RIG: 1.0}, tuple(style_names()))
    make_sample(maker, 0)
    started = time.perf_counter()
    for index in range(1, DRAWINGS + 1):
        make_sample(maker, index)
    return {"drawings_per_s": DRAWINGS / (time.perf_counter() - started)}


def _generate(drawings: Drawings, on_drawing: OnDrawing) -> dict[str, float]:
    maker = Maker.load(SEED, 256, {RIG: 1.0}, tuple(style_names()))
    grown = memory_over(maker, drawings.memory, on_drawing) if drawings.memory else {}
    return bench_generate(maker, drawings.count, on_drawing) | grown


def _detect(drawings: Drawings, on_drawing: OnDrawing) -> dict[str, float]:
    return bench_detect(_session(drawings.rig).detector, drawings.samples(), on_drawing)


def _fit(drawings: Drawings, on_drawing: OnDrawing) -> dict[str, float]:
    return bench_fits(_session(drawings.rig), drawings.samples(), on_drawing).figures()


def _live(drawings: Drawings, on_drawing: OnDrawing) -> dict[str, float]:
    return bench_live(_session(drawings.rig), drawings.samples(), on_drawing).figures()


def _together(drawings: Drawings, on_drawing: OnDrawing) -> dict[str, float]:
    maker = Maker.load(SEED, 256, {drawings.rig: 1.0}, tuple(style_names()))
    return bench_together(_session(drawings.rig), maker, drawings.count, on_drawing)


def _noise(drawings: Drawings, on_drawing: OnDrawing) -> dict[str, float]:
    return bench_noise(_session(drawings.rig), drawings.samples(), on_drawing)


def _snakes(_: Drawings, __: OnDrawing) -> dict[str, float]:
    from ..snakes.benchmark import benchmark_snakes

    return benchmark_snakes()


BENCHMARKS: dict[str, Callable[[Drawings, OnDrawing], dict[str, float]]] = {
    "rig": _rig,
    "draw": _draw,
    "generate": _generate,
    "detect": _detect,
    "fit": _fit,
    "live": _live,
    "together": _together,
    "noise": _noise,
    "snakes": _snakes,
}
"""Name → what measures it."""


@cache
def _session(rig: str) -> Session:
    """Return a session that has seen a drawing, so that loading is not measured."""
    session = Session(rig=rig)
    for picture, _ in Drawings(1).samples():
        session.fit(sketch_from_grey(picture))
    return session


def _median_s(work: Callable[[], object], times: int) -> float:
    """Return the median of `times` runs, seconds."""
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)
