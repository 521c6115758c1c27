"""Data sets on disk: WebDataset shards that come out the same whoever makes them.

Every sample draws its chance from (seed, index) alone, and every shard is written under a partial
name and renamed when it is whole. So the bytes do not depend on the number of workers, and a
killed run loses the shards in progress and nothing else.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import io
import json
import multiprocessing
import os
import tarfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from ..errors import DatasetError, LimnerError
from ..rig.facs import AU_LABELS
from ..rig.features import FEATURES, LANDMARK_NAMES
from ..rig.store import load_rig
from .sample import SCHEMA as SAMPLE_SCHEMA
from .sample import Maker, sample_files
from .style import load_style, style_names

__all__ = ["SCHEMA", "generate"]

SCHEMA = "limner.dataset/1"
SHARD_SAMPLES = 1000
PRESENT = 0.3

_maker: Maker | None = None


def generate(
    out: Path,
    count: int,
    seed: int,
    rigs: dict[str, float] | Iterable[str] = ("makehuman",),
    styles: Iterable[str] | None = None,
    size: int = 256,
    workers: int = 1,
    *,
    resume: bool = False,
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
    resume : go on in a folder that holds shards of the same data set already
    on_progress : called with (samples done, samples wanted) after every shard

    Returns
    -------
    What `dataset.json` says.

    Raises
    ------
    DatasetError
        On an unknown style or rig, a count below 1, a folder that cannot be written, or one that
        is in use.
    """
    out = Path(out)
    shares = dict(rigs) if isinstance(rigs, dict) else dict.fromkeys(rigs, 1.0)
    chosen = tuple(style_names() if styles is None else styles)
    plan = _checked_plan(count, seed, shares, chosen, size, workers, shard_samples)
    _open_folder(out, plan, resume)
    shards = [
        (number, range(first, min(first + shard_samples, count)))
        for number, first in enumerate(range(0, count, shard_samples))
    ]
    missing = [shard for shard in shards if not _shard_path(out, shard[0]).exists()]
    done = count - sum(len(rows) for _, rows in missing)
    if on_progress is not None and done:
        on_progress(done, count)
    for number in _written(out, plan, missing, workers):
        done += len(shards[number][1])
        if on_progress is not None:
            on_progress(done, count)
    return _finish(out, plan, [number for number, _ in shards])


def _checked_plan(
    count: int,
    seed: int,
    rigs: dict[str, float],
    styles: tuple[str, ...],
    size: int,
    workers: int,
    shard_samples: int,
) -> dict[str, Any]:
    """Check the wishes and return what identifies the data set."""
    if count < 1:
        raise DatasetError(f"count is {count}: give the number of drawings, 1 or more.")
    if seed < 0:
        raise DatasetError(f"seed is {seed}: give a number from 0 on.")
    if not 64 <= size <= 1024:
        raise DatasetError(f"size is {size}: give a side from 64 to 1024 pixels.")
    if workers < 1 or shard_samples < 1:
        raise DatasetError(f"workers is {workers}: give 1 or more.")
    if not rigs or not styles:
        raise DatasetError("give at least one rig and one style.")
    for name in styles:
        load_style(name)
    licences = {}
    for name in rigs:
        try:
            licences[name] = load_rig(name).licence
        except LimnerError as error:
            raise DatasetError(f"rig {name!r}: {error}") from None
    return {
        "schema": SCHEMA,
        "sample_schema": SAMPLE_SCHEMA,
        "count": count,
        "seed": seed,
        "size": size,
        "rigs": rigs,
        "styles": list(styles),
        "shard_samples": shard_samples,
        "licences": licences,
        "code_sha256": _code_hash(),
        "au_labels": list(AU_LABELS),
        "features": list(FEATURES),
        "landmarks": list(LANDMARK_NAMES),
    }


