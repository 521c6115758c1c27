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

from .blocks import PerPoint, conv, joined, stage
from .crop import INPUT_PX
from .labels import MIRRORED_LANDMARKS
from .line_points import MIRRORED_LINE_POINTS, line_rows
from .places import LANDMARKS, rows_at, turned_axes

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
        """Look at the part of each face, or at both of them where it is one of two.

        Parameters
        ----------
        ink : (N, 1, 128, 128) crop
        seen : (N, C, S, S) the reader's map of it
        points : (N, E, K, 2) crop pixels, where the points of E such parts were seen
        about : (N, E, M, 2) those that the windows lie around
        axes : (N, E, 2, 2) rows: a window's x and y, one size of the face long

        Returns
        -------
        The parts of a face one after the other: of E · K points, and (N, E · CODE).
        """
        several, count = points.shape[1:3]
        across, down = self.part.cells
        with torch.autocast(ink.device.type, enabled=False):
            middle = about.mean(2, keepdim=True) + self.part.low * axes[:, :, 1:]
            window = torch.cat([self.extent[:, None] * axes, middle], 2)
            piece = _ink_through(ink.float(), window, across, down)
            beside = _seen_through(seen.float(), window, across // 2, down // 2)
        first = torch.cat([self.stem(piece), beside], 1)
        deep = self.down(first)
        fine, small = self.mix(joined(self.up, deep, first)), self.squeeze(deep)
        with torch.autocast(ink.device.type, enabled=False):
            inverse = axes.transpose(2, 3) / axes.square().sum(3)[:, :, None]
            at = ((points - middle) @ inverse).flatten(0, 1)
            x, y = (
                ((at[..., row, None] + self.around[:, row]) / half + 1.0) * (0.25 * cells) - 0.5
                for row, (half, cells) in enumerate(
                    zip(self.part.half, self.part.cells, strict=True)
                )
            )
            x, y = x.clamp(0.0, across // 2 - 1.0), y.clamp(0.0, down // 2 - 1.0)
            values = rows_at(fine.float(), x.flatten(1), y.flatten(1)).reshape(-1, count, 9 * _FINE)
            numbers, way, wider = self.tell(values)
            moves = _REACH * way.unflatten(0, (-1, several)) @ axes
            code = self.dense(torch.cat([numbers.flatten(1), small.float().flatten(1)], 1))
        return Closer(
            moves.flatten(1, 2),
            wider.reshape(-1, several * count),
            code.reshape(-1, several * CODE),
        )


class CloseLooks(nn.Module):
    """Both eyes and the mouth."""

    eyes: Tensor
    eyes_about: Tensor
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
            ("eyes", EYE.points + left.points), ("eyes_about", EYE.about + left.about),
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
        points, axes = points.detach(), turned_axes(frame)[:, None]
        mirrored = torch.cat([-axes[:, :, :1], axes[:, :, 1:]], 2)
        eyes = self.eye(
            ink,
            seen,
            points.index_select(1, self.eyes).unflatten(1, (2, -1)),
            points.index_select(1, self.eyes_about).unflatten(1, (2, -1)),
            torch.cat([axes, mirrored], 1),
        )
        lips, about = (points.index_select(1, rows) for rows in (self.lips, self.lips_about))
        mouth = self.mouth(ink, seen, lips[:, None], about[:, None], axes)
        still = torch.zeros_like(points[:, : self.rest])
        moves = torch.cat([eyes.moves, mouth.moves, still], 1)
        wider = torch.cat([eyes.wider, mouth.wider, still[..., 0]], 1)
        code = torch.cat([eyes.code, mouth.code], 1)
        return Closer(moves.index_select(1, self.order), wider.index_select(1, self.order), code)


def _neighbours() -> Tensor:
    """Return (9, 2) steps to a place and those beside it."""
    step = torch.arange(-1.0, 2.0)
    rows, columns = torch.meshgrid(step, step, indexing="ij")
    return torch.stack([columns.flatten(), rows.flatten()], 1)


def _through(window: Tensor, across: int, down: int) -> Tensor:
    """Return (N, 2, E, down · across): x and y of the cells of E windows, crop pixels.

    `window` is (N, E, 3, 2), rows: from the middle to the edge, to the right and down; the middle.
    """
    # whole and half numbers, which float16 holds without loss; what is scaled are the windows
    x, y = (
        torch.arange(count, device=window.device, dtype=window.dtype) - 0.5 * (count - 1)
        for count in (across, down)
    )
    x, y = x.expand(down, across).flatten(), y[:, None].expand(down, across).flatten()
    step = window / window.new_tensor([[0.5 * across], [0.5 * down], [1.0]])
    return step.permute(0, 3, 1, 2) @ torch.stack([x, y, torch.ones_like(x)])


def _ink_through(ink: Tensor, window: Tensor, across: int, down: int) -> Tensor:
    """Return (N · E, 1, down, across) of ink (N, 1, S, S), seen through E windows each."""
    where = _through(window, across, down).flatten(2).transpose(1, 2) * (2.0 / INPUT_PX) - 1.0
    seen = functional.grid_sample(ink, where.unflatten(1, (-1, across)), align_corners=False)
    return seen.reshape(-1, 1, down, across)


def _seen_through(maps: Tensor, window: Tensor, across: int, down: int) -> Tensor:
    """Return (N · E, C, down, across) of maps (N, C, S, S), seen through E windows.

    Beyond the maps' edges is nothing: 0.
    """
    side, channels = maps.shape[-1], maps.shape[1]
    at = _through(window, across, down) * (side / INPUT_PX) + 0.5
    x, y = at.clamp(0.0, side + 1.0).flatten(2).unbind(1)
    seen = rows_at(functional.pad(maps, (1, 1, 1, 1)), x, y)
    return seen.reshape(-1, down, across, channels).permute(0, 3, 1, 2)
