"""Reading the ICT-FaceKit model where it lies: a folder, a zip or a tar, nothing unpacked.

The model is a folder `FaceXModel` of Wavefront files that share one topology: the neutral mesh, 100
identity modes and 59 expressions. Each moved mesh repeats all 26,719 vertices, so only the `v`
lines matter; the polygons come from the neutral mesh. Lengths are centimetres.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from ..errors import RigError

__all__ = ["IDENTITY_COUNT", "VERTEX_COUNT", "IctModel", "read_model"]

VERTEX_COUNT = 26_719
POLYGON_COUNT = 26_384
IDENTITY_COUNT = 100
NEUTRAL = "generic_neutral_mesh"

PAIRED_EXPRESSIONS = (
    "browDown", "browInnerUp", "browOuterUp", "cheekPuff", "cheekRaiser", "cheekSquint",
    "eyeBlink", "eyeLookDown", "eyeLookIn", "eyeLookOut", "eyeLookUp", "eyeSquint", "eyeWide",
    "mouthDimple", "mouthFrown", "mouthLowerDown", "mouthPress", "mouthSmile", "mouthStretch",
    "mouthUpperUp", "noseSneer",
)  # fmt: skip
SINGLE_EXPRESSIONS = (
    "jawForward", "jawLeft", "jawOpen", "jawRight", "mouthClose", "mouthFunnel", "mouthLeft",
    "mouthPucker", "mouthRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower",
    "mouthShrugUpper",
)  # fmt: skip
EXPRESSIONS = (
    *(f"{name}_{side}" for name in PAIRED_EXPRESSIONS for side in "LR"),
    *SINGLE_EXPRESSIONS,
)
IDENTITIES = tuple(f"identity{mode:03d}" for mode in range(IDENTITY_COUNT))
NEEDED = (NEUTRAL, *EXPRESSIONS, *IDENTITIES)

_LARGEST_FILE = 16 * 2**20
"""A mesh of the model takes 3 MB; what claims much more is not one and is not read."""

_GET_IT = "Get FaceXModel of https://github.com/USC-ICT/ICT-FaceKit and give its folder or archive."


@dataclass(frozen=True, slots=True, eq=False)
class IctModel:
    """The model as it was published, in centimetres.

    Attributes
    ----------
    neutral : (26719, 3) float64, centimetres
    polygons : (26384, 4) int32, -1 in the last place of a triangle
    expressions : name in the model's spelling (`browDown_L`) → (26719, 3) float32 displacement
    identity : (100, 26719, 3) float32, centimetres at one standard deviation
    """

    neutral: NDArray[np.float64]
    polygons: NDArray[np.int32]
    expressions: dict[str, NDArray[np.float32]]
    identity: NDArray[np.float32]


def read_model(source: Path) -> IctModel:
    """Read the ICT-FaceKit model from its folder, or straight from a .tar.* or .zip of it.

    Raises
    ------
    RigError
        If `source` is missing, is neither folder nor archive, is damaged, lacks a file of the
        model (the first one is named), or a mesh does not have the model's topology.
    """
    source = Path(source)
    if not source.exists():
        raise RigError(f"{source}: no such file or folder. {_GET_IT}")
    meshes: dict[str, NDArray[np.float64]] = {}
    polygons: NDArray[np.int32] | None = None
    for name, data in _files(source):
        meshes[name] = _positions(data, f"{source}: {name}.obj")
        if name == NEUTRAL:
            polygons = _polygons(data, f"{source}: {name}.obj")
    missing = [name for name in NEEDED if name not in meshes]
    if missing or polygons is None:
        raise RigError(
            f"{source}: {missing[0]}.obj is missing ({len(missing)} of {len(NEEDED)} files are). "
            f"{_GET_IT}"
        )
    neutral = meshes[NEUTRAL]
    return IctModel(
        neutral=neutral,
        polygons=polygons,
        expressions={name: _moved(meshes[name], neutral) for name in EXPRESSIONS},
        identity=np.stack([_moved(meshes[name], neutral) for name in IDENTITIES]),
    )


def _moved(mesh: NDArray[np.float64], neutral: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return a mesh's displacement from the neutral, without the rounding noise of its text."""
    moved = mesh - neutral
    moved[np.abs(moved).max(axis=1) < 2e-5] = 0.0
    return moved.astype(np.float32)


