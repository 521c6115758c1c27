"""One sample of a data set: chance decides a face, a view and a hand; three files come out."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..rig.camera import Camera
from ..rig.face_rig import FaceRig, RigState, rotation_matrix
from ..rig.facs import AU_LABELS, split_label
from ..rig.store import load_rig
from .effect import faint_aus, free_shapes
from .face import DrawnFace, RigLines, project_face
from .negatives import draw_no_face
from .render import Drawing, draw_face
from .sampler import Expression, sample_expression, sample_rotation
from .style import Style, load_style

__all__ = ["SCHEMA", "Maker", "grey_png", "make_sample", "posed_state", "sample_files"]

SCHEMA = "limner.sample/1"
NO_FACE_SHARE = 0.05
_WEIGHT_NOISE = 0.1
_MAX_IDENTITY = 2.5
FACE_DRAWINGS = 1
_HAND, _FACE = 1, 2  # streams of chance
_SPREADS = ((0.4, 1.1), (1.1, 2.0))
_CARICATURES = 0.25
_GAINS = (1.0, 1.7)
_NOMINAL_HEAD = 0.27
"""Interocular distance before the placement, as a share of the sheet."""


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
    """

    lines: RigLines
    seen: DrawnFace
    expression: Expression
    faint: frozenset[str]
    about: dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Maker:
    """What every worker holds: rigs with their shares, styles, seed and size of the sheet.

    `kept` remembers the last face, since `FACE_DRAWINGS` samples in a row draw the same one.
    """

    seed: int
    size: int
    rigs: tuple[RigLines, ...]
    shares: tuple[float, ...]
    styles: tuple[Style, ...]
    kept: dict[int, Posed] = field(default_factory=dict)

    @classmethod
    def load(cls, seed: int, size: int, rigs: dict[str, float], styles: tuple[str, ...]) -> Maker:
        """Load rigs (name → share of the drawings) and styles."""
        total = sum(rigs.values())
        return cls(
            seed,
            size,
            tuple(RigLines.of(load_rig(name)) for name in rigs),
            tuple(share / total for share in rigs.values()),
            tuple(load_style(name) for name in styles),
        )


def make_sample(maker: Maker, index: int) -> tuple[Drawing, dict[str, Any]]:
    """Draw sample number `index`: the same bytes whoever makes it, and in any order.

    Two samples in a row show one face by two hands, which also halves the work of posing.

    Returns
    -------
    The drawing, and what its JSON file says.
    """
    rng = np.random.default_rng(np.random.SeedSequence([maker.seed, _HAND, index]))
    style = maker.styles[int(rng.integers(len(maker.styles)))]
    hand = style.hand(rng)
    about: dict[str, Any] = {
        "schema": SCHEMA, "seed": maker.seed, "index": index, "style": style.name,
        "size": maker.size,
    }  # fmt: skip
    if rng.random() < NO_FACE_SHARE:
        return draw_no_face(hand, maker.size, rng), {**about, "is_face": False, "aus": []}
    number = index // FACE_DRAWINGS
    if number not in maker.kept:
        maker.kept.clear()
        maker.kept[number] = _posed(maker, number)
    posed = maker.kept[number]
    aus = posed.expression.aus
    drawing = draw_face(posed.seen, posed.lines.rig, aus, hand, maker.size, rng, posed.faint)
    about |= {
        "is_face": True,
        **posed.about,
        "aus": _au_entries(aus, drawing.visible or {}),
        "warp": drawing.warp,
        "face_box": _short(np.array(drawing.face_box), 2),
        "landmarks": _short(drawing.landmarks, 2),
        "landmarks_visible": np.asarray(drawing.landmarks_visible).astype(int).tolist(),
        "landmarks_on_symbols": drawing.symbols,
        "curves": {name: _short(points, 1) for name, points in (drawing.curves or {}).items()},
    }
    return drawing, about


