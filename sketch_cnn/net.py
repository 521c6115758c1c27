"""The two networks: one finds the face on the sheet, the other reads it.

Both are small residual nets (He et al. 2016, doi:10.1109/CVPR.2016.90). The reader's decoder is a
U-Net's (Ronneberger et al. 2015); its landmarks are the means of heat maps (Nibali et al. 2018,
"Numerical coordinate regression"); its Action Units are Beta distributions (Sensoy et al. 2018,
"Evidential deep learning") with exponential evidence (Pandey & Yu 2023, "Learn to accumulate
evidence from all training samples").
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
    of the answer's input, wherever it lies in the crop; and from where the landmarks lie.
    """

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        w, thin = width, width // 2
        self.down1 = _conv(1, thin, stride=2, kernel=5)
        self.down2 = _stage(thin, w, 2)
        self.down3 = _stage(w, 2 * w, 3)
        self.down4 = _stage(2 * w, 4 * w, 2)
        self.up3 = _conv(4 * w + 2 * w, 2 * w, kernel=1)
        self.mix3 = Residual(2 * w)
        self.up2 = _conv(2 * w + w, w, kernel=1)
        self.mix2 = Residual(w)
        self.up1 = nn.Conv2d(w, thin, 1, bias=False)
        self.skip1 = nn.Conv2d(thin, thin, 1, bias=False)
        self.join1 = nn.BatchNorm2d(thin)
        self.mix1 = _conv(thin, thin)
        self.features = nn.Conv2d(thin, len(FEATURES), 1)
        self.heat = nn.Linear(w, LANDMARKS, bias=False)
        self.local = nn.Linear(w + thin, LOCAL)
        self.squeeze = _conv(4 * w, LOCAL, kernel=1)
        self.head = Answer()

    def forward(self, ink: Tensor) -> dict[str, Tensor]:
        """Return the named outputs."""
        x1 = self.down1(ink)
        x2 = self.down2(x1)
        x3 = self.down3(x2)
        x4 = self.down4(x3)
        y3 = self.mix3(self.up3(torch.cat([functional.interpolate(x4, scale_factor=2.0), x3], 1)))
        y2 = self.mix2(self.up2(torch.cat([functional.interpolate(y3, scale_factor=2.0), x2], 1)))
        up1 = functional.interpolate(self.up1(y2), scale_factor=2.0)
        y1 = self.mix1(functional.relu(self.join1(up1 + self.skip1(x1))))
        coarse = self.squeeze(x4).float()
        with torch.autocast("cpu", enabled=False):
            heat = torch.bmm(self.heat.weight.expand(y2.shape[0], -1, -1), y2.float().flatten(2))
            rough, spread = _soft_argmax(heat, y2.shape[-1])
            found = torch.cat([_sample(y2, rough), _sample(y1, rough)], 2)
            answer = self.head(rough, self.local(found), coarse)
        return {
            **answer,
            "spread": spread,
            "features": self.features(y1),
        }


class Answer(nn.Module):
    """Action Units and pose from the landmarks' places and the features around them.

    The places are taken in the face's own frame (`face_frame`) and standardised: an Action Unit
    moves a landmark by a hundredth of the face, far less than its place in the crop varies. All in
    float32, since bfloat16 would round just that away.
    """

    def __init__(self) -> None:
        super().__init__()
        count = len(AU_LABELS)
        self.shift = nn.Parameter(torch.zeros(LANDMARKS, LOCAL, 2))
        self.standard = nn.BatchNorm1d(PLACES, affine=False)
        self.dense = nn.Sequential(
            nn.Linear(LOCAL * (LANDMARKS + 64) + PLACES, 384),
            nn.ReLU(inplace=True),
            nn.Dropout(0.1),
            nn.Linear(384, 256),
            nn.ReLU(inplace=True),
        )
        self.places = nn.Sequential(
            nn.Linear(PLACES, 384),
            nn.ReLU(inplace=True),
            nn.Linear(384, 256),
            nn.ReLU(inplace=True),
        )
        self.last = nn.Linear(512, 4 * count + 3)
        with torch.no_grad():  # begin with what is usual: the Action Unit is absent, but could show
            self.last.bias.zero_()
            self.last.bias[count : 2 * count] = 1.5
            self.last.bias[2 * count : 3 * count] = -2.0
            self.last.bias[3 * count : 4 * count] = 1.0

    def forward(self, rough: Tensor, local: Tensor, coarse: Tensor) -> dict[str, Tensor]:
        """Return `landmarks`, `alpha`, `beta`, `intensity`, `visible` and `pose`.

        Parameters
        ----------
        rough : (N, 70, 2) crop pixels; the features there say how far the landmark really is
        local : (N, 70, LOCAL) features at the landmarks
        coarse : (N, LOCAL, 8, 8) features of the whole crop
        """
        count = len(AU_LABELS)
        local = functional.relu(local)
        landmarks = rough + torch.einsum("nkc,kcd->nkd", local, self.shift)
        places = self.standard(face_frame(landmarks.detach())).clamp(-6.0, 6.0)
        parts = [local.flatten(1), coarse.flatten(1), places]
        mixed = torch.cat([self.dense(torch.cat(parts, 1)), self.places(places)], 1)
        alpha, beta, intensity, visible, pose = torch.split(
            self.last(mixed), [count] * 4 + [3], dim=1
        )
        return {
            "landmarks": landmarks,
            "alpha": 1.0 + torch.exp(alpha.clamp(max=6.0)),
            "beta": 1.0 + torch.exp(beta.clamp(max=6.0)),
            "intensity": torch.sigmoid(intensity),
            "visible": torch.sigmoid(visible),
            "pose": pose,
        }


