"""A lighter copy of a rig: fewer triangles, the same face.

A drawing 256 pixels wide shows no difference between 46,000 and 11,000 triangles, but every pose,
visibility test and contour costs in proportion. `lighten` collapses edges, least change first, and
keeps a subset of the vertices: every blendshape and identity mode stays exactly what it was at
those that remain. The change is measured in several expressions at once, so that lids and lips
keep the triangles they need to move; what no view shows (sockets, gums, the mouth's depth) goes
first.

References
----------
Garland & Heckbert (1997). Surface simplification using quadric error metrics.
https://doi.org/10.1145/258734.258849
Mohr & Gleicher (2003). Deformation sensitive decimation. Technical report, University of Wisconsin.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import heapq
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..errors import RigError
from .camera import Camera
from .face_rig import FaceRig, SurfaceCurve, SurfacePoints, rotation_matrix
from .features import FEATURES
from .surface import nearest_surface
from .visibility import VisibilityGrid

__all__ = ["lighten"]

EXPRESSIONS: tuple[tuple[str, ...], ...] = (
    (),
    ("jawOpen",),
    ("eyeBlinkLeft", "eyeBlinkRight"),
    ("mouthSmileLeft", "mouthSmileRight", "cheekSquintLeft", "cheekSquintRight"),
    ("mouthFrownLeft", "mouthFrownRight", "browDownLeft", "browDownRight"),
    ("mouthPucker", "noseSneerLeft", "noseSneerRight"),
    ("browInnerUpLeft", "browInnerUpRight", "browOuterUpLeft", "browOuterUpRight"),
    ("mouthUpperUpLeft", "mouthUpperUpRight", "mouthLowerDownLeft", "mouthLowerDownRight"),
)
"""Faces in which the change of shape is measured."""

VIEWS_DEG = (
    (0.0, 0.0),
    (-50.0, 0.0),
    (50.0, 0.0),
    (-90.0, 0.0),
    (90.0, 0.0),
    (0.0, -30.0),
    (0.0, 30.0),
)
"""Yaw and pitch of the views that decide what is ever seen."""

UNSEEN, BEHIND = 0.003, 0.2
"""What an area weighs that no view shows, and one on the cranium or the neck, against the face."""

LINES = ("upper_lid", "lower_lid", "iris", "upper_lip", "lower_lip")
"""Curves, by the start of their names, whose vertices all stay."""

_FLATNESS = 1e-3
"""Squared edge lengths count this much against squared heights: even triangles on flat ground."""


def lighten(rig: FaceRig, n_vertices: int = 4500, *, name: str | None = None) -> FaceRig:
    """Return a copy of a rig with about `n_vertices` vertices, in triangles.

    Parameters
    ----------
    n_vertices : int
        How many to keep; 4000 to 6000 suit drawings.
    name : the copy's name, `<name>-light` by default

    Raises
    ------
    RigError
        If fewer vertices are asked for than lids, lips, landmarks and open edges need.
    """
    shapes = {shape: row for row, shape in enumerate(rig.shape_names)}
    neutral = rig.neutral.astype(np.float64)
    faces = np.stack(
        [
            neutral + rig.blendshapes[[shapes[name] for name in names]].sum(0)
            for names in EXPRESSIONS
        ]
    )
    fixed = _fixed_vertices(rig)
    if n_vertices < fixed.sum():
        raise RigError(
            f"{rig.name}: {n_vertices} vertices are too few, {int(fixed.sum())} are needed for "
            "lids, lips and landmarks alone. Ask for more."
        )
    triangles = _collapse(faces, rig.triangles, _importance(rig, faces), fixed, n_vertices)
    kept = np.unique(triangles)
    renumber = np.zeros(len(neutral), dtype=np.int32)
    renumber[kept] = np.arange(len(kept))
    return _cut(rig, kept, renumber[triangles], name or f"{rig.name}-light")


def _cut(rig: FaceRig, kept: NDArray[np.intp], triangles: NDArray[np.int32], name: str) -> FaceRig:
    """Return the rig on some of its vertices, landmarks and curves laid onto the new triangles."""
    light = replace(
        rig,
        name=name,
        neutral=rig.neutral[kept],
        polygons=np.column_stack([triangles, np.full(len(triangles), -1, dtype=np.int32)]),
        triangles=triangles,
        vertex_part=rig.vertex_part[kept],
        blendshapes=np.ascontiguousarray(rig.blendshapes[:, kept]),
        identity=np.ascontiguousarray(rig.identity[:, kept]),
        left=rig.left[kept],
        contour_feature=rig.contour_feature[kept],
    )
    curves = {
        line: SurfaceCurve(_relaid(rig, light, curve.points), curve.is_closed)
        for line, curve in rig.curves.items()
    }
    return replace(light, landmarks=_relaid(rig, light, rig.landmarks), curves=curves)


def _relaid(rig: FaceRig, light: FaceRig, points: SurfacePoints) -> SurfacePoints:
    """Lay surface points of the full rig onto the same part of the light one."""
    there = points.interpolate(rig.neutral, rig.triangles)
    point_part = rig.vertex_part[points.corners(rig.triangles)[:, 0]]
    triangle_part = light.vertex_part[light.triangles[:, 0]]
    triangle = np.zeros(len(points), dtype=np.int32)
    weights = np.zeros((len(points), 3), dtype=np.float32)
    for part in np.unique(point_part):
        rows = point_part == part
        laid, _ = nearest_surface(
            light.neutral, light.triangles, there[rows], triangle_part == part
        )
        triangle[rows], weights[rows] = laid.triangle, laid.barycentric
    return SurfacePoints(triangle, weights)


def _fixed_vertices(rig: FaceRig) -> NDArray[np.bool_]:
    """Return which vertices stay: on open edges, and where landmarks, lids and lips lie."""
    fixed = np.zeros(len(rig.neutral), dtype=bool)
    edges = np.concatenate(
        [rig.triangles[:, [0, 1]], rig.triangles[:, [1, 2]], rig.triangles[:, [2, 0]]]
    )
    keys, count = np.unique(np.sort(edges, axis=1), axis=0, return_counts=True)
    fixed[keys[count == 1]] = True
    lines = [curve.points for name, curve in rig.curves.items() if name.startswith(LINES)]
    for points in [rig.landmarks, *lines]:
        fixed[points.corners(rig.triangles)[points.barycentric > 0.3]] = True
    return fixed


def _importance(rig: FaceRig, faces: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (V,) weights of vertices: what is never seen counts little, the cranium some."""
    seen = np.zeros(len(rig.neutral), dtype=bool)
    camera = Camera(1000.0, np.array([128.0, 128.0]), (256, 256))
    for face in faces[:4]:
        for yaw_deg, pitch_deg in VIEWS_DEG:
            turn = rotation_matrix(np.radians([pitch_deg, yaw_deg, 0.0]))
            posed = (face - rig.pivot) @ turn.T
            seen |= VisibilityGrid(posed, rig.triangles, camera).visible(posed)
    behind = np.isin(rig.contour_feature, [FEATURES.index("hair"), FEATURES.index("other")])
    return np.where(seen, np.where(behind, BEHIND, 1.0), UNSEEN)


