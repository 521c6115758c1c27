"""The folds that an expression makes in the skin, stronger where it is stronger."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .evenly import middle_of, share_of
from .face import DrawnFace
from .pen import Pen, arc
from .record import Record

__all__ = ["draw_creases"]


def draw_creases(pen: Pen, face: DrawnFace, aus: dict[str, float], record: Record) -> None:
    """Draw the folds that an expression makes, stronger where it is stronger."""
    for side in "LR":
        _side_creases(pen, face, aus, side, record)
    hand, rng = pen.hand, pen.part("frown")
    resting = record.resting
    scowl = max(aus.get("AU4L", 0.0), aus.get("AU4R", 0.0))
    frown = max(scowl, resting["frown"])
    if hand.draws["glabella"] and (resting["frown"] or scowl > 0.15 + 0.3 * rng.random()):
        curve = face.curves["glabella_crease"]
        apart = face.way(rng.uniform(0.05, 0.1), 0.0)
        for sign in (-1.0, 1.0) if rng.random() < 0.8 else (0.0,):
            cut = _middle(curve.points, 0.5 + 0.5 * frown)
            pen.line(cut + sign * apart, "glabella_crease", hand["line_detail"] * (0.6 + frown))
        record.crease("AU4L", "AU4R")
    rng = pen.part("forehead")
    raised = max(aus.get(f"AU{au}{side}", 0.0) for au in (1, 2) for side in "LR")
    lined = max(raised, resting["forehead"])
    if hand.draws["forehead"] and (resting["forehead"] or raised > 0.15 + 0.3 * rng.random()):
        curve = face.curves["forehead_crease"]
        for level in range(int(rng.integers(1, 4))):
            up = face.way(0.0, -0.11 * level)
            cut = _middle(curve.points, rng.uniform(0.5, 1.0))
            pen.line(cut + up, "forehead_crease", hand["line_detail"] * (0.5 + 0.7 * lined))
    rng = pen.part("chin")
    chin = aus.get("AU17", 0.0)
    if hand.draws["mentolabial"] and (resting["chin"] or rng.random() < 0.2 + 0.75 * chin):
        chin = max(chin, resting["chin"])
        curve = face.curves["mentolabial"]
        pen.line(
            curve.points, "mentolabial", hand["line_detail"] * (0.6 + 0.6 * chin), curve.visible
        )
        record.crease("AU17")
    if hand.draws["philtrum"]:
        curve = face.curves["philtrum"]
        pen.line(curve.points, "philtrum", 0.5, curve.visible, 0.8)
    wrinkled = max(aus.get("AU9L", 0.0), aus.get("AU9R", 0.0))
    if wrinkled > 0.2 and hand.draws["glabella"] and hand.kinds["nose"] != "none":
        _nose_wrinkles(pen, face, aus, record)
    if hand.draws["dimple"] or hand.draws["mentolabial"]:
        _lip_tension(pen, face, aus, record)
    rng = pen.part("puffed cheeks")
    puffed = aus.get("AU34", 0.0)
    if puffed > 0.3 and rng.random() < 0.5:
        for sign, corner in ((-1.0, 48), (1.0, 54)):
            near = face.landmarks[corner] + face.way(sign * 0.16, 0.02)
            bow = arc(np.zeros(2), 0.08, 0.2, -1.2, 1.2, 10) * np.array([-sign, 1.0])
            pen.line(near + face.to_image(bow), "other", hand["line_detail"], steady=True)


def _side_creases(
    pen: Pen, face: DrawnFace, aus: dict[str, float], side: str, record: Record
) -> None:
    """Draw one cheek's folds: nasolabial, crow's feet, under the eye, dimple."""
    hand, rng = pen.hand, pen.part(f"nasolabial {side}")
    strength = max(
        aus.get(f"AU9{side}", 0.0), aus.get(f"AU10{side}", 0.0), 0.9 * aus.get(f"AU12{side}", 0.0),
        0.5 * aus.get(f"AU6{side}", 0.0),
    )  # fmt: skip
    fold = face.curves[f"nasolabial_{side}"]
    aged = record.resting["fold"]
    if hand.draws["nasolabial"] and (aged or strength > 0.15 + 0.25 * rng.random()):
        cut = int(len(fold.points) * (0.5 + 0.5 * max(strength, rng.random())))
        weight = hand["line_detail"] * (0.5 + 0.7 * max(strength, aged))
        if pen.line(fold.points[:cut], "nasolabial", weight, fold.visible[:cut]) > 0.3:
            record.crease(f"AU9{side}", f"AU10{side}")
    rng = pen.part(f"crow's feet {side}")
    squint = max(aus.get(f"AU6{side}", 0.0), 0.4 * aus.get(f"AU43{side}", 0.0))
    feet = face.curves[f"crow_feet_{side}"]
    lower = face.curves[f"lower_lid_{side}"]
    if hand.draws["crow_feet"]:
        record.crease(f"AU6{side}")
        lined = record.resting["crow_feet"]
        if (lined or squint > 0.15 + 0.3 * rng.random()) and share_of(feet.visible) > 0.4:
            squint = max(squint, lined)
            root = face.curves[f"upper_lid_{side}"].points[-1]
            for spread in ((0.0,), (-0.22, 0.22), (-0.35, 0.0, 0.35))[int(rng.integers(3))]:
                turned = _turned(feet.points, root, spread)
                pen.line(
                    turned,
                    "crow_feet",
                    hand["line_detail"] * (0.5 + 0.6 * squint),
                    feet.visible,
                    steady=True,
                )
    rng = pen.part(f"under the eye {side}")
    tired = max(aus.get(f"AU6{side}", 0.0), 0.8 * aus.get(f"AU7{side}", 0.0))
    carried = record.resting["bag"]
    if hand.draws["under_eye"] and (carried or rng.random() < tired):
        tired = max(tired, carried)
        drop = face.way(0.0, rng.uniform(0.07, 0.13))
        middle = middle_of(lower.points)
        bag = middle + 1.1 * (lower.points - middle) + drop
        part = slice(int(rng.uniform(0, 0.4) * len(bag)), None)
        pen.line(bag[part], "lower_lid", 0.5 + 0.4 * tired, lower.visible[part], 0.8)
        record.crease(f"AU6{side}")
    rng = pen.part(f"dimple {side}")
    dent = aus.get(f"AU14{side}", 0.0)
    deep = max(dent, 0.6 * aus.get(f"AU12{side}", 0.0), 0.5 * aus.get(f"AU20{side}", 0.0))
    if hand.draws["dimple"] and deep > 0.15 + 0.35 * rng.random():
        sign = 1.0 if side == "L" else -1.0
        corner = face.landmarks[54 if side == "L" else 48]
        near = corner + face.way(sign * rng.uniform(0.04, 0.08), 0.0)
        bow = arc(np.zeros(2), 0.05, 0.05 + 0.1 * deep, -1.1, 1.1, 9) * np.array([sign, 1.0])
        pen.line(
            near + face.to_image(bow),
            "nasolabial",
            hand["line_detail"] * (0.6 + 0.6 * dent),
            steady=True,
        )
        record.crease(f"AU14{side}")


def _nose_wrinkles(pen: Pen, face: DrawnFace, aus: dict[str, float], record: Record) -> None:
    """Draw short lines across the root of the nose."""
    rng = pen.part("nose wrinkles")
    top, low = face.landmarks[27], face.landmarks[29]
    for side, sign in (("L", 1.0), ("R", -1.0)):
        level = aus.get(f"AU9{side}", 0.0)
        if level < 0.2:
            continue
        record.crease(f"AU9{side}")
        for at in np.linspace(0.1, 0.7, int(rng.integers(2, 4))):
            start = top + at * (low - top) + face.way(sign * 0.03, 0.0)
            end = start + face.way(sign * 0.12 * (0.5 + level), -0.07)
            pen.line(
                np.stack([start, 0.5 * (start + end), end]),
                "nose_bridge",
                pen.hand["line_detail"] * (0.5 + 0.4 * level),
                steady=True,
            )


def _lip_tension(pen: Pen, face: DrawnFace, aus: dict[str, float], record: Record) -> None:
    """Draw ticks at the corners of pressed lips, and short folds around tightened ones."""
    rng, weight = pen.part("pressed lips"), pen.hand["line_detail"]
    if aus.get("AU24", 0.0) > 0.2 + 0.4 * rng.random():
        for corner in (48, 54):
            tick = np.array([[0.0, -0.05], [0.005, 0.0], [0.0, 0.06]]) * rng.uniform(0.8, 1.4)
            pen.line(face.landmarks[corner] + face.to_image(tick), "other", weight, steady=True)
        record.crease("AU24")
    rng = pen.part("tightened lips")
    if aus.get("AU23", 0.0) > 0.2 + 0.4 * rng.random():
        for rows, down in (((50, 51, 52), -1.0), ((56, 57, 58), 1.0)):
            for row in rows:
                away = np.array([[0.0, 0.03], [0.0, 0.09]]) * [0.0, down] * rng.uniform(0.8, 1.3)
                pen.line(
                    face.landmarks[row] + face.to_image(away), "other", 0.8 * weight, steady=True
                )
        record.crease("AU23")


def _middle(points: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """Return the middle part of a curve."""
    count = len(points)
    trim = int(0.5 * (1.0 - min(share, 1.0)) * count)
    return points[trim : count - trim]


def _turned(
    points: NDArray[np.float64], root: NDArray[np.float64], angle: float
) -> NDArray[np.float64]:
    """Turn points about a root, radians."""
    cos, sin = np.cos(angle), np.sin(angle)
    return root + (points - root) @ np.array([[cos, sin], [-sin, cos]])
