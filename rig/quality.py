"""How sound a corrected head is: bad triangles, lids in the eyes, teeth in the skin."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .crossings import crossing_triangles
from .eyeball import eye_pose
from .face_rig import PART_NAMES, FaceRig
from .mouth_room import MouthRoom
from .normals import face_normals, vertex_normals
from .regions import REGIONS, region_weights
from .repair import turned_triangles

__all__ = ["PLACES", "MeshQuality", "lid_depth", "lip_depth", "mesh_quality", "triangle_quality"]

_SKIN = PART_NAMES.index("skin")
_TEETH = tuple(PART_NAMES.index(name) for name in ("teeth_upper", "teeth_lower"))
_LIDS = ("upper_lid", "lower_lid")
_LIPS = ("upper_lip_outer", "upper_lip_inner", "lower_lip_inner", "lower_lip_outer")
_SEAMS = (tuple(f"{lid}_{side}" for lid in _LIDS for side in "LR"), _LIPS[1:3])
_SEAM_M = 0.005  # so far from the lids' edges and the mouth's line skin lies on skin when they shut
PLACES = ("lids", "lips", *REGIONS)
"""Where skin passes through skin: where lids or lips meet, or elsewhere in one of `REGIONS`."""

_FACE_M = 0.03  # before the pivot: the face without ears, throat and back of the head
_NEAR_M = 0.004  # teeth farther from a lip than this are not what it goes through


@dataclass(frozen=True, slots=True)
class MeshQuality:
    """What a correction did to the surface.

    Attributes
    ----------
    turned : triangles that it turns over or crushes
    thinnest, thinnest_before : least `triangle_quality` of the skin, with and without it
    mean, mean_before : the mean of the same
    crossing, crossing_before : triangles of the face's skin that pass through another, see
        `crossing_triangles`; where lids and lips shut, a rig's do so by themselves
    crossing_anew : name of `PLACES` → how many of them do so with the correction only
    lid_depth_m, lip_depth_m : see `lid_depth` and `lip_depth`, of the corrected head
    teeth_out_m : how far its teeth stand out of the skin, see `MouthRoom.shown`
    """

    turned: int
    thinnest: float
    thinnest_before: float
    mean: float
    mean_before: float
    crossing: int
    crossing_before: int
    crossing_anew: dict[str, int]
    lid_depth_m: float
    lip_depth_m: float
    teeth_out_m: float


def mesh_quality(
    rig: FaceRig, vertices: NDArray[np.floating], correction: NDArray[np.floating]
) -> MeshQuality:
    """Judge a correction.

    Parameters
    ----------
    vertices : (V, 3) metres, identity and expression, in the rig's own frame
    correction : (V, 3) metres
    """
    skin = rig.triangles[rig.vertex_part[rig.triangles[:, 0]] == _SKIN]
    corrected = vertices + correction
    before, after = triangle_quality(vertices, skin), triangle_quality(corrected, skin)
    face, place = _face_skin(rig)
    crossed, crosses = (crossing_triangles(shape, face) for shape in (vertices, corrected))
    anew = np.bincount(place[crosses & ~crossed], minlength=len(PLACES)).tolist()
    return MeshQuality(
        turned=int(turned_triangles(vertices, rig.triangles, correction).sum()),
        thinnest=float(after.min()),
        thinnest_before=float(before.min()),
        mean=float(after.mean()),
        mean_before=float(before.mean()),
        crossing=int(crosses.sum()),
        crossing_before=int(crossed.sum()),
        crossing_anew=dict(zip(PLACES, anew, strict=True)),
        lid_depth_m=lid_depth(rig, corrected),
        lip_depth_m=lip_depth(rig, corrected),
        teeth_out_m=MouthRoom.of(rig).shown(corrected),
    )


@lru_cache(maxsize=8)
def _face_skin(rig: FaceRig) -> tuple[NDArray[np.int32], NDArray[np.intp]]:
    """Return the triangles (F, 3) of the face's skin, and of each its row in `PLACES`."""
    from scipy.spatial import cKDTree

    skin = rig.triangles[rig.vertex_part[rig.triangles[:, 0]] == _SKIN]
    face = skin[(rig.neutral[skin, 2] > rig.pivot[2] + _FACE_M).all(axis=1)]
    place = len(_SEAMS) + region_weights(rig)[face].sum(axis=1).argmax(axis=1)
    middle = rig.neutral[face].mean(axis=1)
    for row, names in enumerate(_SEAMS):
        lines = [rig.curves[name].points for name in names if name in rig.curves]
        if lines and len(face):
            seam = np.concatenate([line.interpolate(rig.neutral, rig.triangles) for line in lines])
            place[cKDTree(seam).query(middle)[0] < _SEAM_M] = row
    return face, place


def triangle_quality(
    vertices: NDArray[np.floating], triangles: NDArray[np.int32]
) -> NDArray[np.float64]:
    """Return (F,) 4√3 · area / sum of squared sides: 1 is equilateral, 0 has no area."""
    corners = vertices[triangles].astype(np.float64)
    squares = np.square(corners - np.roll(corners, -1, axis=1)).sum(axis=(1, 2))
    area = 0.5 * np.linalg.norm(face_normals(vertices, triangles), axis=1)
    return 4.0 * np.sqrt(3.0) * area / np.maximum(squares, 1e-30)


def lid_depth(rig: FaceRig, vertices: NDArray[np.floating]) -> float:
    """Return how far the edges of the lids lie inside the eyeballs at most, metres; 0 outside."""
    deepest = 0.0
    for side in "LR":
        eye = eye_pose(vertices, rig, side)
        lids = [rig.curves[name] for lid in _LIDS if (name := f"{lid}_{side}") in rig.curves]
        if eye is None:
            continue
        for lid in lids:
            away = lid.points.interpolate(vertices, rig.triangles) - eye.centre
            deepest = max(deepest, eye.radius_m - float(np.linalg.norm(away, axis=1).min()))
    return deepest


def lip_depth(rig: FaceRig, vertices: NDArray[np.floating]) -> float:
    """Return how far the lines of the lips lie behind the teeth's faces at most, metres.

    Measured to the nearest point of the teeth along its normal, so it is as fine as their mesh.
    """
    from scipy.spatial import cKDTree

    teeth = np.flatnonzero(np.isin(rig.vertex_part, _TEETH))
    lips = [rig.curves[name].points for name in _LIPS if name in rig.curves]
    if len(teeth) == 0 or not lips:
        return 0.0
    points = np.concatenate([lip.interpolate(vertices, rig.triangles) for lip in lips])
    normals = vertex_normals(vertices, rig.triangles)[teeth]
    distance, nearest = cKDTree(vertices[teeth]).query(points)
    behind = ((vertices[teeth][nearest] - points) * normals[nearest]).sum(axis=1)
    return float(np.max(np.where(distance < _NEAR_M, behind, 0.0), initial=0.0))