class _Mesh:
    """A triangle mesh in several poses, whose vertices merge along edges."""

    def __init__(
        self,
        poses: NDArray[np.float64],
        triangles: NDArray[np.int32],
        importance: NDArray[np.float64],
    ) -> None:
        self.poses = np.ascontiguousarray(poses.swapaxes(0, 1))  # (V, P, 3)
        self.triangles: list[list[int]] = triangles.tolist()
        self.around: list[set[int]] = [set() for _ in range(poses.shape[1])]
        for row, corners in enumerate(self.triangles):
            for corner in corners:
                self.around[corner].add(row)
        self.quadrics = _quadrics(poses, triangles, importance)

    def neighbours(self, vertex: int) -> set[int]:
        """Return the vertices that share an edge with one."""
        found = {corner for row in self.around[vertex] for corner in self.triangles[row]}
        found.discard(vertex)
        return found

    def candidates(self, vertex: int) -> list[tuple[float, int]]:
        """Return the neighbours that a vertex could merge into, cheapest first, with the cost."""
        near = sorted(self.neighbours(vertex))
        places = self.poses[near]
        quadric = self.quadrics[vertex]
        heights = np.einsum("kpi,pij,kpj->k", places, quadric[:, :3, :3], places)
        heights += 2.0 * np.einsum("kpi,pi->k", places, quadric[:, :3, 3])
        heights += quadric[:, 3, 3].sum()
        lengths = ((places - self.poses[vertex]) ** 2).sum(axis=(1, 2))
        area = np.trace(quadric[:, :3, :3], axis1=1, axis2=2).mean()
        cost = np.maximum(heights, 0.0) + _FLATNESS * area * lengths
        return sorted(zip(cost.tolist(), near, strict=True))

    def allows(self, vertex: int, target: int) -> bool:
        """Return whether a merge keeps the surface a surface and turns no triangle over."""
        if len(self.neighbours(vertex) & self.neighbours(target)) != 2:
            return False
        rows = [row for row in self.around[vertex] if target not in self.triangles[row]]
        before = np.array([self.triangles[row] for row in rows])
        after = np.where(before == vertex, target, before)
        old, new = self._normals(before), self._normals(after)
        cosine = (old * new).sum(axis=-1)
        size = np.linalg.norm(old, axis=-1) * np.linalg.norm(new, axis=-1)
        # the eyelids' folds turn far: only the resting face must not turn over at all
        return bool((cosine[:, 0] > 0.2 * size[:, 0]).all() and (cosine > -0.5 * size).all())

    def _normals(self, corners: NDArray[np.int_]) -> NDArray[np.float64]:
        a, b, c = (self.poses[corners[:, k]] for k in range(3))
        return np.cross(b - a, c - a)

    def merge(self, vertex: int, target: int) -> set[int]:
        """Merge a vertex into a neighbour; return the vertices whose surroundings changed."""
        touched = self.neighbours(vertex)
        for row in self.around[vertex]:
            corners = self.triangles[row]
            if target in corners:
                for corner in corners:
                    if corner != vertex:
                        self.around[corner].discard(row)
                self.triangles[row] = []
            else:
                corners[corners.index(vertex)] = target
                self.around[target].add(row)
        self.around[vertex] = set()
        self.quadrics[target] += self.quadrics[vertex]
        return touched


