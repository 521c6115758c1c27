"""Learning how hands move what they draw, from heads fitted to drawings of known heads."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .face_rig import PART_NAMES, FaceRig
from .features import MIRRORED_LANDMARKS
from .proportions import ON_SKIN, Proportions, at_rest

__all__ = ["learn_proportions"]


def learn_proportions(
    rig: FaceRig,
    lines: tuple[str, ...],
    ways: NDArray[np.floating],
    fields: NDArray[np.floating],
    damping: float = 10.0,
    modes: int = 32,
    about: dict[str, Any] | None = None,
) -> Proportions:
    """Find the estimator of `Proportions`; every example counts twice, once seen in a mirror.

    Parameters
    ----------
    rig : a head with two like sides
    lines : as in `Proportions`
    ways : (N, F) IOD, from `ways_of`
    fields : (N, V, 3) IOD, how far the skin is from where it should be: right, down, towards the
        viewer
    damping : of the ridge, in units of the ways' variance
    modes : how many are kept
    """
    skin = np.flatnonzero(rig.vertex_part == PART_NAMES.index("skin"))
    mirrored = _mirrored_vertices(rig, skin)
    flip = np.array([-1.0, 1.0, 1.0], np.float32)
    wanted = np.asarray(fields, dtype=np.float32)[:, skin]
    wanted = np.concatenate([wanted, wanted[:, mirrored] * flip]).reshape(2 * len(ways), -1)
    told = np.asarray(ways, dtype=np.float64)
    told = np.concatenate([told, mirrored_ways(told, lines)])
    normal = told.T @ told + damping * len(told) * told.var() * np.eye(told.shape[1])
    full = np.linalg.solve(normal, told.T @ wanted)
    # the modes of what is answered, not of what is asked: no mode without a say
    answers = told.astype(np.float32) @ full.astype(np.float32)
    _, turned = np.linalg.eigh(answers @ answers.T)
    basis, _ = np.linalg.qr(answers.T @ turned[:, -modes:])
    points = at_rest(rig, rig.neutral[skin])
    landmarks = rig.landmarks.interpolate(rig.neutral, rig.triangles)[:ON_SKIN]
    return Proportions(
        lines=lines,
        matrix=(full @ basis).T,
        spread=(told @ (full @ basis)).std(axis=0),
        modes=basis.reshape(len(skin), 3, -1).astype(np.float32),
        points=points,
        landmarks=at_rest(rig, landmarks),
        about=about or {},
    )


def mirrored_ways(ways: NDArray[np.float64], lines: tuple[str, ...]) -> NDArray[np.float64]:
    """Return the ways (N, F) of the same features seen in a mirror."""
    pairs = ways.reshape(len(ways), -1, 2) * np.array([-1.0, 1.0])
    landmarks = pairs[:, list(MIRRORED_LANDMARKS[:ON_SKIN])]
    each = pairs[:, ON_SKIN:].reshape(len(ways), len(lines), -1, 2)
    rows = [lines.index(_other_side(name)) for name in lines]
    there = each[:, rows]
    for row, name in enumerate(lines):
        if _other_side(name) == name:  # runs from the right to the left
            there[:, row] = there[:, row, ::-1]
    there = there.reshape(len(ways), -1, 2)
    return np.concatenate([landmarks, there], axis=1).reshape(len(ways), -1)


def _other_side(curve: str) -> str:
    return curve[:-1] + {"L": "R", "R": "L"}[curve[-1]] if curve[-2:] in ("_L", "_R") else curve


def _mirrored_vertices(rig: FaceRig, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return for some vertices the places, among them, of those nearest to their mirror images."""
    from scipy.spatial import cKDTree

    points = np.asarray(rig.neutral, dtype=np.float64)[rows]
    return np.asarray(cKDTree(points).query(points * np.array([-1.0, 1.0, 1.0]))[1])
