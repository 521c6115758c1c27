"""How sound fitted heads are, over many drawings: triangles, lids, lips, teeth, and the outline."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

__all__ = ["soundness_figures"]

_DEEP_MM = 0.5
"""Deeper than this lids in an eyeball, or lips in teeth, are a fault."""
_DEPTHS = ("lid_in_eye_mm", "lip_in_teeth_mm", "teeth_out_mm")
_SHUTTING = ("lids", "lips")
"""Where skin meets skin: on any head's own expression, too."""


def soundness_figures(records: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Return figures of what `fit.json` says of surface and outline.

    Parameters
    ----------
    records : of `report.fit_report`, one a drawing

    Returns
    -------
    turned_share : share of the drawings with any triangle turned over; `turned_most` of them
    folded_share : share with skin that passes through skin where it does not without the
        correction, lids and lips left out
    ..._mm_most : the deepest of all, and `..._deep_share` the drawings beyond half a millimetre
    outline_placed, outline_parametric, outline_snakes : mean intersection over union of the areas
        within the drawn outline and within the head's, where enough of it is drawn:
        `outline_drawings`
    """
    if not records:
        return {}
    quality = [record["quality"] for record in records]
    turned = np.array([each["turned_triangles"] for each in quality])
    folds = [
        sum(count for place, count in each["crossing_anew"].items() if place not in _SHUTTING)
        for each in quality
    ]
    found = {
        "turned_share": float((turned > 0).mean()),
        "turned_most": float(turned.max()),
        "folded_share": float((np.array(folds) > 0).mean()),
    }
    for name in _DEPTHS:
        depth = np.array([each[name] for each in quality], dtype=np.float64)
        found[f"{name}_most"] = float(depth.max())
        found[f"{name.removesuffix('_mm')}_deep_share"] = float((depth > _DEEP_MM).mean())
    outlines = [record["silhouette"]["iou"] for record in records]
    known = [each for each in outlines if each["snakes"] is not None]
    found["outline_drawings"] = float(len(known))
    for stage in known[0] if known else ():
        found[f"outline_{stage}"] = float(np.mean([each[stage] for each in known]))
    return found
