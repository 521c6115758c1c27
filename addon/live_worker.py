"""The process that fits while somebody draws: always the newest drawing, never an old one.

`fit_worker.py` is the program that starts it.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import _thread
import signal
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from ..errors import LimnerError
from .fit import Fit
from .fit_session import FitSession
from .head_scene import head_scene
from .live_wire import Answer, Job, Reading, receive, send
from .pipeline import PipelineSettings, Session, read_at_rest
from .report import fit_report
from .strokes import Page, sketch_from_strokes

__all__ = ["answer_jobs"]


class _Superseded(BaseException):
    """A newer drawing has come: what is being made of the old one is of no use."""


class _Newest:
    """Room for one job: a newer one takes the place of the one that waits, or is worked at.

    Attributes
    ----------
    may_interrupt : True while the main thread may be thrown out of its work
    """

    def __init__(self) -> None:
        self.may_interrupt = False
        self._job: Job | None = None
        self._is_closed = False
        self._changed = threading.Condition()

    def put(self, job: Job | None) -> None:
        """Leave a job; None says that no more will come."""
        with self._changed:
            self._job, self._is_closed = job, job is None
            self._changed.notify()
        if self.may_interrupt:
            _thread.interrupt_main()  # comes out in `interrupt`, in the main thread

    def take(self) -> Job | None:
        """Wait for a job; None when no more will come."""
        with self._changed:
            self._changed.wait_for(lambda: self._job is not None or self._is_closed)
            job, self._job = self._job, None
            return job

    def interrupt(self, _signal: int, _frame: object) -> None:
        """Throw the main thread out of work that has become useless."""
        if self.may_interrupt and (self._job is not None or self._is_closed):
            self.may_interrupt = False
            raise _Superseded


def answer_jobs(
    jobs: IO[bytes],
    answers: IO[bytes],
    rig: str,
    model_dir: Path | None = None,
    neutral: Path | None = None,
) -> None:
    """Answer jobs until their stream ends; a newer job ends the work at the one in hand.

    Takes over the interrupt signal: call it in the main thread of a process of its own.
    """
    newest = _Newest()
    signal.signal(signal.SIGINT, newest.interrupt)
    threading.Thread(target=_receive_jobs, args=(jobs, newest), daemon=True).start()
    try:
        fitter = _Fitter(rig, model_dir, neutral)
    except LimnerError as error:
        reason = str(error)
        while (job := newest.take()) is not None:  # told with every job
            send(answers, Answer(job.number, reason).pack())
        return
    is_open = True
    while is_open:
        try:
            is_open = _answer_newest(newest, fitter, answers)
        except _Superseded:
            continue
        except OSError:  # nobody listens any more
            return
        finally:
            newest.may_interrupt = False


def _answer_newest(newest: _Newest, fitter: _Fitter, answers: IO[bytes]) -> bool:
    """Answer one job; return False when no more will come."""
    job = newest.take()
    if job is None:
        return False
    newest.may_interrupt = True
    for answer in fitter.answers(job):
        newest.may_interrupt = False  # never in the middle of a message
        send(answers, answer.pack())
        newest.may_interrupt = True
    return True


def _receive_jobs(jobs: IO[bytes], newest: _Newest) -> None:
    """Pass jobs on as they come; runs in a thread of its own."""
    while (data := receive(jobs)) is not None:
        newest.put(Job.unpack(data))
    newest.put(None)


class _Fitter:
    """Fits each drawing twice: from the head before it, for the eye; then in full."""

    def __init__(self, rig: str, model_dir: Path | None, neutral: Path | None) -> None:
        settings = PipelineSettings(at_rest=read_at_rest(neutral))
        session = Session(rig, model_dir, settings)
        # load and factorise before the first stroke asks for it
        _ = session.corrector
        session.detector.open()
        _ = session.rest
        self._following, self._page = FitSession(session), Page()

    def answers(self, job: Job) -> Iterator[Answer]:
        """Yield the answers to one job; every fault becomes an answer."""
        started = time.perf_counter()

        def elapsed_s() -> float:
            return time.perf_counter() - started

        try:
            sketch = sketch_from_strokes(job.strokes, job.size_px, self._page)
            fit = self._following.update(sketch, job.pins, job.hints)
            if "update" in fit.timing_s:
                yield _answer(job, fit, elapsed_s(), is_preview=True)
                fit = self._following.fit(sketch, job.pins, job.hints)
            yield _answer(job, fit, elapsed_s())
        except LimnerError as error:
            yield Answer(job.number, str(error), elapsed_s=elapsed_s())
        except Exception:  # a fault of ours must not end the session that somebody draws in
            last = traceback.format_exc().strip().splitlines()[-1]
            yield Answer(job.number, f"could not be fitted ({last}); draw on, or press Fit")


def _answer(job: Job, fit: Fit, elapsed_s: float, is_preview: bool = False) -> Answer:
    """Gather what Blender shows of a fit."""
    read = fit.detection
    reading = Reading(
        read.au_labels,
        read.probability,
        read.intensity,
        read.uncertainty,
        read.visible,
        read.present,
        read.face_box,
        read.landmarks,
    )
    # the fit in full, which says how sound the head is, takes a preview's place within a second
    record = fit_report(fit, with_quality=not is_preview)
    scene = head_scene(fit, record, with_pictures=False)
    return Answer(job.number, "", reading, scene, elapsed_s, is_preview)
