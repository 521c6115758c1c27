"""What the small nets of `trial.py` see: the middle of the reader's crop, kept in memory."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ..errors import DatasetError, SketchError
from .augment import READER_JITTER, read_batch
from .crop import INPUT_PX
from .cut import cut_square
from .detector import Detector
from .feed import Feed, ShardSource
from .sketch import Sketch
from .spoil import Spoiler
from .whole_file import whole_file

__all__ = ["VIEW_PX", "Views", "found_view", "training_views"]

VIEW_PX = 96
_EDGE = (INPUT_PX - VIEW_PX) // 2
_MIDDLE = slice(_EDGE, _EDGE + VIEW_PX)


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """N views of faces and what they show.

    Attributes
    ----------
    ink : (N, 96, 96) uint8, 255 = ink
    intensity, visible : (N, A) float32
    """

    ink: NDArray[np.uint8]
    intensity: NDArray[np.float32]
    visible: NDArray[np.float32]

    def save(self, path: Path) -> None:
        """Write them to an .npz file, whole or not at all."""
        with whole_file(path) as partial, partial.open("wb") as file:
            np.savez(file, **{field.name: getattr(self, field.name) for field in fields(self)})

    @classmethod
    def load(cls, path: Path) -> Views:
        """Read what `save` wrote.

        Raises
        ------
        DatasetError
            If the file is no such file.
        """
        try:
            with np.load(path) as file:
                return cls(*(file[field.name] for field in fields(cls)))
        except (OSError, KeyError, ValueError) as error:
            raise DatasetError(f"{path}: no file of views ({error}); remove it") from None


def training_views(data: Path, times: int, spoiled: float, seed: int) -> Views:
    """Return every face of a data set `times` over, moved and spoilt as the reader's are.

    Raises
    ------
    DatasetError
        If the data set holds no face.
    """
    torch.manual_seed(seed)
    feed = Feed(ShardSource(data), 0, seed)
    spoiler = Spoiler(spoiled, INPUT_PX, torch.device("cpu"), seed)
    parts = []
    while (chunk := feed.take()) is not None:
        rows = torch.from_numpy(chunk.is_face)
        if not rows.any():
            continue
        faces = {f.name: torch.from_numpy(getattr(chunk, f.name))[rows] for f in fields(chunk)}
        for _ in range(times):
            batch = read_batch(faces, READER_JITTER, spoiler)
            ink = torch.round(255.0 * batch["ink"][:, 0, _MIDDLE, _MIDDLE]).to(torch.uint8)
            parts.append(Views(*(part.numpy() for part in (
                ink, batch["intensity"], batch["visible"],
            ))))  # fmt: skip
    if not parts:
        raise DatasetError(f"{data}: no drawing of a face to learn from; give another data set")
    return Views(
        *(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Views))
    )


def found_view(detector: Detector, sketch: Sketch) -> NDArray[np.uint8] | None:
    """Return the (96, 96) view of the face that a detector finds, None where it finds none."""
    try:
        matrix = detector.look(sketch).matrix
    except SketchError:
        return None
    corner = -matrix[:, 2] / np.diag(matrix[:, :2])
    side = INPUT_PX / matrix[0, 0]
    crop = cut_square(sketch.ink, (float(corner[0]), float(corner[1])), side, INPUT_PX)
    return np.round(255.0 * np.clip(crop, 0.0, 1.0)[_MIDDLE, _MIDDLE]).astype(np.uint8)
