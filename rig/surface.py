"""Finding points and laying lines on a triangle mesh, while a rig is being built.

Nothing here runs when a rig is used: the results are `SurfacePoints`, which ride on the mesh.
All lengths are in the unit of the vertices (metres).
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .face_rig import SurfaceCurve, SurfacePoints

__all__ = [
    "arc_lengths",
    "closest_barycentric",
    "lay_curve",
    "mirror_surface",
    "mirrored_vertices",
    "nearest_surface",
    "path_on_edges",
    "ray_surface",
    "resample",
    "spline",
    "surface_of_vertices",
    "vertex_normals",
]

Points = NDArray[np.float64]


def vertex_normals(vertices: NDArray[np.floating], triangles: NDArray[np.integer]) -> Points:
    """Return (V, 3) unit normals, weighted by area, pointing outwards."""
    corners = vertices[triangles].astype(np.float64)
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros((len(vertices), 3))
    for corner in range(3):
        np.add.at(normals, triangles[:, corner], faces)
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-20)


def surface_of_vertices(
    triangles: NDArray[np.integer], wanted: Sequence[int] | NDArray[np.integer]
) -> SurfacePoints:
    """Return the surface points that lie exactly on some vertices."""
    rows, corners = _corner_of_vertex(triangles, np.asarray(wanted, dtype=np.int64))
    return SurfacePoints(rows.astype(np.int32), np.eye(3, dtype=np.float32)[corners])


def path_on_edges(
    vertices: NDArray[np.floating],
    triangles: NDArray[np.integer],
    path: Sequence[int],
    n_points: int,
    *,
    is_closed: bool = False,
) -> SurfaceCurve:
    """Lay a curve along mesh edges, through the vertices of `path`, at equal distances.

    Its first and last points are exactly the first and last vertices. Two neighbours in `path`
    must share an edge of a triangle.
    """
    walk = [*path, path[0]] if is_closed else list(path)
    lengths = arc_lengths(vertices[walk])
    stops = np.linspace(0.0, lengths[-1], n_points + 1)[:-1] if is_closed else None
    stops = np.linspace(0.0, lengths[-1], n_points) if stops is None else stops
    segment = np.clip(np.searchsorted(lengths, stops, side="right") - 1, 0, len(walk) - 2)
    along = (stops - lengths[segment]) / np.maximum(np.diff(lengths)[segment], 1e-20)
    rows, weights = np.zeros(n_points, dtype=np.int32), np.zeros((n_points, 3), dtype=np.float32)
    for point, (start, share) in enumerate(zip(segment, along, strict=True)):
        first, second = walk[start], walk[start + 1]
        row = _triangle_of_edge(triangles, first, second)
        rows[point] = row
        weights[point, triangles[row] == first] = 1.0 - share
        weights[point, triangles[row] == second] = share
    return SurfaceCurve(SurfacePoints(rows, weights), is_closed)


def nearest_surface(
    vertices: NDArray[np.floating],
    triangles: NDArray[np.integer],
    queries: NDArray[np.floating],
    allowed: NDArray[np.bool_] | None = None,
) -> tuple[SurfacePoints, Points]:
    """Return the surface points nearest to (N, 3) queries, and their (N,) distances.

    Parameters
    ----------
    allowed : (F,) bool
        Where the answer may lie; everywhere by default.
    """
    from scipy.spatial import cKDTree  # heavy, and only builders come here

    rows_used = np.arange(len(triangles)) if allowed is None else np.flatnonzero(allowed)
    corners = vertices[triangles[rows_used]].astype(np.float64)
    centres = corners.mean(axis=1)
    tree = cKDTree(centres)
    reach = np.linalg.norm(corners - centres[:, None], axis=2).max()
    rows = np.zeros(len(queries), dtype=np.int32)
    weights = np.zeros((len(queries), 3))
    distances = np.zeros(len(queries))
    for index, query in enumerate(np.asarray(queries, dtype=np.float64)):
        # a triangle nearer than the nearest centre has its own centre within that and `reach`
        limit = tree.query(query)[0] + reach
        near = np.asarray(tree.query_ball_point(query, limit + 1e-12))
        bary = closest_barycentric(corners[near], query)
        gaps = np.linalg.norm(np.einsum("nc,ncd->nd", bary, corners[near]) - query, axis=1)
        best = int(gaps.argmin())
        rows[index], weights[index] = rows_used[near[best]], bary[best]
        distances[index] = gaps[best]
    return SurfacePoints(rows, weights.astype(np.float32)), distances


def ray_surface(
    vertices: NDArray[np.floating],
    triangles: NDArray[np.integer],
    origins: NDArray[np.floating],
    directions: NDArray[np.floating],
    allowed: NDArray[np.bool_] | None = None,
) -> tuple[SurfacePoints, NDArray[np.bool_]]:
    """Return the first surface point on each ray, and the (N,) flag whether there is one.

    Parameters
    ----------
    origins : (N, 3)
    directions : (3,) or (N, 3)
    allowed : (F,) bool, the triangles that can be hit; all by default

    References
    ----------
    Möller & Trumbore (1997), doi:10.1080/10867651.1997.10487468.
    """
    rows_used = np.arange(len(triangles)) if allowed is None else np.flatnonzero(allowed)
    first, second, third = np.moveaxis(vertices[triangles[rows_used]].astype(np.float64), 1, 0)
    edge_1, edge_2 = second - first, third - first
    ways = np.broadcast_to(np.asarray(directions, dtype=np.float64), np.shape(origins))
    rows = np.zeros(len(origins), dtype=np.int32)
    weights = np.tile(np.array([1.0, 0.0, 0.0]), (len(origins), 1))
    is_hit = np.zeros(len(origins), dtype=bool)
    for index, (origin, way) in enumerate(zip(origins, ways, strict=True)):
        across = np.cross(way, edge_2)
        det = (edge_1 * across).sum(axis=1)
        det = np.where(np.abs(det) < 1e-20, np.nan, det)
        start = origin - first
        u = (start * across).sum(axis=1) / det
        turned = np.cross(start, edge_1)
        v = (turned @ way) / det
        t = (turned * edge_2).sum(axis=1) / det
        with np.errstate(invalid="ignore"):
            inside = (u >= -1e-9) & (v >= -1e-9) & (u + v <= 1.0 + 1e-9) & (t > 0.0)
        if inside.any():
            best = int(np.where(inside, t, np.inf).argmin())
            rows[index], is_hit[index] = rows_used[best], True
            weights[index] = 1.0 - u[best] - v[best], u[best], v[best]
    return SurfacePoints(rows, weights.astype(np.float32)), is_hit


def arc_lengths(points: NDArray[np.floating]) -> Points:
    """Return the (N,) distance walked from the first point to each."""
    steps = np.linalg.norm(np.diff(np.asarray(points, dtype=np.float64), axis=0), axis=1)
    return np.concatenate([[0.0], np.cumsum(steps)])


def resample(points: NDArray[np.floating], n_points: int, *, is_closed: bool = False) -> Points:
    """Return `n_points` at equal distances along a polyline (N, D); open ends are kept."""
    points = np.asarray(points, dtype=np.float64)
    if is_closed:
        points = np.concatenate([points, points[:1]])
    lengths = arc_lengths(points)
    stops = np.linspace(0.0, lengths[-1], n_points + 1 if is_closed else n_points)[:n_points]
    return np.stack([np.interp(stops, lengths, column) for column in points.T], axis=1)


def spline(points: NDArray[np.floating], n_points: int, *, is_closed: bool = False) -> Points:
    """Return `n_points` at equal distances on a smooth curve through the control points (N, D).

    A centripetal-length cubic spline: it passes through every control point without loops.
    """
    from scipy.interpolate import CubicSpline

    points = np.asarray(points, dtype=np.float64)
    if is_closed:
        points = np.concatenate([points, points[:1]])
    steps = np.sqrt(np.linalg.norm(np.diff(points, axis=0), axis=1))
    knots = np.concatenate([[0.0], np.cumsum(steps)])
    curve = CubicSpline(knots, points, bc_type="periodic" if is_closed else "natural")
    dense = curve(np.linspace(0.0, knots[-1], 40 * len(points)))
    return resample(dense[:-1] if is_closed else dense, n_points, is_closed=is_closed)


def lay_curve(
    vertices: NDArray[np.floating],
    triangles: NDArray[np.integer],
    controls: NDArray[np.floating],
    n_points: int,
    *,
    is_closed: bool = False,
    along: NDArray[np.floating] | None = None,
    allowed: NDArray[np.bool_] | None = None,
) -> SurfaceCurve:
    """Lay a smooth curve through control points onto the surface.

    Parameters
    ----------
    controls : (C, 3)
        Points on or near the surface; the curve is a spline through them.
    along : (3,), optional
        Throw the curve along this direction (`[0, 0, -1]` for a curve designed in the front view;
        its points are moved 1 m against it first). Without it every point takes the nearest
        surface point.
    allowed : (F,) bool, the triangles on which it may lie; all by default
    """
    line = spline(controls, n_points, is_closed=is_closed)
    points, _ = nearest_surface(vertices, triangles, line, allowed)
    if along is not None:
        way = np.asarray(along, dtype=np.float64)
        way = way / np.linalg.norm(way)
        hits, is_hit = ray_surface(vertices, triangles, line - way, way, allowed)
        triangle = np.where(is_hit, hits.triangle, points.triangle)
        weights = np.where(is_hit[:, None], hits.barycentric, points.barycentric)
        points = SurfacePoints(triangle.astype(np.int32), weights)
    return SurfaceCurve(points, is_closed)


def mirrored_vertices(vertices: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return for each vertex the one nearest to its mirror image in the plane x = 0, (V,)."""
    from scipy.spatial import cKDTree

    return cKDTree(vertices).query(vertices * [-1.0, 1.0, 1.0])[1]


