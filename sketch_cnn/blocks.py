"""What the networks are built of: convolutions and residual stages (He et al. 2016)."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["PerPoint", "Residual", "Told", "conv", "stage"]


def conv(inputs: int, outputs: int, stride: int = 1, kernel: int = 3) -> nn.Sequential:
    """Return a convolution with batch normalisation and ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class Residual(nn.Module):
    """Two 3×3 convolutions around a shortcut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            conv(channels, channels),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the block's output, of the input's shape."""
        return functional.relu(x + self.body(x))


def stage(inputs: int, outputs: int, blocks: int) -> nn.Sequential:
    """Return a convolution that halves the size, and residual blocks."""
    return nn.Sequential(
        conv(inputs, outputs, stride=2), *(Residual(outputs) for _ in range(blocks))
    )


class Told(NamedTuple):
    """What is told of points: `numbers` (N, K, F), `way` (N, K, 2), `wider` (N, K)."""

    numbers: Tensor
    way: Tensor
    wider: Tensor


class PerPoint(nn.Module):
    """A layer of its own for each of `points`, which also says how it moves and widens them.

    At first it moves and widens nothing.
    """

    def __init__(self, points: int, inputs: int, numbers: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(points, inputs, numbers) / inputs**0.5)
        self.bias = nn.Parameter(torch.zeros(points, numbers))
        self.shift = nn.Parameter(torch.zeros(points, numbers, 2))
        self.widen = nn.Parameter(torch.zeros(points, numbers + 1))

    def tell(self, inputs: Tensor) -> Told:
        """Return what (N, K, inputs) features of the points say."""
        mixed = torch.bmm(inputs.transpose(0, 1), self.weight).transpose(0, 1) + self.bias
        numbers = functional.relu(mixed)
        wider = torch.einsum("nkc,kc->nk", numbers, self.widen[:, :-1]) + self.widen[:, -1]
        return Told(numbers, torch.einsum("nkc,kcd->nkd", numbers, self.shift), wider)
