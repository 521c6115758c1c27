"""Rigs on disk: one npz each, schema `limner.rig/1`, checked when it is loaded.

Displacements are stored sparse: a flag per shape and vertex, and the moved vertices as int16
steps of the shape's own scale (its largest component / 32767, so errors stay under 1 µm for a
face). Everything else is stored plainly. `makehuman` comes with limner; rigs that people build
lie in their rig folder.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io
import json
import os
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import OutputError, RigError, ShapeError
from .arkit import RIG_SHAPE_NAMES
from .face_rig import PART_NAMES, FaceRig, SurfaceCurve, SurfacePoints
from .facs import AU_LABELS
from .features import CURVE_NAMES, FEATURES, LANDMARK_NAMES

__all__ = ["BUNDLED", "SCHEMA", "load_rig", "rig_folder", "rig_names", "save_rig"]

SCHEMA = "limner.rig/1"
BUNDLED = Path(__file__).parent / "data"
"""Folder of the rigs that come with limner."""
_STEPS = 32767
_REMEDY = "build it again with `limner rig build`"
_PLAIN = {
    "neutral": ("f", ("V", 3)),
    "polygons": ("i", ("Q", 4)),
    "triangles": ("i", ("F", 3)),
    "vertex_part": ("u", ("V",)),
    "left": ("f", ("V",)),
    "eye_centres": ("f", (2, 3)),
    "pivot": ("f", (3,)),
    "contour_feature": ("u", ("V",)),
    "points_triangle": ("i", ("P",)),
    "points_barycentric": ("f", ("P", 3)),
}
"""Plain arrays of the file: kind of number, and shape with a letter for a length that is shared."""


def rig_folder() -> Path:
    """Return the folder of the user's own rigs: `LIMNER_RIGS`, else the platform's data folder."""
    chosen = os.environ.get("LIMNER_RIGS")
    if chosen:
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library/Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share")
    return base / "limner" / "rigs"


def rig_names() -> tuple[str, ...]:
    """Return the names of all rigs that `load_rig` finds, sorted, those of limner included."""
    found = {path.stem for folder in (BUNDLED, rig_folder()) for path in folder.glob("*.npz")}
    return tuple(sorted(found))


def load_rig(name_or_path: str | Path = "makehuman") -> FaceRig:
    """Load a rig by name (the user's own first, then limner's) or by the path of its npz.

    Raises
    ------
    RigError
        Where no such rig exists, or the file is none, is damaged, or of another schema.
    """
    path = _find(name_or_path)
    try:
        with path.open("rb") as file:
            archive = np.load(file, allow_pickle=False)
            if isinstance(archive, np.ndarray):
                raise RigError(f"{path}: not a rig (a single array); {_REMEDY}.")
            with archive:
                stored = {key: archive[key] for key in archive.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise RigError(f"{path}: not a rig file ({type(error).__name__}); {_REMEDY}.") from error
    return _unpack(path, stored)


def save_rig(rig: FaceRig, path: str | Path) -> None:
    """Write a rig as npz; the file appears whole or not at all.

    Raises
    ------
    OutputError
        Where the folder or file cannot be written.
    """
    path = Path(path)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **_pack(rig))
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
            temporary = Path(file.name)
            file.write(buffer.getvalue())
        temporary.replace(path)
        path.chmod(0o644)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise OutputError(f"{path}: cannot write the rig ({error.strerror}).") from error


def _find(name_or_path: str | Path) -> Path:
    """Return the file of a rig."""
    name = str(name_or_path)
    if Path(name).suffix == ".npz" or Path(name).name != name:
        path = Path(name)
        if not path.is_file():
            raise RigError(f"{path}: no such rig file; check the path.")
        return path
    for folder in (rig_folder(), BUNDLED):
        path = folder / f"{name}.npz"
        if path.is_file():
            return path
    raise RigError(
        f"No rig called {name!r}; there are {', '.join(rig_names()) or 'none'}. "
        f"Give one of these names, the path of a rig's npz, or {_REMEDY}."
    )


def _pack(rig: FaceRig) -> dict[str, NDArray[Any]]:
    """Return the arrays of the file."""
    lines = [rig.landmarks, *(curve.points for curve in rig.curves.values())]
    header = {
        "schema": SCHEMA,
        "name": rig.name,
        "licence": rig.licence,
        "source": rig.source,
        "shape_names": rig.shape_names,
        "identity_names": rig.identity_names,
        "au_table": rig.au_table,
        "unsupported_aus": rig.unsupported_aus,
        "curves": [
            {"name": name, "points": len(curve.points), "closed": curve.is_closed}
            for name, curve in rig.curves.items()
        ],
    }
    stored = {
        "header": np.frombuffer(json.dumps(header).encode(), dtype=np.uint8),
        "points_triangle": np.concatenate([line.triangle for line in lines]),
        "points_barycentric": np.concatenate([line.barycentric for line in lines]),
    }
    stored |= {key: getattr(rig, key) for key in _PLAIN if key not in stored}
    stored |= _pack_deltas("blendshapes", rig.blendshapes)
    return stored | _pack_deltas("identity", rig.identity)


def _pack_deltas(name: str, deltas: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
    """Store (B, V, 3) displacements sparse and in 16 bits."""
    largest = np.abs(deltas).max(axis=(1, 2), initial=0.0)
    scale = np.where(largest > 0.0, largest / _STEPS, 1.0).astype(np.float32)
    steps = np.rint(deltas / scale[:, None, None]).astype(np.int16)
    moved = steps.any(axis=2)
    return {
        f"{name}_scale": scale,
        f"{name}_moved": np.packbits(moved, axis=1),
        # one component after the other compresses better than x, y, z in turn
        f"{name}_steps": np.ascontiguousarray(steps[moved].T),
    }


def _unpack_deltas(
    path: Path, stored: Mapping[str, NDArray[Any]], name: str, count: int, vertices: int
) -> NDArray[np.float32]:
    """Return the (B, V, 3) displacements of `_pack_deltas`."""
    scale, bits, steps = (stored[f"{name}_{part}"] for part in ("scale", "moved", "steps"))
    _require(path, f"{name}_scale", scale, "f", (count,))
    _require(path, f"{name}_moved", bits, "u", (count, -(-vertices // 8)))
    flags = np.unpackbits(bits, axis=1, count=vertices).astype(bool)
    _require(path, f"{name}_steps", steps, "i", (3, int(flags.sum())))
    deltas = np.zeros((count, vertices, 3), dtype=np.float32)
    rows = np.repeat(scale, flags.sum(axis=1))
    deltas[flags] = (steps * rows).T
    return deltas


def _unpack(path: Path, stored: Mapping[str, NDArray[Any]]) -> FaceRig:
    """Check the file's arrays and make the rig of them."""
    if "header" not in stored:
        raise RigError(f"{path}: not a limner rig (no header); {_REMEDY}.")
    try:
        header = json.loads(stored["header"].tobytes())
        schema = header.get("schema")
    except (ValueError, AttributeError) as error:
        raise RigError(f"{path}: its header is damaged; {_REMEDY}.") from error
    if schema != SCHEMA:
        raise RigError(f"{path}: schema {schema!r}, but this limner reads {SCHEMA!r}; {_REMEDY}.")
    try:
        _check_plain(path, stored)
        _check_table(path, header["au_table"])
        lines = _split_points(path, stored, header)
        vertices = len(stored["neutral"])
        counts = {key: len(header[f"{key}_names"]) for key in ("shape", "identity")}
        return FaceRig(
            name=header["name"],
            licence=header["licence"],
            source=header["source"],
            **{key: stored[key] for key in _PLAIN if not key.startswith("points_")},
            blendshapes=_unpack_deltas(path, stored, "blendshapes", counts["shape"], vertices),
            identity_names=tuple(header["identity_names"]),
            identity=_unpack_deltas(path, stored, "identity", counts["identity"], vertices),
            au_table=header["au_table"],
            unsupported_aus=tuple(header["unsupported_aus"]),
            landmarks=lines[0],
            curves={
                entry["name"]: SurfaceCurve(line, entry["closed"])
                for entry, line in zip(header["curves"], lines[1:], strict=True)
            },
            shape_names=tuple(header["shape_names"]),
        )
    except KeyError as error:
        raise RigError(f"{path}: {error.args[0]!r} is missing; {_REMEDY}.") from error
    except ShapeError as error:
        raise RigError(f"{path}: {error}") from error


