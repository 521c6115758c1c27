"""Batches for the networks: stored drawings turned, mirrored, shifted, and put on sheets.

Geometry is one affine map a drawing, applied to ink, label image and landmarks alike; what happens
to the ink afterwards (`spoil.py`) leaves the labels true. All of it is done for a whole batch at
once, on the device that trains.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional

from .crop import INPUT_PX
from .labels import FEATURES, MIRRORED_AUS, MIRRORED_LANDMARKS
from .line_points import MIRRORED_LINE_POINTS
from .prepare import PREPARED_PX, SHEET_PX
from .spoil import Spoiler

__all__ = [
    "GRID_PX",
    "PLACER_JITTER",
    "READER_JITTER",
    "Jitter",
    "place_batch",
    "read_batch",
    "sheet_batch",
]

GRID_PX = 64
FINDER_CELLS = 16
_SECOND_FACE = 0.2


@dataclass(frozen=True, slots=True)
class Jitter:
    """Standard deviations of a random map of the square crop onto itself.

    `turn` in radians, `zoom` of the log of scale (half as much of the log of aspect), `shift` in
    parts of the side.
    """

    turn: float
    zoom: float
    shift: float

    def maps(self, count: int, size_px: int, device: torch.device) -> Tensor:
        """Return (count, 3, 3) maps of pixels onto pixels."""
        angle = self.turn * torch.randn(count, device=device)
        scale = torch.exp(self.zoom * torch.randn(count, 1, device=device))
        aspect = torch.exp(0.5 * self.zoom * torch.randn(count, 1, device=device))
        scale = scale * torch.cat([aspect, 1.0 / aspect], 1)
        cos, sin = angle.cos(), angle.sin()
        turned = torch.stack([cos, -sin, sin, cos], 1).reshape(-1, 2, 2)
        linear = turned * scale[:, None]
        middle = torch.full((count, 2, 1), size_px / 2.0, device=device)
        shift = self.shift * size_px * torch.randn(count, 2, 1, device=device)
        return _affine(linear, middle - linear @ middle + shift)


READER_JITTER = Jitter(turn=0.12, zoom=0.08, shift=0.03)
"""What is left of roll, size and place once the placer has set the crop, and some more."""

PLACER_JITTER = Jitter(turn=0.2, zoom=0.16, shift=0.08)
"""How far the finder's box may be off."""


def read_batch(
    faces: dict[str, Tensor], jitter: Jitter | None, spoiler: Spoiler | None
) -> dict[str, Tensor]:
    """Return what the reader sees of faces, and the truth about them.

    Parameters
    ----------
    faces : fields of `PreparedFaces` as tensors
    jitter : how the crops are moved (and half of them mirrored), or None to leave them
    spoiler : what happens to the ink, or None

    Returns
    -------
    ink (N, 1, 128, 128) float32; intensity, visible (N, A); landmarks (N, 70, 2) and lines
    (N, L, 2) crop pixels; pose (N, 3); features (N, 64, 64) int64, -1 on paper
    """
    device, count = faces["ink"].device, len(faces["ink"])
    maps = _middles(count, device)
    landmarks, lines, pose = faces["landmarks"], faces["lines"], faces["pose"].clone()
    intensity, visible = faces["intensity"], faces["visible"]
    if jitter is not None:
        maps, flip, turn = _crops(count, jitter, device)
        # image y runs down: a turn in the picture is a roll the other way
        pose[:, 2] -= torch.atan2(turn[:, 1, 0], turn[:, 0, 0])
        landmarks = _flipped(landmarks, MIRRORED_LANDMARKS, flip)
        lines = _flipped(lines, MIRRORED_LINE_POINTS, flip)
        pose = torch.where(flip[:, None], pose * _constant((1.0, -1.0, -1.0), device), pose)
        aus = _constant(MIRRORED_AUS, device)
        intensity = torch.where(flip[:, None], intensity[:, aus], intensity)
        visible = torch.where(flip[:, None], visible[:, aus], visible)
    ink = warp(faces["ink"], maps, INPUT_PX) / 255.0
    if spoiler is not None:
        ink = spoiler(ink)
    classes = warp(faces["features"], maps, INPUT_PX, nearest=True)
    grid = one_class_a_cell(classes.round().long())
    return {
        "ink": ink,
        "intensity": intensity,
        "visible": visible,
        "landmarks": _moved(landmarks, maps),
        "lines": _moved(lines, maps),
        "pose": pose,
        "features": torch.where(grid == 0, -1, grid),
    }


