"""Reading drawings from files: any size, any mode, any polarity; every fault one clear line."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from ..errors import SketchError
from .normalise import extract_ink, tone_quantiles
from .sketch import Sketch

__all__ = [
    "MAX_PIXELS", "MAX_SIDE_PX", "PICTURE_SUFFIXES",
    "decode_picture", "read_sketch", "sketch_from_grey",
]  # fmt: skip

PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".gif"})
"""The files of a folder that count as pictures."""

MAX_SIDE_PX = 1280
MAX_PIXELS = 200_000_000
"""Larger pictures are refused before they are decoded."""

_MIN_SIDE_PX = 24
_MIN_SPREAD = 0.04


def read_sketch(path: str | Path) -> Sketch:
    """Read a drawing from a picture file.

    Raises
    ------
    SketchError
        One line: what is wrong with the file and what to do. The file's name is the caller's part.
    """
    path = Path(path)
    data = _read_bytes(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            grey, size, scale = _decode(path)
    except UnidentifiedImageError:
        raise SketchError(
            "not a picture that limner can read; save it as PNG, JPEG, TIFF, WebP or BMP"
        ) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise SketchError(
            f"more than {MAX_PIXELS // 1_000_000} million pixels; save it smaller"
        ) from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        reason = str(error).splitlines()[0] if str(error) else "it ends too early"
        raise SketchError(f"damaged picture ({reason}); save or copy it again") from None
    return sketch_from_grey(grey, scale=scale, original_size=size, path=path, sha256=data)


def sketch_from_grey(
    grey: NDArray[np.uint8],
    *,
    scale: float = 1.0,
    original_size: tuple[int, int] | None = None,
    path: Path | None = None,
    sha256: str | None = None,
) -> Sketch:
    """Make a drawing of a grey picture (H, W) uint8 as it looks, upright, at working size.

    Raises
    ------
    SketchError
        If the picture is too small, or one even tone.
    """
    height, width = grey.shape
    if min(height, width) < _MIN_SIDE_PX:
        raise SketchError(
            f"only {width}×{height} pixels; a face needs at least {_MIN_SIDE_PX} on each side"
        )
    low, high = tone_quantiles(grey, (0.0005, 0.9995))
    if high - low < 255.0 * _MIN_SPREAD:
        tone = "black" if high < 0.25 * 255.0 else "blank"
        raise SketchError(f"the picture is all {tone}; nothing is drawn on it")
    ink = extract_ink(grey)
    if not (ink > 0.3).any():
        raise SketchError(
            "no drawn lines stand out from the paper; draw or scan with more contrast"
        )
    return Sketch(
        ink=ink,
        grey=grey,
        scale=scale,
        original_size=original_size or (width, height),
        path=path,
        sha256=sha256 or hashlib.sha256(grey.tobytes()).hexdigest(),
    )


def _read_bytes(path: Path) -> str:
    """Return the file's sha256, or say why it cannot be read."""
    digest = hashlib.sha256()
    try:
        if path.is_dir():
            raise SketchError("is a folder; give a picture file")
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
        if path.stat().st_size == 0:
            raise SketchError("the file is empty; save the drawing again")
    except FileNotFoundError:
        raise SketchError("no such file; check the name") from None
    except PermissionError:
        raise SketchError("may not be read; change its permissions") from None
    except OSError as error:
        raise SketchError(f"cannot be read ({error.strerror}); check the disk") from None
    return digest.hexdigest()


def _decode(path: Path) -> tuple[NDArray[np.uint8], tuple[int, int], float]:
    """Decode to grey (H, W) uint8 at working size; return it, the upright size and the scale."""
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, MAX_PIXELS
    try:
        with Image.open(path) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise Image.DecompressionBombError
            full = picture.size
            if picture.format == "JPEG":
                picture.draft("L" if picture.mode == "L" else None, (MAX_SIDE_PX, MAX_SIDE_PX))
            picture.load()
            orientation = picture.getexif().get(0x0112, 1)
            small = _shrink(picture)
            grey = _to_grey(small)
            upright = ImageOps.exif_transpose(_with_orientation(grey, orientation))
    finally:
        Image.MAX_IMAGE_PIXELS = limit
    size = (full[1], full[0]) if orientation in (5, 6, 7, 8) else full
    scale = upright.width / size[0]
    return np.asarray(upright, dtype=np.uint8), size, scale


def decode_picture(picture: Image.Image) -> tuple[NDArray[np.uint8], float]:
    """Return a loaded picture as grey (H, W) at working size, and the scale that this took."""
    grey = _to_grey(_shrink(picture))
    return np.asarray(grey, dtype=np.uint8), grey.width / picture.width


def _shrink(picture: Image.Image) -> Image.Image:
    """Bring the longer side to `MAX_SIDE_PX` at most, averaging pixels."""
    longer = max(picture.size)
    if longer <= MAX_SIDE_PX:
        return picture
    factor = longer // MAX_SIDE_PX
    if picture.mode in ("P", "1"):
        wanted = "RGBA" if "transparency" in picture.info else "RGB"
        picture = picture.convert(wanted if picture.mode == "P" else "L")
    if factor > 1 and picture.mode not in ("I;16", "I;16B", "I;16L"):
        picture = picture.reduce(factor)
    ratio = MAX_SIDE_PX / max(picture.size)
    size = (max(1, round(picture.width * ratio)), max(1, round(picture.height * ratio)))
    if picture.mode.startswith("I;16"):
        picture = picture.convert("I")
    return picture.resize(size, Image.Resampling.BOX) if ratio < 1.0 else picture


def _to_grey(picture: Image.Image) -> Image.Image:
    """Return the picture as it looks on white paper, mode L."""
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        values = np.asarray(picture, dtype=np.float64)
        top = 65535.0 if values.max() > 255.0 else 255.0 if values.max() > 1.0 else 1.0
        return Image.fromarray(np.clip(values / top * 255.0, 0, 255).astype(np.uint8))
    if picture.mode == "P" and "transparency" in picture.info:
        picture = picture.convert("RGBA")
    if picture.mode in ("LA", "La", "PA", "RGBA", "RGBa"):
        rgba = picture.convert("RGBA")
        paper = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
        picture = Image.alpha_composite(paper, rgba)
    if picture.mode == "CMYK":
        picture = picture.convert("RGB")
    return picture.convert("L")


def _with_orientation(picture: Image.Image, orientation: int) -> Image.Image:
    """Write an EXIF orientation back onto a picture that lost it while it was converted."""
    picture.getexif()[0x0112] = orientation
    return picture
