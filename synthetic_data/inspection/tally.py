"""What a data set holds, summed up sample by sample; memory does not grow with the set."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...rig.facs import AU_LABELS, AU_NAMES, split_label
from .checks import label_of

__all__ = ["AUS", "BINS", "HEAT", "PRESENT", "TRACE", "Tally"]

PRESENT, TRACE = 0.3, 0.1
AUS: tuple[int, ...] = tuple(AU_NAMES)
"""The AUs without their sides, in order."""
BINS = 9
"""Of the histograms of intensity, from a trace (0.1) to 1."""
HEAT = 96
"""Side of the landmark maps, cells."""
_ROW = {label: row for row, label in enumerate(AU_LABELS)}
_AU_ROW = np.array([AUS.index(split_label(label)[0]) for label in AU_LABELS])


def _counters(*shape: int) -> Callable[[], NDArray[np.int64]]:
    """Return what makes new counters of a shape."""
    return lambda: np.zeros(shape, dtype=np.int64)


@dataclass(slots=True)
class Tally:
    """Counters of one data set.

    Attributes
    ----------
    present, visible, hidden : (44,) faces that have an AU, that can show it, and that have it but
        cannot show it
    levels : (29, 9) intensities above a trace, both sides
    together : (29, 29) faces that have both AUs, on whichever side; the diagonal counts each
    on_sheet, on_face : (96, 96) landmarks on the sheet, and with every face box laid on the next
    partly_off : faces with a landmark off the sheet
    yaw, heights : (18,) faces by yaw, −90° to 90°; (20,) by height of the face box, 0 to 1 sheet
    """

    drawings: int = 0
    faces: int = 0
    partly_off: int = 0
    by: dict[str, Counter[str]] = field(
        default_factory=lambda: {key: Counter() for key in ("style", "rig", "emotion")}
    )
    present: NDArray[np.int64] = field(default_factory=_counters(len(AU_LABELS)))
    visible: NDArray[np.int64] = field(default_factory=_counters(len(AU_LABELS)))
    hidden: NDArray[np.int64] = field(default_factory=_counters(len(AU_LABELS)))
    levels: NDArray[np.int64] = field(default_factory=_counters(len(AUS), BINS))
    together: NDArray[np.int64] = field(default_factory=_counters(len(AUS), len(AUS)))
    on_sheet: NDArray[np.int64] = field(default_factory=_counters(HEAT, HEAT))
    on_face: NDArray[np.int64] = field(default_factory=_counters(HEAT, HEAT))
    yaw: NDArray[np.int64] = field(default_factory=_counters(18))
    heights: NDArray[np.int64] = field(default_factory=_counters(20))

    def add(self, about: dict[str, Any]) -> None:
        """Count one sample that has passed its checks."""
        self.drawings += 1
        for key, counter in self.by.items():
            counter[str(about.get(key))] += 1
        if not about["is_face"]:
            return
        self.faces += 1
        level, shown = np.zeros(len(AU_LABELS)), np.zeros(len(AU_LABELS), dtype=bool)
        for entry in about["aus"]:
            row = _ROW[label_of(entry)]
            level[row], shown[row] = entry["intensity"], entry["visible"]
        there = level >= PRESENT
        self.present += there
        self.visible += shown
        self.hidden += there & ~shown
        traces = np.flatnonzero(level >= TRACE)
        bins = ((level[traces] - TRACE) / (1.0 - TRACE) * BINS).astype(int)
        np.add.at(self.levels, (_AU_ROW[traces], np.minimum(bins, BINS - 1)), 1)
        here = np.zeros(len(AUS), dtype=np.int64)
        here[_AU_ROW[there]] = 1
        self.together += here[:, None] & here[None, :]
        self._add_geometry(about)

    def _add_geometry(self, about: dict[str, Any]) -> None:
        """Count where the landmarks lie, how large the face is and where it looks."""
        points, size = np.array(about["landmarks"]), about["size"]
        x0, y0, x1, y1 = about["face_box"]
        inside = ((points >= 0.0) & (points < size)).all(axis=1)
        self.partly_off += not inside.all()
        _scatter(self.on_sheet, points[inside] / size)
        side = max(x1 - x0, y1 - y0, 1e-6)
        middle = np.array([x0 + x1, y0 + y1]) / 2.0
        _scatter(self.on_face, 0.5 + 0.8 * (points - middle) / side)
        height = min(max((y1 - y0) / size, 0.0), 0.999)
        self.heights[int(height * len(self.heights))] += 1
        yaw = yaw_of(about["pose"])
        self.yaw[int(min(max((yaw + 90.0) / 10.0, 0.0), 17.0))] += 1


def _scatter(counters: NDArray[np.int64], points: NDArray[np.float64]) -> None:
    """Count points of the unit square."""
    cells = np.clip(points * HEAT, 0, HEAT - 1).astype(int)
    np.add.at(counters, (cells[:, 1], cells[:, 0]), 1)


def yaw_of(rotation_vector: list[float]) -> float:
    """Return how far a head is turned to its left, degrees, from its rotation vector."""
    vector = np.array(rotation_vector, dtype=np.float64)
    angle = float(np.linalg.norm(vector))
    if angle < 1e-9:
        return 0.0
    axis = vector / angle
    cos, sin = np.cos(angle), np.sin(angle)
    # where the face looks: the rotated z axis
    x = axis[0] * axis[2] * (1.0 - cos) + axis[1] * sin
    z = cos + axis[2] ** 2 * (1.0 - cos)
    return float(np.degrees(np.arctan2(x, z)))