def place_batch(
    faces: dict[str, Tensor], jitter: Jitter, spoiler: Spoiler
) -> tuple[Tensor, Tensor]:
    """Return crops that lie badly (N, 1, 128, 128), and their landmarks (N, 70, 2)."""
    device, count = faces["ink"].device, len(faces["ink"])
    maps, flip, _ = _crops(count, jitter, device)
    landmarks = _flipped(faces["landmarks"], MIRRORED_LANDMARKS, flip)
    return spoiler(warp(faces["ink"], maps, INPUT_PX) / 255.0), _moved(landmarks, maps)


def _crops(count: int, jitter: Jitter, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Return maps of stored ink onto moved crops, which of them are mirrored, and the moves."""
    turn = jitter.maps(count, INPUT_PX, device)
    maps = turn @ _middles(count, device)
    flip = torch.rand(count, device=device) < 0.5
    maps = torch.where(flip[:, None, None], _mirror(INPUT_PX, device) @ maps, maps)
    return maps, flip, turn


def _middles(count: int, device: torch.device) -> Tensor:
    """Return maps of stored ink onto the crop in its middle."""
    return _shift(count, -(PREPARED_PX - INPUT_PX) / 2.0, device)


def sheet_batch(
    first: dict[str, Tensor], second: dict[str, Tensor], spoiler: Spoiler
) -> tuple[Tensor, Tensor, Tensor]:
    """Return sheets with one drawing on them, or two side by side, for the finder.

    Returns
    -------
    ink : (N, 1, 128, 128)
    heat : (N, 16, 16), 1 in the cell of each face's middle
    box : (N, 4, 16, 16): offset x, y within the cell, log of width and height over 64 pixels
    """
    device, count = first["sheet"].device, len(first["sheet"])
    two = torch.rand(count, device=device) < _SECOND_FACE
    left_half = torch.rand(count, device=device) < 0.5
    ink = torch.zeros(count, 1, INPUT_PX, INPUT_PX, device=device)
    heat = torch.zeros(count, FINDER_CELLS, FINDER_CELLS, device=device)
    box = torch.zeros(count, 4, FINDER_CELLS, FINDER_CELLS, device=device)
    for number, faces in enumerate((first, second)):
        here = torch.ones_like(two) if number == 0 else two
        low = torch.where(two & (left_half == bool(number)), 0.5, 0.0)
        maps = _place_on_sheet(low, torch.where(two, 0.5, 1.0), two)
        drawn = warp(faces["sheet"], maps, INPUT_PX) / 255.0
        ink = torch.maximum(ink, drawn * here[:, None, None, None])
        is_there = here & faces["is_face"]
        heat, box = _mark(heat, box, _moved(faces["sheet_landmarks"], maps), is_there)
    return spoiler(ink), heat, box


def _place_on_sheet(low: Tensor, width: Tensor, two: Tensor) -> Tensor:
    """Return maps that put a drawing somewhere on its part of the sheet."""
    count, device = len(low), low.device
    share = torch.where(
        two,
        0.35 + 0.25 * torch.rand(count, device=device),
        0.3 + 1.05 * torch.rand(count, device=device),
    )
    rest = torch.stack([width - share, 1.0 - share], 1)
    corner = rest * torch.rand(count, 2, device=device)
    corner[:, 0] += low
    maps = torch.zeros(count, 3, 3, device=device)
    maps[:, 0, 0] = maps[:, 1, 1] = share * INPUT_PX / SHEET_PX
    maps[:, :2, 2] = corner * INPUT_PX
    maps[:, 2, 2].fill_(1.0)
    flip = torch.rand(count, device=device) < 0.5
    maps = torch.where(flip[:, None, None], maps @ _mirror(SHEET_PX, device), maps)
    return Jitter(turn=0.15, zoom=0.06, shift=0.01).maps(count, INPUT_PX, device) @ maps


def _mark(heat: Tensor, box: Tensor, landmarks: Tensor, is_there: Tensor) -> tuple[Tensor, Tensor]:
    """Write one face a sheet into the finder's maps, and return them."""
    low, high = landmarks.amin(1), landmarks.amax(1)
    cell = (low + high) * (0.5 * FINDER_CELLS / INPUT_PX)
    at = cell.floor()
    reach = (0.12 * (high - low).amax(1) * FINDER_CELLS / INPUT_PX).clamp(min=0.6)
    along = torch.arange(FINDER_CELLS, device=heat.device)
    off_x, off_y = along - at[:, :1], along - at[:, 1:]
    off = off_y[:, :, None] ** 2 + off_x[:, None] ** 2
    spot = torch.exp(-0.5 * off / reach[:, None, None] ** 2)
    is_inside = is_there & (at >= 0).all(1) & (at < FINDER_CELLS).all(1)
    heat = torch.maximum(heat, spot * is_inside[:, None, None])
    is_middle = (off == 0.0) & is_inside[:, None, None]
    size = torch.log((high - low).clamp(min=1.0) / 64.0)
    truth = torch.cat([cell - at, size], 1)[:, :, None, None]
    return heat, torch.where(is_middle[:, None], truth, box)


def warp(images: Tensor, maps: Tensor, size_px: int, nearest: bool = False) -> Tensor:
    """Map (N, H, W) images by (N, 3, 3) matrices of pixels (centres at +0.5); (N, 1, S, S) float32.

    Outside of the images is 0.
    """
    height, width = images.shape[1:]
    along = torch.arange(size_px, device=images.device, dtype=torch.float32) + 0.5
    y, x = torch.meshgrid(along, along, indexing="ij")
    target = torch.stack([x.flatten(), y.flatten()]) - maps[:, :2, 2:]
    source = (_inverse(maps[:, :2, :2]) @ target).transpose(1, 2)
    grid = source * _constant((2.0 / width, 2.0 / height), images.device) - 1.0
    return functional.grid_sample(
        images[:, None].float(),
        grid.reshape(-1, size_px, size_px, 2),
        mode="nearest" if nearest else "bilinear",
        align_corners=False,
    )


def one_class_a_cell(classes: Tensor) -> Tensor:
    """Halve (N, 1, S, S) label images: a cell keeps one of the classes drawn in it, by chance."""
    count = len(FEATURES)
    chance = torch.rand(count, device=classes.device)
    chance[0].fill_(-1.0)
    code = chance.argsort().argsort()  # paper is the weakest, all others come in any order
    strongest = functional.max_pool2d(code[classes].float(), 2).round().long()[:, 0]
    return torch.argsort(code)[strongest]


@lru_cache(maxsize=32)
def _constant(values: tuple[float, ...], device: torch.device) -> Tensor:
    """Return numbers as a tensor that is brought to the device once."""
    return torch.tensor(values, device=device)


def _inverse(linear: Tensor) -> Tensor:
    """Return the inverse of (N, 2, 2)."""
    a, b, c, d = linear.flatten(1).unbind(1)
    turned = torch.stack([d, -b, -c, a], 1).reshape(-1, 2, 2)
    return turned / (a * d - b * c)[:, None, None]


def _affine(linear: Tensor, shift: Tensor) -> Tensor:
    """Return (N, 3, 3) from (N, 2, 2) and (N, 2, 1)."""
    maps = torch.zeros(len(linear), 3, 3, device=linear.device)
    maps[:, :2, :2], maps[:, :2, 2:] = linear, shift
    maps[:, 2, 2].fill_(1.0)
    return maps


def _shift(count: int, by: float, device: torch.device) -> Tensor:
    maps = torch.eye(3, device=device).repeat(count, 1, 1)
    maps[:, :2, 2].fill_(by)
    return maps


def _mirror(size_px: int, device: torch.device) -> Tensor:
    return _constant((-1.0, 0.0, float(size_px), 0.0, 1.0, 0.0, 0.0, 0.0, 1.0), device).view(3, 3)


def _flipped(points: Tensor, other: tuple[int, ...], flip: Tensor) -> Tensor:
    """Give (N, K, 2) points the places of those on the other side, where `flip` (N,) is set."""
    return torch.where(flip[:, None, None], points[:, _constant(other, points.device)], points)


def _moved(points: Tensor, maps: Tensor) -> Tensor:
    """Map (N, K, 2) points by (N, 3, 3)."""
    return points @ maps[:, :2, :2].transpose(1, 2) + maps[:, None, :2, 2]
