"""Ink as another pen, paper, scanner or camera would have left it: a batch at a time."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

__all__ = ["Spoiler"]

_BANK = 512
_SIZES = (48, 72, 96)
"""Sides to which a drawing may have been shrunk before it came to us."""


class Spoiler:
    """Spoils a share of the drawings that it is given.

    Parameters
    ----------
    share : of the drawings, that anything happens to at all
    size_px : side of the drawings
    seed : of the stray lines; all other chance is torch's own
    """

    def __init__(self, share: float, size_px: int, device: torch.device, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        bank = np.stack([stray_lines(size_px, rng) for _ in range(_BANK)])
        self.share, self._bank = share, torch.from_numpy(bank).to(device)[:, None]

    def __call__(self, ink: Tensor) -> Tensor:
        """Return (N, 1, S, S) ink in [0, 1], some of it spoilt."""
        spoilt = _resized(_blurred(_thickened(ink)))
        spoilt = torch.where(_chance(ink, 0.25), torch.maximum(spoilt, self._clutter(ink)), spoilt)
        spoilt = torch.where(_chance(ink, 0.15), torch.maximum(spoilt, _shading(ink)), spoilt)
        spoilt = torch.where(_chance(ink, 0.12), spoilt * _erased(ink), spoilt)
        spoilt = spoilt.clamp(0.0, 1.0) ** torch.exp(0.3 * _normal(ink))
        spoilt = spoilt * torch.where(_chance(ink, 0.3), _between(ink, 0.5, 1.0), 1.0)
        noise = torch.randn_like(ink) * _between(ink, 0.01, 0.08)
        spoilt = torch.where(_chance(ink, 0.4), spoilt + noise, spoilt)
        hard = (spoilt > _between(ink, 0.3, 0.6)).to(ink.dtype)
        spoilt = torch.where(_chance(ink, 0.1), hard, spoilt).clamp(0.0, 1.0)
        return torch.where(_chance(ink, self.share), spoilt, ink)

    def _clutter(self, ink: Tensor) -> Tensor:
        """Return stray lines."""
        rows = torch.randint(len(self._bank), (len(ink),), device=ink.device)
        lines = self._bank[rows].to(ink.dtype) / 255.0
        return torch.where(_chance(ink, 0.5), lines.transpose(2, 3), lines)


def stray_lines(size_px: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return (S, S) with one to four wandering lines."""
    ink = np.zeros((size_px, size_px), np.uint8)
    for _ in range(rng.integers(1, 5)):
        start = rng.uniform(0, size_px, 2)
        bends = np.cumsum(rng.normal(0.0, size_px / 12.0, (rng.integers(2, 7), 2)), axis=0)
        path = np.round(np.vstack([start, start + bends]) * 16).astype(np.int32)
        dark = int(255 * rng.uniform(0.3, 1.0))
        cv2.polylines(ink, [path], False, dark, int(rng.integers(1, 3)), cv2.LINE_AA, 4)
    return ink


def _chance(ink: Tensor, share: float) -> Tensor:
    return torch.rand(len(ink), 1, 1, 1, device=ink.device) < share


def _between(ink: Tensor, low: float, high: float) -> Tensor:
    return low + (high - low) * torch.rand(len(ink), 1, 1, 1, device=ink.device)


def _normal(ink: Tensor) -> Tensor:
    return torch.randn(len(ink), 1, 1, 1, device=ink.device)


def _thickened(ink: Tensor) -> Tensor:
    """Make some lines thicker, some thinner."""
    wide = functional.max_pool2d(functional.pad(ink, (0, 1, 0, 1)), 2, 1)
    wider = functional.max_pool2d(ink, 3, 1, 1)
    thick = torch.where(_chance(ink, 0.7), wide, wider)
    thin = -functional.max_pool2d(functional.pad(-ink, (0, 1, 0, 1)), 2, 1)
    thin = torch.maximum(thin, _between(ink, 0.2, 0.8) * ink)
    kind = torch.rand(len(ink), 1, 1, 1, device=ink.device)
    return torch.where(kind < 0.25, thick, torch.where(kind < 0.37, thin, ink))


def _blurred(ink: Tensor) -> Tensor:
    """Blur three in ten, and darken what has become pale."""
    sigma = _between(ink, 0.4, 1.3)
    along = torch.arange(-3, 4, device=ink.device, dtype=ink.dtype)
    kernel = torch.exp(-0.5 * (along / sigma) ** 2)
    kernel = kernel / kernel.sum(3, keepdim=True)
    drawings = len(ink)
    soft = functional.conv2d(ink.transpose(0, 1), kernel, padding=(0, 3), groups=drawings)
    soft = functional.conv2d(soft, kernel.transpose(2, 3), padding=(3, 0), groups=drawings)
    soft = soft.transpose(0, 1) * _between(ink, 1.0, 1.5)
    return torch.where(_chance(ink, 0.3), soft, ink)


def _resized(ink: Tensor) -> Tensor:
    """Shrink and enlarge one in eight, as a small face on a large sheet would be."""
    for side in _SIZES:
        small = functional.interpolate(ink, size=(side, side), mode="bilinear", antialias=True)
        large = functional.interpolate(small, size=ink.shape[2:], mode="bilinear")
        ink = torch.where(_chance(ink, 0.04), large, ink)
    return ink


def _shading(ink: Tensor) -> Tensor:
    """Return hatching or tone over a part of the picture."""
    size = ink.shape[2]
    along = torch.arange(size, device=ink.device, dtype=ink.dtype)
    y, x = along[:, None], along[None]
    off = (x - size * _between(ink, 0, 1)) ** 2 + (y - size * _between(ink, 0, 1)) ** 2
    where = torch.exp(-off / (size * _between(ink, 0.1, 0.5)) ** 2)
    angle, period = _between(ink, 0.0, 3.1416), _between(ink, 2.5, 7.0)
    wave = torch.sin((x * angle.cos() + y * angle.sin()) * (6.2832 / period))
    tone = torch.where(_chance(ink, 0.7), (2.0 * wave - 0.5).clamp(0.0, 1.0), 0.4)
    return where * tone * _between(ink, 0.3, 0.9)


def _erased(ink: Tensor) -> Tensor:
    """Return what is left of the ink where a small part was wiped away."""
    size = ink.shape[2]
    along = torch.arange(size, device=ink.device, dtype=ink.dtype) / size
    left, top = _between(ink, 0.0, 0.85), _between(ink, 0.0, 0.85)
    wide, high = _between(ink, 1 / 16, 1 / 6), _between(ink, 1 / 16, 1 / 6)
    inside = (along > left) & (along < left + wide)
    inside = inside & ((along[:, None] > top) & (along[:, None] < top + high))
    return torch.where(inside, _between(ink, 0.0, 0.3), 1.0)
