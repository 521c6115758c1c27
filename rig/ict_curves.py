"""Landmarks and feature curves of the ICT-FaceKit head.

All ICT models share one neutral mesh, so the lines are named by its vertices and by control points
in its own centimetres (x to the subject's left, y up, z to the front; the left side is given, the
right one is its mirror image). A line is drawn through its control points as a spline, or as the
shortest path of mesh edges, and laid onto the surface.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from ..errors import RigError
from .face_rig import SurfaceCurve, SurfacePoints
from .features import CURVE_NAMES
from .surface import (
    arc_lengths,
    nearest_surface,
    ray_surface,
    resample,
    spline,
    surface_of_vertices,
)

__all__ = ["IBUG_VERTICES", "eye_frame", "feature_curves", "iris", "landmarks", "margins"]

IBUG_VERTICES = (
    1225, 1888, 1052, 367, 1719, 1722, 2199, 1447, 966, 3661, 4390, 3927, 3924, 2608, 3272, 4088,
    3443, 268, 493, 1914, 2044, 1401, 3615, 4240, 4114, 2734, 2509, 978, 4527, 4942, 4857, 1140,
    2075, 1147, 4269, 3360, 1507, 1542, 1537, 1528, 1518, 1511, 3742, 3751, 3756, 3721, 3725, 3732,
    5708, 5695, 2081, 0, 4275, 6200, 6213, 6346, 6461, 5518, 5957, 5841, 5702, 5711, 5533, 6216,
    6207, 6470, 5517, 5966,
)  # fmt: skip
"""Vertices of the 68 Multi-PIE points, from the model's README; 0 is at the subject's right ear."""

IRIS_RADIUS_CM = 0.58
LID_THICKNESS_CM = 0.11
SPACING_CM = 0.15
"""Distance of neighbouring points on a curve."""

FORWARD = np.array([0.0, 0.0, -1.0])
FROM_THE_SIDE = ("ear",)
"""Curves whose control points are (z, y), from the subject's left; else (x, y), from ahead."""

PAIRED_CONTROLS: dict[str, list[tuple[float, float]]] = {
    # inner → outer, as seen from the front (x, y)
    "brow_upper": [(1.1, 5.72), (1.45, 6.02), (2.4, 6.24), (3.6, 6.34), (4.85, 6.02), (5.72, 5.36)],
    "brow_lower": [(1.1, 5.42), (1.6, 5.4), (2.4, 5.54), (3.6, 5.74), (4.85, 5.62), (5.72, 5.3)],
    "lid_crease": [(1.95, 3.88), (2.4, 4.18), (3.0, 4.38), (3.6, 4.4), (4.2, 4.2), (4.75, 3.85)],
    "nasolabial": [
        (2.15, -0.15), (2.35, -0.75), (2.65, -1.55), (2.95, -2.4), (3.15, -3.2), (3.2, -3.9),
    ],
    "crow_feet": [(5.15, 3.5), (5.5, 3.48), (5.85, 3.5), (6.2, 3.56)],
    # top → bottom, as seen from the side (z, y)
    "ear": [
        (1.0, 2.7), (0.72, 3.12), (0.2, 3.42), (-0.36, 3.48), (-0.9, 3.2), (-1.36, 2.65),
        (-1.58, 1.84), (-1.48, 0.9), (-1.18, -0.06), (-0.6, -0.88), (0.2, -1.55), (1.1, -1.9),
        (1.65, -1.98),
    ],
}  # fmt: skip

SINGLE_CONTROLS: dict[str, list[tuple[float, float]]] = {
    # top → bottom
    "nose_bridge": [(0.0, 4.3), (0.0, 3.0), (0.0, 1.8), (0.0, 0.9), (0.0, 0.3)],
    "philtrum": [(0.0, -1.3), (0.0, -1.7), (0.0, -2.1), (0.0, -2.45)],
    "glabella_crease": [(0.0, 5.9), (0.0, 5.4), (0.0, 4.9)],
    # right → left
    "nose_tip": [(-0.62, -0.4), (-0.35, -0.58), (0.0, -0.66), (0.35, -0.58), (0.62, -0.4)],
    "mentolabial": [(-1.7, -4.85), (-0.9, -4.72), (0.0, -4.68), (0.9, -4.72), (1.7, -4.85)],
    "forehead_crease": [(-4.0, 8.0), (-2.0, 8.35), (0.0, 8.4), (2.0, 8.35), (4.0, 8.0)],
}

PATHS: dict[str, tuple[int, ...]] = {
    # iBUG landmarks along the edges of lids and lips
    "upper_lid_L": (42, 43, 44, 45),
    "lower_lid_L": (42, 47, 46, 45),
    "upper_lid_R": (39, 38, 37, 36),
    "lower_lid_R": (39, 40, 41, 36),
    "upper_lip_outer": (48, 49, 50, 51, 52, 53, 54),
    "lower_lip_outer": (48, 59, 58, 57, 56, 55, 54),
    "upper_lip_inner": (60, 61, 62, 63, 64),
    "lower_lip_inner": (60, 67, 66, 65, 64),
}

