"""Work that goes on in a thread while Blender's window stays alive; free of Blender.

Whoever waits looks now and then, and may give the work up. Python cannot end a thread from outside:
what was given up ends at its next stage, and what it found is dropped.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Behind", "Stage"]

Found = TypeVar("Found")
Stage = Callable[[str], None]
"""Called with the name of each stage before it starts."""


class _GivenUp(BaseException):
    """Nobody waits for the work any more."""


class Behind(Generic[Found]):
    """One piece of work in a thread of its own.

    Parameters
    ----------
    work : what is done; it tells its stages, and touches nothing that others may touch meanwhile

    Attributes
    ----------
    stage : name of the stage that the work is in, empty before the first
    """

    def __init__(self, work: Callable[[Stage], Found]) -> None:
        self.stage = ""
        self._work = work
        self._is_given_up = False
        self._found: list[Found] = []
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def is_done(self) -> bool:
        """True when `result` will not wait."""
        return not self._thread.is_alive()

    def result(self) -> Found:
        """Wait for the end; return what was found, or raise what went wrong."""
        self._thread.join()
        if self._fault is not None:
            raise self._fault
        return self._found[0]

    def give_up(self) -> None:
        """Let the work end at its next stage; do not wait for it."""
        self._is_given_up = True

    def _run(self) -> None:
        try:
            self._found.append(self._work(self._enter))
        except BaseException as fault:  # whoever asks for the result gets it
            self._fault = fault

    def _enter(self, stage: str) -> None:
        if self._is_given_up:
            raise _GivenUp
        self.stage = stage
