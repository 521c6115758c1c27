"""A sample's JSON: what Python's own encoder writes, but arrays in a compiled loop."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .compiled import compiled

__all__ = ["Entries", "json_text", "plain_text"]

_ENCODER = json.JSONEncoder(separators=(",", ":"), check_circular=False)
_DIGITS = 5
_ROOM = 20
"""Letters that a number takes at most, its comma and brackets counted."""


class Entries(list[dict[str, Any]]):
    """A list of dictionaries that knows its JSON: most of them are the same in every sample.

    Parameters
    ----------
    entries : the dictionaries
    texts : what `plain_text` makes of each
    """

    def __init__(self, entries: Iterable[dict[str, Any]], texts: Iterable[str]) -> None:
        super().__init__(entries)
        self.text = f"[{','.join(texts)}]"


def plain_text(value: Any) -> str:
    """Write as JSON what holds no arrays."""
    return _ENCODER.encode(value)


def json_text(about: dict[str, Any]) -> str:
    """Write a dictionary as JSON, the arrays in it, (N,) or (N, D), as lists.

    Numbers in arrays are written with as many decimals as they need, 5 at most; arrays come after
    all else, and lists that know their text before them.
    """
    plain, arrays, below, known = {}, {}, {}, []
    for key, value in about.items():
        if isinstance(value, np.ndarray):
            arrays[key] = value
        elif isinstance(value, Entries):
            known.append(f'"{key}":{value.text}')
        elif isinstance(value, dict) and any(isinstance(v, np.ndarray) for v in value.values()):
            below[key] = value
        else:
            plain[key] = value
    pieces = [_ENCODER.encode(plain)[1:-1]] if plain else []
    pieces += known
    alike: dict[int, dict[str, NDArray[np.float64]]] = {}
    for key, array in arrays.items():  # 0 columns where rows are numbers
        alike.setdefault(0 if array.ndim == 1 else array.shape[1], {})[key] = array
    pieces += [_array_text(alike[columns], columns) for columns in sorted(alike)]
    pieces += [f'"{key}":{json_text(value)}' for key, value in below.items()]
    return "{" + ",".join(pieces) + "}"


def _array_text(arrays: dict[str, NDArray[np.float64]], columns: int) -> str:
    """Write arrays of so many columns each as entries of a JSON object."""
    joined = np.concatenate([*arrays.values()], axis=None)
    ends = np.array([*accumulate(array.size for array in arrays.values())])
    letters, stops = _written(joined, ends, columns)
    text = letters.tobytes().decode("ascii")
    runs = pairwise([0, *stops.tolist()])
    return ",".join(
        f'"{key}":[{text[start:stop]}]' for key, (start, stop) in zip(arrays, runs, strict=True)
    )


_DOT, _COMMA, _OPEN, _CLOSE, _MINUS, _ZERO = (ord(letter) for letter in ".,[]-0")


@compiled
def _written(
    values: NDArray[np.float64], ends: NDArray[np.int64], columns: int
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the letters of (N,) numbers, and where each run of them, ending at `ends`, stops.

    Parameters
    ----------
    columns : so many numbers are bracketed together, or 0
    """
    letters, digits = np.empty(len(values) * _ROOM, dtype=np.uint8), np.empty(24, dtype=np.uint8)
    stops = np.empty(len(ends), dtype=np.int64)
    at = first = 0
    for run in range(len(ends)):
        for number in range(first, ends[run]):
            place = number - first
            if place > 0:
                letters[at] = _COMMA
                at += 1
            if columns > 0 and place % columns == 0:
                letters[at] = _OPEN
                at += 1
            left = math.floor(abs(values[number]) * 1e5 + 0.5)
            if values[number] < 0.0 and left > 0:
                letters[at] = _MINUS
                at += 1
            kept = _DIGITS
            if left % 10_000 == 0:  # as in most: rounded to one decimal
                left //= 10_000
                kept = 1
            while kept > 1 and left % 10 == 0:
                left //= 10
                kept -= 1
            count = 0
            while left > 0 or count <= kept:  # from the last digit to the first
                digits[count] = _ZERO + left % 10
                left //= 10
                count += 1
            while count > 0:
                if count == kept:
                    letters[at] = _DOT
                    at += 1
                count -= 1
                letters[at] = digits[count]
                at += 1
            if columns > 0 and place % columns == columns - 1:
                letters[at] = _CLOSE
                at += 1
        stops[run] = at
        first = ends[run]
    return letters[:at], stops
