"""A posed head as lines on the image plane: what a hand looks at while it draws."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..rig.camera import Camera
from ..rig.contours import project_curves
from ..rig.face_rig import FaceRig, RigState, pose, rotation_matrix
from ..rig.features import FEATURES
from ..rig.point_basis import PointBasis, gather_basis
from .compiled import compiled
from .folds import Folds
from .sight import Sight, bounds, normals
from .warp import LANDMARK_GROUPS, Warp, group_of

__all__ = ["DrawnCurve", "DrawnFace", "RigLines", "project_face", "warp_face"]

_LANDMARK_ROWS = {
    name: np.flatnonzero(np.array(LANDMARK_GROUPS) == name) for name in sorted(set(LANDMARK_GROUPS))
}
_BINS = 72
_RIM = 0.8
_SMOOTH = 1.0 / (1.0 + (np.arange(_BINS // 2 + 1) / 8.0) ** 6)
"""What a star-shaped outline keeps of each Fourier order: vertices are too sparse for more."""


@dataclass(frozen=True, slots=True, eq=False)
class DrawnCurve:
    """One line: its label class, (N, 2) pixels, (N,) flags of what the head does not hide."""

    label: str
    points: NDArray[np.float64]
    visible: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class DrawnFace:
    """Everything of a face that can be drawn.

    Attributes
    ----------
    curves : curve name → line
    contours : occluding contours
    landmarks : (70, 2) pixels
    landmarks_visible : (70,) bool
    neutral : (70, 2) pixels: the landmarks of the same face without expression
    rotation : (3, 3) head rotation
    unit : interocular distance of the head seen from the front, pixels
    roll : angle of the face's own x axis in the image, radians
    posed, normals : (V, 3) metres, the head turned, and which way its skin looks
    flat : (V, 2) pixels, before any warp
    scale_px : pixels per metre of the drawing
    head : (H, 2) pixels, the vertices that may make the outline of the head
    centre, radii : outline of the head: (2,) pixels, (72,) pixels at equal angles
        (angle 0 to the right of the picture, a quarter turn down)
    """

    curves: dict[str, DrawnCurve]
    contours: tuple[DrawnCurve, ...]
    landmarks: NDArray[np.float64]
    landmarks_visible: NDArray[np.bool_]
    neutral: NDArray[np.float64]
    rotation: NDArray[np.float64]
    unit: float
    roll: float
    posed: NDArray[np.float64]
    normals: NDArray[np.float64]
    flat: NDArray[np.float64]
    scale_px: float
    head: NDArray[np.float64]
    centre: NDArray[np.float64]
    radii: NDArray[np.float64]

    def to_image(self, local: NDArray[np.floating]) -> NDArray[np.float64]:
        """Turn (N, 2) offsets along the face's own axes, in units, into image vectors, pixels."""
        cos, sin = np.cos(self.roll), np.sin(self.roll)
        return np.asarray(local) @ np.array([[cos, sin], [-sin, cos]]) * self.unit

    def radius_at(self, angle: NDArray[np.floating] | float) -> NDArray[np.float64]:
        """Return the outline's radius, pixels, in some directions."""
        at = np.asarray(angle, dtype=np.float64) * (_BINS / (2.0 * np.pi))
        return _around(self.radii, at.reshape(-1)).reshape(at.shape)

    def outline(
        self, start: float = 0.0, stop: float = 2.0 * np.pi, grow: float = 1.0, count: int = 72
    ) -> NDArray[np.float64]:
        """Return (count, 2) points of the head's outline between two angles."""
        angle = start + (stop - start) * _steps(count)
        radius = self.radius_at(angle) * grow
        points = np.empty((count, 2))
        points[:, 0] = self.centre[0] + radius * np.cos(angle)
        points[:, 1] = self.centre[1] + radius * np.sin(angle)
        return points


@dataclass(frozen=True, slots=True, eq=False)
class RigLines:
    """What is the same in all drawings of a rig.

    Attributes
    ----------
    rig : the rig
    head : the skin vertices above the chin that are neither ears nor neck: they make the outline
    landmarks : the landmarks' own share of every mode
    folds : what its contours have in common
    """

    rig: FaceRig
    head: NDArray[np.int64]
    landmarks: PointBasis
    folds: Folds

    @classmethod
    def of(cls, rig: FaceRig) -> RigLines:
        """Collect them."""
        chin = rig.landmarks.interpolate(rig.neutral, rig.triangles)[8, 1]
        skin = rig.vertex_part == 0
        apart = np.isin(rig.contour_feature, [FEATURES.index("ear"), FEATURES.index("other")])
        head = np.flatnonzero(skin & ~apart & (rig.neutral[:, 1] >= chin - 0.004))
        return cls(rig, head, gather_basis(rig, rig.landmarks), Folds.of(rig))


