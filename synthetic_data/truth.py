"""The heads behind a drawing: as it stood before the artist, and as the hand drew it.

A fit is judged against both. Where the hand errs (eyes too large, a mouth too low) the drawing
shows another head than the one that was posed; an honest fit finds the drawn one.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..rig.camera import Camera
from ..rig.deform import BoundDeformer, Deformer
from ..rig.face_rig import PART_NAMES, FaceRig, RigState, SurfacePoints, rotation_matrix, unposed
from ..rig.look import mouth_cavity
from .sample import posed_state
from .warp import LANDMARK_GROUPS, Warp, group_of

__all__ = ["GroupShares", "TrueHeads", "true_heads"]

_GROUPS = ("eye_L", "eye_R", "brow_L", "brow_R", "nose", "mouth")
_SPREAD_M = 0.02  # how far beyond its own lines a group takes the skin along
# Landmarks are the truth; curves follow where they contradict each other.
_LANDMARK_HOLD, _CURVE_HOLD = 30000.0, 300.0
_ON_SKIN = 68  # landmarks, without the irises
_SYMBOL_M = 0.012  # how far around the landmarks of a symbol the skin goes along
_LOOSE = ("philtrum", "glabella_crease")  # follow neighbours in full at whose landmarks they end
_WHOLE = {
    "eye_L": ("eye_L",), "eye_R": ("eye_R",), "mouth": ("teeth_upper", "teeth_lower", "tongue"),
}  # fmt: skip
"""Parts that move with a group as they are."""


@dataclass(frozen=True, slots=True, eq=False)
class TrueHeads:
    """The two heads of one sample.

    Attributes
    ----------
    state : identity, expression (an exaggerating hand's, beyond 1 in places) and pose
    shape : (V, 3) metres, in the rig's own frame: the head that was put before the hand
    drawn : (V, 3) metres, in the rig's own frame: the head as drawn
    camera : takes the turned `drawn` to the places on the sheet where the hand put it
    """

    state: RigState
    shape: NDArray[np.float64]
    drawn: NDArray[np.float64]
    camera: Camera

    def turned(self, vertices: NDArray[np.float64], rig: FaceRig) -> NDArray[np.float64]:
        """Return vertices of the rig's own frame as `camera` sees them, metres."""
        return (vertices - rig.pivot) @ rotation_matrix(self.state.rotation).T


@dataclass(frozen=True, slots=True, eq=False)
class GroupShares:
    """How much every vertex of a rig follows each of the hand's groups.

    On the lines and landmarks of a group the share is what `warp.group_of` says; between them it
    fades smoothly over the skin.

    Attributes
    ----------
    rig : the rig
    shares : group → (V,) in [0, 1]
    landmarks : what carries the skin where its 68 landmarks go
    """

    rig: FaceRig
    shares: dict[str, NDArray[np.float64]]
    landmarks: BoundDeformer

    @classmethod
    def of(cls, rig: FaceRig) -> GroupShares:
        """Find the shares of a rig's vertices."""
        surfaces, rows, holds = [rig.landmarks], [_landmark_shares()], [_LANDMARK_HOLD]
        for name, curve in rig.curves.items():
            if name in _LOOSE:
                continue
            follows = group_of(name)
            surfaces.append(curve.points)
            share = [follows.get(group, 0.0) for group in _GROUPS]
            rows.append(np.tile(share, (len(curve.points), 1)))
            holds.append(_CURVE_HOLD)
        handles = SurfacePoints(
            np.concatenate([surface.triangle for surface in surfaces]),
            np.concatenate([surface.barycentric for surface in surfaces]),
        )
        wanted = np.concatenate(rows)
        weights = np.repeat(holds, [len(surface) for surface in surfaces])
        bound = Deformer(rig, rig.neutral, length_m=_SPREAD_M).bind(handles, weights)
        found = np.concatenate([bound.solve(wanted[:, :3]), bound.solve(wanted[:, 3:])], axis=1)
        shares = dict(zip(_GROUPS, np.clip(found, 0.0, 1.0).T, strict=True))
        shares["mouth"] = np.maximum(shares["mouth"], mouth_cavity(rig))
        for group, parts in _WHOLE.items():
            whole = np.isin(rig.vertex_part, [PART_NAMES.index(part) for part in parts])
            for name, share in shares.items():
                share[whole] = float(name == group)
        landmarks = Deformer(rig, rig.neutral, length_m=_SYMBOL_M)
        on_skin = rig.landmarks[np.arange(_ON_SKIN)]
        return cls(rig, shares, landmarks.bind(on_skin, np.full(_ON_SKIN, _LANDMARK_HOLD)))


def _landmark_shares() -> NDArray[np.float64]:
    """Return (70, groups) the share of every landmark."""
    return np.array([[float(name == group) for group in _GROUPS] for name in LANDMARK_GROUPS])


def true_heads(about: dict[str, Any], shares: GroupShares) -> TrueHeads:
    """Rebuild the heads of a sample from its JSON.

    In the view plane the drawn head lies exactly where the hand's map puts it, and its landmarks
    on the symbols that stand for eyes or mouth: a circle is a large eye to whoever sees it. In
    depth the features grow about their middles by the mean of their growth in height and width;
    what bends the head as a whole leaves depth alone, which no drawing tells.

    Parameters
    ----------
    about : what the sample's JSON says
    shares : of the rig that was drawn (`about["rig"]`)
    """
    rig = shares.rig
    rows = {name: row for row, name in enumerate(rig.shape_names)}
    weights = np.zeros(len(rows))
    for name, weight in about["blendshapes"].items():
        weights[rows[name]] = weight
    given = RigState(weights, np.array(about["identity"]), np.array(about["pose"]))
    state = posed_state(rig, given, about["gain"])
    shape = unposed(rig, state)
    turn = rotation_matrix(state.rotation)
    posed = (shape - rig.pivot) @ turn.T
    seen, warp = about["camera"], Warp(about["warp"])
    camera = Camera(
        seen["scale_px"], seen["centre_px"], tuple(seen["size_px"]), seen["inverse_distance"]
    )
    sheet = _placed(camera, warp)
    depth = _drawn_depth(posed, warp, shares)
    image = warp.apply_shares(camera.project(posed), shares.shares) - sheet.centre_px
    drawn = np.column_stack([_in_metres(image, depth, sheet), depth])
    drawn += _onto_symbols(drawn, about, sheet, shares)
    return TrueHeads(state, shape, drawn @ turn + rig.pivot, sheet)


def _onto_symbols(
    drawn: NDArray[np.float64], about: dict[str, Any], sheet: Camera, shares: GroupShares
) -> NDArray[np.float64]:
    """Return the way (V, 3), metres, that brings landmarks onto the symbols they were put on.

    Parameters
    ----------
    drawn : (V, 3) metres, as `sheet` sees them
    """
    rows = np.array([row for row in about["landmarks_on_symbols"] if row < _ON_SKIN], dtype=np.intp)
    if not len(rows):
        return np.zeros_like(drawn)
    rig = shares.rig
    here = rig.landmarks.interpolate(drawn, rig.triangles)[rows]
    way = np.asarray(about["landmarks"], dtype=np.float64)[rows] - sheet.project(here)
    offsets = np.zeros((_ON_SKIN, 3))
    offsets[rows, :2] = _in_metres(way, here[:, 2], sheet)
    return shares.landmarks.solve(offsets)


def _in_metres(
    way_px: NDArray[np.float64], depth: NDArray[np.float64], sheet: Camera
) -> NDArray[np.float64]:
    """Return ways in the picture (N, 2), right and down, in metres right and up at their depth."""
    scale = (1.0 - depth * sheet.inverse_distance) / sheet.scale_px
    return way_px * scale[:, None] * np.array([1.0, -1.0])


def _placed(camera: Camera, warp: Warp) -> Camera:
    """Return the camera after the drawing was placed on the sheet; its stretch stays the head's."""
    place = np.asarray(warp.parameters["place"])
    growth = float(np.sqrt(abs(np.linalg.det(place[:, :2]))))
    centre = place[:, :2] @ camera.centre_px + place[:, 2]
    return Camera(camera.scale_px * growth, centre, camera.size_px, camera.inverse_distance)


def _drawn_depth(
    posed: NDArray[np.float64], warp: Warp, shares: GroupShares
) -> NDArray[np.float64]:
    """Return (V,) metres: depth with every feature grown about its own middle."""
    landmarks = shares.rig.landmarks.interpolate(posed, shares.rig.triangles)[:, 2]
    names = np.array(LANDMARK_GROUPS)
    depth = posed[:, 2].copy()
    for name, share in shares.shares.items():
        group = warp.parameters["groups"].get(name)
        if group is not None:
            growth = float(np.sqrt(abs(np.linalg.det(group["matrix"]))))
            depth += share * (growth - 1.0) * (posed[:, 2] - landmarks[names == name].mean())
    return depth
