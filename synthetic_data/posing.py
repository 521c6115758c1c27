"""A rig's modes as lists of the vertices that they move: most move a small part of the head."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..rig.face_rig import FaceRig, RigState
from .compiled import compiled

__all__ = ["Moves"]

_GAP = 8
"""So many vertices that lie still between two that move are moved along, by nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """All identity modes, then all blendshapes, one after the other.

    A mode moves runs of neighbouring vertices; what is added to a run is one piece of memory.

    Attributes
    ----------
    neutral : (V, 3) metres, from the pivot
    starts : (K + B + 1,) where each mode's runs begin
    runs : (R, 3) of each run: its first number among the V x 3, its first one among `moves`, and
        how many they are
    moves : (N,) metres
    """

    neutral: NDArray[np.float64]
    starts: NDArray[np.int64]
    runs: NDArray[np.int64]
    moves: NDArray[np.float32]

    @classmethod
    def of(cls, rig: FaceRig) -> Moves:
        """Collect a rig's."""
        starts, runs, moves, count = [0], [], [], 0
        for mode in (*rig.identity, *rig.blendshapes):
            rows = np.flatnonzero(mode.any(axis=1))
            for run in np.split(rows, np.flatnonzero(np.diff(rows) > _GAP) + 1):
                if len(run):
                    moves.append(mode[run[0] : run[-1] + 1].reshape(-1))
                    runs.append((3 * run[0], count, len(moves[-1])))
                    count += len(moves[-1])
            starts.append(len(runs))
        neutral = rig.neutral.astype(np.float64) - rig.pivot
        return cls(
            neutral,
            np.array(starts),
            np.array(runs, dtype=np.int64).reshape(-1, 3),
            np.concatenate(moves).astype(np.float32),
        )

    def pose(self, state: RigState, turn: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the (V, 3) posed vertices, as `face_rig.pose` does.

        Parameters
        ----------
        turn : (3, 3) the state's rotation
        """
        amounts = np.concatenate([state.identity, state.weights])
        return _posed(self.neutral, self.starts, self.runs, self.moves, amounts, turn)


@compiled
def _posed(
    neutral: NDArray[np.float64],
    starts: NDArray[np.int64],
    runs: NDArray[np.int64],
    moves: NDArray[np.float32],
    amounts: NDArray[np.float64],
    turn: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Move the vertices by so much of every mode, and turn them."""
    posed = neutral.copy()
    numbers = posed.reshape(-1)
    for mode in range(len(amounts)):
        amount = amounts[mode]
        if amount == 0.0:
            continue
        for run in range(starts[mode], starts[mode + 1]):
            first, begin, count = runs[run, 0], runs[run, 1], runs[run, 2]
            moved, more = numbers[first : first + count], moves[begin : begin + count]
            for place in range(len(moved)):
                moved[place] += amount * float(more[place])
    for row in range(len(posed)):
        x, y, z = posed[row, 0], posed[row, 1], posed[row, 2]
        for axis in range(3):
            posed[row, axis] = turn[axis, 0] * x + turn[axis, 1] * y + turn[axis, 2] * z
    return posed