NOSTRIL_RIM = ((0.5, -0.5), (0.75, -0.37), (1.02, -0.34), (1.24, -0.52), (1.45, -0.86))
"""The left nostril's upper rim and the foot of the wing, (x, y) from ahead, inner → outer."""
NOSTRIL_CREASE = (3357, 3356)
"""Vertices up the crease behind the left wing, where a line of sight from ahead hardly reaches."""
NOSTRIL_TOP = ((1.98, 0.2), (1.82, 0.58), (1.5, 0.82))
"""Where the crease runs out over the left wing, (x, y) from ahead."""


def landmarks(
    vertices: NDArray[np.float64], triangles: NDArray[np.int32], eyes: dict[str, NDArray[np.bool_]]
) -> SurfacePoints:
    """Return the 70 landmarks: 68 vertices in iBUG order, then the iris centres, left and right.

    Parameters
    ----------
    vertices : (V, 3), metres, the neutral head
    eyes : (F,) flags of the triangles of eyeball "L" and "R"
    """
    fixed = surface_of_vertices(triangles, IBUG_VERTICES)
    parts = [fixed, *(iris(vertices, triangles, eyes[side], side)[1] for side in "LR")]
    return SurfacePoints.join(parts)


def feature_curves(
    vertices: NDArray[np.float64],
    triangles: NDArray[np.int32],
    skin: NDArray[np.bool_],
    eyes: dict[str, NDArray[np.bool_]],
) -> dict[str, SurfaceCurve]:
    """Return every curve of `features.CURVE_NAMES` on the neutral head.

    Parameters
    ----------
    vertices : (V, 3), metres, the neutral head
    skin, eyes : (F,) flags of the triangles of the skin, and of eyeball "L" and "R"
    """
    curves: dict[str, SurfaceCurve] = {}
    for name, controls in PAIRED_CONTROLS.items():
        for side, mirror in (("L", 1.0), ("R", -1.0)):
            view = -np.array([mirror, 0.0, 0.0]) if name in FROM_THE_SIDE else FORWARD
            line = _across(controls, name in FROM_THE_SIDE) * np.array([mirror, 1.0, 1.0])
            curves[f"{name}_{side}"] = _thrown(vertices, triangles, line, view, skin)
    for name, controls in SINGLE_CONTROLS.items():
        line = _across(controls, from_the_side=False)
        curves[name] = _thrown(vertices, triangles, line, FORWARD, skin)
    for name, line in margins(vertices, triangles[skin]).items():
        if "lid" in name:
            ball = vertices[np.unique(triangles[eyes[name[-1]]])]
            line = _lashes(line, eye_frame(ball)[0])
        curves[name] = SurfaceCurve(nearest_surface(vertices, triangles, line, skin)[0])
    for side, mirror in (("L", 1.0), ("R", -1.0)):
        curves[f"nostril_{side}"] = _nostril(vertices, triangles, skin, mirror)
    for side, eye in eyes.items():
        rim, _ = iris(vertices, triangles, eye, side)
        curves[f"iris_{side}"] = SurfaceCurve(rim, is_closed=True)
    return {name: curves[name] for name in CURVE_NAMES}


def margins(
    vertices: NDArray[np.float64], triangles: NDArray[np.int32]
) -> dict[str, NDArray[np.float64]]:
    """Return the edges of lids and lips, (N, 3) metres by the name of their curve.

    They run along mesh edges through the landmarks; a lid's is the one that touches the eyeball.
    """
    graph = _edge_graph(vertices, triangles)
    paths = {
        name: _edge_path(graph, [IBUG_VERTICES[mark] for mark in marks])
        for name, marks in PATHS.items()
    }
    return {name: _smooth(vertices[path]) for name, path in paths.items()}


def _lashes(margin: NDArray[np.float64], eye: NDArray[np.float64]) -> NDArray[np.float64]:
    """Move a lid's edge from the eyeball to where the lashes grow, a lid's thickness outwards.

    There a line stays in sight when the eye is shut. The corners stay.
    """
    outward = margin - eye
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    from_corner = np.minimum(np.arange(len(margin)), np.arange(len(margin))[::-1])
    share = np.clip(from_corner / 2.0, 0.0, 1.0)
    return margin + 0.01 * LID_THICKNESS_CM * share[:, None] * outward


