"""Reads a folder of drawings by real hands: their ink, and where the face is in each."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import LimnerError, SketchError
from ..sketch_cnn.detector import Detector
from ..sketch_cnn.image import read_sketch

__all__ = ["RealDrawing", "read_drawings"]

_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif")


@dataclass(frozen=True, slots=True, eq=False)
class RealDrawing:
    """One drawing.

    Attributes
    ----------
    name : of its file
    group : its style, as the folder's table says; empty where there is none
    ink : (H, W) in [0, 1], 1 = ink
    grey : (H, W) uint8, for showing
    box : (x0, y0, x1, y1) pixels of `ink`, from hairline to chin
    """

    name: str
    group: str
    ink: NDArray[np.float32]
    grey: NDArray[np.uint8]
    box: tuple[float, float, float, float]


def read_drawings(
    folder: Path,
    forehead: float,
    on_skipped: Callable[[str, str], None],
    detector: Detector | None = None,
) -> list[RealDrawing]:
    """Read all drawings of a folder.

    A table beside them (`*.csv` with columns `file` and `face_box` "x0,y0,x1,y1" in pixels of the
    file, perhaps `style`) says where the faces are; where it says nothing, they are detected.

    Parameters
    ----------
    forehead : how far the hairline lies above a detected face's box, of the box's height
    on_skipped : called with (file, why) for each that cannot be used
    detector : finds faces that no table tells of; by default with the weights of limner

    Raises
    ------
    SketchError
        If there is no such folder, or no drawing in it can be used.
    """
    if not folder.is_dir():
        raise SketchError(f"{folder}: no such folder. Give a folder of drawings.")
    table = _table(folder)
    drawings = []
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in _PICTURES:
            continue
        entry = table.get(path.name, {})
        try:
            sketch = read_sketch(path)
            if entry.get("face_box"):
                x0, y0, x1, y1 = (
                    float(edge) * sketch.scale for edge in entry["face_box"].split(",")
                )
            else:
                detector = detector or Detector()
                x0, y0, x1, y1 = detector.detect(sketch).face_box
                y0 -= forehead * (y1 - y0)
        except (LimnerError, ValueError) as error:
            on_skipped(path.name, str(error))
            continue
        if x1 <= x0 or y1 <= y0:
            on_skipped(path.name, f"its face box {entry.get('face_box')} is empty")
            continue
        group = entry.get("style") or ""
        drawings.append(RealDrawing(path.stem, group, sketch.ink, sketch.grey, (x0, y0, x1, y1)))
    if not drawings:
        raise SketchError(f"{folder}: holds no drawing of a face that can be used. Give another.")
    return drawings


def _table(folder: Path) -> dict[str, dict[str, str]]:
    """Return what the tables of a folder say of each file."""
    entries: dict[str, dict[str, str]] = {}
    for path in sorted(folder.glob("*.csv")):
        try:
            with path.open(newline="", encoding="utf-8") as file:
                rows = list(csv.DictReader(file))
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise SketchError(f"{path}: cannot be read ({error}). Mend the table.") from None
        entries |= {row["file"]: row for row in rows if row.get("file")}
    return entries
