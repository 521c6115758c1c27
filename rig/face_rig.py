"""What a face rig is: one head with its expressions, identities, landmarks and curves.

A rig is data, not code. `load_rig` reads and checks one npz (schema `limner.rig/1`); `pose` turns
a `RigState` into vertices. Core space: metres, right-handed, +Y up, the face looks along +Z,
the subject's left is +X.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import require_shape
from .arkit import ARKIT_NAMES, RIG_SHAPE_NAMES

__all__ = [
    "FaceRig",
    "RigState",
    "SurfaceCurve",
    "SurfacePoints",
    "pose",
    "rotation_matrix",
    "rotation_vector",
    "unposed",
]

PART_NAMES = ("skin", "eye_L", "eye_R", "teeth_upper", "teeth_lower", "tongue", "lashes")


@dataclass(frozen=True, slots=True, eq=False)
class SurfacePoints:
    """Points that ride on the surface.

    Attributes
    ----------
    triangle : (N,) int32
        Row of `FaceRig.triangles`.
    barycentric : (N, 3) float32
        Weights of the triangle's three vertices; each row sums to 1.
    """

    triangle: NDArray[np.int32]
    barycentric: NDArray[np.float32]

    def __post_init__(self) -> None:
        require_shape("triangle", self.triangle, ("N",), "Give one triangle a point.")
        hint = "Give three weights a point."
        require_shape("barycentric", self.barycentric, (len(self.triangle), 3), hint)

    def __len__(self) -> int:
        return len(self.triangle)

    def __getitem__(self, rows: slice | list[int] | NDArray[Any]) -> SurfacePoints:
        return SurfacePoints(self.triangle[rows], self.barycentric[rows])

    @classmethod
    def join(cls, parts: Sequence[SurfacePoints]) -> SurfacePoints:
        """Put points after each other; of one part at least."""
        return cls(
            np.concatenate([part.triangle for part in parts]),
            np.concatenate([part.barycentric for part in parts]),
        )

    def corners(self, triangles: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the (N, 3) vertex indices that carry each point."""
        return triangles.take(self.triangle, axis=0)

    def interpolate(
        self, values: NDArray[np.floating], triangles: NDArray[np.int32]
    ) -> NDArray[np.float64]:
        """Interpolate per-vertex values (V, D) to the points, (N, D)."""
        corners = self.corners(triangles)
        shares = self.barycentric.astype(np.float64)
        return np.einsum("nc,ncd->nd", shares, values.take(corners, axis=0))


@dataclass(frozen=True, slots=True, eq=False)
class SurfaceCurve:
    """A feature line fixed on the surface, from the inner (or right) to the outer (or left) end."""

    points: SurfacePoints
    is_closed: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class FaceRig:
    """A head that can take any identity and expression of its kind.

    Attributes
    ----------
    name, licence, source : str
    neutral : (V, 3) float32, metres
    polygons : (Q, 4) int32
        Corner vertices, counter-clockwise from outside; -1 in the last place of a triangle.
    triangles : (F, 3) int32
        The polygons cut into fans, in order.
    vertex_part : (V,) uint8
        Index into `PART_NAMES`.
    blendshapes : (B, V, 3) float32, metres
        Displacement of each of `RIG_SHAPE_NAMES` at weight 1 (zero where the rig has none).
    identity_names : K names
    identity : (K, V, 3) float32, metres
        Displacement of each identity mode at coefficient 1, one standard deviation.
    au_table : AU label → {rig shape name: weight at intensity 1}
        AUs that the rig cannot show are missing here and listed in `unsupported_aus`.
    landmarks : 70 surface points, in the order of `features.LANDMARK_NAMES`
    curves : curve name → surface curve
        Names from `features.CURVE_NAMES`.
    left : (V,) float32
        1 on the subject's left, 0 on the right, smooth across the middle.
    eye_centres : (2, 3) float32, metres
        Centres of rotation, left then right, of the neutral head.
    pivot : (3,) float32, metres
        The point the head turns about, and the camera's origin.
    contour_feature : (V,) uint8
        Index into `features.FEATURES`: what an occluding contour is when it runs through here
        (`jaw` on cheeks and jaw, `ear`, `nose_bridge`, `nose_tip`, `hair` on the cranium, …).
    """

    name: str
    licence: str
    source: str
    neutral: NDArray[np.float32]
    polygons: NDArray[np.int32]
    triangles: NDArray[np.int32]
    vertex_part: NDArray[np.uint8]
    blendshapes: NDArray[np.float32]
    identity_names: tuple[str, ...]
    identity: NDArray[np.float32]
    au_table: dict[str, dict[str, float]]
    unsupported_aus: tuple[str, ...]
    landmarks: SurfacePoints
    curves: dict[str, SurfaceCurve]
    left: NDArray[np.float32]
    eye_centres: NDArray[np.float32]
    pivot: NDArray[np.float32]
    contour_feature: NDArray[np.uint8]
    shape_names: tuple[str, ...] = field(default=RIG_SHAPE_NAMES)

    def __post_init__(self) -> None:
        vertices = len(self.neutral)
        require_shape("neutral", self.neutral, ("V", 3), "Give one position a vertex.")
        require_shape("polygons", self.polygons, ("Q", 4), "Pad triangles with -1.")
        require_shape("triangles", self.triangles, ("F", 3), "Cut the polygons into triangles.")
        require_shape("vertex_part", self.vertex_part, (vertices,), "Give one part a vertex.")
        shape = (len(self.shape_names), vertices, 3)
        require_shape("blendshapes", self.blendshapes, shape, "Store all 53 shapes in order.")
        shape = (len(self.identity_names), vertices, 3)
        require_shape("identity", self.identity, shape, "Give one displacement a mode.")
        require_shape("left", self.left, (vertices,), "Give one weight a vertex.")
        require_shape("eye_centres", self.eye_centres, (2, 3), "Left, then right.")
        require_shape("pivot", self.pivot, (3,), "Give one point.")
        hint = "Give one feature index a vertex."
        require_shape("contour_feature", self.contour_feature, (vertices,), hint)

    @property
    def interocular_m(self) -> float:
        """Distance between the eye centres of the neutral head, metres."""
        return _interocular_m(self)

    def weights_from_aus(self, aus: dict[str, float]) -> NDArray[np.float64]:
        """Turn AU intensities ({"AU12L": 0.7}) into (B,) weights, summed and clipped to [0, 1]."""
        weights = np.zeros(len(self.shape_names))
        rows = _rows(self.shape_names)
        for label, intensity in aus.items():
            for shape, weight in self.au_table.get(label, {}).items():
                weights[rows[shape]] += intensity * weight
        return np.minimum(np.maximum(weights, 0.0), 1.0)  # np.clip takes long for so few

    def arkit_weights(self, weights: NDArray[np.float64]) -> dict[str, float]:
        """Join the rig's (B,) weights into the 52 ARKit ones; `browInnerUp` is its sides' mean."""
        named = dict(zip(self.shape_names, map(float, weights), strict=True))
        named["browInnerUp"] = (named.pop("browInnerUpLeft") + named.pop("browInnerUpRight")) / 2.0
        return {name: named[name] for name in ARKIT_NAMES}

    def arkit_shapes(self) -> NDArray[np.float32]:
        """Return the (52, V, 3) ARKit displacements in the order of `ARKIT_NAMES`."""
        rows = {name: row for row, name in enumerate(self.shape_names)}
        inner = (
            self.blendshapes[rows["browInnerUpLeft"]] + self.blendshapes[rows["browInnerUpRight"]]
        )
        return np.stack(
            [
                inner if name == "browInnerUp" else self.blendshapes[rows[name]]
                for name in ARKIT_NAMES
            ]
        )


