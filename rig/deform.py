"""Carry a head's surface where its lines were drawn, smoothly and no farther than needed.

The displacement u of the skin minimises ∫ |(1 - ℓ²Δ) u|² + Σ w |u - offset|²: a thin plate that
forgets within the length ℓ. It knows the surface, not space: lips and lids part freely, because
the way from one to the other runs around the opening.

References
----------
Botsch & Kobbelt (2004). An intuitive framework for real-time freeform modeling.
doi:10.1145/1015706.1015772
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import require_shape
from .cotangent import laplacian_and_mass
from .face_rig import PART_NAMES, FaceRig, SurfacePoints
from .influence import Influence

if TYPE_CHECKING:
    from scipy.sparse import csc_matrix
    from scipy.sparse.linalg import SuperLU

__all__ = ["BoundDeformer", "Deformer"]

_SKIN = PART_NAMES.index("skin")
_FOLLOWING = (PART_NAMES.index("tongue"), PART_NAMES.index("lashes"))
_REFERENCE_M = 0.03  # the length that handle weights refer to where the plate forgets nothing
_BORDER_M = 0.03  # how far above the neck's cut the skin is held
_SUPERNODE, _PANEL = 20, 8
"""For matrices of some thousand rows. No more than 20: SuperLU counts panels and relaxed supernodes
by size in an array of 21 (`panel_histo` in `StatInit`), and would write beyond it."""
_HOLD = 0.4  # how firmly, in units of the plate's own memory


class Deformer:
    """A head ready to be pulled by handles.

    Parameters
    ----------
    rig : the head's mesh and parts
    vertices : (V, 3) metres
        The shape to deform, in the frame that offsets will be given in.
    length_m : float, metres; useful from 0.008 to 0.06
        How far a single handle is felt (to about a tenth at 2 ℓ). Infinity gives a thin plate that
        forgets nothing: it follows translations exactly, and linear fields away from open edges.
    hold_border : bool
        Keep the neck's cut and the back of the head where they are.
    """

    def __init__(
        self,
        rig: FaceRig,
        vertices: NDArray[np.floating],
        length_m: float = 0.018,
        hold_border: bool = True,
    ) -> None:
        require_shape("vertices", vertices, (len(rig.neutral), 3), "Give the rig's vertices.")
        from scipy.sparse import diags

        self._rig = rig
        self._count = len(vertices)
        moved = np.flatnonzero(rig.vertex_part == _SKIN)
        self._column = np.full(self._count, -1)
        self._column[moved] = np.arange(len(moved))
        self._moved = moved
        skin = self._column[rig.triangles]
        skin = skin[(skin >= 0).all(axis=1)]
        points = np.asarray(vertices, dtype=np.float64)[moved]
        stiffness, mass = laplacian_and_mass(points, skin)
        mass = np.maximum(mass, 1e-3 * mass.mean())
        rim = _rim(skin, len(moved))
        self._plate = _plate(stiffness, mass, length_m)
        if hold_border and np.isfinite(length_m):
            hold = _HOLD * _held(rig, moved, rim) * mass / (4.0 * np.pi * length_m**2)
            self._plate = (self._plate + diags(hold)).tocsc()
        self._following = _nearest_skin(rig, vertices, moved)
        # a handle ties vertices of one triangle, as the plate does: one order of elimination is
        # good for all of them, and is found once
        order = np.argsort(_factor(self._plate, "MMD_AT_PLUS_A").perm_c)
        self._plate = self._plate[order][:, order].tocsc()
        self._moved, self._column[moved[order]] = moved[order], np.arange(len(moved))
        # short numbers take 3/5 of the time; a plate that forgets nothing needs the long ones
        self._precision: type[np.floating] = np.float32 if np.isfinite(length_m) else np.float64
        self._bound: tuple[SurfacePoints, NDArray[np.float64], BoundDeformer] | None = None
        self._influence: Influence | None = None

    def expect(self, places: Sequence[SurfacePoints]) -> None:
        """Get ready for ever other sets of handles at or near these places.

        `solve` then takes a third to a half of the time; getting ready takes that of ten solutions
        and some 10 MB, once. Only for a plate that forgets.
        """
        if self._influence is not None:
            return
        assert self._precision is np.float32, "a plate that forgets nothing has no response"
        corners = np.concatenate([each.corners(self._rig.triangles) for each in places])
        rows = self._column[corners].ravel()
        self._influence = Influence(
            self._plate, rows[rows >= 0], lambda plate: _factor(plate, "NATURAL")
        )

    def bind(self, handles: SurfacePoints, weights: NDArray[np.floating]) -> BoundDeformer:
        """Factorise for a set of handles; solving for new offsets is then a few milliseconds.

        Parameters
        ----------
        handles : N points on the mesh; those on eyes and teeth pull nothing
        weights : (N,) ≥ 0; a lone handle of weight w reaches w / (1 + w) of its offset
        """
        from scipy.sparse import coo_matrix, diags

        require_shape("weights", np.asarray(weights), (len(handles),), "Give one a handle.")
        corners = self._column[handles.corners(self._rig.triangles)]
        on_skin = (corners >= 0).all(axis=1)
        rows = np.repeat(np.flatnonzero(on_skin), 3)
        values = handles.barycentric[on_skin].astype(np.float64).ravel()
        shape = (len(handles), len(self._moved))
        pick = coo_matrix((values, (rows, corners[on_skin].ravel())), shape).tocsc()
        pull = (pick.T @ diags(np.asarray(weights, dtype=np.float64))).tocsc()
        energy = (self._plate + pull @ pick).tocsc()
        factor = _factor(energy.astype(self._precision), "NATURAL")
        return BoundDeformer(
            energy, factor, self._precision, pull, self._moved, self._following, self._count
        )

    def solve(
        self,
        handles: SurfacePoints,
        offsets: NDArray[np.floating],
        weights: NDArray[np.floating],
        in_haste: bool = False,
    ) -> NDArray[np.float64]:
        """Return the (V, 3) displacement, metres, that takes the handles to their offsets.

        The factor of the last handle set is kept, so calls that change only the offsets are fast.

        Parameters
        ----------
        handles : N points on the mesh
        offsets : (N, 3) metres
        weights : (N,), see `bind`
        in_haste : where these places are expected: take handles in one triangle for one
        """
        weights = np.asarray(weights, dtype=np.float64)
        if self._influence is not None:
            corners = self._column[handles.corners(self._rig.triangles)]
            pulls = (corners >= 0).all(axis=1) & (weights > 0.0)
            if pulls.any() and self._influence.learn(corners[pulls].ravel()):
                shares = handles.barycentric[pulls].astype(np.float64)
                wanted = np.asarray(offsets, dtype=np.float64)[pulls]
                found = self._influence.solve(
                    corners[pulls], shares, wanted, weights[pulls], in_haste
                )
                return _spread(found, self._moved, self._following, self._count)
        if self._bound is not None:
            known, known_weights, bound = self._bound
            same = np.array_equal(known_weights, weights)
            same = same and np.array_equal(known.triangle, handles.triangle)
            if same and np.array_equal(known.barycentric, handles.barycentric):
                return bound.solve(offsets)
        bound = self.bind(handles, weights)
        self._bound = (handles, weights.copy(), bound)
        return bound.solve(offsets)


class BoundDeformer:
    """A deformer whose handles are fixed; made by `Deformer.bind`."""

    def __init__(
        self,
        energy: csc_matrix,
        factor: SuperLU,
        precision: type[np.floating],
        pull: csc_matrix,
        moved: NDArray[np.intp],
        following: tuple[NDArray[np.intp], NDArray[np.intp]],
        count: int,
    ) -> None:
        self._energy, self._factor, self._precision = energy, factor, precision
        self._pull, self._moved = pull, moved
        self._following, self._count = following, count

    def solve(self, offsets: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the (V, 3) displacement, metres, for (N, 3) offsets of the handles.

        Eyes and teeth stay; tongue and lashes go with the skin nearest to them.
        """
        offsets = np.asarray(offsets, dtype=np.float64)
        require_shape("offsets", offsets, (self._pull.shape[1], 3), "Give one a handle.")
        wanted = self._pull @ offsets
        found = self._solve(wanted)
        found += self._solve(wanted - self._energy @ found)  # gives back the digits it lacks
        return _spread(found, self._moved, self._following, self._count)

    def _solve(self, wanted: NDArray[np.float64]) -> NDArray[np.float64]:
        """Solve for (S, 3) with the factor, to four digits if its numbers are short."""
        solved = self._factor.solve(wanted.astype(self._precision))
        return np.asarray(solved, dtype=np.float64)


