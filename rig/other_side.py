"""What the side of a head does that a drawing does not show: as the side that it shows.

A drawing of a turned head says nothing of the far cheek, and often little of the far eye. Where a
place is hidden and its mirror image is seen, it moves as that does; where both are seen each goes
its own way, for hands and faces are not symmetric.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .camera import Camera
from .face_rig import PART_NAMES, FaceRig
from .normals import vertex_normals
from .visibility import visible_points

__all__ = ["OtherSide"]

_FOLLOWING = ("skin", "lashes")
_NEAR = 3
_SPREAD_M = 0.012
"""Standard deviation of the soft border between what is seen and what is not."""
_SURE = 3.0
"""A place counts as seen where a third of what lies around it is: the outline of the far cheek is
drawn, and stays where it was drawn."""
_LEAST = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class OtherSide:
    """Which places of a head are each other's mirror images; see `of`.

    Attributes
    ----------
    rows : (S,) the vertices of skin and lashes
    partners, shares : (S, 3) places among `rows` nearest to each one's mirror image, and how much
        each of them counts
    blur : (S, S) sparse, the mean over a vertex and its neighbours
    rounds : how often it is applied
    """

    rows: NDArray[np.intp]
    partners: NDArray[np.intp]
    shares: NDArray[np.float64]
    blur: Any
    rounds: int

    @staticmethod
    @lru_cache(maxsize=4)
    def of(rig: FaceRig) -> OtherSide:
        """Find the mirror images on a rig's neutral head."""
        from scipy.spatial import cKDTree

        rows = np.flatnonzero(
            np.isin(rig.vertex_part, [PART_NAMES.index(name) for name in _FOLLOWING])
        )
        points = np.asarray(rig.neutral, dtype=np.float64)[rows]
        away, partners = cKDTree(points).query(points * np.array([-1.0, 1.0, 1.0]), k=_NEAR)
        shares = 1.0 / np.maximum(away, 1e-7)
        shares /= shares.sum(axis=1, keepdims=True)
        blur, edge_m = _neighbour_mean(rig.triangles, rows, points)
        return OtherSide(
            rows, partners, shares, blur, max(round(4.0 * (_SPREAD_M / edge_m) ** 2), 1)
        )

    def hidden(
        self, rig: FaceRig, vertices: NDArray[np.float64], camera: Camera
    ) -> NDArray[np.float64] | None:
        """Return how much each of `rows` (S,) is to follow its mirror image; None if none is.

        Parameters
        ----------
        vertices : (V, 3) metres, the head as the camera sees it
        """
        normals = vertex_normals(vertices, rig.triangles)[self.rows]
        points = vertices[self.rows]
        seen = visible_points(vertices, rig.triangles, camera, points, normals).astype(np.float64)
        for _ in range(self.rounds):
            seen = self.blur @ seen
        seen = np.minimum(_SURE * seen, 1.0)
        other = (self.shares * seen[self.partners]).sum(axis=1)
        share = np.clip(other - seen, 0.0, 1.0)
        return share if share.max(initial=0.0) > _LEAST else None

    def evened(
        self, displacement: NDArray[np.float64], share: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return a displacement (V, 3) whose hidden places do what their mirror images do.

        Parameters
        ----------
        share : (S,) of `hidden`
        """
        mine = displacement[self.rows]
        others = np.einsum("sk,skc->sc", self.shares, mine[self.partners])
        others[:, 0] *= -1.0
        moved = displacement.copy()
        moved[self.rows] = mine + share[:, None] * (others - mine)
        return moved


def _neighbour_mean(
    triangles: NDArray[np.int32], rows: NDArray[np.intp], points: NDArray[np.float64]
) -> tuple[Any, float]:
    """Return the matrix that takes the mean of a vertex and its neighbours, and the usual edge."""
    from scipy.sparse import coo_matrix, diags, identity

    count = len(rows)
    place = np.full(int(triangles.max()) + 1, -1)
    place[rows] = np.arange(count)
    corners = place[triangles]
    corners = corners[(corners >= 0).all(axis=1)]
    first = corners[:, [0, 1, 2, 1, 2, 0]].ravel()
    second = corners[:, [1, 2, 0, 0, 1, 2]].ravel()
    edge_m = float(np.median(np.linalg.norm(points[first] - points[second], axis=1)))
    near = coo_matrix((np.ones(len(first)), (first, second)), shape=(count, count)).tocsr()
    near.data[:] = 1.0
    degree = np.maximum(np.asarray(near.sum(axis=1)).ravel(), 1.0)
    return (0.5 * (identity(count) + diags(1.0 / degree) @ near)).tocsr(), edge_m
