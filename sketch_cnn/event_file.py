"""Scalars in TensorBoard's own file format, written without TensorBoard.

A file is a row of records: length, its checksum, an `Event` in protocol buffers' wire format, its
checksum. Only what curves need is written: time, step, and named numbers.

References
----------
TensorFlow, "TFRecord and tf.train.Example"; `tensorflow/core/util/event.proto`.
Castagnoli, Bräuer, Herrmann (1993), Optimization of cyclic redundancy-check codes with 24 and 32
parity bits, doi:10.1109/26.231911: CRC-32C.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import struct
from collections.abc import Mapping

__all__ = ["FIRST_EVENT", "crc32c", "scalar_event"]

_POLYNOMIAL = 0x82F63B78
_BYTES = 2  # wire types: a length and so many bytes, after a varint, 0, and eight bytes, 1
_FLOAT = 5


def scalar_event(step: int, values: Mapping[str, float], wall_time_s: float) -> bytes:
    """Return one record that gives every value its point at a step.

    Parameters
    ----------
    step : 0 or more
    values : name → number; "/" in a name groups charts
    wall_time_s : seconds since 1970
    """
    summary = b"".join(
        _field(1, _field(1, name.encode("utf-8")) + _key(2, _FLOAT) + struct.pack("<f", value))
        for name, value in values.items()
    )
    when = _key(1, 1) + struct.pack("<d", wall_time_s)
    return _record(when + _key(2, 0) + _varint(step) + _field(5, summary))


def _field(number: int, content: bytes) -> bytes:
    return _key(number, _BYTES) + _varint(len(content)) + content


def _key(number: int, wire_type: int) -> bytes:
    return _varint(number << 3 | wire_type)


def _varint(value: int) -> bytes:
    """Return seven bits a byte, the lowest first, the eighth where more follow."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _record(event: bytes) -> bytes:
    length = struct.pack("<Q", len(event))
    return length + _masked(length) + event + _masked(event)


def _masked(content: bytes) -> bytes:
    """Return the checksum, turned so that it differs from one of data that hold a checksum."""
    plain = crc32c(content)
    return struct.pack("<I", ((plain >> 15 | plain << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def crc32c(content: bytes) -> int:
    """Return the CRC-32C of some bytes."""
    rest = 0xFFFFFFFF
    for byte in content:
        rest = rest >> 8 ^ _TABLE[(rest ^ byte) & 0xFF]
    return rest ^ 0xFFFFFFFF


def _row(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (_POLYNOMIAL if byte & 1 else 0)
    return byte


_TABLE = tuple(_row(byte) for byte in range(256))

FIRST_EVENT = _record(_field(3, b"brain.Event:2"))
"""What every file begins with: which version of the format it is."""
