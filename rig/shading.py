"""Light on skin and eyes: a warm key, a cool fill, a rim, and shade where surfaces crowd.

References
----------
Luft, Colditz & Deussen (2006). Image enhancement by unsharp masking the depth buffer.
doi:10.1145/1141911.1142016
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .eyeball import EyePose

__all__ = ["encode_srgb", "eye_glint", "paint_eye", "shade", "shade_of_crowding"]

# direction, colour, and how far the light wraps around the edge of shadow in red, green, blue:
# light that enters skin leaves it redder and farther on
_LIGHTS = (
    ((-0.50, 0.55, 0.67), (1.70, 1.55, 1.38), (0.42, 0.24, 0.17)),
    ((0.85, 0.10, 0.52), (0.30, 0.36, 0.46), (0.55, 0.50, 0.48)),
)
_RIM_DIRECTION, _RIM_COLOUR = (0.80, 0.45, -0.40), (0.44, 0.50, 0.60)
_EYE = np.array([0.0, 0.0, 1.0])
_SKY, _GROUND = (0.26, 0.28, 0.33), (0.16, 0.115, 0.095)


def _direction(vector: tuple[float, float, float]) -> NDArray[np.float32]:
    """Return a unit vector."""
    return (np.array(vector) / np.linalg.norm(vector)).astype(np.float32)


def shade(
    normal: NDArray[np.float32], colour: NDArray[np.float32], gloss: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Light samples of the surface.

    Parameters
    ----------
    normal : (N, 3) unit normals, the eye along +Z
    colour : (N, 3) linear RGB
    gloss : (N,) in [0, 1]

    Returns
    -------
    (N, 3) linear RGB
    """
    up = 0.5 + 0.5 * normal[:, 1]
    light = np.empty_like(normal)
    shine = np.zeros(len(normal), dtype=np.float32)
    for channel in range(3):
        light[:, channel] = _GROUND[channel] + (_SKY[channel] - _GROUND[channel]) * up
    for direction, power, wrap in _LIGHTS:
        towards = _direction(direction)
        cosine = normal @ towards
        for channel in range(3):
            soft = np.maximum((cosine + wrap[channel]) / (1.0 + wrap[channel]), 0.0)
            light[:, channel] += power[channel] * soft * soft
        half = _direction(tuple(towards + _EYE))
        across = np.maximum(normal @ half, 0.0)
        shine += power[1] * gloss * (0.13 * across**8 + 0.16 * across**36)
    edge = np.clip(1.0 - normal[:, 2], 0.0, 1.0) ** 3
    rim = edge * np.clip(normal @ _direction(_RIM_DIRECTION) + 0.15, 0.0, 1.0)
    lit = light * colour
    for channel in range(3):
        lit[:, channel] += shine + _RIM_COLOUR[channel] * rim
    return lit


