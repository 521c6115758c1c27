"""From where lines should go in the picture to where the surface should go: handles."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..rig.camera import Camera
from ..rig.contours import FeatureCurve
from ..rig.face_rig import FaceRig, RigState, SurfacePoints
from ..rig.features import feature_of
from .brows import brow_way
from .came_to import CameTo
from .nearest import nearest_points

__all__ = [
    "Handles",
    "brow_handles",
    "shut_lid_handles",
    "snake_handles",
    "still_lids",
    "trust",
]

_TRUST = {
    "upper_lid": 0.9,  # drawn thick, with lashes: the ink's middle lies above the lid's edge
    "lower_lid": 0.95,  # or bags, or lashes
    "upper_lip_inner": 0.9,  # one stroke stands for both lips' edges
    "lower_lip_inner": 0.9,
    "nose_bridge": 0.8,  # the ridge is told by a line beside it, on either side
}
_MOST_TRUST = 0.92  # hands wobble, and labels are not always right
"""How much of the way to its ink the skin goes: what a line of a feature says of the skin."""

_SHUT = 0.6
_LOWER_SHARE = 0.75  # shut lids meet low: the upper one does most of the way
_SHUT_FIRMNESS = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Handles:
    """Surface points that are to move.

    Attributes
    ----------
    surface : N points on the mesh
    offset : (N, 3) metres, in the frame of the camera
    weight : (N,) how firmly they are held
    share : (N,) in [0, 1], how much of the whole way from the parametric head they go
    """

    surface: SurfacePoints
    offset: NDArray[np.float64]
    weight: NDArray[np.float64]
    share: NDArray[np.float64]

    @classmethod
    def none(cls) -> Handles:
        """Return no handles."""
        nothing = SurfacePoints(np.zeros(0, np.int32), np.zeros((0, 3), np.float32))
        return cls(nothing, np.zeros((0, 3)), np.zeros(0), np.zeros(0))

    @classmethod
    def join(cls, parts: Sequence[Handles]) -> Handles:
        """Put handles after each other."""
        if not parts:
            return cls.none()
        return cls(
            SurfacePoints.join([part.surface for part in parts]),
            np.concatenate([part.offset for part in parts]),
            np.concatenate([part.weight for part in parts]),
            np.concatenate([part.share for part in parts]),
        )

    @classmethod
    def in_plane(
        cls,
        surface: SurfacePoints,
        way_px: NDArray[np.float64],
        weight: NDArray[np.float64],
        points: NDArray[np.float64],
        camera: Camera,
        share: float | NDArray[np.float64],
    ) -> Handles:
        """Turn ways in the picture (N, 2) into offsets in its plane, at the points' own depth."""
        scale = camera.scale_px / (1.0 - points[:, 2] * camera.inverse_distance)
        way = way_px / scale[:, None]
        offset = np.column_stack([way[:, 0], -way[:, 1], np.zeros(len(way))])
        return cls(surface, offset, weight, np.full(len(way), share, dtype=np.float64))


def snake_handles(
    rig: FaceRig,
    came_to: CameTo,
    vertices: NDArray[np.float64],
    camera: Camera,
    min_evidence: float,
    weight: float,
) -> Handles:
    """Turn the snakes' ways into handles: only as far as they run across their curves.

    Parameters
    ----------
    came_to : the lines and their snakes
    vertices : (V, 3) metres, turned as the camera sees them
    min_evidence : points with less ink near their end are no handles
    weight : of a point with full evidence
    """
    if not came_to.curves:
        return Handles.none()
    curves, results = came_to.curves, came_to.results
    held = np.concatenate(
        [result.evidence * curve.visible for curve, result in zip(curves, results, strict=True)]
    )
    keep = held >= min_evidence
    surface = SurfacePoints.join([curve.surface for curve in curves])[keep]
    points = surface.interpolate(vertices, rig.triangles)
    way = np.concatenate(
        [_across(curve, each.displacement) for curve, each in zip(curves, results, strict=True)]
    )
    share = np.repeat([trust(curve.name) for curve in curves], [len(c.points) for c in curves])
    firm = weight * np.sqrt(held[keep])
    return Handles.in_plane(surface, way[keep], firm, points, camera, share[keep])


def trust(curve: str) -> float:
    """Return how much of the way to its ink a curve's skin goes."""
    return _TRUST.get(feature_of(curve), _MOST_TRUST)


