"""The smallest PNG writer, for textures in a .glb and for data sets, without an imaging library."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

__all__ = ["png_bytes"]


def png_bytes(image: NDArray[np.uint8], in_runs: bool = False) -> bytes:
    """Encode an (H, W, 3) sRGB or an (H, W) grey uint8 picture.

    Parameters
    ----------
    in_runs : pack runs of equal bytes only: that is what pays in drawings, and the quickest to find
    """
    height, width = image.shape[:2]
    rows = np.empty((height, 1 + image[0].size), dtype=np.uint8)
    rows[:, 0], rows[:, 1:] = 0, image.reshape(height, -1)  # each row starts with "no filter"
    header = struct.pack(">IIBBBBB", width, height, 8, 2 if image.ndim == 3 else 0, 0, 0, 0)
    if in_runs:  # they need no window, but a small one would have to be moved on all the time
        packer = zlib.compressobj(1, zlib.DEFLATED, 15, 6, zlib.Z_RLE)
    else:
        packer = zlib.compressobj(9)
    packed = packer.compress(rows.data) + packer.flush()
    chunks = ((b"IHDR", header), (b"IDAT", packed), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
