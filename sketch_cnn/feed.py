"""Where training drawings come from, and the store that batches are drawn from.

A source is asked for the drawings of one of several workers and yields them one by one: those of a
folder of shards once, those of a generator for ever. Workers prepare them beside the training, and
the store keeps the newest ones as uint8 on the device that trains, so that a drawing is seen many
times, each time augmented differently, while new ones arrive.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import multiprocessing
import os
import queue
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..errors import DatasetError
from .prepare import PreparedFaces, prepare, stacked
from .shards import Sample, read_shard

__all__ = ["Feed", "ShardSource", "Source", "Store"]

Source = Callable[[int, int], Iterator[Sample]]
"""Called with worker and workers, in a process of its own; must be picklable."""

CHUNK = 64
_NICE = 5
"""Preparing gives way to training, which launches everything from one thread."""

_WAITING = 4
"""Chunks that each worker may be ahead."""


@dataclass(frozen=True, slots=True)
class ShardSource:
    """The drawings of a folder of shards, each once."""

    folder: Path

    def __call__(self, worker: int, workers: int) -> Iterator[Sample]:
        """Yield every `workers`-th drawing."""
        number = 0
        for shard in sorted(self.folder.glob("*.tar")):
            for sample in read_shard(shard):
                if number % workers == worker:
                    yield sample
                number += 1


class Feed:
    """Prepared drawings, chunk by chunk, from workers of their own or from this process.

    Parameters
    ----------
    source : of the drawings
    workers : processes; 0 prepares in this one, whenever it is asked
    seed : of the choice between classes that share a pixel
    part, parts : this feed is one of several and takes its part of the source
    """

    def __init__(
        self, source: Source, workers: int, seed: int, part: int = 0, parts: int = 1
    ) -> None:
        self.is_over = False
        self.inline = workers == 0
        self._running = max(workers, 1)
        self._workers: list[multiprocessing.Process] = []
        if workers == 0:
            self._chunks = _chunks(source, part, parts, seed)
            return
        context = multiprocessing.get_context("spawn")
        self._queue = context.Queue(_WAITING * workers)
        for worker in range(workers):
            place = (part * workers + worker, parts * workers)
            process = context.Process(
                target=_work, args=(self._queue, source, *place, seed), daemon=True
            )
            process.start()
            self._workers.append(process)

    def take(self, wait_s: float = 0.0) -> PreparedFaces | None:
        """Return the next chunk, or None if there is none within so many seconds.

        Raises
        ------
        DatasetError
            If a worker failed.
        """
        if self.is_over:
            return None
        if not self._workers:
            chunk = next(self._chunks, None)
            self.is_over = chunk is None
            return chunk
        try:
            chunk = self._queue.get(timeout=wait_s) if wait_s else self._queue.get_nowait()
        except queue.Empty:
            if not any(worker.is_alive() for worker in self._workers):
                self.is_over = True
            return None
        if isinstance(chunk, str):
            self.close()
            raise DatasetError(chunk)
        if chunk is None:
            self._running -= 1
            self.is_over = self._running == 0
        return chunk

    def close(self) -> None:
        """End the workers."""
        self.is_over = True
        for worker in self._workers:
            worker.terminate()


def _work(
    waiting: multiprocessing.Queue, source: Source, worker: int, workers: int, seed: int
) -> None:
    """Prepare drawings until there are none, and say so; or say what went wrong."""
    if hasattr(os, "nice"):
        os.nice(_NICE)
    try:
        for chunk in _chunks(source, worker, workers, seed):
            waiting.put(chunk)
        waiting.put(None)
    except Exception as error:  # whatever it is, the training must hear of it
        waiting.put(f"a drawing could not be made or read: {error}")


def _chunks(source: Source, worker: int, workers: int, seed: int) -> Iterator[PreparedFaces]:
    rng = np.random.default_rng([seed, worker])
    samples = source(worker, workers)
    while some := list(islice(samples, CHUNK)):
        yield stacked([prepare(sample, rng) for sample in some])


class Store:
    """The newest prepared drawings, at most `capacity`, as tensors on a device."""

    def __init__(self, capacity: int, device: torch.device) -> None:
        self.capacity, self.device = capacity, device
        self.added = self.faces = 0
        self._data: dict[str, Tensor] = {}
        self._is_face = np.zeros(capacity, bool)
        self._face_rows = torch.zeros(capacity, dtype=torch.long, device=device)
        self._counts = torch.zeros(2, device=device)  # drawings, faces: as a captured step sees it

    @property
    def count(self) -> int:
        """How many drawings there are."""
        return min(self.added, self.capacity)

    def add(self, chunk: PreparedFaces) -> None:
        """Put drawings in, in place of the oldest ones if there is no more room."""
        rows = (self.added + np.arange(len(chunk.ink))) % self.capacity
        at = torch.from_numpy(rows).to(self.device)
        for field in fields(chunk):
            values = torch.from_numpy(getattr(chunk, field.name))
            if field.name not in self._data:
                shape = (self.capacity, *values.shape[1:])
                self._data[field.name] = torch.empty(shape, dtype=values.dtype, device=self.device)
            self._data[field.name][at] = values.to(self.device)
        self._is_face[rows] = chunk.is_face
        self.added += len(rows)
        known = torch.from_numpy(np.flatnonzero(self._is_face))
        self.faces = len(known)
        self._face_rows[: self.faces] = known.to(self.device)
        self._counts.copy_(torch.tensor([self.count, self.faces]))

    def draw_faces(self, count: int) -> dict[str, Tensor]:
        """Return `count` faces by chance, field by field."""
        return self.rows(self._face_rows[self._any(self._counts[1], count)])

    def draw(self, count: int) -> dict[str, Tensor]:
        """Return `count` drawings by chance, faces and others."""
        return self.rows(self._any(self._counts[0], count))

    def _any(self, below: Tensor, count: int) -> Tensor:
        chance = torch.rand(count, device=self.device) * below
        return torch.minimum(chance, below - 1.0).long()

    def all_faces(self) -> Tensor:
        """Return the numbers of all rows that are faces."""
        return self._face_rows[: self.faces]

    def rows(self, rows: Tensor) -> dict[str, Tensor]:
        """Return some rows, field by field."""
        return {name: values[rows] for name, values in self._data.items()}

    def labels(self) -> tuple[Tensor, Tensor]:
        """Return intensity and visible of all faces, (N, A) each."""
        rows = self.all_faces()
        return self._data["intensity"][rows], self._data["visible"][rows]
