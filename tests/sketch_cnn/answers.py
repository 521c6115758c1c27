"""Answers of an invented detector, for the tests of evaluation."""

# SPDX-License-Identifier: GPL-3.0-or-later

import numpy as np
from limner.sketch_cnn.labels import AU_LABELS
from limner.sketch_cnn.readings import Readings


def invented(count=60, seed=0, noise=0.25, prefix="drawing"):
    """Return answers that follow the truth with some noise; `noise` 0 is a perfect detector.

    The truth depends on the seed alone, so that two noises answer the same drawings.
    """
    rng = np.random.default_rng(seed)
    size = (count, len(AU_LABELS))
    there = rng.random(size) < 0.3
    intensity = np.where(there, rng.uniform(0.3, 1.0, size), 0.0)
    intensity[rng.random(size) < 0.05] = 0.2
    visible = rng.random(size) < 0.9
    probability = np.clip(there + noise * rng.normal(size=size), 0.01, 0.99)
    return Readings(
        keys=tuple(f"{prefix}{row}" for row in range(count)),
        identity=tuple(f"person{row // 2}" for row in range(count)),
        rig=tuple("ab"[row % 2] for row in range(count)),
        style=tuple(("pen", "chalk", "ink")[row % 3] for row in range(count)),
        angle_deg=rng.uniform(0.0, 60.0, count),
        intensity=intensity,
        visible=visible,
        probability=probability,
        uncalibrated=probability**2,
        said_intensity=np.clip(intensity + noise * rng.normal(size=size), 0.0, 1.0),
        decided=probability >= 0.5,
        found=np.ones(count, bool),
        landmark_error_iod=rng.uniform(0.0, 0.1, count),
        box_overlap=rng.uniform(0.8, 1.0, count),
    )
