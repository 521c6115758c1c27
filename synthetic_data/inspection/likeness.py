"""How near the drawings of a data set come to drawings by real hands, statistic by statistic.

Distances are Wasserstein's, in standard deviations of the real drawings: 0 where both are spread
alike, 1 where one lies a whole spread beside the other. They say that drawings look alike to a
ruler, not that a network will read them alike.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from scipy.stats import wasserstein_distance

from ...errors import DatasetError
from .reading import StoredSample, read_samples
from .statistics import STATISTICS, measure

__all__ = ["FOREHEAD", "Likeness", "Measured", "compare", "measure_set"]

FOREHEAD = 0.3
"""How far the hairline lies above a face's landmarks, which begin at the brows: of their height."""
_NEAR = 5
_DRAWS = 40
_ALL = "all"


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Drawings with their statistics.

    Attributes
    ----------
    names : what each is called
    groups : of which style each is
    values : (N, K), one column a statistic, in the order of `STATISTICS`
    """

    names: tuple[str, ...]
    groups: tuple[str, ...]
    values: NDArray[np.float64]

    @classmethod
    def of(cls, rows: Sequence[tuple[str, str, dict[str, float]]]) -> Measured:
        """Collect (name, group, statistics)."""
        values = np.array([[found[name] for name in STATISTICS] for _, _, found in rows])
        return cls(
            tuple(name for name, _, _ in rows),
            tuple(group for _, group, _ in rows),
            values.reshape(len(rows), len(STATISTICS)),
        )

    def rows(self, group: str) -> NDArray[np.intp]:
        """Return which drawings are of a group."""
        return np.flatnonzero(np.array(self.groups) == group)


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """What came out.

    Attributes
    ----------
    real, drawn : what was compared
    distance : (K,) of the whole set to all real drawings, each statistic in real spreads
    floor : (K,) the same between two halves of the real drawings, on average: no set can be asked
        to come nearer than that
    breadth : (K,) spread of the set over the spread of the real drawings; below 1 it is narrower
    tables : real group, or `all` → (style → mean distance over all statistics)
    nearest : (R,) for each real drawing the row of the drawn one that is most like it
    away : (R,) how far that one is: root mean square over the statistics, in real spreads
    told_apart : how often, among the five drawings most like a drawing, one of its own kind is
        found (real or drawn, equally many of each); where nothing tells them apart, `chance`
    chance : what `told_apart` would be by chance
    """

    real: Measured
    drawn: Measured
    distance: NDArray[np.float64]
    floor: NDArray[np.float64]
    breadth: NDArray[np.float64]
    tables: dict[str, dict[str, float]]
    nearest: NDArray[np.intp]
    away: NDArray[np.float64]
    told_apart: float
    chance: float

    def outside(self, row: int) -> list[str]:
        """Name the statistics in which a real drawing lies beyond all that are drawn."""
        low, high = self.drawn.values.min(axis=0), self.drawn.values.max(axis=0)
        value = self.real.values[row]
        return [
            name
            for name, far in zip(STATISTICS, (value < low) | (value > high), strict=True)
            if far
        ]

    def as_dict(self) -> dict[str, Any]:
        """Return all figures, ready for JSON."""
        quantiles = [
            np.percentile(measured.values, [5, 25, 50, 75, 95], axis=0).round(4).T.tolist()
            for measured in (self.real, self.drawn)
        ]
        return {
            "schema": "limner.likeness/1",
            "real": len(self.real.names),
            "drawn": len(self.drawn.names),
            "distance": round(float(self.distance.mean()), 3),
            "floor": round(float(self.floor.mean()), 3),
            "told_apart": round(self.told_apart, 3),
            "told_apart_by_chance": round(self.chance, 3),
            "statistics": {
                name: {
                    "means": meaning,
                    "distance": round(float(self.distance[column]), 3),
                    "floor": round(float(self.floor[column]), 3),
                    "breadth": round(float(self.breadth[column]), 3),
                    "real_5_25_50_75_95": quantiles[0][column],
                    "drawn_5_25_50_75_95": quantiles[1][column],
                }
                for column, (name, meaning) in enumerate(STATISTICS.items())
            },
            "styles": self.tables,
            "drawings": {
                name: {
                    "nearest": self.drawn.names[self.nearest[row]],
                    "style": self.drawn.groups[self.nearest[row]],
                    "away": round(float(self.away[row]), 3),
                    "outside": self.outside(row),
                }
                for row, name in enumerate(self.real.names)
            },
        }


def measure_set(
    folder: Path,
    to_ink: Callable[[NDArray[np.uint8]], NDArray[np.floating]],
    most: int,
    on_progress: Callable[[int, int], None] | None = None,
) -> Measured:
    """Measure the faces of a data set, from its first shard on.

    Parameters
    ----------
    to_ink : turns a grey picture (H, W) into ink in [0, 1], as it does for real drawings
    most : how many faces at most
    on_progress : called with (faces measured, `most`)

    Raises
    ------
    DatasetError
        If there is no data set, no face in it, or a sample cannot be read.
    """
    shards = sorted(path for path in Path(folder).glob("*.tar") if not path.name.startswith("."))
    if not shards:
        raise DatasetError(f"{folder}: no .tar shards; make a data set with dataset generate.")
    rows: list[tuple[str, str, dict[str, float]]] = []
    for shard in shards:
        try:
            for sample in read_samples(shard):
                found = _measured(sample, to_ink)
                if found is not None:
                    rows.append(found)
                    if on_progress is not None:
                        on_progress(len(rows), most)
                if len(rows) >= most:
                    return Measured.of(rows)
        except (tarfile.TarError, OSError, ValueError, KeyError, UnidentifiedImageError) as error:
            raise DatasetError(
                f"{shard}: cannot be read ({error!r}). Look with dataset inspect what is wrong."
            ) from None
    if not rows:
        raise DatasetError(f"{folder}: holds no face with ink in it. Give a larger data set.")
    return Measured.of(rows)


def _measured(
    sample: StoredSample, to_ink: Callable[[NDArray[np.uint8]], NDArray[np.floating]]
) -> tuple[str, str, dict[str, float]] | None:
    """Measure one sample: name, style, statistics; None where no face is drawn."""
    about = json.loads(sample.files["json"])
    if not about["is_face"]:
        return None
    x0, y0, x1, y1 = about["face_box"]
    grey = np.asarray(Image.open(io.BytesIO(sample.files["png"])).convert("L"))
    found = measure(to_ink(grey), (x0, y0 - FOREHEAD * (y1 - y0), x1, y1))
    return None if found is None else (sample.key, str(about["style"]), found)


def compare(real: Measured, drawn: Measured) -> Likeness:
    """Compare drawings by real hands with drawn ones.

    Raises
    ------
    DatasetError
        If there are fewer than six drawings on either side: nothing could be said of their spread.
    """
    for measured, what in ((real, "real drawings"), (drawn, "faces in the data set")):
        if len(measured.names) < _NEAR + 1:
            raise DatasetError(
                f"{len(measured.names)} {what} could be measured: give at least {_NEAR + 1}."
            )
    spread = np.maximum(real.values.std(axis=0), 1e-3 * np.abs(real.values).mean(axis=0) + 1e-6)
    gaps = (real.values[:, None] - drawn.values[None]) / spread
    far = np.sqrt((gaps**2).mean(axis=2))
    nearest = far.argmin(axis=1)
    rng = np.random.default_rng(0)
    told_apart, chance = _told_apart(real.values / spread, drawn.values / spread, rng)
    return Likeness(
        real,
        drawn,
        _distance(real.values, drawn.values, spread),
        _floor(real.values, spread, rng),
        drawn.values.std(axis=0) / spread,
        _tables(real, drawn, spread),
        nearest,
        far[np.arange(len(far)), nearest],
        told_apart,
        chance,
    )


def _distance(
    first: NDArray[np.float64], second: NDArray[np.float64], spread: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return each statistic's distance between two sets, (K,)."""
    return np.array(
        [wasserstein_distance(a, b) / s for a, b, s in zip(first.T, second.T, spread, strict=True)]
    )


