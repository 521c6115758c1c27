"""Keep a deformed head sound: no triangle turned over, no lid inside the eyeball."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .eyeball import ball_of, ball_rows, eye_pose
from .face_rig import PART_NAMES, FaceRig
from .neighbours import MeshNeighbours
from .normals import face_normals

__all__ = ["carry_eyes", "lift_lid_edges", "limit_flips", "push_out_of_eyes", "turned_triangles"]

_SKIN = PART_NAMES.index("skin")
_LARGEST_EYE = 1.6
_AROUND_EYE_M = 0.06
_MAX_ROUNDS = 60
_LEAST_COSINE = 0.1
_LEAST_AREA = 0.08


def turned_triangles(
    vertices: NDArray[np.floating],
    triangles: NDArray[np.int32],
    displacement: NDArray[np.floating],
) -> NDArray[np.bool_]:
    """Return (F,) True where a displacement turns a triangle over or crushes it.

    Turned: its normal swings by more than about 84°. Crushed: under 8 % of its area is left.
    """
    before = face_normals(vertices, triangles)
    return _is_turned(before, face_normals(vertices + displacement, triangles))


def _is_turned(before: NDArray[np.float64], after: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell (F,) which triangles are turned or crushed, by their normals (F, 3)."""
    size, left = np.sqrt(_products(before, before)), np.sqrt(_products(after, after))
    along = _products(before, after)
    both = size * left
    turned = along < _LEAST_COSINE * both
    turned |= left < _LEAST_AREA * size
    turned &= size > 1e-12
    return turned


