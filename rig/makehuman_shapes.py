"""The 53 expression shapes of the MakeHuman head, made symmetric and true to the eyeball."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .arkit import ARKIT_NAMES, RIG_SHAPE_NAMES, mirror_name
from .face_rig import rotation_matrix
from .makehuman_lips import SEALED_SHAPES, seal_lips, smooth_skin
from .makehuman_mesh import EYE_RADIUS_M, HeadCut
from .makehuman_source import BaseMesh, MakeHumanSource
from .makehuman_units import unit_shapes

__all__ = ["build_shapes", "helper_eye", "left_weight", "side_blend"]

Array = NDArray[np.float64]

_BLEND_HALF_WIDTH_M = 0.012
_LID_CLEARANCE_M = 0.0002
_RING_PULL = (1.0, 1.0, 1.0, 1.0, 1.0, 0.9, 0.75, 0.55, 0.35, 0.15, 0.0, 0.0)
"""How far each ring round the eye follows the lid's edge when a blink is corrected."""
_FIRST_OUTER_RING = 2
"""Rings from here outwards must stay out of the eyeball; the two inside are tucked into it."""
_MARGIN_RING = 3
"""The edge of the lid, on which the lashes grow: where the drawn lid line runs."""
_GAZE_DEG = {
    "eyeLookUp": (-20.0, 0.0, 0.0),
    "eyeLookDown": (22.0, 0.0, 0.0),
    "eyeLookIn": (0.0, -24.0, 0.0),
    "eyeLookOut": (0.0, 24.0, 0.0),
}
"""Rotation vector of the left ball at weight 1. The targets turn it by 10 to 21 degrees and shear
it; a strong drawn gaze brings the edge of the iris to the corner of the eye."""
_SYMMETRIC_SPLIT = "browInnerUp"
_SMOOTHED, _SMOOTH_ROUNDS = ("mouth", "jaw", "cheek", "noseSneer"), 4
_BLINK_SMOOTH_ROUNDS = 12
_GAIN = {
    "browInnerUp": 1.3, "jawLeft": 1.3, "jawRight": 1.3, "mouthLowerDownLeft": 1.25,
    "mouthUpperUpLeft": 1.15, "mouthRollLower": 1.9, "mouthRollUpper": 1.1,
}  # fmt: skip
"""Targets that are weaker than the Action Unit they stand for at its strongest; right ones follow
the left. Rolled lips hide nearly all red only at this strength."""


def helper_eye(base: BaseMesh, side: str) -> NDArray[np.int64]:
    """Return the base mesh's own eyeball vertices on side `"L"` or `"R"`."""
    return np.unique(base.quads[base.group == f"helper-{side.lower()}-eye"])