def _check_plain(path: Path, stored: Mapping[str, NDArray[Any]]) -> None:
    """Check kinds, shapes, numbers and indices of the plain arrays."""
    lengths: dict[str, int] = {}
    for key, (kind, shape) in _PLAIN.items():
        array = stored[key]
        if array.ndim == len(shape):
            for letter, length in zip(shape, array.shape, strict=True):
                if isinstance(letter, str):
                    lengths.setdefault(letter, length)
        wanted = tuple(
            letter if isinstance(letter, int) else lengths.get(letter, letter) for letter in shape
        )
        _require(path, key, array, kind, wanted)
    names = (("vertex_part", PART_NAMES), ("contour_feature", FEATURES))
    for key, known in names:
        if stored[key].size and stored[key].max() >= len(known):
            raise RigError(f"{path}: {key} holds {stored[key].max()}, which is none; {_REMEDY}.")
    corners = (("triangles", "V", 0), ("polygons", "V", -1), ("points_triangle", "F", 0))
    for key, letter, least in corners:
        array = stored[key]
        if array.size and not (array.min() >= least and array.max() < lengths[letter]):
            raise RigError(f"{path}: {key} points beyond the mesh; {_REMEDY}.")


def _check_table(path: Path, table: Any) -> None:
    """Check that a table AU → {shape: weight} speaks of Action Units and shapes that there are."""
    if not isinstance(table, dict) or not all(isinstance(row, dict) for row in table.values()):
        raise RigError(f"{path}: its au_table gives no shapes for Action Units; {_REMEDY}.")
    for label, row in table.items():
        if label not in AU_LABELS:
            raise RigError(f"{path}: its au_table speaks of {label!r}, no Action Unit; {_REMEDY}.")
        for shape, weight in row.items():
            if shape not in RIG_SHAPE_NAMES:
                raise RigError(
                    f"{path}: its au_table gives {label} the shape {shape!r}, which there is not; "
                    f"{_REMEDY}."
                )
            if not isinstance(weight, int | float) or not np.isfinite(weight):
                raise RigError(f"{path}: its au_table gives {label} {weight!r}; {_REMEDY}.")


