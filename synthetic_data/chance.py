"""Streams of chance: `default_rng(SeedSequence(…))`, begun in a tenth of the time.

A drawing asks for two streams, a frame of a clip for some forty.

References
----------
O'Neill (2015). Developing a seed_seq alternative. pcg-random.org/posts/developing-a-seed_seq-
alternative.html, as numpy's `SeedSequence` follows it.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.random.bit_generator import ISeedSequence
from numpy.typing import NDArray

from .compiled import compiled

__all__ = ["stream"]

_POOL = 4
_LOW = 0xFFFFFFFF
_FIRST_IN, _NEXT_IN = 0x43B0D7E5, 0x931E8875
_FIRST_OUT, _NEXT_OUT = 0x8B51F9DD, 0x58F38DED
_LEFT, _RIGHT = 0xCA01F9DD, 0x4973F715


class _Told(ISeedSequence):
    """A seed that is known already."""

    __slots__ = ("words",)

    def __init__(self, words: NDArray[np.uint64]) -> None:
        self.words = words

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> NDArray[np.uint64]:
        """Return the (4,) words that PCG64 asks for."""
        return self.words


def stream(seed: Sequence[int], key: Sequence[int] = ()) -> np.random.Generator:
    """Return the chance of `SeedSequence(seed, spawn_key=key)`; numbers are not below 0."""
    words = [word for number in seed for word in _words(number)]
    if key:
        words += [0] * (_POOL - len(words))
        words += [word for number in key for word in _words(number)]
    told = _Told(_mixed(np.array(words, dtype=np.int64)).view(np.uint64))
    return np.random.Generator(np.random.PCG64(told))  # type: ignore[arg-type]


def _words(number: int) -> list[int]:
    """Return a number's 32-bit words, the lowest first."""
    words = [number & _LOW]
    while number > _LOW:
        number >>= 32
        words.append(number & _LOW)
    return words


@compiled
def _times(first: int, second: int) -> int:
    """Return the low 32 bits of a product; in halves, since whole it would not fit 63 bits."""
    return (first * (second & 0xFFFF) + ((first * (second >> 16) & 0xFFFF) << 16)) & _LOW


@compiled
def _hashed(value: int, by: int, after: int) -> int:
    """Return a word hashed by one constant and the following one."""
    value = _times(value ^ by, after)
    return value ^ value >> 16


@compiled
def _mixed(words: NDArray[np.int64]) -> NDArray[np.uint32]:
    """Return the (8,) words of a state, from any number of 32-bit words."""
    pool, by = np.zeros(_POOL, dtype=np.int64), _FIRST_IN
    for place in range(_POOL):
        word = words[place] if place < len(words) else 0
        after = _times(by, _NEXT_IN)
        pool[place], by = _hashed(word, by, after), after
    for source in range(max(_POOL, len(words))):
        for place in range(_POOL):
            if source != place:
                after = _times(by, _NEXT_IN)
                word = pool[source] if source < _POOL else words[source]
                word, by = _hashed(word, by, after), after
                word = (_times(_LEFT, pool[place]) - _times(_RIGHT, word)) & _LOW
                pool[place] = word ^ word >> 16
    state, by = np.empty(2 * _POOL, dtype=np.uint32), _FIRST_OUT
    for place in range(2 * _POOL):
        after = _times(by, _NEXT_OUT)
        state[place], by = _hashed(pool[place % _POOL], by, after), after
    return state