def mirror_surface(
    points: SurfacePoints,
    vertices: NDArray[np.floating],
    triangles: NDArray[np.integer],
    allowed: NDArray[np.bool_] | None = None,
) -> SurfacePoints:
    """Return the surface points nearest to the mirror images of some points, in their order."""
    there = points.interpolate(np.asarray(vertices), np.asarray(triangles)) * [-1.0, 1.0, 1.0]
    return nearest_surface(vertices, triangles, there, allowed)[0]


def _corner_of_vertex(
    triangles: NDArray[np.integer], wanted: NDArray[np.integer]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return for each vertex the first triangle that has it, and at which corner."""
    flat = np.asarray(triangles).reshape(-1)
    order = np.argsort(flat, kind="stable")
    place = order[np.searchsorted(flat[order], wanted)]
    return place // 3, place % 3


def _triangle_of_edge(triangles: NDArray[np.integer], first: int, second: int) -> int:
    """Return the first triangle that has both vertices."""
    both = (triangles == first).any(axis=1) & (triangles == second).any(axis=1)
    assert both.any(), f"vertices {first} and {second} share no triangle"
    return int(np.flatnonzero(both)[0])


def closest_barycentric(corners: Points, query: Points) -> Points:
    """Return (N, 3) weights of the point nearest to `query` in each triangle (N, 3, 3)."""
    origin = corners[:, 0]
    edge_1, edge_2, to = corners[:, 1] - origin, corners[:, 2] - origin, query - origin
    d11, d12 = (edge_1 * edge_1).sum(1), (edge_1 * edge_2).sum(1)
    d22, t1, t2 = (edge_2 * edge_2).sum(1), (to * edge_1).sum(1), (to * edge_2).sum(1)
    det = np.maximum(d11 * d22 - d12 * d12, 1e-30)
    second, third = (d22 * t1 - d12 * t2) / det, (d11 * t2 - d12 * t1) / det
    inner = np.stack([1.0 - second - third, second, third], axis=1)
    choices = [np.where((inner >= 0.0).all(axis=1)[:, None], inner, np.nan)]
    for start, end in ((0, 1), (1, 2), (2, 0)):
        edge = corners[:, end] - corners[:, start]
        along = ((query - corners[:, start]) * edge).sum(1) / np.maximum((edge**2).sum(1), 1e-30)
        along = np.clip(along, 0.0, 1.0)
        weights = np.zeros_like(inner)
        weights[:, start], weights[:, end] = 1.0 - along, along
        choices.append(weights)
    stacked = np.stack(choices)
    gaps = np.linalg.norm(np.einsum("knc,ncd->knd", stacked, corners) - query, axis=2)
    best = np.where(np.isnan(gaps), np.inf, gaps).argmin(axis=0)
    return stacked[best, np.arange(len(corners))]
