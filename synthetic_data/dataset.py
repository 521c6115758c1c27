"""Data sets on disk: WebDataset shards that come out the same whoever makes them.

Every sample draws its chance from (seed, index) alone, and every shard appears whole
(`shards.py`). So the bytes do not depend on the number of workers, and a killed run loses the
shards in progress and nothing else.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import tarfile
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from ..errors import DatasetError
from ..rig.facs import AU_LABELS
from .plan import SCHEMA, checked_plan, open_folder
from .ray_shards import shards_on_ray
from .sample import Maker, sample_files
from .shards import forget_notes, shard_path, write_shard, write_whole
from .style import style_names

__all__ = ["SCHEMA", "generate"]

SHARD_SAMPLES = 1000
PRESENT = 0.3
COUNTED = ("faces", "au_counts", "tallies", "shards")
"""What `dataset.json` says beyond the plan."""

SETTING = ("seed", "size", "rigs", "styles", "pairs", "frames", "aus")
"""What of the plan a worker must know, in the order in which it is told."""

_maker: Maker | None = None
_setting: tuple[Any, ...] | None = None


def generate(
    out: Path,
    count: int,
    seed: int,
    rigs: dict[str, float] | Iterable[str] = ("makehuman",),
    styles: Iterable[str] | None = None,
    size: int = 256,
    workers: int = 1,
    *,
    pairs: bool = False,
    frames: int = 0,
    aus: Iterable[int] = (),
    resume: bool = False,
    engine: str = "local",
    on_progress: Callable[[int, int], None] | None = None,
    shard_samples: int = SHARD_SAMPLES,
) -> dict[str, Any]:
    """Write a data set of labelled drawings.

    Parameters
    ----------
    out : folder for the shards and `dataset.json`; made if missing
    count : number of samples
    seed : same seed, same bytes
    rigs : names of rigs, or name → share of the drawings
    styles : names of styles or paths of .toml files; None takes all that come with limner
    size : side of the sheets, pixels
    workers : processes; they do not change what is made
    pairs : draw every face at rest, too: `neutral.png`, and `neutral` in the JSON
    frames : 0, or how many samples in a row are one clip: an expression that comes and goes
    aus : numbers of the Action Units that faces are made of; none for the whole mix
    resume : go on in a folder that holds shards of the same data set already
    engine : "local", or "ray" for a cluster, where `workers` above 1 is the most at a time
    on_progress : called with (samples done, samples wanted) after every shard

    Returns
    -------
    What `dataset.json` says.

    Raises
    ------
    DatasetError
        On an unknown style, rig or Action Unit, a count below 1, a folder that cannot be written,
        or one that is in use; on resuming, also on a shard that is damaged or not of this data set.
    """
    out = Path(out)
    shares = dict(rigs) if isinstance(rigs, dict) else dict.fromkeys(rigs, 1.0)
    chosen = tuple(style_names() if styles is None else styles)
    if frames > 0:  # no clip is cut in two
        shard_samples = max(shard_samples // frames, 1) * frames
    plan = checked_plan(
        count, seed, shares, chosen, size, workers, shard_samples, pairs=pairs, frames=frames,
        aus=tuple(dict.fromkeys(aus)),
    )  # fmt: skip
    shards = [
        (number, range(first, min(first + shard_samples, count)))
        for number, first in enumerate(range(0, count, shard_samples))
    ]
    finished = open_folder(out, plan, len(shards), resume)
    missing = [shard for shard in shards if shard[0] not in finished]
    done = count - sum(len(rows) for _, rows in missing)
    if on_progress is not None and done:
        on_progress(done, count)
    for number in _written(out, plan, missing, workers, engine):
        done += len(shards[number][1])
        if on_progress is not None:
            on_progress(done, count)
    return _finish(out, plan, [number for number, _ in shards])


def _written(
    out: Path, plan: dict[str, Any], missing: list[tuple[int, range]], workers: int, engine: str
) -> Iterator[int]:
    """Write the missing shards, alone or with helpers, and tell each one's number."""
    setting = tuple(plan[key] for key in SETTING)
    if engine == "ray":
        yield from shards_on_ray(out, setting, missing, workers, _write_elsewhere)
        return
    if workers == 1 or len(missing) < 2:
        _start_worker(*setting)
        for number, rows in missing:
            yield _write_shard(out, number, rows)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        min(workers, len(missing)), context, initializer=_start_helper, initargs=setting
    ) as pool:
        futures = [pool.submit(_write_shard, out, number, rows) for number, rows in missing]
        try:
            for future in futures:
                yield future.result()
        except BrokenProcessPool:
            raise DatasetError(
                f"{out}: a worker was stopped from outside, perhaps for want of memory. "
                "Resume, with fewer workers."
            ) from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _start_helper(*setting: Any) -> None:
    """Start a process of its own, which ends when the one that asked for it does."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)  # nobody waits for what this process draws, and nobody else would end it

    threading.Thread(target=watch, daemon=True).start()
    _start_worker(*setting)


def _start_worker(
    seed: int,
    size: int,
    rigs: dict[str, float],
    styles: list[str],
    pairs: bool,
    frames: int,
    aus: list[int],
) -> None:
    """Load rigs and styles once per process."""
    global _maker
    _maker = Maker.load(seed, size, rigs, tuple(styles), pairs=pairs, frames=frames, aus=tuple(aus))


def _write_shard(out: Path, number: int, rows: range) -> int:
    """Draw and write one shard."""
    write_shard(shard_path(out, number), _members(rows))
    return number


def _write_elsewhere(setting: tuple[Any, ...], out: Path, number: int, rows: range) -> int:
    """Draw and write one shard in a process that may have drawn other data sets before."""
    global _setting
    if _maker is None or _setting != setting:
        _start_worker(*setting)
        _setting = setting
    return _write_shard(out, number, rows)


def _members(rows: range) -> Iterator[tuple[str, bytes]]:
    """Draw some samples, file by file."""
    assert _maker is not None
    for index in rows:
        files, _ = sample_files(_maker, index)
        for kind, content in files.items():
            yield f"{index:08d}.{kind}", content


def _finish(out: Path, plan: dict[str, Any], numbers: list[int]) -> dict[str, Any]:
    """Count what the shards hold, and write `dataset.json`."""
    counts = {label: {"present": 0, "visible": 0} for label in AU_LABELS}
    tallies: dict[str, dict[str, int]] = {"style": {}, "rig": {}, "emotion": {}}
    faces, hashes = 0, {}
    for number in numbers:
        path = shard_path(out, number)
        try:
            hashes[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
            for about in _abouts(path):
                faces += bool(about["is_face"])
                for key, tally in tallies.items():
                    value = str(about.get(key))
                    tally[value] = tally.get(value, 0) + 1
                for entry in about["aus"]:
                    label = f"AU{entry['au']}{entry.get('side', '')}"
                    counts[label]["present"] += entry["intensity"] >= PRESENT
                    counts[label]["visible"] += entry["visible"]
        except (OSError, tarfile.TarError, ValueError, KeyError) as error:
            raise DatasetError(f"{path}: damaged shard ({error}). Delete it and resume.") from None
    summary = {
        **plan,
        "faces": faces,
        "au_counts": counts,
        "tallies": {key: dict(sorted(tally.items())) for key, tally in tallies.items()},
        "shards": hashes,
    }
    write_whole(out / "dataset.json", json.dumps(summary, indent=1).encode())
    (out / "plan.json").unlink(missing_ok=True)
    forget_notes(out)
    return summary


def _abouts(path: Path) -> Iterator[dict[str, Any]]:
    """Read the JSON files of a shard."""
    with tarfile.open(path) as archive:
        for member in archive:
            if member.name.endswith(".json"):
                content = archive.extractfile(member)
                assert content is not None
                yield json.loads(content.read())
