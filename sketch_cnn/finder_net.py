"""The two light networks: one finds faces on the sheet, the other centres the crop on one."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from .blocks import conv, stage
from .places import LANDMARKS, soft_argmax

__all__ = ["Finder", "Placer"]


class Finder(nn.Module):
    """Where the faces are: (N, 1, 128, 128) ink → (N, 5, 16, 16).

    Channels: logit that a face's middle lies in the cell; offset of the middle within the cell
    (x, y; cells); log of the box's width and height, in input pixels over 64.
    """

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            conv(1, 16, stride=2), stage(16, 32, 1), stage(32, 64, 2), stage(64, 96, 1)
        )
        self.up = nn.Sequential(conv(96, 64, kernel=1), nn.Upsample(scale_factor=2))
        self.skip = nn.Sequential(conv(1, 16, stride=4), stage(16, 64, 1))
        self.head = nn.Sequential(conv(64, 64), nn.Conv2d(64, 5, 1))

    def forward(self, ink: Tensor) -> Tensor:
        """Return the finder's maps."""
        return self.head(self.up(self.body(ink)) + self.skip(ink))


class Placer(nn.Module):
    """Roughly where the landmarks are: (N, 1, 128, 128) ink of a crop → (N, 70, 2) crop pixels.

    It sees half the crop's resolution: enough to say where the next crop must lie.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.AvgPool2d(2), conv(1, 16, stride=2, kernel=5))
        self.middle = stage(16, 32, 1)
        self.deep = stage(32, 64, 2)
        self.up = conv(64 + 32, 48, kernel=1)
        self.mix = conv(48, 48)
        self.heat = nn.Conv2d(48, LANDMARKS, 1, bias=False)

    def forward(self, ink: Tensor) -> Tensor:
        """Return the landmarks."""
        fine = self.middle(self.stem(ink))
        deep = functional.interpolate(self.deep(fine), scale_factor=2.0)
        heat = self.heat(self.mix(self.up(torch.cat([deep, fine], 1))))
        return soft_argmax(heat.flatten(2).float(), heat.shape[-1])[0]
