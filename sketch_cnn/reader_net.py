"""The network that reads a face: Action Units, landmarks, pose and a label for every pixel.

A small residual net (He et al. 2016, doi:10.1109/CVPR.2016.90) with a U-Net's decoder (Ronneberger
et al. 2015). Its points, landmarks and where the lines run (`line_points.py`), are the means of
heat maps (Nibali et al. 2018, "Numerical coordinate regression"), moved twice by what is seen
around them, as in cascaded shape regression (Cao et al. 2012; Xiong & De la Torre 2013), and those
of eyes and mouth once more by a closer look (`close_look.py`). Its Action Units are Beta
distributions (Sensoy et al. 2018, "Evidential deep learning") with exponential evidence (Pandey &
Yu 2023, "Learn to accumulate evidence from all training samples").
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from .blocks import PerPoint, Residual, conv, joined, stage
from .close_look import CODE, CloseLooks
from .labels import AU_LABELS, FEATURES
from .places import (
    LANDMARKS,
    POINTS,
    face_axis,
    face_frame,
    frame_size,
    sample_at,
    sample_xy,
    soft_argmax,
    turned_axes,
)

__all__ = ["Reader"]

COARSE = 16


@dataclass(frozen=True, slots=True)
class Sight:
    """What is seen through the windows of some points.

    `points` how many; `side` samples along a window's side and `step` between them, in sizes of the
    face (`places.face_axis`); `numbers` that are kept of each.
    """

    points: int
    side: int
    step: float
    numbers: int


LANDMARK_SIGHT = Sight(LANDMARKS, 5, 0.075, 24)
LINE_SIGHT = Sight(POINTS - LANDMARKS, 3, 0.06, 16)
"""Their neighbours along the line see what lies beside."""
_SEEN = sum(sight.points * sight.numbers for sight in (LANDMARK_SIGHT, LINE_SIGHT))


class Reader(nn.Module):
    """What the face shows: (N, 1, 128, 128) ink of the crop → named outputs.

    `alpha`, `beta`, `intensity`, `visible` (N, A); `landmarks` (N, 70, 2) and `spread` (N, 70),
    `lines` (N, L, 2) and `line_spread` (N, L) in crop pixels; `pose` (N, 3) radians; `features`
    (N, C, 64, 64) logits; `embedding` (N, 512), what the answers are read from; while it trains
    `rough`, `nearer` and `near`, all points before they were moved and in between; and else
    `attention` (N, 32, 32), the mean of the heat maps' softmax: what share of its looking for
    points goes to each place of the crop. Action Units are read from the features around the
    points, so that the same place of the face is always in the same place of the answer's input,
    wherever it lies in the crop; and from where the points lie.
    """

    def __init__(self, width: int = 40, thin: int = 16, backbone: str = "residual") -> None:
        super().__init__()
        w = width
        self.down1 = conv(1, thin, stride=2, kernel=5)
        self.down2 = stage(thin, w, 2, backbone)
        self.down3 = stage(w, 2 * w, 3, backbone)
        self.down4 = stage(2 * w, 4 * w, 3, backbone)
        self.up3 = conv(4 * w + 2 * w, 2 * w, kernel=1)
        self.mix3 = Residual(2 * w)
        self.up2 = conv(2 * w + w, w, kernel=1)
        self.mix2 = Residual(w)
        self.up1 = nn.Conv2d(w, thin, 1, bias=False)
        self.skip1 = nn.Conv2d(thin, thin, 1, bias=False)
        self.join1 = nn.BatchNorm2d(thin)
        self.mix1 = conv(thin, thin)
        self.features = nn.Conv2d(thin, len(FEATURES), 1)
        self.heat = nn.Linear(w, POINTS, bias=False)
        self.mover = Mover(w + thin)
        self.windows = Windows(LANDMARK_SIGHT, thin, 3 * w)
        self.line_windows = Windows(LINE_SIGHT, thin, 3 * w)
        self.squeeze = conv(4 * w, COARSE, kernel=1)
        self.close = CloseLooks(thin, backbone)
        self.head = Answer()

    def forward(self, ink: Tensor) -> dict[str, Tensor]:
        """Return the named outputs."""
        x1 = self.down1(ink)
        x2 = self.down2(x1)
        x3 = self.down3(x2)
        x4 = self.down4(x3)
        y3 = self.mix3(joined(self.up3, x4, x3))
        y2 = self.mix2(joined(self.up2, y3, x2))
        up1 = functional.interpolate(self.up1(y2), scale_factor=2.0)
        y1 = self.mix1(functional.relu(self.join1(up1 + self.skip1(x1))))
        coarse = self.squeeze(x4).float()
        with torch.autocast(ink.device.type, enabled=False):
            heat = torch.bmm(self.heat.weight.expand(y2.shape[0], -1, -1), y2.float().flatten(2))
            rough, spread = soft_argmax(heat, y2.shape[-1])
            nearer = rough + self.mover(torch.cat([sample_at(y2, rough), sample_at(y1, rough)], 2))
            there = torch.cat([sample_at(y2, nearer), sample_at(y3, nearer)], 2)
            frame = face_axis(nearer.detach())
            marks, along = nearer[:, :LANDMARKS], nearer[:, LANDMARKS:]
            landmarks = self.windows(y1, there[:, :LANDMARKS], marks, spread[:, :LANDMARKS], frame)
            lines = self.line_windows(y1, there[:, LANDMARKS:], along, spread[:, LANDMARKS:], frame)
            near = torch.cat([landmarks.where, lines.where], 1)
            frame = face_axis(near.detach())
        closer = self.close(ink, y1, near, frame)
        with torch.autocast(ink.device.type, enabled=False):
            points = near + closer.moves
            wide = torch.cat([landmarks.spread, lines.spread], 1)
            wide = wide * torch.exp(closer.wider.clamp(-4.0, 2.0))
            answer = self.head(landmarks, lines, coarse, points, closer.code)
        answer |= {
            "landmarks": points[:, :LANDMARKS],
            "spread": wide[:, :LANDMARKS],
            "lines": points[:, LANDMARKS:],
            "line_spread": wide[:, LANDMARKS:],
            "features": self.features(y1),
        }
        if self.training:
            answer |= {"rough": rough, "nearer": nearer, "near": near}
        else:
            every = heat.new_full((1, POINTS), 1.0 / POINTS)
            looks = every @ torch.softmax(heat, dim=-1)
            answer["attention"] = looks.reshape(-1, y2.shape[-1], y2.shape[-1])
        return answer


class Mover(nn.Module):
    """How far the points really are from where the heat maps say: all of them together."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.own = nn.Linear(inputs, 12)
        self.together = nn.Sequential(
            nn.Linear(12 * POINTS, 160), nn.ReLU(inplace=True), nn.Linear(160, 2 * POINTS)
        )
        nn.init.zeros_(self.together[-1].weight)
        nn.init.zeros_(self.together[-1].bias)

    def forward(self, found: Tensor) -> Tensor:
        """Return (N, K, 2) crop pixels from (N, K, C) features at the points."""
        mixed = self.together(functional.relu(self.own(found)).flatten(1))
        return mixed.reshape(-1, POINTS, 2)


