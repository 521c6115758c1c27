"""Shards drawn on a Ray cluster: a task each, drawn again elsewhere if its worker dies.

All machines need limner and a disk that they share with the one that asks. What a shard holds
depends on plan and number alone, so that it is the same wherever it was drawn.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..cluster import joined_cluster, processors
from ..errors import DatasetError
from .plan import made_by
from .shards import PARTIAL

__all__ = ["shards_on_ray"]

_TRIES = 3
_SHORT_S = 0.5


def shards_on_ray(
    out: Path,
    setting: tuple[Any, ...],
    missing: list[tuple[int, range]],
    workers: int,
    draw: Callable[..., int],
) -> Iterator[int]:
    """Draw shards on a cluster, and tell each one's number as soon as it is there.

    Parameters
    ----------
    out : folder of the data set, on a disk that all machines share
    setting : of the maker
    missing : numbers of the shards and rows of their samples
    workers : above 1, no more shards than that at a time; else as many as there are processors
    draw : draws and writes one shard: `draw(setting, out, number, rows)`

    Raises
    ------
    DatasetError
        If a shard cannot be drawn, or its worker died three times.
    OutputError
        If there is no Ray, or no cluster.
    """
    with joined_cluster() as ray:
        task = ray.remote(num_cpus=1, max_retries=_TRIES - 1)(_draw_elsewhere)
        at_a_time = workers if workers > 1 else processors(ray) + 1
        waiting = list(reversed(missing))
        running: dict[Any, int] = {}
        try:
            while waiting or running:
                while waiting and len(running) < at_a_time:
                    number, rows = waiting.pop()
                    order = task.remote(made_by(), draw, setting, str(out.resolve()), number, rows)
                    running[order] = number
                # in short steps, so that Ctrl-C comes through
                done, _ = ray.wait(list(running), num_returns=1, timeout=_SHORT_S)
                for order in done:
                    number = running.pop(order)
                    _came_of(ray, order, out, number)
                    yield number
        finally:
            for order in running:
                with suppress(Exception):  # it may be done, or its machine gone
                    ray.cancel(order, force=True)
    for left in out.glob(f"{PARTIAL}*"):  # of workers that died
        left.unlink(missing_ok=True)


def _came_of(ray: Any, order: Any, out: Path, number: int) -> None:
    """See that a shard was drawn."""
    try:
        ray.get(order)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, DatasetError):
            raise DatasetError(str(error.cause)) from None
        raise
    except ray.exceptions.RayError:
        raise DatasetError(
            f"{out}: the worker that drew shard {number} was lost {_TRIES} times, perhaps for want "
            "of memory. Resume, with fewer workers."
        ) from None


def _draw_elsewhere(
    code: str,
    draw: Callable[..., int],
    setting: tuple[Any, ...],
    out: str,
    number: int,
    rows: range,
) -> int:
    """Draw one shard; runs on some machine of the cluster."""
    if code != made_by():
        raise DatasetError(
            f"{os.uname().nodename}: another version of limner or numpy; install the same ones on "
            "every machine of the cluster."
        )
    if not Path(out).is_dir():
        raise DatasetError(
            f"{out}: is not there on {os.uname().nodename}; choose a folder on a disk that all "
            "machines share."
        )
    return draw(setting, Path(out), number, rows)
