"""The chance that drawings are made of: numpy's, handed out faster.

Making a generator and drawing single numbers, some 120 a drawing, cost numpy a twentieth of the
time of a whole drawing.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.random.bit_generator import ISeedSequence
from numpy.typing import NDArray

__all__ = ["beside", "chance_of"]

_STORE = 128
"""Numbers that are drawn at once to be handed out one by one."""
_PLAIN = (float, int)
_STRIDE = 0x9E3779B97F4A7C15F39CC0605CEDC835
"""From one stream to the next: the golden section of PCG64's period, as in its `jumped`."""
_ASIDE = 1 << 64
"""Streams of one seed are numbered below this."""


class _Chance(np.random.Generator):
    """A generator that hands single numbers out of a store; arrays are numpy's own."""

    def __init__(self, bits: np.random.BitGenerator) -> None:
        super().__init__(bits)
        self._uniform: list[float] = []
        self._normal: list[float] = []

    def random(self, size: Any = None, dtype: Any = np.float64, out: Any = None) -> Any:
        """Draw from [0, 1)."""
        if size is not None or out is not None:
            return super().random(size, dtype, out)
        if not self._uniform:
            self._uniform = super().random(_STORE).tolist()
        return self._uniform.pop()

    def uniform(self, low: Any = 0.0, high: Any = 1.0, size: Any = None) -> Any:
        """Draw between two numbers."""
        if size is not None or not isinstance(low, _PLAIN):
            return super().uniform(low, high, size)
        if not self._uniform:
            self._uniform = super().random(_STORE).tolist()
        return low + (high - low) * self._uniform.pop()

    def integers(
        self,
        low: Any,
        high: Any = None,
        size: Any = None,
        dtype: Any = np.int64,
        endpoint: Any = False,
    ) -> Any:
        """Draw a whole number below `low`, or from `low` on below `high`."""
        if size is not None or endpoint:
            return super().integers(low, high, size, dtype, endpoint)
        first, end = (0, low) if high is None else (low, high)
        return first + int((end - first) * self.random())

    def normal(self, loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Any:
        """Draw a normal number."""
        if size is not None or not isinstance(scale, _PLAIN):
            return super().normal(loc, scale, size)
        return loc + scale * self.standard_normal()

    def standard_normal(self, size: Any = None, dtype: Any = np.float64, out: Any = None) -> Any:
        """Draw a normal number of mean 0 and standard deviation 1."""
        if size is not None or out is not None:
            return super().standard_normal(size, dtype, out)
        if not self._normal:
            self._normal = super().standard_normal(_STORE).tolist()
        return self._normal.pop()


def chance_of(seed: tuple[int, ...], number: int) -> np.random.Generator:
    """Return one of many streams of chance: of the same seed and number, always the same.

    Parameters
    ----------
    seed : what the streams have in common, as `numpy.random.SeedSequence` takes it
    number : which of them; they lie as far apart as those of `numpy.random.PCG64.jumped`
    """
    bits = np.random.PCG64(_words(seed))  # type: ignore[arg-type]  # numpy's stub knows fewer
    bits.advance(number * _STRIDE)
    return _Chance(bits)


def beside(rng: np.random.Generator) -> np.random.Generator:
    """Return a stream beside another one, which is left as it is.

    What came to the drawings later decides by it, so that older decisions stay as they were.
    """
    bits: Any = np.random.PCG64(_words((0,)))  # type: ignore[arg-type]
    bits.state = rng.bit_generator.state
    bits.advance(_ASIDE * _STRIDE)
    return _Chance(bits)


class _Words(ISeedSequence):
    """What a seed sequence tells PCG64, told again and again."""

    def __init__(self, words: NDArray[Any]) -> None:
        self._told = words

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> Any:
        """Return the (4,) words."""
        return self._told


@lru_cache(maxsize=64)
def _words(seed: tuple[int, ...]) -> _Words:
    """Return what PCG64 makes of a seed."""
    return _Words(np.random.SeedSequence(seed).generate_state(4, np.uint64))
