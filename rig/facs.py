"""The FACS vocabulary: which Action Units limner speaks of, and on which sides.

References
----------
Ekman, Friesen & Hager (2002). Facial Action Coding System: The Manual.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__all__ = ["AU_LABELS", "AU_NAMES", "GAZE_AUS", "PAIRED_AUS", "SINGLE_AUS", "split_label"]

PAIRED_AUS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 16, 20, 30, 43)
SINGLE_AUS = (17, 18, 22, 23, 24, 25, 26, 28, 29, 34)
GAZE_AUS = (61, 62, 63, 64)

AU_LABELS: tuple[str, ...] = (
    *(f"AU{au}{side}" for au in PAIRED_AUS for side in "LR"),
    *(f"AU{au}" for au in (*SINGLE_AUS, *GAZE_AUS)),
)
"""Every label in the order in which networks and files keep them: AU1L, AU1R, …, AU17, …, AU64."""

AU_NAMES: dict[int, str] = {
    1: "Inner brow raiser",
    2: "Outer brow raiser",
    4: "Brow lowerer",
    5: "Upper lid raiser",
    6: "Cheek raiser",
    7: "Lid tightener",
    9: "Nose wrinkler",
    10: "Upper lip raiser",
    12: "Lip corner puller",
    14: "Dimpler",
    15: "Lip corner depressor",
    16: "Lower lip depressor",
    17: "Chin raiser",
    18: "Lip pucker",
    20: "Lip stretcher",
    22: "Lip funneler",
    23: "Lip tightener",
    24: "Lip pressor",
    25: "Lips part",
    26: "Jaw drop",
    28: "Lip suck",
    29: "Jaw thrust",
    30: "Jaw sideways",
    34: "Cheek puff",
    43: "Eyes closed",
    61: "Eyes turn left",
    62: "Eyes turn right",
    63: "Eyes up",
    64: "Eyes down",
}


def split_label(label: str) -> tuple[int, str | None]:
    """Split a label such as `"AU12L"` into its number and side (`None` where it has none)."""
    digits = label.removeprefix("AU")
    if digits[-1] in "LR":
        return int(digits[:-1]), digits[-1]
    return int(digits), None
