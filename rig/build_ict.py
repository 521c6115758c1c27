"""Building the ICT-FaceKit rig from the model that a user has downloaded.

ICT-FaceKit is MIT-licensed, but its data are not part of limner: `build_ict` reads the user's own
copy. The source is in centimetres, +Y up, the face to +Z and `_L` on the subject's left (+X), as in
core space; only the unit changes. What limner cannot use is left out: the inner layer of the
eyeballs, tear film, occlusion shells and lashes.

References
----------
Li et al. (2020). Learning Formation of Physically-Based Face Attributes. CVPR.
https://doi.org/10.1109/CVPR42600.2020.00347
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .arkit import RIG_SHAPE_NAMES
from .au_table import default_au_table
from .face_rig import PART_NAMES, FaceRig
from .ict_curves import feature_curves, landmarks
from .ict_regions import contour_feature
from .ict_shapes import blendshapes, close_eyes, turn_eyes
from .ict_source import read_model

__all__ = ["build_ict"]

METRES_PER_CM = 0.01

KEPT: tuple[tuple[str, int, int], ...] = (
    # part; first and last + 1 vertex of the source
    ("skin", 0, 11_248),  # face, head and neck
    ("tongue", 11_248, 13_294),  # the mouth's lining goes on from the lips
    ("skin", 13_294, 14_062),  # eye sockets, behind the lids
    ("tongue", 14_062, 17_039),  # with the gums
    ("teeth_upper", 17_039, 19_247),
    ("teeth_lower", 19_247, 21_451),
    ("eye_L", 21_451, 22_221),  # the outer layer with the cornea
    ("eye_R", 23_021, 23_791),
)
LAST_OUTSIDE = 11_248
"""Face, head and neck end here: what follows lies inside the head."""

SIDE_BLEND_M = 0.01
"""Half of the width over which left turns into right."""

PIVOT_M = (0.0, 0.012, 0.01)
"""Between the ears, where the head turns and nods."""


def build_ict(source: Path) -> FaceRig:
    """Build the rig `ict` from a folder or an archive (.tar.*, .zip) of ICT-FaceKit's FaceXModel.

    Parameters
    ----------
    source : Path
        The folder `FaceXModel`, the one above it, or an archive that holds it.

    Returns
    -------
    FaceRig
        The 53 shapes (`tongueOut` is zero: the model has no such shape) and 100 identity modes.

    Raises
    ------
    RigError
        If the model is missing, damaged, incomplete, or of another topology.
    """
    model = read_model(source)
    kept, part = _kept_vertices()
    neutral = METRES_PER_CM * model.neutral[kept]
    polygons, triangles = _kept_polygons(model.polygons, kept)
    triangle_part = part[triangles[:, 0]]
    eyes = {side: triangle_part == PART_NAMES.index(f"eye_{side}") for side in "LR"}
    skin = triangle_part == PART_NAMES.index("skin")
    shapes = METRES_PER_CM * blendshapes(model, kept)
    close_eyes(shapes, neutral, triangles, skin)
    centres = turn_eyes(shapes, neutral, part)
    missing = [name for name, shape in zip(RIG_SHAPE_NAMES, shapes, strict=True) if not shape.any()]
    au_table, unsupported = default_au_table(missing)
    return FaceRig(
        name="ict",
        licence="MIT, Copyright (c) 2020 USC Institute for Creative Technologies",
        source="https://github.com/USC-ICT/ICT-FaceKit",
        neutral=neutral.astype(np.float32),
        polygons=polygons,
        triangles=triangles,
        vertex_part=part,
        blendshapes=shapes.astype(np.float32),
        identity_names=tuple(f"identity{mode:03d}" for mode in range(len(model.identity))),
        identity=np.ascontiguousarray(model.identity[:, kept] * np.float32(METRES_PER_CM)),
        au_table=au_table,
        unsupported_aus=unsupported,
        landmarks=landmarks(neutral, triangles, eyes),
        curves=feature_curves(neutral, triangles, skin, eyes),
        left=_smoothstep(0.5 + 0.5 * neutral[:, 0] / SIDE_BLEND_M).astype(np.float32),
        eye_centres=centres.astype(np.float32),
        pivot=np.array(PIVOT_M, dtype=np.float32),
        contour_feature=contour_feature(model.neutral[kept], kept < LAST_OUTSIDE),
    )


def _smoothstep(value: NDArray[np.floating]) -> NDArray[np.float64]:
    """Rise smoothly from 0 at 0 to 1 at 1."""
    clipped = np.clip(value, 0.0, 1.0)
    return clipped * clipped * (3.0 - 2.0 * clipped)


def _kept_vertices() -> tuple[NDArray[np.intp], NDArray[np.uint8]]:
    """Return the source's vertices that the rig keeps, ascending, and the part of each."""
    kept = np.concatenate([np.arange(first, last) for _, first, last in KEPT])
    part = np.concatenate(
        [np.full(last - first, PART_NAMES.index(name)) for name, first, last in KEPT]
    )
    return kept, part.astype(np.uint8)


def _kept_polygons(
    polygons: NDArray[np.int32], kept: NDArray[np.intp]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the polygons among kept vertices, renumbered, and their triangles."""
    renumber = np.full(polygons.max() + 2, -1, dtype=np.int32)  # the last entry answers for -1
    renumber[kept] = np.arange(len(kept))
    whole = (renumber[polygons] >= 0) | (polygons < 0)
    polygons = renumber[polygons[whole.all(axis=1)]]
    fans = np.stack([polygons[:, [0, 1, 2]], polygons[:, [0, 2, 3]]], axis=1).reshape(-1, 3)
    return polygons, fans[(fans >= 0).all(axis=1)]