@lru_cache(maxsize=16)
def _rows(names: tuple[str, ...]) -> dict[str, int]:
    """Return the row of each name."""
    return {name: row for row, name in enumerate(names)}


@dataclass(frozen=True, slots=True, eq=False)
class RigState:
    """One face: its expression, identity and head pose.

    Attributes
    ----------
    weights : (B,) float64, in [0, 1]
        Blendshape weights in the order of `FaceRig.shape_names`.
    identity : (K,) float64, standard deviations
    rotation : (3,) float64, radians
        Rotation vector of the head about the rig's pivot; +Y turns the face to the subject's left.
    """

    weights: NDArray[np.float64]
    identity: NDArray[np.float64]
    rotation: NDArray[np.float64]

    @classmethod
    def neutral(cls, rig: FaceRig) -> RigState:
        """Return the state of the rig at rest, seen from the front."""
        return cls(np.zeros(len(rig.shape_names)), np.zeros(len(rig.identity_names)), np.zeros(3))


def rotation_matrix(rotation: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the (3, 3) matrix of a rotation vector in radians (Rodrigues' formula)."""
    angle = math.sqrt(rotation @ rotation)
    x, y, z = rotation.tolist()
    skew = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    if angle < 1e-8:
        return _IDENTITY + skew
    a, b = np.sin(angle) / angle, (1.0 - np.cos(angle)) / angle**2
    return np.asarray(_IDENTITY + a * skew + b * (skew @ skew))


_IDENTITY = np.eye(3)


def rotation_vector(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rotation vector, radians, of a (3, 3) rotation matrix (angle below π)."""
    axis = np.array(
        [
            matrix[2, 1] - matrix[1, 2],
            matrix[0, 2] - matrix[2, 0],
            matrix[1, 0] - matrix[0, 1],
        ]
    )
    sine, cosine = np.linalg.norm(axis) / 2.0, (np.trace(matrix) - 1.0) / 2.0
    if sine < 1e-9:
        return axis / 2.0
    return axis / (2.0 * sine) * np.arctan2(sine, cosine)


def unposed(rig: FaceRig, state: RigState) -> NDArray[np.float64]:
    """Return (V, 3) metres: identity and expression, in the rig's own frame, without head pose."""
    vertices = rig.neutral.astype(np.float64)
    for modes, amounts in ((rig.identity, state.identity), (rig.blendshapes, state.weights)):
        used = np.flatnonzero(amounts)
        chosen = modes if len(used) == len(modes) else modes[used]
        # in float32: ten times faster than widening the modes first, and off by some nanometres
        moved = amounts[used].astype(np.float32) @ chosen.reshape(len(used), vertices.size)
        vertices += moved.reshape(vertices.shape)
    return vertices


def pose(rig: FaceRig, state: RigState) -> NDArray[np.float64]:
    """Return the (V, 3) posed vertices, metres, with the rig's pivot at the origin."""
    return (unposed(rig, state) - rig.pivot) @ rotation_matrix(state.rotation).T


@lru_cache(maxsize=8)
def _interocular_m(rig: FaceRig) -> float:
    """Return the distance between a rig's eye centres; a drawing asks for it three times."""
    return float(np.linalg.norm(rig.eye_centres[0] - rig.eye_centres[1]))
