"""The network that reads a face: Action Units, landmarks, pose and a label for every pixel.

A small residual net (He et al. 2016, doi:10.1109/CVPR.2016.90) with a U-Net's decoder (Ronneberger
et al. 2015). Its landmarks are the means of heat maps (Nibali et al. 2018, "Numerical coordinate
regression"), moved twice by what is seen around them, as in cascaded shape regression (Cao et al.
2012; Xiong & De la Torre 2013). Its Action Units are Beta distributions (Sensoy et al. 2018,
"Evidential deep learning") with exponential evidence (Pandey & Yu 2023, "Learn to accumulate
evidence from all training samples").
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from .blocks import Residual, conv, stage
from .labels import AU_LABELS, FEATURES
from .places import (
    LANDMARKS,
    PLACES,
    face_axis,
    face_frame,
    sample_at,
    soft_argmax,
)

__all__ = ["Reader"]

LOCAL = 24
COARSE = 16
_WINDOW = 5
_WINDOW_STEP = 0.075
"""Step of the windows' samples, in sizes of the face (`places.face_axis`)."""


class Reader(nn.Module):
    """What the face shows: (N, 1, 128, 128) ink of the crop → named outputs.

    `alpha`, `beta`, `intensity`, `visible` (N, A); `landmarks` (N, 70, 2) and `spread` (N, 70) in
    crop pixels; `pose` (N, 3) radians; `features` (N, C, 64, 64) logits; `rough` and `nearer`, the
    landmarks before they were moved and in between; `embedding` (N, 512), what the answers are
    read from; and, but not while it trains, `attention` (N, 32, 32), the mean of the heat maps'
    softmax: what share of its looking for landmarks goes to each place of the crop. Action Units
    are read from the features around the landmarks, so that the same place of the face is always in
    the same place of the answer's input, wherever it lies in the crop; and from where the landmarks
    lie.
    """

    def __init__(self, width: int = 40, thin: int = 16) -> None:
        super().__init__()
        w = width
        self.down1 = conv(1, thin, stride=2, kernel=5)
        self.down2 = stage(thin, w, 2)
        self.down3 = stage(w, 2 * w, 3)
        self.down4 = stage(2 * w, 4 * w, 3)
        self.up3 = conv(4 * w + 2 * w, 2 * w, kernel=1)
        self.mix3 = Residual(2 * w)
        self.up2 = conv(2 * w + w, w, kernel=1)
        self.mix2 = Residual(w)
        self.up1 = nn.Conv2d(w, thin, 1, bias=False)
        self.skip1 = nn.Conv2d(thin, thin, 1, bias=False)
        self.join1 = nn.BatchNorm2d(thin)
        self.mix1 = conv(thin, thin)
        self.features = nn.Conv2d(thin, len(FEATURES), 1)
        self.heat = nn.Linear(w, LANDMARKS, bias=False)
        self.mover = Mover(w + thin)
        self.windows = Windows(thin, 3 * w)
        self.squeeze = conv(4 * w, COARSE, kernel=1)
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
        with torch.autocast(ink.device.type, enabled=False):
            heat = torch.bmm(self.heat.weight.expand(y2.shape[0], -1, -1), y2.float().flatten(2))
            rough, spread = soft_argmax(heat, y2.shape[-1])
            nearer = rough + self.mover(torch.cat([sample_at(y2, rough), sample_at(y1, rough)], 2))
            points = torch.cat([sample_at(y2, nearer), sample_at(y3, nearer)], 2)
            local = self.windows(y1, points, nearer)
            answer = self.head(nearer, spread, local, coarse)
        answer |= {"rough": rough, "nearer": nearer, "features": self.features(y1)}
        if not self.training:
            looks = torch.softmax(heat, dim=-1).mean(1)
            answer["attention"] = looks.reshape(-1, y2.shape[-1], y2.shape[-1])
        return answer


