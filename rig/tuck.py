"""Keep the mouth's inside behind the lips and the chin.

A strong identity or correction moves the outer skin further than what lies behind it, which would
then show through the chin. Every point inside knows its mate on the outer skin, and how deep it
lies behind it at rest; it may come nearer, but not through.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .face_rig import PART_NAMES, FaceRig
from .look import mouth_cavity
from .mouth_room import LINING, MouthRoom
from .normals import vertex_normals

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = ["MouthTuck"]

_SKIN = PART_NAMES.index("skin")
_TEETH = tuple(PART_NAMES.index(name) for name in ("teeth_upper", "teeth_lower"))
_WHOLE = (*_TEETH, PART_NAMES.index("tongue"))
_NEAR_M = 0.06
_DEEPEST_M = 0.03
_KEPT_SHARE, _KEPT_MOST_M = 0.6, 0.003
_SLACK_M = 0.004
_MATES = 3
_SOFT_ROUNDS = 6
_LINING_ROUNDS = 2
_LIP_GAP_M = 0.0002  # between lips and teeth
_LIP_NEAR_M = 0.004  # teeth farther from a lip than this are not what it goes through
_LIP_ROUNDS, _LIP_STEP_M = 6, 0.003
_FACING = 0.05
_LIPS = ("upper_lip_outer", "upper_lip_inner", "lower_lip_inner", "lower_lip_outer")


class MouthTuck:
    """The mouth's inside and its mates on the outer skin, for one rig.

    Parameters
    ----------
    rig : a head; one without teeth, tongue and lining is left as it is
    """

    def __init__(self, rig: FaceRig) -> None:
        from scipy.spatial import cKDTree

        self._rig, self._room = rig, MouthRoom.of(rig)
        neutral = rig.neutral.astype(np.float64)
        normals = vertex_normals(neutral, rig.triangles)
        cavity = mouth_cavity(rig) > LINING
        self._inside = np.flatnonzero(
            cavity | np.isin(rig.vertex_part, _WHOLE) & (neutral[:, 2] > rig.pivot[2])
        )
        middle = rig.landmarks.interpolate(rig.neutral, rig.triangles)[48:68].mean(axis=0)
        near = np.linalg.norm(neutral - middle, axis=1) < _NEAR_M
        outer = near & (rig.vertex_part == _SKIN) & (mouth_cavity(rig) == 0.0)
        outer &= normals[:, 2] > -0.3
        self._outer = np.flatnonzero(outer)
        count = min(_MATES, len(self._outer))
        if len(self._inside) == 0 or count == 0:
            self._inside = self._inside[:0]
            return
        # Near at rest and with the jaw open: what moves with the lower lip has its mates there
        jaw = rig.blendshapes[rig.shape_names.index("jawOpen")].astype(np.float64)
        place = np.concatenate([neutral, neutral + jaw], axis=1)
        _, mates = cKDTree(place[self._outer]).query(place[self._inside], k=count)
        self._mates = self._outer[mates.reshape(len(self._inside), count)]
        self._reach = 1.3 * self._distance(neutral) + _SLACK_M
        self._around = self._neighbours()
        teeth = np.isin(rig.vertex_part, _TEETH)
        asked = np.zeros(len(neutral), dtype=bool)
        asked[self._mates] = True
        near = rig.triangles[(asked | teeth)[rig.triangles].any(axis=1)]
        self._shown = np.unique(near)  # the vertices whose normals are asked for, and theirs beside
        self._near = np.searchsorted(self._shown, near)
        depth = self._depth(neutral, normals)
        self._least = np.clip(_KEPT_SHARE * depth, None, _KEPT_MOST_M)
        self._counts = (depth > 0.0) & (depth < _DEEPEST_M)

    def _neighbours(self) -> tuple[NDArray[np.intp], csr_matrix]:
        """Return the (N,) vertices that softening may meet, and the (N, N) mean over neighbours."""
        from scipy.sparse import csr_matrix

        sides = self._rig.triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
        here, there = np.concatenate([sides, sides[:, ::-1]]).T.astype(np.intp)
        count = len(self._rig.neutral)
        near = np.zeros(count, dtype=bool)
        near[self._inside] = True
        for _ in range(_SOFT_ROUNDS):
            near[here[near[there]]] = True
        share = 1.0 / np.maximum(np.bincount(here, minlength=count), 1)
        met = near[here] & near[there]  # nothing comes from farther away
        place = np.cumsum(near) - 1
        shape = (int(near.sum()),) * 2
        mean = csr_matrix((share[here[met]], (place[here[met]], place[there[met]])), shape)
        return np.flatnonzero(near), mean

    def _normals(self, vertices: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (V, 3) unit normals; those of mates and teeth are known, the others zero."""
        normals = np.zeros_like(vertices)
        normals[self._shown] = vertex_normals(vertices[self._shown], self._near)
        return normals

    def _distance(self, vertices: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (N, mates) distances to the mates, metres."""
        return np.linalg.norm(vertices[self._mates] - vertices[self._inside][:, None], axis=2)

    def _depth(
        self, vertices: NDArray[np.float64], normals: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return (N, mates) how deep the inside lies behind its mates, metres."""
        away = vertices[self._mates] - vertices[self._inside][:, None]
        return (away * normals[self._mates]).sum(axis=2)

    def apply(self, vertices: NDArray[np.floating], in_haste: bool = False) -> NDArray[np.float64]:
        """Return (V, 3) metres with what came through the skin put back behind it.

        The lining gives way softly; each row of teeth and the tongue go straight back as they are,
        until the lips lie before them. Where there is no room behind the skin teeth become smaller.

        Parameters
        ----------
        vertices : (V, 3) metres, in the rig's own frame
        in_haste : the lining gives way once; what is left shows little, and goes the next time
        """
        result = np.array(vertices, dtype=np.float64)
        if len(self._inside) == 0:
            return result
        part, normals = self._rig.vertex_part, self._normals(result)
        push = self._push(result, normals)
        picture = self._room.look(result)  # of the outer skin, which stays where it is
        for whole in _WHOLE:
            rows = np.flatnonzero(part == whole)
            if len(rows):
                result[rows, 2] -= _way_back(push[np.intersect1d(rows, self._inside)])
        lining = self._inside[part[self._inside] == _SKIN]
        for number in range(1 if in_haste else _LINING_ROUNDS):
            if number:  # the teeth's way does not change the lining's first one
                push = self._push(result, self._normals(result))
            result[lining] += self._softened(push)[lining]
            result[lining] += self._softened(self._room.way_in(result, picture))[lining]
        for whole in _TEETH:
            rows = np.flatnonzero(part == whole)
            if len(rows):
                # teeth went straight back: their normals are as they were
                result[rows, 2] -= self._behind_lips(result, rows, normals[rows])
        return self._room.fit_teeth(result, picture)

    def _push(
        self, vertices: NDArray[np.float64], normals: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return (V, 3) metres: the way of every point inside to its least depth."""
        counts = self._counts & (self._distance(vertices) < self._reach)
        missing = np.where(counts, self._least - self._depth(vertices, normals), 0.0)
        worst = missing.argmax(axis=1)
        rows = np.arange(len(worst))
        amount = np.maximum(missing[rows, worst], 0.0)
        push = np.zeros_like(vertices)
        push[self._inside] = -normals[self._mates[rows, worst]] * amount[:, None]
        push[:, 2] = np.minimum(push[:, 2], 0.0)  # nothing comes forward
        return push

    def _softened(self, push: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (V, 3) a push that takes its neighbours along, so that nothing folds."""
        if not push.any():
            return push
        rows, mean = self._around
        near = push[rows]
        for _ in range(_SOFT_ROUNDS):
            carried = mean @ near
            is_less = _squared(near) < _squared(carried)
            if not is_less.any():
                break
            near = np.where(is_less[:, None], carried, near)
        softened = push.copy()
        softened[rows] = near
        return softened

    def _behind_lips(
        self,
        vertices: NDArray[np.float64],
        rows: NDArray[np.intp],
        normals: NDArray[np.float64],
    ) -> float:
        """Return how far back a row of teeth must go until the lips' lines lie before it.

        Parameters
        ----------
        normals : (N, 3) of these teeth
        """
        from scipy.spatial.distance import cdist

        lips = [self._rig.curves[name].points for name in _LIPS if name in self._rig.curves]
        if not lips:
            return 0.0
        triangles = self._rig.triangles
        points = np.concatenate([lip.interpolate(vertices, triangles) for lip in lips])
        teeth = vertices[rows].copy()
        start = teeth[0, 2]
        for _ in range(_LIP_ROUNDS):
            away = cdist(points, teeth, "sqeuclidean")
            nearest = away.argmin(axis=1)
            through = ((teeth[nearest] - points) * normals[nearest]).sum(axis=1) + _LIP_GAP_M
            facing = normals[nearest, 2]
            counts = (away.min(axis=1) < _LIP_NEAR_M**2) & (through > 0.0) & (facing > _FACING)
            if not counts.any():
                break
            teeth[:, 2] -= min(float((through / facing)[counts].max()), _LIP_STEP_M)
        return float(start - teeth[0, 2])


def _squared(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (N,) the squared lengths of (N, 3)."""
    return np.einsum("nd,nd->n", vectors, vectors)


def _way_back(push: NDArray[np.float64]) -> float:
    """Return how far back all points go, metres: as far as nearly all of them need."""
    amount = np.linalg.norm(push, axis=1)
    needing = amount > 0.0
    if len(push) == 0 or needing.mean() < 0.02:
        return 0.0
    return float(np.percentile(amount[needing], 80))
