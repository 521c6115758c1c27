"""Points in feature maps: where they are, what is there, and how they lie to each other."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import torch
from torch import Tensor

from .crop import INPUT_PX
from .line_points import LINE_POINTS, LINES, line_rows

__all__ = [
    "LANDMARKS",
    "POINTS",
    "face_axis",
    "face_frame",
    "frame_size",
    "rows_at",
    "sample_at",
    "sample_xy",
    "soft_argmax",
    "turned_axes",
]

LANDMARKS = 70
POINTS = LANDMARKS + len(LINES) * LINE_POINTS
"""All that the reader places: the landmarks, then the points of the lines."""


def _lines(first: str, last: str) -> slice:
    rows = line_rows(first, last)
    return slice(LANDMARKS + rows.start, LANDMARKS + rows.stop)


_RIGHT_EYE, _LEFT_EYE, _MOUTH = slice(36, 42), slice(42, 48), slice(48, 68)
_PARTS = (
    (slice(17, 22), _RIGHT_EYE), (slice(22, 27), _LEFT_EYE),
    (_RIGHT_EYE, _RIGHT_EYE), (slice(69, 70), _RIGHT_EYE),
    (_LEFT_EYE, _LEFT_EYE), (slice(68, 69), _LEFT_EYE),
    (_MOUTH, _MOUTH),
    (_lines("brow_upper_R", "lower_lid_R"), _RIGHT_EYE),
    (_lines("brow_upper_L", "lower_lid_L"), _LEFT_EYE),
    (_lines("upper_lip_outer", "mentolabial"), _MOUTH),
)  # fmt: skip
"""Points that are also taken relative to a part of their own: brows and irises to the eye."""


def frame_size(points: int) -> int:
    """Return how many numbers `face_frame` gives for so many points."""
    return 2 * (points + sum(rows.stop - rows.start for rows, _ in _parts(points))) + 3


def _parts(points: int) -> list[tuple[slice, slice]]:
    return [(rows, about) for rows, about in _PARTS if rows.stop <= points]


def soft_argmax(heat: Tensor, side: int) -> tuple[Tensor, Tensor]:
    """Return mean (N, K, 2) and standard deviation (N, K), input pixels, of heat maps' softmax.

    `heat` is (N, K, side · side). Nibali et al. (2018), "Numerical coordinate regression".
    """
    share = torch.softmax(heat, dim=-1)
    # from the crop's middle: squares are then small enough that float16 holds them without loss
    cells = torch.arange(side, device=heat.device, dtype=heat.dtype)
    along = (cells - 0.5 * (side - 1)) * (INPUT_PX / side)
    x, y = along.expand(side, side).flatten(), along[:, None].expand(side, side).flatten()
    moments = share @ torch.stack([x, y, x**2 + y**2], dim=1)
    mean = moments[..., :2]
    spread = (moments[..., 2] - mean.square().sum(-1)).clamp(min=0.0)
    return mean + 0.5 * INPUT_PX, torch.sqrt(0.5 * spread + 1e-4)


def sample_at(maps: Tensor, where: Tensor) -> Tensor:
    """Return (N, K, C) float32: maps (N, C, S, S) at (N, K, 2) crop pixels, bilinear."""
    x, y = where.unbind(2)
    return sample_xy(maps, x, y)


def sample_xy(maps: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Return what `sample_at` does, of places (N, K) x and y: quicker where they are many."""
    side = maps.shape[-1]
    x, y = ((along.detach() * (side / INPUT_PX) - 0.5).clamp(0.0, side - 1.001) for along in (x, y))
    return rows_at(maps, x, y)


def rows_at(maps: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Return (N, K, C) float32: maps (N, C, H, W) at (N, K) cells x and y, bilinear.

    0 is the middle of the first cell; places lie within the map. What is gathered are whole rows
    of all channels: of many channels that costs a runtime a fraction of `grid_sample`.
    """
    count, channels, height, width = maps.shape
    flat = maps.permute(0, 2, 3, 1).reshape(-1, channels)
    left, top = x.floor().clamp(max=width - 2.0), y.floor().clamp(max=height - 2.0)
    maps_before = torch.arange(count, device=x.device)[:, None] * (height * width)
    first = ((top * width + left).long() + maps_before).flatten()
    x, y = (x - left).reshape(-1, 1), (y - top).reshape(-1, 1)
    corners = ((0, (1 - x) * (1 - y)), (1, x * (1 - y)), (width, (1 - x) * y), (width + 1, x * y))
    seen = [flat.index_select(0, first + step).float() * share for step, share in corners]
    return (seen[0] + seen[1] + seen[2] + seen[3]).reshape(count, -1, channels)


def face_axis(landmarks: Tensor) -> tuple[Tensor, Tensor]:
    """Return size (N,) and x axis (N, 2) of faces of (N, 70 or more, 2) landmarks.

    The axis runs from eye to eye; the size is the root mean square distance from the middle.
    """
    centred = landmarks[:, :68] - landmarks[:, :68].mean(1, keepdim=True)
    size = torch.sqrt(centred.square().sum(2).mean(1).clamp(min=1.0))
    axis = landmarks[:, 42:48].mean(1) - landmarks[:, 36:42].mean(1)
    return size, axis / axis.norm(dim=1, keepdim=True).clamp(min=1.0)


def turned_axes(frame: tuple[Tensor, Tensor]) -> Tensor:
    """Return (N, 2, 2) of size (N,) and axis (N, 2): rows are the face's x and y, a size long."""
    size, axis = frame
    x, y = (size[:, None] * axis).unbind(1)
    return torch.stack([x, y, -y, x], 1).reshape(-1, 2, 2)


def face_frame(points: Tensor) -> Tensor:
    """Return (N, frame_size(K)) places of (N, K, 2) points in the face's own frame.

    Parameters
    ----------
    points : the landmarks, with or without the points of the lines behind them

    Position, size and roll in the crop are appended.
    """
    middle = points[:, :68].mean(1, keepdim=True)
    centred = points - middle
    size, axis = face_axis(points)
    turned = torch.stack(
        [
            centred[..., 0] * axis[:, None, 0] + centred[..., 1] * axis[:, None, 1],
            centred[..., 1] * axis[:, None, 0] - centred[..., 0] * axis[:, None, 1],
        ],
        dim=2,
    )
    own = turned / size[:, None, None]
    parts = [
        own[:, rows] - own[:, about].mean(1, keepdim=True)
        for rows, about in _parts(points.shape[1])
    ]
    places = torch.cat([own, *parts], 1).flatten(1)
    return torch.cat(
        [places, size[:, None] / INPUT_PX, axis[:, 1:], middle[:, 0, :1] / INPUT_PX], 1
    )
