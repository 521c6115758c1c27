"""A second, finer look at the eyes and the mouth, once it is known where they are.

The reader's finest map has a cell for every two pixels of the crop, while an Action Unit may move
a lid by half a pixel (docs/decisions/0016). Here each eye and the mouth are cut out of the ink
itself, turned and scaled with the face and enlarged, a small net looks at each of the pieces beside
what the reader saw there, and the part's points are moved once more. The left eye is mirrored, so
that both eyes share their weights.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from .blocks import PerPoint, conv, stage
from .crop import INPUT_PX
from .labels import MIRRORED_LANDMARKS
from .line_points import MIRRORED_LINE_POINTS, line_rows
from .places import LANDMARKS, turned_axes

__all__ = ["CODE", "EYE", "MOUTH", "CloseLook", "Closer", "Part"]

CODE = 80
"""Numbers that a look at one part gives."""
_STEM, _WIDTH, _FINE, _NUMBERS = 16, 40, 24, 6
_STEP = 0.035
"""Between the samples around a point, in sizes of the face."""
_REACH = 0.03
"""What a point moves for one number, in sizes of the face: a pixel or so."""


def _points(first: str, last: str) -> tuple[int, ...]:
    rows = line_rows(first, last)
    return tuple(range(LANDMARKS + rows.start, LANDMARKS + rows.stop))


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the face, and the window that it is seen through.

    `points` that are placed anew, as rows of all points; `about` those whose middle it lies around,
    `low` by how much further down the window lies, `half` of its width and height, all in sizes of
    the face (`places.face_axis`); `cells` across and down.
    """

    points: tuple[int, ...]
    about: tuple[int, ...]
    low: float
    half: tuple[float, float]
    cells: tuple[int, int]

    def mirrored(self) -> Part:
        """Return the same part of the other side."""
        other = (*MIRRORED_LANDMARKS, *(LANDMARKS + row for row in MIRRORED_LINE_POINTS))
        points, about = (tuple(other[row] for row in rows) for rows in (self.points, self.about))
        return Part(points, about, self.low, self.half, self.cells)


EYE = Part(
    points=(*range(17, 22), *range(36, 42), 69, *_points("brow_upper_R", "lower_lid_R")),
    about=tuple(range(36, 42)),
    low=-0.2,
    half=(0.58, 0.58),
    cells=(64, 64),
)
"""The right eye and its brow."""

MOUTH = Part(
    points=(*range(48, 68), *_points("upper_lip_outer", "mentolabial")),
    about=tuple(range(48, 68)),
    low=0.05,
    half=(0.78, 0.585),
    cells=(96, 72),
)


class Closer(NamedTuple):
    """Of a part's points: how far to move (N, K, 2) crop pixels, log of how much wider their
    spread is (N, K); and `code` (N, CODE) of what the part looks like.
    """

    moves: Tensor
    wider: Tensor
    code: Tensor


