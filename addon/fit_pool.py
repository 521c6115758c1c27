"""Several processes that fit drawings side by side; one that dies costs its own drawing only.

`multiprocessing` cannot start functions of a Blender extension, and its pool breaks as a whole
when one process is killed. So each worker is a program of its own (`fit_worker.py`) that a thread
of this process talks to.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import suppress

from ..cluster import ONE_THREAD
from .batch import BatchSettings, Job, JobResult, shown_path
from .fit_worker import WORKER, installed_packages
from .outputs import remove_partial

__all__ = ["run_in_processes"]

PATIENCE_S = 5.0


def run_in_processes(
    jobs: Sequence[Job], settings: BatchSettings
) -> Generator[JobResult, None, None]:
    """Fit `jobs` in `settings.jobs` processes and yield the results as they come.

    Closing the iterator stops the workers and removes what they had half made.
    """
    waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
    results: queue.Queue[JobResult] = queue.Queue()
    for job in jobs:
        waiting.put(job)
    workers = [_Worker(settings) for _ in range(min(settings.jobs, len(jobs)))]
    threads = [
        threading.Thread(target=worker.work, args=(waiting, results), daemon=True)
        for worker in workers
    ]
    try:
        for thread in threads:
            thread.start()
        for _ in jobs:
            yield _next(results)
    finally:
        for worker in workers:
            worker.stop()
        for worker in workers:
            worker.clean_up()


def _next(results: queue.Queue[JobResult]) -> JobResult:
    """Wait for a result in short steps, so that Ctrl-C comes through on every system."""
    while True:
        try:
            return results.get(timeout=0.5)
        except queue.Empty:
            continue


class _Worker:
    """One process and the drawing that it has in hand."""

    def __init__(self, settings: BatchSettings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[str] | None = None
        self._job: Job | None = None
        self._stopped = False

    def work(self, waiting: queue.SimpleQueue[Job], results: queue.Queue[JobResult]) -> None:
        """Take jobs until none is left; runs in a thread of its own."""
        while not self._stopped:
            try:
                self._job = waiting.get_nowait()
            except queue.Empty:
                return
            result = self._run(self._job)
            if not self._stopped:
                results.put(result)
                self._job = None

    def stop(self) -> None:
        """Ask the process to leave; it takes its half-made files with it."""
        self._stopped = True
        process = self._process
        if process is None or process.poll() is not None:
            return
        if self._job is None:
            process.stdin.close()  # type: ignore[union-attr]
        elif os.name == "posix":
            process.send_signal(signal.SIGINT)
        else:
            process.terminate()

    def clean_up(self) -> None:
        """Wait for the process to leave, make it leave, and remove what it left half made."""
        process = self._process
        if process is not None:
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
            _close(process)
        if self._job is not None:
            remove_partial(self._settings.out / self._job.name)

    def _run(self, job: Job) -> JobResult:
        """Let the process fit one drawing; if it dies, that is the result."""
        started = time.perf_counter()
        try:
            process = self._running_process()
            assert process.stdin is not None and process.stdout is not None
            process.stdin.write(json.dumps({"path": str(job.path), "name": job.name}) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except OSError:
            answer = ""
        if answer:
            return JobResult.from_json(answer)
        remove_partial(self._settings.out / job.name)
        return JobResult(
            shown_path(job.path),
            job.name,
            "failed",
            f"the process that fitted it {self._how_it_ended()}; run it again, with fewer --jobs "
            "if memory is short",
            round(time.perf_counter() - started, 3),
        )

    def _running_process(self) -> subprocess.Popen[str]:
        """Return the process, started if there is none."""
        if self._process is not None and self._process.poll() is not None:
            _close(self._process)
            self._process = None
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(WORKER)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
                env={**os.environ, **ONE_THREAD},
                # Ctrl-C is for this process; it tells the workers itself.
                start_new_session=True,
            )
            opening = {"path": installed_packages(), "settings": self._settings.to_json()}
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(opening) + "\n")
        return self._process

    def _how_it_ended(self) -> str:
        """Return how the process came to its end, as the end of a sentence."""
        if self._process is None:
            return "could not be started"
        code = self._process.wait()
        return f"was killed (signal {-code})" if code < 0 else f"ended early (status {code})"


def _close(process: subprocess.Popen[str]) -> None:
    """Wait for a process that has ended, or is about to, and close the pipes to it."""
    with suppress(OSError), process:
        pass
