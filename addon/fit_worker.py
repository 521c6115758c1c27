"""Fitting one drawing after the other, in this process or as one of several.

As a program of its own it reads one JSON line a job on standard input and answers each with one
line. It works where limner is not installed and within Blender's Python: it loads the package that
it lies in, under a name of its own.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import math
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .batch import BatchSettings, Job, JobResult
    from .fit import Fit
    from .pipeline import Session

__all__ = ["Fitter", "WORKER", "installed_packages", "open_session", "worn_by_region"]

PACKAGE = "limner_fit_worker"
WORKER = Path(__file__)
"""The program that this file is."""


class Fitter:
    """Fits drawings with one rig and one network, loaded when the first drawing comes."""

    def __init__(self, settings: BatchSettings) -> None:
        self._settings = settings
        self._session: Session | None = None

    def run(self, job: Job) -> JobResult:
        """Fit one drawing and write its files; every fault becomes a result."""
        import time
        import traceback

        from ..errors import LimnerError
        from .batch import JobResult, one_line, shown_path

        started = time.perf_counter()
        path = shown_path(job.path)
        try:
            closed, warnings = self._fit(job)
        except Exception as error:
            trace = "" if isinstance(error, LimnerError) else traceback.format_exc()
            seconds = round(time.perf_counter() - started, 3)
            return JobResult(path, job.name, "failed", one_line(error), seconds, trace=trace)
        seconds = round(time.perf_counter() - started, 3)
        return JobResult(path, job.name, "ok", "", seconds, closed, warnings)

    def _fit(self, job: Job) -> tuple[float | None, tuple[str, ...]]:
        """Return the share of the gap that was closed, and warnings."""
        from .outputs import write_fit
        from .pipeline import fit_file

        settings = self._settings
        if self._session is None:
            self._session = open_session(settings)
        fit = worn_by_region(fit_file(job.path, self._session), settings)
        detector = self._session.detector.info
        is_animated = settings.animate is not None
        write_fit(fit, settings.out / job.name, settings.formats, detector, is_animated)
        if settings.animate is not None:
            from .animation import write_animation

            write_animation(fit, settings.animate)
        closed = fit.gap.closed
        return (round(closed, 4) if math.isfinite(closed) else None), fit.warnings


def open_session(settings: BatchSettings) -> Session:
    """Load what a run needs.

    Raises
    ------
    LimnerError
        If rig, weights, the fit to be held or the neutral drawing cannot be loaded.
    """
    from ..rig.store import load_rig
    from .held import Held, read_held
    from .pipeline import PipelineSettings, Session, read_at_rest

    rig = load_rig(settings.rig)
    held = read_held(settings.like, rig, settings.hold) if settings.like else Held()
    chain = PipelineSettings(
        inverse_distance=settings.inverse_distance,
        correct_as=settings.correct_as,
        held=held,
        at_rest=read_at_rest(settings.neutral),
        pins=settings.pins,
    )
    return Session(rig, settings.model_dir, chain)


def worn_by_region(fit: Fit, settings: BatchSettings) -> Fit:
    """Return a fit whose regions wear as much of the correction as is wanted."""
    from dataclasses import replace

    from ..rig.regions import REGIONS

    return replace(fit, strengths=tuple(settings.strengths.get(name, 1.0) for name in REGIONS))


def installed_packages() -> list[str]:
    """Return the folders of installed packages, for a worker that may run under Blender's Python.

    Blender's own script folders stay out: they hold modules that work in Blender only.
    """
    return [entry for entry in sys.path if Path(entry).name in {"site-packages", "dist-packages"}]


def load_package(root: Path) -> None:
    """Import the package that lies at `root` as `PACKAGE`."""
    import importlib.util

    spec = importlib.util.spec_from_file_location(
        PACKAGE, root / "__init__.py", submodule_search_locations=[str(root)]
    )
    assert spec is not None and spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = package
    spec.loader.exec_module(package)


def serve() -> None:
    """Answer jobs until standard input ends; the first line says how to work.

    With `follow` in it the jobs are those of somebody who draws, see `live_worker.py`.
    """
    import importlib

    # Blender and other libraries write to standard output: keep it for answers alone.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    jobs = sys.stdin.buffer
    opening: dict[str, Any] = json.loads(jobs.readline())
    sys.path += [entry for entry in opening["path"] if entry not in sys.path]
    load_package(Path(__file__).resolve().parents[1])
    if "follow" in opening:
        live_worker = importlib.import_module(f"{PACKAGE}.addon.live_worker")
        model, neutral = (
            None if opening.get(key) is None else Path(opening[key]) for key in ("model", "neutral")
        )
        live_worker.answer_jobs(jobs, answers, opening["follow"], model, neutral)
        return
    batch = importlib.import_module(f"{PACKAGE}.addon.batch")
    worker = importlib.import_module(f"{PACKAGE}.addon.fit_worker")
    fitter = worker.Fitter(batch.BatchSettings.from_json(opening["settings"]))
    for line in jobs:
        request = json.loads(line)
        result = fitter.run(batch.Job(Path(request["path"]), request["name"]))
        answers.write(result.to_json().encode() + b"\n")
        answers.flush()


if __name__ == "__main__":
    try:
        serve()
    except KeyboardInterrupt:
        sys.exit(130)
