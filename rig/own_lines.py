"""Carrying limner's landmarks and curves over to somebody's own head."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .camera import Camera
from .face_rig import FaceRig, SurfacePoints, rotation_matrix
from .lighten import VIEWS_DEG
from .normals import vertex_normals
from .shape_places import SIGNED_BY, signatures
from .source_head import SourceHead
from .visibility import VisibilityGrid
from .wrapping import Skin, nearest_alike, wrap

__all__ = ["Carrier"]

Array = NDArray[np.float64]


class Carrier:
    """A template's skin wrapped onto a head, which carries points of the one to the other.

    Parameters
    ----------
    head : placed near the template, its shapes by side
    is_face : (V,) the piece that is the face

    Attributes
    ----------
    wrapped : (N, 3) metres, where the N vertices of the template's skin came to lie
    """

    def __init__(self, head: SourceHead, is_face: NDArray[np.bool_], template: FaceRig) -> None:
        self._template = template
        ours = dict(zip(template.shape_names, template.blendshapes, strict=True))
        names = [n for n in SIGNED_BY if n in head.shapes and np.any(head.shapes[n])]
        neutral = template.neutral.astype(np.float64)
        is_skin = template.vertex_part == 0
        self._ours = _piece(neutral, template.triangles, ours, names, is_skin, template.pivot)
        theirs = dict(head.shapes)
        self._theirs = _piece(head.vertices, head.triangles, theirs, names, is_face, template.pivot)
        self._rows, self._face_rows = np.flatnonzero(is_skin), np.flatnonzero(is_face)
        self.wrapped = wrap(
            self._ours.skin, self._theirs.skin, template.identity[:, is_skin].astype(np.float64)
        )

    def on_skin(self, points: SurfacePoints) -> NDArray[np.bool_]:
        """Tell (N,) which points of the template lie on its skin, and can be carried."""
        return self._ours.row_of[points.triangle] >= 0

    def reach(self, points: SurfacePoints) -> Array:
        """Return (N, 3) metres where points of the template's skin came to lie."""
        return self._local(points).interpolate(self.wrapped, self._ours.skin.triangles)

    def carry(self, points: SurfacePoints) -> tuple[SurfacePoints, Array]:
        """Return points of the template's skin as points of the head, and how far off, metres."""
        local, skin = self._local(points), self._ours.skin
        at = local.interpolate(self.wrapped, skin.triangles)
        normals = local.interpolate(vertex_normals(self.wrapped, skin.triangles), skin.triangles)
        signature = local.interpolate(skin.signature, skin.triangles)
        found = nearest_alike(self._theirs.skin, at, normals, signature)
        on = found.interpolate(self._theirs.skin.vertices, self._theirs.skin.triangles)
        rows = self._theirs.triangle_rows[found.triangle].astype(np.int32)
        return SurfacePoints(rows, found.barycentric), np.linalg.norm(on - at, axis=1)

    @property
    def triangles(self) -> NDArray[np.int32]:
        """(F, 3) of the template's skin alone."""
        return self._ours.skin.triangles

    def ours_at(self, kept: NDArray[np.bool_]) -> tuple[NDArray[np.intp], SurfacePoints]:
        """Return which vertices of the template are its skin, (N,), and where on it some lie.

        Parameters
        ----------
        kept : (V,) vertices of the head's face piece
        """
        ours, theirs = self._ours.skin, self._theirs.skin
        local = kept[self._face_rows]
        normals = vertex_normals(theirs.vertices, theirs.triangles)[local]
        skin = replace(ours, vertices=self.wrapped)
        found = nearest_alike(skin, theirs.vertices[local], normals, theirs.signature[local])
        return self._rows, found

    def feature_near(self, vertices: Array) -> NDArray[np.uint8]:
        """Return (V,) what an occluding contour through places on the head is called."""
        from scipy.spatial import cKDTree

        nearest = cKDTree(self.wrapped).query(vertices)[1]
        return self._template.contour_feature[self._rows[nearest]]

    def _local(self, points: SurfacePoints) -> SurfacePoints:
        """Return the template's points by the triangles of its skin alone."""
        return SurfacePoints(
            self._ours.row_of[points.triangle].astype(np.int32), points.barycentric
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """A piece of a mesh as skin, and which triangles of the mesh it has."""

    skin: Skin
    triangle_rows: NDArray[np.intp]
    row_of: NDArray[np.intp]


def _piece(
    vertices: Array,
    triangles: NDArray[np.int32],
    shapes: dict[str, NDArray[np.floating]],
    names: list[str],
    kept: NDArray[np.bool_],
    pivot: NDArray[np.floating],
) -> _Piece:
    """Cut a piece (V,) out of a mesh."""
    renumber = np.cumsum(kept) - 1
    rows = np.flatnonzero(kept[triangles].all(axis=1))
    row_of = np.full(len(triangles), -1, dtype=np.intp)
    row_of[rows] = np.arange(len(rows))
    points, corners = vertices[kept], renumber[triangles[rows]].astype(np.int32)
    signature = signatures({n: shapes[n][kept] for n in names}, names, len(points))
    return _Piece(Skin(points, corners, signature, _seen(points, corners, pivot)), rows, row_of)


def _seen(
    vertices: Array, triangles: NDArray[np.int32], pivot: NDArray[np.floating]
) -> NDArray[np.bool_]:
    """Return (V,) what some view shows of the resting face: not sockets and the mouth's inside."""
    seen = np.zeros(len(vertices), dtype=bool)
    camera = Camera(1000.0, np.array([128.0, 128.0]), (256, 256))
    for yaw_deg, pitch_deg in VIEWS_DEG:
        turn = rotation_matrix(np.radians([pitch_deg, yaw_deg, 0.0]))
        posed = (vertices - pivot) @ turn.T
        seen |= VisibilityGrid(posed, triangles, camera).visible(posed)
    return seen
