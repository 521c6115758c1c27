"""Films of drawings: an ordered folder of pictures, or an animated GIF, PNG or WebP."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from ..errors import SketchError
from .image import PICTURE_SUFFIXES, decode_picture, read_sketch, sketch_from_grey
from .sketch import Sketch

__all__ = ["Film", "open_film"]

_UNTIMED_MS = 100.0
"""What a frame without a duration lasts, as in browsers."""


@dataclass(frozen=True, slots=True, eq=False)
class Film:
    """An ordered run of drawings, decoded one at a time.

    Attributes
    ----------
    path : folder or animated file
    names : what each frame is called: its file's name, or its number from 1 on
    times_s : (T,) float64, when each frame begins, from 0.0 on
    """

    path: Path
    names: tuple[str, ...]
    times_s: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.names)

    def frames(self) -> Iterator[Sketch | SketchError]:
        """Yield every frame in order; a frame that is no drawing yields what is wrong with it."""
        for sketch in self._pictures():
            try:
                yield sketch()
            except SketchError as error:
                yield error

    def _pictures(self) -> Iterator:
        if self.path.is_dir():
            for name in self.names:
                yield lambda name=name: read_sketch(self.path / name)
            return
        with Image.open(self.path) as picture:
            first = _first_frame(picture)
            for number in range(len(self)):
                yield lambda number=number: _frame(picture, first + number)


def open_film(path: str | Path, rate: float = 12.0) -> Film:
    """Look what frames a film has and when; decode none of a folder's.

    Parameters
    ----------
    path : folder of pictures, taken in the order of the numbers in their names, or animated file
    rate : frames a second of a folder; an animated file has times of its own

    Raises
    ------
    SketchError
        If it is neither.
    """
    path = Path(path)
    if path.is_dir():
        files = (file for file in path.iterdir() if file.suffix.lower() in PICTURE_SUFFIXES)
        names = sorted((file.name for file in files if not file.name.startswith(".")), key=_order)
        if not names:
            raise SketchError("no pictures in this folder; give the folder with the frames")
        return Film(path, tuple(names), np.arange(len(names)) / rate)
    try:
        with Image.open(path) as picture:
            durations = [
                _duration_ms(picture, number)
                for number in range(_first_frame(picture), getattr(picture, "n_frames", 1))
            ]
    except FileNotFoundError:
        raise SketchError("no such file or folder; check the name") from None
    except UnidentifiedImageError:
        raise SketchError(
            "not an animated picture that limner can read; give a GIF, PNG or WebP, or a folder"
        ) from None
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        reason = str(error).splitlines()[0] if str(error) else "it ends too early"
        raise SketchError(f"damaged picture ({reason}); save or copy it again") from None
    times = np.concatenate([[0.0], np.cumsum(durations)[:-1]]) / 1000.0
    return Film(path, tuple(str(number + 1) for number in range(len(durations))), times)


def _order(name: str) -> tuple:
    """Return what sorts frame2 before frame10."""
    parts = re.split(r"(\d+)", name.casefold())
    return tuple((int(part), "") if part.isdigit() else (0, part) for part in parts), name


def _first_frame(picture: Image.Image) -> int:
    """Return 1 for an APNG whose first picture is for programs that cannot show films, else 0."""
    return int(bool(picture.info.get("default_image")) and getattr(picture, "n_frames", 1) > 1)


def _duration_ms(picture: Image.Image, number: int) -> float:
    picture.seek(number)
    picture.load()  # a WebP tells its duration no earlier
    told = float(picture.info.get("duration", 0.0))
    return told if told > 0.0 else _UNTIMED_MS


def _frame(picture: Image.Image, number: int) -> Sketch:
    try:
        picture.seek(number)
        picture.load()
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise SketchError(f"damaged frame ({error}); save or copy the file again") from None
    grey, scale = decode_picture(picture)
    return sketch_from_grey(grey, scale=scale, original_size=picture.size)
