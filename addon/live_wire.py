"""What Blender and the process that fits for it say to each other while somebody draws.

A message is eight bytes of length and then an npz of plain arrays, readable without pickle. Jobs
go there as strokes, which are small; answers come back as the head that a scene shows.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from .head_scene import HeadScene, load_head_scene, save_head_scene
from .hints import Box, Hints
from .strokes import Stroke

__all__ = ["Answer", "Job", "Reading", "receive", "send"]

_LENGTH = struct.Struct("<Q")


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """A drawing as it is after a stroke.

    Attributes
    ----------
    number : counts up; a later drawing takes the place of all earlier ones
    strokes, size_px : see `strokes.sketch_from_strokes`
    pins : AU label → intensity that somebody has set by hand
    hints : box and landmarks that somebody has set by hand
    """

    number: int
    strokes: tuple[Stroke, ...]
    size_px: tuple[int, int]
    pins: Mapping[str, float] = field(default_factory=dict)
    hints: Hints = field(default_factory=Hints)

    def pack(self) -> bytes:
        """Return the job as bytes."""
        empty = np.zeros((0, 4))
        rows = [np.column_stack([s.points, s.radius, s.opacity]) for s in self.strokes]
        return _npz(
            number=np.int64(self.number),
            size_px=np.array(self.size_px),
            rows=np.concatenate([empty, *rows]),
            counts=np.array([len(row) for row in rows], dtype=np.int64),
            closed=np.array([stroke.is_closed for stroke in self.strokes], dtype=bool),
            pinned=np.array(list(self.pins), dtype=str),
            set_to=np.array(list(self.pins.values()), dtype=np.float64),
            face_box=np.array(self.hints.face_box or (), dtype=np.float64),
            landmarks=np.array(list(self.hints.landmarks), dtype=np.int64),
            places=np.array(list(self.hints.landmarks.values()), dtype=np.float64),
        )

    @classmethod
    def unpack(cls, data: bytes) -> Job:
        """Read what `pack` wrote."""
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            width, height = map(int, arrays["size_px"])
            parts = np.split(arrays["rows"], np.cumsum(arrays["counts"])[:-1])
            strokes = tuple(
                Stroke(part[:, :2], part[:, 2], part[:, 3], bool(is_closed))
                for part, is_closed in zip(parts, arrays["closed"], strict=False)
            )
            labels = map(str, arrays["pinned"])
            pins = dict(zip(labels, arrays["set_to"].tolist(), strict=True))
            box = tuple(arrays["face_box"].tolist()) or None
            places = map(tuple, arrays["places"].tolist())
            hints = Hints(box, dict(zip(arrays["landmarks"].tolist(), places, strict=True)))
            return cls(int(arrays["number"]), strokes, (width, height), pins, hints)


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What the panel shows of a `Detection`, without what only a fit needs of it; see there."""

    au_labels: tuple[str, ...]
    probability: NDArray[np.float64]
    intensity: NDArray[np.float64]
    uncertainty: NDArray[np.float64]
    visible: NDArray[np.float64]
    present: NDArray[np.bool_]
    face_box: Box
    landmarks: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What came of a job.

    Attributes
    ----------
    number : of the job
    message : why there is no head, one line; else empty
    reading, scene : the Action Units and the head, or None
    elapsed_s : from the job's arrival to the answer, seconds
    is_preview : True for a fit that only goes on from the one before; another answer to the same
        job, fitted in full, follows
    """

    number: int
    message: str = ""
    reading: Reading | None = None
    scene: HeadScene | None = None
    elapsed_s: float = 0.0
    is_preview: bool = False

    def pack(self) -> bytes:
        """Return the answer as bytes."""
        head = io.BytesIO()
        if self.scene is not None:
            save_head_scene(self.scene, head)
        values = {}
        if self.reading is not None:
            values = {name: getattr(self.reading, name) for name in Reading.__slots__}
        return _npz(
            number=np.int64(self.number),
            message=np.array(self.message),
            elapsed_s=np.float64(self.elapsed_s),
            is_preview=np.bool_(self.is_preview),
            scene=np.frombuffer(head.getvalue(), dtype=np.uint8),
            **values,
        )

    @classmethod
    def unpack(cls, data: bytes) -> Answer:
        """Read what `pack` wrote."""
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            head, reading = arrays["scene"].tobytes(), None
            if "au_labels" in arrays:
                labels = tuple(map(str, arrays["au_labels"]))
                rest = {name: arrays[name] for name in Reading.__slots__ if name != "au_labels"}
                reading = Reading(labels, **rest)
            return cls(
                int(arrays["number"]),
                str(arrays["message"]),
                reading,
                load_head_scene(io.BytesIO(head)) if head else None,
                float(arrays["elapsed_s"]),
                bool(arrays["is_preview"]),
            )


def send(stream: IO[bytes], data: bytes) -> None:
    """Write one message; waits until the other side has room for it."""
    stream.write(_LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes | None:
    """Wait for one message; None when the other side has gone, in the middle of one or not."""
    length = stream.read(_LENGTH.size)
    if len(length) < _LENGTH.size:
        return None
    (count,) = _LENGTH.unpack(length)
    data = stream.read(count)
    return data if len(data) == count else None


def _npz(**arrays: Any) -> bytes:
    """Return arrays as the bytes of an npz file."""
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()
