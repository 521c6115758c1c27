"""How far head and drawing are apart, feature by feature, in words that an artist uses."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import functools
import json
from dataclasses import dataclass

__all__ = ["FEATURE_TITLES", "NEARNESS", "GapRow", "gap_rows", "gap_summary"]

FEATURE_TITLES: dict[str, str] = {
    "brow": "Brow",
    "upper_lid": "Upper lid",
    "lower_lid": "Lower lid",
    "lid_crease": "Lid crease",
    "iris": "Iris",
    "nose_bridge": "Nose bridge",
    "nose_tip": "Nose tip",
    "nostril": "Nostril",
    "nasolabial": "Cheek fold",
    "upper_lip_outer": "Upper lip's edge",
    "upper_lip_inner": "Upper lip's inside",
    "lower_lip_inner": "Lower lip's inside",
    "lower_lip_outer": "Lower lip's edge",
    "philtrum": "Groove above the lip",
    "mentolabial": "Fold above the chin",
    "jaw": "Jaw",
    "ear": "Ear",
    "forehead_crease": "Forehead crease",
    "glabella_crease": "Crease between the brows",
    "crow_feet": "Crow's feet",
}
"""Class of a drawn line → as people say; every class that a gap is measured for."""

NEARNESS: tuple[tuple[float, str], ...] = (
    (0.01, "on the line"),
    (0.02, "at the line"),
    (0.04, "near"),
    (float("inf"), "apart"),
)
"""Gap below which a word holds, in eye distances: 0.01 is 0.6 mm on a face."""


@dataclass(frozen=True, slots=True)
class GapRow:
    """The gap of one feature.

    Attributes
    ----------
    title, side : "Brow", "L" or "R" (the drawn person's) or ""
    before, after : with the neutral head laid on the face, and at the end; eye distances
    words : one of `NEARNESS`, for `after`
    """

    title: str
    side: str
    before: float
    after: float
    words: str


@functools.lru_cache(maxsize=16)
def gap_rows(record: str) -> tuple[GapRow, ...]:
    """Return the features of a head's record (JSON, as in `fit.json`), the farthest first."""
    curves = (json.loads(record).get("gap") or {}).get("curves") or {}
    rows = []
    for name, gap in curves.items():
        side = name[-1] if name.endswith(("_L", "_R")) else ""
        stem = name.removesuffix(f"_{side}") if side else name
        before, after = gap.get("placed"), gap.get("snakes")
        if before is None or after is None:
            continue
        words = next(word for limit, word in NEARNESS if after < limit)
        rows.append(GapRow(FEATURE_TITLES.get(stem, stem), side, before, after, words))
    return tuple(sorted(rows, key=lambda row: -row.after))


@functools.lru_cache(maxsize=16)
def gap_summary(record: str) -> tuple[float, float] | None:
    """Return the whole gap of a head's record before and after, eye distances, or None."""
    gap = json.loads(record).get("gap") or {}
    before, after = gap.get("placed"), gap.get("snakes")
    return None if before is None or after is None else (before, after)
