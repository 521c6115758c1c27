"""A batch over a Ray cluster: one task a drawing, on whatever machine is free.

Needs `pip install 'limner[cluster]'` and limner itself on every machine, and a disk that all of
them share for drawings and results. Without `RAY_ADDRESS` Ray starts a cluster on this machine.

References
----------
Moritz et al. (2018). Ray: A Distributed Framework for Emerging AI Applications. OSDI.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import functools
import json
import os
from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..cluster import joined_cluster, processors
from ..errors import OutputError
from .batch import BatchSettings, Job, JobResult, shown_path
from .outputs import remove_partial

if TYPE_CHECKING:
    from .fit_worker import Fitter

__all__ = ["run_on_ray"]

TRIES = 3
"""A machine that goes down costs its drawing a try; one that brings down three is told."""
AHEAD = 2
"""Drawings handed out for every processor: enough that none waits, few to call back."""


def run_on_ray(jobs: Sequence[Job], settings: BatchSettings) -> Generator[JobResult, None, None]:
    """Fit `jobs` on a cluster and yield the results as they come.

    Drawings whose machine went down are fitted again elsewhere. Closing the iterator calls back
    what is under way and removes what it left.

    Parameters
    ----------
    settings : with `jobs` > 1, no more drawings than that at a time

    Raises
    ------
    OutputError
        Ray is not there, or the cluster cannot be reached.
    """
    with joined_cluster() as ray:
        yield from _handed_out(ray, jobs, settings)


def _handed_out(
    ray: Any, jobs: Sequence[Job], settings: BatchSettings
) -> Generator[JobResult, None, None]:
    """Hand out drawings and yield what comes back."""
    fit = ray.remote(num_cpus=1, max_retries=TRIES - 1)(_fit_one)
    at_a_time = settings.jobs if settings.jobs > 1 else AHEAD * processors(ray)
    waiting = list(reversed(jobs))
    running: dict[Any, Job] = {}
    order = json.dumps(settings.to_json())
    try:
        while waiting or running:
            while waiting and len(running) < at_a_time:
                job = waiting.pop()
                running[fit.remote(order, os.getcwd(), str(job.path), job.name)] = job
            # in short steps, so that Ctrl-C comes through
            done, _ = ray.wait(list(running), num_returns=1, timeout=0.5)
            for reference in done:
                yield _result(ray, reference, running.pop(reference))
    finally:
        for reference, job in running.items():
            with suppress(Exception):  # it may be done, or its machine gone
                ray.cancel(reference, force=True)
            remove_partial(settings.out / job.name)


def _result(ray: Any, reference: Any, job: Job) -> JobResult:
    """Return what came of one task."""
    try:
        result = JobResult.from_json(ray.get(reference))
    except ray.exceptions.RayError as error:
        reason = (
            f"the process that fitted it was lost {TRIES} times; run it again, with fewer --jobs "
            "if memory is short"
        )
        if isinstance(error, ray.exceptions.RayTaskError):
            reason = " ".join(str(error.cause).split())
        return JobResult(shown_path(job.path), job.name, "failed", reason)
    return replace(result, path=shown_path(job.path))


@functools.lru_cache(maxsize=1)
def _fitter(order: str) -> Fitter:
    """Return what fits drawings, kept by a worker from one to the next."""
    from .fit_worker import Fitter

    return Fitter(BatchSettings.from_json(json.loads(order)))


def _fit_one(order: str, folder: str, path: str, name: str) -> str:
    """Fit one drawing; runs on some machine of the cluster."""
    try:
        os.chdir(folder)
    except OSError as error:
        raise OutputError(
            f"{folder} is not on every machine of the cluster; put drawings and --out on a disk "
            "that all of them share"
        ) from error
    return _fitter(order).run(Job(Path(path), name)).to_json()
