"""Our snakes beside scikit-image's: same drawings, same starts, one run.

`active_contour` takes open and closed curves. `morphological_geodesic_active_contour` moves the
edge of a region, so that it is run on the rings only.

References
----------
Márquez-Neila, Baumela, Alvarez (2014), A morphological approach to curvature-based evolution of
curves and surfaces, doi:10.1109/TPAMI.2013.106.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from .evolution import evolve
from .field import ForceField
from .gap import gap, sample_polyline
from .lines import find_ink_lines
from .snake import SnakeSettings, SnakeStart, tangents_of

__all__ = ["DrawnLine", "benchmark_snakes", "draw_line"]

_SIZE_PX = 104
_UNIT_PX = 60.0
_REACH = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class DrawnLine:
    """A made-up drawing of one line, some with a neighbour line, and a start that is off.

    Attributes
    ----------
    ink : (H, W) float64 in [0, 1]
    truth, start : (N, 2) float64, pixels
    is_closed : True for a ring
    """

    ink: NDArray[np.float64]
    truth: NDArray[np.float64]
    start: NDArray[np.float64]
    is_closed: bool


def stroke(points: NDArray[np.float64], width_px: float, size_px: int) -> NDArray[np.float64]:
    """Draw a polyline (N, 2) with soft edges; return ink (size, size)."""
    row, column = np.indices((size_px, size_px))
    centres = np.column_stack([column.ravel(), row.ravel()]) + 0.5
    away = cKDTree(sample_polyline(points, 0.25)).query(centres)[0]
    return np.clip(0.5 * width_px + 0.5 - away, 0.0, 1.0).reshape(size_px, size_px)


def draw_line(rng: np.random.Generator, *, is_closed: bool, has_neighbour: bool) -> DrawnLine:
    """Draw a random smooth line of 0.5 to 1 units and a start 0.03 to 0.14 units off."""
    count, middle = 60, _SIZE_PX / 2.0
    if is_closed:
        angle = np.linspace(0.0, 2.0 * np.pi, count, endpoint=False)
        radii = rng.uniform(10.0, 18.0) * np.array([1.0, rng.uniform(0.8, 1.25)])
        truth = middle + radii * np.column_stack([np.cos(angle), np.sin(angle)])
    else:
        t = np.linspace(-1.0, 1.0, count)
        length = rng.uniform(30.0, 60.0)
        bend, wave = rng.uniform(-0.2, 0.2), rng.uniform(-0.04, 0.04)
        y = length * (bend * (1.0 - t**2) + wave * np.sin(2.0 * np.pi * t))
        turn = rng.uniform(0.0, 2.0 * np.pi)
        rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        truth = middle + np.column_stack([0.5 * length * t, y]) @ rotation.T
    width_px = rng.uniform(1.5, 5.0)
    ring = np.concatenate([truth, truth[:1]]) if is_closed else truth
    ink = stroke(ring, width_px, _SIZE_PX)
    tangents = tangents_of(truth, is_closed)
    normals = np.column_stack([-tangents[:, 1], tangents[:, 0]])
    if has_neighbour:
        beside = ring + rng.choice([-1.0, 1.0]) * rng.uniform(9.0, 13.0) * (
            np.concatenate([normals, normals[:1]]) if is_closed else normals
        )
        ink = np.maximum(ink, stroke(beside, width_px, _SIZE_PX))
    direction = rng.normal(size=2)
    shift = rng.uniform(1.8, 6.0) * direction / np.linalg.norm(direction)
    phase = np.linspace(0.0, 2.0 * np.pi, count, endpoint=not is_closed) + rng.uniform(0.0, 6.0)
    wobble = rng.uniform(0.0, 2.5) * np.sin(phase)
    return DrawnLine(ink, truth, truth + shift + wobble[:, None] * normals, is_closed)


def _page(drawn: list[DrawnLine]) -> tuple[NDArray[np.float64], list[SnakeStart]]:
    """Lay the drawings side by side on one page; return its ink and the starts on it."""
    wide = int(np.ceil(np.sqrt(len(drawn))))
    high = -(-len(drawn) // wide)
    ink = np.zeros((high * _SIZE_PX, wide * _SIZE_PX))
    starts = []
    for number, line in enumerate(drawn):
        top, left = (index * _SIZE_PX for index in divmod(number, wide))
        ink[top : top + _SIZE_PX, left : left + _SIZE_PX] = line.ink
        starts.append(
            SnakeStart(f"line {number}", line.start + np.array([left, top]), line.is_closed)
        )
    return ink, starts


def _ours(ink: NDArray[np.float64], starts: list[SnakeStart]) -> list[NDArray[np.float64]]:
    """Run our snakes, finding the lines and building the fields included."""
    lines = find_ink_lines(ink)
    fields = [
        ForceField.from_ink(
            ink, lines=lines, reach_px=_REACH * _UNIT_PX,
            box=(*start.points.min(axis=0), *start.points.max(axis=0)),
        )
        for start in starts
    ]  # fmt: skip
    results = evolve(starts, fields, SnakeSettings(unit_px=_UNIT_PX))
    return [result.points for result in results]


def _theirs(
    ink: NDArray[np.float64], starts: list[SnakeStart], *, is_cropped: bool
) -> list[NDArray[np.float64]]:
    """Run scikit-image's snakes on the blurred ink, one by one as its function takes them."""
    from skimage.filters import gaussian
    from skimage.segmentation import active_contour

    image = gaussian(ink, sigma=0.03 * _UNIT_PX, preserve_range=True)
    moved = []
    for start in starts:
        origin = np.zeros(2)
        part = image
        if is_cropped:
            low = np.maximum(np.floor(start.points.min(axis=0) - _REACH * _UNIT_PX), 0.0)
            high = np.ceil(start.points.max(axis=0) + _REACH * _UNIT_PX)
            part = image[int(low[1]) : int(high[1]), int(low[0]) : int(high[0])]
            origin = low
        begin_rc = (start.points - origin - 0.5)[:, ::-1]
        moved_rc = active_contour(
            part, begin_rc, alpha=0.01, beta=0.5, w_line=5.0, w_edge=0.0, gamma=0.01,
            max_num_iter=2500, convergence=0.02,
            boundary_condition="periodic" if start.is_closed else "free",
        )  # fmt: skip
        moved.append(moved_rc[:, ::-1] + 0.5 + origin)
    return moved


