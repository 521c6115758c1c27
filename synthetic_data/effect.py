"""How far an Action Unit moves what is drawn: below a line's breadth nobody can read it."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..rig.face_rig import FaceRig
from ..rig.facs import AU_LABELS
from ..rig.point_basis import PointBasis
from .compiled import compiled

__all__ = ["FAINT", "NOMINAL", "faint_aus", "shape_gains"]

FAINT = 0.03
"""Motion of the landmark that moves most, interocular distances: about a pencil line's breadth."""
NOMINAL = 0.7
"""An AU that is absent counts as readable if this much of it could be seen."""


_ROWS = {label: row for row, label in enumerate(AU_LABELS)}
_KEPT = ("eye", "jaw")
_INWARD = ("mouthPucker", "mouthFunnel", "mouthRoll", "mouthPress", "mouthShrug", "mouthClose")
_INWARD_GAIN = 1.7
"""Shapes that an exaggerating hand leaves alone, and those that lips can follow only so far."""


def shape_gains(rig: FaceRig, gain: float) -> NDArray[np.float64]:
    """Return (B,) how far an exaggerating hand goes beyond each shape.

    Lids, gaze and jaw stay, since beyond 1 they would leave the head; lips that are drawn together
    would cross.
    """
    return np.array([1.0, min(gain, _INWARD_GAIN), gain])[_kinds(rig.shape_names)]


@lru_cache(maxsize=8)
def _kinds(names: tuple[str, ...]) -> NDArray[np.intp]:
    """Return (B,) of which kind each shape is: 0 is kept, 1 drawn together, 2 any other."""
    return np.array(
        [0 if name.startswith(_KEPT) else 1 if name.startswith(_INWARD) else 2 for name in names]
    )


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
    shown = np.full(len(AU_LABELS), NOMINAL)
    for label, intensity in aus.items():
        shown[_ROWS[label]] = intensity or NOMINAL
    gains = np.array([1.0, min(gain, _INWARD_GAIN), gain])
    reach = _farthest(*_motions(rig, landmarks), shown, gains, rotation)
    if "AU25" in aus:
        parting = {name: aus[name] for name in ("AU25", *_LIPS_PARTED_BY) if name in aus}
        push = rig.weights_from_aus(parting) * shape_gains(rig, gain)
        moved = push.astype(np.float32) @ landmarks.modes[-len(push) :].reshape(len(push), -1)
        seen = moved.reshape(-1, 3) @ rotation[:2].T
        reach[_ROWS["AU25"]] = float(np.sqrt((seen * seen).sum(axis=1).max()))
    near = np.flatnonzero(reach < FAINT * rig.interocular_m).tolist()
    return frozenset([AU_LABELS[row] for row in near])


@lru_cache(maxsize=8)
def _motions(rig: FaceRig, landmarks: PointBasis) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return (3, AUs, M, 3) metres: how each AU moves the landmarks by shapes of each kind.

    And (AUs, M) which of them each AU moves at all, -1 after the last one. Kinds are those of
    `shape_gains`: kept, inward, all others. No AU asks more than 1 of a shape.
    """
    kinds = _kinds(rig.shape_names)
    modes = landmarks.modes[-len(kinds) :].astype(np.float64)
    each = np.clip(_each_au(rig), 0.0, 1.0)
    motions = np.stack([np.tensordot(each * (kinds == kind), modes, axes=1) for kind in range(3)])
    moved = np.full(motions.shape[1:3], -1)
    for label, moves in enumerate(motions.any(axis=(0, 3))):
        rows = np.flatnonzero(moves)
        moved[label, : len(rows)] = rows
    return motions, moved


@compiled
def _farthest(
    motions: NDArray[np.float64],
    moved: NDArray[np.int64],
    amounts: NDArray[np.float64],
    gains: NDArray[np.float64],
    rotation: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return (AUs,) metres: how far the landmark that moves most moves across the line of sight.

    Parameters
    ----------
    motions : (3, AUs, M, 3) metres, by shapes of each kind
    moved : (AUs, M) which landmarks each AU moves at all; -1 after the last one
    amounts, gains : (AUs,) how much of each AU; (3,) how far the hand goes beyond each kind
    rotation : (3, 3) head rotation
    """
    count = len(moved)
    reach, way = np.zeros(count), np.empty(3)
    for label in range(count):
        for number in range(len(moved[label])):
            place = moved[label, number]
            if place < 0:
                break
            for axis in range(3):
                way[axis] = gains[0] * motions[0, label, place, axis]
                way[axis] += gains[1] * motions[1, label, place, axis]
                way[axis] += gains[2] * motions[2, label, place, axis]
            square = 0.0
            for axis in range(2):
                seen = rotation[axis, 0] * way[0] + rotation[axis, 1] * way[1]
                seen += rotation[axis, 2] * way[2]
                square += seen * seen
            reach[label] = max(reach[label], square)
        reach[label] = amounts[label] * math.sqrt(reach[label])
    return reach


@lru_cache(maxsize=8)
def _each_au(rig: FaceRig) -> NDArray[np.float64]:
    """Return (AUs, B) the weights of each AU at intensity 1."""
    rows = {name: row for row, name in enumerate(rig.shape_names)}
    weights = np.zeros((len(AU_LABELS), len(rows)))
    for number, label in enumerate(AU_LABELS):
        for shape, weight in rig.au_table.get(label, {}).items():
            weights[number, rows[shape]] += weight
    return weights
