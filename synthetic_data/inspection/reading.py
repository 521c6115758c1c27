"""Samples as they lie in shards, files and all, whether or not they are sound."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["StoredSample", "read_samples"]


@dataclass(slots=True)
class StoredSample:
    """One sample: its key, the shard it lies in, and its files by kind (`png`, `json`, …)."""

    key: str
    shard: str
    files: dict[str, bytes] = field(default_factory=dict)


def read_samples(path: Path) -> Iterator[StoredSample]:
    """Read a shard sample by sample; the files of one lie side by side.

    Raises
    ------
    tarfile.TarError, OSError
        Where the shard is damaged; samples before that place have been given.
    """
    sample: StoredSample | None = None
    with tarfile.open(path, "r:") as archive:
        for member in archive:
            key, _, kind = member.name.partition(".")
            content = archive.extractfile(member)
            if content is None:
                continue
            if sample is None or sample.key != key:
                if sample is not None:
                    yield sample
                sample = StoredSample(key, path.name)
            sample.files[kind] = content.read()
    if sample is not None:
        yield sample
