"""What the networks are built of: convolutions, and stages of one of three kinds of blocks.

References
----------
He et al. (2016), Deep residual learning, doi:10.1109/CVPR.2016.90.
Liu et al. (2022), A ConvNet for the 2020s, doi:10.1109/CVPR52688.2022.01167.
Wu et al. (2020), Visual transformers: token-based image representation, arXiv:2006.03677.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = [
    "BLOCKS",
    "ConvNeXt",
    "PerPoint",
    "Regions",
    "Residual",
    "Told",
    "conv",
    "joined",
    "stage",
]

_REGIONS = 8


def conv(inputs: int, outputs: int, stride: int = 1, kernel: int = 3) -> nn.Sequential:
    """Return a convolution with batch normalisation and ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


def joined(block: nn.Sequential, coarse: Tensor, fine: Tensor) -> Tensor:
    """Return what a `conv` of kernel 1 says of a coarse map, enlarged, and a finer one as one map.

    The coarse one's part, of (N, C, H, W), is reckoned before it is enlarged to (N, D, 2H, 2W).
    """
    layer, norm, bent = block
    weight, bias = layer.weight, None
    if not norm.training:  # its scale goes into the weights, as runtimes do of convolutions alone
        scale = norm.weight * torch.rsqrt(norm.running_var + norm.eps)
        weight, bias = weight * scale[:, None, None, None], norm.bias - norm.running_mean * scale
    parts = weight.split([coarse.shape[1], fine.shape[1]], 1)
    large = functional.interpolate(functional.conv2d(coarse, parts[0]), scale_factor=2.0)
    both = large + functional.conv2d(fine, parts[1], bias)
    return bent(norm(both) if norm.training else both)


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


class ConvNeXt(nn.Module):
    """A wide convolution of each channel, then two layers in every cell.

    It has 8/18 of a residual block's weights, so that two stand for one. Normalised over the batch,
    where the original normalises cells, as everything here is.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 7, padding=3, groups=channels, bias=False),
            nn.BatchNorm2d(channels),
            nn.Conv2d(channels, 4 * channels, 1),
            nn.GELU(),
            nn.Conv2d(4 * channels, channels, 1, bias=False),
            nn.BatchNorm2d(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the block's output, of the input's shape."""
        return x + self.body(x)


class Regions(nn.Module):
    """Attention between a few regions of the map, which are learnt, and from them back to cells.

    Each region gathers what lies in its cells; regions attend to each other; every cell takes from
    the regions what it asks for. It has about a residual block's weights. It begins with giving
    little (LayerScale, Touvron et al. 2021, doi:10.1109/ICCV48922.2021.00010) and what regions hold
    is normalised before every use: without these one training of two came to nothing.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)
        self.where = nn.Conv2d(channels, _REGIONS, 1)
        self.gather = nn.Linear(channels, channels)
        self.among = nn.Sequential(nn.LayerNorm(channels), nn.Linear(channels, 3 * channels))
        self.after = nn.Linear(channels, channels)
        self.dense = nn.Sequential(
            nn.LayerNorm(channels),
            nn.Linear(channels, 4 * channels),
            nn.ReLU(inplace=True),
            nn.Linear(4 * channels, channels),
        )
        self.ask = nn.Linear(channels, channels)
        self.offer = nn.Sequential(nn.LayerNorm(channels), nn.Linear(channels, 2 * channels))
        self.give = nn.Linear(channels, channels)
        self.scale = nn.Parameter(torch.full((channels,), 0.1))

    def forward(self, x: Tensor) -> Tensor:
        """Return the block's output, of the input's shape."""
        normal = self.norm(x)
        cells = normal.flatten(2).transpose(1, 2)
        share = torch.softmax(self.where(normal).flatten(2), dim=2)
        tokens = share @ self.gather(cells)
        tokens = tokens + self.after(_attend(*self.among(tokens).chunk(3, dim=2)))
        tokens = tokens + self.dense(tokens)
        given = self.give(_attend(self.ask(cells), *self.offer(tokens).chunk(2, dim=2)))
        given = self.scale * given
        return x + given.transpose(1, 2).reshape(x.shape)


def _attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Return what (N, Q, C) queries find in (N, K, C) keys and values."""
    return torch.softmax(query @ key.transpose(1, 2) / query.shape[2] ** 0.5, dim=2) @ value


def _residual(channels: int, blocks: int) -> list[nn.Module]:
    return [Residual(channels) for _ in range(blocks)]


def _convnext(channels: int, blocks: int) -> list[nn.Module]:
    return [ConvNeXt(channels) for _ in range(2 * blocks)]


def _attention(channels: int, blocks: int) -> list[nn.Module]:
    """Return residual blocks, of which the last gives way to `Regions` where there are several."""
    if blocks < 2:
        return _residual(channels, blocks)
    return [*_residual(channels, blocks - 1), Regions(channels)]


BLOCKS = {"residual": _residual, "convnext": _convnext, "attention": _attention}
"""Kind of a stage (`recipe.BACKBONES`) → what makes its blocks; all of about as many weights."""


def stage(inputs: int, outputs: int, blocks: int, backbone: str = "residual") -> nn.Sequential:
    """Return a convolution that halves the size, and what stands for so many residual blocks."""
    return nn.Sequential(conv(inputs, outputs, stride=2), *BLOCKS[backbone](outputs, blocks))


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
        numbers = functional.relu(_by_point(self.weight, inputs) + self.bias)
        wider = _by_point(self.widen[:, :-1, None], numbers)[..., 0] + self.widen[:, -1]
        return Told(numbers, _by_point(self.shift, numbers), wider)


def _by_point(weights: Tensor, inputs: Tensor) -> Tensor:
    """Return (N, K, F) of (N, K, C) inputs and each point's own weights (K, C, F).

    The weights stand first: they are many and the drawings few, and a runtime packs the second.
    """
    return torch.bmm(weights.transpose(1, 2), inputs.permute(1, 2, 0)).permute(2, 0, 1)
