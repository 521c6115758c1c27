"""Box and landmarks of a reading as somebody drags them: what is where, and what was set by hand.

Free of Blender. `Marks` never changes: every drag gives new ones, so that a step back is easy.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ..errors import require_shape
from .hints import LANDMARKS, Box, Hints

__all__ = ["GROUPS", "OUTLINES", "Marks", "corners_of"]

GROUPS: tuple[tuple[int, ...], ...] = (
    tuple(range(17)),  # jaw
    tuple(range(17, 22)), tuple(range(22, 27)),  # brows
    tuple(range(27, 36)),  # nose
    (*range(36, 42), 69), (*range(42, 48), 68),  # eyes, each with its iris
    tuple(range(48, 68)),  # mouth
)  # fmt: skip
"""Landmarks that make one feature, and can be dragged together."""

OUTLINES: tuple[tuple[int, ...], ...] = (
    tuple(range(17)), tuple(range(17, 22)), tuple(range(22, 27)),
    tuple(range(27, 31)), tuple(range(31, 36)),
    (*range(36, 42), 36), (*range(42, 48), 42),
    (*range(48, 60), 48), (*range(60, 68), 60),
)  # fmt: skip
"""Landmarks in a row, as they are joined by lines on the screen."""


def _no_points() -> NDArray[np.float64]:
    return np.zeros((0, 2))


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """Where the face of one drawing is, in pixels of the drawing's file.

    Attributes
    ----------
    drawing : the picture's path as it was given, or the strokes' name; marks hold for that alone
    size_px : (width, height) of the file
    box : (x0, y0, x1, y1) brows to chin, ear to ear
    points : (70, 2) landmarks; (0, 2) where no face was found
    is_box_set : whether somebody has set the box
    set_points : numbers of the landmarks that somebody has set
    """

    drawing: str
    size_px: tuple[int, int]
    box: Box
    points: NDArray[np.float64] = field(default_factory=_no_points)
    is_box_set: bool = False
    set_points: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        rows = LANDMARKS if len(self.points) else 0
        require_shape("points", self.points, (rows, 2), f"Give {LANDMARKS} landmarks, or none.")

    @property
    def is_set(self) -> bool:
        """True where anything was set by hand."""
        return self.is_box_set or bool(self.set_points)

    def hints(self) -> Hints:
        """Return what was set by hand, as the pipeline takes it."""
        places = {row: (float(x), float(y)) for row, (x, y) in enumerate(self.points)}
        return Hints(
            self.box if self.is_box_set else None,
            {row: places[row] for row in sorted(self.set_points)},
        )

    def read_anew(self, box: Box, points: NDArray[np.float64]) -> Marks:
        """Return the marks after another reading; what was set by hand stays."""
        points = np.array(points, dtype=np.float64)
        kept = sorted(self.set_points)
        points[kept] = self.points[kept]
        return replace(self, box=self.box if self.is_box_set else box, points=points)

    def let_go(self) -> Marks:
        """Return the marks with nothing set by hand."""
        return replace(self, is_box_set=False, set_points=frozenset())

    def let_go_of(self, number: int) -> Marks:
        """Return the marks with one landmark no longer set by hand; the next reading moves it."""
        return replace(self, set_points=self.set_points - {number})

    def with_point(self, number: int, place: NDArray[np.float64]) -> Marks:
        """Return the marks with a landmark somewhere else, set by hand."""
        points = self.points.copy()
        points[number] = np.clip(place, 0.0, self.size_px)
        return replace(self, points=points, set_points=self.set_points | {number})

    def with_group(self, number: int, way: NDArray[np.float64]) -> Marks:
        """Return the marks with all landmarks of one's feature moved, set by hand."""
        rows = next(rows for rows in GROUPS if number in rows)
        points = self.points.copy()
        points[list(rows)] = np.clip(points[list(rows)] + way, 0.0, self.size_px)
        return replace(self, points=points, set_points=self.set_points | set(rows))

    def with_corner(self, corner: int, place: NDArray[np.float64]) -> Marks:
        """Return the marks with a corner of the box elsewhere; the one across from it stays.

        Parameters
        ----------
        corner : row of `corners_of`
        """
        across = corners_of(self.box)[(corner + 2) % 4]
        place = np.clip(place, 0.0, self.size_px)
        x0, y0 = np.minimum(place, across)
        x1, y1 = np.maximum(place, across)
        return replace(self, box=(float(x0), float(y0), float(x1), float(y1)), is_box_set=True)

    def with_box_moved(self, way: NDArray[np.float64]) -> Marks:
        """Return the marks with the whole box moved, as far as the drawing goes."""
        low, high = np.array(self.box[:2]), np.array(self.box[2:])
        way = np.clip(way, -low, np.maximum(np.array(self.size_px) - high, -low))
        x0, y0, x1, y1 = map(float, (*(low + way), *(high + way)))
        return replace(self, box=(x0, y0, x1, y1), is_box_set=True)

    def to_json(self) -> str:
        """Return the marks as text, to travel in a .blend."""
        return json.dumps(
            {
                "drawing": self.drawing,
                "size_px": self.size_px,
                "box": [round(edge, 2) for edge in self.box],
                "points": self.points.round(2).tolist(),
                "is_box_set": self.is_box_set,
                "set_points": sorted(self.set_points),
            },
            separators=(",", ":"),
        )

    @classmethod
    def from_json(cls, text: str) -> Marks:
        """Read what `to_json` wrote.

        Raises
        ------
        ValueError
            If it is something else.
        """
        try:
            values = json.loads(text)
            x0, y0, x1, y1 = map(float, values["box"])
            width, height = map(int, values["size_px"])
            return cls(
                str(values["drawing"]),
                (width, height),
                (x0, y0, x1, y1),
                np.array(values["points"], dtype=np.float64).reshape(-1, 2),
                bool(values["is_box_set"]),
                frozenset(map(int, values["set_points"])),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"no marks: {error}") from error


def corners_of(box: Box) -> NDArray[np.float64]:
    """Return the corners of a box, (4, 2), around it from the upper left one."""
    x0, y0, x1, y1 = box
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
