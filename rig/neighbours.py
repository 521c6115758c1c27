"""Which triangles meet at which vertex of a mesh: asked often, of a few vertices each time."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["MeshNeighbours"]

_KEPT = 4
_known: dict[int, MeshNeighbours] = {}


@dataclass(frozen=True, slots=True, eq=False)
class MeshNeighbours:
    """The triangles of a mesh by their corners.

    Attributes
    ----------
    triangles : (F, 3) int32
    around : (V, M) the triangles at each vertex; F where there are fewer than M
    """

    triangles: NDArray[np.int32]
    around: NDArray[np.intp]

    @classmethod
    def of(cls, triangles: NDArray[np.int32], count: int) -> MeshNeighbours:
        """Return the neighbours in a mesh of `count` vertices; of the last few meshes they are
        known.
        """
        known = _known.get(id(triangles))
        # it holds its triangles, so that no other array can have their address meanwhile
        if known is not None and known.triangles is triangles and len(known.around) == count:
            return known
        while len(_known) >= _KEPT:
            _known.pop(next(iter(_known)))
        return _known.setdefault(id(triangles), cls(triangles, _around(triangles, count)))

    def touching(self, vertices: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the triangles that have one of some vertices for a corner, in order."""
        met = np.zeros(len(self.triangles) + 1, dtype=bool)
        met[self.around[vertices]] = True
        return np.flatnonzero(met[:-1])

    def corners_of(self, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the corners of some triangles, in order."""
        met = np.zeros(len(self.around), dtype=bool)
        met[self.triangles[rows]] = True
        return np.flatnonzero(met)


def _around(triangles: NDArray[np.int32], count: int) -> NDArray[np.intp]:
    """Return (V, M) the triangles at each vertex, filled up with F."""
    corner = triangles.ravel()
    order = np.argsort(corner, kind="stable")
    uses = np.bincount(corner, minlength=count)
    place = np.arange(len(order)) - np.repeat(np.cumsum(uses) - uses, uses)
    around = np.full((count, max(int(uses.max(initial=0)), 1)), len(triangles))
    around[corner[order], place] = order // 3
    return around
