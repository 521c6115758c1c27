"""Action Units that a person has set by hand: the network's opinion of them no longer counts."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ..errors import FitError
from ..sketch_cnn.detection import Detection

__all__ = ["with_pins"]


def with_pins(detection: Detection, pins: Mapping[str, float]) -> Detection:
    """Return a detection that says of the pinned AUs what was set, without a doubt.

    Parameters
    ----------
    pins : AU label ("AU12L") → intensity in [0, 1]; 0 says that it is not there

    Raises
    ------
    FitError
        If a label is unknown or an intensity is out of range.
    """
    rows = {label: row for row, label in enumerate(detection.au_labels)}
    probability = np.array(detection.probability, dtype=np.float64)
    intensity = np.array(detection.intensity, dtype=np.float64)
    uncertainty = np.array(detection.uncertainty, dtype=np.float64)
    for label, value in pins.items():
        if label not in rows:
            raise FitError(f"{label}: no such Action Unit; labels are like AU12L, AU12R, AU26")
        if not 0.0 <= value <= 1.0:
            raise FitError(f"{label}: got {value:g}, expected an intensity from 0 to 1")
        row = rows[label]
        probability[row] = 1.0 if value > 0.0 else 0.0
        intensity[row], uncertainty[row] = value, 0.0
    return replace(detection, probability=probability, intensity=intensity, uncertainty=uncertainty)
