"""Eyes drawn as signs: circles with a pupil, dots, upright beans; each may be cut by a lid."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .evenly import middle_of
from .face import DrawnFace
from .pen import Pen, arc
from .record import Record
from .shut import EYE_ROWS, draw_lashes

__all__ = ["IRIS_ROW", "draw_eye_symbol"]

IRIS_ROW = {"L": 68, "R": 69}
_COUNT = 40
_OPEN = 0.12
"""A lid that hides less of a circle than this is not drawn."""
_SMALL_PX = 4.0
"""A dot of a smaller radius on a sheet of 256 has no room for a lid."""


def draw_eye_symbol(
    pen: Pen, face: DrawnFace, side: str, aus: dict[str, float], record: Record, kind: str
) -> None:
    """Draw a cartoon's eye: a circle with a pupil, a dot, or an upright bean."""
    upper, lower = face.curves[f"upper_lid_{side}"].points, face.curves[f"lower_lid_{side}"].points
    width = float(np.hypot(*(upper[-1] - upper[0])))
    middle = 0.25 * (upper[0] + upper[-1]) + 0.25 * (middle_of(upper) + middle_of(lower))
    if kind == "circle":
        _draw_circle(pen, face, side, aus, record, middle, width)
    else:
        _draw_dot(pen, face, side, aus, record, middle, width * record.shared["dot"])


def _draw_dot(
    pen: Pen,
    face: DrawnFace,
    side: str,
    aus: dict[str, float],
    record: Record,
    middle: NDArray[np.float64],
    size: float,
) -> None:
    """Draw a dot or a bean, which only a lid that half covers it can change."""
    hand, shared = pen.hand, record.shared
    tall = size * (1.0 if hand.kinds["eye"] == "dot" else shared["tall"])
    radii = np.array([size, tall])
    droop = aus.get(f"AU43{side}", 0.0)
    pen.fill(
        _placed(face, middle, radii * arc(np.zeros(2), 1.0, 1.0, 0.0, 2.0 * np.pi, 20)), "iris", 1.0
    )
    record.landmarks[IRIS_ROW[side]] = middle
    if droop > _OPEN and min(size, tall) > _SMALL_PX * pen.scale:
        cut = -1.0 + 1.7 * droop
        top = arc(np.zeros(2), 1.3, 1.3, np.pi, 2.0 * np.pi, 12)
        top[:, 1] = np.minimum(top[:, 1] + cut, cut)
        pen.fill(_placed(face, middle, top * radii), "none", 0.0)
        lid = np.array([[-1.25, cut], [0.0, cut - 0.12], [1.25, cut]]) * radii
        pen.line(_placed(face, middle, lid), "upper_lid", 1.2, steady=True)
    elif droop > _OPEN:
        record.hide(f"AU43{side}")
    elif hand.draws["highlight"] and size > _SMALL_PX * pen.scale:
        _draw_highlights(pen, middle, radii, two=shared["sag"] > 0.2)
    if hand.draws["lid_crease"] and droop <= _OPEN:
        pen.line(face.curves[f"upper_lid_{side}"].points, "upper_lid", 1.0)


def _draw_highlights(
    pen: Pen, middle: NDArray[np.float64], radii: NDArray[np.float64], *, two: bool
) -> None:
    """Leave one white spot or two in a dark eye."""
    for place, share in (((-0.3, -0.4), 0.32), ((0.3, 0.3), 0.18))[: 2 if two else 1]:
        spot = middle + np.array(place) * radii
        pen.fill(arc(spot, share * radii[0], share * radii[0], 0.0, 2.0 * np.pi, 12), "none", 0.0)


