"""Eyes turn, both together, until their irises lie on the drawn ones.

Lids carry their eyeball along (`rig.repair.carry_eyes`), and with it the iris that the parametric
fit had put where it is drawn. What the irises miss, the balls turn: they stay balls, in their
place. Two eyes look at one thing, so they turn by one sine; apart only as far as both irises are
clearly drawn so, inwards more than outwards, and hardly in height. An iris that is half hidden
under its lid, or not drawn, goes with the other.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..rig.camera import Camera
from ..rig.eyeball import ball_of, ball_rows
from ..rig.face_rig import FaceRig, rotation_matrix
from .nearest import nearest_points

__all__ = ["DrawnEye", "looks", "turned_eyes"]

_MIN_POINTS = 8
_ROUNDS = 8
_STILL = 1e-5  # looks that change by less, sines, have come to rest
_REACH_IOD = 0.2  # ink farther than this from the ring belongs to something else
_STRAY_IOD = 0.05  # lids, pupils and lights lie about as far from the ring
_PRIOR = 0.3  # how firmly they look where they are seen to, as a share of the pull of the ink
_TOGETHER = 2.5  # how firmly they look alike, as a share of the pull of the ink of one
_MOST_TURN = 0.45  # sine of the widest turn
_INWARDS, _OUTWARDS, _APART = 0.12, 0.03, 0.03  # sines by which two eyes' looks may differ


@dataclass(frozen=True, slots=True, eq=False)
class DrawnEye:
    """An eye of the head, and what is drawn of its iris.

    Attributes
    ----------
    ring : (N, 2) pixels, the head's iris, all around
    drawn : (P, 2) pixels, drawn points that may be of this iris
    look : (2,) sines right and down in the picture: where the eye looks, 0 towards the camera
    arm_px : pixels from the ball's centre to its iris
    expected : (2,) sines, where it should look as far as the drawn points leave that open
    """

    ring: NDArray[np.float64]
    drawn: NDArray[np.float64]
    look: NDArray[np.float64]
    arm_px: float
    expected: NDArray[np.float64]


def looks(eyes: list[DrawnEye], iod_px: float) -> list[NDArray[np.float64]]:
    """Find where the eyes look when their irises lie on the drawn ones.

    Parameters
    ----------
    eyes : one eye, or the head's left and then its right one
    iod_px : interocular distance, pixels

    Returns
    -------
    As many looks (2,), sines; as they were where too little is drawn, or the drawn points do not
    come nearer
    """
    before = np.array([eye.look for eye in eyes])
    pulls = [_Pull(eye, iod_px) for eye in eyes]
    if not any(pull.sure for pull in pulls):
        return list(before)
    found = before
    for _ in range(_ROUNDS):
        matrices, sides = zip(
            *(pull.equations(look) for pull, look in zip(pulls, found, strict=True)), strict=True
        )
        last, found = found, _together(np.array(matrices), np.array(sides))
        if np.abs(found - last).max() < _STILL:
            break
    if len(eyes) == 2:
        sureness = [float(np.trace(matrix)) for matrix in matrices]
        before, found = (_apart_as_eyes_are(way, eyes, sureness) for way in (before, found))
    missed = [
        sum(pull.missed_px(look) for pull, look in zip(pulls, way, strict=True))
        for way in (before, found)
    ]
    return list(found if missed[1] < missed[0] else before)


def _together(matrices: NDArray[np.float64], sides: NDArray[np.float64]) -> NDArray[np.float64]:
    """Solve for the looks (E, 2) of eyes that pull by (E, 2, 2) and (E, 2), bound to each other."""
    count = len(matrices)
    system = np.zeros((count, 2, count, 2))
    for row, matrix in enumerate(matrices):
        system[row, :, row] = matrix
    bond = _TOGETHER * 0.5 * max(float(np.trace(matrix)) for matrix in matrices) * np.eye(2)
    if count == 2:
        for row, other in ((0, 1), (1, 0)):
            system[row, :, row] += bond
            system[row, :, other] -= bond
    return np.linalg.solve(system.reshape(2 * count, -1), sides.ravel()).reshape(count, 2)


def _apart_as_eyes_are(
    found: NDArray[np.float64], eyes: list[DrawnEye], sureness: list[float]
) -> NDArray[np.float64]:
    """Keep a left and a right eye's looks (2, 2) from squinting; the less sure one gives way."""
    left, right = (eye.ring.mean(axis=0) for eye in eyes)
    outwards = (left - right) / max(float(np.linalg.norm(left - right)), 1e-9)
    up = np.array([outwards[1], -outwards[0]])
    apart = found[0] - found[1]
    allowed = outwards * np.clip(apart @ outwards, -_INWARDS, _OUTWARDS)
    allowed += up * np.clip(apart @ up, -_APART, _APART)
    share = sureness[1] / (sureness[0] + sureness[1])
    return found + np.outer([share, share - 1.0], allowed - apart)


