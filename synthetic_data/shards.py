"""Shards on disk: they appear whole, and each has a note of what it must hold.

A shard is written under a partial name; its digest is noted; then it gets its own name. So a shard
without a note is not of this data set, and one that differs from its note was damaged since. The
notes lie beside the shards while a data set is made, and in `dataset.json` once it is finished.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..errors import DatasetError

__all__ = [
    "PARTIAL", "finished_shards", "forget_notes", "shard_path", "write_shard", "write_whole",
]  # fmt: skip

PARTIAL = ".partial-"
_NOTE = ".digest-"


def shard_path(out: Path, number: int) -> Path:
    """Return where a shard lies."""
    return out / f"drawings-{number:06d}.tar"


def write_shard(path: Path, members: Iterable[tuple[str, bytes]]) -> str:
    """Write named files as one shard, whole or not at all, and return its digest.

    The bytes depend on names and contents alone.
    """
    partial = path.with_name(f"{PARTIAL}{path.name}-{os.getpid()}")
    try:
        with tarfile.open(partial, "w", format=tarfile.USTAR_FORMAT) as archive:
            for name, content in members:
                member = tarfile.TarInfo(name)
                member.size, member.mtime, member.mode = len(content), 0, 0o644
                archive.addfile(member, io.BytesIO(content))
        digest = _digest(partial)
        write_whole(_note_path(path), digest.encode("ascii"))
        os.replace(partial, path)
    except OSError as error:
        raise DatasetError(
            f"{path}: cannot be written ({error.strerror or error}). Make room, or choose "
            "another folder."
        ) from None
    finally:
        partial.unlink(missing_ok=True)
    return digest


def finished_shards(out: Path, count: int, known: Mapping[str, str]) -> set[int]:
    """Return the numbers of the shards that lie in a folder, each checked against its note.

    Parameters
    ----------
    out : folder of the data set
    count : number of shards that the whole data set has
    known : name → digest of the shards of a finished data set; notes stand in for the rest

    Raises
    ------
    DatasetError
        If a shard is damaged or is not one of this data set. Nothing is touched.
    """
    numbers = {shard_path(out, number).name: number for number in range(count)}
    found = set()
    for path in sorted(out.glob("*.tar")):
        note = _note_path(path)
        wanted = known.get(path.name)
        if wanted is None and note.is_file():
            wanted = note.read_text(encoding="ascii")
        if path.name not in numbers or wanted is None:
            raise DatasetError(
                f"{path}: is not a shard of this data set. Move it elsewhere and resume."
            )
        if _digest(path) != wanted:
            raise DatasetError(
                f"{path}: damaged, it is not as it was written. Delete it and resume; "
                "only this shard is drawn again."
            )
        found.add(numbers[path.name])
    return found


def forget_notes(out: Path) -> None:
    """Delete the notes, once `dataset.json` holds what they say."""
    for note in out.glob(f"{_NOTE}*"):
        note.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file under a partial name, then give it its own."""
    partial = path.with_name(f"{PARTIAL}{path.name}-{os.getpid()}")
    try:
        partial.write_bytes(content)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _note_path(path: Path) -> Path:
    """Return where a shard's digest is noted."""
    return path.with_name(f"{_NOTE}{path.stem}")  # not *.tar: readers take those


def _digest(path: Path) -> str:
    """Return a file's SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