def project_face(lines: RigLines, state: RigState, camera: Camera) -> DrawnFace:
    """Pose a rig and take all its lines through a camera."""
    rig = lines.rig
    vertices = pose(rig, state)
    sight = Sight(vertices, rig.triangles, camera)
    flat, turned = sight.image, normals(vertices, rig.triangles)
    features = project_curves(rig, vertices, camera, grid=sight, normals=turned)
    curves = {line.name: DrawnCurve(line.name, line.points, line.visible) for line in features}
    contours = tuple(
        DrawnCurve(name, points, np.ones(len(points), dtype=np.bool_))
        for name, points in lines.folds.contours(vertices, turned, camera, sight)
    )
    rotation = rotation_matrix(state.rotation)
    surface = rig.landmarks.interpolate(vertices, rig.triangles)
    modes = lines.landmarks.modes[: len(state.identity)]
    shaped = state.identity.astype(np.float32) @ modes.reshape(len(modes), -1)
    rest = lines.landmarks.rest + shaped.reshape(-1, 3)
    face = DrawnFace(
        curves=curves,
        contours=contours,
        landmarks=camera.project(surface),
        landmarks_visible=sight.visible(surface, 0.004),
        neutral=camera.project(rest @ rotation.T),
        rotation=rotation,
        unit=camera.scale_px * rig.interocular_m,
        roll=float(np.arctan2(-rotation[1, 0], np.hypot(rotation[0, 0], rotation[2, 0]))),
        posed=vertices,
        normals=turned,
        flat=flat,
        scale_px=camera.scale_px,
        head=flat[lines.head],
        centre=np.zeros(2),
        radii=np.ones(_BINS),
    )
    return _with_outline(face)


def _with_outline(face: DrawnFace) -> DrawnFace:
    """Find the outline of the head as a star-shaped curve, and the points that may still make it
    when a hand has bent the head a little.
    """
    low, high = bounds(face.head)
    centre = np.array([(low[0] + high[0]) / 2.0, 0.42 * low[1] + 0.58 * high[1]])
    offset = face.head - centre
    turns = np.arctan2(offset[:, 1], offset[:, 0]) * (_BINS / (2.0 * np.pi))
    radii = _farthest(offset, turns, _BINS)
    empty = radii < 0.3 * np.sort(radii)[_BINS // 2]
    if empty.any():
        full = np.flatnonzero(~empty)
        radii = np.interp(np.arange(_BINS), full, radii[full], period=_BINS)
    smooth = np.fft.irfft(np.fft.rfft(radii) * _SMOOTH, _BINS)
    near = (offset * offset).sum(axis=1) > (_RIM * _around(smooth, turns)) ** 2
    return replace(face, centre=centre, radii=smooth, head=face.head[near])


@lru_cache(maxsize=64)
def _steps(count: int) -> NDArray[np.float64]:
    """Return (count,) equal steps from 0 to 1."""
    return np.linspace(0.0, 1.0, count)


@compiled
def _around(ring: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Interpolate a ring's values (B,) at places (N,) counted in its steps, as often as around."""
    count = len(ring)
    values = np.empty(len(places))
    for number in range(len(places)):
        low = math.floor(places[number])
        part = places[number] - low
        first, after = ring[low % count], ring[(low + 1) % count]
        values[number] = first + part * (after - first)
    return values


@compiled
def _farthest(
    offset: NDArray[np.float64], turns: NDArray[np.float64], bins: int
) -> NDArray[np.float64]:
    """Return (bins,) how far points (N, 2) reach in every direction; `turns` are in bins."""
    square = np.zeros(bins)
    for row in range(len(offset)):
        place = math.floor(turns[row] + 0.5) % bins
        away = offset[row, 0] * offset[row, 0] + offset[row, 1] * offset[row, 1]
        square[place] = max(square[place], away)
    return np.sqrt(square)


def warp_face(face: DrawnFace, warp: Warp) -> DrawnFace:
    """Apply a hand's errors of proportion to everything that is drawn or labelled."""
    lines: list[tuple[NDArray[np.float64], dict[str, float]]] = [
        *((curve.points, group_of(name)) for name, curve in face.curves.items()),
        *((curve.points, group_of(curve.label)) for curve in face.contours),
        *((face.landmarks[rows], {name: 1.0}) for name, rows in _LANDMARK_ROWS.items()),
        (face.head, {}),
    ]
    moved = iter(warp.apply_all(lines))
    curves = {
        name: DrawnCurve(curve.label, next(moved), curve.visible)
        for name, curve in face.curves.items()
    }
    contours = tuple(DrawnCurve(curve.label, next(moved), curve.visible) for curve in face.contours)
    landmarks = np.empty_like(face.landmarks)
    for rows in _LANDMARK_ROWS.values():
        landmarks[rows] = next(moved)
    place = np.asarray(warp.parameters["place"])
    growth = float(np.sqrt(abs(np.linalg.det(place[:, :2]))))
    turned = place[:, :2] @ np.array([np.cos(face.roll), np.sin(face.roll)])
    return _with_outline(
        replace(
            face,
            curves=curves,
            contours=contours,
            landmarks=landmarks,
            unit=face.unit * growth,
            roll=float(np.arctan2(turned[1], turned[0])),
            head=next(moved),
            scale_px=face.scale_px * growth,
        )
    )
