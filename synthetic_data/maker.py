"""What all samples of a data set share: rigs, styles, seed; and how a drawing is put in words."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..rig.camera import Camera
from ..rig.face_rig import FaceRig, RigState
from ..rig.facs import AU_LABELS, split_label
from ..rig.store import load_rig
from .effect import shape_gains
from .evenly import rounded
from .face import DrawnFace, RigLines
from .render import Drawing
from .sampler import Expression
from .style import Style, load_style
from .text import Entries, plain_text

__all__ = [
    "SCHEMA",
    "Maker",
    "Posed",
    "au_entries",
    "curve_entries",
    "drawn_entries",
    "posed_state",
]

SCHEMA = "limner.sample/1"
_AU_NAMES: dict[str, dict[str, Any]] = {
    label: {"au": number} if side is None else {"au": number, "side": side}
    for label in AU_LABELS
    for number, side in (split_label(label),)
}
"""How a sample's JSON names each AU."""
_ABSENT = {
    (label, is_visible): {**named, "intensity": 0.0, "visible": is_visible}
    for label, named in _AU_NAMES.items()
    for is_visible in (False, True)
}
_ABSENT_TEXT = {key: plain_text(entry) for key, entry in _ABSENT.items()}
"""What it says of an AU that is not there, and that as JSON; nobody changes it."""
_PRESENT = {label: f'{plain_text(named)[:-1]},"intensity":' for label, named in _AU_NAMES.items()}
"""How the JSON of an AU begins that is there."""


@dataclass(frozen=True, slots=True, eq=False)
class Posed:
    """One face as a camera sees it, before a hand draws it.

    Attributes
    ----------
    lines : the rig
    seen : its lines
    expression : AUs
    faint : labels of AUs whose motion is too small to be seen
    about : what the sample's JSON says of it
    state, camera : of the rig
    """

    lines: RigLines
    seen: DrawnFace
    expression: Expression
    faint: frozenset[str]
    about: dict[str, Any]
    state: RigState
    camera: Camera


@dataclass(frozen=True, slots=True, eq=False)
class Maker:
    """What every worker holds: rigs with their shares, styles, seed and size of the sheet.

    With `pairs`, every face is drawn at rest too; with `frames`, so many samples in a row are one
    clip; with `aus`, faces are made of these AUs alone. `kept` remembers the face or the clip that
    was drawn last.
    """

    seed: int
    size: int
    rigs: tuple[RigLines, ...]
    shares: tuple[float, ...]
    styles: tuple[Style, ...]
    pairs: bool = False
    frames: int = 0
    aus: tuple[int, ...] = ()
    kept: dict[int, Any] = field(default_factory=dict)

    @classmethod
    def load(
        cls,
        seed: int,
        size: int,
        rigs: dict[str, float],
        styles: tuple[str, ...],
        *,
        pairs: bool = False,
        frames: int = 0,
        aus: tuple[int, ...] = (),
    ) -> Maker:
        """Load rigs (name → share of the drawings) and styles."""
        total = sum(rigs.values())
        return cls(
            seed,
            size,
            tuple(RigLines.of(load_rig(name)) for name in rigs),
            tuple(share / total for share in rigs.values()),
            tuple(load_style(name) for name in styles),
            pairs,
            frames,
            aus,
        )


def posed_state(rig: FaceRig, state: RigState, gain: float) -> RigState:
    """Return the state that an exaggerating hand draws: brows and mouth go `gain` times as far."""
    weights = state.weights * shape_gains(rig, gain)
    return RigState(weights, state.identity, state.rotation)


def au_entries(aus: dict[str, float], visible: dict[str, bool]) -> Entries:
    """List every AU of the label space with side, intensity, and whether it can be seen."""
    entries, texts = [], []
    for label, named in _AU_NAMES.items():
        is_visible = visible.get(label, False)
        if label in aus:
            intensity, seen = round(float(aus[label]), 3), "true" if is_visible else "false"
            entry = {**named, "intensity": intensity, "visible": is_visible}
            texts.append(f'{_PRESENT[label]}{intensity!r},"visible":{seen}}}')
        else:
            entry = _ABSENT[label, is_visible]
            texts.append(_ABSENT_TEXT[label, is_visible])
        entries.append(entry)
    return Entries(entries, texts)


def drawn_entries(drawing: Drawing) -> dict[str, Any]:
    """Tell where a face was drawn: the hand's errors, its box and its landmarks."""
    return {
        "warp": drawing.warp,
        "face_box": [round(edge, 2) for edge in drawing.face_box or ()],
        "landmarks": rounded(np.asarray(drawing.landmarks), 1e2),
        "landmarks_visible": np.asarray(drawing.landmarks_visible).astype(int).tolist(),
        "landmarks_on_symbols": drawing.symbols,
        "resting": drawing.resting,
    }


def curve_entries(drawing: Drawing) -> dict[str, NDArray[np.float64]]:
    """Tell where the curves of a drawn face run: name → (N, 2)."""
    if not drawing.curves:
        return {}
    places = rounded(np.concatenate([*drawing.curves.values()]), 10.0)
    ends = [0, *accumulate(map(len, drawing.curves.values()))]
    spans = zip(drawing.curves, pairwise(ends), strict=True)
    return {name: places[start:end] for name, (start, end) in spans}
