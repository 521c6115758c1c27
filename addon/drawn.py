"""The drawn lines of a face, each point with the feature that it belongs to."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..sketch_cnn.detection import Detection
from ..snakes.lines import InkLines, find_ink_lines
from .changed_lines import lines_after_change
from .frame import FaceFrame

__all__ = ["NOT_FACE", "DrawnLines", "label_lines", "read_lines", "read_lines_again"]

NOT_FACE = frozenset({"none", "hair", "other"})
"""Label classes whose ink a face does not explain."""

_MIN_PROBABILITY = 0.35
_MAX_STROKE_IOD = 0.12
_NO_ROWS = np.zeros(0, dtype=np.intp)


@dataclass(frozen=True, slots=True, eq=False)
class DrawnLines:
    """Lines of the drawing with labels.

    Attributes
    ----------
    ink : (H, W) the frame's ink, as it was where the lines were last found
    lines : all ink lines in the frame, pixels
    rows : name of every feature that is drawn → its rows of `lines`; "none" where no class is
        likely
    probability : (M,) how sure the network is of each point's feature
    """

    ink: NDArray[np.float32]
    lines: InkLines
    rows: Mapping[str, NDArray[np.intp]]
    probability: NDArray[np.float64]

    def of(self, feature: str) -> NDArray[np.float64]:
        """Return the (N, 2) points of one feature, frame pixels; of brows where their ink ends."""
        mine = self.rows.get(feature, _NO_ROWS)
        if feature == "brow":
            return self.lines.select(mine).edges()
        return self.lines.points[mine]

    def without(self, features: Collection[str]) -> DrawnLines:
        """Return the lines with those of some features belonging to none."""
        rows = {name: mine for name, mine in self.rows.items() if name not in features}
        return replace(self, rows=rows)

    def by_feature(self) -> dict[str, NDArray[np.float64]]:
        """Return the points of every face feature that is drawn."""
        return {name: self.of(name) for name in self.rows if name not in NOT_FACE}

    def select(self, feature: str) -> InkLines:
        """Return the lines of one feature; how sure the network is of it weakens their pull."""
        mine = self.rows.get(feature, _NO_ROWS)
        lines = self.lines.select(mine)
        return replace(lines, strength=lines.strength * self.probability[mine])


def read_lines(frame: FaceFrame, detection: Detection) -> DrawnLines:
    """Find the lines of the drawing in the frame and label each point by the network's map."""
    lines = find_ink_lines(frame.ink, max_stroke_px=_MAX_STROKE_IOD * frame.iod_px)
    return label_lines(frame, frame.ink, lines, detection)


def read_lines_again(frame: FaceFrame, detection: Detection, before: DrawnLines) -> DrawnLines:
    """Find and label the lines of a drawing that went on; `before` lies in the same frame."""
    most_px = _MAX_STROKE_IOD * frame.iod_px
    lines, ink = lines_after_change(before.lines, before.ink, frame.ink, most_px)
    return label_lines(frame, ink, lines, detection)


def label_lines(
    frame: FaceFrame, ink: NDArray[np.float32], lines: InkLines, detection: Detection
) -> DrawnLines:
    """Label each point of the lines of a frame, found in its `ink`, by the network's map."""
    probability = frame.label_probabilities(detection, lines.points)
    # A point lies on ink, so paper is no answer: compare the other classes among themselves.
    paper = detection.features.index("none")
    probability[:, paper] = 0.0
    total = np.maximum(probability.sum(axis=1, keepdims=True), 1e-6)
    probability = probability / total
    best = probability.argmax(axis=1)
    sure = probability[np.arange(len(best)), best]
    best[sure < _MIN_PROBABILITY] = paper
    rows = {name: np.flatnonzero(best == row) for row, name in enumerate(detection.features)}
    drawn = {name: rows[name] for name in sorted(rows) if len(rows[name])}
    return DrawnLines(ink, lines, drawn, sure)
