"""What the 3D view shows of a fit: the head's lines, the drawn ones, and the gap between them."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import require_shape
from ..rig.contours import FeatureCurve, visible_pieces
from .fit import Fit

__all__ = ["ShownLines", "shown_lines"]

_DRAWN_EVERY_PX = 2.0
_MARK_EVERY_PX = 9.0
_LEAST_MARK_IOD = 0.012
_FAR_PX = 1e6
_MOST_SQUARES = 1e6
_PRECISION = 10.0
"""Places are kept to a tenth of a pixel."""


@dataclass(frozen=True, slots=True, eq=False)
class ShownLines:
    """Lines on the page, ready to be drawn.

    Attributes
    ----------
    size_px : (width, height) of the page
    head : (S, 4) float32, pixels
        The head's visible lines as straight pieces: x and y of start and end.
    drawn : (N, 2) float32, pixels
        Points on the drawn lines that were read as lines of the face.
    marks : (M, 4) float32, pixels
        Where the two are still apart: from a drawn point to the head's line that it belongs to.
    """

    size_px: tuple[int, int]
    head: NDArray[np.float32]
    drawn: NDArray[np.float32]
    marks: NDArray[np.float32]

    def __post_init__(self) -> None:
        require_shape("head", self.head, ("S", 4), "Give start and end a row.")
        require_shape("drawn", self.drawn, ("N", 2), "Give one (x, y) pixel a row.")
        require_shape("marks", self.marks, ("M", 4), "Give start and end a row.")

    def to_json(self) -> str:
        """Return the lines as text, to travel in a .blend."""
        parts = {name: getattr(self, name) for name in ("head", "drawn", "marks")}
        whole = {
            key: np.rint(_PRECISION * v).astype(int).ravel().tolist() for key, v in parts.items()
        }
        return json.dumps({"size_px": self.size_px, **whole}, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> ShownLines:
        """Read what `to_json` wrote.

        Raises
        ------
        ValueError
            If it is something else.
        """
        values = json.loads(text)
        width, height = map(int, values["size_px"])
        head, drawn, marks = (
            np.array(values[name], dtype=np.float32).reshape(-1, columns) / np.float32(_PRECISION)
            for name, columns in (("head", 4), ("drawn", 2), ("marks", 4))
        )
        return cls((width, height), head, drawn, marks)


def shown_lines(fit: Fit) -> ShownLines:
    """Return the lines of a fit: the head's last ones, the drawn ones, and the gap."""
    from .gap import densify, feature_key

    height, width = fit.sketch.ink.shape
    pieces = [piece for curve in fit.final for piece in _pieces(curve)]
    lines: dict[str, list[NDArray[np.float64]]] = {}
    for curve, dense in zip(fit.final, densify(fit.final), strict=True):
        if len(dense):
            lines.setdefault(feature_key(curve.name), []).append(dense)
    features = {name: number for number, name in enumerate(fit.drawn)}
    drawn, feature = _joined({features[name]: [points] for name, points in fit.drawn.items()})
    there = {features[name]: dense for name, dense in lines.items() if name in features}
    marks = _marks(drawn, feature, *_joined(there), _LEAST_MARK_IOD * fit.iod_px)
    return ShownLines(
        (width, height),
        np.concatenate([np.zeros((0, 4)), *pieces]).astype(np.float32),
        drawn[_thin(drawn, feature, _DRAWN_EVERY_PX)].astype(np.float32),
        marks.astype(np.float32),
    )


def _joined(
    points: Mapping[int, Sequence[NDArray[np.float64]]],
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return all points, (N, 2), and the number of the feature of each, (N,)."""
    parts = [part for those in points.values() for part in those]
    number = [each for each, those in points.items() for _ in those]
    owner = np.repeat(np.array(number, dtype=np.intp), [len(part) for part in parts])
    return np.concatenate([np.zeros((0, 2)), *parts]), owner


def _pieces(curve: FeatureCurve) -> list[NDArray[np.float64]]:
    """Return the visible stretches of a curve, each as (S, 4) straight pieces."""
    stretches = [curve.points[rows] for rows in visible_pieces(curve)]
    return [np.hstack([points[:-1], points[1:]]) for points in stretches]


def _marks(
    drawn: NDArray[np.float64],
    feature: NDArray[np.intp],
    line: NDArray[np.float64],
    line_feature: NDArray[np.intp],
    least_px: float,
) -> NDArray[np.float64]:
    """Return (M, 4): the ways from drawn points to the line, where they are long enough to see."""
    from scipy.spatial import cKDTree

    with_line = np.flatnonzero(np.isin(feature, line_feature))
    chosen = with_line[_thin(drawn[with_line], feature[with_line], _MARK_EVERY_PX)]
    if len(chosen) == 0:
        return np.zeros((0, 4))
    # one tree for all: features lie farther apart in a third direction than any page is wide
    heights = _FAR_PX * feature[chosen], _FAR_PX * line_feature
    places, tree = np.column_stack([drawn[chosen], heights[0]]), np.column_stack([line, heights[1]])
    distance, nearest = cKDTree(tree).query(places)
    apart = distance > least_px
    return np.hstack([drawn[chosen][apart], line[nearest[apart]]])


def _thin(
    points: NDArray[np.float64], feature: NDArray[np.intp], every_px: float
) -> NDArray[np.intp]:
    """Return the numbers of one point of each feature for every square of the page with some."""
    column, row = np.floor(points / every_px).T
    place = (column + _MOST_SQUARES * row) + 1j * feature  # one number sorts faster than three
    _, first = np.unique(place, return_index=True)
    return np.sort(first)