def _morphological(ink: NDArray[np.float64], rings: list[SnakeStart]) -> list[NDArray[np.float64]]:
    """Run scikit-image's morphological snakes from the rings' insides, part by part.

    They settle where the picture stops them: the blurred ink is made into the stopping function
    1 / √(1 + 100 ink²). A region that vanishes has not moved.
    """
    from skimage.draw import polygon2mask
    from skimage.filters import gaussian
    from skimage.measure import find_contours
    from skimage.segmentation import morphological_geodesic_active_contour

    blurred = gaussian(ink, sigma=0.03 * _UNIT_PX, preserve_range=True)
    stopping = 1.0 / np.sqrt(1.0 + 100.0 * blurred**2)
    moved = []
    for ring in rings:
        low = np.maximum(np.floor(ring.points.min(axis=0) - _REACH * _UNIT_PX), 0.0)
        high = np.ceil(ring.points.max(axis=0) + _REACH * _UNIT_PX)
        part = stopping[int(low[1]) : int(high[1]), int(low[0]) : int(high[0])]
        inside = polygon2mask(part.shape, (ring.points - low - 0.5)[:, ::-1])
        region = morphological_geodesic_active_contour(
            part, num_iter=120, init_level_set=inside, smoothing=1, balloon=0, threshold=0.5
        )
        edges_rc = find_contours(region.astype(float), 0.5)
        if edges_rc:
            moved.append(max(edges_rc, key=len)[:, ::-1] + 0.5 + low)
        else:
            moved.append(ring.points)
    return moved


