"""What pulls a snake: the way from every pixel to the nearest line of the drawing."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..errors import LimnerError, require_shape
from .gvf import gradient_vector_flow
from .lines import InkLines, find_ink_lines, sample_image

__all__ = ["FieldStack", "ForceField", "Nearest"]

_ALONG_FREE_PX = 0.8
_CORNERS = np.array([[0, 0], [1, 0], [0, 1], [1, 1]])


@dataclass(frozen=True, slots=True, eq=False)
class Nearest:
    """The nearest ink line of N points.

    Attributes
    ----------
    way : (N, 2) float64, pixels: from the point to the line
    distance : (N,) float64, pixels; infinite where the field has no ink
    tangent, inward : (N, 2) float64, see `InkLines`
    strength : (N,) float64 in [0, 1]
    """

    way: NDArray[np.float64]
    distance: NDArray[np.float64]
    tangent: NDArray[np.float64]
    inward: NDArray[np.float64]
    strength: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ForceField:
    """Attraction to the ink lines of one feature.

    At distance d of a line of strength s the energy is s ρ(d) with Tukey's biweight
    ρ(d) = r²/6 (1 - (1 - (d/r)²)³): a spring near the line, nothing beyond the reach r.
    The force is minus its gradient, exactly zero on the line.

    Attributes
    ----------
    lines : the ink lines
    origin : (x, y) int, pixels: top left of the area that the field covers
    nearest : (h, w) int32, index into `lines` of the nearest one; empty field: all 0
    reach_px : float, how far a line pulls
    evidence_px : float, the distance at which evidence has fallen to 0.61
    direction : (h, w, 2) float64 or None
        Unit vectors of gradient vector flow; replaces the straight way to the line from 3 px on.
    """

    lines: InkLines
    origin: tuple[int, int]
    nearest: NDArray[np.int32]
    reach_px: float
    evidence_px: float
    direction: NDArray[np.float64] | None = None

    @classmethod
    def from_ink(
        cls,
        ink: NDArray[np.floating],
        weight: NDArray[np.floating] | None = None,
        *,
        method: Literal["distance", "gvf"] = "distance",
        reach_px: float = 30.0,
        evidence_px: float | None = None,
        min_strength: float = 0.15,
        lines: InkLines | None = None,
        box: tuple[float, float, float, float] | None = None,
    ) -> ForceField:
        """Build the field of one feature.

        Parameters
        ----------
        ink : (H, W), in [0, 1], 1 = ink
        weight : (H, W), in [0, 1], or None
            How sure that ink at a pixel belongs to the feature. Keep it apart from `ink`, so that
            its soft borders don't move the lines.
        method : "distance", or "gvf" for gradient vector flow, which bends around corners
        reach_px : how far a line pulls; 0.2 to 0.4 interocular distances
        evidence_px : the distance at which `evidence` has fallen to 0.61; by default reach / 8
        min_strength : a line whose weight is less doesn't count
        lines : the result of `find_ink_lines(ink)`, to share between features
        box : (x0, y0, x1, y1), pixels: where snakes start; covered with a margin of the reach
        """
        require_shape("ink", ink, ("H", "W"), "Give one grey channel, 1 = ink.")
        if not reach_px > 0.0:
            raise LimnerError(f"reach_px: got {reach_px}, expected a length above zero.")
        if lines is None:
            lines = find_ink_lines(ink)
        x0, y0, x1, y1 = _covered((ink.shape[0], ink.shape[1]), box, reach_px)
        if weight is not None:
            require_shape("weight", weight, ink.shape, "Give one weight a pixel of `ink`.")
            lines = lines.weighted(weight, min_strength, (x0, y0, x1, y1))
        else:
            inside = (lines.points >= (x0, y0)) & (lines.points < (x1, y1))
            keep = inside[:, 0] & inside[:, 1] & (lines.strength >= min_strength)
            lines = lines if keep.all() else lines.select(keep)
        nearest = _nearest_line(lines, (x0, y0), (y1 - y0, x1 - x0))
        direction = None
        if method == "gvf":
            direction = _flow_direction(lines, (x0, y0), (y1 - y0, x1 - x0))
        elif method != "distance":
            raise LimnerError(f'method: got {method!r}, expected "distance" or "gvf".')
        evidence_px = reach_px / 8.0 if evidence_px is None else evidence_px
        return cls(lines, (x0, y0), nearest, reach_px, evidence_px, direction)

    def force(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the pull (N, 2) in pixels at `points` (N, 2): zero on a line, beyond the reach."""
        stack, which = FieldStack([self]), np.zeros(len(points), dtype=np.intp)
        found = stack.find(points, which)
        pull = found.strength * _hold(found.distance, self.reach_px)
        return pull[:, None] * stack.steer(points, which, found)

    def energy(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the energy (N,) in px² at `points` (N, 2); its top, far away, is reach² / 6."""
        found = FieldStack([self]).find(points, np.zeros(len(points), dtype=np.intp))
        return line_energy(found, self.reach_px)

    def evidence(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return in [0, 1] how much ink of this feature lies at `points` (N, 2)."""
        found = FieldStack([self]).find(points, np.zeros(len(points), dtype=np.intp))
        return line_evidence(found, self.evidence_px)


def _hold(distance: NDArray[np.float64], reach: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Return Tukey's weight ρ'(d) / d: 1 on the line, 0 beyond the reach."""
    return np.square(np.maximum(1.0 - np.square(np.minimum(distance, reach) / reach), 0.0))


def line_hold(found: Nearest, reach: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Return the stiffness (N,) of the spring to the nearest line, in [0, 1]."""
    return found.strength * _hold(found.distance, reach)


def line_energy(found: Nearest, reach: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Return the energy (N,) in px² of the pull to the nearest line (see `ForceField`).

    It is measured from the bottom of a line of full strength, so that a stronger line nearby
    is never worse: far away all energies meet at reach² / 6.
    """
    rest = np.maximum(1.0 - np.square(np.minimum(found.distance, reach) / reach), 0.0) ** 3
    return np.square(reach) / 6.0 * (1.0 - found.strength * rest)


def line_evidence(found: Nearest, evidence_px: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Return in [0, 1] how much ink lies near."""
    return found.strength * np.exp(-0.5 * np.square(found.distance / evidence_px))


def _covered(
    shape: tuple[int, int], box: tuple[float, float, float, float] | None, margin_px: float
) -> tuple[int, int, int, int]:
    """Return the pixels (x0, y0, x1, y1) of the image that `box` and its margin cover."""
    height, width = shape
    if box is None:
        return 0, 0, width, height
    margin = margin_px + 2.0
    x0, y0 = (min(max(math.floor(low - margin), 0), end - 1) for low, end in
              zip(box[:2], (width, height), strict=True))  # fmt: skip
    x1, y1 = (min(max(math.ceil(high + margin), low + 1), end) for high, low, end in
              zip(box[2:], (x0, y0), (width, height), strict=True))  # fmt: skip
    return x0, y0, x1, y1


def _nearest_line(
    lines: InkLines, origin: tuple[int, int], shape: tuple[int, int]
) -> NDArray[np.int32]:
    """Return for each pixel the index of the nearest line point."""
    if not len(lines.points):
        return np.zeros(shape, dtype=np.int32)
    column, row = np.floor(lines.points - origin).astype(np.intp).T
    index = np.full(shape, -1, dtype=np.int32)
    index[np.clip(row, 0, shape[0] - 1), np.clip(column, 0, shape[1] - 1)] = np.arange(len(row))
    near_row, near_column = ndimage.distance_transform_edt(
        index < 0, return_distances=False, return_indices=True
    )
    near_row *= np.int32(shape[1])
    near_row += near_column
    return index.ravel().take(near_row)


def _flow_direction(
    lines: InkLines, origin: tuple[int, int], shape: tuple[int, int]
) -> NDArray[np.float64]:
    """Return the direction of gradient vector flow towards the lines, as unit vectors."""
    edges = np.zeros(shape)
    column, row = np.floor(lines.points - origin).astype(np.intp).T
    edges[np.clip(row, 0, shape[0] - 1), np.clip(column, 0, shape[1] - 1)] = lines.strength
    edges = ndimage.gaussian_filter(edges, 1.5) * (1.5 * np.sqrt(2.0 * np.pi))
    flow = gradient_vector_flow(edges)
    return flow / np.maximum(np.linalg.norm(flow, axis=-1, keepdims=True), 1e-12)


def _dot(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the scalar products (...) of vectors (..., 2); much faster than a sum over two."""
    dot: NDArray[np.float64] = a[..., 0] * b[..., 0]
    dot += a[..., 1] * b[..., 1]
    return dot


class FieldStack:
    """Several fields read in one go, as snakes of all features move together.

    Parameters
    ----------
    fields : the fields; point i of a query reads `fields[which[i]]`
    """

    def __init__(self, fields: Sequence[ForceField]) -> None:
        self.fields = list(fields)
        counts = np.array([len(field.lines.points) for field in fields], dtype=np.intp)
        sizes = np.array([field.nearest.size for field in fields], dtype=np.intp)
        self._first = np.cumsum(counts) - counts
        self._start = np.cumsum(sizes) - sizes
        self._is_empty = counts == 0
        # One more row, for points of a field without ink.
        fallback = np.zeros((1, 2))
        join = {
            name: np.concatenate([getattr(field.lines, name) for field in fields] + [fallback])
            for name in ("points", "tangents", "inward")
        }
        self._points, self._tangents, self._inward = join.values()
        self._strength = np.concatenate([field.lines.strength for field in fields] + [[0.0]])
        self._index = np.concatenate([field.nearest.ravel() for field in fields])
        self._shape = np.array([field.nearest.shape[::-1] for field in fields], dtype=np.intp)
        self._origin = np.array([field.origin for field in fields], dtype=np.float64)
        self.reach_px = np.array([field.reach_px for field in fields])
        self.evidence_px = np.array([field.evidence_px for field in fields])
        self._blurs: dict[tuple[int, float], NDArray[np.float64]] = {}

    def find(
        self, points: NDArray[np.float64], which: NDArray[np.intp], *, exact: bool = True
    ) -> Nearest:
        """Return the nearest ink line of `points` (..., 2), to a fraction of a pixel.

        The four pixels around a point each know a line; the nearest of these, taken as a short
        straight piece, answers. So the way is exact and does not blur between two lines.
        With `exact` off only the pixel under the point is asked: four times as fast. `which` may
        have any shape that goes with that of the points.
        """
        line, offset, tangent = self._lines_at(points, which, exact)
        # Points of a line lie about a pixel apart: within that, the way leads straight across.
        free = np.clip(_dot(offset, tangent), -_ALONG_FREE_PX, _ALONG_FREE_PX)
        away = offset - free[..., None] * tangent
        squared = _dot(away, away)
        if exact:
            best = squared.argmin(axis=-1)[..., None]
            line = np.take_along_axis(line, best, -1)[..., 0]
            away = np.take_along_axis(away, best[..., None], -2)[..., 0, :]
            squared = np.take_along_axis(squared, best, -1)[..., 0]
            tangent = self._tangents.take(line, axis=0)
        distance = np.sqrt(squared)
        if self._is_empty.any():
            empty = self._is_empty[which]
            away = np.where(empty[..., None], 0.0, away)
            distance = np.where(empty, np.inf, distance)
        inward = self._inward.take(line, axis=0)
        return Nearest(away, distance, tangent, inward, self._strength.take(line))

    def _lines_at(
        self, points: NDArray[np.float64], which: NDArray[np.intp], exact: bool
    ) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
        """Return which line the pixels at `points` (..., 2) know, the way there and its direction.

        Of the four pixels around, one after another (..., 4), or of the one under the point (...).
        """
        shape, origin, start = self._shape[which], self._origin[which], self._start[which]
        first, empty = self._first[which], self._is_empty[which]
        column, row = (
            np.floor(points[..., axis] - origin[..., axis] - 0.5 * exact).astype(np.intp)
            for axis in (0, 1)
        )
        across, down = shape[..., 0], shape[..., 1]
        if exact:
            column, row = (
                each[..., None] + _CORNERS[:, axis] for axis, each in enumerate((column, row))
            )
            across, down, start, first, empty = (
                each[..., None] for each in (across, down, start, first, empty)
            )
            points = points[..., None, :]
        column = np.minimum(np.maximum(column, 0), across - 1)
        row = np.minimum(np.maximum(row, 0), down - 1)
        line = self._index.take(row * across + column + start) + first
        if self._is_empty.any():
            line = np.where(empty, len(self._strength) - 1, line)
        return line, self._points.take(line, axis=0) - points, self._tangents.take(line, axis=0)

    def steer(
        self, points: NDArray[np.float64], which: NDArray[np.intp], found: Nearest
    ) -> NDArray[np.float64]:
        """Return the way (N, 2) that leads to the line: straight, or along the vector flow."""
        way = found.way
        for number, field in enumerate(self.fields):
            if field.direction is None or self._is_empty[number]:
                continue
            mine = np.flatnonzero(which == number)
            local = points[mine] - field.origin
            flow = np.column_stack(
                [sample_image(field.direction[..., axis], local) for axis in (0, 1)]
            )
            flow *= (found.distance[mine] / np.maximum(np.linalg.norm(flow, axis=1), 1e-9))[:, None]
            # Close to the line the flow is tiny and its direction noise: go straight there.
            share = np.clip((found.distance[mine] - 1.0) / 2.0, 0.0, 1.0)[:, None]
            way = way.copy() if way is found.way else way
            way[mine] = share * flow + (1.0 - share) * way[mine]
        return way

    def blurred_pull(
        self, points: NDArray[np.float64], which: NDArray[np.intp], blur_px: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the way (N, 2) and stiffness (N,) of the fields under a Gaussian blur."""
        way, hold = np.zeros_like(points), np.zeros(len(points))
        for number in np.unique(which):
            if self._is_empty[number]:
                continue
            mine = np.flatnonzero(which == number)
            grid = self._blurred(int(number), blur_px)
            local = points[mine] - self.fields[number].origin
            stiff, *pull = (sample_image(layer, local) for layer in grid)
            hold[mine] = stiff
            way[mine] = np.column_stack(pull) / np.maximum(stiff, 1e-6)[:, None]
        return way, hold

    def _blurred(self, number: int, blur_px: float) -> NDArray[np.float64]:
        """Return stiffness and pull (3, h, w) of one field, blurred; computed once a blur."""
        key = (number, blur_px)
        if key not in self._blurs:
            field = self.fields[number]
            row, column = np.indices(field.nearest.shape)
            centres = np.stack([column, row], axis=-1) + 0.5 + field.origin
            at = np.full(row.shape, number)
            found = self.find(centres, at, exact=False)
            hold = line_hold(found, field.reach_px)
            way = self.steer(centres.reshape(-1, 2), at.ravel(), _flat(found))
            layers = np.concatenate(
                [hold[None], hold * np.moveaxis(way.reshape(*row.shape, 2), -1, 0)]
            )
            self._blurs[key] = ndimage.gaussian_filter(layers, (0.0, blur_px, blur_px))
        return self._blurs[key]


def _flat(found: Nearest) -> Nearest:
    """Return the answers of an image as one list."""
    return Nearest(
        found.way.reshape(-1, 2), found.distance.ravel(), found.tangent.reshape(-1, 2),
        found.inward.reshape(-1, 2), found.strength.ravel(),
    )  # fmt: skip
