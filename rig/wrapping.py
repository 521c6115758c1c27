"""Wrapping one head's skin onto another's: which point of a foreign mesh is which point of ours.

The skin first becomes the person of its own kind that lies nearest, then a thin plate that is
pulled towards the nearest points of the other surface and gets softer from round to round. Near
means near in place, in the direction the skin faces, and in how shapes move it
(`shape_places.signatures`): so upper lips come to lie on upper lips where both touch.

References
----------
Amberg, Romdhani & Vetter (2007), Optimal step nonrigid ICP algorithms for surface registration,
doi:10.1109/CVPR.2007.383165.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .cotangent import laplacian_and_mass
from .face_rig import SurfacePoints
from .normals import unit, vertex_normals
from .surface import closest_barycentric

__all__ = ["Skin", "WrapSettings", "nearest_alike", "wrap"]

Array = NDArray[np.float64]

_CANDIDATES = 64
_SAMPLED_M = 0.0015
"""Triangles of more than twice this have points between their corners, too."""
_HOLD_PERSON, _HOLD_STRETCH = 3e-7, 1e-6
"""Square metres that one standard deviation, and stretching to double size, cost."""


@dataclass(frozen=True, slots=True, eq=False)
class Skin:
    """A piece of skin, and how shapes move it.

    Attributes
    ----------
    vertices : (V, 3) metres
    triangles : (F, 3) int32
    signature : (V, S) in [0, 1], see `shape_places.signatures`
    counts : (V,) bool
        What takes part: the outside of the face, not sockets and the mouth's inside.
    """

    vertices: Array
    triangles: NDArray[np.int32]
    signature: Array
    counts: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class WrapSettings:
    """How a skin is wrapped.

    Attributes
    ----------
    rounds_as_somebody, rounds : int
        How often nearest points are sought, for the person and for the plate; 8 and 20 to 40.
    stiff_m, soft_m : float, metres
        Over what length the plate hangs together, in the first and in the last round.
    facing_m : float, metres
        What a right angle between two directions counts as, in distance.
    alike_m, alike_last_m : float, metres
        What a difference of 1 in one of the shapes counts as, at first and in the last round. Two
        artists' shapes agree roughly, and surfaces exactly: less at last.
    reach_m : float, metres
        Points farther apart than this hardly pull, in the last round.
    """

    rounds_as_somebody: int = 8
    rounds: int = 20
    stiff_m: float = 0.06
    soft_m: float = 0.007
    facing_m: float = 0.012
    alike_m: float = 0.011
    alike_last_m: float = 0.0045
    reach_m: float = 0.008


class _Cloud:
    """Points all over some triangles of a skin, found by place, direction and signature."""

    def __init__(self, skin: Skin, rows: NDArray[np.intp]) -> None:
        from scipy.spatial import cKDTree

        self.surface = _samples(skin, rows)
        normals = vertex_normals(skin.vertices, skin.triangles)
        self.places, normals, self.signature = (
            self.surface.interpolate(values, skin.triangles)
            for values in (skin.vertices, normals, skin.signature)
        )
        self.normals = unit(normals)
        self.tree = cKDTree(self.places)

    def nearest(
        self, places: Array, normals: Array, signature: Array, facing_m: float, alike_m: float
    ) -> tuple[NDArray[np.intp], Array]:
        """Return the row of the most alike of the near points, and how unlike it is, metres."""
        count = min(_CANDIDATES, len(self.places))
        away, near = self.tree.query(places, k=count)
        facing = 1.0 - np.einsum("nd,nkd->nk", normals, self.normals[near])
        unlike = np.square(self.signature[near] - signature[:, None]).sum(axis=2)
        cost = away**2 + facing_m**2 * facing + alike_m**2 * unlike
        best = cost.argmin(axis=1)
        rows = np.arange(len(places))
        return near[rows, best], np.sqrt(np.maximum(cost[rows, best], 0.0))


def _samples(skin: Skin, rows: NDArray[np.intp]) -> SurfacePoints:
    """Return the corners of some triangles, and points between those of large ones."""
    _, first = np.unique(skin.triangles[rows], return_index=True)
    inner = np.array([[4, 1, 1], [1, 4, 1], [1, 1, 4], [2, 2, 2], [3, 3, 0], [0, 3, 3], [3, 0, 3]])
    corners = skin.vertices[skin.triangles[rows]]
    longest = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
    large = rows[longest > 2.0 * _SAMPLED_M]
    triangle = np.concatenate([rows[first // 3], np.repeat(large, len(inner))])
    weights = np.concatenate([np.eye(3)[first % 3], np.tile(inner / 6.0, (len(large), 1))])
    return SurfacePoints(triangle.astype(np.int32), weights.astype(np.float32))


def wrap(
    skin: Skin,
    target: Skin,
    modes: NDArray[np.floating] | None = None,
    settings: WrapSettings | None = None,
) -> Array:
    """Return (V, 3) where each vertex of a skin comes to lie on the target.

    Parameters
    ----------
    skin : already near the target, in its own frame
    target : the surface to lie on
    modes : (K, V, 3) metres, displacements of one standard deviation that keep the skin a face
    """
    settings = settings or WrapSettings()
    cloud = _Cloud(target, np.flatnonzero(target.counts[target.triangles].all(axis=1)))
    _, mass = laplacian_and_mass(skin.vertices, skin.triangles)
    rest = skin.vertices
    if modes is not None and len(modes):
        basis = _person_basis(skin.vertices, np.asarray(modes, dtype=np.float64))
        for _ in range(settings.rounds_as_somebody):
            goals, pull = _goals(skin, rest, mass, cloud, settings, 0.0)
            rest = _as_somebody(skin.vertices, basis, goals, pull)
    return _as_plate(skin, rest, cloud, settings)


def _goals(
    skin: Skin, places: Array, mass: Array, cloud: _Cloud, settings: WrapSettings, share: float
) -> tuple[Array, Array]:
    """Return (V, 3) where each vertex is pulled to, and (V,) how strongly.

    Parameters
    ----------
    share : how far the rounds have come, 0 to 1
    """
    reach = settings.reach_m * (4.0 - 3.0 * share)
    alike = settings.alike_m * (settings.alike_last_m / settings.alike_m) ** share
    normals = vertex_normals(places, skin.triangles)
    found, unlike = cloud.nearest(places, normals, skin.signature, settings.facing_m, alike)
    pull = skin.counts * mass / (1.0 + np.square(unlike / reach))
    pull *= (normals * cloud.normals[found]).sum(axis=1) > 0.3
    return cloud.places[found], pull


def _person_basis(neutral: Array, modes: Array) -> Array:
    """Return (12 + K, 3 V): moves, stretches and turns, then the modes, one field a row."""
    local = neutral - neutral.mean(axis=0)
    moves = [np.ones((len(neutral), 1)) * np.eye(3)[axis] for axis in range(3)]
    stretches = [local[:, [axis]] * np.eye(3)[way] for axis in range(3) for way in range(3)]
    return np.stack([*moves, *stretches, *modes]).reshape(-1, 3 * len(neutral))


def _as_somebody(neutral: Array, basis: Array, goals: Array, pull: Array) -> Array:
    """Return (V, 3): of all persons, stretched and turned, the one nearest to the goals."""
    weighted = basis * np.repeat(pull / max(pull.sum(), 1e-30), 3)
    hold = np.full(len(basis), _HOLD_PERSON)
    hold[:3], hold[3:12] = 1e-12, _HOLD_STRETCH
    wanted = weighted @ (goals - neutral).ravel()
    amounts = np.linalg.solve(weighted @ basis.T + np.diag(hold), wanted)
    return neutral + (amounts @ basis).reshape(-1, 3)


def _as_plate(skin: Skin, rest: Array, cloud: _Cloud, settings: WrapSettings) -> Array:
    """Return (V, 3) the skin bent as a plate that gets softer and softer."""
    from scipy.sparse import diags
    from scipy.sparse.linalg import splu

    stiffness, mass = laplacian_and_mass(rest, skin.triangles)
    mass = np.maximum(mass, 1e-3 * mass.mean())
    plate = (stiffness @ diags(1.0 / mass) @ stiffness).tocsc()
    places = rest
    for round_ in range(settings.rounds):
        share = round_ / max(settings.rounds - 1, 1)
        length = settings.stiff_m * (settings.soft_m / settings.stiff_m) ** share
        goals, pull = _goals(skin, places, mass, cloud, settings, share)
        system = (diags(pull + 1e-6 * mass) + length**4 * plate).tocsc()
        places = rest + splu(system).solve(pull[:, None] * (goals - rest))
    return places


def nearest_alike(
    skin: Skin,
    places: Array,
    normals: Array,
    signature: Array,
    settings: WrapSettings | None = None,
) -> SurfacePoints:
    """Return the points of a skin that are nearest to some, and most like them.

    Parameters
    ----------
    places, normals, signature : (N, 3), (N, 3), (N, S) of the points sought
    """
    settings = settings or WrapSettings()
    rows = np.flatnonzero(skin.counts[skin.triangles].any(axis=1))  # edges of lids and lips, too
    cloud, around = _Cloud(skin, rows), _Around(skin, rows)
    found, _ = cloud.nearest(places, normals, signature, settings.facing_m, settings.alike_m)
    near, shares = cloud.surface[found].corners(skin.triangles), cloud.surface.barycentric[found]
    triangle, weights = np.zeros(len(places), np.int32), np.zeros((len(places), 3))
    for row, place in enumerate(places):  # on to the nearest point of the triangles around it
        close = around.rows(near[row][shares[row] > 0.01])
        corners = skin.vertices[skin.triangles[close]]
        within = closest_barycentric(corners, place)
        off = np.linalg.norm(np.einsum("nc,ncd->nd", within, corners) - place, axis=1)
        best = int(off.argmin())
        triangle[row], weights[row] = close[best], within[best]
    return SurfacePoints(triangle, weights.astype(np.float32))


class _Around:
    """The triangles around each vertex of a skin, out of some."""

    def __init__(self, skin: Skin, rows: NDArray[np.intp]) -> None:
        corners = skin.triangles[rows].ravel()
        order = np.argsort(corners, kind="stable")
        self._rows = np.repeat(rows, 3)[order]
        self._ends = np.searchsorted(corners[order], np.arange(len(skin.vertices) + 1))

    def rows(self, vertices: NDArray[np.integer]) -> NDArray[np.intp]:
        """Return the triangles that have one of some vertices."""
        found = [self._rows[self._ends[v] : self._ends[v + 1]] for v in vertices]
        return np.unique(np.concatenate(found))
