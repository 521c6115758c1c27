"""How an expression comes and goes: every Action Unit rises, stays and falls in its own time."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Course", "ease", "sample_courses"]

_QUICK = ("AU43", "AU61", "AU62", "AU63", "AU64")
"""Lids and eyes move faster than the rest of the face."""
_FIRST, _LATEST_APEX = 0.02, 0.95
"""A clip begins at rest, and every AU reaches its apex before it ends; shares of the clip."""


def ease(share: float) -> float:
    """Return the smoothest way from 0 to 1: without a jerk at either end (minimum jerk).

    References
    ----------
    Flash & Hogan (1985), doi:10.1523/JNEUROSCI.05-07-01688.1985.
    """
    t = min(max(share, 0.0), 1.0)
    return t * t * t * (10.0 - 15.0 * t + 6.0 * t * t)


@dataclass(frozen=True, slots=True)
class Course:
    """One AU over time.

    Attributes
    ----------
    apex : intensity at its strongest
    times_s : when it begins to rise, reaches its apex, leaves it, and is gone; seconds
    """

    apex: float
    times_s: tuple[float, float, float, float]

    def level(self, time_s: float) -> float:
        """Return the intensity at a time."""
        begin, full, leave, gone = self.times_s
        risen = ease((time_s - begin) / max(full - begin, 1e-9))
        fallen = ease((time_s - leave) / max(gone - leave, 1e-9))
        return self.apex * risen * (1.0 - fallen)


def sample_courses(
    apexes: dict[str, float], clip_s: float, rng: np.random.Generator, *, brief: bool
) -> dict[str, Course]:
    """Give every AU its time: near the others', but its own; one side may lag behind the other.

    Parameters
    ----------
    apexes : AU label → intensity at its strongest
    clip_s : length of the clip, seconds; the fall may be cut off by its end
    brief : True for an expression that is gone within a third of the clip
    """
    if brief:
        begin, rise = rng.uniform(0.08, 0.6), rng.uniform(0.08, 0.15)
        stay, fall = rng.uniform(0.0, 0.06), rng.uniform(0.08, 0.15)
    else:
        begin, rise = rng.uniform(0.05, 0.3), rng.uniform(0.12, 0.3)
        stay, fall = rng.uniform(0.05, 0.4), rng.uniform(0.12, 0.35)
    lag = rng.normal(0.0, 0.05) if rng.random() < 0.4 else 0.0
    spread = 0.02 if brief else 0.05
    own: dict[str, tuple[float, float, float, float]] = {}
    courses = {}
    for label, apex in apexes.items():
        au = label.rstrip("LR")
        if au not in own:
            pace = np.exp(rng.normal(0.0, 0.25, 3)) * (0.4 if au in _QUICK else 1.0)
            start = begin + rng.normal(0.0, spread)
            steps = start, rise * pace[0], stay * pace[1], fall * pace[2]
            own[au] = steps  # both sides of an AU move alike, but for the lag
        start, up, hold, down = own[au]
        start += lag if label.endswith("R") else 0.0
        start = max(min(start, _LATEST_APEX - up), _FIRST)
        times = np.cumsum([start, up, hold, down]) * clip_s
        first, full, leave, gone = np.round(times, 4).tolist()
        courses[label] = Course(apex, (first, full, leave, gone))
    return courses
