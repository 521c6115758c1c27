"""Where the feature lines and landmarks of the MakeHuman head run.

Lids and lips have edge loops on hm08. The other lines are designed on the mean adult, in the
front view (x and y in centimetres, as an artist would set them out) and thrown onto the skin; left
ones are mirrored. All of them ride on the surface, so every identity and expression carries them.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .face_rig import SurfaceCurve, SurfacePoints
from .makehuman_mesh import EYE_RADIUS_M, IRIS_RADIUS_M, HeadCut
from .surface import (
    lay_curve,
    mirror_surface,
    nearest_surface,
    path_on_edges,
    ray_surface,
    resample,
    spline,
    surface_of_vertices,
)

__all__ = ["build_curves", "build_landmarks"]

Array = NDArray[np.float64]

_MARGIN_RING, _CREASE_RING = 3, 8
_OUTER_LIP_RING, _INNER_LIP_RING = 2, 8
_LID_POINTS, _LIP_POINTS, _RING_POINTS = 25, 31, 24
_CM = 0.01

_FRONT_LEFT = {
    "brow_upper": (
        (1.0, 75.5), (1.9, 75.85), (2.9, 76.1), (3.9, 76.0), (4.7, 75.5), (5.35, 74.8),
    ),
    "brow_lower": (
        (1.05, 74.8), (1.9, 75.05), (2.9, 75.35), (3.9, 75.4), (4.7, 75.1), (5.35, 74.7),
    ),
    "nasolabial": ((1.9, 70.2), (2.5, 69.5), (2.95, 68.6), (3.2, 67.7), (3.3, 66.9)),
    "crow_feet": ((5.05, 73.3), (5.5, 73.4), (5.95, 73.65)),
    "nostril": (
        (0.72, 69.48), (1.0, 69.58), (1.28, 69.38), (1.5, 69.10), (1.70, 69.40), (1.75, 69.80),
        (1.66, 70.2), (1.5, 70.5),
    ),
}  # fmt: skip
"""Control points on the subject's left, from the inner to the outer end, cm."""
_FRONT_MIDDLE = {
    "nose_tip": ((-0.9, 69.66), (-0.5, 69.42), (0.0, 69.06), (0.5, 69.42), (0.9, 69.66)),
    "forehead_crease": ((-3.4, 78.0), (-1.7, 78.35), (0.0, 78.3), (1.7, 78.35), (3.4, 78.0)),
    "glabella_crease": ((0.0, 75.9), (0.0, 75.4), (0.0, 74.8)),
    "philtrum": ((0.0, 68.75), (0.0, 68.35), (0.0, 67.78)),
    "nose_bridge": ((0.0, 74.7), (0.0, 73.6), (0.0, 72.2), (0.0, 71.0), (0.0, 70.0)),
    "mentolabial": ((-1.35, 65.55), (-0.7, 65.25), (0.0, 65.15), (0.7, 65.25), (1.35, 65.55)),
}
"""Control points from the subject's right to left, or from the top down, cm."""
_N_POINTS = {"brow_upper": 25, "brow_lower": 25, "nostril": 31, "nose_bridge": 25, "ear": 31}
_DEFAULT_POINTS = 21
_EAR_SIDE_LEFT = (
    (5.34, 73.30), (5.03, 73.64), (4.38, 74.04), (3.84, 73.92), (3.33, 73.50), (2.94, 72.67),
    (2.84, 72.18), (2.94, 71.43), (3.16, 70.83), (3.68, 70.09), (4.14, 69.57), (4.42, 69.23),
    (4.77, 68.91), (5.23, 68.94),
)  # fmt: skip
"""The ear's outline in the side view, (z, y) in cm."""
_EAR_INSET_M = 0.0008
_JAW_CENTRE_CM = (0.0, 70.5)
_FRONT_BONUS = 0.3
"""The chin may lie this much farther in for every metre that it lies nearer the viewer: keeps the
points on the edge of the jaw, not under it. Less is allowed further up, where nothing is under."""


