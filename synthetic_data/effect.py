"""How far an Action Unit moves what is drawn: below a line's breadth nobody can read it."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..rig.face_rig import FaceRig
from ..rig.facs import AU_LABELS
from ..rig.point_basis import PointBasis

__all__ = ["FAINT", "NOMINAL", "faint_aus", "shape_gains"]

FAINT = 0.03
"""Motion of the landmark that moves most, interocular distances: about a pencil line's breadth."""
NOMINAL = 0.7
"""An AU that is absent counts as readable if this much of it could be seen."""


_KEPT = ("eye", "jaw")
_INWARD = ("mouthPucker", "mouthFunnel", "mouthRoll", "mouthPress", "mouthShrug", "mouthClose")
_INWARD_GAIN = 1.7
"""Shapes that an exaggerating hand leaves alone, and those that lips can follow only so far."""


def shape_gains(rig: FaceRig, gain: float) -> NDArray[np.float64]:
    """Return (B,) how far an exaggerating hand goes beyond each shape.

    Lids, gaze and jaw stay, since beyond 1 they would leave the head; lips that are drawn together
    would cross.
    """
    gains = np.full(len(rig.shape_names), gain)
    for row, name in enumerate(rig.shape_names):
        if name.startswith(_KEPT):
            gains[row] = 1.0
        elif name.startswith(_INWARD):
            gains[row] = min(gain, _INWARD_GAIN)
    return gains


_LIPS_PARTED_BY = ("AU26", "AU22", "AU10L", "AU10R", "AU16L", "AU16R")
"""Lips that these part are parted for all to see, however little AU25 itself adds."""


def faint_aus(
    rig: FaceRig,
    landmarks: PointBasis,
    aus: dict[str, float],
    gain: float,
    rotation: NDArray[np.float64],
) -> frozenset[str]:
    """Return the AU labels whose motion is too small for the eye in this view.

    Parameters
    ----------
    landmarks : the rig's landmarks with their displacement under each mode
    aus : AU label → intensity; an AU that is not there is judged at `NOMINAL`
    gain : how far an exaggerating hand goes beyond the rig
    rotation : (3, 3) head rotation; motion along the line of sight counts nothing
    """
    push = shape_gains(rig, gain)
    shown = np.array([aus.get(label) or NOMINAL for label in AU_LABELS])
    weights = np.clip(shown[:, None] * _each_au(rig), 0.0, 1.0)
    if "AU25" in aus:
        parting = {name: aus[name] for name in ("AU25", *_LIPS_PARTED_BY) if name in aus}
        weights[AU_LABELS.index("AU25")] = rig.weights_from_aus(parting)
    modes = landmarks.modes[-len(push) :]
    moved = (weights * push).astype(np.float32) @ modes.reshape(len(push), -1)
    seen = moved.reshape(-1, 3) @ rotation[:2].T
    far = np.sqrt((seen * seen).sum(axis=1)).reshape(len(AU_LABELS), -1).max(axis=1)
    reach = far / rig.interocular_m
    return frozenset(label for label, far in zip(AU_LABELS, reach, strict=True) if far < FAINT)


@lru_cache(maxsize=8)
def _each_au(rig: FaceRig) -> NDArray[np.float64]:
    """Return (AUs, B) the weights of each AU at intensity 1."""
    rows = {name: row for row, name in enumerate(rig.shape_names)}
    weights = np.zeros((len(AU_LABELS), len(rows)))
    for number, label in enumerate(AU_LABELS):
        for shape, weight in rig.au_table.get(label, {}).items():
            weights[number, rows[shape]] += weight
    return weights
