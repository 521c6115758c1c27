"""Rigs on disk: one small npz with a versioned schema, checked when it is loaded.

Displacements are kept as 16-bit multiples of a step per mode, only where a vertex moves: finer
than 2 µm on a head, and a file of a few megabytes.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import OutputError, RigError, ShapeError
from .arkit import RIG_SHAPE_NAMES
from .face_rig import FaceRig, SurfaceCurve, SurfacePoints
from .features import LANDMARK_NAMES

__all__ = ["SCHEMA", "describe", "load_rig", "rig_folder", "rig_names", "rig_path", "save_rig"]

SCHEMA = "limner.rig/1"
_SHIPPED = Path(__file__).parent / "data"
_STILL_M = 2e-6
_ARRAYS = (
    "neutral", "polygons", "triangles", "vertex_part", "left", "eye_centres", "pivot",
    "contour_feature",
)  # fmt: skip


def rig_folder() -> Path:
    """Return the folder of the user's own rigs: `LIMNER_RIGS`, else the platform's data folder."""
    chosen = os.environ.get("LIMNER_RIGS")
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        base = Path(os.environ.get("APPDATA", Path.home()))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local" / "share"))
    return base / "limner" / "rigs"


def rig_names() -> tuple[str, ...]:
    """Return the names of all rigs that `load_rig` finds, sorted."""
    folders = (_SHIPPED, rig_folder())
    return tuple(sorted({file.stem for folder in folders for file in folder.glob("*.npz")}))


def rig_path(name: str | Path) -> Path:
    """Return the file of a rig given by name or path.

    Raises
    ------
    RigError
        If there is none.
    """
    path = Path(name)
    if path.suffix == ".npz":
        if path.is_file():
            return path
        raise RigError(f"rig {name}: no such file; check the path")
    for folder in (_SHIPPED, rig_folder()):
        if (folder / f"{name}.npz").is_file():
            return folder / f"{name}.npz"
    known = ", ".join(rig_names()) or "none"
    raise RigError(f"rig {name}: not found; there are {known} (limner rig build makes more)")


def save_rig(rig: FaceRig, path: Path) -> None:
    """Write a rig to an npz, whole or not at all.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    arrays: dict[str, NDArray[Any]] = {name: getattr(rig, name) for name in _ARRAYS}
    for name in ("blendshapes", "identity"):
        arrays.update(_packed(name, getattr(rig, name)))
    points = [rig.landmarks, *(curve.points for curve in rig.curves.values())]
    arrays["surface_triangle"] = np.concatenate([part.triangle for part in points])
    arrays["surface_barycentric"] = np.concatenate([part.barycentric for part in points])
    meta = {
        "schema": SCHEMA,
        "name": rig.name,
        "licence": rig.licence,
        "source": rig.source,
        "shape_names": rig.shape_names,
        "identity_names": rig.identity_names,
        "au_table": rig.au_table,
        "unsupported_aus": rig.unsupported_aus,
        "curves": [
            [name, len(curve.points), curve.is_closed] for name, curve in rig.curves.items()
        ],
    }
    arrays["meta"] = np.array(json.dumps(meta))
    path = Path(path)
    partial = path.with_name(f".partial-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            np.savez_compressed(file, **arrays)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise OutputError(f"{path}: cannot be written ({error.strerror})") from None


def _packed(name: str, modes: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
    """Return the moving vertices of each mode, and their way in 1/32767ths of its largest."""
    rows, vertices = np.nonzero(np.abs(modes).max(axis=2) > _STILL_M)
    largest = np.maximum(np.abs(modes).reshape(len(modes), -1).max(axis=1, initial=0.0), 1e-12)
    values = np.round(modes[rows, vertices] / largest[rows, None] * 32767.0)
    return {
        f"{name}_count": np.bincount(rows, minlength=len(modes)).astype(np.int32),
        f"{name}_vertex": vertices.astype(np.int32),
        f"{name}_value": values.astype(np.int16).T.copy(),
        f"{name}_largest": largest.astype(np.float64),
    }


def _unpacked(name: str, data: Any, vertices: int) -> NDArray[np.float32]:
    count, largest = data[f"{name}_count"], data[f"{name}_largest"]
    rows = np.repeat(np.arange(len(count)), count)
    modes = np.zeros((len(count), vertices, 3), np.float32)
    step = (largest / 32767.0).astype(np.float32)
    modes[rows, data[f"{name}_vertex"]] = data[f"{name}_value"].T * step[rows, None]
    return modes


def load_rig(name: str | Path) -> FaceRig:
    """Load a rig by name (`"makehuman"`) or path.

    Raises
    ------
    RigError
        If it is missing, not a rig, of another schema, or damaged: one line says which.
    """
    path = rig_path(name)
    try:
        with np.load(path, allow_pickle=False) as data:
            if "meta" not in data:
                raise RigError(f"rig {path}: not a limner rig; build one with limner rig build")
            meta = json.loads(str(data["meta"]))
            if meta.get("schema") != SCHEMA:
                found = meta.get("schema")
                raise RigError(f"rig {path}: schema {found}, expected {SCHEMA}; build it again")
            rig = _assembled(meta, data)
    except ShapeError as error:
        raise RigError(f"rig {path}: {error}") from None
    except KeyError as error:
        raise RigError(f"rig {path}: {error} is missing; build it again") from None
    except (OSError, ValueError, IndexError, zipfile.BadZipFile, EOFError) as error:
        raise RigError(f"rig {path}: damaged ({error}); build it again") from None
    _check(rig, path)
    return rig


def _assembled(meta: dict[str, Any], data: Any) -> FaceRig:
    arrays = {key: data[key] for key in _ARRAYS}
    vertices = len(arrays["neutral"])
    surface = SurfacePoints(data["surface_triangle"], data["surface_barycentric"])
    curves, first = {}, len(LANDMARK_NAMES)
    for curve, count, is_closed in meta["curves"]:
        curves[curve] = SurfaceCurve(surface[first : first + count], bool(is_closed))
        first += count
    return FaceRig(
        name=meta["name"],
        licence=meta["licence"],
        source=meta["source"],
        blendshapes=_unpacked("blendshapes", data, vertices),
        identity=_unpacked("identity", data, vertices),
        identity_names=tuple(meta["identity_names"]),
        au_table=meta["au_table"],
        unsupported_aus=tuple(meta["unsupported_aus"]),
        landmarks=surface[: len(LANDMARK_NAMES)],
        curves=curves,
        shape_names=tuple(meta["shape_names"]),
        **arrays,
    )


def _check(rig: FaceRig, path: Path) -> None:
    """Raise `RigError` where values, not shapes, are wrong."""
    if rig.shape_names != RIG_SHAPE_NAMES:
        raise RigError(f"rig {path}: blendshape names differ from ARKit's; build it again")
    for name in ("neutral", "blendshapes", "identity"):
        if not np.isfinite(getattr(rig, name)).all():
            raise RigError(f"rig {path}: {name} holds values that are not finite; build it again")
    vertices, triangles = len(rig.neutral), len(rig.triangles)
    parts = [rig.landmarks, *(curve.points for curve in rig.curves.values())]
    if rig.triangles.min() < 0 or rig.triangles.max() >= vertices:
        raise RigError(f"rig {path}: a triangle names a vertex that is not there; build it again")
    if any(len(part) and part.triangle.max() >= triangles for part in parts):
        raise RigError(f"rig {path}: a curve lies on a triangle that is not there; build it again")


def describe(rig: FaceRig) -> dict[str, Any]:
    """Return what `limner rig show` prints."""
    return {
        "name": rig.name,
        "licence": rig.licence,
        "source": rig.source,
        "vertices": len(rig.neutral),
        "triangles": len(rig.triangles),
        "blendshapes": sum(1 for shape in rig.blendshapes if np.abs(shape).max() > 0.0),
        "identity_modes": len(rig.identity_names),
        "curves": len(rig.curves),
        "landmarks": len(rig.landmarks),
        "interocular_mm": round(1000.0 * rig.interocular_m, 1),
        "unsupported_aus": list(rig.unsupported_aus),
    }
