"""The lines in a drawing: where the middle of every stroke runs, to a fraction of a pixel."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..errors import LimnerError, require_shape
from .beside import Beside, line_through

__all__ = ["Corners", "InkLines", "find_ink_lines", "sample_image"]

_PROFILE = np.linspace(-1.0, 1.0, 17)
_TIP_PX = 9


@dataclass(frozen=True, slots=True, eq=False)
class InkLines:
    """Points along the lines of a drawing, about one a pixel.

    Attributes
    ----------
    points : (M, 2) float64, pixels (x, y)
        On the middle of a stroke, or on the outline of a filled shape.
    tangents : (M, 2) float64, unit vectors along the line (either sense)
    inward : (M, 2) float64
        Unit vector into the ink on an outline, zero on the middle of a stroke.
    strength : (M,) float64 in [0, 1]: how dark, times how sure that it belongs to the feature
    half_width : (M,) float64, pixels from the middle of a stroke to its edge, zero on an outline
    """

    points: NDArray[np.float64]
    tangents: NDArray[np.float64]
    inward: NDArray[np.float64]
    strength: NDArray[np.float64]
    half_width: NDArray[np.float64]

    def __post_init__(self) -> None:
        count = len(self.points)
        require_shape("points", self.points, ("M", 2), "Give one (x, y) pixel a row.")
        require_shape("tangents", self.tangents, (count, 2), "Give one unit vector a point.")
        require_shape("inward", self.inward, (count, 2), "Give one vector a point.")
        require_shape("strength", self.strength, (count,), "Give one value a point.")
        require_shape("half_width", self.half_width, (count,), "Give one value a point.")

    @classmethod
    def none(cls) -> InkLines:
        """Return lines without a point."""
        nothing = np.zeros((0, 2))
        return cls(nothing, nothing, nothing, np.zeros(0), np.zeros(0))

    @classmethod
    def join(cls, parts: Sequence[InkLines]) -> InkLines:
        """Put the points of several lines after each other."""
        return cls(
            *(np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(cls))
        )

    def select(self, keep: NDArray[np.bool_] | NDArray[np.intp]) -> InkLines:
        """Return the points that `keep` picks."""
        return InkLines(*(getattr(self, each.name)[keep] for each in fields(self)))

    def edges(self) -> NDArray[np.float64]:
        """Return where the ink ends: both edges of strokes, and outlines, (N, 2) pixels."""
        is_stroke = self.half_width > 0.0
        half = self.half_width[is_stroke, None]
        aside = half * self.tangents[is_stroke][:, ::-1] * np.array([-1.0, 1.0])
        middle = self.points[is_stroke]
        return np.concatenate([self.points[~is_stroke], middle - aside, middle + aside])

    def weighted(
        self,
        weight: NDArray[np.floating],
        min_strength: float = 0.1,
        box: tuple[int, int, int, int] | None = None,
    ) -> InkLines:
        """Return the points that belong to a feature, their strength times `weight` there.

        Parameters
        ----------
        weight : (H, W), in [0, 1], how sure that a pixel's ink belongs to the feature
        min_strength : points that end up weaker are left out
        box : (x0, y0, x1, y1), pixels: leave out what lies outside
        """
        lines = self
        if box is not None:
            inside = (lines.points >= box[:2]).all(axis=1) & (lines.points < box[2:]).all(axis=1)
            lines = lines.select(inside)
        strength = lines.strength * np.clip(sample_image(weight, lines.points), 0.0, 1.0)
        return replace(lines, strength=strength).select(strength >= min_strength)


@dataclass(frozen=True, slots=True, eq=False)
class Corners:
    """The four pixels around points of a picture, as places in it laid flat.

    Attributes
    ----------
    start : (...) the upper left one; right, below : steps to its neighbours, 0 where there is none
    x, y : (...) how far a point is on its way to them, in [0, 1]
    """

    start: NDArray[np.intp]
    right: int
    below: int
    x: NDArray[np.float64]
    y: NDArray[np.float64]

    @classmethod
    def around(cls, points: NDArray[np.float64], shape: tuple[int, ...]) -> Corners:
        """Find them for points (..., 2) in pixels of a picture (H, W); edges go on outwards."""
        height, width = shape
        x = np.clip(points[..., 0] - 0.5, 0.0, width - 1.0)
        y = np.clip(points[..., 1] - 0.5, 0.0, height - 1.0)
        column = np.minimum(x.astype(np.intp), max(width - 2, 0))
        row = np.minimum(y.astype(np.intp), max(height - 2, 0))
        right, below = min(1, width - 1), width * min(1, height - 1)
        return cls(row * width + column, right, below, x - column, y - row)


def sample_image(image: NDArray[np.floating], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Read `image` (..., H, W) at `points` (N, 2) in pixels, bilinearly; edges go on outwards.

    `points` of one image may have any shape (..., 2).
    """
    at, flat = Corners.around(points, image.shape[-2:]), image.reshape(*image.shape[:-2], -1)
    x, start = at.x, at.start
    top = flat[..., start] * (1.0 - x) + flat[..., start + at.right] * x
    start = start + at.below
    bottom = flat[..., start] * (1.0 - x) + flat[..., start + at.right] * x
    return top * (1.0 - at.y) + bottom * at.y