def _quadrics(
    poses: NDArray[np.float64], triangles: NDArray[np.int32], importance: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return (V, P, 4, 4) sums of squared distances to the planes around each vertex."""
    quadrics = np.zeros((poses.shape[1], len(poses), 4, 4))
    weight = importance[triangles].max(axis=1)
    for index, pose in enumerate(poses):
        a, b, c = (pose[triangles[:, k]] for k in range(3))
        normal = np.cross(b - a, c - a)
        double = np.maximum(np.linalg.norm(normal, axis=1), 1e-20)
        normal /= double[:, None]
        plane = np.column_stack([normal, -(normal * a).sum(axis=1)])
        each = (weight * double)[:, None, None] * plane[:, :, None] * plane[:, None, :]
        for k in range(3):
            np.add.at(quadrics[:, index], triangles[:, k], each)
    return quadrics


def _collapse(
    poses: NDArray[np.float64],
    triangles: NDArray[np.int32],
    importance: NDArray[np.float64],
    fixed: NDArray[np.bool_],
    n_vertices: int,
) -> NDArray[np.int32]:
    """Merge vertices into neighbours, least change first, until `n_vertices` are left."""
    mesh = _Mesh(poses, triangles, importance)
    used = np.unique(triangles)
    left, version = len(used), [0] * poses.shape[1]
    heap = [(mesh.candidates(v)[0][0], v, 0) for v in used.tolist() if not fixed[v]]
    heapq.heapify(heap)
    while left > n_vertices and heap:
        cost, vertex, seen = heapq.heappop(heap)
        if seen != version[vertex] or not mesh.around[vertex]:
            continue
        choice = next((c for c in mesh.candidates(vertex) if mesh.allows(vertex, c[1])), None)
        if choice is None:
            continue
        if choice[0] > cost * 1.0001 and heap and choice[0] > heap[0][0]:
            heapq.heappush(heap, (choice[0], vertex, seen))
            continue
        left -= 1
        for touched in mesh.merge(vertex, choice[1]):
            version[touched] += 1
            if not fixed[touched]:
                heapq.heappush(heap, (mesh.candidates(touched)[0][0], touched, version[touched]))
    return np.array([corners for corners in mesh.triangles if corners], dtype=np.int32)