class Mover(nn.Module):
    """How far the landmarks really are from where the heat maps say: all of them together."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.own = nn.Linear(inputs, 12)
        self.together = nn.Sequential(
            nn.Linear(12 * LANDMARKS, 128), nn.ReLU(inplace=True), nn.Linear(128, 2 * LANDMARKS)
        )
        nn.init.zeros_(self.together[-1].weight)
        nn.init.zeros_(self.together[-1].bias)

    def forward(self, found: Tensor) -> Tensor:
        """Return (N, 70, 2) crop pixels from (N, 70, C) features at the landmarks."""
        mixed = self.together(functional.relu(self.own(found)).flatten(1))
        return mixed.reshape(-1, LANDMARKS, 2)


class Windows(nn.Module):
    """A second look around each landmark, through a window turned and scaled with the face."""

    def __init__(self, fine: int, points: int) -> None:
        super().__init__()
        inputs = fine * _WINDOW**2 + points
        self.weight = nn.Parameter(torch.randn(LANDMARKS, inputs, LOCAL) / inputs**0.5)
        self.bias = nn.Parameter(torch.zeros(LANDMARKS, LOCAL))
        steps = torch.arange(_WINDOW) - (_WINDOW - 1) / 2.0
        y, x = torch.meshgrid(steps, steps, indexing="ij")
        offsets = _WINDOW_STEP * torch.stack([x, y], 2).reshape(-1, 2)
        self.register_buffer("offsets", offsets, persistent=False)

    def forward(self, maps: Tensor, points: Tensor, landmarks: Tensor) -> Tensor:
        """Return (N, 70, LOCAL).

        Parameters
        ----------
        maps : (N, C, S, S) seen through the windows
        points : (N, 70, P) further features of each landmark
        landmarks : (N, 70, 2) crop pixels
        """
        size, axis = face_axis(landmarks.detach())
        x, y = (size[:, None] * axis).unbind(1)
        turn = torch.stack([x, y, -y, x], 1).reshape(-1, 2, 2)  # rows: the face's x, its y
        around = self.offsets @ turn
        where = (landmarks[:, :, None] + around[:, None]).flatten(1, 2)
        seen = sample_at(maps, where).reshape(-1, LANDMARKS, _WINDOW**2 * maps.shape[1])
        inputs = torch.cat([seen, points], 2)
        mixed = torch.bmm(inputs.transpose(0, 1), self.weight).transpose(0, 1) + self.bias
        return functional.relu(mixed)


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
        self.widen = nn.Parameter(torch.zeros(LANDMARKS, LOCAL + 1))
        self.standard = nn.BatchNorm1d(PLACES, affine=False)
        self.dense = nn.Sequential(
            nn.Linear(LOCAL * LANDMARKS + COARSE * 64 + PLACES, 448),
            nn.ReLU(inplace=True),
            nn.Dropout(0.1),
            nn.Linear(448, 256),
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

    def forward(
        self, nearer: Tensor, spread: Tensor, local: Tensor, coarse: Tensor
    ) -> dict[str, Tensor]:
        """Return `landmarks`, `spread`, `pose`, `embedding` and what is said of the Action Units.

        Parameters
        ----------
        nearer : (N, 70, 2) crop pixels; the features there say how far the landmark really is
        spread : (N, 70) crop pixels, of the heat maps
        local : (N, 70, LOCAL) features at the landmarks
        coarse : (N, COARSE, 8, 8) features of the whole crop
        """
        count = len(AU_LABELS)
        landmarks = nearer + torch.einsum("nkc,kcd->nkd", local, self.shift)
        wider = torch.einsum("nkc,kc->nk", local, self.widen[:, :-1]) + self.widen[:, -1]
        places = self.standard(face_frame(landmarks.detach())).clamp(-6.0, 6.0)
        parts = [local.flatten(1), coarse.flatten(1), places]
        mixed = torch.cat([self.dense(torch.cat(parts, 1)), self.places(places)], 1)
        alpha, beta, intensity, visible, pose = torch.split(
            self.last(mixed), [count] * 4 + [3], dim=1
        )
        return {
            "landmarks": landmarks,
            "spread": spread * torch.exp(wider.clamp(-4.0, 2.0)),
            "alpha": 1.0 + torch.exp(alpha.clamp(max=6.0)),
            "beta": 1.0 + torch.exp(beta.clamp(max=6.0)),
            "intensity": torch.sigmoid(intensity),
            "visible": torch.sigmoid(visible),
            "pose": pose,
            "embedding": mixed,
        }
