"""The network's label space, and what becomes of it in a mirror.

`rig` has the same names; the two rooms do not know each other, so a test holds them equal.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = [
    "AU_LABELS",
    "FEATURES",
    "MIRRORED_AUS",
    "MIRRORED_LANDMARKS",
    "PRESENT",
    "TRACE",
    "label_of",
]

AU_LABELS: tuple[str, ...] = (
    *(
        f"AU{au}{side}"
        for au in (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 16, 20, 30, 43)
        for side in "LR"
    ),
    *(f"AU{au}" for au in (17, 18, 22, 23, 24, 25, 26, 28, 29, 34, 61, 62, 63, 64)),
)

FEATURES: tuple[str, ...] = (
    "none", "brow", "upper_lid", "lower_lid", "lid_crease", "iris",
    "nose_bridge", "nose_tip", "nostril", "nasolabial",
    "upper_lip_outer", "upper_lip_inner", "lower_lip_inner", "lower_lip_outer",
    "philtrum", "mentolabial", "jaw", "ear", "forehead_crease", "glabella_crease", "crow_feet",
    "hair", "other",
)  # fmt: skip


def label_of(entry: Mapping[str, Any]) -> str:
    """Return the label of an AU as a sample's JSON has it: `au` and, where it has one, `side`."""
    return f"AU{entry['au']}{entry.get('side') or ''}"


PRESENT, TRACE = 0.3, 0.1
"""An AU is there from FACS B on; below a trace it is not; between, it is not scored."""


def _mirrored(label: str) -> str:
    swaps = {"AU61": "AU62", "AU62": "AU61"}
    if label in swaps:
        return swaps[label]
    return label[:-1] + {"L": "R", "R": "L"}.get(label[-1], label[-1])


MIRRORED_AUS: tuple[int, ...] = tuple(AU_LABELS.index(_mirrored(label)) for label in AU_LABELS)
"""For each AU label the index of the one that a mirrored drawing shows."""

MIRRORED_LANDMARKS: tuple[int, ...] = (
    *range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, *range(35, 30, -1),
    45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40,
    *range(54, 47, -1), *range(59, 54, -1), *range(64, 59, -1), *range(67, 64, -1),
    69, 68,
)  # fmt: skip
"""For each landmark the index of the one on the other side."""
