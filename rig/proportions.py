"""How hands move what they draw: a smooth field over the skin, told by where features are seen.

A hand draws eyes too large, a mouth too low, a jaw too broad; a parametric head cannot follow, and
lines say nothing of cheeks and forehead. How the whole skin moves when features are seen where the
head does not have them is learnt from drawings whose heads are known: the linear estimator of
least mean squares from the ways of landmarks and lines to the displacement of every vertex, its
answers kept to a few modes.

References
----------
Hoerl & Kennard (1970). Ridge regression. doi:10.1080/00401706.1970.10488634
Blanz, Mehl, Vetter & Seidel (2004). A statistical method for robust 3D surface reconstruction
from sparse data. doi:10.1109/TDPVT.2004.1335212
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import RigError
from .camera import Camera
from .evidence import Evidence
from .face_rig import PART_NAMES, FaceRig

__all__ = ["LEARNED", "SCHEMA", "Proportions", "at_rest", "load_proportions", "ways_of"]

SCHEMA = "limner.proportions/1"
LEARNED = Path(__file__).parent / "learned" / "proportions.npz"
ON_SKIN = 68
"""The landmarks that lie on the skin: all but the irises."""

_FOLLOWING = ("skin", "tongue", "lashes")
_MOST = 0.6  # ways farther than this come of a wrong reading, not of a hand, IOD
_FAR = 1.6  # root mean square of the amounts, in standard deviations: 19 of 20 drawings are nearer
_NEAR = 4


@dataclass(frozen=True, slots=True, eq=False)
class Proportions:
    """A field over a head's skin for ways of its features.

    Attributes
    ----------
    lines : the curves whose points are looked at, after the landmarks on the skin
    matrix : (K, F) from ways, IOD, to amounts of the modes; F is twice the number of points
    spread : (K,) standard deviations of the amounts where it was learnt
    modes : (V, 3, K) what each mode does to each vertex, IOD: right, down, towards the viewer
    points : (V, 3), landmarks : (68, 3) of the head at rest that it was learnt on, IOD from the
        middle between its eyes
    about : how it was learnt, and what it brings
    """

    lines: tuple[str, ...]
    matrix: NDArray[np.float64]
    spread: NDArray[np.float64]
    modes: NDArray[np.float32]
    points: NDArray[np.float64]
    landmarks: NDArray[np.float64]
    about: dict[str, Any]

    def on(self, rig: FaceRig) -> Proportions:
        """Return the same for another head: each vertex does as the nearest ones in its place do.

        Parts other than skin, tongue and lashes do nothing.
        """
        from scipy.spatial import cKDTree

        landmarks = at_rest(rig, rig.landmarks.interpolate(rig.neutral, rig.triangles)[:ON_SKIN])
        vertices = at_rest(rig, rig.neutral)
        basis = np.column_stack([landmarks, np.ones(ON_SKIN)])
        affine, *_ = np.linalg.lstsq(basis, self.landmarks, rcond=None)
        there = np.column_stack([vertices, np.ones(len(vertices))]) @ affine
        away, near = cKDTree(self.points).query(there, k=_NEAR)
        share = 1.0 / np.maximum(away, 1e-6)
        share /= share.sum(axis=1, keepdims=True)
        share = share.astype(np.float32)[:, :, None, None]
        modes = sum(share[:, row] * self.modes[near[:, row]] for row in range(_NEAR))
        follows = np.isin(rig.vertex_part, [PART_NAMES.index(name) for name in _FOLLOWING])
        modes[~follows] = 0.0
        return replace(self, modes=modes, points=there)

    def field(self, ways: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the displacement (V, 3) for ways (F,), all in IOD, axes as those of `modes`.

        Hands beyond those that it was learnt from are followed as far as these went.
        """
        amounts = self.matrix @ np.clip(ways, -_MOST, _MOST)
        far = float(np.sqrt(np.square(amounts / self.spread).mean()))
        amounts *= min(1.0, _FAR / max(far, 1e-9))
        return np.asarray(self.modes @ amounts.astype(np.float32), dtype=np.float64)

    def displacement(
        self,
        rig: FaceRig,
        vertices: NDArray[np.float64],
        camera: Camera,
        evidence: Evidence,
        iod_px: float,
    ) -> NDArray[np.float64]:
        """Return how the skin moves so that features come to where they are seen.

        Parameters
        ----------
        vertices : (V, 3) metres, the head as the camera sees it
        iod_px : interocular distance in the picture, pixels

        Returns
        -------
        displacement : (V, 3) metres, as the camera sees it; zeros where the evidence has no lines
        """
        ways = ways_of(rig, vertices, camera, evidence, self.lines, iod_px)
        if ways is None or len(ways) != self.matrix.shape[1]:
            return np.zeros_like(vertices)
        return self.field(ways) * np.array([1.0, -1.0, 1.0]) * (iod_px / camera.scale_px)

    def save(self, path: Path) -> None:
        """Write it to a file, whole or not at all."""
        partial = path.with_suffix(".partial")
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            np.savez_compressed(
                file,
                schema=np.array(SCHEMA),
                about=np.array(json.dumps(self.about)),
                lines=np.array(self.lines),
                matrix=self.matrix.astype(np.float32),
                spread=self.spread.astype(np.float32),
                modes=self.modes.astype(np.float16),
                points=self.points.astype(np.float32),
                landmarks=self.landmarks.astype(np.float32),
            )
        partial.replace(path)


def ways_of(
    rig: FaceRig,
    vertices: NDArray[np.float64],
    camera: Camera,
    evidence: Evidence,
    lines: tuple[str, ...],
    iod_px: float,
) -> NDArray[np.float64] | None:
    """Return the ways from the head's features to where they are seen, (F,) IOD, x and y in turn.

    Parameters
    ----------
    vertices : (V, 3) metres, the head as the camera sees it
    lines : curves whose points follow the 68 landmarks

    Returns
    -------
    None where the evidence or the rig lacks one of the lines
    """
    if not all(name in evidence.lines and name in rig.curves for name in lines):
        return None
    here = camera.project(rig.landmarks.interpolate(vertices, rig.triangles))
    ways = [(evidence.landmarks - here)[:ON_SKIN]]
    for name in lines:
        seen = evidence.lines[name].points
        line = camera.project(rig.curves[name].points.interpolate(vertices, rig.triangles))
        steps = np.linspace(0.0, len(line) - 1.0, len(seen))
        rows = np.arange(len(line))
        ways.append(seen - np.column_stack([np.interp(steps, rows, axis) for axis in line.T]))
    return np.concatenate(ways).ravel() / iod_px


@lru_cache(maxsize=4)
def load_proportions(path: Path = LEARNED) -> Proportions:
    """Read what was learnt, by default what limner ships.

    Raises
    ------
    RigError
        If the file cannot be read or is of another kind.
    """
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            if str(file["schema"]) != SCHEMA:
                raise RigError(f"{path}: schema {file['schema']}, expected {SCHEMA}")
            return Proportions(
                tuple(map(str, file["lines"])),
                file["matrix"].astype(np.float64),
                file["spread"].astype(np.float64),
                file["modes"].astype(np.float32),
                file["points"].astype(np.float64),
                file["landmarks"].astype(np.float64),
                json.loads(str(file["about"])),
            )
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise RigError(f"{path}: cannot be read ({error}); install limner again") from None


def at_rest(rig: FaceRig, points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return points (N, 3), metres, in IOD from the middle between the eyes of a head at rest."""
    middle = np.asarray(rig.eye_centres, dtype=np.float64).mean(axis=0)
    return (np.asarray(points, dtype=np.float64) - middle) / rig.interocular_m
