"""How far a head's lines have come apart from where they were seen last."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..rig.contours import FeatureCurve

__all__ = ["MUCH_IOD", "reshaped_px"]

MUCH_IOD = 0.25
"""A head whose lines are reshaped by more than this many interocular distances may show others."""


def reshaped_px(lines: Sequence[FeatureCurve], before: Sequence[FeatureCurve]) -> float:
    """Return how far lines moved from what a shift and another size would make of them, pixels."""
    if not lines:
        return np.inf
    new, old = (np.concatenate([curve.points for curve in each]) for each in (lines, before))
    old = old - old.mean(axis=0)
    new = new - new.mean(axis=0)
    size = (old * new).sum() / max((old * old).sum(), 1e-12)
    return float(np.abs(new - size * old).max())
