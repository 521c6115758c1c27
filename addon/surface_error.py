"""How far a fitted head's surface is from the true one, where the drawing shows it."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..rig.face_rig import PART_NAMES, FaceRig, rotation_matrix
from ..rig.look import mouth_cavity
from ..rig.normals import unit, vertex_normals
from ..rig.similarity import moved_like

__all__ = ["REGIONS", "SurfaceError", "Yardstick", "front_skin"]

REGIONS: tuple[str, ...] = ("eyes", "brows", "nose", "mouth", "jaw", "rest")
_REGION_OF_LANDMARK = (
    *["jaw"] * 17, *["brows"] * 10, *["nose"] * 9, *["eyes"] * 12, *["mouth"] * 20, *["eyes"] * 2,
)  # fmt: skip
_REGION_M = 0.022  # skin farther than this from every landmark is `rest`: cheeks and forehead
_FRONT_M = 0.03  # before the pivot: the face without ears and back of the head
_FACING = 0.1


def front_skin(rig: FaceRig) -> NDArray[np.bool_]:
    """Return which vertices (V,) are skin before the ears."""
    skin = rig.vertex_part == PART_NAMES.index("skin")
    return np.asarray(skin & (rig.neutral[:, 2] > rig.pivot[2] + _FRONT_M))


@dataclass(frozen=True, slots=True, eq=False)
class SurfaceError:
    """Distances of corresponding vertices, in interocular distances of the rig.

    Attributes
    ----------
    mean, p95 : of all visible vertices of the face
    in_plane, depth : mean of the distances' parts across and along the view
    regions : region → mean, where any of it is visible
    """

    mean: float
    p95: float
    in_plane: float
    depth: float
    regions: dict[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Yardstick:
    """What of a rig's skin is measured, and which region each vertex belongs to.

    Attributes
    ----------
    rig : the rig
    face : (V,) bool: skin before the ears, without the mouth's inside
    region : (V,) index into `REGIONS`
    """

    rig: FaceRig
    face: NDArray[np.bool_]
    region: NDArray[np.intp]

    @classmethod
    def of(cls, rig: FaceRig) -> Yardstick:
        """Lay out the face of a rig."""
        from scipy.spatial import cKDTree

        face = front_skin(rig) & (mouth_cavity(rig) == 0.0)
        landmarks = rig.landmarks.interpolate(rig.neutral, rig.triangles)
        away, nearest = cKDTree(landmarks).query(rig.neutral)
        names = np.array([REGIONS.index(name) for name in _REGION_OF_LANDMARK])
        region = np.where(away < _REGION_M, names[nearest], REGIONS.index("rest"))
        return cls(rig, face, region)

    def measure(
        self,
        found: NDArray[np.float64],
        truth: NDArray[np.float64],
        rotation: NDArray[np.float64],
    ) -> SurfaceError:
        """Measure a head after it was moved, turned and scaled onto the truth.

        Parameters
        ----------
        found, truth : (V, 3) metres, in the rig's own frame
        rotation : (3,) radians: how the true head is turned in the drawing
        """
        turn = rotation_matrix(rotation)
        normals = unit(vertex_normals(truth, self.rig.triangles)) @ turn.T
        seen = np.flatnonzero(self.face & (normals[:, 2] > _FACING))
        away = (moved_like(found[seen], found[seen], truth[seen]) - truth[seen]) @ turn.T
        away /= self.rig.interocular_m
        distance = np.linalg.norm(away, axis=1)
        region = self.region[seen]
        return SurfaceError(
            mean=float(distance.mean()),
            p95=float(np.quantile(distance, 0.95)),
            in_plane=float(np.linalg.norm(away[:, :2], axis=1).mean()),
            depth=float(np.abs(away[:, 2]).mean()),
            regions={
                name: float(distance[region == row].mean())
                for row, name in enumerate(REGIONS)
                if (region == row).any()
            },
        )