class _Pull:
    """What the drawn points of an iris ask of its eye."""

    def __init__(self, eye: DrawnEye, iod_px: float) -> None:
        self.eye, self._stray_px = eye, _STRAY_IOD * iod_px
        drawn = eye.drawn
        if len(drawn):
            drawn = drawn[nearest_points(drawn, eye.ring)[0] < _REACH_IOD * iod_px]
        self.sure = len(drawn) >= _MIN_POINTS
        self._drawn = drawn if self.sure else np.zeros((0, 2))
        away = eye.ring - eye.ring.mean(axis=0)
        self._normal = away / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-9)

    def equations(
        self, look: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return matrix (2, 2) and side (2,) of the least squares for the look, near this one."""
        if not self.sure:
            return np.zeros((2, 2)), np.zeros(2)
        arm, shift = self.eye.arm_px, self._shift(look)
        _, nearest = nearest_points(self._drawn - shift, self.eye.ring)
        across = self._normal[nearest]
        missed = ((self._drawn - self.eye.ring[nearest]) * across).sum(axis=1)
        weight = 1.0 / (1.0 + np.square((missed - across @ shift) / self._stray_px))
        pull = (across * weight[:, None]).T
        prior = arm**2 * _PRIOR * 0.5 * weight.sum()
        matrix = arm**2 * (pull @ across) + prior * np.eye(2)
        side = arm * (pull @ missed) + matrix @ self.eye.look
        return matrix, side + prior * (self.eye.expected - self.eye.look)

    def missed_px(self, look: NDArray[np.float64]) -> float:
        """Return the summed distance of the drawn points from the ring of an eye looking so."""
        if not self.sure:
            return 0.0
        return float(nearest_points(self._drawn - self._shift(look), self.eye.ring)[0].sum())

    def _shift(self, look: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.eye.arm_px * (look - self.eye.look)


def turned_eyes(
    rig: FaceRig,
    vertices: NDArray[np.float64],
    camera: Camera,
    drawn: NDArray[np.float64],
    seen: NDArray[np.float64],
    iod_px: float,
) -> NDArray[np.float64]:
    """Turn the eyeballs so that their irises come to lie on the drawn ones.

    Parameters
    ----------
    vertices : (V, 3) metres, turned as the camera sees them
    drawn : (P, 2) pixels, all drawn points of irises; each goes to the nearer one
    seen : (2, 2) pixels, where the left and the right iris are seen

    Returns
    -------
    (V, 3) metres, how far each vertex moves
    """
    way = np.zeros_like(vertices)
    sides = [side for side in "LR" if f"iris_{side}" in rig.curves]
    told = [ball_of(vertices, rig, side) for side in sides] if len(drawn) else []
    centres = [ball[0] for ball in told if ball is not None]
    if not centres or len(centres) < len(sides):
        return way
    rings = [
        rig.curves[f"iris_{side}"].points.interpolate(vertices, rig.triangles) for side in sides
    ]
    flat = [camera.project(ring) for ring in rings]
    nearest = np.argmin([nearest_points(drawn, ring)[0] for ring in flat], axis=0)
    arms = [ring.mean(axis=0) - centre for ring, centre in zip(rings, centres, strict=True)]
    eyes = []
    for row, (ring, arm) in enumerate(zip(rings, arms, strict=True)):
        scale = camera.scale_px / (1.0 - ring[:, 2].mean() * camera.inverse_distance)
        length = float(np.linalg.norm(arm))
        look = np.array([arm[0], -arm[1]]) / length
        where = seen["LR".index(sides[row])] - flat[row].mean(axis=0)
        expected = look + where / (length * scale)
        mine = drawn[nearest == row]
        eyes.append(DrawnEye(flat[row], mine, look, length * scale, expected))
    for side, centre, arm, look, eye in zip(
        sides, centres, arms, looks(eyes, iod_px), eyes, strict=True
    ):
        if np.array_equal(look, eye.look):
            continue
        ball = ball_rows(rig, side)
        way[ball] = (vertices[ball] - centre) @ (_turn(arm, look) - np.eye(3)).T
    return way


def _turn(arm: NDArray[np.float64], look: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the least rotation that lets the end of an arm (3,) look so (2,), in sines."""
    aim = look * min(1.0, 0.9 / max(float(np.linalg.norm(look)), 1e-12))
    there = np.array([aim[0], -aim[1], np.sqrt(1.0 - (aim**2).sum())])
    axis = np.cross(arm / np.linalg.norm(arm), there)
    sine = float(np.linalg.norm(axis))
    angle = np.arcsin(min(sine, _MOST_TURN))
    return rotation_matrix(axis / max(sine, 1e-12) * angle)
