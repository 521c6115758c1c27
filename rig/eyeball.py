"""Where an eyeball is, how large, and where it looks, told from its vertices alone."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .face_rig import PART_NAMES, FaceRig
from .normals import unit

__all__ = ["EyePose", "eye_pose", "fit_sphere"]

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


def eye_pose(vertices: NDArray[np.floating], rig: FaceRig, side: str) -> EyePose | None:
    """Return where an eye looks, from its vertices alone; `None` if the rig has no such eye.

    Parameters
    ----------
    side : "L" or "R"
    """
    rows = np.flatnonzero(rig.vertex_part == _EYES["LR".index(side)])
    if len(rows) < 4:
        return None
    centre, radius = fit_sphere(vertices[rows])
    curve = rig.curves.get(f"iris_{side}")
    if curve is not None:
        ring = curve.points.interpolate(vertices, rig.triangles) - centre
        axis = unit(ring.mean(axis=0)[None])[0]
        angle = float(np.arccos(np.clip(unit(ring) @ axis, -1.0, 1.0)).mean())
        return EyePose(centre, radius, axis, angle)
    local = vertices[rows] - vertices[rows].mean(axis=0)
    rest = rig.neutral[rows].astype(np.float64)
    left, _, right = np.linalg.svd(local.T @ (rest - rest.mean(axis=0)))
    turn = left @ np.diag([1.0, 1.0, np.linalg.det(left @ right)]) @ right
    return EyePose(centre, radius, turn[:, 2], float(np.arcsin(min(_IRIS_RADIUS_M / radius, 0.9))))


def fit_sphere(points: NDArray[np.floating]) -> tuple[NDArray[np.float64], float]:
    """Return centre (3,) and radius of the sphere of least squares through (N, 3) points.

    |p|² = 2 c·p + (r² - |c|²) is linear in the centre c.
    """
    points = np.asarray(points, dtype=np.float64)
    mean = points.mean(axis=0)
    local = points - mean
    system = np.column_stack([2.0 * local, np.ones(len(local))])
    found, *_ = np.linalg.lstsq(system, (local**2).sum(axis=1), rcond=None)
    radius = np.sqrt(max(found[3] + (found[:3] ** 2).sum(), 1e-12))
    return mean + found[:3], float(radius)