def benchmark_snakes(count: int = 25, pages: int = 4, seed: int = 0) -> dict[str, float]:
    """Let both crawl in turn from the same starts onto the same lines.

    Half of the lines have a neighbour line, a third are rings. Ours read the page once and move
    all curves together; scikit-image's function is called once a curve.

    Parameters
    ----------
    count : lines a page
    pages : pages; both sides take turns on each
    seed : same seed, same pages

    Returns
    -------
    `start_px`, `limner_px`, `skimage_px` : mean gap to the true line, pixels
    `limner_p95_px`, `skimage_p95_px` : 95 % of the lines are nearer
    `distance_ratio` : skimage's mean gap over ours
    `time_ratio` : skimage's time over ours, line finding and fields included
    `time_ratio_cropped` : the same with scikit-image given only the part around each curve
    `rings_limner_px`, `rings_morphological_px` : mean gap of the rings alone
    `rings_distance_ratio`, `rings_time_ratio` : morphological snakes over ours, on them
    `limner_ms`, `skimage_ms`, `skimage_cropped_ms` : a page, for orientation
    """
    rng = np.random.default_rng(seed)
    runs: dict[str, Callable[..., list[NDArray[np.float64]]]] = {
        "limner": _ours,
        "skimage": partial(_theirs, is_cropped=False),
        "skimage_cropped": partial(_theirs, is_cropped=True),
    }
    ring_runs = {"rings_limner": _ours, "rings_morphological": _morphological}
    gaps: dict[str, list[float]] = {name: [] for name in ("start", *runs, *ring_runs)}
    spent = dict.fromkeys((*runs, *ring_runs), 0.0)
    for page in range(pages + 1):
        drawn = [
            draw_line(rng, is_closed=number % 3 == 2, has_neighbour=number % 2 == 1)
            for number in range(count)
        ]
        ink, starts = _page(drawn)
        moved = {"start": [start.points for start in starts]}
        for name, run in runs.items():
            began = time.perf_counter()
            moved[name] = run(ink, starts)
            # The first page warms both up.
            spent[name] += (time.perf_counter() - began) * (page > 0)
        rings = [start for start in starts if start.is_closed]
        for name, run in ring_runs.items():
            began = time.perf_counter()
            moved[name] = run(ink, rings)
            spent[name] += (time.perf_counter() - began) * (page > 0)
        for name, curves in moved.items():
            pairs = [
                (line, start)
                for line, start in zip(drawn, starts, strict=True)
                if start.is_closed or name not in ring_runs
            ]
            for (line, start), points in zip(pairs, curves, strict=True):
                truth = sample_polyline(line.truth, 0.5, line.is_closed)
                truth = truth + (start.points[0] - line.start[0])
                gaps[name].append(gap(truth, sample_polyline(points, 0.5, line.is_closed)))
    mean = {name: float(np.mean(values)) for name, values in gaps.items()}
    return {
        "count": float(count * (pages + 1)),
        "start_px": mean["start"],
        "limner_px": mean["limner"],
        "skimage_px": mean["skimage"],
        "limner_p95_px": float(np.percentile(gaps["limner"], 95)),
        "skimage_p95_px": float(np.percentile(gaps["skimage"], 95)),
        "distance_ratio": mean["skimage"] / max(mean["limner"], 1e-9),
        "time_ratio": spent["skimage"] / spent["limner"],
        "time_ratio_cropped": spent["skimage_cropped"] / spent["limner"],
        "rings_limner_px": mean["rings_limner"],
        "rings_morphological_px": mean["rings_morphological"],
        "rings_distance_ratio": mean["rings_morphological"] / max(mean["rings_limner"], 1e-9),
        "rings_time_ratio": spent["rings_morphological"] / spent["rings_limner"],
        "limner_ms": 1e3 * spent["limner"] / pages,
        "skimage_ms": 1e3 * spent["skimage"] / pages,
        "skimage_cropped_ms": 1e3 * spent["skimage_cropped"] / pages,
    }
