"""The stiffness of all snakes together, as one narrow band that is solved in no time.

Snakes hang together along themselves and at their joints only. Numbered well, the equations of all
of them are a band a few nodes wide, whatever their number (Cuthill & McKee 1969,
doi:10.1145/800195.805928).
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dpbsv

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = ["Band"]

_FIXED = 1e9


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """Stiffness K of n nodes that m movers carry; joined nodes share a mover.

    Attributes
    ----------
    stiff : (n, n) sparse, K
    mover : (n,) number of each node's mover
    counts : (m,) nodes of each mover
    fixed : (m,) bool, movers that stay where they are
    place : (m,) each mover's place along the band
    rows : (w, 2 m) K summed up to movers, as LAPACK's lower band; x and y of a mover side by side
    """

    stiff: csr_matrix
    mover: NDArray[np.intp]
    counts: NDArray[np.float64]
    fixed: NDArray[np.bool_]
    place: NDArray[np.intp]
    rows: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        blocks: Sequence[NDArray[np.float64]],
        mover: NDArray[np.intp],
        fixed_nodes: NDArray[np.bool_],
    ) -> Band:
        """Lay out the band.

        Parameters
        ----------
        blocks : the stiffness of each snake, in the order of the nodes
        mover : (n,); `fixed_nodes` : (n,) bool
        """
        from scipy.sparse import csr_matrix

        row, column, value = _entries(blocks)
        nodes, count = len(mover), int(mover.max()) + 1
        first = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=nodes))])
        stiff = csr_matrix((value, column, first), shape=(nodes, nodes))
        ends = mover[row], mover[column]
        place = _along_the_band(ends[0].tobytes(), ends[1].tobytes(), count)
        low, high = place[ends[0]], place[ends[1]]
        below = low >= high
        apart = (low - high)[below]
        width = int(apart.max(initial=0)) + 1
        summed = np.bincount(apart * count + high[below], value[below], width * count)
        rows = np.zeros((max(2 * width - 1, 2), 2 * count))
        for axis in (0, 1):
            rows[: 2 * width : 2, axis::2] = summed.reshape(width, count)
        fixed = np.bincount(mover, fixed_nodes, count) > 0
        return cls(stiff, mover, np.bincount(mover).astype(np.float64), fixed, place, rows)

    def solve(
        self,
        push: NDArray[np.float64],
        springs: NDArray[np.float64],
        factor: float,
        drag: float,
        resting: NDArray[np.bool_],
    ) -> NDArray[np.float64]:
        """Solve (drag + springs + factor K) Δ = push; return the change Δ (n, 2) of the nodes.

        Parameters
        ----------
        push : (n, 2); springs : (n, 2, 2)
        resting : (n,) bool, nodes that shall not move
        """
        count = len(self.fixed)
        still = self.fixed | (np.bincount(self.mover, resting, count) > 0)
        band = factor * self.rows
        own = drag * self.counts + _FIXED * still
        band[0, 2 * self.place] += own + self._summed(springs[:, 0, 0])
        band[0, 2 * self.place + 1] += own + self._summed(springs[:, 1, 1])
        band[1, 2 * self.place] += self._summed(springs[:, 0, 1])
        right = np.empty(2 * count)
        for axis in (0, 1):
            right[2 * self.place + axis] = self._summed(push[:, axis])
        solved, fault = dpbsv(band, right, lower=1)[1:]
        if fault:
            return np.full_like(push, np.nan)
        moved = solved.reshape(count, 2)[self.place]
        moved[still] = 0.0
        return moved[self.mover]

    def joined(self, displacement: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the displacement (n, 2) with joined nodes at their mean and fixed ones at rest."""
        mean = np.column_stack([self._summed(displacement[:, axis]) for axis in (0, 1)])
        mean /= self.counts[:, None]
        mean[self.fixed] = 0.0
        return mean[self.mover]

    def _summed(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum values (n,) of nodes up to their movers (m,)."""
        summed: NDArray[np.float64] = np.bincount(self.mover, values, len(self.fixed)).astype(
            np.float64, copy=False
        )
        return summed


@lru_cache(maxsize=16)
def _along_the_band(first: bytes, second: bytes, count: int) -> NDArray[np.intp]:
    """Return (count,) each mover's place along the band; the same snakes come again and again.

    Parameters
    ----------
    first, second : pairs of movers that hang together, as the bytes of two arrays
    """
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import reverse_cuthill_mckee

    ends = (np.frombuffer(first, dtype=np.intp), np.frombuffer(second, dtype=np.intp))
    pairs = csr_matrix((np.ones(len(ends[0])), ends), (count, count))
    order = reverse_cuthill_mckee(pairs, symmetric_mode=True)
    place = np.empty(count, dtype=np.intp)
    place[order] = np.arange(count)
    return place


def _entries(
    blocks: Sequence[NDArray[np.float64]],
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Return rows, columns and values of blocks that lie along the diagonal."""
    rows, columns, values, first = [], [], [], 0
    for block in blocks:
        row, column = np.nonzero(block)
        rows.append(row + first)
        columns.append(column + first)
        values.append(block[row, column])
        first += len(block)
    return np.concatenate(rows), np.concatenate(columns), np.concatenate(values)
