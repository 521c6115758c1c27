"""The vocabulary of feature curves and landmarks that drawing, labels and snakes share."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from functools import lru_cache

__all__ = ["CURVE_NAMES", "FEATURES", "LANDMARK_NAMES", "MIRRORED_LANDMARKS", "feature_of"]

PAIRED_CURVES = (
    "brow_upper", "brow_lower", "upper_lid", "lower_lid", "lid_crease", "iris",
    "nostril", "nasolabial", "ear", "crow_feet",
)  # fmt: skip
SINGLE_CURVES = (
    "nose_bridge", "nose_tip", "upper_lip_outer", "upper_lip_inner", "lower_lip_inner",
    "lower_lip_outer", "philtrum", "mentolabial", "forehead_crease", "glabella_crease",
)  # fmt: skip

CURVE_NAMES: tuple[str, ...] = (
    *(f"{name}_{side}" for name in PAIRED_CURVES for side in "LR"),
    *SINGLE_CURVES,
)
"""Curves fixed on the surface of a rig. `jaw`, the occluding contour, is found per view."""

FEATURES: tuple[str, ...] = (
    "none", "brow", "upper_lid", "lower_lid", "lid_crease", "iris",
    "nose_bridge", "nose_tip", "nostril", "nasolabial",
    "upper_lip_outer", "upper_lip_inner", "lower_lip_inner", "lower_lip_outer",
    "philtrum", "mentolabial", "jaw", "ear", "forehead_crease", "glabella_crease", "crow_feet",
    "hair", "other",
)  # fmt: skip
"""Classes of the label image, by index. 0 is paper; `hair` covers beards; `other` is all the rest
that a face does not explain (hatching, glasses, hat, neck, clothes, background, teeth, tongue)."""

LANDMARK_NAMES: tuple[str, ...] = (*(f"ibug_{i}" for i in range(68)), "iris_L", "iris_R")
"""68 iBUG points in their usual order (0 = jaw at the subject's RIGHT ear), then the irises."""

MIRRORED_LANDMARKS: tuple[int, ...] = (
    *range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, *range(35, 30, -1),
    45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40,
    *range(54, 47, -1), *range(59, 54, -1), *range(64, 59, -1), *range(67, 64, -1),
    69, 68,
)  # fmt: skip
"""Index of the landmark on the other side, for each landmark."""


@lru_cache(maxsize=256)
def feature_of(curve: str) -> str:
    """Return the label class of a curve: `brow_upper_L` → `brow`, `upper_lid_R` → `upper_lid`."""
    base = curve[:-2] if curve.endswith(("_L", "_R")) else curve
    return "brow" if base.startswith("brow_") else base