def _files(source: Path) -> Iterator[tuple[str, bytes]]:
    """Yield (stem, bytes) of the model's .obj files in a folder or an archive."""
    if source.is_dir():
        yield from _folder_files(source)
        return
    try:
        if zipfile.is_zipfile(source):
            yield from _zip_files(source)
        else:
            yield from _tar_files(source)
    except (tarfile.ReadError, zipfile.BadZipFile) as error:
        raise RigError(
            f"{source}: not a folder, zip or tar of ICT-FaceKit, or damaged ({error}). {_GET_IT}"
        ) from error
    except (
        EOFError,
        OSError,
        RuntimeError,
        lzma.LZMAError,
        zlib.error,
        tarfile.TarError,
    ) as error:  # a zip with a password or an unknown method is a RuntimeError
        raise RigError(f"{source}: cannot be read to its end ({error}). {_GET_IT}") from error


def _folder_files(source: Path) -> Iterator[tuple[str, bytes]]:
    """Read a folder: the model's own, or one that holds it one level down."""
    inner = next((f.parent for f in sorted(source.glob(f"*/{NEUTRAL}.obj"))), source)
    folder = source if (source / f"{NEUTRAL}.obj").exists() else inner
    for name in NEEDED:
        path = folder / f"{name}.obj"
        if not path.exists():
            return
        try:
            yield name, path.read_bytes()
        except OSError as error:
            raise RigError(f"{path}: cannot be read ({error.strerror}).") from error


def _zip_files(source: Path) -> Iterator[tuple[str, bytes]]:
    """Read the needed members of a zip by name; nothing is written anywhere."""
    with zipfile.ZipFile(source) as archive:
        for member in archive.infolist():
            path = PurePosixPath(member.filename)
            if path.suffix == ".obj" and path.stem in NEEDED and member.file_size <= _LARGEST_FILE:
                yield path.stem, archive.read(member)


def _tar_files(source: Path) -> Iterator[tuple[str, bytes]]:
    """Read the needed members of a tar in one pass; nothing is written anywhere."""
    with tarfile.open(source, "r|*") as archive:
        for member in archive:
            path = PurePosixPath(member.name)
            if not (member.isfile() and path.suffix == ".obj" and path.stem in NEEDED):
                continue
            if member.size <= _LARGEST_FILE and (file := archive.extractfile(member)):
                yield path.stem, file.read()


def _positions(data: bytes, where: str) -> NDArray[np.float64]:
    """Parse the `v` lines of a mesh, which stand in one block, into (26719, 3) centimetres."""
    start, end = data.find(b"\nv "), data.rfind(b"\nv ")
    block = data[start : data.find(b"\n", end + 1)] if start >= 0 else b""
    lines = [line for line in block.split(b"\n") if line.startswith(b"v ")]
    if len(lines) != VERTEX_COUNT:
        raise RigError(
            f"{where}: holds {len(lines)} vertices, the model has {VERTEX_COUNT}. {_GET_IT}"
        )
    try:
        numbers = np.array(b" ".join(line[2:] for line in lines).split(), dtype=np.float64)
        positions = numbers.reshape(VERTEX_COUNT, 3)
    except ValueError as error:
        raise RigError(f"{where}: its vertex lines are damaged ({error}). {_GET_IT}") from error
    if not np.isfinite(positions).all():
        raise RigError(f"{where}: holds vertices that are no numbers. {_GET_IT}")
    return positions


def _polygons(data: bytes, where: str) -> NDArray[np.int32]:
    """Parse the `f` lines of the neutral mesh into (26384, 4), -1 where a triangle ends."""
    rows = np.full((POLYGON_COUNT, 4), -1, dtype=np.int32)
    lines = [line for line in data.split(b"\n") if line.startswith(b"f ")]
    if len(lines) != POLYGON_COUNT:
        raise RigError(
            f"{where}: holds {len(lines)} polygons, the model has {POLYGON_COUNT}. {_GET_IT}"
        )
    try:
        for row, line in zip(rows, lines, strict=True):
            corners = [int(corner.split(b"/")[0]) - 1 for corner in line.split()[1:]]
            row[: len(corners)] = corners
    except ValueError as error:
        raise RigError(f"{where}: its polygon lines are damaged ({error}). {_GET_IT}") from error
    if rows.max() >= VERTEX_COUNT or rows[:, :3].min() < 0:
        raise RigError(f"{where}: its polygons name vertices that are not there. {_GET_IT}")
    return rows
