"""Reading data sets of drawings: WebDataset shards, kept in memory as compressed pictures."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..errors import DatasetError
from .labels import AU_LABELS, label_of
from .line_points import LINE_POINTS, LINES, points_along

__all__ = ["Sample", "read_folder", "read_shard", "sample_of"]


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One labelled drawing.

    Attributes
    ----------
    key : name in the data set
    picture, labels : the drawing and its label image, PNG bytes or (H, W) uint8
    is_face : False for a drawing of something else
    intensity, visible : (A,) float32 in [0, 1], in the order of `labels.AU_LABELS`
    landmarks : (70, 2) float32, pixels
    lines : (L, 2) float32, pixels: the points of `line_points.LINES`
    pose : (3,) float32, rotation vector, radians
    meta : what else the data set says (rig, style, identity, clip)
    neutral : the same face at rest, like `picture`; None in a data set without pairs
    """

    key: str
    picture: bytes | NDArray[np.uint8]
    labels: bytes | NDArray[np.uint8]
    is_face: bool
    intensity: NDArray[np.float32]
    visible: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    lines: NDArray[np.float32]
    pose: NDArray[np.float32]
    meta: dict[str, object]
    neutral: bytes | NDArray[np.uint8] | None = None

    def without_pictures(self) -> Sample:
        """Return the sample's labels alone, to save memory."""
        return replace(self, picture=b"", labels=b"", neutral=None)

    def png(self) -> bytes:
        """Return the drawing as a PNG file's bytes."""
        if isinstance(self.picture, bytes):
            return self.picture
        file = io.BytesIO()
        Image.fromarray(self.picture).save(file, "PNG")
        return file.getvalue()

    def grey(self) -> NDArray[np.uint8]:
        """Return the drawing (H, W), 0 = black."""
        return _decoded(self.picture)

    def grey_at_rest(self) -> NDArray[np.uint8] | None:
        """Return the drawing of the same face at rest (H, W), 0 = black; None without pairs."""
        return None if self.neutral is None else _decoded(self.neutral)

    def features(self) -> NDArray[np.uint8]:
        """Return the label image (H, W), index into `labels.FEATURES`."""
        return _decoded(self.labels)


def _decoded(image: bytes | NDArray[np.uint8]) -> NDArray[np.uint8]:
    if isinstance(image, bytes):
        return np.asarray(Image.open(io.BytesIO(image)).convert("L"))
    return image


def read_shard(path: Path) -> Iterator[Sample]:
    """Read the samples of one .tar shard.

    Raises
    ------
    DatasetError
        If the shard is damaged or a sample incomplete.
    """
    files: dict[str, dict[str, bytes]] = {}
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                key, _, kind = member.name.partition(".")
                content = archive.extractfile(member)
                if content is not None:
                    files.setdefault(key, {})[kind] = content.read()
    except (OSError, tarfile.TarError) as error:
        raise DatasetError(f"{path}: damaged shard ({error}); make the data set again") from None
    for key, parts in files.items():
        try:
            label = json.loads(parts["json"])
            sample = sample_of(key, parts["png"], parts["labels.png"], label)
            yield replace(sample, neutral=parts.get("neutral.png"))
        except (KeyError, ValueError) as error:
            raise DatasetError(f"{path}: sample {key} is incomplete ({error!r})") from None


def sample_of(
    key: str,
    picture: bytes | NDArray[np.uint8],
    labels: bytes | NDArray[np.uint8],
    label: dict[str, Any],
) -> Sample:
    """Return a sample from its pictures and from what its JSON says.

    Raises
    ------
    KeyError, ValueError
        If the JSON says too little.
    """
    intensity, visible = np.zeros(len(AU_LABELS), "f4"), np.zeros(len(AU_LABELS), "f4")
    is_face = bool(label.get("is_face", True))
    rows = {name: row for row, name in enumerate(AU_LABELS)}
    for au in label["aus"]:
        row = rows[label_of(au)]
        intensity[row], visible[row] = au["intensity"], float(au["visible"])
    landmarks = np.array(label["landmarks"] if is_face else np.zeros((70, 2)), dtype=np.float32)
    lines = np.zeros((len(LINES) * LINE_POINTS, 2), "f4")
    if is_face:
        lines = points_along(label["curves"])
    pose = np.array(label["pose"] if is_face else np.zeros(3), dtype=np.float32)
    meta = {name: label.get(name) for name in ("rig", "style", "identity_id", "seed", "clip")}
    return Sample(key, picture, labels, is_face, intensity, visible, landmarks, lines, pose, meta)


def read_folder(folder: Path, limit: int | None = None) -> list[Sample]:
    """Read all shards of a folder, in order.

    Raises
    ------
    DatasetError
        If the folder holds no shard.
    """
    shards = sorted(Path(folder).glob("*.tar"))
    if not shards:
        raise DatasetError(
            f"{folder}: no .tar shards; make a data set with limner dataset generate"
        )
    samples: list[Sample] = []
    for shard in shards:
        samples.extend(read_shard(shard))
        if limit is not None and len(samples) >= limit:
            return samples[:limit]
    return samples
