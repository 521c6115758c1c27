"""Eyeballs turn until their irises lie on the drawn ones.

Lids carry their eyeball along (`rig.repair.carry_eyes`), and with it the iris that the parametric
fit had put where it is drawn. What the iris misses, the ball turns: it stays a ball, in its place.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ..rig.camera import Camera
from ..rig.eyeball import eye_pose
from ..rig.face_rig import PART_NAMES, FaceRig, rotation_matrix

__all__ = ["iris_shift", "turned_eyes"]

_MIN_POINTS = 8
_ROUNDS = 8
_REACH_IOD = 0.2  # ink farther than this from the ring belongs to something else
_STRAY_IOD = 0.05  # lids, pupils and lights lie about as far from the ring
_PRIOR = 0.1  # how firmly the iris stays, as a share of the pull of the ink
_MOST_TURN = 0.45  # sine of the widest turn


def iris_shift(
    ring: NDArray[np.float64], drawn: NDArray[np.float64], iod_px: float
) -> NDArray[np.float64]:
    """Find the shift that lays an iris on the drawn one.

    Parameters
    ----------
    ring : (N, 2) pixels, the head's iris, all around
    drawn : (P, 2) pixels, the drawn points that are labelled as this iris
    iod_px : interocular distance, pixels

    Returns
    -------
    (2,) pixels; zero where too little is drawn, or the drawn points do not come nearer
    """
    tree, shift = cKDTree(ring), np.zeros(2)
    drawn = drawn[tree.query(drawn)[0] < _REACH_IOD * iod_px] if len(drawn) else drawn
    if len(drawn) < _MIN_POINTS:
        return shift
    normal = ring - ring.mean(axis=0)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    stray_px = _STRAY_IOD * iod_px
    for _ in range(_ROUNDS):
        _, nearest = tree.query(drawn - shift)
        across = normal[nearest]
        missed = ((drawn - ring[nearest]) * across).sum(axis=1)
        weight = 1.0 / (1.0 + np.square((missed - across @ shift) / stray_px))
        pull = (across * weight[:, None]).T
        firm = _PRIOR * 0.5 * weight.sum() * np.eye(2)
        shift = np.linalg.solve(pull @ across + firm, pull @ missed)
    before, after = (tree.query(drawn - way)[0].mean() for way in (np.zeros(2), shift))
    return shift if after < before else np.zeros(2)


def turned_eyes(
    rig: FaceRig,
    vertices: NDArray[np.float64],
    camera: Camera,
    drawn: NDArray[np.float64],
    iod_px: float,
) -> NDArray[np.float64]:
    """Turn the eyeballs so that their irises come to lie on the drawn ones.

    Parameters
    ----------
    vertices : (V, 3) metres, turned as the camera sees them
    drawn : (P, 2) pixels, all drawn points of irises; each goes to the nearer one

    Returns
    -------
    (V, 3) metres, how far each vertex moves
    """
    way = np.zeros_like(vertices)
    sides = [side for side in "LR" if f"iris_{side}" in rig.curves]
    rings = [
        rig.curves[f"iris_{side}"].points.interpolate(vertices, rig.triangles) for side in sides
    ]
    if not rings or len(drawn) == 0:
        return way
    flat = [camera.project(ring) for ring in rings]
    nearest = np.argmin([cKDTree(ring).query(drawn)[0] for ring in flat], axis=0)
    for row, side in enumerate(sides):
        shift = iris_shift(flat[row], drawn[nearest == row], iod_px)
        eye = eye_pose(vertices, rig, side) if shift.any() else None
        if eye is None:
            continue
        iris = rings[row].mean(axis=0)
        scale = camera.scale_px / (1.0 - iris[2] * camera.inverse_distance)
        ball = np.flatnonzero(rig.vertex_part == PART_NAMES.index(f"eye_{side}"))
        local = vertices[ball] - eye.centre
        way[ball] = local @ (_turn(iris - eye.centre, shift / scale) - np.eye(3)).T
    return way


def _turn(arm: NDArray[np.float64], shift: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the least rotation that moves the end of an arm (3,) by a shift in the picture."""
    length = float(np.linalg.norm(arm))
    aim = arm[:2] + np.array([shift[0], -shift[1]])
    aside = float(np.linalg.norm(aim))
    aim *= min(1.0, 0.9 * length / max(aside, 1e-12))
    there = np.append(aim, np.sqrt(length**2 - (aim**2).sum()))
    axis = np.cross(arm, there) / length**2
    sine = float(np.linalg.norm(axis))
    angle = np.arcsin(min(sine, _MOST_TURN))
    return rotation_matrix(axis / max(sine, 1e-12) * angle)