def eye_frame(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return an eyeball's centre, (3,) metres, and its axis through the cornea, (3,) unit.

    The centre is that of the sphere through the back of the eyeball, where no cornea bulges.

    Parameters
    ----------
    points : (N, 3), metres, the vertices of the eyeball's outer layer
    """
    back = points[points[:, 2] < points[:, 2].max() - 0.01]
    terms = np.column_stack([2.0 * back, np.ones(len(back))])
    centre = np.linalg.lstsq(terms, (back**2).sum(axis=1), rcond=None)[0][:3]
    axis = points[np.argmax(np.linalg.norm(points - centre, axis=1))] - centre
    return centre, axis / np.linalg.norm(axis)


def iris(
    vertices: NDArray[np.float64],
    triangles: NDArray[np.int32],
    eye: NDArray[np.bool_],
    side: str,
) -> tuple[SurfacePoints, SurfacePoints]:
    """Return the iris' rim, 48 points on a circle about the eye's axis, and its centre.

    The rim starts on the nose's side and runs over the top, so that both eyes mirror each other.
    """
    centre, axis = eye_frame(vertices[np.unique(triangles[eye])])
    outward = np.array([1.0 if side == "L" else -1.0, 0.0, 0.0])
    outward -= (outward @ axis) * axis
    outward /= np.linalg.norm(outward)
    up = np.array([0.0, 1.0, 0.0])
    up -= (up @ axis) * axis + (up @ outward) * outward
    up /= np.linalg.norm(up)
    turn = np.linspace(0.0, 2.0 * np.pi, 48, endpoint=False)[:, None]
    rim = 0.01 * IRIS_RADIUS_CM * (np.sin(turn) * up - np.cos(turn) * outward)
    ahead = centre + 0.1 * axis
    return (
        ray_surface(vertices, triangles, ahead + rim, -axis, eye)[0],
        ray_surface(vertices, triangles, ahead[None], -axis, eye)[0],
    )


def _nostril(
    vertices: NDArray[np.float64],
    triangles: NDArray[np.int32],
    skin: NDArray[np.bool_],
    mirror: float,
) -> SurfaceCurve:
    """Return a nostril's line: over the hole to the foot of the wing, then up behind the wing."""
    flip = np.array([mirror, 1.0, 1.0])
    ahead = _across((*NOSTRIL_RIM, *NOSTRIL_TOP), from_the_side=False) * flip - FORWARD
    points, _ = ray_surface(vertices, triangles, ahead, FORWARD, skin)
    seen = points.interpolate(vertices, triangles)
    foot, top = seen[: len(NOSTRIL_RIM)], seen[len(NOSTRIL_RIM) :]
    controls = np.concatenate([foot, vertices[list(NOSTRIL_CREASE)] * flip, top])
    line = spline(controls, round(100.0 * arc_lengths(controls)[-1] / SPACING_CM) + 1)
    return SurfaceCurve(nearest_surface(vertices, triangles, line, skin)[0])


def _across(controls: Sequence[tuple[float, float]], from_the_side: bool) -> NDArray[np.float64]:
    """Turn 2D control points in centimetres into (C, 3) metres on the plane they are seen on."""
    flat = 0.01 * np.asarray(controls, dtype=np.float64)
    none = np.zeros(len(flat))
    columns = [none, flat[:, 1], flat[:, 0]] if from_the_side else [flat[:, 0], flat[:, 1], none]
    return np.column_stack(columns)


def _thrown(
    vertices: NDArray[np.float64],
    triangles: NDArray[np.int32],
    controls: NDArray[np.float64],
    view: NDArray[np.float64],
    skin: NDArray[np.bool_],
) -> SurfaceCurve:
    """Throw the spline through control points onto the skin, along the line of sight `view`."""
    count = max(round(100.0 * arc_lengths(controls)[-1] / SPACING_CM), 8) + 1
    line = spline(controls, count)
    points, is_hit = ray_surface(vertices, triangles, line - view, view, skin)
    if not is_hit.all():
        x, y, z = 100.0 * line[np.flatnonzero(~is_hit)[0]]
        raise RigError(
            "The neutral mesh is not ICT-FaceKit's: "
            f"nothing lies at ({x:.1f}, {y:.1f}, {z:.1f}) cm."
        )
    return SurfaceCurve(points)


def _smooth(path: NDArray[np.float64]) -> NDArray[np.float64]:
    """Resample a path of mesh vertices evenly and iron out its zigzag; the ends stay."""
    count = max(round(100.0 * arc_lengths(path)[-1] / SPACING_CM), 8) + 1
    line = resample(path, count)
    before, after = 2.0 * line[:1] - line[4:0:-1], 2.0 * line[-1:] - line[-2:-6:-1]
    return gaussian_filter1d(np.concatenate([before, line, after]), 1.0, axis=0)[4:-4]


def _edge_graph(vertices: NDArray[np.float64], triangles: NDArray[np.int32]) -> csr_array:
    """Return the (V, V) graph of the triangles' edges, weighted by their length."""
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    edges = np.unique(np.sort(edges, axis=1), axis=0)
    lengths = np.linalg.norm(vertices[edges[:, 0]] - vertices[edges[:, 1]], axis=1)
    return csr_array((lengths, (edges[:, 0], edges[:, 1])), shape=(len(vertices),) * 2)


def _edge_path(graph: csr_array, stations: Sequence[int]) -> list[int]:
    """Return the vertices of the shortest edge path through the stations, in order."""
    path = [stations[0]]
    for start, end in pairwise(stations):
        _, before = dijkstra(
            graph, directed=False, indices=start, return_predecessors=True, limit=0.06
        )
        leg = [end]
        while leg[-1] != start:
            leg.append(int(before[leg[-1]]))
        path += leg[-2::-1]
    return path
