"""A folder of drawings, read one by one by processes of their own, while Blender goes on.

Free of Blender: whoever waits takes the answers when it likes, and may stop at any time.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import queue
import re
import shutil
import tempfile
import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import LimnerError, SketchError
from .batch import BatchSettings, Job, JobResult, Runner, expand_folders, one_line, plan_jobs
from .outputs import read_report

__all__ = ["FolderReader", "ReadDrawing", "drawings_in", "frame_number", "key_frames"]


@dataclass(frozen=True, slots=True, eq=False)
class ReadDrawing:
    """What came of one drawing.

    Attributes
    ----------
    job : the drawing, and a name of its own
    record : the content of its `fit.json`, or None
    reason : why there is none, one line
    """

    job: Job
    record: dict[str, Any] | None
    reason: str = ""


def drawings_in(folder: Path) -> list[Job]:
    """Return the drawings in a folder by name, numbers counted: `smile2` before `smile10`.

    Raises
    ------
    SketchError
        If it is no folder, or there is no picture in it.
    """
    if not folder.is_dir():
        raise SketchError(f"{folder}: no such folder; choose one with drawings")
    paths = [path for path in expand_folders([folder]) if path != folder]
    if not paths:
        raise SketchError(f"{folder}: no pictures in it; choose a folder with drawings")
    return plan_jobs(sorted(paths, key=_natural))


def _natural(path: Path) -> list[tuple[int, str]]:
    """Return what sorts names as people count."""
    parts = re.split(r"(\d+)", path.name.lower())
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]


def frame_number(name: str) -> int | None:
    """Return the last number in a file's name without its ending, or None."""
    found = re.findall(r"\d+", Path(name).stem)
    return int(found[-1]) if found else None


def key_frames(jobs: Sequence[Job], first: int, step: int | None) -> list[int]:
    """Return the frame of each drawing.

    Parameters
    ----------
    first : frame of the first drawing, where they are counted
    step : frames from one to the next; None takes the numbers in the files' names

    Raises
    ------
    SketchError
        If a name has no number, or two have the same.
    """
    if step is not None:
        return [first + step * place for place in range(len(jobs))]
    taken: dict[int, str] = {}
    for job in jobs:
        number = frame_number(job.path.name)
        if number is None:
            raise SketchError(f"{job.path.name}: no number in its name; count the drawings instead")
        if number in taken:
            raise SketchError(
                f"{job.path.name}: has the same number as {taken[number]}; rename one, or count "
                "the drawings instead"
            )
        taken[number] = job.path.name
    return list(taken)


class FolderReader:
    """Fits drawings behind the scenes.

    Parameters
    ----------
    jobs : the drawings
    rig : name or path of the head they are fitted with
    processes : that work at the same time
    run : what fits them; by default processes of their own
    model_dir : folder with the networks' weights, or None for limner's own
    neutral : a picture of the same character at rest
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        rig: str,
        processes: int = 1,
        run: Runner | None = None,
        model_dir: Path | None = None,
        neutral: Path | None = None,
    ) -> None:
        from .fit_pool import run_in_processes

        self._jobs = {job.name: job for job in jobs}
        self._out = Path(tempfile.mkdtemp(prefix="limner-folder-"))
        self._settings = BatchSettings(
            self._out, rig, model_dir, formats=("json",), jobs=processes, neutral=neutral
        )
        self._run = run or run_in_processes
        self._answers: queue.SimpleQueue[ReadDrawing] = queue.SimpleQueue()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    @property
    def is_done(self) -> bool:
        """True when no further answer will come."""
        return not self._thread.is_alive() and self._answers.empty()

    def new(self) -> list[ReadDrawing]:
        """Return what has come since the last call, without waiting."""
        found = []
        while not self._answers.empty():
            found.append(self._answers.get())
        return found

    def wait(self) -> list[ReadDrawing]:
        """Wait for all drawings; return what `new` hasn't yet."""
        self._thread.join()
        return self.new()

    def close(self) -> None:
        """Stop what is under way and remove what it left."""
        self._stopped.set()
        self._thread.join()
        shutil.rmtree(self._out, ignore_errors=True)

    def _work(self) -> None:
        """Take results as they come; runs in a thread of its own."""
        try:
            with closing(self._run(list(self._jobs.values()), self._settings)) as results:
                for result in results:
                    self._answers.put(self._answer(result))
                    if self._stopped.is_set():
                        return
        except LimnerError as error:
            for job in self._jobs.values():
                self._answers.put(ReadDrawing(job, None, one_line(error)))

    def _answer(self, result: JobResult) -> ReadDrawing:
        record = read_report(self._out / result.name) if result.is_ok else None
        reason = "" if record else result.reason or "its fit.json can't be read"
        return ReadDrawing(self._jobs[result.name], record, reason)
