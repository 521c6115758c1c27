"""From a posed rig to a labelled drawing."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..rig.face_rig import FaceRig
from ..rig.facs import AU_LABELS
from .canvas import VISIBLE_LEVEL, Canvas
from .creases import draw_creases
from .evenly import box_of, share_of
from .eyes import draw_brow, draw_eye
from .face import DrawnFace, warp_face
from .fields import NO_FIELD, knots, on_paper
from .form import form_grids, lit
from .hair import draw_beard, draw_earring, draw_hair_behind, draw_hair_front
from .hairdo import sample_hairdo
from .hatching import hatch
from .modelling import draw_modelling, stipple
from .mouth import draw_mouth
from .nose import draw_nose
from .pen import LABEL, Pen, resample
from .proportions import sample_warp
from .props import (
    draw_background,
    draw_ear_mark,
    draw_frame,
    draw_glasses,
    draw_hat,
    draw_neck,
    draw_scribbles,
    draw_spots,
)
from .record import Record
from .resting import draw_shades, sample_resting
from .style import Hand
from .suggestive import draw_suggestive
from .taken import photographed, scanned
from .traces import draw_construction, draw_erased
from .warp import Warp

__all__ = ["Drawing", "draw_face", "draw_warped", "finish"]

_NOSE_CONTOURS = {
    "wings": ("nose_bridge", "nose_tip"),
    "bridge": ("nose_bridge", "nose_tip"),
    "tip": ("nose_bridge",),
}
"""Which occluding contours of the nose each way of drawing noses keeps."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """One labelled drawing.

    Attributes
    ----------
    picture : (H, W) uint8, 255 = white
    labels : (H, W) uint8, index into `rig.features.FEATURES`; 0 where there is no ink
    landmarks : (70, 2) pixels; None where no face is drawn
    landmarks_visible : (70,) bool
    curves : curve name → (N, 2) pixels
    symbols : landmarks that lie on a symbol (a round eye, an arc) instead of the warped rig
    visible : AU label → True if the drawing can show it
    warp : parameters of the hand's errors of proportion (see `warp.Warp`)
    face_box : (x0, y0, x1, y1) pixels, brows to chin, ear to ear
    resting : what the face carries whatever its expression (see `resting.sample_resting`)
    neutral : the same face at rest, drawn by the same hand, where pairs are wanted
    """

    picture: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    landmarks: NDArray[np.float64] | None = None
    landmarks_visible: NDArray[np.bool_] | None = None
    curves: dict[str, NDArray[np.float64]] | None = None
    symbols: list[int] = field(default_factory=list)
    visible: dict[str, bool] | None = None
    warp: dict[str, Any] | None = None
    face_box: tuple[float, float, float, float] | None = None
    resting: dict[str, float] | None = None
    neutral: Drawing | None = None


def draw_face(
    seen: DrawnFace,
    rig: FaceRig,
    aus: dict[str, float],
    hand: Hand,
    size: int,
    rng: np.random.Generator,
    faint: frozenset[str] = frozenset(),
) -> Drawing:
    """Draw one face in one hand.

    Parameters
    ----------
    seen : the face as the camera sees it (`face.project_face`), placed by the hand's warp
    rig : what it was projected from
    aus : AU label → intensity, for what depends on expression but is no geometry (creases, lids)
    faint : labels of AUs whose motion is too small to be seen (`effect.faint_aus`)
    """
    warp = sample_warp(seen, hand, aus, size, rng)
    return draw_warped(seen, rig, aus, warp, Pen(Canvas(size), hand, rng), faint)


def draw_warped(
    seen: DrawnFace,
    rig: FaceRig,
    aus: dict[str, float],
    warp: Warp,
    pen: Pen,
    faint: frozenset[str] = frozenset(),
) -> Drawing:
    """Draw one face, given the hand's errors of proportion, on the pen's clean canvas."""
    face = warp_face(seen, warp)
    record = Record.start(face.landmarks, pen.part("record"), faint)
    record.resting = sample_resting(pen.hand, pen.part("rest"))
    _draw_layers(pen, face, aus, record, rig, warp)
    picture, labels = finish(pen)
    marks = record.landmarks
    moved = marks != face.landmarks
    return Drawing(
        picture,
        labels,
        landmarks=marks,
        landmarks_visible=face.landmarks_visible,
        curves=face.curves.lines(),
        symbols=np.flatnonzero(moved[:, 0] | moved[:, 1]).tolist(),
        visible={label: label in record.shown for label in AU_LABELS},
        warp=warp.parameters,
        face_box=tuple(map(float, box_of(marks[:68]))),  # type: ignore[arg-type]
        resting=record.resting,
    )


def _draw_layers(
    pen: Pen,
    face: DrawnFace,
    aus: dict[str, float],
    record: Record,
    rig: FaceRig,
    warp: Warp,
) -> None:
    """Draw from the back to the front."""
    hand = pen.hand
    pen.part("hairdo")
    hair = sample_hairdo(pen, face)
    pen.part("background")
    draw_background(pen)
    pen.part("clutter")
    if hand.draws["clutter"]:
        draw_scribbles(pen, face.outline())
    if hand.draws["frame"]:
        draw_frame(pen)
    pen.part("hair behind")
    draw_hair_behind(pen, face, hair)
    pen.part("neck")
    draw_neck(pen, face)
    outline = face.outline()
    if pen.part("skin").random() < 0.97 or hair.ink in ("solid", "grey"):
        pen.fill(outline, "none", 0.0)
    if hand.draws["erased"]:
        draw_erased(pen, face)
    _draw_ears(pen, face)
    if hand["shade_face"] > 0.12:
        _shade_face(pen, face, rig, warp)
    if hand.draws["modelling"]:
        draw_modelling(pen, face)
    draw_shades(pen, face, record.resting)
    pen.part("contours")
    _draw_contours(pen, face, record)
    if hand.draws["suggestive"]:
        draw_suggestive(pen, face, warp)
    draw_creases(pen, face, aus, record)
    draw_nose(pen, face, record)
    draw_mouth(pen, face, aus, record)
    for side in "LR":
        draw_eye(pen, face, side, aus, record)
    pen.part("spots")
    if hand.draws["freckles"] or hand.draws["blush"]:
        draw_spots(pen, face)
    pen.part("beard")
    if hand.draws["beard"] or hand.draws["moustache"]:
        draw_beard(pen, face)
        if hand.draws["beard"]:
            record.hide("AU17", "AU34", "AU29", "AU14L", "AU14R")
    over_hair = pen.part("brows over hair").random() < 0.6
    if not over_hair:
        _draw_brows(pen, face, record)
    pen.part("hair")
    draw_hair_front(pen, face, hair)
    pen.part("hat")
    if hand.draws["hat"]:
        draw_hat(pen, face)
    if over_hair:
        _draw_brows(pen, face, record)
    elif hair.kind == "fringe" and hair.ink in ("solid", "grey"):
        _hide_covered_brows(pen, face, record)
    pen.part("glasses")
    if hand.draws["glasses"] and draw_glasses(pen, face):
        record.hide(*(f"AU{au}{side}" for au in (5, 6, 7, 43) for side in "LR"))
        record.hide("AU61", "AU62", "AU63", "AU64")
    pen.part("construction")
    if hand.draws["construction"]:
        draw_construction(pen, face)
    if min(aus.get("AU43L", 0.0), aus.get("AU43R", 0.0)) > 0.6:
        record.hide("AU61", "AU62", "AU63", "AU64")


def _draw_brows(pen: Pen, face: DrawnFace, record: Record) -> None:
    """Draw both brows."""
    for side in "LR":
        draw_brow(pen, face, side, record)


def _hide_covered_brows(pen: Pen, face: DrawnFace, record: Record) -> None:
    """Note brows that lie under hair."""
    labels = pen.canvas.labels()
    size = pen.canvas.size
    for side in "LR":
        points = face.curves[f"brow_lower_{side}"].points
        x, y = np.clip(points.astype(int), 0, size - 1).T
        if (labels[y, x] == LABEL["hair"]).mean() > 0.5:
            record.hide(*(f"AU{au}{side}" for au in (1, 2, 4)))


def _draw_ears(pen: Pen, face: DrawnFace) -> None:
    """Draw the ears: their contours, or a simple C in hands that simplify."""
    hand = pen.hand
    if not hand.draws["ear"]:
        return
    simple = hand.draws["closed_outline"] and hand.kinds["eye"] != "full"
    for side, row, sign in (("R", 1, -1.0), ("L", 15, 1.0)):
        curve = face.curves[f"ear_{side}"]
        pen.part(f"ear {side}")
        if simple:
            offset = face.landmarks[row] - face.centre
            angle = np.arctan2(offset[1], offset[0])
            if sign * float(face.rotation[0, 2]) > 0.55:
                continue
            edge = face.centre + face.radius_towards(angle) * np.array(
                [np.cos(angle), np.sin(angle)]
            )
            draw_ear_mark(pen, edge, 0.24 * face.unit, sign)
        elif share_of(curve.visible) > 0.3:
            pen.line(curve.points, "ear", 1.0, curve.visible)
        if hand.draws["earring"] and share_of(curve.visible) > 0.3:
            low = curve.points[int(np.argmax(curve.points[:, 1]))]
            draw_earring(pen, low, face.unit)


def _draw_contours(pen: Pen, face: DrawnFace, record: Record) -> None:
    """Draw the outline of the head and what turns away from the viewer inside it."""
    hand = pen.hand
    weight = hand["line_outline"]
    if hand.draws["jaw"]:
        record.show("AU30L", "AU30R", "AU34")
        if abs(float(face.rotation[0, 2])) > 0.3:
            record.show("AU29")
    if hand.draws["closed_outline"]:
        loop = resample(np.concatenate([face.outline(), face.outline()[:1]]))
        start = int(pen.rng.integers(len(loop)))
        loop = np.concatenate([loop[start:-1], loop[: start + 1]])
        up = face.way(0.0, -1.0) / face.unit
        crown = (loop - face.landmarks[27]) @ up > 0.0
        pen.line(loop, "jaw", weight, ~crown)
        pen.line(loop, "hair", weight, crown)
    drawn = dict.fromkeys(_NOSE_CONTOURS.get(hand.kinds["nose"], ()), 1.0)
    if not hand.draws["closed_outline"]:
        drawn["jaw"] = weight
        if hand.kinds["hair"] in ("bald", "tuft", "sides"):
            drawn["hair"] = weight
    if hand.draws["ear"] and not (hand.draws["closed_outline"] and hand.kinds["eye"] != "full"):
        drawn["ear"] = 0.5 * (1.0 + weight)
    pen.lines(
        [(curve.points, curve.label, drawn[curve.label])
         for curve in face.contours if curve.label in drawn]
    )  # fmt: skip


def _shade_face(pen: Pen, face: DrawnFace, rig: FaceRig, warp: Warp) -> None:
    """Hatch the face by light and form."""
    hand, rng, size = pen.hand, pen.part("shade"), pen.canvas.size
    light = np.array([rng.normal(0.0, 0.7), rng.uniform(0.1, 0.8), 1.0])
    light /= np.linalg.norm(light)
    grids = form_grids(rig, face, warp, light, size)
    amount = hand["shade_face"]
    tone, depth = lit(*grids, size, rng.uniform(0.05, 0.3), rng.uniform(0.8, 1.8) * amount)
    spacing = hand["shade_spacing"] * pen.scale
    angle = rng.uniform(0.0, np.pi)
    bend = rng.uniform(-0.6, 0.6)
    if hand.kinds["shading"] == "stipple":
        ink = stipple(tone, spacing, angle, pen.waver)
    else:
        ink = hatch(tone, spacing, angle, pen.waver, depth, bend)
    if rng.random() < hand["shade_cross"] and hand.kinds["shading"] == "hatch":
        angle = angle + rng.uniform(0.5, 1.4)
        ink = np.maximum(ink, hatch(tone - 0.25, spacing, angle, pen.waver, depth, -bend))
    smudged = hand["grain_amount"] > 0.3 and rng.random() < 0.5
    if smudged or hand.kinds["shading"] == "smudge":
        ink = 0.7 * tone  # smudged rather than hatched
    pen.canvas.shade(ink, LABEL["other"], hand["line_tone"] * rng.uniform(0.55, 0.95))


def finish(pen: Pen) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Lay the ink on paper: grain, tone, noise, polarity, perhaps a camera; label what is seen."""
    canvas, hand, rng = pen.canvas, pen.hand, pen.part("paper")
    size, grain = canvas.size, hand["grain_amount"]
    tooth = fine = clouds = NO_FIELD
    tooth_px, fine_px, clouds_px = max(hand["grain_size"], 1.05), 1.1, 50.0 * size / 256.0
    if grain > 0.02:
        tooth = knots(pen.waver, size, tooth_px)
    if hand["paper_noise"] > 0.005 and rng.random() < 0.4:
        fine, clouds = knots(pen.waver, size, fine_px), knots(pen.waver, size, clouds_px)
    strength = rng.uniform(0.75, 1.0) if grain > 0.1 or hand["paper_tone"] > 0.05 else 1.0
    inverted = bool(rng.random() < hand["paper_inverted"])
    picture, labels = on_paper(
        canvas.cells,
        tooth,
        tooth_px,
        grain,
        fine,
        fine_px,
        clouds,
        clouds_px,
        hand["paper_noise"],
        hand["paper_tone"],
        strength,
        inverted,
        VISIBLE_LEVEL,
        hand.draws["bilevel"],
    )
    if hand.draws["photo"]:
        picture = photographed(picture, pen.part("photo"), pen.waver)
    elif hand.draws["scan"]:
        picture = scanned(picture, pen.part("scan"), pen.waver)
    return picture, labels