def _across(curve: FeatureCurve, way: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the part of the ways (N, 2) that runs across the curve.

    Where along a line a point should lie, the drawing does not say; carrying it along would only
    shear the skin.
    """
    tangent = _along(curve.points, curve.is_closed)
    tangent /= np.maximum(np.hypot(tangent[:, 0], tangent[:, 1]), 1e-9)[:, None]
    along: NDArray[np.float64] = way[:, 0] * tangent[:, 0]
    along += way[:, 1] * tangent[:, 1]
    return way - along[:, None] * tangent


def _along(points: NDArray[np.float64], is_closed: bool) -> NDArray[np.float64]:
    """Return (N, 2) from each point's neighbour before to the one after, of any length."""
    along = np.empty_like(points)
    along[1:-1] = points[2:] - points[:-2]
    if is_closed:
        along[0], along[-1] = points[1] - points[-1], points[0] - points[-2]
    else:
        along[0], along[-1] = points[1] - points[0], points[-1] - points[-2]
    return along


def brow_handles(
    rig: FaceRig,
    curves: Sequence[FeatureCurve],
    drawn: NDArray[np.float64],
    vertices: NDArray[np.float64],
    parametric: NDArray[np.float64],
    camera: Camera,
    iod_px: float,
    weight: float,
) -> Handles:
    """Return handles that carry each brow as a whole to its drawn one.

    Parameters
    ----------
    drawn : (P, 2) pixels, all drawn points of brows; each goes to the nearer one
    vertices, parametric : (V, 3) metres, the head as it is and as it was before any correction,
        turned as the camera sees them
    """
    by_name = {curve.name: curve for curve in curves}
    pairs = [
        (by_name[f"brow_upper_{side}"], by_name[f"brow_lower_{side}"])
        for side in "LR"
        if f"brow_upper_{side}" in by_name and f"brow_lower_{side}" in by_name
    ]
    if not pairs or len(drawn) == 0:
        return Handles.none()
    lines = [np.concatenate([edge.points for edge in pair]) for pair in pairs]
    nearest = np.argmin([nearest_points(drawn, line)[0] for line in lines], axis=0)
    parts = []
    for row, (upper, lower) in enumerate(pairs):
        now, own = (_thickness(rig, upper, lower, head) for head in (vertices, parametric))
        mine = drawn[nearest == row]
        way = brow_way(upper.points, lower.points, mine, iod_px, thickened=now / own)
        if way is None:
            continue
        for edge, moved in ((upper, way.upper), (lower, way.lower)):
            points = edge.surface.interpolate(vertices, rig.triangles)
            firm = weight * way.evidence * edge.visible
            share = trust(edge.name)
            parts.append(Handles.in_plane(edge.surface, moved, firm, points, camera, share))
    return Handles.join(parts)


def _thickness(
    rig: FaceRig, upper: FeatureCurve, lower: FeatureCurve, vertices: NDArray[np.float64]
) -> float:
    """Return how far apart the middles of a brow's edges lie on a head (V, 3), metres."""
    above, below = (
        edge.surface.interpolate(vertices, rig.triangles).mean(axis=0) for edge in (upper, lower)
    )
    return max(float(np.linalg.norm(above - below)), 1e-6)


def still_lids(rig: FaceRig, state: RigState) -> frozenset[str]:
    """Return the lids of eyes that are shut: one drawn line must not pull them open again."""
    rows = {name: row for row, name in enumerate(rig.shape_names)}
    shut = [
        side
        for side, name in (("L", "eyeBlinkLeft"), ("R", "eyeBlinkRight"))
        if state.weights[rows[name]] > _SHUT
    ]
    return frozenset(f"{lid}_{side}" for lid in ("upper_lid", "lower_lid") for side in shut)


def shut_lid_handles(
    rig: FaceRig, vertices: NDArray[np.float64], still: frozenset[str], weight: float
) -> Handles:
    """Return handles that bring the lids of shut eyes together.

    Blink shapes close the mean head's eyes; with large eyes or strange lids a slit stays open.
    """
    parts = []
    for side in "LR":
        if f"upper_lid_{side}" not in still:
            continue
        upper, lower = (rig.curves[f"{lid}_{side}"].points for lid in ("upper_lid", "lower_lid"))
        above, below = (lid.interpolate(vertices, rig.triangles) for lid in (upper, lower))
        # the same share of the way from corner to corner meets
        there = np.linspace(0.0, 1.0, len(above))
        here = np.linspace(0.0, 1.0, len(below))
        facing = np.stack([np.interp(there, here, below[:, axis]) for axis in range(3)], axis=1)
        back = np.stack([np.interp(here, there, above[:, axis]) for axis in range(3)], axis=1)
        for lid, way in (
            (upper, _LOWER_SHARE * (facing - above)),
            (lower, (1.0 - _LOWER_SHARE) * (back - below)),
        ):
            firm = np.full(len(lid), _SHUT_FIRMNESS * weight)
            parts.append(Handles(lid, way, firm, np.ones(len(lid))))
    return Handles.join(parts)
