"""Eyes, nose and mouth first move as wholes: where they sit and how large they are drawn.

A hand that draws eyes too large or a mouth too low draws another head than any rig can make.
Lines alone pull across themselves and say nothing of where a feature begins and ends; the
landmarks do, each roughly, all of a feature together well.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..rig.camera import Camera
from ..rig.face_rig import FaceRig, SurfacePoints
from .handles import Handles

__all__ = ["Motion", "Wholes", "whole_motion"]

_GROUPS: dict[str, tuple[tuple[int, ...], tuple[str, ...]]] = {
    "eye_L": ((*range(42, 48), 68), ("upper_lid_L", "lower_lid_L", "lid_crease_L")),
    "eye_R": ((*range(36, 42), 69), ("upper_lid_R", "lower_lid_R", "lid_crease_R")),
    "brow_L": (tuple(range(22, 27)), ("brow_upper_L", "brow_lower_L")),
    "brow_R": (tuple(range(17, 22)), ("brow_upper_R", "brow_lower_R")),
    "nose": (tuple(range(27, 36)), ("nose_tip", "nostril_L", "nostril_R")),
    "mouth": (
        tuple(range(48, 68)),
        ("upper_lip_outer", "upper_lip_inner", "lower_lip_inner", "lower_lip_outer"),
    ),
}
"""Landmarks and curves of every whole."""

_TOGETHER = 3.0  # as many landmarks of a feature err on their own; the rest err with them
_MODEL_SPREAD = 0.02  # what the landmarks of head and hand differ by where both are right, IOD
_SHIFT = 0.12  # how far hands misplace a feature, standard deviation, IOD
_STRETCH = 0.25  # and how much they stretch or turn it


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """An affine map of the picture about a centre.

    Attributes
    ----------
    centre, shift : (2,) pixels
    matrix : (2, 2)
    """

    centre: NDArray[np.float64]
    matrix: NDArray[np.float64]
    shift: NDArray[np.float64]

    def way(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how far (N, 2) points move, pixels."""
        local = points - self.centre
        return local @ (self.matrix - np.eye(2)).T + self.shift


def whole_motion(
    points: NDArray[np.float64],
    drawn: NDArray[np.float64],
    spread: NDArray[np.float64],
    iod_px: float,
) -> Motion:
    """Find the likeliest motion of a feature, given where its landmarks are and should be.

    Normal priors on shift and stretch keep it at rest where the landmarks are not sure.

    Parameters
    ----------
    points, drawn : (N, 2) pixels, landmarks of the head and of the drawing
    spread : (N,) pixels, standard deviation of `drawn`
    """
    centre = points.mean(axis=0)
    sigma = np.hypot(spread, _MODEL_SPREAD * iod_px) / iod_px
    sigma = sigma * np.sqrt(max(len(points) / _TOGETHER, 1.0))
    size = max(float(np.sqrt(np.square(points - centre).sum(axis=1).mean())), 1e-6)
    basis = np.column_stack([np.ones(len(points)), (points - centre) / size]) / sigma[:, None]
    wanted = (drawn - points) / iod_px / sigma[:, None]
    prior = np.array([1.0 / _SHIFT, *[iod_px / (size * _STRETCH)] * 2])
    normal = basis.T @ basis + np.diag(prior**2)
    found = np.linalg.solve(normal, basis.T @ wanted) * iod_px
    return Motion(centre, np.eye(2) + found[1:].T / size, found[0])


@dataclass(frozen=True, slots=True, eq=False)
class Wholes:
    """Where the features of one drawing go as wholes.

    Attributes
    ----------
    surface : N points on the mesh: landmarks and curves
    way : (N, 2) pixels, from the parametric head
    """

    surface: SurfacePoints
    way: NDArray[np.float64]

    @classmethod
    def find(
        cls,
        rig: FaceRig,
        vertices: NDArray[np.float64],
        camera: Camera,
        landmarks: NDArray[np.float64],
        spread: NDArray[np.float64],
        iod_px: float,
    ) -> Wholes:
        """Compare the head's landmarks with the drawing's.

        Parameters
        ----------
        vertices : (V, 3) metres, the parametric head turned as the camera sees it
        landmarks, spread : (70, 2) and (70,) pixels of the same picture
        """
        here = camera.project(rig.landmarks.interpolate(vertices, rig.triangles))
        surface, parts = _surface_of(rig)
        image = camera.project(surface.interpolate(vertices, rig.triangles))
        ways = []
        for (rows, _), part in zip(_GROUPS.values(), parts, strict=True):
            each = np.array(rows)
            motion = whole_motion(here[each], landmarks[each], spread[each], iod_px)
            ways.append(motion.way(image[part]))
        return cls(surface, np.concatenate(ways))

    def handles(
        self,
        rig: FaceRig,
        vertices: NDArray[np.float64],
        carried: NDArray[np.float64],
        camera: Camera,
        weight: float,
    ) -> Handles:
        """Return handles that go the rest of the way.

        Parameters
        ----------
        vertices : (V, 3) metres, the head as it is now, turned as the camera sees it
        carried : (V, 3) metres, what of it is correction already, turned
        weight : of every handle
        """
        points = self.surface.interpolate(vertices, rig.triangles)
        firm = np.full(len(points), weight)
        whole = Handles.in_plane(self.surface, self.way, firm, points, camera, 1.0)
        rest = whole.offset - self.surface.interpolate(carried, rig.triangles)
        return Handles(self.surface, rest, firm, whole.share)


@lru_cache(maxsize=8)
def _surface_of(rig: FaceRig) -> tuple[SurfacePoints, tuple[slice, ...]]:
    """Return landmarks and curves of all wholes on a rig, and which of the points are whose."""
    surfaces, parts, count = [], [], 0
    for rows, curves in _GROUPS.values():
        on_skin = np.array([row for row in rows if row < 68])
        mine = [rig.landmarks[on_skin], *(rig.curves[name].points for name in curves)]
        surfaces += mine
        parts.append(slice(count, count + sum(map(len, mine))))
        count = parts[-1].stop
    return SurfacePoints.join(surfaces), tuple(parts)
