"""Somebody's own head out of a .blend file: read by a Blender of its own, named by ARKit's names.

Whatever Blender we run in, and whatever is open there, stays as it is.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import RigError
from ..rig.arkit import RIG_SHAPE_NAMES, mirror_name
from ..rig.source_head import SourceHead
from .blend import BLENDER_VARIABLE, blender_command
from .conventions import Link, recognise

__all__ = ["OwnHead", "named_shapes", "read_blend"]

READER = Path(__file__).parent / "bridge" / "read_head.py"
TIMEOUT_S = 300.0
HOW_TO_GET_BLENDER = (
    "no Blender found to read it: pip install bpy (Python 3.11 or 3.13), put blender on the PATH, "
    f"or set {BLENDER_VARIABLE}"
)


@dataclass(frozen=True, slots=True, eq=False)
class OwnHead:
    """What was read.

    Attributes
    ----------
    name : of the object that is the face
    convention : whose names its shape keys bear
    head : the mesh, with the eyes and teeth in it
    others : shape keys that stand for none of limner's shapes
    left_out : modifiers that are seen in Blender and were not applied, one entry a mesh
    """

    name: str
    convention: str
    head: SourceHead
    others: Mapping[str, NDArray[np.float32]]
    left_out: tuple[str, ...] = ()


def read_blend(path: Path, object_name: str = "") -> OwnHead:
    """Read the head in a .blend file.

    Parameters
    ----------
    object_name : the mesh that is the face; by default the one with the most known names

    Raises
    ------
    RigError
        There is no such file, no Blender to read it, or no such head in it.
    """
    if not path.is_file():
        raise RigError(f"{path}: no such file; check the path.")
    command = blender_command(READER)
    if command is None:
        raise RigError(f"{path.name}: {HOW_TO_GET_BLENDER}.")
    with tempfile.TemporaryDirectory(prefix="limner-") as folder:
        arrays = Path(folder) / "head.npz"
        command = [*command, "--", str(path.resolve()), str(arrays), object_name]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, errors="replace", timeout=TIMEOUT_S
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise RigError(f"{path.name}: {command[0]} did not read it ({error}).") from error
        if not arrays.is_file():
            said = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()[-1]
            raise RigError(f"{path.name}: {command[0]} did not read it ({said}).")
        with np.load(arrays, allow_pickle=False) as stored:
            return _unpacked(path, {key: stored[key] for key in stored.files})


def _unpacked(path: Path, stored: Mapping[str, NDArray[np.generic]]) -> OwnHead:
    """Return the head of the reader's arrays.

    They are `name`, `key_names` of the face, `names` and `keys` (K, V, 3) of all, `vertices`,
    `polygons`, `labels`, `label`, `left_out`; or `error`.
    """
    if "error" in stored:
        raise RigError(f"{path.name}: {stored['error']}.")
    keys = dict(zip(map(str, stored["names"]), stored["keys"], strict=True))
    found = recognise([str(name) for name in stored["key_names"]])
    assert found is not None, "the reader takes no mesh without known names"
    convention, links = found
    used = {link.target for link in links}
    return OwnHead(
        name=str(stored["name"]),
        convention=convention.title,
        head=SourceHead(
            vertices=stored["vertices"].astype(np.float64),
            polygons=stored["polygons"].astype(np.int32),
            shapes=named_shapes(keys, links),
            labels=tuple(map(str, stored["labels"])),
            label=stored["label"].astype(np.int32),
        ),
        others={name: key for name, key in keys.items() if name not in used},
        left_out=tuple(map(str, stored["left_out"])),
    )


def named_shapes(
    keys: Mapping[str, NDArray[np.float32]], links: Iterable[Link]
) -> dict[str, NDArray[np.float32]]:
    """Return limner's shapes as sums of somebody's shape keys.

    A key that two sides share (`browInnerUp`, `Eye_Blink`) comes without a side, whole.

    Parameters
    ----------
    keys : name → (V, 3) displacement
    links : what drives which key, and how strongly
    """
    calls: dict[str, dict[str, float]] = {}
    for link in links:
        if link.source in RIG_SHAPE_NAMES and link.target in keys:
            calls.setdefault(link.source, {})[link.target] = link.factor
    shapes: dict[str, NDArray[np.float32]] = {}
    for name, parts in calls.items():
        other = mirror_name(name)
        stem, share = name, 1.0
        if other != name and calls.get(other) == parts:
            stem, share = name.removesuffix("Left").removesuffix("Right"), 2.0
        shapes[stem] = sum(
            (np.float32(share * factor) * keys[key] for key, factor in parts.items()),
            np.zeros_like(next(iter(keys.values()))),
        )
    return shapes
