"""A rig's modes as lists of the vertices that they move: most move a small part of the head."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..rig.face_rig import FaceRig, RigState, rotation_matrix
from .compiled import compiled

__all__ = ["Moves"]


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """All identity modes, then all blendshapes, one after the other.

    Attributes
    ----------
    neutral : (V, 3) metres, from the pivot
    starts : (K + B + 1,) where each mode's moves begin
    rows : (N,) the vertex that each moves
    moves : (N, 3) metres
    """

    neutral: NDArray[np.float64]
    starts: NDArray[np.int64]
    rows: NDArray[np.int32]
    moves: NDArray[np.float32]

    @classmethod
    def of(cls, rig: FaceRig) -> Moves:
        """Collect a rig's."""
        modes = [*rig.identity, *rig.blendshapes]
        moved = [np.flatnonzero(mode.any(axis=1)).astype(np.int32) for mode in modes]
        starts = np.cumsum([0, *(len(rows) for rows in moved)])
        moves = np.concatenate([mode[rows] for mode, rows in zip(modes, moved, strict=True)])
        neutral = rig.neutral.astype(np.float64) - rig.pivot
        return cls(neutral, starts, np.concatenate(moved), moves)

    def pose(self, state: RigState) -> NDArray[np.float64]:
        """Return the (V, 3) posed vertices, as `face_rig.pose` does."""
        amounts = np.concatenate([state.identity, state.weights])
        return _posed(
            self.neutral, self.starts, self.rows, self.moves, amounts,
            rotation_matrix(state.rotation),
        )  # fmt: skip


@compiled
def _posed(
    neutral: NDArray[np.float64],
    starts: NDArray[np.int64],
    rows: NDArray[np.int32],
    moves: NDArray[np.float32],
    amounts: NDArray[np.float64],
    turn: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Move the vertices by so much of every mode, and turn them."""
    posed = neutral.copy()
    for mode in range(len(amounts)):
        amount = amounts[mode]
        if amount == 0.0:
            continue
        for place in range(starts[mode], starts[mode + 1]):
            row = rows[place]
            for axis in range(3):
                posed[row, axis] += amount * float(moves[place, axis])
    for row in range(len(posed)):
        x, y, z = posed[row, 0], posed[row, 1], posed[row, 2]
        for axis in range(3):
            posed[row, axis] = turn[axis, 0] * x + turn[axis, 1] * y + turn[axis, 2] * z
    return posed
