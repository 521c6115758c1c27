"""Grey pictures as PNG files: what pays in drawings is runs of equal bytes, so nothing else is
looked for, and one code is made for the whole picture.

References
----------
Deutsch (1996), RFC 1951: DEFLATE Compressed Data Format Specification.
Huffman (1952). A method for the construction of minimum-redundancy codes.
doi:10.1109/JRPROC.1952.273898
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from .compiled import compiled

__all__ = ["deflated", "grey_png"]

_END, _SYMBOLS, _DEEPEST = 256, 286, 15
"""The symbol that ends a block, how many symbols there are, and how long their codes may be."""
_SHORTEST, _LONGEST = 3, 258
"""Lengths of a run that one symbol can stand for."""


def _length_codes() -> NDArray[np.int64]:
    """Return (259, 3) of each length of a run: its symbol, how many bits follow, and which."""
    table = np.zeros((_LONGEST + 1, 3), dtype=np.int64)
    length = _SHORTEST
    for symbol in range(257, 285):
        bits = max((symbol - 261) // 4, 0)
        for more in range(1 << bits):
            if length < _LONGEST:
                table[length] = symbol, bits, more
            length += 1
    table[_LONGEST] = 285, 0, 0
    return table


_LENGTHS = _length_codes()
_HEADER_ORDER = np.array([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15])
_HEADER_DEPTHS = np.array([4, 5, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 0, 4, 4])
"""How long the codes of code lengths are, the same in all files: any length may come, lengths 1,
13 to 15 seldom; 17 and 18 stand for runs of zeros."""
_ZEROS, _MANY_ZEROS = 17, 18


def grey_png(image: NDArray[np.uint8]) -> bytes:
    """Encode an (H, W) uint8 picture."""
    height, width = image.shape
    rows = np.zeros((height, 1 + width), dtype=np.uint8)  # each row starts with "no filter"
    rows[:, 1:] = image
    packed = (
        b"x\x01" + deflated(rows.reshape(-1)).tobytes() + struct.pack(">I", zlib.adler32(rows.data))
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = (b"IHDR" + header, b"IDAT" + packed, b"IEND")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in chunks
    )


@compiled
def deflated(data: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Compress bytes (N,) into one block of DEFLATE: runs of the byte before, and single bytes."""
    tokens, found, times = _tokens(data)
    depths = _depths(times)
    codes = _codes(depths)
    # what each token is written as: its code, and for a run the bits that follow and the distance
    words, bits = np.zeros(_END + _LONGEST + 1, np.int64), np.zeros(_END + _LONGEST + 1, np.int64)
    for byte in range(_END + 1):
        words[byte], bits[byte] = codes[byte], depths[byte]
    for run in range(_SHORTEST, _LONGEST + 1):
        symbol, more = _LENGTHS[run, 0], _LENGTHS[run, 1]
        words[_END + run] = codes[symbol] | _LENGTHS[run, 2] << depths[symbol]
        bits[_END + run] = depths[symbol] + more + 1  # a distance of 1 is the code 0
    total = 0
    for symbol in range(_SYMBOLS):
        extra = 0 if symbol <= _END else 1 + (max((symbol - 261) // 4, 0) if symbol < 285 else 0)
        total += times[symbol] * (depths[symbol] + extra)
    packed = np.empty(total // 8 + 512, dtype=np.uint8)
    at, pending, held = _head(packed, depths)
    for number in range(found):
        token = tokens[number]
        pending |= words[token] << held
        held += bits[token]
        if held >= 32:
            packed[at] = pending & 255
            packed[at + 1] = pending >> 8 & 255
            packed[at + 2] = pending >> 16 & 255
            packed[at + 3] = pending >> 24 & 255
            pending >>= 32
            held -= 32
            at += 4
    while held > 0:
        packed[at] = pending & 255
        pending >>= 8
        held -= 8
        at += 1
    return packed[:at]


@compiled
def _tokens(
    data: NDArray[np.uint8],
) -> tuple[NDArray[np.int16], int, NDArray[np.int64]]:
    """Return the tokens of bytes (N,), how many they are, and how often each symbol comes.

    A token is a byte, or 256 for the end, or above it by how often the byte before comes again.
    """
    count = len(data)
    changes = np.ones(count + 8, dtype=np.uint8)
    after, same = data[1:], changes[1:]
    for place in range(len(after)):
        same[place] = after[place] != data[place]
    eight = changes[: count // 8 * 8 + 8].view(np.uint64)
    tokens, times = np.empty(count + 1, dtype=np.int16), np.zeros(_SYMBOLS, dtype=np.int64)
    found = place = 0
    while place < count:
        byte = int(data[place])
        tokens[found] = byte
        times[byte] += 1
        found += 1
        place += 1
        if changes[place]:
            continue
        start = place
        while not changes[place]:
            if place % 8 == 0 and eight[place // 8] == 0:
                place += 8
            else:
                place += 1
        run = place - start
        while run >= _SHORTEST:
            part = min(run, _LONGEST)
            tokens[found] = _END + part
            times[_LENGTHS[part, 0]] += 1
            found += 1
            run -= part
        times[byte] += run
        for _ in range(run):
            tokens[found] = byte
            found += 1
    tokens[found] = _END
    times[_END] = 1
    return tokens, found + 1, times


@compiled
def _depths(times: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how long the code of each symbol is that comes so many times; 0 if it never comes."""
    weights = times.copy()
    while True:
        count = 0
        for symbol in range(len(times)):
            count += 1 if times[symbol] > 0 else 0
        # leaves by weight, and symbols tell equal ones apart; then the nodes as they are made
        keys, filled = np.empty(count, dtype=np.int64), 0
        for symbol in range(len(times)):
            if times[symbol] > 0:
                keys[filled] = weights[symbol] * 512 + symbol
                filled += 1
        keys.sort()
        depths = np.zeros(len(times), dtype=np.int64)
        if count == 1:  # a code needs a bit
            depths[keys[0] % 512] = 1
            return depths
        sums, above = np.empty(2 * count - 1, np.int64), np.empty(2 * count - 1, np.int64)
        for leaf in range(count):
            sums[leaf] = keys[leaf] // 512
        leaf, node = 0, count
        for made in range(count, 2 * count - 1):
            weight = 0
            for _ in range(2):
                if leaf < count and (node >= made or sums[leaf] <= sums[node]):
                    least = leaf
                    leaf += 1
                else:
                    least = node
                    node += 1
                weight += sums[least]
                above[least] = made
            sums[made] = weight
        deep, deepest = np.zeros(2 * count - 1, np.int64), 0
        for place in range(2 * count - 3, -1, -1):
            deep[place] = deep[above[place]] + 1
            deepest = max(deepest, deep[place])
        if deepest <= _DEEPEST:
            for leaf in range(count):
                depths[keys[leaf] % 512] = deep[leaf]
            return depths
        for symbol in range(len(times)):  # too deep: let rare symbols weigh more
            weights[symbol] = (weights[symbol] + 1) // 2


@compiled
def _codes(depths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the code of each symbol, its first bit lowest: by length, then by symbol."""
    codes, code = np.zeros(len(depths), dtype=np.int64), 0
    for depth in range(1, _DEEPEST + 1):
        for symbol in range(len(depths)):
            if depths[symbol] == depth:
                turned = 0
                for bit in range(depth):
                    turned |= (code >> bit & 1) << (depth - 1 - bit)
                codes[symbol] = turned
                code += 1
        code <<= 1
    return codes


@compiled
def _head(packed: NDArray[np.uint8], depths: NDArray[np.int64]) -> tuple[int, int, int]:
    """Write the head of a last block with its own codes.

    Returns
    -------
    How many bytes are full, and the bits that are left over, and how many they are.
    """
    used = len(depths)
    while depths[used - 1] == 0:
        used -= 1
    lengths = np.ones(used + 2, np.int64)  # at last two distances of one bit; the second one never
    lengths[:used] = depths[:used]  # comes, but some readers want a code that is complete
    codes = _codes(_HEADER_DEPTHS)
    words, bits = np.empty(2 * used + 32, np.int64), np.empty(2 * used + 32, np.int64)
    words[0], bits[0] = 1 | 2 << 1 | (used - 257) << 3, 8
    words[1], bits[1] = 1 | (len(_HEADER_ORDER) - 4) << 5, 9
    filled = 2
    for symbol in _HEADER_ORDER:
        words[filled], bits[filled] = _HEADER_DEPTHS[symbol], 3
        filled += 1
    place = 0
    while place < len(lengths):
        zeros = 0
        while zeros < min(138, len(lengths) - place) and lengths[place + zeros] == 0:
            zeros += 1
        if zeros < _SHORTEST:
            zeros, symbol, more, extra = 1, lengths[place], 0, 0
        elif zeros <= 10:
            symbol, more, extra = _ZEROS, 3, zeros - 3
        else:
            symbol, more, extra = _MANY_ZEROS, 7, zeros - 11
        words[filled], bits[filled] = codes[symbol], _HEADER_DEPTHS[symbol]
        words[filled + 1], bits[filled + 1] = extra, more
        filled += 2
        place += zeros
    at = pending = held = 0
    for number in range(filled):
        pending |= words[number] << held
        held += bits[number]
        while held >= 8:
            packed[at] = pending & 255
            pending >>= 8
            held -= 8
            at += 1
    return at, pending, held
