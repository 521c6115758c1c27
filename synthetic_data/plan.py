"""What identifies a data set, and the folder that it is made in.

The plan is written before the first shard; a later run goes on only where it finds the same plan.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from .. import __version__
from ..errors import DatasetError, LimnerError
from ..rig.face_rig import FaceRig
from ..rig.facs import AU_LABELS, AU_NAMES
from ..rig.features import FEATURES, LANDMARK_NAMES
from ..rig.store import load_rig
from .sample import SCHEMA as SAMPLE_SCHEMA
from .shards import PARTIAL, finished_shards, write_whole
from .style import load_style

__all__ = ["SCHEMA", "checked_plan", "code_hash", "made_by", "open_folder"]

SCHEMA = "limner.dataset/1"
MAX_FRAMES = 500


def checked_plan(
    count: int,
    seed: int,
    rigs: dict[str, float],
    styles: tuple[str, ...],
    size: int,
    workers: int,
    shard_samples: int,
    *,
    pairs: bool = False,
    frames: int = 0,
    aus: tuple[int, ...] = (),
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
    if frames and not 2 <= frames <= MAX_FRAMES:
        raise DatasetError(f"a clip of {frames} frames: give 2 to {MAX_FRAMES}.")
    if frames and pairs:
        raise DatasetError("pairs and sequences: choose one, since clips begin at rest anyway.")
    if frames and count % frames:
        raise DatasetError(f"count is {count}: give a multiple of the {frames} frames of a clip.")
    if not rigs or not styles:
        raise DatasetError("give at least one rig and one style.")
    unknown = sorted(set(aus) - set(AU_NAMES))
    if unknown:
        known = ", ".join(map(str, AU_NAMES))
        raise DatasetError(f"AU {unknown[0]}: not known. Give some of: {known}.")
    for name in styles:
        load_style(name)
    licences, sources = {}, {}
    for name in rigs:
        try:
            rig = load_rig(name)
        except LimnerError as error:
            raise DatasetError(f"rig {name!r}: {error}") from None
        licences[name], sources[name] = rig.licence, _rig_hash(rig)
    sources |= {
        name: hashlib.sha256(Path(name).read_bytes()).hexdigest()
        for name in styles
        if name.endswith(".toml")
    }
    return {
        "schema": SCHEMA,
        "sample_schema": SAMPLE_SCHEMA,
        "count": count,
        "seed": seed,
        "size": size,
        "rigs": rigs,
        "styles": list(styles),
        "shard_samples": shard_samples,
        "pairs": pairs,
        "frames": frames,
        "aus": list(aus),
        "limner": __version__,
        "numpy": np.__version__,
        "licences": licences,
        "sources_sha256": sources,
        "code_sha256": code_hash(),
        "au_labels": list(AU_LABELS),
        "features": list(FEATURES),
        "landmarks": list(LANDMARK_NAMES),
    }


def _rig_hash(rig: FaceRig) -> str:
    """Return the digest of a rig's shapes: another head under the same name draws other faces."""
    digest = hashlib.sha256(json.dumps(rig.au_table, sort_keys=True).encode())
    for array in (rig.neutral, rig.blendshapes, rig.identity, rig.landmarks.barycentric):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def code_hash() -> str:
    """Return the digest of the generator's own files, styles included."""
    digest = hashlib.sha256()
    folder = Path(__file__).parent
    for path in sorted([*folder.glob("*.py"), *folder.glob("styles/*.toml")]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def made_by() -> str:
    """Return what must be the same wherever the same bytes are to come out.

    The last bit of a sine is numpy's own: between its versions a pixel here and there differs.
    """
    return f"{code_hash()} numpy {np.__version__}"


def open_folder(out: Path, plan: dict[str, Any], shards: int, resume: bool) -> set[int]:
    """Make the folder, or see that it may be continued; return the shards that it holds."""
    try:
        known = _checked_past(out, plan, resume)
        finished = finished_shards(out, shards, known)
        out.mkdir(parents=True, exist_ok=True)
        for stale in out.glob(f"{PARTIAL}*"):
            stale.unlink(missing_ok=True)
        write_whole(out / "plan.json", json.dumps(plan, indent=1).encode())
    except (OSError, ValueError) as error:
        raise DatasetError(f"{out}: cannot be used ({error}). Choose another folder.") from None
    return finished


def _checked_past(out: Path, plan: dict[str, Any], resume: bool) -> dict[str, str]:
    """See that a folder is new or holds this data set; return the digests that it has noted."""
    names = {path.name for path in out.iterdir()} if out.exists() else set()
    if not any(not name.startswith(PARTIAL) for name in names):
        return {}
    if not resume:
        raise DatasetError(f"{out}: is not empty. Choose another folder, or resume it.")
    file = next((name for name in ("plan.json", "dataset.json") if name in names), None)
    if file is None:
        raise DatasetError(
            f"{out}: holds no data set that could be resumed, but other files. "
            "Choose another folder."
        )
    before = _stated(out / file)
    changed = sorted(key for key in plan if before.get(key) != plan[key])
    if changed:
        raise DatasetError(
            f"{out}: holds another data set ({', '.join(changed)} differ). "
            "Repeat the first command, or choose another folder."
        )
    return _stated(out / "dataset.json").get("shards", {}) if "dataset.json" in names else {}


def _stated(path: Path) -> dict[str, Any]:
    """Read what a plan or `dataset.json` says."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DatasetError(f"{path}: damaged ({error}). Choose another folder.") from None
    if not isinstance(content, dict):
        raise DatasetError(f"{path}: says nothing of a data set. Choose another folder.")
    return content