class CloseLook(PerPoint):
    """The net that looks at one kind of part.

    Parameters
    ----------
    part : what it looks at
    context : channels of the reader's map that it sees beside the ink
    backbone : kind of its blocks
    """

    around: Tensor
    extent: Tensor

    def __init__(self, part: Part, context: int, backbone: str = "residual") -> None:
        count = len(part.points)
        super().__init__(count, 9 * _FINE, _NUMBERS)
        self.part = part
        self.stem = conv(1, _STEM, stride=2, kernel=5)
        self.down = stage(_STEM + context, _WIDTH, 2, backbone)
        self.up = conv(_WIDTH + _STEM + context, _FINE, kernel=1)
        self.mix = conv(_FINE, _FINE)
        self.squeeze = conv(_WIDTH, 12, stride=2)
        small = 12 * (part.cells[0] // 8) * (part.cells[1] // 8)
        self.dense = nn.Sequential(nn.Linear(count * _NUMBERS + small, CODE), nn.ReLU(inplace=True))
        self.register_buffer("around", _STEP * _neighbours(), persistent=False)
        self.register_buffer("extent", torch.tensor(part.half), persistent=False)

    def forward(
        self, ink: Tensor, seen: Tensor, points: Tensor, about: Tensor, axes: Tensor
    ) -> Closer:
        """Look at the part of each face.

        Parameters
        ----------
        ink : (N, 1, 128, 128) crop
        seen : (N, C, S, S) the reader's map of it
        points : (N, K, 2) crop pixels, where the part's points were seen
        about : (N, M, 2) those that the window lies around
        axes : (N, 2, 2) rows: the window's x and y, one size of the face long
        """
        with torch.autocast(ink.device.type, enabled=False):
            middle = about.mean(1, keepdim=True) + self.part.low * axes[:, 1:]
            window, (across, down) = self.extent[:, None] * axes, self.part.cells
            piece = _sampled(ink.float(), middle, window, across, down)
            beside = _sampled(seen.float(), middle, window, across // 2, down // 2)
        first = torch.cat([self.stem(piece), beside], 1)
        deep = self.down(first)
        fine = torch.cat([functional.interpolate(deep, scale_factor=2.0), first], 1)
        fine, small = self.mix(self.up(fine)), self.squeeze(deep)
        with torch.autocast(ink.device.type, enabled=False):
            count = points.shape[1]
            inverse = axes.transpose(1, 2) / axes.square().sum(2)[:, None]
            at = (points - middle) @ inverse
            near = (at[:, :, None] + self.around).flatten(1, 2) / self.extent
            values = functional.grid_sample(
                fine.float(), near[:, :, None], padding_mode="border", align_corners=False
            )
            values = values[..., 0].transpose(1, 2).reshape(points.shape[0], count, -1)
            numbers, way, wider = self.tell(values)
            moves = _REACH * way @ axes
            code = self.dense(torch.cat([numbers.flatten(1), small.float().flatten(1)], 1))
        return Closer(moves, wider, code)


class CloseLooks(nn.Module):
    """Both eyes and the mouth."""

    right: Tensor
    right_about: Tensor
    left: Tensor
    left_about: Tensor
    lips: Tensor
    lips_about: Tensor
    order: Tensor

    def __init__(self, context: int, backbone: str = "residual") -> None:
        super().__init__()
        self.eye = CloseLook(EYE, context, backbone)
        self.mouth = CloseLook(MOUTH, context, backbone)
        left = EYE.mirrored()
        rows = (*EYE.points, *left.points, *MOUTH.points)
        count = LANDMARKS + len(MIRRORED_LINE_POINTS)
        rest = tuple(row for row in range(count) if row not in rows)
        order = torch.tensor((*rows, *rest)).argsort()
        for name, value in (
            ("right", EYE.points), ("right_about", EYE.about),
            ("left", left.points), ("left_about", left.about),
            ("lips", MOUTH.points), ("lips_about", MOUTH.about),
            ("order", order),
        ):  # fmt: skip
            self.register_buffer(name, torch.as_tensor(value), persistent=False)
        self.rest = len(rest)

    def forward(
        self, ink: Tensor, seen: Tensor, points: Tensor, frame: tuple[Tensor, Tensor]
    ) -> Closer:
        """Look at all parts; return moves and widening of all points, and all codes in a row.

        Parameters
        ----------
        ink, seen : the crop, and the reader's map of it
        points : (N, K, 2) crop pixels of all points
        frame : size (N,) and axis (N, 2) of the faces
        """
        count, points = points.shape[0], points.detach()
        axes = turned_axes(frame)
        mirrored = torch.cat([-axes[:, :1], axes[:, 1:]], 1)
        eyes = self.eye(
            torch.cat([ink, ink]),
            torch.cat([seen, seen]),
            torch.cat([points.index_select(1, self.right), points.index_select(1, self.left)]),
            torch.cat(
                [points.index_select(1, self.right_about), points.index_select(1, self.left_about)]
            ),
            torch.cat([axes, mirrored]),
        )
        lips, about = (points.index_select(1, rows) for rows in (self.lips, self.lips_about))
        mouth = self.mouth(ink, seen, lips, about, axes)
        still = points.new_zeros(count, self.rest, 2)
        moves = torch.cat([eyes.moves[:count], eyes.moves[count:], mouth.moves, still], 1)
        wider = torch.cat([eyes.wider[:count], eyes.wider[count:], mouth.wider, still[..., 0]], 1)
        code = torch.cat([eyes.code[:count], eyes.code[count:], mouth.code], 1)
        return Closer(moves.index_select(1, self.order), wider.index_select(1, self.order), code)


def _neighbours() -> Tensor:
    """Return (9, 2) steps to a place and those beside it."""
    step = torch.arange(-1.0, 2.0)
    rows, columns = torch.meshgrid(step, step, indexing="ij")
    return torch.stack([columns.flatten(), rows.flatten()], 1)


def _sampled(maps: Tensor, middle: Tensor, window: Tensor, across: int, down: int) -> Tensor:
    """Return (N, C, down, across) of maps (N, C, S, S), seen through a window.

    Parameters
    ----------
    middle : (N, 1, 2) crop pixels
    window : (N, 2, 2) rows: from the middle to the edge, to the right and down
    """
    x, y = (
        (2.0 * torch.arange(count, device=maps.device) + 1.0) / count - 1.0
        for count in (across, down)
    )
    along = middle[:, None] + x[:, None] * window[:, None, :1]
    where = along + y[:, None, None] * window[:, None, 1:]
    return functional.grid_sample(maps, where * (2.0 / INPUT_PX) - 1.0, align_corners=False)