def _posed(maker: Maker, number: int) -> Posed:
    """Draw a rig, an expression, an identity and a view by chance, and project them."""
    rng = np.random.default_rng(np.random.SeedSequence([maker.seed, _FACE, number]))
    which = int(np.searchsorted(np.cumsum(maker.shares), rng.random()))
    lines = maker.rigs[min(which, len(maker.rigs) - 1)]
    rig, size = lines.rig, maker.size
    expression = sample_expression(rng)
    low, high = _SPREADS[int(rng.random() < _CARICATURES)]
    identity = rng.standard_normal(len(rig.identity_names)) * rng.uniform(low, high)
    identity = np.clip(identity, -_MAX_IDENTITY, _MAX_IDENTITY).round(3)
    weights = rig.weights_from_aus(expression.aus)
    noise = 1.0 + rng.uniform(-_WEIGHT_NOISE, _WEIGHT_NOISE, len(weights))
    weights = np.round(np.clip(weights * noise, 0.0, 1.0), 4)
    gain = round(float(rng.uniform(*_GAINS)), 4)
    rotation = np.round(sample_rotation(rng), 5)
    inverse_distance = round(float(rng.choice([0.0, rng.uniform(0.3, 2.2)])), 4)
    scale = round(_NOMINAL_HEAD * size / rig.interocular_m, 3)
    camera = Camera(scale, np.array([size / 2.0, size / 2.0]), (size, size), inverse_distance)
    state = posed_state(rig, RigState(weights, identity, rotation), gain)
    about = {
        "rig": rig.name,
        "identity_id": f"{maker.seed}-{number}",
        "emotion": expression.emotion,
        "identity": identity.tolist(),
        "blendshapes": {
            name: float(weight)
            for name, weight in zip(rig.shape_names, weights, strict=True)
            if weight > 0.0
        },
        "gain": gain,
        "pose": rotation.tolist(),
        "camera": {
            "scale_px": scale,
            "centre_px": camera.centre_px.tolist(),
            "size_px": [size, size],
            "inverse_distance": inverse_distance,
        },
    }
    faint = faint_aus(rig, lines.landmarks, expression.aus, gain, rotation_matrix(rotation))
    return Posed(lines, project_face(lines, state, camera), expression, faint, about)


def posed_state(rig: FaceRig, state: RigState, gain: float) -> RigState:
    """Return the state that an exaggerating hand draws: brows and mouth go `gain` times as far.

    Lids and gaze stay, since beyond 1 they would leave the eye.
    """
    weights = np.where(free_shapes(rig), state.weights * gain, state.weights)
    return RigState(weights, state.identity, state.rotation)


def _au_entries(aus: dict[str, float], visible: dict[str, bool]) -> list[dict[str, Any]]:
    """List every AU of the label space with side, intensity, and whether it can be seen."""
    entries = []
    for label in AU_LABELS:
        number, side = split_label(label)
        entry: dict[str, Any] = {"au": number}
        if side is not None:
            entry["side"] = side
        entry["intensity"] = round(aus.get(label, 0.0), 3)
        entry["visible"] = bool(visible.get(label, False))
        entries.append(entry)
    return entries


def _short(values: NDArray[np.floating] | None, digits: int) -> list[Any]:
    """Round to what is worth keeping."""
    return np.round(np.asarray(values, dtype=np.float64), digits).tolist()


def sample_files(maker: Maker, index: int) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Return a sample's files by extension, and what its JSON says."""
    drawing, about = make_sample(maker, index)
    text = json.dumps(about, separators=(",", ":"), ensure_ascii=True)
    files = {
        "png": grey_png(drawing.picture),
        "json": text.encode("ascii"),
        "labels.png": grey_png(drawing.labels),
    }
    return files, about


def grey_png(image: NDArray[np.uint8]) -> bytes:
    """Encode an (H, W) uint8 picture."""
    height, width = image.shape
    rows = np.zeros((height, 1 + width), dtype=np.uint8)  # each row starts with "no filter"
    rows[:, 1:] = image
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