def _code_hash() -> str:
    """Return the digest of the generator's own files, styles included."""
    digest = hashlib.sha256()
    folder = Path(__file__).parent
    for path in sorted([*folder.glob("*.py"), *folder.glob("styles/*.toml")]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _open_folder(out: Path, plan: dict[str, Any], resume: bool) -> None:
    """Make the folder, or see that it may be continued."""
    note = out / "plan.json"
    try:
        used = out.exists() and any(out.iterdir())
        if used and not resume:
            raise DatasetError(f"{out}: is not empty. Choose another folder, or resume it.")
        known = next((path for path in (note, out / "dataset.json") if path.exists()), None)
        if used and known is not None:
            before = json.loads(known.read_text(encoding="utf-8"))
            changed = sorted(key for key in plan if before.get(key) != plan[key])
            if changed:
                raise DatasetError(
                    f"{out}: holds another data set ({', '.join(changed)} differ). "
                    "Repeat the first command, or choose another folder."
                )
        elif used and any(out.glob("*.tar")):
            raise DatasetError(f"{out}: holds shards of unknown origin. Choose another folder.")
        out.mkdir(parents=True, exist_ok=True)
        for stale in out.glob(".partial-*"):
            stale.unlink()
        _write_whole(note, json.dumps(plan, indent=1).encode())
    except (OSError, ValueError) as error:
        raise DatasetError(f"{out}: cannot be used ({error}). Choose another folder.") from None


def _shard_path(out: Path, number: int) -> Path:
    """Return where a shard lies."""
    return out / f"drawings-{number:06d}.tar"


def _written(
    out: Path, plan: dict[str, Any], missing: list[tuple[int, range]], workers: int
) -> Iterator[int]:
    """Write the missing shards, alone or with helpers, and tell each one's number."""
    setting = (plan["seed"], plan["size"], plan["rigs"], tuple(plan["styles"]))
    if workers == 1 or len(missing) < 2:
        _start_worker(*setting)
        for number, rows in missing:
            yield _write_shard(out, number, rows)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        min(workers, len(missing)), context, initializer=_start_worker, initargs=setting
    ) as pool:
        futures = [pool.submit(_write_shard, out, number, rows) for number, rows in missing]
        try:
            for future in futures:
                yield future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _start_worker(seed: int, size: int, rigs: dict[str, float], styles: tuple[str, ...]) -> None:
    """Load rigs and styles once per process."""
    global _maker
    _maker = Maker.load(seed, size, rigs, styles)


def _write_shard(out: Path, number: int, rows: range) -> int:
    """Draw and write one shard."""
    assert _maker is not None
    path = _shard_path(out, number)
    partial = path.with_name(f".partial-{path.name}-{os.getpid()}")
    try:
        with tarfile.open(partial, "w", format=tarfile.USTAR_FORMAT) as archive:
            for index in rows:
                files, _ = sample_files(_maker, index)
                for kind, content in files.items():
                    member = tarfile.TarInfo(f"{index:08d}.{kind}")
                    member.size, member.mtime, member.mode = len(content), 0, 0o644
                    archive.addfile(member, io.BytesIO(content))
        os.replace(partial, path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise DatasetError(f"{path}: cannot be written ({error}). Make room or choose.") from None
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return number


def _finish(out: Path, plan: dict[str, Any], numbers: list[int]) -> dict[str, Any]:
    """Count what the shards hold, and write `dataset.json`."""
    counts = {label: {"present": 0, "visible": 0} for label in AU_LABELS}
    tallies: dict[str, dict[str, int]] = {"style": {}, "rig": {}, "emotion": {}}
    faces, hashes = 0, {}
    for number in numbers:
        path = _shard_path(out, number)
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
    _write_whole(out / "dataset.json", json.dumps(summary, indent=1).encode())
    (out / "plan.json").unlink(missing_ok=True)
    return summary


def _abouts(path: Path) -> Iterator[dict[str, Any]]:
    """Read the JSON files of a shard."""
    with tarfile.open(path) as archive:
        for member in archive:
            if member.name.endswith(".json"):
                content = archive.extractfile(member)
                assert content is not None
                yield json.loads(content.read())


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file under a partial name, then give it its own."""
    partial = path.with_name(f".partial-{path.name}")
    partial.write_bytes(content)
    os.replace(partial, path)
