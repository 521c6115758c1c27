"""How a hand moves: smooth curves become strokes that waver, overshoot, break and swell."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..rig.features import FEATURES
from .again import Again
from .canvas import Canvas
from .stroking import eased, extended, ink_wavering, knot_count, noise_width, resampled
from .style import Hand

__all__ = ["LABEL", "Pen", "arc", "blob", "resample", "smooth_noise"]

LABEL: dict[str, int] = {name: index for index, name in enumerate(FEATURES)}
"""Index in the label image of each feature."""

_STEP_PX = 3.5
_SUPPLY = 1024


def resample(points: NDArray[np.floating], step_px: float = _STEP_PX) -> NDArray[np.float64]:
    """Return a polyline of (N, 2) points at about equal steps along its length."""
    return resampled(np.ascontiguousarray(points, dtype=np.float64), float(step_px))


def smooth_noise(
    rng: np.random.Generator, shape: tuple[int, ...], length: int, period: float
) -> NDArray[np.float64]:
    """Return noise (*shape, length), smooth over about `period` samples, standard deviation ~1."""
    count = knot_count(length, period)
    values = rng.standard_normal((int(np.prod(shape)), count))
    return eased(values, length).reshape((*shape, length))


def arc(
    centre: NDArray[np.floating],
    radius_x: float,
    radius_y: float,
    start: float,
    stop: float,
    count: int = 24,
) -> NDArray[np.float64]:
    """Return points of an elliptic arc; angles in radians, 0 to the right, pi / 2 downwards."""
    angle = np.linspace(start, stop, count)
    return np.stack(
        [centre[0] + radius_x * np.cos(angle), centre[1] + radius_y * np.sin(angle)], axis=1
    )


def blob(
    rng: np.random.Generator,
    centre: NDArray[np.floating],
    radius_x: float,
    radius_y: float,
    roughness: float = 0.08,
) -> NDArray[np.float64]:
    """Return a closed, irregular roundish outline, (48, 2)."""
    angle = np.linspace(0.0, 2.0 * np.pi, 49)[:-1]
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
        self._normal = _Supply(self.waver.standard_normal)
        self._uniform = _Supply(self.waver.random)

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
        points = np.asarray(points, dtype=np.float64)
        if closed:
            points = np.concatenate([points, points[:1]])
            visible = None if visible is None else np.concatenate([visible, visible[:1]])
        if len(points) < 2:
            return 0.0
        if visible is None or visible.all():
            runs = [points]
        else:
            edges = np.flatnonzero(np.diff(np.concatenate([[0], visible.astype(np.int8), [0]])))
            runs = [points[a:b] for a, b in edges.reshape(-1, 2) if b - a >= 3]
        for run in runs:
            self._run(run, LABEL[label], weight, tone, steady)
        return sum(len(run) for run in runs) / len(points)

    def _run(
        self, run: NDArray[np.float64], label: int, weight: float, tone: float, steady: bool
    ) -> None:
        """Draw one visible run, once or several times."""
        hand = self.hand
        run = resample(run, _STEP_PX * self.scale)
        first, second, doubled, passed, broken, place, hole = self._uniform.take(7).tolist()
        passes = max(int(hand["line_passes"] + 0.99 * passed), 1)
        pieces: tuple[NDArray[np.float64], ...] = (run,)
        if not steady:
            overshoot = hand["line_overshoot"]
            if overshoot > 0.5 and len(run) > 4:
                reach = overshoot * self.scale
                run = extended(run, first * reach, second * reach)
                pieces = (run,)
            if doubled < hand["line_double"]:
                passes += 1
            if len(run) > 8 and broken < hand["line_gap"]:
                middle = 2 + int(place * (len(run) - 6))
                after = middle + 1 + int(hole * (max(len(run) // 5, 2) - 1))
                pieces = (run[:middle], run[after:])
        for piece in pieces:
            if len(piece) >= 2:
                self._ink(piece[None], passes, label, weight, tone)

    def trace(
        self, points: NDArray[np.floating], label: int, weight: float = 1.0, tone: float = 1.0
    ) -> None:
        """Draw a batch of (S, N, 2) curves, each wavering and swelling in its own way."""
        points = np.ascontiguousarray(points, dtype=np.float64)
        self._ink(points, len(points), label, weight, tone)

    def _ink(
        self, points: NDArray[np.float64], strokes: int, label: int, weight: float, tone: float
    ) -> None:
        """Draw strokes, (S, N, 2), or one of them, (1, N, 2), so many times."""
        hand = self.hand
        ink_wavering(
            self.canvas.cells,
            points,
            self._normal.take(strokes * noise_width(points.shape[1])).reshape(strokes, -1),
            hand["line_wobble"] * self.scale,
            hand["line_pressure"],
            hand["line_taper"],
            self.width * weight,
            hand["line_tone"] * tone,
            self._uniform.take(strokes),
            label,
        )

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


class _Supply:
    """Random numbers, drawn many at once: one by one they cost more than the strokes."""

    def __init__(self, draw: Callable[[int], NDArray[np.float64]]) -> None:
        self._draw, self._numbers, self._next = draw, np.empty(0), 0

    def take(self, count: int) -> NDArray[np.float64]:
        """Return the next numbers, (count,)."""
        if self._next + count > len(self._numbers):
            self._numbers, self._next = self._draw(max(count, _SUPPLY)), 0
        self._next += count
        return self._numbers[self._next - count : self._next]
