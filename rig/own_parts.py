"""Which loose pieces of somebody's own head are skin, teeth and tongue, and which are left out."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from .face_rig import PART_NAMES
from .shape_places import SIGNED_BY
from .source_head import SourceHead, vertex_areas

__all__ = ["LEFT_OUT", "face_piece", "part_of_piece", "pieces_named"]

Array = NDArray[np.float64]

LEFT_OUT = -1
"""Hair, lashes, clothes, inner layers of eyes: nothing that limner draws by."""

_NAMED = (
    (r"teeth|tooth|gum|dent", "teeth"),
    (r"tongue", "tongue"),
    (r"lash|hair|brow|beard|moustache|mustache|glass|hat\b|cloth|shirt|tear|occlu|shadow", "out"),
)
_NEAR_IOD, _MOUTH_IOD = 0.2, 1.0
_LEAST_SKIN = 0.02


def face_piece(head: SourceHead, piece: NDArray[np.int32]) -> int:
    """Return the number of the loose piece that shapes move in most places: the face."""
    areas = vertex_areas(head.vertices, head.triangles)
    busy = np.zeros(len(head.vertices))
    for name in SIGNED_BY:
        if name in head.shapes:
            far = np.linalg.norm(head.shapes[name], axis=1)
            busy += far / max(float(far.max()), 1e-30)
    return int(np.bincount(piece, weights=busy * areas).argmax())


def pieces_named(head: SourceHead, rows: NDArray[np.intp]) -> str:
    """Return what a piece's name says: `teeth`, `tongue`, `out`, or nothing."""
    words = " ".join(head.labels[label] for label in np.unique(head.label[rows])).lower()
    return next((kind for pattern, kind in _NAMED if re.search(pattern, words)), "")


def part_of_piece(
    head: SourceHead,
    rows: NDArray[np.intp],
    skin: NDArray[np.intp],
    mouth: Array,
    iod: float,
    wrapped: Array,
) -> int:
    """Return the part, an index of `PART_NAMES`, or `LEFT_OUT`, of a piece that is no eyeball.

    Parameters
    ----------
    rows, skin : vertices of the piece, and of the face
    mouth : (3,) the middle between the lips, metres
    wrapped : (N, 3) where our head's skin came to lie
    """
    from scipy.spatial import cKDTree

    named = pieces_named(head, rows)
    points = head.vertices[rows]
    middle = points.mean(axis=0)
    reach = np.abs(points - mouth).max(axis=0)
    is_in_mouth = middle[2] < mouth[2] + 0.05 * iod and reach.max() < 1.7 * iod
    is_in_mouth &= bool(np.linalg.norm(middle - mouth) < _MOUTH_IOD * iod)
    if named == "out":
        return LEFT_OUT
    if is_in_mouth or named in ("teeth", "tongue"):
        return PART_NAMES.index(_mouth_part(head, rows, skin, named))
    near = cKDTree(wrapped).query(points)[0] < _NEAR_IOD * iod
    areas = vertex_areas(head.vertices, head.triangles)
    is_large = areas[rows].sum() > _LEAST_SKIN * areas[skin].sum()
    return PART_NAMES.index("skin") if is_large and near.mean() > 0.7 else LEFT_OUT


def _mouth_part(
    head: SourceHead, rows: NDArray[np.intp], skin: NDArray[np.intp], named: str
) -> str:
    """Return whether a piece in the mouth is upper or lower teeth, or tongue, by how it moves."""
    if named == "tongue":
        return "tongue"
    drop, out = (
        np.linalg.norm(head.shapes[name], axis=1)
        if name in head.shapes
        else np.zeros(len(head.vertices))
        for name in ("jawOpen", "tongueOut")
    )
    if named != "teeth" and out[rows].max() > 0.3 * max(float(out.max()), 1e-30):
        return "tongue"
    share = drop[rows] / max(float(np.quantile(drop[skin], 0.99)), 1e-30)
    if named != "teeth" and np.ptp(share) > 0.6:
        return "tongue"  # gums of both jaws in one: what lies behind the teeth
    return "teeth_lower" if share.mean() > 0.3 else "teeth_upper"
