"""How places of a plate move each other: its solution at some vertices, kept for all handle sets.

Handles come and go with every stroke, the plate stays. With its solution known between the vertices
that handles may pull (Green's function, a dense matrix), a set of N handles is a dense system of N
equations, the capacitance matrix, instead of a sparse one of all vertices.

References
----------
Hager (1989). Updating the inverse of a matrix. doi:10.1137/1031049
James & Pai (1999). ArtDefo: accurate real time deformable objects. doi:10.1145/311535.311542
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csc_matrix
    from scipy.sparse.linalg import SuperLU

__all__ = ["Influence"]

_MOST_NEW = 64
"""Learning so many vertices takes as long as two thirds of a factorisation."""
_MOST_KNOWN = 2500  # 25 MB


class Influence:
    """What is known of a plate's response.

    Parameters
    ----------
    plate : (S, S) sparse, symmetric and positive, its rows in an order good for elimination
    rows : numbers of the rows to know from the beginning
    factorise : makes a factor of a matrix whose order is good already
    """

    def __init__(
        self,
        plate: csc_matrix,
        rows: NDArray[np.intp],
        factorise: Callable[[csc_matrix], SuperLU],
    ) -> None:
        self._factor = factorise(plate)
        rows = np.unique(rows)
        self._place = np.full(plate.shape[0], -1)
        self._place[rows] = np.arange(len(rows))
        # eliminated last, they leave a dense block that is their own inverse
        order = np.concatenate([np.flatnonzero(self._place < 0), rows])
        last = factorise(plate[order][:, order].tocsc())
        block = np.s_[plate.shape[0] - len(rows) :]
        lower, upper = last.L[block, block].toarray(), last.U[block, block].toarray()
        self._known = rows
        # of those known, with room for more; short numbers do, to a thousandth of a millimetre
        self._between = np.linalg.inv(lower @ upper).astype(np.float32)

    def learn(self, rows: NDArray[np.intp]) -> bool:
        """Learn some rows more; tell whether all of them are known now.

        A few at a time, so that no single answer takes long.
        """
        new = np.unique(rows[self._place[rows] < 0])
        known = len(self._known)
        taken = new[: min(_MOST_NEW, _MOST_KNOWN - known)]
        if len(taken):
            pulls = np.zeros((len(self._place), len(taken)))
            pulls[taken, np.arange(len(taken))] = 1.0
            response = self._factor.solve(pulls)
            self._known = np.concatenate([self._known, taken])
            grown = len(self._known)
            self._place[taken] = np.arange(known, grown)
            self._make_room(known, grown)
            self._between[:grown, known:grown] = response[self._known]
            self._between[known:grown, :known] = self._between[:known, known:grown].T
        return len(taken) == len(new)

    def _make_room(self, known: int, wanted: int) -> None:
        """Let the matrix hold so many rows; now and then, because it is copied for that."""
        if wanted <= len(self._between):
            return
        wider = np.zeros((min(max(wanted, 2 * known), _MOST_KNOWN),) * 2, dtype=np.float32)
        wider[:known, :known] = self._between[:known, :known]
        self._between = wider

    def solve(
        self,
        corners: NDArray[np.intp],
        shares: NDArray[np.float64],
        offsets: NDArray[np.float64],
        weights: NDArray[np.float64],
        in_haste: bool = False,
    ) -> NDArray[np.float64]:
        """Return (S, 3): where the plate goes when places of it are pulled.

        Parameters
        ----------
        corners, shares : (N, 3) the rows that each place lies between, all known, and its shares
        offsets : (N, 3) where it is to go
        weights : (N,) > 0, how firmly
        in_haste : what pulls at one triangle pulls at its middle: a triangle is small beside the
            length of the plate, and there are half as many equations
        """
        from scipy.linalg.lapack import sposv
        from scipy.sparse import csr_matrix

        corners, shares, offsets, weights = _merged(
            corners, shares, offsets, weights, by_triangle=in_haste
        )
        rows, column = np.unique(corners, return_inverse=True)
        first = np.arange(0, corners.size + 1, 3)
        short = shares.astype(np.float32).ravel()
        pick = csr_matrix((short, column.ravel(), first), (len(corners), len(rows)))
        place = self._place[rows]
        between = self._between[np.ix_(place, place)]
        system = pick @ (pick @ between).T
        system.flat[:: len(system) + 1] += 1.0 / weights
        pull, fault = sposv(system, offsets.astype(np.float32), lower=1)[1:]
        if fault:  # all but singular: handles hold each other too firmly for short numbers
            pull = np.linalg.solve(system.astype(np.float64), offsets)
        wanted = np.zeros((len(self._place), 3))
        wanted[rows] = pick.T @ pull
        return np.asarray(self._factor.solve(wanted))


def _merged(
    corners: NDArray[np.intp],
    shares: NDArray[np.float64],
    offsets: NDArray[np.float64],
    weights: NDArray[np.float64],
    by_triangle: bool = False,
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Put what pulls at one place together: the sum of the weights, the mean of the offsets.

    Parameters
    ----------
    by_triangle : a triangle is one place; where in it is the mean
    """
    keys: tuple[NDArray[Any], ...] = (corners[:, 2], corners[:, 1], corners[:, 0])
    if not by_triangle:
        keys = (shares[:, 1], shares[:, 0], *keys)
    order = np.lexsort(keys)
    is_first = np.ones(len(order), dtype=bool)
    is_first[1:] = np.any([key[order][1:] != key[order][:-1] for key in keys], axis=0)
    owner, chosen = np.cumsum(is_first) - 1, order[is_first]
    total: NDArray[np.float64] = np.bincount(owner, weights[order]).astype(np.float64, copy=False)

    def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mean of values (N, 3) at each place."""
        pulled = weights[order, None] * values[order]
        sums = [np.bincount(owner, pulled[:, axis]) for axis in range(3)]
        return np.column_stack(sums) / total[:, None]

    return corners[chosen], mean(shares) if by_triangle else shares[chosen], mean(offsets), total
