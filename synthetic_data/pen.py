"""How a hand moves: smooth curves become strokes that waver, overshoot, break and swell."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
from functools import lru_cache
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from ..rig.features import FEATURES
from .again import Again
from .canvas import Canvas
from .compiled import compiled
from .evenly import evenly
from .stroking import eased, ink_batch, ink_line, knot_count, resampled
from .style import Hand

__all__ = ["LABEL", "Pen", "arc", "blob", "resample", "smooth_noise"]

LABEL: dict[str, int] = {name: index for index, name in enumerate(FEATURES)}
"""Index in the label image of each feature."""

_STEP_PX = 3.5
_SUPPLY = 1024
_ALL = np.empty(0, dtype=np.bool_)


def resample(points: NDArray[np.floating], step_px: float = _STEP_PX) -> NDArray[np.float64]:
    """Return a polyline of (N, 2) points at about equal steps along its length."""
    return resampled(np.ascontiguousarray(points, dtype=np.float64), float(step_px))


def smooth_noise(
    rng: np.random.Generator, shape: tuple[int, ...], length: int, period: float
) -> NDArray[np.float64]:
    """Return noise (*shape, length), smooth over about `period` samples, standard deviation ~1."""
    count = knot_count(length, period)
    values = rng.standard_normal((math.prod(shape), count))
    return eased(values, length).reshape((*shape, length))


def arc(
    centre: NDArray[np.float64],
    radius_x: float,
    radius_y: float,
    start: float,
    stop: float,
    count: int = 24,
) -> NDArray[np.float64]:
    """Return points of an elliptic arc; angles in radians, 0 to the right, pi / 2 downwards."""
    cos, sin = _directions(start, stop, count)
    return _ellipse(centre, radius_x, radius_y, cos, sin)


@compiled
def _ellipse(
    centre: NDArray[np.float64],
    radius_x: float,
    radius_y: float,
    cos: NDArray[np.float64],
    sin: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the points (N, 2) of an ellipse in directions of these cosines and sines."""
    points = np.empty((len(cos), 2))
    for number in range(len(cos)):
        points[number, 0] = centre[0] + radius_x * cos[number]
        points[number, 1] = centre[1] + radius_y * sin[number]
    return points