def _draw_circle(
    pen: Pen,
    face: DrawnFace,
    side: str,
    aus: dict[str, float],
    record: Record,
    middle: NDArray[np.float64],
    width: float,
) -> None:
    """Draw a ring with a pupil; a lid that comes down or slants cuts it."""
    hand, shared = pen.hand, record.shared
    wide = aus.get(f"AU5{side}", 0.0)
    radius = width * shared["circle"] * (1.0 + 0.15 * wide)
    radii = np.array([radius, radius * (1.0 + 0.15 * wide) * shared["ellipse"]])
    unit = arc(np.zeros(2), 1.0, 1.0, 0.0, 2.0 * np.pi, _COUNT + 1)[:-1]
    ring = _placed(face, middle, unit * radii)
    pen.fill(ring, "none", 0.0)
    pupil = middle + _looking(face, side, radius)
    small = radius * shared["pupil"]
    pen.fill(arc(pupil, small, small, 0.0, 2.0 * np.pi, 20), "iris", 1.0, clip=ring)
    if hand.draws["highlight"] and small > 2.0 * pen.scale:
        _draw_highlights(pen, pupil, np.array([small, small]), two=shared["sag"] > 0.25)
    record.gaze()
    record.show(f"AU5{side}", f"AU7{side}")
    record.landmarks[IRIS_ROW[side]] = pupil
    cut, turn = _lid(aus, side, record)
    level = unit @ turn.T
    hidden = level[:, 1] < cut
    if hidden.any():
        half = np.sqrt(max(1.0 - cut * cut, 0.0))
        cap = arc(np.zeros(2), 1.08, 1.08, np.pi, 2.0 * np.pi, 20)
        cap[:, 1] = np.minimum(cap[:, 1], cut)
        pen.fill(_placed(face, middle, cap @ turn * radii), "none", 0.0)
        if hand.draws["lid_crease"]:
            pen.line(ring, "lid_crease", 1.0, hidden, closed=True)
        chord = np.array([[-half, cut], [0.0, cut - 0.04], [half, cut]])
        pen.line(_placed(face, middle, chord @ turn * radii), "upper_lid", 1.3, steady=True)
    rows = np.arange(_COUNT // 2, _COUNT + 1) % _COUNT  # from pi over the top to 2 pi
    pen.line(ring[rows], "upper_lid", 1.0, ~hidden[rows], steady=True)
    if hand.draws["lower_lid"] or not hidden.any():
        rows = np.arange(_COUNT // 2 + 1)
        pen.line(ring[rows], "lower_lid", 1.0, ~hidden[rows], steady=True)
    if hand.draws["lashes"]:
        upper = face.curves[f"upper_lid_{side}"].points
        lid = upper + (middle - 0.5 * (upper[0] + upper[-1])) * 0.5
        draw_lashes(pen, face, lid, side, upwards=True)
    angles = np.array([np.pi, np.pi * 4 / 3, np.pi * 5 / 3, 0.0, np.pi / 3, np.pi * 2 / 3])
    seen = np.stack([np.cos(angles), np.sin(angles)], axis=1) @ turn.T
    seen[:, 1] = np.maximum(seen[:, 1], cut)
    record.landmarks[EYE_ROWS[side]] = _placed(face, middle, seen @ turn * radii)


def _placed(
    face: DrawnFace, middle: NDArray[np.float64], points: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Lay points of the face's own frame, pixels, around a place of the picture."""
    return middle + face.to_image(points) / face.unit


def _looking(face: DrawnFace, side: str, radius: float) -> NDArray[np.float64]:
    """Return how far the pupil lies from the ring's middle, pixels."""
    lids = [middle_of(face.curves[f"{lid}_{side}"].points) for lid in ("upper_lid", "lower_lid")]
    looking = face.landmarks[IRIS_ROW[side]] - 0.5 * (lids[0] + lids[1])
    reach = 1.6 * float(np.hypot(*looking))
    return looking * min(1.0, 0.55 * radius / max(reach, 1e-6)) * 1.6


def _lid(aus: dict[str, float], side: str, record: Record) -> tuple[float, NDArray[np.float64]]:
    """Return where a lid cuts a unit circle (-1: not at all), and the turn that levels the cut.

    Lids come down with AU7 and 43, and slant with the brows: outwards in grief, inwards in anger.
    """
    shared = record.shared
    around = 0.3 * aus.get(f"AU7{side}", 0.0) + 0.75 * aus.get(f"AU43{side}", 0.0)
    grief, anger = aus.get(f"AU1{side}", 0.0), aus.get(f"AU4{side}", 0.0)
    slope = shared["lid_slope"] + 0.4 * (grief - anger if grief < anger else 0.7 * grief)
    cut = -1.0 if around <= _OPEN else -1.0 + 1.7 * around
    if cut == -1.0 and abs(slope) > 0.2 and shared["arch"] < 0.4:
        cut = -0.62
    if side == "R":
        slope = -slope
    return cut, np.array([[np.cos(slope), np.sin(slope)], [-np.sin(slope), np.cos(slope)]])