def find_ink_lines(
    ink: NDArray[np.floating], *, threshold: float = 0.35, max_stroke_px: float = 14.0
) -> InkLines:
    """Find the middle of every stroke, and the outline of every shape too thick to be one.

    Strokes are thinned to a skeleton; each of its points then moves across the stroke to the
    centroid of the ink, which makes the line independent of the pixel grid.

    Parameters
    ----------
    ink : (H, W), in [0, 1], 1 = ink
    threshold : ink above is part of a stroke; raise it where shading joins the strokes
    max_stroke_px : wider ink is a filled shape (a solid pupil, a dark brow): its outline counts

    Raises
    ------
    LimnerError
        If `ink` holds values that are not finite.
    """
    require_shape("ink", ink, ("H", "W"), "Give one grey channel, 1 = ink.")
    if not np.isfinite(ink).all():
        raise LimnerError("ink: holds values that are not finite; give values in [0, 1].")
    mask = ink >= threshold
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return InkLines.none()
    # Two pixels of paper around the ink, so that strokes end inside.
    top, left = max(rows[0] - 2, 0), max(columns[0] - 2, 0)
    crop = np.s_[top : rows[-1] + 3, left : columns[-1] + 3]
    crop_ink = np.ascontiguousarray(ink[crop], dtype=np.float64)
    lines = _lines_of_crop(crop_ink, mask[crop], max_stroke_px, threshold)
    return replace(lines, points=lines.points + np.array([left, top]))


def _lines_of_crop(
    ink: NDArray[np.float64], mask: NDArray[np.bool_], max_stroke_px: float, threshold: float
) -> InkLines:
    """Find middles and outlines in a crop, in the crop's pixels."""
    from skimage.morphology import skeletonize

    # Ink that runs out of the picture goes on outside, so that its middle doesn't bend away.
    padded = np.pad(mask, 1, mode="edge")
    depth = ndimage.distance_transform_edt(padded)
    is_filled = depth > 0.5 * max_stroke_px + 0.5
    solid = _grow(is_filled, depth, 1.5)
    # Lee's thinning takes longer than Zhang's, which eats strokes at 45° whole.
    skeleton = skeletonize(padded & ~solid, method="lee") > 0
    depth, solid, skeleton = (image[1:-1, 1:-1] for image in (depth, solid, skeleton))
    middles = _middles(ink, np.where(solid, 0.0, ink), skeleton, depth.astype(float), threshold)
    if not is_filled.any():
        return middles
    outline = solid & mask & ~ndimage.binary_erosion(mask, border_value=1)
    outlines = _outlines(ink, outline, threshold)
    return InkLines.join([middles, outlines])


def _grow(
    is_filled: NDArray[np.bool_], depth: NDArray[np.float64], margin_px: float
) -> NDArray[np.bool_]:
    """Return the filled shapes that lie around the pixels `is_filled`, as deep as those are."""
    if not is_filled.any():
        return is_filled
    # no pixel farther from them than the deepest reaches can belong to them
    most_px = int(depth.max() + margin_px) + 1
    rows, columns = (np.flatnonzero(is_filled.any(axis=axis)) for axis in (1, 0))
    box = np.s_[
        max(rows[0] - most_px, 0) : rows[-1] + most_px + 1,
        max(columns[0] - most_px, 0) : columns[-1] + most_px + 1,
    ]
    away, (row, column) = ndimage.distance_transform_edt(~is_filled[box], return_indices=True)
    grown = np.zeros_like(is_filled)
    grown[box] = away <= depth[box][row, column] + margin_px
    return grown


