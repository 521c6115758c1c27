"""What a rig holds, in numbers and names, for people and for `limner rig show`."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import numpy as np

from .face_rig import PART_NAMES, FaceRig

__all__ = ["describe"]


def describe(rig: FaceRig) -> dict[str, Any]:
    """Return a rig's sizes and names; all values are plain Python, fit for JSON.

    Returns
    -------
    `name`, `licence`, `source`; counts `vertices`, `triangles`, `polygons`, `identity_modes`,
    `shapes` (those that move something) and `curves`; `parts` (part → vertices); `empty_shapes`,
    `unsupported_aus`, `identity_names`, `curve_names`; `interocular_mm`, `height_mm`.
    """
    moved = rig.blendshapes.any(axis=(1, 2))
    counts = np.bincount(rig.vertex_part, minlength=len(PART_NAMES))
    return {
        "name": rig.name,
        "licence": rig.licence,
        "source": rig.source,
        "vertices": len(rig.neutral),
        "polygons": len(rig.polygons),
        "triangles": len(rig.triangles),
        "parts": {part: int(n) for part, n in zip(PART_NAMES, counts, strict=True) if n},
        "shapes": int(moved.sum()),
        "empty_shapes": [
            name for name, moves in zip(rig.shape_names, moved, strict=True) if not moves
        ],
        "identity_modes": len(rig.identity_names),
        "identity_names": list(rig.identity_names),
        "curves": len(rig.curves),
        "curve_names": list(rig.curves),
        "unsupported_aus": list(rig.unsupported_aus),
        "interocular_mm": round(1000.0 * rig.interocular_m, 1),
        "height_mm": round(1000.0 * float(np.ptp(rig.neutral[:, 1])), 1),
    }
