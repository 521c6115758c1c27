"""One sample of a data set: chance decides a face, a view and a hand; three files come out."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ..rig.face_rig import RigState
from ..rig.png import png_bytes
from .chance import chance_of
from .clips import make_frame
from .effect import faint_aus
from .evenly import rounded
from .face import project_face
from .maker import SCHEMA, Maker, Posed, au_entries, curve_entries, drawn_entries, posed_state
from .negatives import draw_no_face
from .pairs import draw_pair
from .person import (
    noisy_weights,
    posed_entries,
    sample_camera,
    sample_gain,
    sample_identity,
    sample_noise,
    sample_rig,
)
from .render import Drawing, draw_face
from .sampler import sample_expression, sample_rotation
from .text import json_text

__all__ = [
    "SCHEMA", "Maker", "encoded", "make_sample", "pose_face", "posed_state",
    "sample_files",
]  # fmt: skip

NO_FACE_SHARE = 0.05
FACE_DRAWINGS = 1
_HAND, _FACE, _PAIR = 1, 2, 3  # streams of chance; `clips.py` has others


def make_sample(maker: Maker, index: int) -> tuple[Drawing, dict[str, Any]]:
    """Draw sample number `index`: the same bytes whoever makes it, and in any order.

    Returns
    -------
    The drawing, and what its JSON file says, with arrays where the file has lists.
    """
    if maker.frames:
        return make_frame(maker, index)
    rng = chance_of((maker.seed, _HAND), index)
    style = maker.styles[int(rng.integers(len(maker.styles)))]
    hand = style.hand(rng)
    about: dict[str, Any] = {
        "schema": SCHEMA, "seed": maker.seed, "index": index, "style": style.name,
        "size": maker.size, "hand": hand.told(),
    }  # fmt: skip
    if rng.random() < NO_FACE_SHARE:
        return draw_no_face(hand, maker.size, rng), {**about, "is_face": False, "aus": []}
    number = index // FACE_DRAWINGS
    if number not in maker.kept:
        maker.kept.clear()
        maker.kept[number] = pose_face(maker, number)
    posed = maker.kept[number]
    aus = posed.expression.aus
    if maker.pairs:
        drawing = draw_pair(posed, hand, (maker.seed, _PAIR, index), rng)
    else:
        drawing = draw_face(posed.seen, posed.lines.rig, aus, hand, maker.size, rng, posed.faint)
    about |= {
        "is_face": True,
        **posed.about,
        "aus": au_entries(aus, drawing.visible or {}),
        **drawn_entries(drawing),
        "curves": curve_entries(drawing),
    }
    if drawing.neutral is not None:
        about["neutral"] = drawn_entries(drawing.neutral)
    return drawing, about


def pose_face(maker: Maker, number: int) -> Posed:
    """Draw a rig, an expression, an identity and a view by chance, and project them."""
    rng = chance_of((maker.seed, _FACE), number)
    lines = sample_rig(maker, rng)
    rig = lines.rig
    expression = sample_expression(rng, maker.aus)
    identity = sample_identity(rig, rng)
    noise = sample_noise(len(rig.shape_names), rng)
    weights = noisy_weights(rig, expression.aus, noise)
    gain = sample_gain(rng)
    rotation = rounded(sample_rotation(rng), 1e5)
    camera = sample_camera(rig, maker.size, rng)
    state = posed_state(rig, RigState(weights, identity, rotation), gain)
    about = {
        "rig": rig.name,
        "identity_id": f"{maker.seed}-{number}",
        "emotion": expression.emotion,
        **posed_entries(rig, identity, weights, gain, rotation, camera),
    }
    seen = project_face(lines, state, camera)
    faint = faint_aus(rig, lines.landmarks, expression.aus, gain, seen.rotation)
    return Posed(lines, seen, expression, faint, about, state, camera)


def sample_files(maker: Maker, index: int) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Return a sample's files by extension, and what its JSON says."""
    drawing, about = make_sample(maker, index)
    return encoded(drawing, about), about


def encoded(drawing: Drawing, about: dict[str, Any]) -> dict[str, bytes]:
    """Return a sample's files by extension."""
    files = {
        "png": png_bytes(drawing.picture, in_runs=True),
        "json": json_text(about).encode("ascii"),
        "labels.png": png_bytes(drawing.labels, in_runs=True),
    }
    if drawing.neutral is not None:
        files["neutral.png"] = png_bytes(drawing.neutral.picture, in_runs=True)
    return files