def paint_eye(
    points: NDArray[np.float32], eye: EyePose, white: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Colour samples of an eyeball by their angle from its axis.

    Parameters
    ----------
    points : (N, 3) metres
    white : (N, 3) linear RGB of the sclera

    Returns
    -------
    (N, 3) linear RGB, (N, 3) unit normals of the ball
    """
    normal = points - eye.centre.astype(np.float32)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    axis = eye.axis.astype(np.float32)
    cosine = np.clip(normal @ axis, -1.0, 1.0)
    radius = np.arccos(cosine) / eye.iris_angle  # 1 at the rim of the iris
    side = np.cross(axis, [0.0, 1.0, 0.0])
    side /= max(float(np.linalg.norm(side)), 1e-9)
    turn = np.arctan2(normal @ np.cross(side, axis).astype(np.float32), normal @ side)
    fibres = (np.sin(29.0 * turn) + np.sin(17.0 * turn + 1.3) + np.sin(53.0 * turn + 0.4)) / 3.0
    iris = np.array([0.060, 0.105, 0.110], np.float32) * (1.0 + 0.30 * fibres[:, None])
    glow = _ramp(0.95, 0.35, radius) * (1.0 - 0.55 * (normal @ side - axis @ side) / 0.5)
    iris = iris + glow[:, None] * np.array([0.13, 0.100, 0.045], np.float32)
    iris = iris * (1.0 - 0.75 * _ramp(0.78, 1.0, radius)[:, None])
    iris = iris * _ramp(0.36, 0.46, radius)[:, None] + 0.004
    veins = 0.22 * _ramp(1.5, 3.2, radius)[:, None]
    ball = white * (1.0 - veins * np.array([0.2, 0.9, 1.0], np.float32))
    inside = _ramp(1.06, 0.94, radius)[:, None]
    return (ball + inside * (iris - ball)).astype(np.float32), normal


def eye_glint(normal: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (N,) the window's reflection on wet eyeballs."""
    half = _direction(tuple(_direction(_LIGHTS[0][0]) + _EYE))
    return 2.6 * _ramp(0.9900, 0.9955, normal @ half)


def _ramp(low: float, high: float, values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a smooth 0 → 1 between `low` and `high`, which may fall as well as rise."""
    t = np.clip((values - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def shade_of_crowding(
    depth: NDArray[np.float32], covered: NDArray[np.bool_], scale_px: float
) -> NDArray[np.float32]:
    """Return (H, W, 3) factors: darker and warmer where what lies around is nearer to the eye.

    Parameters
    ----------
    depth : (H, W) metres towards the eye
    covered : (H, W)
    scale_px : pixels per metre
    """
    from scipy.ndimage import gaussian_filter

    # paper counts as far behind, or the blurred edge of the head would shade itself
    filled = np.where(covered, depth, depth[covered].min() if covered.any() else 0.0)
    filled = filled.astype(np.float32)
    shadow = np.zeros(depth.shape, dtype=np.float32)
    for reach_m, strength in ((0.0035, 0.50), (0.014, 0.60)):
        stride = max(1, int(reach_m * scale_px / 4.0))
        small = filled[::stride, ::stride]
        sigma = reach_m * scale_px / stride
        around = gaussian_filter(small, sigma, truncate=2.5, mode="nearest")
        wide = _enlarged(around, stride, (depth.shape[0], depth.shape[1]))
        nearer = np.maximum((wide - filled) / reach_m - 0.06, 0.0)
        shadow += strength * np.tanh(nearer)
    shadow = np.where(covered, np.clip(shadow, 0.0, 0.86), 0.0)
    return 1.0 - shadow[..., None] * np.array([0.82, 0.96, 1.0], np.float32)


def _enlarged(
    small: NDArray[np.float32], stride: int, shape: tuple[int, int]
) -> NDArray[np.float32]:
    """Blow a picture sampled at every `stride`-th pixel up again, bilinearly."""
    if stride == 1:
        return small
    for axis in (0, 1):
        at = np.arange(shape[axis], dtype=np.float32) / stride
        low = np.minimum(at.astype(int), small.shape[axis] - 1)
        high = np.minimum(low + 1, small.shape[axis] - 1)
        share = (at - low).reshape((-1, 1) if axis == 0 else (1, -1))
        a, b = small.take(low, axis=axis), small.take(high, axis=axis)
        small = a + (b - a) * share
    return small


def encode_srgb(linear: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Bring light to the screen: bright parts roll off softly, then sRGB's curve."""
    exposed = np.maximum(linear, 0.0)
    exposed = exposed * (1.0 + exposed / 6.0) / (1.0 + exposed * 0.45)
    steps = np.arange(4096) / 4095.0
    curve = np.where(steps <= 0.0031308, 12.92 * steps, 1.055 * steps ** (1 / 2.4) - 0.055)
    table = np.round(255.0 * curve).astype(np.uint8)
    return table[(np.clip(exposed, 0.0, 1.0) * 4095.0).astype(np.int16)]