def _middles(
    ink: NDArray[np.float64],
    stroke_ink: NDArray[np.float64],
    skeleton: NDArray[np.bool_],
    depth: NDArray[np.float64],
    threshold: float,
) -> InkLines:
    """Refine skeleton pixels to the centroid of the ink across; `stroke_ink` is without shapes."""
    row, column = np.nonzero(skeleton)
    if not len(row):
        return InkLines.none()
    points = np.column_stack([column, row]) + 0.5
    beside = Beside.of(row, column, skeleton)
    _, tangents = line_through(points, beside)
    reach_px = depth[row, column] + 1.5
    normals = np.column_stack([-tangents[:, 1], tangents[:, 0]])
    offsets = _PROFILE * reach_px[:, None]
    profile = sample_image(ink, points[:, None] + offsets[..., None] * normals[:, None])
    profile = _own_stroke(profile)
    total = profile.sum(axis=1)
    half_width = total / np.maximum(profile.max(axis=1), 1e-9) * (reach_px / (len(_PROFILE) - 1.0))
    shift = (profile * offsets).sum(axis=1) / np.maximum(total, 1e-9)
    shift = np.clip(shift, -0.5 * reach_px, 0.5 * reach_px)
    refined = points + shift[:, None] * normals
    points, tangents = line_through(refined, beside, normals)
    # A dot is no line: the window of a line's end holds a weight of 3, of a lone pixel 1.
    is_line = np.minimum(beside.summed(beside.weight) / 3.0, 1.0)
    strength = np.clip(profile.max(axis=1), 0.0, 1.0) * is_line
    lines = InkLines(points, tangents, np.zeros_like(points), strength, half_width)
    return _to_the_tips(lines, stroke_ink, skeleton, depth, threshold)


def _to_the_tips(
    lines: InkLines,
    ink: NDArray[np.float64],
    skeleton: NDArray[np.bool_],
    depth: NDArray[np.float64],
    threshold: float,
) -> InkLines:
    """Lead lines on to the tips of their strokes; thinning has eaten them back."""
    row, column = np.nonzero(skeleton)
    around = ndimage.uniform_filter(skeleton.astype(np.float64), 3, mode="constant")[row, column]
    ends = np.flatnonzero(np.abs(9.0 * around - 2.0) < 0.5)
    if not len(ends):
        return lines
    # The only neighbour of an end tells which way is back.
    total = np.zeros((len(ends), 2))
    for down in (-1, 0, 1):
        for across in (-1, 0, 1):
            r = np.clip(row[ends] + down, 0, skeleton.shape[0] - 1)
            c = np.clip(column[ends] + across, 0, skeleton.shape[1] - 1)
            total += skeleton[r, c][:, None] * np.array([across, down], dtype=np.float64)
    tangents = lines.tangents[ends]
    outward = np.where(((tangents * total).sum(axis=1) > 0.0)[:, None], -tangents, tangents)
    steps = np.arange(1, _TIP_PX + 1)
    beyond = lines.points[ends, None] + steps[:, None] * outward[:, None]
    # A stroke's cap reaches half a width beyond its tip.
    cap = beyond + 0.7 * depth[row[ends], column[ends]][:, None, None] * outward[:, None]
    inked = np.minimum.accumulate(sample_image(ink, cap) >= threshold, axis=1)
    end, step = np.nonzero(inked)
    tips = replace(lines.select(ends[end]), points=beyond[end, step], tangents=tangents[end])
    return InkLines.join([lines, tips])


def _own_stroke(profile: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cut a profile (M, T) where the ink rises again: that is the neighbouring stroke."""
    middle = profile.shape[1] // 2
    wall = profile.copy()
    # The skeleton may lie a pixel beside the darkest place: begin with the darkest nearby.
    near = slice(middle - 2, middle + 3)
    wall[:, near] = profile[:, near].max(axis=1, keepdims=True)
    wall[:, middle:] = np.minimum.accumulate(wall[:, middle:], axis=1)
    wall[:, middle::-1] = np.minimum.accumulate(wall[:, middle::-1], axis=1)
    return np.minimum(profile, wall)


def _outlines(ink: NDArray[np.float64], outline: NDArray[np.bool_], threshold: float) -> InkLines:
    """Refine outline pixels to where the ink passes half its depth."""
    row, column = np.nonzero(outline)
    if not len(row):
        return InkLines.none()
    soft = ndimage.gaussian_filter(ink, 1.0, mode="nearest")
    slope = np.stack(
        [ndimage.sobel(soft, axis=1)[row, column], ndimage.sobel(soft, axis=0)[row, column]], 1
    )
    length = np.linalg.norm(slope, axis=1, keepdims=True)
    inward = slope / np.maximum(length, 1e-9)
    points = np.column_stack([column, row]) + 0.5
    offsets = np.linspace(-1.5, 1.5, 13)
    profile = sample_image(ink, points[:, None] + offsets[:, None] * inward[:, None])
    # The share of the window that is ink tells where the step lies.
    full = np.maximum(profile.max(axis=1, keepdims=True), threshold)
    share = (profile / full).mean(axis=1)
    points = points + ((0.5 - share) * 3.0)[:, None] * inward
    tangents = np.column_stack([-inward[:, 1], inward[:, 0]])
    keep = length[:, 0] > 1e-6
    strength = np.clip(ink[row, column], 0.0, 1.0)
    return InkLines(points, tangents, inward, strength, np.zeros(len(points))).select(keep)
