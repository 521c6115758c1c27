"""Who is drawn and from where: a head by chance, and what a sample's JSON says of how it stands."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..rig.camera import Camera
from ..rig.face_rig import FaceRig
from .compiled import compiled
from .face import RigLines
from .maker import Maker

__all__ = [
    "noisy_weights", "posed_entries", "sample_camera", "sample_gain", "sample_identity",
    "sample_noise", "sample_rig",
]  # fmt: skip

_WEIGHT_NOISE = 0.1
_MAX_IDENTITY = 2.5
_SPREADS = ((0.4, 1.1), (1.1, 2.0))
_CARICATURES = 0.25
_GAINS = ((1.0, 1.7), (1.7, 2.3))
_BOLD = 0.25
"""How far hands exaggerate; how many do so boldly."""
_NOMINAL_HEAD = 0.27
"""Interocular distance before the placement, as a share of the sheet."""


def sample_rig(maker: Maker, rng: np.random.Generator) -> RigLines:
    """Take one of the data set's rigs."""
    left = float(rng.random())
    for lines, share in zip(maker.rigs[:-1], maker.shares[:-1], strict=True):
        left -= share
        if left <= 0.0:
            return lines
    return maker.rigs[-1]


def sample_identity(rig: FaceRig, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw a person's (K,) coefficients, one in four a caricature."""
    low, high = _SPREADS[int(rng.random() < _CARICATURES)]
    identity = rng.standard_normal(len(rig.identity_names)) * rng.uniform(low, high)
    return _tamed(identity, -_MAX_IDENTITY, _MAX_IDENTITY, 1e3)


def sample_noise(count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw (count,) factors on blendshape weights: no two people do quite the same."""
    return 1.0 + rng.uniform(-_WEIGHT_NOISE, _WEIGHT_NOISE, count)


def noisy_weights(
    rig: FaceRig, aus: dict[str, float], noise: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Turn AUs into the (B,) weights of one person, with as many digits as the JSON keeps."""
    weights = rig.weights_from_aus(aus) * noise
    return _tamed(weights, 0.0, 1.0, 1e4)


@compiled
def _tamed(
    values: NDArray[np.float64], low: float, high: float, per_unit: float
) -> NDArray[np.float64]:
    """Return values, (N,), between two numbers, rounded to so many steps a unit."""
    tamed = np.empty(len(values))
    for place in range(len(values)):
        tamed[place] = np.rint(min(max(values[place], low), high) * per_unit) / per_unit
    return tamed


def sample_gain(rng: np.random.Generator) -> float:
    """Draw how far a hand exaggerates brows and mouth."""
    return round(float(rng.uniform(*_GAINS[int(rng.random() < _BOLD)])), 4)


def sample_camera(rig: FaceRig, size: int, rng: np.random.Generator) -> Camera:
    """Draw a camera before a head: half of them without perspective."""
    inverse_distance = round(float(rng.uniform(0.3, 2.2)), 4) if rng.random() < 0.5 else 0.0
    scale = round(_NOMINAL_HEAD * size / rig.interocular_m, 3)
    return Camera(scale, np.array([size / 2.0, size / 2.0]), (size, size), inverse_distance)


def posed_entries(
    rig: FaceRig,
    identity: NDArray[np.float64],
    weights: NDArray[np.float64],
    gain: float,
    rotation: NDArray[np.float64],
    camera: Camera,
) -> dict[str, Any]:
    """Tell all that is needed to pose the rig again and look at it from the same place."""
    return {
        "identity": identity,
        "blendshapes": {
            name: weight
            for name, weight in zip(rig.shape_names, weights.tolist(), strict=True)
            if weight > 0.0
        },
        "gain": gain,
        "pose": rotation.tolist(),
        "camera": {
            "scale_px": camera.scale_px,
            "centre_px": camera.centre_px.tolist(),
            "size_px": list(camera.size_px),
            "inverse_distance": camera.inverse_distance,
        },
    }