def _spread(
    found: NDArray[np.float64],
    moved: NDArray[np.intp],
    following: tuple[NDArray[np.intp], NDArray[np.intp]],
    count: int,
) -> NDArray[np.float64]:
    """Return (V, 3) from the skin's (S, 3): eyes and teeth stay, tongue and lashes follow."""
    displacement = np.zeros((count, 3))
    displacement[moved] = found
    followers, leaders = following
    displacement[followers] = displacement[leaders].mean(axis=1)
    return displacement


def _factor(matrix: csc_matrix, order: str) -> SuperLU:
    """Factorise a symmetric positive matrix without looking for pivots."""
    from scipy.sparse.linalg import splu

    return splu(
        matrix,
        permc_spec=order,
        diag_pivot_thresh=0.0,
        relax=_SUPERNODE,
        panel_size=_PANEL,
        options={"SymmetricMode": True},
    )


def _plate(stiffness: csc_matrix, mass: NDArray[np.float64], length_m: float) -> csc_matrix:
    """Return the energy's matrix, scaled so that it answers a unit pull at one point by about 1.

    The plate's response at the point of a pull is 1 / (4πℓ²), so the energy is divided by that.
    """
    from scipy.sparse import diags

    if np.isfinite(length_m):
        smooth = (diags(mass) + length_m**2 * stiffness).tocsc()
        scale = 4.0 * np.pi * length_m**2
        return (smooth.T @ diags(1.0 / mass) @ smooth / scale).tocsc()
    bending = _REFERENCE_M**2 / (4.0 * np.pi) * (stiffness.T @ diags(1.0 / mass) @ stiffness)
    # without handles the plate floats: a whisper of mass keeps the matrix regular
    return (bending + diags(1e-9 * mass / mass.sum())).tocsc()


