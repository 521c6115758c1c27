"""MakeHuman's own expression units as shapes: a second dialect of the same face.

The ARKit face units of the default head were modelled by one hand, MakeHuman's `expression/units`
by another, years before. Where a unit shows an Action Unit, it can stand in for the ARKit shape:
the same actions, the same head, drawn with other muscles in mind. How alike both are (cosine of
their displacements, right shapes as left ones) stands behind each.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .makehuman_source import MakeHumanSource

__all__ = ["unit_shapes"]

Array = NDArray[np.float64]

_FOLDER = "expression/units"
_ORIGINS = ("african", "asian", "caucasian")
_SIDED = {
    "browOuterUp": "eyebrows-{}-extern-up",  # 0.74
    "browDown": "eyebrows-{}-down",  # 0.37: the whole brow, where ARKit's knits it
    "eyeWide": "eye-{}-opened-up",  # 0.82
    "eyeSquint": "eye-{}-slit",  # 0.35: both lids, where ARKit's raises the lower one
    "noseSneer": "nose-{}-elevation",  # 0.62
}
"""Shape without its side → unit, which has a side."""
_WHOLE = {
    "mouthSmile": "mouth-corner-puller",  # 0.83
    "mouthFrown": "mouth-depression",  # 0.61
    "mouthUpperUp": "mouth-elevation",  # 0.77
    "mouthDimple": "mouth-retraction",  # 0.76
}
"""Shape without its side → unit of both sides, which is parted in the middle."""
_MIDDLE = {
    "mouthPucker": "mouth-pursing",  # 0.90
    "mouthFunnel": "mouth-protusion",  # 0.59
}
_GAIN = {"eyeSquint": 0.6}
"""In full, the slit is all but shut."""
_BROWS = "eyebrows-{}-inner-up"  # 0.50 with browInnerUp


def unit_shapes(source: MakeHumanSource, left: NDArray[np.floating]) -> dict[str, Array]:
    """Return ARKit shape name → (19158, 3) metres of the units that show its Action Unit.

    Parameters
    ----------
    left : (19158,) 1 on the subject's left, 0 on the right, smooth across the middle
    """
    shares = {"Left": left[:, None], "Right": 1.0 - left[:, None]}
    shapes = {name: _unit(source, unit) for name, unit in _MIDDLE.items()}
    for side, share in shares.items():
        for stem, unit in _SIDED.items():
            named = unit.format(side.lower())
            shapes[f"{stem}{side}"] = _unit(source, named) * _GAIN.get(stem, 1.0)
        for stem, unit in _WHOLE.items():
            shapes[f"{stem}{side}"] = _unit(source, unit) * share
    shapes["browInnerUp"] = sum(
        (_unit(source, _BROWS.format(side)) for side in ("left", "right")), np.zeros((len(left), 3))
    )
    return shapes


def _unit(source: MakeHumanSource, name: str) -> Array:
    """Return one unit, the mean of those of all origins, as the neutral head is."""
    units = [source.target(f"targets/{_FOLDER}/{origin}/{name}") for origin in _ORIGINS]
    return np.asarray(sum(units) / len(units), dtype=np.float64)
