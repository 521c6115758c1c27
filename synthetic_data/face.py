"""A posed head as lines on the image plane: what a hand looks at while it draws."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..rig.camera import Camera
from ..rig.contours import line_limits
from ..rig.face_rig import FaceRig, RigState, rotation_matrix
from ..rig.features import FEATURES
from ..rig.point_basis import PointBasis, gather_basis
from ..rig.visibility import DEFAULT_TOLERANCE_M
from .compiled import compiled
from .folds import Folds
from .outline import (
    BINS_PER_RADIAN,
    SMOOTHER,
    directions,
    outlined,
    points_at,
    radii_at,
    radius_at,
)
from .posing import Moves
from .sight import Sight, normals, on_surface
from .warp import Warp, group_of, landmark_runs, shares_of

__all__ = ["DrawnCurve", "DrawnCurves", "DrawnFace", "RigLines", "project_face", "warp_face"]


class DrawnCurve(NamedTuple):
    """One line: its label class, (N, 2) pixels, (N,) flags of what the head does not hide."""

    label: str
    points: NDArray[np.float64]
    visible: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class DrawnCurves(Mapping[str, DrawnCurve]):
    """The feature curves of a face by name; a line is cut out of all points when it is asked for.

    Attributes
    ----------
    spans : name → where the curve begins and ends among the points
    points, visible : (N, 2) pixels and (N,) flags, curve after curve
    """

    spans: dict[str, tuple[int, int]]
    points: NDArray[np.float64]
    visible: NDArray[np.bool_]

    def __getitem__(self, name: str) -> DrawnCurve:
        start, end = self.spans[name]
        return DrawnCurve(name, self.points[start:end], self.visible[start:end])

    def lines(self) -> dict[str, NDArray[np.float64]]:
        """Return all of them, name → (N, 2) pixels."""
        return {name: self.points[start:end] for name, (start, end) in self.spans.items()}

    def __iter__(self) -> Iterator[str]:
        return iter(self.spans)

    def __len__(self) -> int:
        return len(self.spans)


@dataclass(frozen=True, slots=True, eq=False)
class DrawnFace:
    """Everything of a face that can be drawn.

    Attributes
    ----------
    lines : what is the same in all drawings of the rig
    fixed : (N, 2) pixels, the points of all curves, then the landmarks, as `lines` lists them
    curves : curve name → line
    contours : what can be seen of occluding contours
    landmarks_visible : (70,) bool
    neutral : (70, 2) pixels: the landmarks of the same face without expression
    rotation : (3, 3) head rotation
    unit : interocular distance of the head seen from the front, pixels
    roll : angle of the face's own x axis in the image, radians
    posed, normals : (V, 3) metres, the head turned, and which way its skin looks
    flat : (V, 2) pixels, before any warp
    camera : how the head was seen, before any warp
    scale_px : pixels per metre of the drawing
    head : (H, 2) pixels, the vertices that may make the outline of the head
    centre, radii : outline of the head: (2,) pixels, (72,) pixels at equal angles
        (angle 0 to the right of the picture, a quarter turn down)
    """

    lines: RigLines
    fixed: NDArray[np.float64]
    curves: DrawnCurves
    contours: tuple[DrawnCurve, ...]
    landmarks_visible: NDArray[np.bool_]
    neutral: NDArray[np.float64]
    rotation: NDArray[np.float64]
    unit: float
    roll: float
    posed: NDArray[np.float64]
    normals: NDArray[np.float64]
    flat: NDArray[np.float64]
    camera: Camera
    scale_px: float
    head: NDArray[np.float64]
    centre: NDArray[np.float64]
    radii: NDArray[np.float64]

    @property
    def landmarks(self) -> NDArray[np.float64]:
        """The landmarks, (70, 2) pixels."""
        return self.fixed[-len(self.landmarks_visible) :]

    def to_image(self, local: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn (N, 2) offsets along the face's own axes, in units, into image vectors, pixels."""
        return _laid(local, math.cos(self.roll), math.sin(self.roll), self.unit)

    def way(self, across: float, down: float) -> NDArray[np.float64]:
        """Turn one offset along the face's own axes, in units, into an image vector, pixels."""
        cos, sin = math.cos(self.roll), math.sin(self.roll)
        x, y = across * cos - down * sin, across * sin + down * cos
        return np.array([x * self.unit, y * self.unit])

    def radius_at(self, angle: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the outline's radius, pixels, in (N,) directions."""
        return radii_at(self.radii, angle * BINS_PER_RADIAN)

    def radius_towards(self, angle: float) -> float:
        """Return the outline's radius, pixels, in one direction."""
        return float(radius_at(self.radii, angle * BINS_PER_RADIAN))

    def outline(
        self, start: float = 0.0, stop: float = 2.0 * np.pi, grow: float = 1.0, count: int = 72
    ) -> NDArray[np.float64]:
        """Return (count, 2) points of the head's outline between two angles."""
        at, cos, sin = directions(start, stop, count)
        return points_at(self.radii, self.centre, at, cos, sin, grow)


@dataclass(frozen=True, slots=True, eq=False)
class RigLines:
    """What is the same in all drawings of a rig.

    Attributes
    ----------
    rig : the rig
    head : the skin vertices above the chin that are neither ears nor neck: they make the outline
    landmarks : the landmarks' own share of every mode
    builds : (K, 70 x 3) metres, their share of the identity modes, mode by mode
    folds : what its contours have in common
    moves : its modes
    corners, shares : (N, 3) points of all curves, then the landmarks: vertices, and their weights
    limits : (N, 2) how far behind the surface each may lie, metres, and how far it may face away
    spans : where each curve begins and ends among them
    follows, runs : (L, G) how much each line follows the groups of a hand's errors (see
        `warp.shares_of`), (L,) where the lines end: curves, then landmarks of one group
    """

    rig: FaceRig
    head: NDArray[np.int64]
    landmarks: PointBasis
    builds: NDArray[np.float32]
    folds: Folds
    moves: Moves
    corners: NDArray[np.int32]
    shares: NDArray[np.float64]
    limits: NDArray[np.float64]
    spans: dict[str, tuple[int, int]]
    follows: NDArray[np.float64]
    runs: NDArray[np.int64]

    @classmethod
    def of(cls, rig: FaceRig) -> RigLines:
        """Collect them."""
        chin = rig.landmarks.interpolate(rig.neutral, rig.triangles)[8, 1]
        skin = rig.vertex_part == 0
        apart = np.isin(rig.contour_feature, [FEATURES.index("ear"), FEATURES.index("other")])
        head = np.flatnonzero(skin & ~apart & (rig.neutral[:, 1] >= chin - 0.004))
        surfaces = [*(curve.points for curve in rig.curves.values()), rig.landmarks]
        limits = [*map(line_limits, rig.curves), (_LANDMARK_TOLERANCE_M, -1.0)]
        counts = [len(surface) for surface in surfaces]
        marks = landmark_runs()
        follows = [
            *(group_of(name) for name in rig.curves), *({name: 1.0} for name, _ in marks),
        ]  # fmt: skip
        runs = [*counts[:-1], *(count for _, count in marks)]
        landmarks, modes = gather_basis(rig, rig.landmarks), len(rig.identity)
        return cls(
            rig,
            head,
            landmarks,
            landmarks.modes[:modes].reshape(modes, 3 * len(rig.landmarks)),
            Folds.of(rig),
            Moves.of(rig),
            np.concatenate([surface.corners(rig.triangles) for surface in surfaces]),
            np.concatenate([surface.barycentric for surface in surfaces]).astype(np.float64),
            np.repeat(np.array(limits), counts, axis=0),
            dict(zip(rig.curves, pairwise([0, *np.cumsum(counts).tolist()]), strict=False)),
            np.array([shares_of(groups) for groups in follows]),
            np.cumsum(runs),
        )


_LANDMARK_TOLERANCE_M = 0.004
_SEEN = np.ones(1 << 14, dtype=np.bool_)


def project_face(lines: RigLines, state: RigState, camera: Camera) -> DrawnFace:
    """Pose a rig and take all its lines through a camera."""
    rig = lines.rig
    rotation = rotation_matrix(state.rotation)
    vertices = lines.moves.pose(state, rotation)
    sight, turned = Sight(vertices, rig.triangles, camera), normals(vertices, rig.triangles)
    traced = lines.folds.trace(vertices, turned, camera)
    fixed, facing = on_surface(
        lines.corners, lines.shares, vertices, turned, camera.inverse_distance
    )
    count = len(fixed)
    points, tolerances, asked = _asked(
        fixed, lines.limits, traced.lifted, traced.slope, DEFAULT_TOLERANCE_M
    )
    image, seen = sight.visible_of(points, tolerances, asked)
    pieces = lines.folds.pieces(traced, seen[count:], sight.project(traced.points), camera)
    contours = tuple([DrawnCurve(name, points, _SEEN[: len(points)]) for name, points in pieces])
    image, seen = image[:count], seen[:count]
    curves = DrawnCurves(lines.spans, image, seen & (facing > lines.limits[:, 1]))
    shaped = state.identity.astype(np.float32) @ lines.builds
    rest = lines.landmarks.rest + shaped.reshape(-1, 3)
    centre, radii, head = outlined(sight.image.take(lines.head, axis=0), SMOOTHER)
    return DrawnFace(
        lines=lines,
        fixed=image,
        curves=curves,
        contours=contours,
        landmarks_visible=seen[-len(lines.landmarks.rest) :],
        neutral=sight.project(rest @ rotation.T),
        rotation=rotation,
        unit=camera.scale_px * rig.interocular_m,
        roll=math.atan2(-rotation[1, 0], math.hypot(rotation[0, 0], rotation[2, 0])),
        posed=vertices,
        normals=turned,
        flat=sight.image,
        camera=camera,
        scale_px=camera.scale_px,
        head=head,
        centre=centre,
        radii=radii,
    )


@compiled
def _asked(
    fixed: NDArray[np.float64],
    limits: NDArray[np.float64],
    lifted: NDArray[np.float64],
    slope: NDArray[np.float64],
    tolerance_m: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Return all points (N + M, 3) that may be seen, how far behind the surface, and which to ask.

    Parameters
    ----------
    fixed, limits : (N, 3), and (N, 2) as in `RigLines`
    lifted, slope : (M, 3), (M,) nodes of contours; in hollows they are never seen
    """
    count, nodes = len(fixed), len(lifted)
    points, tolerances = np.empty((count + nodes, 3)), np.empty(count + nodes)
    asked = np.ones(count + nodes, dtype=np.bool_)
    points[:count], points[count:] = fixed, lifted
    tolerances[:count], tolerances[count:] = limits[:, 0], tolerance_m
    for node in range(nodes):
        asked[count + node] = slope[node] > 0.0
    return points, tolerances, asked


@compiled
def _laid(local: NDArray[np.float64], cos: float, sin: float, unit: float) -> NDArray[np.float64]:
    """Turn vectors (N, 2), and scale them."""
    laid = np.empty((len(local), 2))
    for number in range(len(local)):
        across, down = local[number, 0], local[number, 1]
        laid[number, 0] = (across * cos - down * sin) * unit
        laid[number, 1] = (across * sin + down * cos) * unit
    return laid


_SHARES = np.array([*(shares_of(group_of(name)) for name in FEATURES), shares_of({})])
_SHARES_ROW = {name: row for row, name in enumerate(FEATURES)}
"""How contours follow the groups of a hand's errors; the last row follows none."""


def warp_face(face: DrawnFace, warp: Warp) -> DrawnFace:
    """Apply a hand's errors of proportion to everything that is drawn or labelled."""
    lines, contours = face.lines, face.contours
    ends = [*accumulate((len(curve.points) for curve in contours), initial=len(face.fixed))]
    follows = _SHARES.take([*(_SHARES_ROW[curve.label] for curve in contours), -1], axis=0)
    moved = warp.apply_runs(
        np.concatenate([face.fixed, *(curve.points for curve in contours), face.head]),
        np.concatenate([lines.follows, follows]),
        np.concatenate([lines.runs, [*ends[1:], ends[-1] + len(face.head)]]),
    )
    placed = [
        DrawnCurve(curve.label, moved[start:end], curve.visible)
        for curve, (start, end) in zip(contours, pairwise(ends), strict=True)
    ]
    (xx, xy, _), (yx, yy, _) = warp.parameters["place"]
    growth = math.sqrt(abs(xx * yy - xy * yx))
    cos, sin = math.cos(face.roll), math.sin(face.roll)
    centre, radii, head = outlined(moved[ends[-1] :], SMOOTHER)
    return DrawnFace(  # `dataclasses.replace` takes longer than all the rest
        lines=lines,
        fixed=moved[: len(face.fixed)],
        curves=DrawnCurves(face.curves.spans, moved, face.curves.visible),
        contours=tuple(placed),
        landmarks_visible=face.landmarks_visible,
        neutral=face.neutral,
        rotation=face.rotation,
        unit=face.unit * growth,
        roll=math.atan2(yx * cos + yy * sin, xx * cos + xy * sin),
        posed=face.posed,
        normals=face.normals,
        flat=face.flat,
        camera=face.camera,
        scale_px=face.scale_px * growth,
        head=head,
        centre=centre,
        radii=radii,
    )
