"""What must hold of every sample and of the data set as a whole."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import io
import math
import struct
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ...rig.facs import AU_LABELS
from ...rig.features import FEATURES, LANDMARK_NAMES
from .reading import StoredSample

__all__ = ["CHECKS", "Findings", "check_sample", "label_of"]

CHECKS: dict[str, str] = {
    "shards": "Every shard is whole, and is the one that dataset.json tells of",
    "files": "Every sample has its picture, its label image and its JSON",
    "pictures": "Every picture can be read and has the size that its JSON states",
    "duplicates": "No two drawings are the same",
    "classes": "Every pixel of the label images names a known feature",
    "aus": "Every face tells all Action Units once, with an intensity from 0 to 1",
    "landmarks": "Every face has 70 landmarks, and they do not lie off the sheet",
    "clips": "Every clip has all its frames in order, one face in one hand",
    "counts": "dataset.json counts what the samples say",
}
"""Name of every check → what it asks."""

ON_SHEET = 0.1
"""Share of its landmarks that a face must have on the sheet; some faces run off it by right."""
_TOLD = 20
_NEEDED = ("png", "labels.png", "json")


@dataclass(slots=True)
class Findings:
    """What was found wrong.

    Attributes
    ----------
    told : name of a check → the first cases in words
    number : name of a check → how often it failed
    is_counted : False if a shard or sample could not be read, so that counts prove nothing
    seen : digest of a drawing → where it came first
    """

    told: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in CHECKS})
    number: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CHECKS, 0))
    is_counted: bool = True
    seen: dict[bytes, str] = field(default_factory=dict)

    def add(self, check: str, what: str) -> None:
        """Note one fault."""
        self.number[check] += 1
        if len(self.told[check]) < _TOLD:
            self.told[check].append(what)

    @property
    def is_sound(self) -> bool:
        """True if no check failed."""
        return self.total == 0

    @property
    def total(self) -> int:
        """Return the number of all faults so far."""
        return sum(self.number.values())


def label_of(entry: dict[str, Any]) -> str:
    """Return the label of an AU entry of a sample's JSON."""
    return f"AU{entry['au']}{entry.get('side') or ''}"


def check_sample(sample: StoredSample, about: dict[str, Any], findings: Findings) -> bool:
    """Check one sample; return True if its JSON can be counted.

    Parameters
    ----------
    about : what its JSON says
    findings : what is wrong is noted here
    """
    where = f"{sample.shard}, {sample.key}"
    missing = [kind for kind in _NEEDED if kind not in sample.files]
    if about.get("neutral") is not None and "neutral.png" not in sample.files:
        missing.append("neutral.png")
    if missing:
        findings.add("files", f"{where}: has no {', '.join(missing)}")
    size = about.get("size")
    for kind, content in sample.files.items():
        if kind.endswith("png"):
            pixels = _pixels(where, kind, content, size, findings)
            if pixels is None:
                continue
            if kind == "labels.png" and pixels.max(initial=0) >= len(FEATURES):
                findings.add("classes", f"{where}: names class {int(pixels.max())}")
            if kind == "png":
                _check_duplicate(where, pixels, findings)
    if not isinstance(about.get("is_face"), bool):
        findings.add("files", f"{where}: its JSON does not say whether it is a face")
        return False
    if not about["is_face"]:
        return True
    sound = _check_aus(where, about.get("aus"), findings)
    return _check_landmarks(where, about.get("landmarks"), size, findings) and sound


def _pixels(
    where: str, kind: str, content: bytes, size: Any, findings: Findings
) -> NDArray[np.uint8] | None:
    """Read a picture of (size, size) pixels."""
    try:
        with Image.open(io.BytesIO(content)) as image:
            pixels = np.asarray(image.convert("L") if image.mode != "L" else image)
    except (OSError, ValueError, SyntaxError, struct.error) as error:
        findings.add("pictures", f"{where}: {kind} cannot be read ({error})")
        return None
    if pixels.shape != (size, size):
        height, width = pixels.shape
        findings.add("pictures", f"{where}: {kind} is {width} by {height} pixels, not {size}")
    return pixels


def _check_duplicate(where: str, pixels: NDArray[np.uint8], findings: Findings) -> None:
    """Note a drawing that came before."""
    digest = hashlib.blake2b(pixels.tobytes(), digest_size=12).digest()
    first = findings.seen.setdefault(digest, where)
    if first != where:
        findings.add("duplicates", f"{where}: the same picture as {first}")


def _check_aus(where: str, entries: Any, findings: Findings) -> bool:
    """Check that all labels stand there once, in range."""
    try:
        labels = [label_of(entry) for entry in entries]
        levels = [entry["intensity"] for entry in entries]
        flags = [entry["visible"] for entry in entries]
    except (TypeError, KeyError) as error:
        findings.add("aus", f"{where}: the AUs cannot be read ({error!r})")
        return False
    if sorted(labels) != sorted(AU_LABELS):
        odd = sorted(set(labels) ^ set(AU_LABELS)) or ["some twice"]
        findings.add("aus", f"{where}: missing, unknown or doubled AUs ({', '.join(odd[:5])})")
        return False
    for label, level, flag in zip(labels, levels, flags, strict=True):
        if not (_is_number(level) and 0.0 <= level <= 1.0):
            findings.add("aus", f"{where}: {label} has the intensity {level!r}")
            return False
        if not isinstance(flag, bool):
            findings.add("aus", f"{where}: {label} is visible: {flag!r}, expected true or false")
            return False
    return True


def _check_landmarks(where: str, landmarks: Any, size: Any, findings: Findings) -> bool:
    """Check number and place of the landmarks."""
    count = len(LANDMARK_NAMES)
    try:
        points = np.array(landmarks, dtype=np.float64)
        inside = ((points >= 0.0) & (points <= float(size))).all(axis=1)
    except (TypeError, ValueError):
        points = np.empty(0)
    if points.shape != (count, 2) or not np.isfinite(points).all():
        findings.add("landmarks", f"{where}: expected {count} points (x, y)")
        return False
    if inside.mean() < ON_SHEET:
        findings.add("landmarks", f"{where}: {int((~inside).sum())} of {count} lie off the sheet")
    return True


def _is_number(value: Any) -> bool:
    """Say whether something is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