@lru_cache(maxsize=64)
def _directions(
    start: float, stop: float, count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the cosines and sines of (count,) angles at even steps."""
    angle = np.linspace(start, stop, count)
    return np.cos(angle), np.sin(angle)


def blob(
    rng: np.random.Generator,
    centre: NDArray[np.floating],
    radius_x: float,
    radius_y: float,
    roughness: float = 0.08,
) -> NDArray[np.float64]:
    """Return a closed, irregular roundish outline, (48, 2)."""
    angle = evenly(49, 0.0, 2.0 * np.pi)[:-1]
    radius = np.ones(48)
    for order in range(2, 6):
        phase = rng.uniform(0.0, 2.0 * np.pi)
        radius += roughness * rng.standard_normal() / order * np.cos(order * angle + phase)
    return np.stack(
        [
            centre[0] + radius_x * radius * np.cos(angle),
            centre[1] + radius_y * radius * np.sin(angle),
        ],
        axis=1,
    )


@compiled
def _ink_lines(
    cells: NDArray[np.uint16],
    points: NDArray[np.float64],
    ends: NDArray[np.int64],
    labels: NDArray[np.int64],
    weights: NDArray[np.float64],
    number: int,
    row: int,
    way: NDArray[np.float64],
    visible: NDArray[np.bool_],
    uniform: NDArray[np.float64],
    normal: NDArray[np.float64],
    used: NDArray[np.int64],
) -> tuple[int, int, int]:
    """Draw lines one after the other, from line `number` and its point `row` on.

    Parameters
    ----------
    points, ends : (N, 2) points of all lines, and where each line ends among them
    labels, weights : of each line
    visible : of length 0: all is seen

    Returns
    -------
    Where to go on, below 0 at the end, and which random numbers are lacking (see `ink_line`).
    """
    for line in range(number, len(ends)):
        start = ends[line - 1] if line > 0 else 0
        row, _, lacking = ink_line(
            cells, points[start : ends[line]], visible, False, row, way, weights[line], 1.0,
            labels[line], False, uniform, normal, used,
        )  # fmt: skip
        if row >= 0:
            return line, row, lacking
        row = 0
    return -1, 0, 0


class Pen:
    """A hand with a canvas before it.

    Parameters
    ----------
    canvas : where to draw
    hand : the drawing's parameters
    chance : the drawing's own chance, or `Again` if the same thing is drawn more than once

    Attributes
    ----------
    rng : chance that decides what is drawn, and how
    waver : chance that moves the lines; of a drawing by itself it is the same stream
    """

    def __init__(self, canvas: Canvas, hand: Hand, chance: np.random.Generator | Again) -> None:
        self.canvas, self.hand = canvas, hand
        self._again = chance if isinstance(chance, Again) else None
        self.rng = chance.decisions("") if isinstance(chance, Again) else chance
        self.waver = chance.lines() if isinstance(chance, Again) else chance
        self.scale = canvas.size / 256.0
        self.width = hand["line_width"] * self.scale
        overshoot = hand["line_overshoot"]
        self._way = np.array(
            [
                hand["line_wobble"] * self.scale, hand["line_pressure"], hand["line_taper"],
                self.width, hand["line_tone"], hand["line_passes"],
                overshoot * self.scale if overshoot > 0.5 else 0.0, hand["line_double"],
                hand["line_gap"], _STEP_PX * self.scale,
            ]
        )  # fmt: skip
        self._uniform, self._normal = np.empty(0), np.empty(0)
        self._used = np.zeros(2, dtype=np.int64)

    def part(self, name: str) -> np.random.Generator:
        """Begin a part of the drawing; return the chance that decides on it."""
        if self._again is not None:
            self.rng = self._again.decisions(name)
        return self.rng

    def line(
        self,
        points: NDArray[np.floating],
        label: str,
        weight: float = 1.0,
        visible: NDArray[np.bool_] | None = None,
        tone: float = 1.0,
        *,
        closed: bool = False,
        steady: bool = False,
    ) -> float:
        """Draw a curve where it is visible; return the share of its length that was drawn.

        Parameters
        ----------
        weight : factor on the hand's line width
        visible : (N,) flags, or None for all
        steady : True for small marks that must not break or be doubled
        """
        points = np.ascontiguousarray(points, dtype=np.float64)
        flags = _ALL if visible is None else visible
        row = drawn = 0
        while True:
            row, inked, wanted = ink_line(
                self.canvas.cells, points, flags, closed, row, self._way, float(weight),
                float(tone), LABEL[label], steady, self._uniform, self._normal, self._used,
            )  # fmt: skip
            drawn += inked
            if row < 0:
                return drawn / max(len(points) + closed, 1)
            self._refill(wanted)

    def lines(self, lines: list[tuple[NDArray[np.float64], str, float]]) -> None:
        """Draw many lines one after the other: the (N, 2) points of each, its label and weight."""
        if not lines:
            return
        curves, labels, weights = zip(*lines, strict=True)
        points = np.concatenate(curves)
        ends = np.array([*accumulate(map(len, curves))])
        kinds, broad = np.array([LABEL[label] for label in labels]), np.array(weights)
        number = row = 0
        while True:
            number, row, wanted = _ink_lines(
                self.canvas.cells, points, ends, kinds, broad, number, row, self._way, _ALL,
                self._uniform, self._normal, self._used,
            )  # fmt: skip
            if number < 0:
                return
            self._refill(wanted)

    def trace(
        self, points: NDArray[np.floating], label: int, weight: float = 1.0, tone: float = 1.0
    ) -> None:
        """Draw a batch of (S, N, 2) curves, each wavering and swelling in its own way."""
        points = np.ascontiguousarray(points, dtype=np.float64)
        while True:
            wanted = ink_batch(
                self.canvas.cells, points, self._way, float(weight), float(tone), label,
                self._uniform, self._normal, self._used,
            )  # fmt: skip
            if wanted == 0:
                return
            self._refill(wanted)

    def _refill(self, wanted: int) -> None:
        """Draw new random numbers: so many normal ones or, below 0, so many uniform ones.

        Many at once: one by one they cost more than the strokes.
        """
        count = max(abs(wanted), _SUPPLY)
        if wanted > 0:
            self._normal, self._used[1] = self.waver.standard_normal(count), 0
        else:
            self._uniform, self._used[0] = self.waver.random(count), 0

    def dot(self, centre: NDArray[np.floating], radius: float, label: str) -> None:
        """Draw a filled dot."""
        centre = np.asarray(centre, dtype=np.float64)
        two = centre + np.array([[-0.05, 0.0], [0.05, 0.0]])
        self.canvas.stroke(two, np.full(2, 2.0 * radius), LABEL[label], self.hand["line_tone"])

    def fill(
        self,
        polygon: NDArray[np.floating],
        label: str,
        tone: float = 1.0,
        clip: NDArray[np.floating] | None = None,
    ) -> None:
        """Fill a polygon in the tone of this hand's ink (0 takes the ink away)."""
        self.canvas.fill(polygon, tone * self.hand["line_tone"], LABEL[label], clip)
