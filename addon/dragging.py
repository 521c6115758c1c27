"""What a person does with the marks of a reading: take, drag, let go, take a drag back, zoom.

Free of Blender: the button in `correct.py` hands over what mouse and keys do.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import SketchError
from ..sketch_cnn.detection import Detection
from ..sketch_cnn.sketch import Sketch
from .hints import Hints
from .marks import Marks, corners_of
from .sheet_view import Grip, SheetView, grip_at

__all__ = ["Correction", "Dragging"]

_ZOOM_STEP = 1.2
_FIRST_BOX = np.array([0.25, 0.15, 0.75, 0.85])
"""Where no face was found: the box to start with, in widths and heights of the drawing."""


@dataclass(slots=True, eq=False)
class Correction:
    """The marks of one drawing as they are being corrected, and what is read with them.

    Attributes
    ----------
    sketch : the drawing
    detect : reads it, see `Session.detect`
    marks : as they are now
    detection : what was read with them; None where they were moved since
    """

    sketch: Sketch
    detect: Callable[[Sketch, Hints], Detection]
    marks: Marks
    detection: Detection | None = None

    @classmethod
    def begin(
        cls, sketch: Sketch, detect: Callable[[Sketch, Hints], Detection], name: str,
        marks: Marks | None,
    ) -> Correction:  # fmt: skip
        """Start from the marks there are, from a reading, or from a box where no face is found."""
        size = sketch.original_size
        if marks is not None and marks.size_px == size:
            return cls(sketch, detect, marks)
        x0, y0, x1, y1 = map(float, _FIRST_BOX * np.tile(size, 2))
        begun = cls(sketch, detect, Marks(name, size, (x0, y0, x1, y1)))
        with suppress(SketchError):  # no face: the box will say where it is
            begun.read()
        return begun

    def move(self, marks: Marks) -> None:
        """Take marks as somebody has set them; what was read no longer counts."""
        self.marks, self.detection = marks, None

    def read(self) -> Detection:
        """Read the face where the marks have it; what nobody has set goes where it is found."""
        if self.detection is None:
            scale = self.sketch.scale
            found = self.detection = self.detect(self.sketch, self.marks.hints())
            x0, y0, x1, y1 = (edge / scale for edge in found.face_box)
            self.marks = self.marks.read_anew((x0, y0, x1, y1), found.landmarks / scale)
        return self.detection


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """What the mouse holds: since where (region pixels), and the marks as they were."""

    grip: Grip
    start: NDArray[np.float64]
    before: Marks
    is_whole: bool

    def dragged(self, view: SheetView, at: NDArray[np.float64]) -> Marks:
        """Return the marks with the mouse somewhere else."""
        way = view.to_sheet(at) - view.to_sheet(self.start)
        number, before = self.grip.number, self.before
        if self.grip.kind == "CORNER":
            return before.with_corner(number, corners_of(before.box)[number] + way)
        if self.grip.kind == "BOX":
            return before.with_box_moved(way)
        if self.is_whole:
            return before.with_group(number, way)
        return before.with_point(number, before.points[number] + way)


class Dragging:
    """A mouse over a drawing.

    Parameters
    ----------
    correction : what is corrected
    view : how the region shows the drawing
    scale : of the user interface
    """

    def __init__(self, correction: Correction, view: SheetView, scale: float) -> None:
        self.correction, self.view, self.scale = correction, view, scale
        self.under: Grip | None = None
        self._held: _Held | None = None
        self._shifting: NDArray[np.float64] | None = None
        self._past: list[tuple[Marks, Detection | None]] = []

    @property
    def marks(self) -> Marks:
        """The marks as they are now."""
        return self.correction.marks

    def move(self, at: NDArray[np.float64]) -> None:
        """The mouse goes to `at`, (2,) pixels of the region."""
        if self._held is not None:
            self.correction.move(self._held.dragged(self.view, at))
        elif self._shifting is not None:
            self.view, self._shifting = self.view.shifted(at - self._shifting), at
        else:
            self.under = grip_at(self.marks, self.view, at, self.scale)

    def press(self, at: NDArray[np.float64], is_whole: bool, lets_go: bool) -> None:
        """Take what lies under the mouse, all of a feature or one point of it; or let go of it."""
        self.under = grip_at(self.marks, self.view, at, self.scale)
        if self.under is None:
            return
        self._past.append((self.marks, self.correction.detection))
        if not lets_go:
            self._held = _Held(self.under, at, self.marks, is_whole)
        elif self.under.kind == "POINT":
            self.correction.move(self.marks.let_go_of(self.under.number))
            self.correction.read()

    def release(self) -> None:
        """Put it down; where the box was dragged, the face is read in it at once.

        Raises
        ------
        LimnerError
            If the box holds no face, or is none; then all is as it was before.
        """
        held, self._held = self._held, None
        if held is None or held.grip.kind == "POINT" or self.marks is held.before:
            return
        try:
            self.correction.read()
        except Exception:
            self.step_back()
            raise

    def step_back(self) -> None:
        """Take the last drag back, if there was one."""
        self._held = None
        if self._past:
            self.correction.marks, self.correction.detection = self._past.pop()

    def shift(self, at: NDArray[np.float64] | None) -> None:
        """Start to move the sheet along with the mouse; None ends it."""
        self._shifting = at

    def zoom(self, at: NDArray[np.float64], is_nearer: bool) -> None:
        """Show the drawing larger or smaller, about the mouse."""
        self.view = self.view.zoomed(_ZOOM_STEP if is_nearer else 1.0 / _ZOOM_STEP, at)

    def show_all(self) -> None:
        """Show the whole sheet."""
        self.view = SheetView.whole(self.view.region_px, self.marks.size_px)