def _rim(triangles: NDArray[np.intp], count: int) -> NDArray[np.intp]:
    """Return the vertices on open edges, which bound one triangle only."""
    sides = np.sort(triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1).astype(np.int64)
    keys, uses = np.unique(sides[:, 0] * count + sides[:, 1], return_counts=True)
    return np.unique([keys[uses == 1] // count, keys[uses == 1] % count])


def _held(rig: FaceRig, moved: NDArray[np.intp], rim: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return (S,) how much each skin vertex is held: neck's cut and back of the head."""
    points = rig.neutral[moved].astype(np.float64)
    back = rig.eye_centres[:, 2].mean() - 1.6 * rig.interocular_m
    held = np.clip((back - points[:, 2]) / 0.02, 0.0, 1.0)
    low = rig.eye_centres[:, 1].mean() - 1.4 * rig.interocular_m  # not the rims of lids and mouth
    rim = rim[points[rim, 1] < low]
    if len(rim):
        from scipy.spatial import cKDTree

        away, _ = cKDTree(points[rim]).query(points)
        held = np.maximum(held, np.clip(1.0 - away / _BORDER_M, 0.0, 1.0))
    return held


def _nearest_skin(
    rig: FaceRig, vertices: NDArray[np.floating], moved: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the (T,) vertices of tongue and lashes and the (T, k) skin vertices they follow."""
    from scipy.spatial import cKDTree

    followers = np.flatnonzero(np.isin(rig.vertex_part, _FOLLOWING))
    near = min(4, len(moved))
    if len(followers) == 0:
        return followers, np.zeros((0, near), dtype=np.intp)
    _, nearest = cKDTree(vertices[moved]).query(vertices[followers], k=near)
    return followers, moved[nearest.reshape(len(followers), near)]