def _floor(
    real: NDArray[np.float64], spread: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return how far two halves of the real drawings lie apart, on average."""
    found = []
    for _ in range(_DRAWS):
        order = rng.permutation(len(real))
        half = len(real) // 2
        found.append(_distance(real[order[:half]], real[order[half:]], spread))
    return np.mean(found, axis=0)


def _tables(
    real: Measured, drawn: Measured, spread: NDArray[np.float64]
) -> dict[str, dict[str, float]]:
    """Return each style's mean distance to all real drawings, and to every group of them."""
    parts = {_ALL: real.values}
    groups = sorted({group for group in real.groups if group})
    if len(groups) > 1:
        parts |= {group: real.values[real.rows(group)] for group in groups}
    return {
        group: {
            style: round(
                float(_distance(values, drawn.values[drawn.rows(style)], spread).mean()), 3
            )
            for style in sorted(set(drawn.groups))
        }
        for group, values in parts.items()
    }


def _told_apart(
    real: NDArray[np.float64], drawn: NDArray[np.float64], rng: np.random.Generator
) -> tuple[float, float]:
    """Return how often neighbours are of the same kind, and how often they would be by chance."""
    count = min(len(real), len(drawn))
    shares = []
    for _ in range(_DRAWS):
        rows = [rng.choice(len(values), count, replace=False) for values in (real, drawn)]
        both = np.concatenate([real[rows[0]], drawn[rows[1]]])
        kind = np.repeat([0, 1], count)
        far = ((both[:, None] - both[None]) ** 2).sum(axis=2)
        np.fill_diagonal(far, np.inf)
        near = np.argsort(far, axis=1)[:, :_NEAR]
        shares.append(float((kind[near] == kind[:, None]).mean()))
    return float(np.mean(shares)), (count - 1) / (2 * count - 1)