class Seen(NamedTuple):
    """Points seen through windows: `numbers` (N, K, F), `where` (N, K, 2), `spread` (N, K)."""

    numbers: Tensor
    where: Tensor
    spread: Tensor


class Windows(PerPoint):
    """A second look around each point, through a window turned and scaled with the face."""

    def __init__(self, sight: Sight, fine: int, more: int) -> None:
        samples = sight.side**2
        super().__init__(sight.points, fine * samples + more, sight.numbers)
        self.samples = samples
        steps = torch.arange(sight.side) - (sight.side - 1) / 2.0
        y, x = torch.meshgrid(steps, steps, indexing="ij")
        offsets = sight.step * torch.stack([x, y], 2).reshape(-1, 2)
        self.register_buffer("offsets", offsets, persistent=False)

    def forward(
        self,
        maps: Tensor,
        more: Tensor,
        where: Tensor,
        spread: Tensor,
        frame: tuple[Tensor, Tensor],
    ) -> Seen:
        """Look at the points, and place them once more by what is seen.

        Parameters
        ----------
        maps : (N, C, S, S) seen through the windows
        more : (N, K, P) further features of each point
        where, spread : (N, K, 2) and (N, K) crop pixels
        frame : size (N,) and axis (N, 2) of the faces
        """
        steps = turned_axes(frame).transpose(1, 2) @ self.offsets.T
        x, y = (where[..., row, None] + steps[:, None, row] for row in (0, 1))
        seen = sample_xy(maps, x.flatten(1), y.flatten(1))
        seen = seen.reshape(-1, where.shape[1], self.samples * maps.shape[1])
        numbers, way, wider = self.tell(torch.cat([seen, more], 2))
        return Seen(numbers, where + way, spread * torch.exp(wider.clamp(-4.0, 2.0)))


