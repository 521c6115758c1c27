"""Snakes that belong together: shared corners, and curves that must not cross."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import LimnerError

__all__ = ["Joint", "Order", "order_frame", "separate", "share_nodes"]

_SWEEPS = 12


@dataclass(frozen=True, slots=True)
class Joint:
    """Points of several snakes that move as one, such as the corner of an eye.

    Attributes
    ----------
    members : (name, index) pairs; the index counts the points given, -1 is the last
    """

    members: tuple[tuple[str, int], ...]

    def __post_init__(self) -> None:
        if len(self.members) < 2:
            raise LimnerError(f"Joint: got {self.members}, expected two or more (name, index).")


@dataclass(frozen=True, slots=True)
class Order:
    """Two snakes that run side by side and may touch but not cross.

    Attributes
    ----------
    above, below : names
    gap_px : the least distance, pixels
    down : (x, y), from `above` to `below`; None takes it from the starts, which works if they
        don't cross
    """

    above: str
    below: str
    gap_px: float = 0.0
    down: tuple[float, float] | None = None


def share_nodes(count: int, joints: Iterable[Sequence[int]]) -> NDArray[np.intp]:
    """Return for each of `count` nodes the number of its mover; joined nodes share one.

    Parameters
    ----------
    joints : groups of node numbers
    """
    leader = np.arange(count)
    for nodes in joints:
        joined = np.unique(leader[list(nodes)])
        for number in joined[1:].tolist():
            leader[leader == number] = joined[0]
    return np.unique(leader, return_inverse=True)[1].reshape(-1)


def order_frame(
    above: NDArray[np.float64],
    below: NDArray[np.float64],
    down: tuple[float, float] | None,
) -> NDArray[np.float64]:
    """Return a rotation (2, 2) that maps pixels to (along the curves, down across them)."""
    ends = (above[-1] - above[0], below[-1] - below[0])
    along = ends[0] + (ends[1] if ends[0] @ ends[1] >= 0.0 else -ends[1])
    if down is not None:
        across = np.asarray(down, dtype=np.float64)
    else:
        across = np.array([-along[1], along[0]])
        offset = below.mean(axis=0) - above.mean(axis=0)
        side = across @ offset
        # Curves that lie on each other tell nothing: then down is down on the screen.
        if abs(side) <= 1e-3 * (across @ across):
            side = across[1]
        across = across if side >= 0.0 else -across
    across = across / max(float(np.linalg.norm(across)), 1e-12)
    return np.array([[across[1], -across[0]], across])


def separate(
    above: NDArray[np.float64],
    below: NDArray[np.float64],
    frame: NDArray[np.float64],
    gap_px: float,
    share: float = 0.5,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Move two curves apart, just as far as they cross.

    Parameters
    ----------
    above, below : (N, 2) and (M, 2), pixels
    frame : see `order_frame`
    gap_px : the least distance
    share : how much of the way `below` goes, 0 to 1

    Returns
    -------
    above, below : the curves moved
    """
    upper, lower = above @ frame.T, below @ frame.T
    # curves move across only: what lies beside what stays the same
    by_upper, by_lower = (np.argsort(c[:, 0], kind="stable") for c in (upper, lower))
    upper_at, lower_at = upper[by_upper, 0], lower[by_lower, 0]
    high, low = upper[by_upper, 1], lower[by_lower, 1]

    def too_low() -> NDArray[np.float64]:
        """Return how far each upper node (N,) lies below the lower curve, 0 where it doesn't."""
        return np.maximum(high + gap_px - np.interp(upper_at, lower_at, low, np.inf, np.inf), 0.0)

    def too_high() -> NDArray[np.float64]:
        """Return how far each lower node (M,) lies above the upper curve, 0 where it doesn't."""
        return np.maximum(np.interp(lower_at, upper_at, high, -np.inf, -np.inf) + gap_px - low, 0.0)

    from_upper, from_lower = too_low(), too_high()
    if not (from_upper.max() > 1e-9 or from_lower.max() > 1e-9):
        return above, below
    for sweep in range(_SWEEPS):
        # The last sweep moves one curve alone, so that nothing is left over on it.
        part = share if sweep < _SWEEPS - 1 else 1.0
        if sweep:
            from_upper, from_lower = too_low(), too_high()
        if not (from_upper.max() > 1e-9 or from_lower.max() > 1e-9):
            break
        high -= (1.0 - part) * from_upper
        low += part * from_lower
        if sweep < _SWEEPS - 1:
            # Corners of one curve between nodes of the other are met from both sides.
            high -= (1.0 - part) * too_low()
    upper[by_upper, 1], lower[by_lower, 1] = high, low
    return upper @ frame, lower @ frame
