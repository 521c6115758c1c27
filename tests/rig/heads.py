"""Small made-up heads whose geometry is known exactly."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from limner.rig.arkit import RIG_SHAPE_NAMES
from limner.rig.face_rig import FaceRig, SurfaceCurve, SurfacePoints
from limner.rig.features import FEATURES


def icosphere(subdivisions: int, radius: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Return (V, 3) vertices and (F, 3) triangles, outward, of a subdivided icosahedron."""
    golden = (1.0 + 5.0**0.5) / 2.0
    ring = [(-1, golden), (1, golden), (-1, -golden), (1, -golden)]
    vertices = [(a, b, 0.0) for a, b in ring]
    vertices += [(0.0, a, b) for a, b in ring] + [(b, 0.0, a) for a, b in ring]
    triangles = np.array(
        [
            (0, 11, 5), (0, 5, 1), (0, 1, 7), (0, 7, 10), (0, 10, 11), (1, 5, 9), (5, 11, 4),
            (11, 10, 2), (10, 7, 6), (7, 1, 8), (3, 9, 4), (3, 4, 2), (3, 2, 6), (3, 6, 8),
            (3, 8, 9), (4, 9, 5), (2, 4, 11), (6, 2, 10), (8, 6, 7), (9, 8, 1),
        ]
    )  # fmt: skip
    points = np.array(vertices, dtype=np.float64)
    for _ in range(subdivisions):
        edges = np.sort(triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
        unique, inverse = np.unique(edges, axis=0, return_inverse=True)
        middle = inverse.reshape(-1, 3) + len(points)
        points = np.concatenate([points, points[unique].mean(axis=1)])
        a, b, c = triangles.T
        ab, bc, ca = middle.T
        triangles = np.concatenate(
            [np.stack(t, axis=1) for t in ((a, ab, ca), (b, bc, ab), (c, ca, bc), (ab, bc, ca))]
        )
        points /= np.linalg.norm(points, axis=1, keepdims=True)
    points *= radius / np.linalg.norm(points, axis=1, keepdims=True)
    normal = np.cross(
        points[triangles[:, 1]] - points[triangles[:, 0]],
        points[triangles[:, 2]] - points[triangles[:, 0]],
    )
    inward = (normal * points[triangles].mean(axis=1)).sum(axis=1) < 0.0
    triangles[inward] = triangles[inward][:, ::-1]
    return points, triangles.astype(np.int32)


def make_rig(
    vertices: np.ndarray,
    triangles: np.ndarray,
    part: np.ndarray | None = None,
    feature: np.ndarray | None = None,
    curves: dict[str, SurfaceCurve] | None = None,
    eye_centres: np.ndarray | None = None,
    polygons: np.ndarray | None = None,
) -> FaceRig:
    """Wrap any mesh as a rig; shape `b` moves everything by a small known amount along x."""
    count = len(vertices)
    shapes = np.zeros((len(RIG_SHAPE_NAMES), count, 3), dtype=np.float32)
    shapes[RIG_SHAPE_NAMES.index("jawOpen"), : count // 2, 1] = -0.01
    shapes[RIG_SHAPE_NAMES.index("mouthSmileLeft"), :5, 0] = 0.004
    if polygons is None:
        polygons = np.concatenate([triangles, np.full((len(triangles), 1), -1)], axis=1)
    nowhere = SurfacePoints(
        np.zeros(70, np.int32), np.tile(np.array([[1, 0, 0]], np.float32), (70, 1))
    )
    jaw = np.full(count, FEATURES.index("jaw"), np.uint8)
    return FaceRig(
        name="test",
        licence="CC0-1.0",
        source="made up",
        neutral=vertices.astype(np.float32),
        polygons=polygons.astype(np.int32),
        triangles=triangles.astype(np.int32),
        vertex_part=np.zeros(count, np.uint8) if part is None else part.astype(np.uint8),
        blendshapes=shapes,
        identity_names=(),
        identity=np.zeros((0, count, 3), np.float32),
        au_table={},
        unsupported_aus=(),
        landmarks=nowhere,
        curves=curves or {},
        left=(vertices[:, 0] > 0).astype(np.float32),
        eye_centres=np.array([[0.03, 0, 0], [-0.03, 0, 0]], np.float32)
        if eye_centres is None
        else eye_centres.astype(np.float32),
        pivot=np.zeros(3, np.float32),
        contour_feature=jaw if feature is None else feature.astype(np.uint8),
    )
