"""What the reader says of drawings of faces and of the same faces at rest, as tables."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import DatasetError, SketchError
from .detector import Detector
from .image import sketch_from_grey
from .look import Look
from .neutral import READ, reader_print
from .shards import Sample, read_folder
from .whole_file import whole_file

__all__ = ["Pairs", "data_print", "look_at_pair", "read_pairs"]


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """N faces, each beside itself at rest, as the reader saw both.

    Attributes
    ----------
    identity : (N,) names
    intensity, visible : (N, A) float32, the truth
    face, rest : name of `neutral.READ` → (N, …) float32
    source : hash of the data set and of the reader
    """

    identity: NDArray[np.str_]
    intensity: NDArray[np.float32]
    visible: NDArray[np.float32]
    face: dict[str, NDArray[np.float32]]
    rest: dict[str, NDArray[np.float32]]
    source: str

    def __len__(self) -> int:
        return len(self.intensity)

    def select(self, rows: NDArray[np.intp]) -> Pairs:
        """Return some of them."""
        return Pairs(
            self.identity[rows],
            self.intensity[rows],
            self.visible[rows],
            {name: part[rows] for name, part in self.face.items()},
            {name: part[rows] for name, part in self.rest.items()},
            self.source,
        )

    def save(self, path: Path) -> None:
        """Write them to an .npz file, whole or not at all."""
        sides = (("face", self.face), ("rest", self.rest))
        tables = {f"{side}_{name}": part for side, table in sides for name, part in table.items()}
        plain = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in dict(sides)}
        with whole_file(path) as partial, partial.open("wb") as file:
            np.savez_compressed(file, **tables, **plain)

    @classmethod
    def load(cls, path: Path) -> Pairs:
        """Read what `save` wrote.

        Raises
        ------
        DatasetError
            If the file is no such file.
        """
        try:
            with np.load(path) as file:
                face, rest = (
                    {name: file[f"{side}_{name}"] for name in READ} for side in ("face", "rest")
                )
                return cls(
                    file["identity"],
                    file["intensity"],
                    file["visible"],
                    face,
                    rest,
                    str(file["source"]),
                )
        except (OSError, KeyError, ValueError) as error:
            raise DatasetError(f"{path}: no file of pairs ({error}); remove it") from None


def look_at_pair(detector: Detector, sample: Sample) -> tuple[Look, Look] | None:
    """Return what the reader says of a face and of the same face at rest.

    None where it is no face, is not drawn at rest too, or was not found in one of the drawings.
    """
    at_rest = sample.grey_at_rest()
    if not sample.is_face or at_rest is None:
        return None
    try:
        face = detector.look(sketch_from_grey(sample.grey()))
        return face, detector.look(sketch_from_grey(at_rest))
    except SketchError:
        return None


def read_pairs(
    detector: Detector,
    data: Path,
    limit: int | None = None,
    on_sample: Callable[[int], None] | None = None,
) -> Pairs:
    """Let the detector read a data set that was generated with `--pairs`.

    Raises
    ------
    DatasetError
        If it holds no pairs.
    ModelError
        If the weights cannot be used.
    """
    kept: list[Sample] = []
    looks: list[tuple[Look, Look]] = []
    for number, sample in enumerate(read_folder(Path(data), limit), start=1):
        pair = look_at_pair(detector, sample)
        if pair is not None:
            kept.append(sample.without_pictures())
            looks.append(pair)
        if on_sample is not None:
            on_sample(number)
    if not kept:
        raise DatasetError(
            f"{data}: holds no face that is drawn at rest, too; make a data set with limner "
            "dataset generate --pairs"
        )
    sides = [
        {name: np.stack([look.values[name] for look in side]).astype(np.float32) for name in READ}
        for side in zip(*looks, strict=True)
    ]
    return Pairs(
        identity=np.array([str(sample.meta.get("identity_id")) for sample in kept]),
        intensity=np.stack([sample.intensity for sample in kept]),
        visible=np.stack([sample.visible for sample in kept]),
        face=sides[0],
        rest=sides[1],
        source=data_print(detector, data, limit),
    )


def data_print(detector: Detector, data: Path, limit: int | None = None) -> str:
    """Return a hash of what decides `read_pairs`: data set, limit, reader and how it looks."""
    about = Path(data) / "dataset.json"
    told = about.read_bytes() if about.is_file() else str(data).encode("utf-8")
    digest = hashlib.sha256(told)
    digest.update(f"{limit} {reader_print(detector.reader.meta)} {detector.looks}".encode())
    return digest.hexdigest()