class Answer(nn.Module):
    """Action Units and pose from the points' places and the features around them.

    The places are taken in the face's own frame (`face_frame`) and standardised: an Action Unit
    moves a point by a hundredth of the face, far less than its place in the crop varies. All in
    float32, since bfloat16 would round just that away.
    """

    def __init__(self) -> None:
        super().__init__()
        count, places = len(AU_LABELS), frame_size(POINTS)
        self.standard = nn.BatchNorm1d(places, affine=False)
        self.dense = nn.Sequential(
            nn.Linear(_SEEN + COARSE * 64 + places, 448),
            nn.ReLU(inplace=True),
            nn.Dropout(0.1),
            nn.Linear(448, 256),
            nn.ReLU(inplace=True),
        )
        self.places = nn.Sequential(
            nn.Linear(places, 512),
            nn.ReLU(inplace=True),
            nn.Linear(512, 256),
            nn.ReLU(inplace=True),
        )
        self.close = nn.Linear(3 * CODE, 256, bias=False)
        self.last = nn.Linear(512, 4 * count + 3)
        nn.init.zeros_(self.close.weight)
        with torch.no_grad():  # begin with what is usual: the Action Unit is absent, but could show
            self.last.bias.zero_()
            self.last.bias[count : 2 * count] = 1.5
            self.last.bias[2 * count : 3 * count] = -2.0
            self.last.bias[3 * count : 4 * count] = 1.0

    def forward(
        self, landmarks: Seen, lines: Seen, coarse: Tensor, points: Tensor, code: Tensor
    ) -> dict[str, Tensor]:
        """Return `pose`, `embedding` and what is said of the Action Units.

        Parameters
        ----------
        landmarks, lines : as seen through their windows
        coarse : (N, COARSE, 8, 8) features of the whole crop
        points : (N, K, 2) where all of them lie after the closer look
        code : (N, 3 · CODE) of the closer look
        """
        count = len(AU_LABELS)
        places = self.standard(face_frame(points.detach())).clamp(-6.0, 6.0)
        parts = [part.flatten(1) for part in (landmarks.numbers, lines.numbers, coarse)]
        dense = self.dense(torch.cat([*parts, places], 1)) + self.close(code)
        mixed = torch.cat([dense, self.places(places)], 1)
        alpha, beta, intensity, visible, pose = torch.split(
            self.last(mixed), [count] * 4 + [3], dim=1
        )
        return {
            "alpha": 1.0 + torch.exp(alpha.clamp(max=6.0)),
            "beta": 1.0 + torch.exp(beta.clamp(max=6.0)),
            "intensity": torch.sigmoid(intensity),
            "visible": torch.sigmoid(visible),
            "pose": pose,
            "embedding": mixed,
        }
