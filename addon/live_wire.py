"""What Blender and the process that fits for it say to each other while somebody draws.

A message is eight bytes of length and then plain arrays: four bytes of length, as many of JSON that
name them with their kinds and shapes, and their values as they lie in memory. An npz would add up a
checksum of every head four times on its way, half of that while Blender's window waits. Jobs go
there as strokes, which are small; answers come back as the head that a scene shows.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from .head_scene import HeadScene, scene_arrays, scene_of
from .hints import Box, Hints
from .strokes import Stroke

__all__ = ["Answer", "Job", "Reading", "receive", "send"]

_LENGTH, _NAMES = struct.Struct("<Q"), struct.Struct("<I")
_ALIGNED = 16
_SCENE = "scene."


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
        return _packed(
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
        arrays = _unpacked(data)
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
        values: dict[str, Any] = {}
        if self.reading is not None:
            values = {name: getattr(self.reading, name) for name in Reading.__slots__}
        if self.scene is not None:
            arrays = scene_arrays(self.scene)
            values |= {f"{_SCENE}{name}": array for name, array in arrays.items()}
        return _packed(
            number=self.number,
            message=self.message,
            elapsed_s=self.elapsed_s,
            is_preview=self.is_preview,
            **values,
        )

    @classmethod
    def unpack(cls, data: bytes) -> Answer:
        """Read what `pack` wrote; arrays are those of `data`, not to be written to."""
        arrays, reading = _unpacked(data), None
        if "au_labels" in arrays:
            labels = tuple(map(str, arrays["au_labels"]))
            rest: dict[str, Any] = {
                name: arrays[name] for name in Reading.__slots__ if name != "au_labels"
            }
            reading = Reading(labels, **rest)
        head = {
            name.removeprefix(_SCENE): array
            for name, array in arrays.items()
            if name.startswith(_SCENE)
        }
        return cls(
            int(arrays["number"]),
            str(arrays["message"]),
            reading,
            scene_of(head) if head else None,
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


def _packed(**values: Any) -> bytes:
    """Return arrays, and what can be made into some, as bytes."""
    arrays = {name: np.ascontiguousarray(value) for name, value in values.items()}
    named = [(name, array.dtype.str, np.shape(values[name])) for name, array in arrays.items()]
    head = json.dumps(named).encode()
    parts, at = [_NAMES.pack(len(head)), head], _NAMES.size + len(head)
    for array in arrays.values():
        parts += [bytes(-at % _ALIGNED), array.tobytes()]
        at += -at % _ALIGNED + array.nbytes
    return b"".join(parts)


def _unpacked(data: bytes) -> dict[str, NDArray[Any]]:
    """Return the arrays by name, each where it lies in `data`."""
    (length,) = _NAMES.unpack_from(data)
    at, arrays = _NAMES.size + length, {}
    for name, kind, shape in json.loads(data[_NAMES.size : at]):
        at += -at % _ALIGNED
        dtype, count = np.dtype(kind), math.prod(shape)
        values = np.frombuffer(data, dtype, count, at) if count else np.empty(0, dtype)
        arrays[name] = values.reshape(shape)
        at += count * dtype.itemsize
    return arrays
