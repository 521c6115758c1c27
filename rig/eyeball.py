"""Where an eyeball is, how large, and where it looks, told from its vertices alone."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .face_rig import PART_NAMES, FaceRig
from .normals import unit

__all__ = ["EyePose", "ball_of", "ball_rows", "eye_pose", "fit_sphere"]

_EYES = (PART_NAMES.index("eye_L"), PART_NAMES.index("eye_R"))
_IRIS_RADIUS_M = 0.0059


@dataclass(frozen=True, slots=True, eq=False)
class EyePose:
    """One eyeball.

    Attributes
    ----------
    centre : (3,) metres
    radius_m : float, metres
    axis : (3,) unit vector through the iris
    iris_angle : radians between the axis and the iris' rim
    """

    centre: NDArray[np.float64]
    radius_m: float
    axis: NDArray[np.float64]
    iris_angle: float


def ball_of(
    vertices: NDArray[np.floating], rig: FaceRig, side: str
) -> tuple[NDArray[np.float64], float] | None:
    """Return centre (3,) and radius of an eyeball, metres; `None` if the rig has no such eye.

    Parameters
    ----------
    side : "L" or "R"
    """
    rows = ball_rows(rig, side)
    return None if len(rows) < 4 else fit_sphere(vertices[rows])


@lru_cache(maxsize=8)
def ball_rows(rig: FaceRig, side: str) -> NDArray[np.intp]:
    """Return the vertices of an eyeball."""
    return np.flatnonzero(rig.vertex_part == _EYES["LR".index(side)])


def eye_pose(vertices: NDArray[np.floating], rig: FaceRig, side: str) -> EyePose | None:
    """Return where an eye looks, from its vertices alone; `None` if the rig has no such eye.

    Parameters
    ----------
    side : "L" or "R"
    """
    ball = ball_of(vertices, rig, side)
    if ball is None:
        return None
    centre, radius = ball
    curve = rig.curves.get(f"iris_{side}")
    if curve is not None:
        ring = curve.points.interpolate(vertices, rig.triangles) - centre
        axis = unit(ring.mean(axis=0)[None])[0]
        angle = float(np.arccos(np.clip(unit(ring) @ axis, -1.0, 1.0)).mean())
        return EyePose(centre, radius, axis, angle)
    rows = ball_rows(rig, side)
    local = vertices[rows] - vertices[rows].mean(axis=0)
    rest = rig.neutral[rows].astype(np.float64)
    left, _, right = np.linalg.svd(local.T @ (rest - rest.mean(axis=0)))
    turn = left @ np.diag([1.0, 1.0, np.linalg.det(left @ right)]) @ right
    return EyePose(centre, radius, turn[:, 2], float(np.arcsin(min(_IRIS_RADIUS_M / radius, 0.9))))


def fit_sphere(points: NDArray[np.floating]) -> tuple[NDArray[np.float64], float]:
    """Return centre (3,) and radius of the sphere of least squares through (N, 3) points.

    |p|² = 2 c·p + (r² - |c|²) is linear in the centre c, which about the points' own middle comes
    alone.
    """
    points = np.asarray(points, dtype=np.float64)
    mean = points.mean(axis=0)
    local = points - mean
    squared = np.einsum("nd,nd->n", local, local)
    centre, *_ = np.linalg.lstsq(2.0 * local.T @ local, squared @ local, rcond=None)
    radius = np.sqrt(max(float(squared.mean() + centre @ centre), 1e-12))
    return mean + centre, float(radius)
