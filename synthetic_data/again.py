"""A hand that draws the same thing more than once: it decides as before, but no line runs alike."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from .chance import chance_of

__all__ = ["Again"]

_DECISIONS, _LINES = 0, 1  # streams of chance


@dataclass(frozen=True, slots=True)
class Again:
    """One of several drawings of the same face by the same hand.

    Attributes
    ----------
    seed : what all of these drawings have in common
    take : number of this one
    """

    seed: tuple[int, ...]
    take: int

    def decisions(self, part: str) -> np.random.Generator:
        """Return the chance that decides how some part is drawn: the same in every drawing.

        Each part has its own, since with another expression a part may ask for more or less of it.
        """
        return chance_of((*self.seed, _DECISIONS), zlib.crc32(part.encode()))

    def lines(self) -> np.random.Generator:
        """Return the chance of this drawing's own wavering lines and paper."""
        return chance_of((*self.seed, _LINES), self.take)
