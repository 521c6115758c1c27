"""Action Units that a person has set by hand: the network's opinion of them no longer counts."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..errors import FitError
from ..rig.facs import AU_LABELS
from ..sketch_cnn.detection import Detection

__all__ = ["read_pins", "with_pins"]


def read_pins(words: Sequence[str]) -> dict[str, float]:
    """Read Action Units and their intensities, such as `12L=0.6`, `AU26=0` or `12=0.5`.

    Where a paired AU is named without a side, both sides are meant.

    Returns
    -------
    pins : AU label → intensity, as `with_pins` takes it

    Raises
    ------
    FitError
        If a word names no AU, or an intensity is not from 0 to 1.
    """
    pins: dict[str, float] = {}
    for word in words:
        name, _, value = (part.strip().upper() for part in word.partition("="))
        label = f"AU{name.removeprefix('AU')}"
        labels = [known for known in AU_LABELS if known in (label, f"{label}L", f"{label}R")]
        if not labels:
            raise FitError(f"{word!r}: no such Action Unit; give one like 12L=0.6 or 26=0")
        try:
            intensity = float(value)
        except ValueError:
            intensity = math.nan
        if not 0.0 <= intensity <= 1.0:
            raise FitError(f"{word!r}: give an intensity from 0 to 1, as in {name}=0.6")
        pins |= dict.fromkeys(labels, intensity)
    return pins


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
