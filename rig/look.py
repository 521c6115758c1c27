"""What a head is painted with: skin, lips, cheeks, mouth, eyes, and where its neck fades out.

The same colours serve the software render, the .glb and the .blend. Colours are linear RGB, as
glTF's `COLOR_0` and Blender's float colour attributes want them.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .camera import Camera
from .eyeball import EyePose, eye_pose
from .face_rig import PART_NAMES, FaceRig
from .visibility import VisibilityGrid

__all__ = ["PART_COLOURS", "HeadLook", "head_colours", "head_look", "mouth_cavity"]

PART_COLOURS: dict[str, tuple[float, float, float]] = {
    "skin": (0.610, 0.365, 0.260),
    "eye_L": (0.760, 0.720, 0.690),
    "eye_R": (0.760, 0.720, 0.690),
    "teeth_upper": (0.860, 0.810, 0.720),
    "teeth_lower": (0.820, 0.770, 0.680),
    "tongue": (0.420, 0.110, 0.105),
    "lashes": (0.030, 0.020, 0.017),
}
"""Linear RGB of each part; eyes get iris and pupil, skin gets lips and blush on top."""

LIP_COLOUR = np.array([0.400, 0.120, 0.105])
BLUSH_COLOUR = np.array([0.560, 0.215, 0.165])
BROW_COLOUR = np.array([0.105, 0.060, 0.040])
CAVITY_COLOUR = np.array([0.055, 0.010, 0.009])

_SKIN = PART_NAMES.index("skin")
_FADE_M = 0.045  # the neck fades out over this length above its cut


@dataclass(frozen=True, slots=True, eq=False)
class HeadLook:
    """A rig's paint, worked out once.

    Attributes
    ----------
    colours : (V, 3) float32, linear RGB
    gloss : (V,) float32 in [0, 1]: how much it shines (lips, eyes, teeth)
    opacity : (V,) float32 in [0, 1]: 0 at the cut of the neck
    brows : (V,) float32 in [0, 1]: 1 under the brows, which `colours` leave out
    eyes : where the left and the right eye look at rest; None where there is no such eye
    """

    colours: NDArray[np.float32]
    gloss: NDArray[np.float32]
    opacity: NDArray[np.float32]
    brows: NDArray[np.float32]
    eyes: tuple[EyePose | None, EyePose | None]

    def with_brows(self) -> NDArray[np.float32]:
        """Return (V, 3) linear RGB for meshes that carry all their paint by vertex."""
        brows = 0.75 * self.brows[:, None]
        return (self.colours + brows * (BROW_COLOUR - self.colours)).astype(np.float32)


def head_look(rig: FaceRig) -> HeadLook:
    """Paint a rig. What it has no curves for (lips, brows) stays plain."""
    skin = rig.vertex_part == _SKIN
    colours = np.array([PART_COLOURS[name] for name in PART_NAMES])[rig.vertex_part]
    lips, cavity = _lips(rig), mouth_cavity(rig)
    for mask, paint in (
        (0.55 * _blush(rig), BLUSH_COLOUR),
        (0.92 * lips, LIP_COLOUR),
        (cavity, CAVITY_COLOUR),
    ):
        colours = np.where(skin[:, None], colours + mask[:, None] * (paint - colours), colours)
    shiny = np.isin(rig.vertex_part, [PART_NAMES.index(n) for n in PART_NAMES[1:6]])
    gloss = np.where(shiny, 1.0, 0.22 + 0.5 * lips - 0.22 * cavity)
    return HeadLook(
        colours=colours.astype(np.float32),
        gloss=np.clip(gloss, 0.0, 1.0).astype(np.float32),
        opacity=_opacity(rig).astype(np.float32),
        brows=_brows(rig).astype(np.float32),
        eyes=(eye_pose(rig.neutral, rig, "L"), eye_pose(rig.neutral, rig, "R")),
    )


@lru_cache(maxsize=8)
def head_colours(rig: FaceRig) -> NDArray[np.float32]:
    """Return (V, 3) linear RGB for meshes that carry their colours by vertex, brows included."""
    return head_look(rig).with_brows()


def _smoothstep(low: float, high: float, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 0 below `low`, 1 above `high`, and a smooth rise between."""
    t = np.clip((values - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def _curve(rig: FaceRig, name: str) -> NDArray[np.float64] | None:
    """Return the (N, 3) neutral points of a curve, or None where the rig lacks it."""
    if name not in rig.curves:
        return None
    return rig.curves[name].points.interpolate(rig.neutral, rig.triangles)


def _blush(rig: FaceRig) -> NDArray[np.float64]:
    """Return (V,) warmth of cheeks, nose and ears."""
    iod = rig.interocular_m
    middle = rig.eye_centres.mean(axis=0)
    spots = []  # centre, radii (x, y, z) in interocular distances, amount
    for side, eye in zip((1.0, -1.0), rig.eye_centres, strict=True):
        spots.append((eye + iod * np.array([side * 0.18, -0.72, 0.0]), (0.36, 0.36, 2.0), 0.8))
        spots.append((middle + iod * np.array([side * 1.25, -0.15, 0.0]), (0.3, 0.7, 1.0), 0.7))
    tip = _curve(rig, "nose_tip")
    if tip is not None:
        spots.append((tip.mean(axis=0), (0.2, 0.2, 0.3), 0.75))
    warmth = np.zeros(len(rig.neutral))
    for centre, radii, amount in spots:
        away = (rig.neutral - centre) / (np.array(radii) * iod)
        warmth = np.maximum(warmth, amount * np.exp(-0.5 * (away**2).sum(axis=1)))
    return warmth * (rig.neutral[:, 2] > middle[2] - 2.2 * iod)


def _ring_distance(points: NDArray[np.floating], ring: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return (N,) distance to a closed 2D polygon, positive inside, metres."""
    start, stop = ring, np.roll(ring, -1, axis=0)
    along = stop - start
    offset = points[:, None] - start
    share = (offset * along).sum(axis=2) / np.maximum((along**2).sum(axis=1), 1e-18)
    nearest = offset - np.clip(share, 0.0, 1.0)[..., None] * along
    distance = np.sqrt((nearest**2).sum(axis=2)).min(axis=1)
    spans = (start[:, 1] > points[:, None, 1]) != (stop[:, 1] > points[:, None, 1])
    with np.errstate(divide="ignore", invalid="ignore"):
        cut = start[:, 0] + (points[:, None, 1] - start[:, 1]) / along[:, 1] * along[:, 0]
    inside = (spans & (points[:, None, 0] < cut)).sum(axis=1) % 2 == 1
    return np.where(inside, distance, -distance)


def _region(
    rig: FaceRig, first: str, second: str, soft: tuple[float, float], depth_m: float
) -> NDArray[np.float64]:
    """Return (V,) 1 on skin between two curves as seen from the front, soft at the edge."""
    upper, lower = _curve(rig, first), _curve(rig, second)
    mask = np.zeros(len(rig.neutral))
    if upper is None or lower is None:
        return mask
    ring = np.concatenate([upper, lower[::-1]])
    low, high = ring.min(axis=0) - 0.01, ring.max(axis=0) + 0.01
    low[2], high[2] = ring[:, 2].min() - depth_m, ring[:, 2].max() + 0.02
    near = ((rig.neutral > low) & (rig.neutral < high)).all(axis=1) & (rig.vertex_part == _SKIN)
    rows = np.flatnonzero(near)
    mask[rows] = _smoothstep(*soft, _ring_distance(rig.neutral[rows, :2], ring[:, :2]))
    return mask


def _lips(rig: FaceRig) -> NDArray[np.float64]:
    """Return (V,) 1 on the lips."""
    return _region(rig, "upper_lip_outer", "lower_lip_outer", (-0.0018, 0.0012), 0.012)


def _brows(rig: FaceRig) -> NDArray[np.float64]:
    """Return (V,) 1 under the brows."""
    return np.maximum(
        _region(rig, "brow_upper_L", "brow_lower_L", (-0.003, 0.0015), 0.02),
        _region(rig, "brow_upper_R", "brow_lower_R", (-0.003, 0.0015), 0.02),
    )


@lru_cache(maxsize=8)
def mouth_cavity(rig: FaceRig) -> NDArray[np.float64]:
    """Return (V,) 1 on skin that closed lips hide from the front."""
    upper, lower = _curve(rig, "upper_lip_outer"), _curve(rig, "lower_lip_outer")
    cavity = np.zeros(len(rig.neutral))
    if upper is None or lower is None:
        return cavity
    ring = np.concatenate([upper, lower])
    low = ring.min(axis=0) - np.array([0.015, 0.03, 0.08])
    high = ring.max(axis=0) + np.array([0.015, 0.035, 0.0])
    near = ((rig.neutral > low) & (rig.neutral < high)).all(axis=1) & (rig.vertex_part == _SKIN)
    rows = np.flatnonzero(near)
    skin = rig.triangles[rig.vertex_part[rig.triangles[:, 0]] == _SKIN]
    front = Camera(1000.0, np.zeros(2), (1, 1))
    hidden = ~VisibilityGrid(rig.neutral, skin, front).visible(rig.neutral[rows], 0.0015)
    # right behind the lips' seam they are still lips: darken with depth
    behind = np.median(ring[:, 2]) - rig.neutral[rows, 2]
    cavity[rows] = hidden * _smoothstep(0.0, 0.008, behind)
    return cavity


def _opacity(rig: FaceRig) -> NDArray[np.float64]:
    """Return (V,) 0 at the open rim of the neck, 1 from `_FADE_M` above it."""
    skin = rig.triangles[rig.vertex_part[rig.triangles[:, 0]] == _SKIN]
    edges = np.sort(skin[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1).astype(np.int64)
    keys, counts = np.unique(edges[:, 0] * len(rig.neutral) + edges[:, 1], return_counts=True)
    rim_keys = keys[counts == 1]
    rim = np.unique([rim_keys // len(rig.neutral), rim_keys % len(rig.neutral)])
    low = rig.eye_centres[:, 1].mean() - 1.4 * rig.interocular_m  # not the rims of lids and mouth
    rim = rim[rig.neutral[rim, 1] < low] if len(rim) else rim
    if len(rim) == 0:
        return np.ones(len(rig.neutral))
    away = np.full(len(rig.neutral), np.inf)
    for start in range(0, len(rim), 64):
        block = rig.neutral[rim[start : start + 64]].astype(np.float64)
        squared = ((rig.neutral[:, None] - block) ** 2).sum(axis=2)
        away = np.minimum(away, np.sqrt(squared.min(axis=1)))
    opacity = _smoothstep(0.0, _FADE_M, away)
    return np.where(rig.vertex_part == _SKIN, opacity, 1.0)
