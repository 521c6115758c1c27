"""The process that fits while somebody draws: the newest drawing, and in full when the pen rests.

`fit_worker.py` is the program that starts it.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import _thread
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import IO, TYPE_CHECKING

from ..errors import LimnerError
from .fit import Fit
from .fit_session import FitSession
from .head_scene import head_scene
from .live_wire import Answer, Job, Reading, Shorthand, receive, send
from .pipeline import PipelineSettings, Session, read_at_rest
from .report import fit_report
from .strokes import Page, sketch_from_strokes

if TYPE_CHECKING:
    from ..sketch_cnn.sketch import Sketch

__all__ = ["answer_jobs"]

REST_S = 0.6
"""So long the pen must have rested before a drawing is fitted in full: the next stroke would have
to wait for whatever that is in the middle of."""


class _Superseded(BaseException):
    """A newer drawing has come: what is being made of the old one is of no use."""


class _Newest:
    """Room for one job: a newer one takes the place of the one that waits, or is worked at."""

    def __init__(self) -> None:
        self._may_interrupt = False
        self._job: Job | None = None
        self._is_closed = False
        self._changed = threading.Condition()

    def put(self, job: Job | None) -> None:
        """Leave a job; None says that no more will come."""
        with self._changed:
            self._job, self._is_closed = job, job is None
            self._changed.notify()
        if self._may_interrupt:
            _thread.interrupt_main()  # comes out in `interrupt`, in the main thread

    def take(self) -> Job | None:
        """Wait for a job; None when no more will come."""
        with self._changed:
            self._changed.wait_for(lambda: self.is_overtaken)
            job, self._job = self._job, None
            return job

    @property
    def is_overtaken(self) -> bool:
        """True where a newer job waits, or no more will come."""
        return self._job is not None or self._is_closed

    def rests(self, seconds: float) -> bool:
        """Wait so long for a newer job; return whether none came."""
        with self._changed:
            return not self._changed.wait_for(lambda: self.is_overtaken, seconds)

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """Let a newer job throw the main thread out of what it does meanwhile."""
        self._may_interrupt = True
        try:
            if self.is_overtaken:
                raise _Superseded
            yield
        finally:
            self._may_interrupt = False

    def interrupt(self, _signal: int, frame: FrameType | None) -> None:
        """Throw the main thread out of work that has become useless.

        Not out of an import: half a module would stay, and no fit could use it any more.
        """
        if self._may_interrupt and self.is_overtaken and not _is_importing(frame):
            self._may_interrupt = False
            raise _Superseded


def _is_importing(frame: FrameType | None) -> bool:
    """Tell whether what runs was called by Python's import."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def answer_jobs(
    jobs: IO[bytes],
    answers: IO[bytes],
    rig: str,
    model_dir: Path | None = None,
    neutral: Path | None = None,
) -> None:
    """Answer jobs until their stream ends; a newer job mostly ends the work at the one in hand.

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
            send(answers, Shorthand().pack(Answer(job.number, reason)))
        return
    words = Shorthand()
    is_told = False  # the first is never thrown away: it loads what all others use
    with suppress(OSError):  # nobody listens any more
        while (job := newest.take()) is not None:
            is_told = _answer_job(
                job, newest, fitter, lambda answer: send(answers, words.pack(answer)), not is_told
            )


def _answer_job(
    job: Job, newest: _Newest, fitter: _Fitter, tell: Callable[[Answer], None], must_tell: bool
) -> bool:
    """Answer one job: at once, and in full when the pen rests; return whether it was answered.

    A newer job ends the work at this one, but where `must_tell`: if the pen outran every answer,
    the head would not move before it rests.
    """
    try:
        with nullcontext() if must_tell else newest.interrupting():
            answer = fitter.follow(job)
    except _Superseded:
        return False
    is_late = newest.is_overtaken
    if is_late and not must_tell:
        return False
    tell(replace(answer, is_late=is_late))
    if answer.is_preview and newest.rests(REST_S):
        with suppress(_Superseded):
            with newest.interrupting():
                answer = fitter.settle(job)
            tell(answer)
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
        self._sketch: Sketch | None = None

    def follow(self, job: Job) -> Answer:
        """Fit from the head before; in full where there is none."""

        def fit() -> Fit:
            self._sketch = sketch_from_strokes(job.strokes, job.size_px, self._page)
            return self._following.update(self._sketch, job.pins, job.hints)

        return _answered(job, fit)

    def settle(self, job: Job) -> Answer:
        """Fit the drawing that `follow` had in full."""
        sketch = self._sketch
        assert sketch is not None, "nothing was followed yet"
        return _answered(job, lambda: self._following.fit(sketch, job.pins, job.hints))


def _answered(job: Job, fit: Callable[[], Fit]) -> Answer:
    """Return what comes of a fit; every fault becomes an answer."""
    started, worked = time.perf_counter(), time.process_time()
    try:
        answer = _answer(job, fit())
    except LimnerError as error:
        answer = Answer(job.number, str(error))
    except Exception:  # a fault of ours must not end the session that somebody draws in
        last = traceback.format_exc().strip().splitlines()[-1]
        answer = Answer(job.number, f"could not be fitted ({last}); draw on, or press Fit")
    return replace(
        answer,
        elapsed_s=time.perf_counter() - started,
        worked_s=time.process_time() - worked,
    )


def _answer(job: Job, fit: Fit) -> Answer:
    """Gather what Blender shows of a fit."""
    read, is_preview = fit.detection, "fit" not in fit.timing_s
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
    # the fit in full, which says how sound the head is, takes a preview's place when the pen rests
    record = fit_report(fit, with_quality=not is_preview)
    scene = head_scene(fit, record, with_pictures=False)
    return Answer(job.number, "", reading, scene, is_preview=is_preview)