def build_curves(
    cut: HeadCut,
    neutral: Array,
    triangles: NDArray[np.int32],
    eye_centres: Array,
    ear: NDArray[np.bool_],
) -> dict[str, SurfaceCurve]:
    """Return every feature curve of `features.CURVE_NAMES`.

    Parameters
    ----------
    neutral : (V, 3) metres
    eye_centres : (2, 3) metres, left then right
    ear : (V,) bool, both ears' vertices
    """
    skin = cut.part[triangles[:, 0]] == 0
    front = skin & (neutral[triangles[:, 0], 2] > 0.06)
    left: dict[str, SurfaceCurve] = dict(_lid_curves(cut, neutral, triangles))
    left["iris"] = _iris(neutral, triangles, cut.part[triangles[:, 0]] == 1, eye_centres[0])
    left["ear"] = _ear(neutral, triangles, skin, ear)
    for name, controls in _FRONT_LEFT.items():
        left[name] = _thrown(name, controls, neutral, triangles, front)
    curves = {}
    for name, curve in left.items():
        ball = cut.part[triangles[:, 0]] == 2
        allowed = ball if name == "iris" else skin
        curves[f"{name}_L"] = curve
        points = mirror_surface(curve.points, neutral, triangles, allowed)
        curves[f"{name}_R"] = SurfaceCurve(points, curve.is_closed)
    for name, controls in _FRONT_MIDDLE.items():
        curves[name] = _thrown(name, controls, neutral, triangles, front)
    curves.update(_lip_curves(cut, neutral, triangles))
    return curves


def _thrown(
    name: str,
    controls: tuple[tuple[float, float], ...],
    neutral: Array,
    triangles: NDArray[np.int32],
    allowed: NDArray[np.bool_],
) -> SurfaceCurve:
    """Throw a line designed in the front view onto the face."""
    flat = np.array([(x * _CM, y * _CM, 0.0) for x, y in controls])
    before_face = spline(flat, 8 * len(flat))
    before_face[:, 2] = 0.3
    on_face = lay_curve(
        neutral, triangles, before_face, 80, along=np.array([0.0, 0.0, -1.0]),
        allowed=allowed,
    )  # fmt: skip
    # equal steps on the surface, not in the front view
    line = on_face.points.interpolate(neutral, triangles)
    even = resample(line, _N_POINTS.get(name, _DEFAULT_POINTS))
    return SurfaceCurve(nearest_surface(neutral, triangles, even, allowed)[0])


def _lid_curves(
    cut: HeadCut, neutral: Array, triangles: NDArray[np.int32]
) -> list[tuple[str, SurfaceCurve]]:
    """Return the left eye's lid lines and crease, along their edge loops, inner corner first."""
    margin, crease = cut.eye_rings[_MARGIN_RING], cut.eye_rings[_CREASE_RING]
    outer = int(np.argmax(neutral[margin, 0]))
    upper, lower = margin[: outer + 1], [margin[0], *margin[: outer - 1 : -1]]
    fold = crease[1 : int(np.argmax(neutral[crease, 0]))]
    return [
        (name, path_on_edges(neutral, triangles, path, _LID_POINTS))
        for name, path in (("upper_lid", upper), ("lower_lid", lower), ("lid_crease", fold))
    ]


def _lip_curves(
    cut: HeadCut, neutral: Array, triangles: NDArray[np.int32]
) -> dict[str, SurfaceCurve]:
    """Return the four lip lines from the subject's right to left corner."""
    curves = {}
    for word, row in (("outer", _OUTER_LIP_RING), ("inner", _INNER_LIP_RING)):
        ring = cut.mouth_rings[row]
        left, right = int(np.argmax(neutral[ring, 0])), int(np.argmin(neutral[ring, 0]))
        upper = [*ring[right:], *ring[: left + 1]]
        lower = ring[left : right + 1][::-1]
        for lip, path in (("upper", upper), ("lower", lower)):
            line = path_on_edges(neutral, triangles, path, _LIP_POINTS)
            curves[f"{lip}_lip_{word}"] = line
    return curves


def _iris(
    neutral: Array, triangles: NDArray[np.int32], ball: NDArray[np.bool_], centre: Array
) -> SurfaceCurve:
    """Return the iris's edge on the left ball: from the nasal side over the top."""
    turn = np.pi - 2.0 * np.pi * np.arange(_RING_POINTS) / _RING_POINTS
    depth = np.sqrt(EYE_RADIUS_M**2 - IRIS_RADIUS_M**2)
    ring = np.stack([np.cos(turn), np.sin(turn), np.zeros_like(turn)], axis=1) * IRIS_RADIUS_M
    queries = centre + ring + [0.0, 0.0, depth]
    return SurfaceCurve(nearest_surface(neutral, triangles, queries, ball)[0], is_closed=True)


def _ear(
    neutral: Array, triangles: NDArray[np.int32], skin: NDArray[np.bool_], ear: NDArray[np.bool_]
) -> SurfaceCurve:
    """Return the left ear's rim, from its root at the temple over the top down to the lobe."""
    outline = np.array([(0.3, y * _CM, z * _CM) for z, y in _EAR_SIDE_LEFT])
    middle = outline.mean(axis=0)
    # a hair inside the silhouette, or rays would pass it and hit the skull
    outline[:, 1:] += _EAR_INSET_M * _unit(middle - outline)[:, 1:]
    allowed = skin & ear[triangles].all(axis=1)
    line = spline(outline, 80)
    hits, is_hit = ray_surface(neutral, triangles, line, np.array([-1.0, 0.0, 0.0]), allowed)
    rim = resample(hits[is_hit].interpolate(neutral, triangles), _N_POINTS["ear"])
    return SurfaceCurve(nearest_surface(neutral, triangles, rim, allowed)[0])


