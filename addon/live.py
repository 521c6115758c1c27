"""Following a drawing from a process of its own: whoever draws never waits for a fit.

Nothing here knows Blender. `Follower.follow` and `Follower.latest` return at once; threads do the
talking, and the fit runs in another process, so that not even Python's lock is held.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from ..cluster import ONE_THREAD
from .fit_worker import WORKER, installed_packages
from .hints import Hints
from .live_wire import Answer, Job, Shorthand, receive, send
from .strokes import Stroke

__all__ = ["Follower"]


class Follower:
    """A process that fits the newest drawing, over and over.

    Parameters
    ----------
    rig : name or path of the rig
    threads : how many of the processor's cores a fit may use
    model_dir : folder with the networks' weights, or None for limner's own
    neutral : a picture of the same character at rest
    """

    def __init__(
        self,
        rig: str,
        threads: int = 1,
        model_dir: Path | None = None,
        neutral: Path | None = None,
    ) -> None:
        self._opening = {
            "path": installed_packages(),
            "follow": rig,
            "model": None if model_dir is None else str(model_dir),
            "neutral": None if neutral is None else str(neutral),
        }
        self._environment = {**os.environ, **dict.fromkeys(ONE_THREAD, str(threads))}
        self._process: subprocess.Popen[bytes] | None = None
        self._changed = threading.Condition()
        self._job: Job | None = None
        self._answer: Answer | None = None
        self._newest = 0
        self._answered = 0
        self._is_closed = False
        self._failure = ""
        threading.Thread(target=self._talk, daemon=True).start()

    def follow(
        self,
        strokes: tuple[Stroke, ...],
        size_px: tuple[int, int],
        pins: Mapping[str, float],
        hints: Hints | None = None,
    ) -> int:
        """Ask for a fit of a drawing instead of all earlier ones; return the job's number.

        `pins` and `hints` are what somebody has set by hand, see `Job`.
        """
        with self._changed:
            self._newest += 1
            self._answer = None  # to an earlier drawing
            self._job = Job(self._newest, strokes, size_px, dict(pins), hints or Hints())
            self._changed.notify_all()
            return self._newest

    def latest(self) -> Answer | None:
        """Return the newest answer, once; None if there is no new one.

        It is one to the newest drawing, or a late one (`Answer.is_late`).
        """
        with self._changed:
            answer, self._answer = self._answer, None
            return answer

    @property
    def is_busy(self) -> bool:
        """True from a drawing's arrival until its last answer is there."""
        return self._answered < self._newest and not self._failure

    @property
    def failure(self) -> str:
        """Why no more answers will come, one line; empty while all is well."""
        return self._failure

    def close(self) -> None:
        """Let the process go; returns at once. It has nothing that could be lost."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        if self._process is not None:
            with suppress(OSError):
                self._process.terminate()

    def _talk(self) -> None:
        """Start the process and send it jobs as they come; runs in a thread of its own."""
        try:
            process = subprocess.Popen(
                [sys.executable, "-P", str(WORKER)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=self._environment,
                start_new_session=True,
            )
        except OSError as error:
            self._fail(f"the process that fits could not be started ({error.strerror})")
            return
        self._process = process
        assert process.stdin is not None and process.stdout is not None
        listener = threading.Thread(target=self._listen, args=(process.stdout,), daemon=True)
        listener.start()
        with suppress(OSError), process:  # leaving closes the pipes and waits for its end
            process.stdin.write(json.dumps(self._opening).encode() + b"\n")
            process.stdin.flush()
            while (job := self._next_job()) is not None:
                send(process.stdin, job.pack())
            process.terminate()
            listener.join()

    def _next_job(self) -> Job | None:
        """Wait for a drawing; None when the follower was closed or the process has ended."""
        with self._changed:
            self._changed.wait_for(lambda: self._job or self._is_closed or self._failure)
            job, self._job = self._job, None
            return None if self._is_closed or self._failure else job

    def _listen(self, answers: IO[bytes]) -> None:
        """Keep the newest answer; runs in a thread of its own."""
        words = Shorthand()
        with suppress(OSError, ValueError):
            while (data := receive(answers)) is not None:
                answer = words.unpack(data)
                with self._changed:
                    if answer.number == self._newest or answer.is_late:
                        self._answer = answer
                        self._answered = answer.number - answer.is_preview
        self._fail("the process that fits has ended")

    def _fail(self, reason: str) -> None:
        """Note that no more answers will come."""
        with self._changed:
            if not self._is_closed:
                self._failure = f"{reason}; switch Live on again"
            self._changed.notify_all()
