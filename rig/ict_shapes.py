"""The 53 shapes of a rig from the 55 expressions of ICT-FaceKit, and what the source leaves open.

* `cheekPuff` is the sum of its sides.
* `cheekSquint` alone hardly shows; with `cheekRaiser`, a shape that ARKit does not name, it lifts
  the cheek and the lower lid as AU6 does.
* `eyeBlink` leaves up to 1.6 mm of the eyeball open; the upper lid goes the rest of the way.
* The gaze shapes move the lids alone; here the eyeballs turn, too.
* There is no `tongueOut`.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from .arkit import RIG_SHAPE_NAMES
from .face_rig import PART_NAMES, rotation_matrix
from .ict_curves import eye_frame, margins
from .ict_source import IctModel
from .surface import nearest_surface

__all__ = ["blendshapes", "close_eyes", "turn_eyes"]

SIDES = (("L", "Left"), ("R", "Right"))

GAZE_DEG = {"eyeLookUp": 18.0, "eyeLookDown": 22.0, "eyeLookIn": 30.0, "eyeLookOut": 30.0}
"""How far an eyeball turns at weight 1. The source moves the lids alone, so these angles were
chosen by eye: the iris stays in the opening that the source's lids leave."""

CORNER_M = 0.004
"""Near the corners of the eye the correction of the blink fades out."""


def blendshapes(model: IctModel, kept: NDArray[np.intp]) -> NDArray[np.float32]:
    """Return the (53, V, 3) shapes in the rig's order, centimetres; zero where ICT has none."""
    sources = {name: [name] for name in RIG_SHAPE_NAMES if name in model.expressions}
    for side, word in SIDES:
        for name in model.expressions:
            if name.endswith(f"_{side}"):
                sources[name.removesuffix(f"_{side}") + word] = [name]
        sources[f"cheekSquint{word}"].append(f"cheekRaiser_{side}")
    sources["cheekPuff"] = ["cheekPuff_L", "cheekPuff_R"]
    shapes = np.zeros((len(RIG_SHAPE_NAMES), len(kept), 3), dtype=np.float32)
    for shape, name in zip(shapes, RIG_SHAPE_NAMES, strict=True):
        for source in sources.get(name, ()):
            shape += model.expressions[source][kept]
    return shapes


def close_eyes(
    shapes: NDArray[np.floating],
    neutral: NDArray[np.float64],
    triangles: NDArray[np.int32],
    skin: NDArray[np.bool_],
) -> None:
    """Let the upper lids of `eyeBlink` meet the lower ones (in place).

    What is left open between the lids' edges, or overlaps, is added to every vertex of the upper
    lid, in the measure in which the blink moves it.
    """
    lines = margins(neutral, triangles[skin])
    for side, word in SIDES:
        shape = shapes[RIG_SHAPE_NAMES.index(f"eyeBlink{word}")]
        lids = [
            nearest_surface(neutral, triangles, lines[f"{lid}_lid_{side}"], skin)[0]
            for lid in ("upper", "lower")
        ]
        upper, lower = (lid.interpolate(neutral + shape, triangles) for lid in lids)
        moved = lids[0].interpolate(shape, triangles)
        order, order_low = np.argsort(upper[:, 0]), np.argsort(lower[:, 0])
        at = upper[order, 0]
        meet = [np.interp(at, lower[order_low, 0], column[order_low]) for column in lower.T]
        rest = np.column_stack(meet) - upper[order]
        to_corner = np.minimum(at - at[0], at[-1] - at)
        rest *= np.clip(to_corner / CORNER_M, 0.0, 1.0)[:, None]
        rest = gaussian_filter1d(rest, 1.0, axis=0, mode="constant")
        full = np.maximum(-moved[order, 1], 1e-4)
        x = neutral[:, 0] + shape[:, 0]
        share = np.clip(-shape[:, 1] / np.interp(x, at, full), 0.0, 1.0)
        shape += share[:, None] * np.column_stack(
            [np.interp(x, at, column, 0.0, 0.0) for column in rest.T]
        )


def turn_eyes(
    shapes: NDArray[np.floating], neutral: NDArray[np.float64], part: NDArray[np.uint8]
) -> NDArray[np.float64]:
    """Make the gaze shapes turn the eyeballs (in place); return the eyes' centres, left, right."""
    centres = []
    for side, word in SIDES:
        ball = part == PART_NAMES.index(f"eye_{side}")
        centre, _ = eye_frame(neutral[ball])
        for name, angle_deg in GAZE_DEG.items():
            spin = rotation_matrix(np.radians(angle_deg) * _gaze_axis(name, side))
            turned = centre + (neutral[ball] - centre) @ spin.T
            shapes[RIG_SHAPE_NAMES.index(name + word), ball] = turned - neutral[ball]
        centres.append(centre)
    return np.stack(centres)


def _gaze_axis(name: str, side: str) -> NDArray[np.float64]:
    """Return the (3,) axis about which an eye turns: +X lowers the gaze, +Y turns it left."""
    outward = 1.0 if side == "L" else -1.0
    return np.array(
        {
            "eyeLookUp": (-1.0, 0.0, 0.0),
            "eyeLookDown": (1.0, 0.0, 0.0),
            "eyeLookOut": (0.0, outward, 0.0),
            "eyeLookIn": (0.0, -outward, 0.0),
        }[name]
    )
