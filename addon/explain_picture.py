"""The picture of an explanation: the drawing once for every AU, its lines coloured by their say."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import gaussian_filter

from ..rig.facs import AU_NAMES, split_label
from ..sketch_cnn.cut import cut_square
from ..sketch_cnn.detection import Detection
from ..sketch_cnn.explain import Explanation
from ..sketch_cnn.sketch import Sketch

__all__ = ["explain_picture"]

_SIDE, _GAP, _MARGIN, _WORDS, _TOP = 300, 22, 34, 62, 92
_COLUMNS = 4
_PAPER, _CARD, _INK, _FAINT = (247, 244, 238), (255, 254, 251), (38, 36, 42), (118, 113, 110)
_QUIET, _FOR, _AGAINST = (176, 171, 166), (206, 58, 24), (38, 106, 182)
_LEAST_SCALE = 0.4
"""Log odds that are shown in full colour at least: below, lines hardly matter and stay grey."""

_SIDES = {"L": "left", "R": "right"}
_WORDS_FOR = {
    **dict.fromkeys(("upper_lip_outer", "upper_lip_inner"), "upper lip"),
    **dict.fromkeys(("lower_lip_outer", "lower_lip_inner"), "lower lip"),
    "nasolabial": "cheek fold",
    "mentolabial": "chin fold",
    "glabella_crease": "frown line",
    "crow_feet": "crow’s feet",
    "nose_bridge": "side of the nose",
}
"""Features as an artist calls them, where their names would not do."""


def explain_picture(sketch: Sketch, detection: Detection, explanation: Explanation) -> Image.Image:
    """Draw an explanation: the drawing, then one panel for each AU that is present, RGB.

    Lines that speak for the AU are red, those that speak against it blue, the others grey. Left and
    right are the drawn person's.
    """
    rows = np.nonzero(detection.present)[0]
    rows = rows[np.argsort(-detection.probability[rows], kind="stable")]
    count = len(rows) + 1
    columns = min(_COLUMNS, max(count, 2))
    lines = -(-count // columns)
    width = 2 * _MARGIN + columns * _SIDE + (columns - 1) * _GAP
    height = _TOP + lines * (_SIDE + _WORDS + _GAP) + _MARGIN - _GAP
    canvas = Image.new("RGB", (width, height), _PAPER)
    pen = ImageDraw.Draw(canvas)
    _heading(pen)
    ink = _crop(sketch, explanation)
    plain = f"Action Units seen: {len(rows) or 'none'}"
    cards = [(_plain(ink), "The drawing, as it is read", plain, "")]
    for row in rows:
        name = _name(detection.au_labels[row])
        sure = f"{detection.probability[row]:.0%} sure, intensity {detection.intensity[row]:.2f}"
        panel = _coloured(ink, explanation.support[row])
        cards.append((panel, name, sure, _features(explanation.features[row])))
    for place, (panel, *words) in enumerate(cards):
        line, column = divmod(place, columns)
        x = _MARGIN + column * (_SIDE + _GAP)
        y = _TOP + line * (_SIDE + _WORDS + _GAP)
        canvas.paste(panel, (x, y))
        for text, at, size, colour in zip(
            words, (6, 26, 44), (16, 13, 13), (_INK, _FAINT, _FAINT), strict=True
        ):
            pen.text((x, y + _SIDE + at), text, fill=colour, font=ImageFont.load_default(size))
    return canvas


def _heading(pen: ImageDraw.ImageDraw) -> None:
    """Write what the colours mean."""
    pen.text((_MARGIN, 22), "Which lines spoke", fill=_INK, font=ImageFont.load_default(26))
    x = float(_MARGIN)
    small = ImageFont.load_default(14)
    for colour, words in ((_FOR, "for it"), (_AGAINST, "against it"), (_QUIET, "no matter")):
        pen.line((x, 69, x + 26, 69), fill=colour, width=4)
        pen.text((x + 34, 60), words, fill=_FAINT, font=small)
        x += 34 + pen.textlength(words, font=small) + 24


def _name(label: str) -> str:
    number, side = split_label(label)
    where = f", {_SIDES[side]}" if side else ""
    return f"{AU_NAMES[number]}{where} (AU{number})"


def _features(loudest: tuple[tuple[str, float], ...]) -> str:
    """Return the features that speak most, in words: at most two, the second not much quieter."""
    told: list[str] = []
    for name, loss in loudest:
        if loss >= 0.3 * loudest[0][1]:
            stem, _, side = name.rpartition("_")
            words = f"{_SIDES[side]} {_WORDS_FOR.get(stem, stem.replace('_', ' '))}"
            if words not in told:
                told.append(words)
    return f"most by: {', '.join(told[:2])}" if told else ""


def _crop(sketch: Sketch, explanation: Explanation) -> NDArray[np.float32]:
    """Return the ink of what the reader saw, at the panels' size."""
    matrix = explanation.crop_from_ink
    corner = -matrix[:, 2] / matrix[0, 0]
    side = explanation.support.shape[1] / matrix[0, 0]
    return cut_square(sketch.ink, (float(corner[0]), float(corner[1])), float(side), _SIDE)


def _plain(ink: NDArray[np.float32]) -> Image.Image:
    return _mixed(np.ones((*ink.shape, 3)) * _CARD, np.ones((*ink.shape, 3)) * _INK, ink)


def _coloured(ink: NDArray[np.float32], support: NDArray[np.float32]) -> Image.Image:
    """Draw the ink with its support as colour, and a marker's shine below the lines that matter."""
    side = (_SIDE, _SIDE)
    say = np.asarray(Image.fromarray(support).resize(side, Image.Resampling.BILINEAR))
    drawn = np.clip(1.6 * ink, 0.0, 1.0)
    inked = np.abs(say[ink > 0.2])
    loudest = float(np.percentile(inked, 99.0)) if len(inked) else 0.0
    part = np.clip(say / max(loudest, _LEAST_SCALE), -1.0, 1.0)
    weight = np.square(np.abs(part))[..., None] ** 0.75
    tone = np.where(part[..., None] > 0.0, _FOR, _AGAINST)
    shine = np.clip(1.4 * gaussian_filter(drawn * weight[..., 0], 5.0), 0.0, 0.55)[..., None]
    paper = np.ones((*side, 3)) * _CARD * (1.0 - shine) + tone * shine
    return _mixed(paper, np.array(_QUIET) * (1.0 - weight) + tone * weight, drawn)


def _mixed(paper: NDArray, ink: NDArray, drawn: NDArray) -> Image.Image:
    """Return the colours of the ink on those of the paper."""
    cover = drawn[..., None]
    return Image.fromarray((paper * (1.0 - cover) + ink * cover + 0.5).astype(np.uint8))
