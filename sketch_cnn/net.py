"""The two networks: one finds the face on the sheet, the other reads it.

Both are small residual nets (He et al. 2016, doi:10.1109/CVPR.2016.90). The reader's decoder is a
U-Net's (Ronneberger et al. 2015); its landmarks are the means of heat maps (Nibali et al. 2018,
"Numerical coordinate regression"); its Action Units are Beta distributions (Sensoy et al. 2018,
"Evidential deep learning").
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from .labels import AU_LABELS, FEATURES

__all__ = ["INPUT_PX", "Finder", "Reader"]

INPUT_PX = 128
LANDMARKS = 70
LOCAL = 24


def _conv(inputs: int, outputs: int, stride: int = 1, kernel: int = 3) -> nn.Sequential:
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
            _conv(channels, channels),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the block's output, of the input's shape."""
        return functional.relu(x + self.body(x))


def _stage(inputs: int, outputs: int, blocks: int) -> nn.Sequential:
    return nn.Sequential(
        _conv(inputs, outputs, stride=2), *(Residual(outputs) for _ in range(blocks))
    )


class Finder(nn.Module):
    """Where the faces are: (N, 1, 128, 128) ink → (N, 5, 16, 16).

    Channels: logit that a face's middle lies in the cell; offset of the middle within the cell
    (x, y; cells); log of the box's width and height, in input pixels over 64.
    """

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            _conv(1, 16, stride=2), _stage(16, 32, 1), _stage(32, 64, 2), _stage(64, 96, 1)
        )
        self.up = nn.Sequential(_conv(96, 64, kernel=1), nn.Upsample(scale_factor=2))
        self.skip = nn.Sequential(_conv(1, 16, stride=4), _stage(16, 64, 1))
        self.head = nn.Sequential(_conv(64, 64), nn.Conv2d(64, 5, 1))

    def forward(self, ink: Tensor) -> Tensor:
        """Return the finder's maps."""
        return self.head(self.up(self.body(ink)) + self.skip(ink))


class Reader(nn.Module):
    """What the face shows: (N, 1, 128, 128) ink of the crop → named outputs.

    `alpha`, `beta`, `intensity`, `visible` (N, A); `landmarks` (N, 70, 2) and `spread` (N, 70) in
    crop pixels; `pose` (N, 3) radians; `features` (N, C, 64, 64) logits. Action Units are read from
    the features at the landmarks, so that the same place of the face is always in the same place
    of the answer's input, wherever it lies in the crop.
    """

    def __init__(self, width: int = 48) -> None:
        super().__init__()
        w = width
        self.down1 = _conv(1, w // 3, stride=2, kernel=5)
        self.down2 = _stage(w // 3, w, 2)
        self.down3 = _stage(w, 2 * w, 3)
        self.down4 = _stage(2 * w, 3 * w, 2)
        self.up3 = _conv(3 * w + 2 * w, 2 * w, kernel=1)
        self.mix3 = Residual(2 * w)
        self.up2 = _conv(2 * w + w, w, kernel=1)
        self.mix2 = Residual(w)
        self.up1 = _conv(w + w // 3, w // 2, kernel=1)
        self.mix1 = _conv(w // 2, w // 2)
        self.features = nn.Conv2d(w // 2, len(FEATURES), 1)
        self.heat = nn.Conv2d(w, LANDMARKS, 1)
        self.local = _conv(w + w // 2, LOCAL, kernel=1)
        self.squeeze = _conv(3 * w, LOCAL, kernel=1)
        self.dense = nn.Sequential(
            nn.Linear(LOCAL * (LANDMARKS + 64) + 2 * LANDMARKS, 320),
            nn.ReLU(inplace=True),
            nn.Dropout(0.15),
            nn.Linear(320, 192),
            nn.ReLU(inplace=True),
        )
        self.answer = nn.Linear(192, 4 * len(AU_LABELS) + 3)

    def forward(self, ink: Tensor) -> dict[str, Tensor]:
        """Return the named outputs."""
        x1 = self.down1(ink)
        x2 = self.down2(x1)
        x3 = self.down3(x2)
        x4 = self.down4(x3)
        y3 = self.mix3(self.up3(torch.cat([functional.interpolate(x4, scale_factor=2.0), x3], 1)))
        y2 = self.mix2(self.up2(torch.cat([functional.interpolate(y3, scale_factor=2.0), x2], 1)))
        y1 = self.mix1(self.up1(torch.cat([functional.interpolate(y2, scale_factor=2.0), x1], 1)))
        landmarks, spread = _soft_argmax(self.heat(y2).float())
        where = landmarks.detach() * (2.0 / INPUT_PX) - 1.0
        fine = self.local(torch.cat([functional.interpolate(y2, scale_factor=2.0), y1], 1))
        local = functional.grid_sample(fine.float(), where[:, None], align_corners=False)
        parts = [local.flatten(1), self.squeeze(x4).float().flatten(1), where.flatten(1)]
        answer = self.answer(self.dense(torch.cat(parts, 1))).float()
        alpha, beta, intensity, visible, pose = torch.split(
            answer, [len(AU_LABELS)] * 4 + [3], dim=1
        )
        return {
            "alpha": 1.0 + functional.softplus(alpha),
            "beta": 1.0 + functional.softplus(beta),
            "intensity": torch.sigmoid(intensity),
            "visible": torch.sigmoid(visible),
            "pose": pose,
            "landmarks": landmarks,
            "spread": spread,
            "features": self.features(y1),
        }


def _soft_argmax(heat: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean (N, K, 2) and standard deviation (N, K), input pixels, of heat maps' softmax."""
    count, points, height, width = heat.shape
    share = torch.softmax(heat.reshape(count, points, -1), dim=-1).reshape(heat.shape)
    x = (torch.arange(width, device=heat.device) + 0.5) * (INPUT_PX / width)
    y = (torch.arange(height, device=heat.device) + 0.5) * (INPUT_PX / height)
    across, down = share.sum(2), share.sum(3)
    mean_x, mean_y = (across * x).sum(-1), (down * y).sum(-1)
    spread_x = (across * (x - mean_x[..., None]) ** 2).sum(-1)
    spread_y = (down * (y - mean_y[..., None]) ** 2).sum(-1)
    return torch.stack([mean_x, mean_y], -1), torch.sqrt(0.5 * (spread_x + spread_y) + 1e-4)
