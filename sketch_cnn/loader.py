"""Batches of augmented drawings, made in a process of their own."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from .augment import PreparedFace, find_item, prepare, read_item
from .shards import read_shard

__all__ = ["Batch", "DrawingStream", "stream_batches"]

_BATCHES_A_SHARD = 25


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """`reader`: name → (N, …) arrays of `read_item`; `finder`: sheets, heat maps and boxes."""

    reader: dict[str, Tensor]
    finder: tuple[Tensor, Tensor, Tensor]


class DrawingStream(IterableDataset):
    """Endless batches from a folder of shards.

    All shards that are there are prepared first (some 6 ms and 90 kB a drawing); those that appear
    later are taken up one by one while the training runs.

    Parameters
    ----------
    folder : the data set
    batch, finder_batch : drawings a batch
    seed : the same seed gives the same batches from the same shards
    part, parts : this stream takes every `parts`-th shard, from number `part` on; the loader's
        workers divide these again
    """

    def __init__(
        self,
        folder: Path,
        batch: int,
        finder_batch: int,
        seed: int,
        part: int = 0,
        parts: int = 1,
    ) -> None:
        super().__init__()
        self.folder, self.batch, self.finder_batch, self.seed = folder, batch, finder_batch, seed
        self.part, self.parts = part, parts

    def __iter__(self) -> Iterator[Batch]:
        """Yield batches for ever."""
        info = torch.utils.data.get_worker_info()
        worker, workers = (0, 1) if info is None else (info.id, info.num_workers)
        part, parts = self.part * workers + worker, self.parts * workers
        torch.set_num_threads(1)
        rng = np.random.default_rng([self.seed, part])
        samples: list[PreparedFace] = []
        faces: list[PreparedFace] = []
        read: set[Path] = set()
        while True:
            new = [
                path for path in sorted(self.folder.glob("*.tar"))[part::parts] if path not in read
            ]
            for shard in new[:1] if read else new:
                fresh = [prepare(sample, rng) for sample in read_shard(shard)]
                samples.extend(fresh)
                faces.extend(face for face in fresh if face.sample.is_face)
                read.add(shard)
            for _ in range(_BATCHES_A_SHARD):
                yield self._batch(samples, faces, rng)

    def _batch(
        self, samples: list[PreparedFace], faces: list[PreparedFace], rng: np.random.Generator
    ) -> Batch:
        picked = rng.integers(0, len(faces), self.batch)
        items = [read_item(faces[row], rng, is_training=True) for row in picked]
        reader = {
            name: torch.from_numpy(np.stack([item[name] for item in items])) for name in items[0]
        }
        sheets = []
        for _ in range(self.finder_batch):
            count = 2 if rng.random() < 0.2 else 1
            sheets.append(
                find_item([samples[row] for row in rng.integers(0, len(samples), count)], rng)
            )
        maps = tuple(torch.from_numpy(np.stack(part)) for part in zip(*sheets, strict=True))
        return Batch(reader, maps)


def stream_batches(stream: DrawingStream, workers: int) -> Iterator[Batch]:
    """Yield the stream's batches, made by `workers` processes beside the training."""
    loader = DataLoader(
        stream, batch_size=None, num_workers=workers, prefetch_factor=4 if workers else None
    )
    yield from loader