def _unit(vectors: Array) -> Array:
    """Return (N, 3) vectors at length 1."""
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def build_landmarks(
    cut: HeadCut,
    neutral: Array,
    triangles: NDArray[np.int32],
    curves: dict[str, SurfaceCurve],
    ear: NDArray[np.bool_],
) -> SurfacePoints:
    """Return the 68 iBUG landmarks and both irises as surface points."""
    skin = cut.part[triangles[:, 0]] == 0
    face = skin & ~ear[triangles].any(axis=1)

    def along(name: str, shares: tuple[float, ...]) -> list[SurfacePoints]:
        points = curves[name].points
        rows = np.round(np.array(shares) * (len(points) - 1)).astype(int)
        return [points[[row]] for row in rows]

    def front(*places_cm: tuple[float, float]) -> list[SurfacePoints]:
        controls = np.array([(x * _CM, y * _CM, 0.3) for x, y in places_cm])
        hits = _front_hits(neutral, triangles, controls, skin)
        return [hits[[row]] for row in range(len(hits))]

    brow, inner = (0.98, 0.75, 0.5, 0.27, 0.04), (0.0, 0.33, 0.67, 1.0)
    poles = [int(np.flatnonzero(cut.part == part)[0]) for part in (1, 2)]
    lid_low = (0.67, 0.33)
    points = [
        *_jaw(neutral, triangles, face),
        *along("brow_upper_R", brow),
        *along("brow_upper_L", brow[::-1]),
        *along("nose_bridge", (0.24, 0.5, 0.76, 1.0)),
        *front((-1.35, 69.2), (-0.7, 69.05), (0.0, 68.88), (0.7, 69.05), (1.35, 69.2)),
        *along("upper_lid_R", inner[::-1]),
        *along("lower_lid_R", inner[1:3]),
        *along("upper_lid_L", inner),
        *along("lower_lid_L", lid_low),
        *along("upper_lip_outer", (0.0, 0.2, 0.4, 0.5, 0.6, 0.8, 1.0)),
        *along("lower_lip_outer", (0.8, 0.67, 0.5, 0.33, 0.2)),
        *along("upper_lip_inner", (0.0, 0.3, 0.5, 0.7, 1.0)),
        *along("lower_lip_inner", (0.7, 0.5, 0.3)),
        *(surface_of_vertices(triangles, [pole]) for pole in poles),
    ]
    return SurfacePoints(
        np.concatenate([point.triangle for point in points]),
        np.concatenate([point.barycentric for point in points]),
    )


def _front_hits(
    neutral: Array, triangles: NDArray[np.int32], origins: Array, allowed: NDArray[np.bool_]
) -> SurfacePoints:
    """Return what points before the face see behind them."""
    return ray_surface(neutral, triangles, origins, np.array([0.0, 0.0, -1.0]), allowed)[0]


def _jaw(
    neutral: Array, triangles: NDArray[np.int32], face: NDArray[np.bool_]
) -> list[SurfacePoints]:
    """Return the 17 points of the face's outline, from the subject's right ear to the left.

    In 17 directions from the middle of the face: the point of the face, in front of ear and neck,
    that reaches farthest out in the front view, the nearer ones preferred.
    """
    centre = np.array(_JAW_CENTRE_CM) * _CM
    used = np.unique(triangles[face])
    found = []
    for step in range(9):  # from the chin to the left ear
        angle = np.radians(-90.0 + 14.2 * step)
        way = np.array([np.cos(angle), np.sin(angle)])
        least_depth = 0.1 - 0.055 * min(step / 6.0, 1.0)
        arms = neutral[used] - [*centre, 0.0]
        out = arms[:, :2] @ way
        off = np.abs(arms[:, 0] * way[1] - arms[:, 1] * way[0])
        near = (off < 0.006) & (neutral[used, 2] > least_depth) & (out > 0.0)
        bonus = _FRONT_BONUS * max(0.15, 1.0 - step / 4.0)
        best = np.argmax(out[near] + bonus * neutral[used[near], 2])
        place = np.array([*(centre + way * out[near][best]), neutral[used[near][best], 2]])
        found.append(nearest_surface(neutral, triangles, place[None], face)[0])
    mirrored = [mirror_surface(point, neutral, triangles, face) for point in found[:0:-1]]
    return [*mirrored, *found]
