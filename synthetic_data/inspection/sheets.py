"""The drawings that a page shows: a few of every style, rig and Action Unit, made small."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import io
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ...rig.facs import AU_NAMES
from ...rig.features import FEATURES
from .reading import StoredSample
from .tally import PRESENT

__all__ = ["FEATURE_COLOURS", "Picture", "Sheets", "data_uri", "overlay", "small_picture", "spoken"]

SMALL_PX, LARGE_PX = 120, 256
PER_GROUP, PER_AU, OVERLAYS = 8, 8, 9
_LEVELS = (PRESENT, 0.5, 0.7, 0.85)

FEATURE_COLOURS: dict[str, str] = {
    "brow": "#e6194b", "upper_lid": "#3cb44b", "lower_lid": "#aaca1a", "lid_crease": "#7a9a10",
    "iris": "#4363d8", "nose_bridge": "#f58231", "nose_tip": "#f0a030", "nostril": "#b05a10",
    "nasolabial": "#911eb4", "upper_lip_outer": "#d040a0", "upper_lip_inner": "#ff6fae",
    "lower_lip_inner": "#ff9fd0", "lower_lip_outer": "#a83279", "philtrum": "#c080d0",
    "mentolabial": "#7d5bd0", "jaw": "#008080", "ear": "#20b2c8", "forehead_crease": "#9a6324",
    "glabella_crease": "#800000", "crow_feet": "#5a7d00", "hair": "#8a8a8a", "other": "#c4c4c4",
}  # fmt: skip
"""Colour of each label class in the overlays."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One drawing on the page: a data URI, what stands below it, and what tells more."""

    uri: str
    caption: str
    title: str


@dataclass(slots=True)
class Sheets:
    """Collects drawings while a data set is read; the first that fit are taken.

    Attributes
    ----------
    groups : (kind, name) → pictures, where kind is `style`, `rig` or `none` (no face)
    aus : AU → (intensity, picture), two of every range of intensity
    overlays : label images with landmarks over them
    """

    groups: dict[tuple[str, str], list[Picture]] = field(default_factory=dict)
    aus: dict[int, list[tuple[float, Picture]]] = field(
        default_factory=lambda: {au: [] for au in AU_NAMES}
    )
    overlays: list[Picture] = field(default_factory=list)
    _overlaid: set[str] = field(default_factory=set)

    def offer(self, sample: StoredSample, about: dict[str, Any]) -> None:
        """Keep a sample wherever a place is free."""
        if "png" not in sample.files:
            return
        made: list[Picture] = []

        def picture() -> Picture:
            if not made:
                made.append(small_picture(sample, about))
            return made[0]

        style, rig = str(about.get("style")), str(about.get("rig"))
        groups = [("style", style), ("rig", rig)] if about["is_face"] else [("none", "no face")]
        for group in groups:
            kept = self.groups.setdefault(group, [])
            if len(kept) < PER_GROUP:
                kept.append(picture())
        if not about["is_face"]:
            return
        for au, level in _shown_levels(about).items():
            kept_levels = self.aus[au]
            place = np.searchsorted(_LEVELS, level, side="right")
            same = sum(
                int(np.searchsorted(_LEVELS, other, side="right") == place)
                for other, _ in kept_levels
            )
            if same < PER_AU // len(_LEVELS):
                kept_levels.append((level, picture()))
        room = len(self.overlays) < OVERLAYS and style not in self._overlaid
        if room and "labels.png" in sample.files:
            self._overlaid.add(style)
            self.overlays.append(_overlaid(sample, about))


def _shown_levels(about: dict[str, Any]) -> dict[int, float]:
    """Return the AUs that a drawing has and shows, with the stronger side's intensity."""
    levels: dict[int, float] = {}
    for entry in about["aus"]:
        if entry["visible"] and entry["intensity"] >= PRESENT:
            au = int(entry["au"])
            levels[au] = max(levels.get(au, 0.0), float(entry["intensity"]))
    return levels


def spoken(about: dict[str, Any], least: float = PRESENT) -> str:
    """Return a drawing's AUs from some intensity on, in short: "1 2 L12 R14"."""
    sides: dict[int, str] = {}
    for entry in about["aus"]:
        if entry["intensity"] >= least:
            au = int(entry["au"])
            sides[au] = sides.get(au, "") + (entry.get("side") or "")
    return " ".join(f"{side if side != 'LR' else ''}{au}" for au, side in sorted(sides.items()))


def small_picture(sample: StoredSample, about: dict[str, Any]) -> Picture:
    """Make a small picture of a drawing."""
    with Image.open(io.BytesIO(sample.files["png"])) as image:
        small = image.convert("L").resize((SMALL_PX, SMALL_PX), Image.Resampling.BOX)
    aus = spoken(about) if about["is_face"] else "no face"
    mood = about.get("emotion") or ""
    title = f"{sample.key}: {about.get('style')}, {about.get('rig', 'no face')} {mood}".strip()
    return Picture(data_uri(small), aus or "at rest", title)


def _overlaid(sample: StoredSample, about: dict[str, Any]) -> Picture:
    """Lay labels and landmarks over a drawing."""
    with Image.open(io.BytesIO(sample.files["labels.png"])) as image:
        labels = np.asarray(image)
    with Image.open(io.BytesIO(sample.files["png"])) as image:
        grey = np.asarray(image.convert("L"))
    picture = overlay(grey, labels, np.array(about["landmarks"]))
    return Picture(data_uri(picture, "PNG"), str(about["style"]), sample.key)


def overlay(
    grey: NDArray[np.uint8], labels: NDArray[np.uint8], landmarks: NDArray[np.floating]
) -> Image.Image:
    """Return a drawing's labels in colour, twice as large, with rings at its landmarks.

    Parameters
    ----------
    grey, labels : (H, W)
    landmarks : (N, 2) pixels
    """
    palette = np.full((256, 3), 255, dtype=np.uint8)
    for index, name in enumerate(FEATURES):
        if name in FEATURE_COLOURS:
            value = int(FEATURE_COLOURS[name][1:], 16)
            palette[index] = value >> 16, (value >> 8) & 255, value & 255
    background = np.median(grey)
    faint = (np.abs(grey.astype(np.int16) - background) * 0.25).astype(np.uint8)
    colours = palette[labels]
    colours[labels == 0] = (255 - faint)[labels == 0][:, None]
    large = colours.repeat(2, axis=0).repeat(2, axis=1)
    high, wide = large.shape[:2]
    for x, y in 2.0 * np.asarray(landmarks):
        if 3.0 <= x < wide - 3.0 and 3.0 <= y < high - 3.0:
            column, row = int(x), int(y)
            large[row - 2 : row + 3, column - 2 : column + 3] = 255
            large[row - 1 : row + 2, column - 1 : column + 2] = 0
    return Image.fromarray(large).resize((LARGE_PX * 2, LARGE_PX * 2), Image.Resampling.BILINEAR)


def data_uri(image: Image.Image, kind: str = "JPEG") -> str:
    """Return a picture as a `data:` URI."""
    buffer = io.BytesIO()
    if kind == "JPEG":
        image.save(buffer, kind, quality=80, optimize=True)
    else:
        few = image if image.mode != "RGB" else image.quantize(48, dither=Image.Dither.NONE)
        few.save(buffer, kind, optimize=True)
    text = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f"data:image/{kind.lower()};base64,{text}"
