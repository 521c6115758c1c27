"""The marks of the last reading as a scene keeps them: box, landmarks, what was set by hand.

`limner` is the scene's property group, see `properties.LimnerScene`.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import numpy as np

from .hints import Hints
from .marks import Marks

__all__ = ["drawing_name", "hints_of", "keep_reading", "marks_of"]


def drawing_name(limner: Any) -> str:
    """Return what tells the chosen drawing from others."""
    if limner.source == "PENCIL":
        return f"strokes of {limner.pencil.name}" if limner.pencil is not None else ""
    return limner.sketch_path


def marks_of(limner: Any) -> Marks | None:
    """Return the marks of the chosen drawing; None if it was not read, or another one was."""
    try:
        marks = Marks.from_json(limner.marks)
    except ValueError:  # nothing was read yet
        return None
    return marks if marks.drawing == drawing_name(limner) else None


def hints_of(limner: Any) -> Hints:
    """Return what somebody has set by hand for the chosen drawing."""
    marks = marks_of(limner)
    return marks.hints() if marks is not None else Hints()


def keep_reading(limner: Any, detection: Any, size_px: tuple[int, int], scale: float) -> None:
    """Keep where the face of a reading is; what was set by hand stays.

    Parameters
    ----------
    detection : what has `face_box` and `landmarks`, in working pixels
    size_px : (width, height) of the drawing's file
    scale : working pixels per pixel of the file
    """
    x0, y0, x1, y1 = (float(edge) / scale for edge in detection.face_box)
    points = np.asarray(detection.landmarks, dtype=np.float64) / scale
    marks = marks_of(limner)
    if marks is None or marks.size_px != size_px:
        marks = Marks(drawing_name(limner), size_px, (x0, y0, x1, y1), points)
    else:
        marks = marks.read_anew((x0, y0, x1, y1), points)
    limner.marks = marks.to_json()
