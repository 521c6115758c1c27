"""Eyeballs of somebody's own head: which loose pieces they are, how they turn, where their iris is.

An eyeball is a loose piece that is nearly a sphere and lies where the lids are. Where there is
none, limner's own is put behind the lids.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .eyeball import eye_pose, fit_sphere
from .eyes import eye_rotations
from .face_rig import PART_NAMES, FaceRig, SurfaceCurve, SurfacePoints, rotation_matrix
from .source_head import SourceHead
from .surface import nearest_surface, ray_surface

__all__ = ["Ball", "ball_of", "expected_balls", "find_ball", "iris_on", "own_ball", "turned"]

Array = NDArray[np.float64]

_AWAY_IOD, _LEAST_IOD, _MOST_IOD = 0.4, 0.08, 0.7
_UNEVEN = 0.12
"""A sphere's points may lie this share of the radius off: corneas bulge."""
_STILL = 0.02
"""A gaze that moves a ball by less than this share of its radius does not turn it."""


@dataclass(frozen=True, slots=True, eq=False)
class Ball:
    """A sphere in the head: centre (3,) and radius, metres."""

    centre: Array
    radius: float


def expected_balls(template: FaceRig, lids: dict[str, tuple[Array, Array]]) -> list[Ball]:
    """Return where eyeballs must be, left and right, told from where the lids came to lie.

    Parameters
    ----------
    lids : side → (N, 3) points of both lids' lines on our head, and on the other
    """
    balls = []
    for eye, side in enumerate("LR"):
        ours, theirs = lids[side]
        centre = template.eye_centres[eye].astype(np.float64)
        pose = eye_pose(template.neutral, template, side)
        assert pose is not None, "limner's head has eyes"
        size = float(np.ptp(theirs[:, 0]) / np.ptp(ours[:, 0]))
        back = ours.mean(axis=0) - centre
        balls.append(Ball(theirs.mean(axis=0) - size * back, size * pose.radius_m))
    return balls


def find_ball(
    head: SourceHead, piece: NDArray[np.int32], skin: int, expected: Ball, iod: float
) -> int | None:
    """Return the number of the loose piece that is an eyeball; None if there is none.

    Of several layers (sclera, cornea, a wet film) it is the outermost that hides the others.

    Parameters
    ----------
    piece : (V,) number of each vertex's piece; `skin` is the face's
    """
    best, largest = None, 0.0
    for number in np.unique(piece):
        rows = np.flatnonzero(piece == number)
        if number == skin or len(rows) < 12:
            continue
        points = head.vertices[rows]
        centre, radius = fit_sphere(points)
        off = np.abs(np.linalg.norm(points - centre, axis=1) - radius)
        spread = float(np.ptp(points, axis=0).max())
        is_ball = np.sqrt(np.square(off).mean()) < _UNEVEN * radius and spread > radius
        is_there = np.linalg.norm(centre - expected.centre) < _AWAY_IOD * iod
        if (
            is_ball
            and is_there
            and _LEAST_IOD * iod < radius < _MOST_IOD * iod
            and spread > largest
        ):
            best, largest = int(number), spread
    return best


def ball_of(points: Array) -> Ball:
    """Return the sphere through the back of an eyeball, where no cornea bulges."""
    centre, radius = fit_sphere(points)
    back = points[points[:, 2] < centre[2] + 0.5 * radius]
    if len(back) >= 12 and np.ptp(back[:, 2]) > 0.5 * radius:
        centre, radius = fit_sphere(back)
    return Ball(centre, radius)


def own_ball(template: FaceRig, side: str, ball: Ball) -> tuple[Array, NDArray[np.int32]]:
    """Return limner's own eyeball for a place: (V, 3) vertices and (Q, 4) polygons."""
    rows = template.vertex_part == PART_NAMES.index(f"eye_{side}")
    pose = eye_pose(template.neutral, template, side)
    assert pose is not None, "limner's head has eyes"
    size = ball.radius / pose.radius_m
    eye = template.eye_centres["LR".index(side)]
    polygons = template.polygons[rows[template.polygons[:, 0]]]
    renumber = np.append(np.cumsum(rows) - 1, -1).astype(np.int32)
    return ball.centre + size * (template.neutral[rows] - eye), renumber[polygons]


def turned(
    template: FaceRig, shapes: dict[str, Array], points: Array, ball: Ball, side: str
) -> dict[str, Array]:
    """Return the gaze shapes of an eyeball's (N, 3) points: its own, or a turn like our head's.

    Bones turn the eyes of many heads, and their shapes leave the balls at rest.

    Parameters
    ----------
    shapes : name → (N, 3) what the head's own shapes do to the ball
    """
    word, eye = {"L": "Left", "R": "Right"}[side], "LR".index(side)
    found = {}
    for look in ("Up", "Down", "In", "Out"):
        name = f"eyeLook{look}{word}"
        given = shapes.get(name)
        if given is not None and np.linalg.norm(given, axis=1).max() > _STILL * ball.radius:
            found[name] = given
            continue
        weights = np.array([float(shape == name) for shape in template.shape_names])
        turn = rotation_matrix(eye_rotations(template, weights)[eye])
        found[name] = (points - ball.centre) @ (turn.T - np.eye(3))
    return found


def iris_on(
    template: FaceRig,
    vertices: Array,
    triangles: NDArray[np.int32],
    is_eye: NDArray[np.bool_],
    ball: Ball,
    side: str,
) -> tuple[SurfaceCurve, SurfacePoints]:
    """Return the iris' rim on an eyeball, and its centre.

    As large on the ball as our head's; about the cornea, or straight ahead where none bulges.

    Parameters
    ----------
    is_eye : (F,) flags of the ball's triangles
    """
    pose = eye_pose(template.neutral, template, side)
    assert pose is not None, "limner's head has eyes"
    axis = _axis(vertices[np.unique(triangles[is_eye])], ball)
    outward = np.array([1.0 if side == "L" else -1.0, 0.0, 0.0])
    outward -= (outward @ axis) * axis
    outward /= np.linalg.norm(outward)
    up = np.cross(axis, outward) * (1.0 if side == "L" else -1.0)
    count = len(template.curves[f"iris_{side}"].points)
    turn = np.linspace(0.0, 2.0 * np.pi, count, endpoint=False)[:, None]
    rim = np.sin(turn) * up - np.cos(turn) * outward
    ways = np.cos(pose.iris_angle) * axis + np.sin(pose.iris_angle) * rim
    centre = _laid(vertices, triangles, is_eye, ball, axis[None])
    return SurfaceCurve(_laid(vertices, triangles, is_eye, ball, ways), is_closed=True), centre


def _laid(
    vertices: Array,
    triangles: NDArray[np.int32],
    is_eye: NDArray[np.bool_],
    ball: Ball,
    ways: Array,
) -> SurfacePoints:
    """Return the outermost points of a ball in some directions (N, 3) from its centre."""
    starts = ball.centre + 3.0 * ball.radius * ways
    hits, is_hit = ray_surface(vertices, triangles, starts, -ways, is_eye)
    if is_hit.all():
        return hits
    return nearest_surface(vertices, triangles, ball.centre + ball.radius * ways, is_eye)[0]


def _axis(points: Array, ball: Ball) -> Array:
    """Return the (3,) direction in which an eyeball looks."""
    away = points - ball.centre
    far = np.linalg.norm(away, axis=1)
    ahead = np.array([0.0, 0.0, 1.0])
    way = away[far.argmax()] / far.max()
    is_cornea = far.max() > 1.03 * ball.radius and way @ ahead > np.cos(np.radians(25.0))
    return way if is_cornea else ahead
