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
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from .. import __version__
from ..rig.store import load_rig
from ..sketch_cnn.image import sketch_from_grey
from ..sketch_cnn.sketch import Sketch
from ..synthetic_data.sample import Maker, make_sample
from ..synthetic_data.style import style_names
from .pipeline import Session

__all__ = ["BENCHMARKS", "circumstances", "run"]

SEED = 20_261_121
DRAWINGS = 40
RIG = "makehuman"


def run(name: str) -> dict[str, float]:
    """Run one of `BENCHMARKS` and return its figures."""
    return {figure: float(value) for figure, value in BENCHMARKS[name]().items()}


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


def _rig() -> dict[str, float]:
    return {"load_s": _median_s(lambda: load_rig(RIG), 5)}


def _draw() -> dict[str, float]:
    maker = Maker.load(SEED, 256, {RIG: 1.0}, tuple(style_names()))
    make_sample(maker, 0)
    started = time.perf_counter()
    for index in range(1, DRAWINGS + 1):
        make_sample(maker, index)
    return {"drawings_per_s": DRAWINGS / (time.perf_counter() - started)}


def _detect() -> dict[str, float]:
    session, seconds = _session(), []
    for sketch in _sketches():
        started = time.perf_counter()
        session.detect(sketch)
        seconds.append(time.perf_counter() - started)
    return {"median_s": statistics.median(seconds), "p95_s": float(np.quantile(seconds, 0.95))}


def _fit() -> dict[str, float]:
    session, seconds, closed = _session(), [], []
    for sketch in _sketches():
        started = time.perf_counter()
        fit = session.fit(sketch)
        seconds.append(time.perf_counter() - started)
        closed.append(fit.gap.closed)
    return {
        "median_s": statistics.median(seconds),
        "p95_s": float(np.quantile(seconds, 0.95)),
        "gap_closed_mean": float(np.mean(closed)),
        "gap_closed_median": float(np.median(closed)),
    }


def _snakes() -> dict[str, float]:
    from ..snakes.benchmark import benchmark_snakes

    return benchmark_snakes()


BENCHMARKS: dict[str, Callable[[], dict[str, float]]] = {
    "rig": _rig,
    "draw": _draw,
    "detect": _detect,
    "fit": _fit,
    "snakes": _snakes,
}
"""Name → what measures it."""


@cache
def _session() -> Session:
    """Return a session that has seen a drawing, so that loading is not measured."""
    session = Session(rig=RIG)
    session.fit(_sketches()[0])
    return session


@cache
def _sketches() -> tuple[Sketch, ...]:
    """Return the drawings of faces that everything is measured on."""
    maker = Maker.load(SEED, 256, {RIG: 1.0}, tuple(style_names()))
    sketches: list[Sketch] = []
    index = 0
    while len(sketches) < DRAWINGS:
        drawing, about = make_sample(maker, index)
        index += 1
        if about.get("is_face", True):
            sketches.append(sketch_from_grey(drawing.picture))
    return tuple(sketches)


def _median_s(work: Callable[[], object], times: int) -> float:
    """Return the median of `times` runs, seconds."""
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)