_PARTS = (
    (range(17, 22), range(36, 42)), (range(22, 27), range(42, 48)),
    ((*range(36, 42), 68), range(36, 42)), ((*range(42, 48), 69), range(42, 48)),
    (range(48, 68), range(48, 68)),
)  # fmt: skip
"""Landmarks that are also taken relative to a part of their own: brows and irises to the eye."""
PLACES = 2 * (LANDMARKS + sum(len(tuple(rows)) for rows, _ in _PARTS)) + 3


def face_frame(landmarks: Tensor) -> Tensor:
    """Return (N, PLACES) places of (N, 70, 2) landmarks in the face's own frame.

    The frame's x axis runs from eye to eye, its unit is the root mean square distance from the
    middle; position, size and roll in the crop are appended.
    """
    middle = landmarks[:, :68].mean(1, keepdim=True)
    centred = landmarks - middle
    size = torch.sqrt(centred[:, :68].square().sum(2).mean(1).clamp(min=1.0))
    axis = landmarks[:, 42:48].mean(1) - landmarks[:, 36:42].mean(1)
    axis = axis / axis.norm(dim=1, keepdim=True).clamp(min=1.0)
    turned = torch.stack(
        [
            centred[..., 0] * axis[:, None, 0] + centred[..., 1] * axis[:, None, 1],
            centred[..., 1] * axis[:, None, 0] - centred[..., 0] * axis[:, None, 1],
        ],
        dim=2,
    )
    own = turned / size[:, None, None]
    parts = [
        own[:, list(rows)] - own[:, list(about)].mean(1, keepdim=True) for rows, about in _PARTS
    ]
    places = torch.cat([own, *parts], 1).flatten(1)
    return torch.cat(
        [places, size[:, None] / INPUT_PX, axis[:, 1:], middle[:, 0, :1] / INPUT_PX], 1
    )


def _sample(maps: Tensor, where: Tensor) -> Tensor:
    """Return (N, K, C) float32: maps (N, C, S, S) at (N, K, 2) crop pixels, bilinear."""
    count, channels, _, side = maps.shape
    flat = maps.permute(0, 2, 3, 1).reshape(count, side * side, channels)
    at = (where.detach() * (side / INPUT_PX) - 0.5).clamp(0.0, side - 1.001)
    low = at.floor()
    part = (at - low)[..., None]
    first = (low[..., 1] * side + low[..., 0]).long()
    corners = torch.cat([first, first + 1, first + side, first + side + 1], 1)
    near = torch.gather(flat, 1, corners[..., None].expand(-1, -1, channels)).float()
    near = near.reshape(count, 4, -1, channels)
    x, y = part[:, :, 0], part[:, :, 1]
    return (near[:, 0] * (1 - x) + near[:, 1] * x) * (1 - y) + (
        near[:, 2] * (1 - x) + near[:, 3] * x
    ) * y


def _soft_argmax(heat: Tensor, side: int) -> tuple[Tensor, Tensor]:
    """Return mean (N, K, 2) and standard deviation (N, K), input pixels, of heat maps' softmax.

    `heat` is (N, K, side · side).
    """
    share = torch.softmax(heat, dim=-1)
    along = (torch.arange(side, device=heat.device, dtype=heat.dtype) + 0.5) * (INPUT_PX / side)
    x, y = along.repeat(side), along.repeat_interleave(side)
    moments = share @ torch.stack([x, y, x**2 + y**2], dim=1)
    mean = moments[..., :2]
    spread = (moments[..., 2] - mean.square().sum(-1)).clamp(min=0.0)
    return mean, torch.sqrt(0.5 * spread + 1e-4)