def _split_points(
    path: Path, stored: Mapping[str, NDArray[Any]], header: Mapping[str, Any]
) -> list[SurfacePoints]:
    """Return the landmarks and the curves' points, in the header's order."""
    if tuple(header["shape_names"]) != RIG_SHAPE_NAMES:
        raise RigError(f"{path}: its shapes are not the 53 of this limner; {_REMEDY}.")
    names = [entry["name"] for entry in header["curves"]]
    missing = sorted(set(CURVE_NAMES) - set(names))
    if missing:
        raise RigError(f"{path}: it lacks the curves {', '.join(missing)}; {_REMEDY}.")
    counts = [len(LANDMARK_NAMES), *(entry["points"] for entry in header["curves"])]
    if sum(counts) != len(stored["points_triangle"]):
        raise RigError(f"{path}: its curves and their points do not match; {_REMEDY}.")
    ends = np.cumsum(counts)
    return [
        SurfacePoints(
            stored["points_triangle"][end - count : end],
            stored["points_barycentric"][end - count : end],
        )
        for count, end in zip(counts, ends, strict=True)
    ]


def _require(
    path: Path, key: str, array: NDArray[Any], kind: str, shape: tuple[int | str, ...]
) -> None:
    """Raise unless an array has the right kind of number, shape, and only finite values."""
    if array.shape != shape:
        wanted = ", ".join(map(str, shape))
        raise RigError(f"{path}: {key} has shape {array.shape}, expected ({wanted}); {_REMEDY}.")
    if array.dtype.kind != kind:
        raise RigError(f"{path}: {key} holds {array.dtype}, the wrong kind of number; {_REMEDY}.")
    if kind == "f" and not np.isfinite(array).all():
        raise RigError(f"{path}: {key} holds numbers that are not finite; {_REMEDY}.")
