"""Goes through a data set once: checks, counts, and picks the drawings to show."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import DatasetError
from ...rig.facs import AU_LABELS
from .checks import Findings, check_sample
from .reading import StoredSample, read_samples
from .sheets import Sheets
from .strips import Strips
from .tally import Tally

__all__ = ["Inspection", "inspect"]

_GROUPS = ("style", "rig", "emotion")


@dataclass(frozen=True, slots=True, eq=False)
class Inspection:
    """What was found in a data set.

    Attributes
    ----------
    folder : name of the data set's folder
    stated : what `dataset.json` says; empty where there is none
    tally : what the samples say, counted
    findings : what is wrong
    sheets : drawings to show
    strips : clips, and some of them to show
    """

    folder: str
    stated: dict[str, Any]
    tally: Tally
    findings: Findings
    sheets: Sheets
    strips: Strips


def inspect(folder: Path, on_progress: Callable[[int, int], None] | None = None) -> Inspection:
    """Read a whole data set.

    Parameters
    ----------
    folder : holds the shards and `dataset.json`
    on_progress : called with (shards read, shards in all)

    Raises
    ------
    DatasetError
        If there is no such folder, or no shard in it. Whatever is wrong with what lies there is
        among the findings.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DatasetError(f"{folder}: no such folder. Give the folder of a data set.")
    shards = sorted(path for path in folder.glob("*.tar") if not path.name.startswith("."))
    if not shards:
        raise DatasetError(f"{folder}: no .tar shards; make a data set with dataset generate.")
    findings, tally, sheets, strips = Findings(), Tally(), Sheets(), Strips()
    stated = _stated(folder, findings)
    _check_shards(shards, stated, findings)
    for number, shard in enumerate(shards):
        try:
            for sample in read_samples(shard):
                _take(sample, findings, tally, sheets, strips)
        except (tarfile.TarError, OSError) as error:
            findings.add("shards", f"{shard.name}: damaged ({error})")
            findings.is_counted = False
        if on_progress is not None:
            on_progress(number + 1, len(shards))
    strips.end(findings)
    if stated and findings.is_counted:
        _check_counts(stated, tally, findings)
    return Inspection(folder.resolve().name, stated, tally, findings, sheets, strips)


def _stated(folder: Path, findings: Findings) -> dict[str, Any]:
    """Read `dataset.json`."""
    path = folder / "dataset.json"
    if not path.is_file():
        findings.add("counts", "dataset.json is missing: the data set is not finished")
        return {}
    try:
        stated = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(stated, dict):
            raise ValueError("it holds no object")
    except (OSError, ValueError) as error:
        findings.add("counts", f"dataset.json cannot be read ({error})")
        return {}
    return stated


def _check_shards(shards: list[Path], stated: dict[str, Any], findings: Findings) -> None:
    """Compare the shards with the digests that `dataset.json` keeps."""
    known = dict(stated.get("shards") or {})
    for name in sorted(set(known) - {path.name for path in shards}):
        findings.add("shards", f"{name}: missing")
        findings.is_counted = False
    for path in shards:
        if not known:
            continue
        if path.name not in known:
            findings.add("shards", f"{path.name}: dataset.json does not know it")
            findings.is_counted = False
            continue
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != known[path.name]:
            findings.add("shards", f"{path.name}: changed or damaged since it was made")
            findings.is_counted = False


def _take(
    sample: StoredSample, findings: Findings, tally: Tally, sheets: Sheets, strips: Strips
) -> None:
    """Check one sample, count it, and keep it if it is to be shown."""
    where = f"{sample.shard}, {sample.key}"
    before = findings.total
    about = _about(where, sample, findings)
    if about is None:
        findings.is_counted = False
        return
    try:
        if check_sample(sample, about, findings):
            tally.add(about)
        else:
            findings.is_counted = False
    except (KeyError, TypeError, ValueError) as error:
        findings.add("files", f"{where}: its JSON is not complete ({error!r})")
        findings.is_counted = False
    is_sound = findings.total == before  # else it may not be fit to be shown
    if is_sound:
        sheets.offer(sample, about)
    strips.add(sample, about, findings, show=is_sound)


def _about(where: str, sample: StoredSample, findings: Findings) -> dict[str, Any] | None:
    """Read what a sample's JSON says."""
    if "json" not in sample.files:
        findings.add("files", f"{where}: has no json")
        return None
    try:
        about = json.loads(sample.files["json"])
        if not isinstance(about, dict):
            raise ValueError("it holds no object")
    except ValueError as error:
        findings.add("files", f"{where}: its JSON cannot be read ({error})")
        return None
    return about


def _check_counts(stated: dict[str, Any], tally: Tally, findings: Findings) -> None:
    """Compare what `dataset.json` counts with what was counted."""
    pairs: list[tuple[str, Any, Any]] = [
        ("count", stated.get("count"), tally.drawings),
        ("faces", stated.get("faces"), tally.faces),
    ]
    counts = stated.get("au_counts") or {}
    for row, label in enumerate(AU_LABELS):
        entry = counts.get(label) or {}
        pairs.append((f"{label} present", entry.get("present"), int(tally.present[row])))
        pairs.append((f"{label} visible", entry.get("visible"), int(tally.visible[row])))
    tallies = stated.get("tallies") or {}
    for group in _GROUPS:
        given, counted = tallies.get(group) or {}, tally.by[group]
        for name in sorted({*given, *counted}):
            pairs.append((f"{group} {name}", given.get(name, 0), counted[name]))
    for name, said, counted in pairs:
        if said != counted:
            findings.add("counts", f"{name}: dataset.json says {said}, counted {counted}")
