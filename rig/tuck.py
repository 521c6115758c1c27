"""Keep the mouth's inside behind the lips and the chin.

A strong identity or correction moves the outer skin further than what lies behind it, which would
then show through the chin. Every point inside knows its mate on the outer skin, and how deep it
lies behind it at rest; it may come nearer, but not through.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .face_rig import PART_NAMES, FaceRig
from .look import mouth_cavity
from .normals import vertex_normals

__all__ = ["MouthTuck"]

_SKIN = PART_NAMES.index("skin")
_WHOLE = tuple(PART_NAMES.index(name) for name in ("teeth_upper", "teeth_lower", "tongue"))
_NEAR_M = 0.06
_DEEPEST_M = 0.03
_KEPT_SHARE, _KEPT_MOST_M = 0.6, 0.003
_SLACK_M = 0.004
_MATES = 3


class MouthTuck:
    """The mouth's inside and its mates on the outer skin, for one rig.

    Parameters
    ----------
    rig : a head; one without teeth, tongue and lining is left as it is
    """

    def __init__(self, rig: FaceRig) -> None:
        from scipy.spatial import cKDTree

        self._rig = rig
        neutral = rig.neutral.astype(np.float64)
        normals = vertex_normals(neutral, rig.triangles)
        cavity = mouth_cavity(rig) > 0.3
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
        depth = self._depth(neutral, normals)
        self._least = np.clip(_KEPT_SHARE * depth, None, _KEPT_MOST_M)
        self._counts = (depth > 0.0) & (depth < _DEEPEST_M)

    def _distance(self, vertices: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (N, mates) distances to the mates, metres."""
        return np.linalg.norm(vertices[self._mates] - vertices[self._inside][:, None], axis=2)

    def _depth(
        self, vertices: NDArray[np.float64], normals: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return (N, mates) how deep the inside lies behind its mates, metres."""
        away = vertices[self._mates] - vertices[self._inside][:, None]
        return (away * normals[self._mates]).sum(axis=2)

    def apply(self, vertices: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return (V, 3) metres with what came through the skin put back behind it.

        The lining gives way point by point, each row of teeth and the tongue as a whole.

        Parameters
        ----------
        vertices : (V, 3) metres, in any rigid frame
        """
        result = np.array(vertices, dtype=np.float64)
        if len(self._inside) == 0:
            return result
        normals = vertex_normals(result, self._rig.triangles)
        counts = self._counts & (self._distance(result) < self._reach)
        missing = np.where(counts, self._least - self._depth(result, normals), 0.0)
        worst = missing.argmax(axis=1)
        rows = np.arange(len(worst))
        amount = np.maximum(missing[rows, worst], 0.0)
        push = -normals[self._mates[rows, worst]] * amount[:, None]
        part = self._rig.vertex_part[self._inside]
        for whole in _WHOLE:
            mine = part == whole
            if mine.any():
                push[mine] = _as_one(push[mine], amount[mine])
        result[self._inside] += push
        for whole in _WHOLE:  # what lies too far back to have a mate goes along
            mine = part == whole
            if mine.any():
                rest = self._rig.vertex_part == whole
                rest[self._inside[mine]] = False
                result[rest] += push[mine][0]
        return result


def _as_one(push: NDArray[np.float64], amount: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return one way (3,) for all points: as far as nearly all of them need."""
    needing = amount > 0.0
    if needing.mean() < 0.02:
        return np.zeros(3)
    direction = push[needing].sum(axis=0)
    size = float(np.linalg.norm(direction))
    if size < 1e-12:
        return np.zeros(3)
    return direction / size * float(np.percentile(amount[needing], 80))