def left_weight(neutral: NDArray[np.floating]) -> Array:
    """Return (V,) weights that rise smoothly from 0 on the right to 1 on the subject's left."""
    t = np.clip(neutral[:, 0] / (2.0 * _BLEND_HALF_WIDTH_M) + 0.5, 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def side_blend(values: Array, neutral: NDArray[np.floating], side: str) -> Array:
    """Keep what a symmetric (V, 3) displacement does on one side."""
    left = left_weight(neutral)[:, None]
    return values * (left if side == "L" else 1.0 - left)


def build_shapes(
    source: MakeHumanSource,
    base: BaseMesh,
    cut: HeadCut,
    neutral: Array,
    eye_centres: Array,
    *,
    units: bool = False,
) -> Array:
    """Return the (53, V, 3) shapes in the order of `RIG_SHAPE_NAMES`, metres.

    Parameters
    ----------
    neutral : (V, 3) metres, the mean adult
    eye_centres : (2, 3) metres, left then right
    units : True for MakeHuman's own expression units where they show the same Action Unit
    """
    raw = {name: source.face_unit(name) for name in ARKIT_NAMES}
    others = unit_shapes(source, left_weight(base.vertices)) if units else {}
    raw |= others
    whole: dict[str, Array] = {}
    for name in ARKIT_NAMES:
        if name in whole:
            continue
        other = mirror_name(name)
        both = (raw[name] + _mirrored(raw[other], base.mirror)) / 2.0
        gain = 1.0 if name in others else _GAIN.get(name, 1.0)
        shape = np.where(cut.source[:, None] >= 0, both[cut.source], 0.0) * gain
        if name.startswith("eye") and name.endswith("Left"):
            shape = _mend_left_eye(name, shape, cut, neutral, eye_centres[0])
        if name.startswith(_SMOOTHED):
            shape = smooth_skin(shape, cut.polygons, _SMOOTH_ROUNDS, cut.part > 0)
        if name in SEALED_SHAPES:
            beside = whole["mouthRollLower"] if name == "mouthRollUpper" else 0.0
            shape = _sealed(name, shape, cut, neutral + beside)
        whole[name] = shape
        whole[other] = _mirrored(shape, cut.mirror) if other != name else shape
    inner = whole.pop(_SYMMETRIC_SPLIT)
    whole["browInnerUpLeft"] = side_blend(inner, neutral, "L")
    whole["browInnerUpRight"] = side_blend(inner, neutral, "R")
    return np.stack([whole[name] for name in RIG_SHAPE_NAMES])


def _sealed(name: str, shape: Array, cut: HeadCut, neutral: Array) -> Array:
    """Keep the lips closed; a left shape takes its share of what both sides together need.

    `neutral` holds what the shape will be worn with: lips are rolled together or not at all.
    """
    if mirror_name(name) == name or name.startswith(("jaw", "mouthLeft", "mouthRight")):
        return shape + seal_lips(neutral + shape, cut)
    both = shape + _mirrored(shape, cut.mirror)
    return shape + side_blend(seal_lips(neutral + both, cut), neutral, "L")


def _mirrored(shape: Array, mirror: NDArray[np.int64]) -> Array:
    """Return the displacement that does the same on the other side."""
    return shape[mirror] * [-1.0, 1.0, 1.0]


def _mend_left_eye(
    name: str,
    shape: Array,
    cut: HeadCut,
    neutral: Array,
    centre: Array,
) -> Array:
    """Turn the ball rigidly, make a blink close, and keep the lids out of the ball."""
    shape = shape.copy()
    ball = np.flatnonzero(cut.part == 1)
    gaze = _GAZE_DEG.get(name.removesuffix("Left"))
    if gaze is not None:
        turn = rotation_matrix(np.radians(gaze))
        shape[ball] = (neutral[ball] - centre) @ (turn - np.eye(3)).T
    if name.startswith("eyeBlink"):
        shape = _close_lids(shape, cut, neutral)
        fixed = cut.part > 0
        fixed[np.concatenate(cut.eye_rings[: _MARGIN_RING + 1])] = True
        shape = smooth_skin(shape, cut.polygons, _BLINK_SMOOTH_ROUNDS, fixed)
    return _lift_lids(shape, cut, neutral, centre)


def _corners(ring: list[int], neutral: Array) -> tuple[list[int], list[int]]:
    """Split a ring round the left eye at its corners: upper and lower lid, inner to outer."""
    outer = int(np.argmax(neutral[ring, 0]))
    return ring[: outer + 1], [ring[0], *ring[: outer - 1 : -1]]


def _close_lids(shape: Array, cut: HeadCut, neutral: Array) -> Array:
    """Move the upper lid so that its edge lies on the lower lid's edge, and its rings with it.

    The face unit was made for the base mesh, whose eyes are wider than the mean adult's: there
    the upper lid would run up to 5 mm over the lower one.
    """
    closed = neutral + shape
    upper, lower = _corners(cut.eye_rings[_MARGIN_RING], neutral)
    lower_x = closed[lower, 0]
    wanted = np.stack(
        [
            closed[upper, 0],
            *(np.interp(closed[upper, 0], lower_x, closed[lower, d]) for d in (1, 2)),
        ],
        axis=1,
    )
    miss = wanted - closed[upper]
    mended = shape.copy()
    at = neutral[upper, 0]
    for ring, pull in zip(cut.eye_rings, _RING_PULL, strict=True):
        rim, _ = _corners(ring, neutral)
        for vertex in rim[1:-1]:
            move = [np.interp(neutral[vertex, 0], at, miss[:, d]) for d in range(3)]
            mended[vertex] += pull * np.array(move)
    return mended


def _lift_lids(shape: Array, cut: HeadCut, neutral: Array, centre: Array) -> Array:
    """Push lid vertices that end inside the eyeball out to its surface."""
    lids = np.unique(np.concatenate(cut.eye_rings[_FIRST_OUTER_RING:]))
    offset = (neutral + shape)[lids] - centre
    radius = np.linalg.norm(offset, axis=1)
    least = EYE_RADIUS_M + _LID_CLEARANCE_M
    grow = np.maximum(least / radius, 1.0)
    lifted = shape.copy()
    lifted[lids] += offset * (grow - 1.0)[:, None]
    return lifted
