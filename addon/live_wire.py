"""What Blender and the process that fits for it say to each other while somebody draws.

A message is eight bytes of length and then plain arrays: four bytes of length, as many of JSON that
name them with their kinds and shapes, and their values as they lie in memory. An npz would add up a
checksum of every head four times on its way, half of that while Blender's window waits. Jobs go
there as strokes, which are small; answers come back as the head that a scene shows. What of a head
has not changed since the answer before is not sent again (`Shorthand`): its 52 shapes, which would
be nine tenths of every answer, go once.
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

__all__ = ["Answer", "Job", "Reading", "Shorthand", "receive", "send"]

_LENGTH, _NAMES = struct.Struct("<Q"), struct.Struct("<I")
_ALIGNED = 16
_SCENE = "scene."
_TARGETS, _SHAPES, _CORRECTION = (f"{_SCENE}{name}" for name in ("mesh_targets", "shapes", "fit"))
_WORTH_BYTES = 1024
_TEXT, _AS_BEFORE = "utf-8", "as before"


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
    elapsed_s, worked_s : from the job's arrival to the answer, seconds; of the processor's time,
        which does not count what others took from it
    is_preview : True for a fit made in haste: it goes on from the one before, or looked once;
        another answer to the same job, fitted in full, follows when the pen rests
    is_late : True where a newer drawing had come before it was told
    """

    number: int
    message: str = ""
    reading: Reading | None = None
    scene: HeadScene | None = None
    elapsed_s: float = 0.0
    worked_s: float = 0.0
    is_preview: bool = False
    is_late: bool = False

    def arrays(self) -> dict[str, Any]:
        """Return the answer as arrays by name, and what can be made into some."""
        values: dict[str, Any] = {}
        if self.reading is not None:
            values = {name: getattr(self.reading, name) for name in Reading.__slots__}
        if self.scene is not None:
            for name, array in scene_arrays(self.scene).items():
                is_text = array.dtype.kind == "U" and array.ndim == 0
                values[f"{_SCENE}{name}"] = str(array) if is_text else array
            targets = values.pop(_TARGETS)
            values |= {_SHAPES: targets[:-1], _CORRECTION: targets[-1:]}
        names = ("number", "message", "elapsed_s", "worked_s", "is_preview", "is_late")
        return {name: getattr(self, name) for name in names} | values

    @classmethod
    def of(cls, arrays: dict[str, Any]) -> Answer:
        """Return the answer that `arrays` took apart."""
        reading = None
        if "au_labels" in arrays:
            labels = tuple(map(str, arrays["au_labels"]))
            rest: dict[str, Any] = {
                name: arrays[name] for name in Reading.__slots__ if name != "au_labels"
            }
            reading = Reading(labels, **rest)
        head = None
        if _SHAPES in arrays:
            parts = [arrays.pop(name) for name in (_SHAPES, _CORRECTION)]
            arrays[_TARGETS] = np.concatenate(parts)
            head = {
                name.removeprefix(_SCENE): array
                for name, array in arrays.items()
                if name.startswith(_SCENE)
            }
        return cls(
            int(arrays["number"]),
            str(arrays["message"]),
            reading,
            None if head is None else scene_of(head),
            float(arrays["elapsed_s"]),
            float(arrays["worked_s"]),
            bool(arrays["is_preview"]),
            bool(arrays["is_late"]),
        )


class Shorthand:
    """How one side packs answers and the other unpacks them, in the same order, none left out.

    A large array that is as it was in the last answer that had it is named, not sent.
    """

    def __init__(self) -> None:
        self._said: dict[str, Any] = {}

    def pack(self, answer: Answer) -> bytes:
        """Return an answer as bytes."""
        return _packed(self._said, **answer.arrays())

    def unpack(self, data: bytes) -> Answer:
        """Read what `pack` wrote; arrays are those of `data` or of earlier ones, not to be
        written to.
        """
        return Answer.of(_unpacked(data, self._said))


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


def _packed(said: dict[str, Any] | None = None, /, **values: Any) -> bytes:
    """Return arrays, and what can be made into some, as bytes.

    Parameters
    ----------
    said : arrays that the other side knows by name, and need not be sent; it is brought up to date
    """
    parts: list[bytes] = []
    named, at = [], 0
    for name, value in values.items():
        is_text = isinstance(value, str)
        array = np.frombuffer(value.encode(), np.uint8) if is_text else np.ascontiguousarray(value)
        kind, shape = _TEXT if is_text else array.dtype.str, np.shape(array if is_text else value)
        if said is not None and array.nbytes >= _WORTH_BYTES:
            if _is_same(said.get(name), array):
                named.append((name, _AS_BEFORE, shape))
                continue
            said[name] = array
        named.append((name, kind, shape))
        parts += [bytes(-at % _ALIGNED), array.tobytes()]
        at += -at % _ALIGNED + array.nbytes
    head = json.dumps(named).encode()
    head += b" " * (-(_NAMES.size + len(head)) % _ALIGNED)
    return b"".join([_NAMES.pack(len(head)), head, *parts])


def _is_same(known: NDArray[Any] | None, array: NDArray[Any]) -> bool:
    """Tell whether an array is, bit by bit, one that is known."""
    if known is None or known.dtype != array.dtype or known.shape != array.shape:
        return False
    return known is array or np.array_equal(_bytes(known), _bytes(array))


def _bytes(array: NDArray[Any]) -> NDArray[np.uint8]:
    """Return an array's values as they lie in memory."""
    return array.reshape(-1).view(np.uint8)


def _unpacked(data: bytes, said: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the arrays and texts by name, each array where it lies in `data`."""
    (length,) = _NAMES.unpack_from(data)
    at = _NAMES.size + length
    arrays: dict[str, Any] = {}
    known: dict[str, Any] = {} if said is None else said
    for name, kind, shape in json.loads(data[_NAMES.size : at]):
        if kind == _AS_BEFORE:
            arrays[name] = known[name]
            continue
        at += -at % _ALIGNED
        dtype, count = np.dtype(np.uint8 if kind == _TEXT else kind), math.prod(shape)
        values = np.frombuffer(data, dtype, count, at) if count else np.empty(0, dtype)
        arrays[name] = values.tobytes().decode() if kind == _TEXT else values.reshape(shape)
        if values.nbytes >= _WORTH_BYTES:
            known[name] = arrays[name]
        at += count * dtype.itemsize
    return arrays
