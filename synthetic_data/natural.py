"""Expressions as people were seen to make them, and pairs of Action Units that are easily confused.

References
----------
Du, Tao & Martinez (2014). Compound facial expressions of emotion. PNAS 111(15), E1454-E1462,
table 1: which Action Units 230 people used for each of 21 emotions. doi:10.1073/pnas.1322355111
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

__all__ = ["CONFUSED", "MEASURED", "Measured", "sample_confused", "sample_measured"]


class Measured(NamedTuple):
    """How people show one emotion.

    Attributes
    ----------
    always : Action Units that more than 70 % of the people used
    sometimes : Action Unit → share of the people who used it
    emotion : limner's name for it, where it has one
    """

    always: tuple[int, ...]
    sometimes: dict[int, float]
    emotion: str | None = None


MEASURED: dict[str, Measured] = {
    "happy": Measured((12, 25), {6: 0.51}, "happy"),
    "sad": Measured((4, 15), {1: 0.6, 6: 0.5, 17: 0.67}, "sad"),
    "fearful": Measured((1, 4, 20, 25), {2: 0.57, 5: 0.63, 26: 0.33}, "afraid"),
    "angry": Measured((4, 7, 24), {10: 0.26, 17: 0.52, 23: 0.29}, "angry"),
    "surprised": Measured((1, 2, 25, 26), {5: 0.66}, "surprised"),
    "disgusted": Measured((9, 10, 17), {4: 0.31, 24: 0.26}, "disgusted"),
    "happily surprised": Measured((1, 2, 12, 25), {5: 0.64, 26: 0.67}),
    "happily disgusted": Measured((10, 12, 25), {4: 0.32, 6: 0.61, 9: 0.59}),
    "sadly fearful": Measured((1, 4, 20, 25), {2: 0.46, 5: 0.24, 6: 0.34, 15: 0.3}),
    "sadly angry": Measured((4, 15), {6: 0.26, 7: 0.48, 17: 0.5}),
    "sadly surprised": Measured((1, 4, 25, 26), {2: 0.27, 6: 0.31}),
    "sadly disgusted": Measured((4, 10), {1: 0.49, 6: 0.61, 9: 0.2, 15: 0.54, 17: 0.47, 25: 0.43}),
    "fearfully angry": Measured((4, 20, 25), {5: 0.4, 7: 0.39, 10: 0.3}),
    "fearfully surprised": Measured((1, 2, 5, 20, 25), {4: 0.47, 10: 0.35, 26: 0.51}),
    "fearfully disgusted": Measured(
        (1, 4, 10, 20, 25), {2: 0.64, 5: 0.5, 6: 0.26, 9: 0.28, 15: 0.33}
    ),
    "angrily surprised": Measured((4, 25, 26), {5: 0.35, 7: 0.5, 10: 0.34}),
    "angrily disgusted": Measured((4, 10, 17), {7: 0.6, 9: 0.57, 24: 0.36}),
    "disgustedly surprised": Measured((1, 2, 5, 10), {4: 0.45, 9: 0.37, 17: 0.66, 24: 0.33}),
    "appalled": Measured((4, 10), {6: 0.25, 9: 0.56, 17: 0.67, 24: 0.36}),
    "hating": Measured((4, 10), {7: 0.57, 9: 0.27, 17: 0.63, 24: 0.37}),
    "awed": Measured((1, 2, 5, 25), {4: 0.21, 20: 0.62, 26: 0.56}),
}
"""What was seen, without AU11, of which limner does not speak. Written down from memory of the
table, not from its page: good for drawing faces, not for citing."""

CONFUSED: tuple[tuple[dict[int, float], ...], ...] = (
    ({6: 1.0}, {7: 1.0}),
    ({12: 1.0}, {14: 1.0}, {20: 1.0}),
    ({15: 1.0}, {17: 1.0}),
    ({1: 1.0, 4: 1.0}, {1: 1.0, 2: 1.0}),
    ({43: 0.7}, {64: 1.0}),
    ({23: 1.0}, {24: 1.0}, {28: 1.0}),
    ({25: 1.0}, {25: 0.6, 26: 1.0}),
)
"""Groups of expressions of which one is easily taken for another, each Action Unit's most."""

_LEVELS, _CONFUSED_LEVELS = (0.4, 0.9), (0.2, 1.0)


def sample_measured(
    rng: np.random.Generator, excluded: Callable[[int, int], bool]
) -> tuple[dict[int, float], str | None]:
    """Draw one expression as often made of these Action Units as it was seen.

    Parameters
    ----------
    excluded : says whether two Action Units cannot stand together; the rarer one is then left out

    Returns
    -------
    Action Unit → intensity, and the emotion, where limner has a name for it.
    """
    told = [*MEASURED.values()][int(rng.integers(len(MEASURED)))]
    used = list(told.always)
    for au, share in sorted(told.sometimes.items(), key=lambda item: -item[1]):
        if rng.random() < share and not any(excluded(au, other) for other in used):
            used.append(au)
    return {au: float(rng.uniform(*_LEVELS)) for au in used}, told.emotion


def sample_confused(rng: np.random.Generator) -> dict[int, float]:
    """Draw one of a group of expressions that are easily confused, by itself, of any strength."""
    group = CONFUSED[int(rng.integers(len(CONFUSED)))]
    level = float(rng.uniform(*_CONFUSED_LEVELS))
    return {au: level * most for au, most in group[int(rng.integers(len(group)))].items()}