def _products(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (F,) the scalar products of rows (F, 3), column by column: that is fastest."""
    products: NDArray[np.float64] = first[:, 0] * second[:, 0]
    products += first[:, 1] * second[:, 1]
    products += first[:, 2] * second[:, 2]
    return products


def limit_flips(
    vertices: NDArray[np.floating],
    triangles: NDArray[np.int32],
    displacement: NDArray[np.floating],
    sound: NDArray[np.floating] | None = None,
    normals: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Weaken a displacement around every triangle that it would turn over, until none is.

    Parameters
    ----------
    vertices : (V, 3) metres, the sound shape
    triangles : (F, 3) int32
    displacement : (V, 3) metres
    sound : (V, 3) metres, a displacement that turns nothing over; what goes beyond it is weakened.
        By default none at all.
    normals : (F, 3) result of `face_normals` for the sound shape, if it is known already

    Returns
    -------
    (V, 3) metres; unchanged far from trouble
    """
    displacement = np.asarray(displacement, dtype=np.float64)
    kept = np.zeros_like(displacement) if sound is None else np.asarray(sound, dtype=np.float64)
    before = face_normals(vertices, triangles) if normals is None else normals
    beyond, result = displacement - kept, displacement
    mesh = MeshNeighbours.of(triangles, len(vertices))
    # where nothing goes beyond what is sound nothing turns over
    rows = mesh.touching(np.flatnonzero(beyond.any(axis=1)))
    near = triangles[rows]
    bad = near[_is_turned(before[rows], face_normals(vertices + result, near))]
    if not len(bad):
        return result
    share = np.ones(len(vertices))
    for round_ in range(_MAX_ROUNDS):
        touched = np.unique(bad)
        # the longer it takes the wider the circle: a lone vertex held back makes a new fold
        for _ in range(1 + round_ // 8):
            touched = mesh.corners_of(mesh.touching(touched))
        share[touched] *= 0.8
        relaxed = _relaxed(share, mesh)
        weakened = np.flatnonzero(relaxed < 1.0)
        result = displacement.copy()
        result[weakened] = kept[weakened] + beyond[weakened] * relaxed[weakened, None]
        rows = mesh.touching(weakened)  # the others are as before
        near = triangles[rows]
        bad = near[_is_turned(before[rows], face_normals(vertices + result, near))]
        if not len(bad):
            return result
    while turned_triangles(vertices, triangles, result).any():
        beyond = 0.5 * (result - kept)
        if np.abs(beyond).max() < 1e-9:
            return kept
        result = kept + beyond
    return result


def _relaxed(share: NDArray[np.float64], mesh: MeshNeighbours) -> NDArray[np.float64]:
    """Return the shares, each no more than the mean of its triangles': a smooth transition."""
    # all triangles around any vertex of a triangle in which somebody has less than all
    lesser = mesh.corners_of(mesh.touching(np.flatnonzero(share < 1.0)))
    near = mesh.triangles[mesh.touching(lesser)].ravel()
    of_three = share[near].reshape(-1, 3)
    mean = (of_three[:, 0] + of_three[:, 1] + of_three[:, 2]) / 3.0
    count = np.bincount(near, minlength=len(share))[lesser]
    total = np.bincount(near, np.repeat(mean, 3), minlength=len(share))[lesser]
    relaxed = share.copy()
    relaxed[lesser] = np.minimum(share[lesser], total / count)
    return relaxed


def push_out_of_eyes(
    vertices: NDArray[np.floating],
    rig: FaceRig,
    depth_m: float = 0.0002,
) -> NDArray[np.float64]:
    """Lift lid skin that sank into an eyeball back to its surface.

    Parameters
    ----------
    vertices : (V, 3) metres, corrected, in any rigid frame
    depth_m : metres
        How far under the ball's surface skin may lie: lids rest on wet eyes.

    Returns
    -------
    (V, 3) metres
    """
    result = np.array(vertices, dtype=np.float64)
    for side in "LR":
        eye = eye_pose(vertices, rig, side)
        if eye is None:
            continue
        least = eye.radius_m - depth_m
        near = _skin_around(rig, side)
        near = near[_within(result[near], eye.centre, least)]
        away = result[near] - eye.centre
        distance = np.sqrt((away**2).sum(axis=1))
        # the front of the ball only: behind it rigs let skin pass where nobody looks
        facing = eye.axis @ away.T > -0.2 * distance
        sunk = (distance < least) & facing & (distance > 0.3 * eye.radius_m)
        result[near[sunk]] = eye.centre + away[sunk] * (least / distance[sunk])[:, None]
    return result


def lift_lid_edges(
    vertices: NDArray[np.floating], rig: FaceRig, depth_m: float = 0.0004
) -> NDArray[np.float64]:
    """Lift the edges of the lids out of the eyeballs, also between the vertices.

    A flat triangle dips into the ball where its corners lie on it, and the head at rest may have
    lids that lie deeper than `push_out_of_eyes` looks for.

    Parameters
    ----------
    vertices : (V, 3) metres, in any rigid frame
    depth_m : metres, how far under the ball's surface an edge may lie

    Returns
    -------
    (V, 3) metres
    """
    result = np.array(vertices, dtype=np.float64)
    for side in "LR":
        lids = [rig.curves.get(f"{lid}_{side}") for lid in ("upper_lid", "lower_lid")]
        ball = ball_of(vertices, rig, side)
        if ball is None:
            continue
        centre, radius = ball
        for lid in lids:
            if lid is None:
                continue
            away = lid.points.interpolate(result, rig.triangles) - centre
            distance = np.sqrt(np.einsum("nd,nd->n", away, away))
            missing = radius - depth_m - distance
            deep = np.flatnonzero(missing > 0.0)
            if not len(deep):
                continue
            before = result.copy()
            for row in deep:
                corners = rig.triangles[lid.points.triangle[row]]
                outwards = away[row] / distance[row]
                lifted = (result[corners] - before[corners]) @ outwards
                more = np.maximum(missing[row] - lifted, 0.0)
                result[corners] += more[:, None] * outwards
    return result


@lru_cache(maxsize=8)
def _skin_around(rig: FaceRig, side: str) -> NDArray[np.intp]:
    """Return the skin's vertices that may come near an eye, whoever the head becomes."""
    away = np.linalg.norm(rig.neutral - rig.eye_centres["LR".index(side)], axis=1)
    return np.flatnonzero((rig.vertex_part == _SKIN) & (away < _AROUND_EYE_M))


def _within(
    vertices: NDArray[np.float64], centre: NDArray[np.float64], reach_m: float
) -> NDArray[np.bool_]:
    """Tell (V,) which vertices lie in the cube around a ball: few, and quickly told."""
    x, y, z = vertices.T - centre[:, None]
    return (np.abs(x) < reach_m) & (np.abs(y) < reach_m) & (np.abs(z) < reach_m)


def carry_eyes(
    vertices: NDArray[np.floating], rig: FaceRig, displacement: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Return the displacement with each eyeball carried by its lids: moved, and made larger.

    Lids that were drawn far apart would otherwise show the hollow around the ball. The ball stays
    a ball; it never gets smaller.

    Parameters
    ----------
    vertices : (V, 3) metres, before the displacement
    displacement : (V, 3) metres, of the skin
    """
    result = np.array(displacement, dtype=np.float64)
    for side in "LR":
        lids = [rig.curves.get(f"{lid}_{side}") for lid in ("upper_lid", "lower_lid")]
        ball = ball_rows(rig, side)
        if None in lids or len(ball) == 0:
            continue
        before, way = (
            np.concatenate([lid.points.interpolate(values, rig.triangles) for lid in lids if lid])
            for values in (vertices, displacement)
        )
        middle, shift = before.mean(axis=0), way.mean(axis=0)
        away, moved = before - middle, before + way - middle - shift
        size = float((away * moved).sum() / max(float(np.square(away).sum()), 1e-12))
        size = float(np.clip(size, 1.0, _LARGEST_EYE))
        result[ball] = shift + (size - 1.0) * (vertices[ball] - middle)
    return result
