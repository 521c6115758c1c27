"""The chance that drawings are made of: numpy's, which draws single numbers faster here."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["chance_of"]


class _Chance(np.random.Generator):
    """A generator for many single numbers; all of them are those that numpy's own draws."""

    def uniform(self, low: Any = 0.0, high: Any = 1.0, size: Any = None) -> Any:
        """Draw between two numbers; numpy looks for arrays first, and that takes most of its time.

        A drawing asks some fifty times.
        """
        if size is None and type(low) is float and type(high) is float:
            return low + (high - low) * self.random()
        return super().uniform(low, high, size)


def chance_of(*seed: int, key: tuple[int, ...] = ()) -> np.random.Generator:
    """Return the stream of chance of some numbers.

    Parameters
    ----------
    seed, key : as `numpy.random.SeedSequence` takes them (`key` as its `spawn_key`)
    """
    return _Chance(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)))
