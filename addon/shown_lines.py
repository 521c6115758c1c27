"""What the 3D view shows of a fit: the head's lines, the drawn ones, and the gap between them."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
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
    marks = [
        _marks(points, np.concatenate(lines[key]), _LEAST_MARK_IOD * fit.iod_px)
        for key, points in fit.drawn.items()
        if key in lines
    ]
    drawn = [_thin(points, _DRAWN_EVERY_PX) for points in fit.drawn.values()]
    return ShownLines(
        (width, height),
        np.concatenate([np.zeros((0, 4)), *pieces]).astype(np.float32),
        np.concatenate([np.zeros((0, 2)), *drawn]).astype(np.float32),
        np.concatenate([np.zeros((0, 4)), *marks]).astype(np.float32),
    )


def _pieces(curve: FeatureCurve) -> list[NDArray[np.float64]]:
    """Return the visible stretches of a curve, each as (S, 4) straight pieces."""
    stretches = [curve.points[rows] for rows in visible_pieces(curve)]
    return [np.hstack([points[:-1], points[1:]]) for points in stretches]


def _marks(
    drawn: NDArray[np.float64], line: NDArray[np.float64], least_px: float
) -> NDArray[np.float64]:
    """Return (M, 4): the ways from drawn points to the line, where they are long enough to see."""
    from scipy.spatial import cKDTree

    drawn = _thin(drawn, _MARK_EVERY_PX)
    distance, nearest = cKDTree(line).query(drawn)
    apart = distance > least_px
    return np.hstack([drawn[apart], line[nearest[apart]]])


def _thin(points: NDArray[np.float64], every_px: float) -> NDArray[np.float64]:
    """Return one point for every square of the page that holds some."""
    column, row = np.floor(points / every_px).T
    _, first = np.unique(column + 1j * row, return_index=True)  # one number sorts faster than two
    return points[np.sort(first)]
