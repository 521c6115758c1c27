"""Parts of a data set to train on, to calibrate on and to be tested on: nobody is in two of them.

`kfold` puts every identity to the test once a repeat; `leave_one_out` keeps one rig, or one style,
from training altogether. What is no face has no identity and is spread like the rest.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import DatasetError
from .shards import Sample

__all__ = ["Fold", "kfold", "leave_one_out", "write_part"]

_VALIDATION = 0.15
"""Share of the identities not tested that calibrate instead of being trained on."""

_LEAST = 2
_SHARD_SAMPLES = 200


@dataclass(frozen=True, slots=True)
class Fold:
    """One training and its test.

    Attributes
    ----------
    name : unlike any other fold's, fit for a file
    left_out : what is tested: "3 of 5", or the rig or style
    repeat : which run over the whole data set this belongs to
    seed : of the training
    train, validation, test : keys of the samples
    """

    name: str
    left_out: str
    repeat: int
    seed: int
    train: frozenset[str]
    validation: frozenset[str]
    test: frozenset[str]


def kfold(samples: Sequence[Sample], folds: int, repeats: int, seed: int = 0) -> list[Fold]:
    """Return `folds` folds for each of `repeats` runs, each run shuffled anew.

    Raises
    ------
    DatasetError
        If there are too few identities.
    """
    people = _people(samples)
    if len(people) < folds * _LEAST:
        raise DatasetError(
            f"{len(people)} identities are too few for {folds} folds; give more drawings"
        )
    found = []
    for repeat in range(repeats):
        rng = np.random.default_rng([seed, repeat])
        names = rng.permutation(sorted(people))
        for number, tested in enumerate(np.array_split(names, folds)):
            rest = [name for name in names if name not in set(tested)]
            found.append(
                _fold(f"kfold-{repeat}-{number}", f"{number + 1} of {folds}", repeat,
                      seed + folds * repeat + number, people, rest, set(tested))
            )  # fmt: skip
    return found


def leave_one_out(samples: Sequence[Sample], kind: str, repeats: int, seed: int = 0) -> list[Fold]:
    """Return a fold for each rig, or style, and repeat.

    Parameters
    ----------
    kind : "rig" or "style"

    Raises
    ------
    DatasetError
        If all drawings have the same one.
    """
    groups = sorted({str(sample.meta[kind]) for sample in samples if sample.is_face})
    if len(groups) < _LEAST:
        raise DatasetError(f"there is only one {kind}, {groups[0]}; give a data set with several")
    found = []
    for repeat in range(repeats):
        for number, group in enumerate(groups):
            kept = [s for s in samples if not (s.is_face and str(s.meta[kind]) == group)]
            people = _people(kept)
            names = np.random.default_rng([seed, repeat, number]).permutation(sorted(people))
            tested = [s.key for s in samples if s.is_face and str(s.meta[kind]) == group]
            name = re.sub(r"[^A-Za-z0-9_.-]+", "_", f"{kind}-{group}-{repeat}")
            fold = _fold(name, group, repeat, seed + len(groups) * repeat + number, people,
                         list(names), set())  # fmt: skip
            found.append(
                Fold(fold.name, group, repeat, fold.seed, fold.train, fold.validation,
                     frozenset(tested))
            )  # fmt: skip
    return found


def _people(samples: Sequence[Sample]) -> dict[str, list[str]]:
    """Return identity → keys of its samples; what is no face is an identity of its own."""
    people: dict[str, list[str]] = {}
    for sample in samples:
        who = sample.meta.get("identity_id") if sample.is_face else None
        people.setdefault(str(who) if who else f"no face {sample.key}", []).append(sample.key)
    return people


def _fold(
    name: str,
    left_out: str,
    repeat: int,
    seed: int,
    people: dict[str, list[str]],
    rest: Sequence[str],
    tested: set[str],
) -> Fold:
    """Return a fold that trains and calibrates on `rest`, in its order."""
    count = max(round(_VALIDATION * len(rest)), 1)
    parts = (rest[count:], rest[:count], tested)
    train, validation, test = (
        frozenset(key for who in part for key in people[who]) for part in parts
    )
    return Fold(name, left_out, repeat, seed, train, validation, test)


def write_part(data: Path, out: Path, keys: frozenset[str]) -> int:
    """Copy some samples of a data set into shards of their own, as they are; return how many.

    Raises
    ------
    DatasetError
        If the data set cannot be read, or the shards cannot be written.
    """
    out.mkdir(parents=True, exist_ok=True)
    written: set[str] = set()
    archive: tarfile.TarFile | None = None
    try:
        for member, content in _members(data):
            key = member.name.partition(".")[0]
            if key not in keys:
                continue
            if key not in written and len(written) % _SHARD_SAMPLES == 0:
                if archive is not None:
                    archive.close()
                number = len(written) // _SHARD_SAMPLES
                archive = tarfile.open(out / f"drawings-{number:06d}.tar", "w")  # noqa: SIM115
            written.add(key)
            assert archive is not None
            archive.addfile(member, content)
    except (OSError, tarfile.TarError) as error:
        raise DatasetError(f"{data}: cannot be divided ({error}); check it and the disk") from None
    finally:
        if archive is not None:
            archive.close()
    return len(written)


def _members(data: Path) -> Iterator:
    """Yield every file of a data set's shards: what the archive says of it, and its content."""
    for shard in sorted(data.glob("*.tar")):
        with tarfile.open(shard) as archive:
            for member in archive:
                content = archive.extractfile(member)
                if content is not None:
                    yield member, content
