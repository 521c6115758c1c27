"""Nose and mouth."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .eyes import resample_to
from .face import DrawnFace
from .pen import LABEL, Pen, arc
from .record import Record

__all__ = ["draw_mouth", "draw_nose"]

_LIP_AUS = ("AU16L", "AU16R", "AU17", "AU18", "AU22", "AU23", "AU24", "AU28", "AU10L", "AU10R",
            "AU20L", "AU20R", "AU14L", "AU14R")  # fmt: skip


def _both(label: str) -> tuple[str, str]:
    """Return a paired AU's two labels."""
    return f"{label}L", f"{label}R"


def draw_nose(pen: Pen, face: DrawnFace, record: Record) -> None:
    """Draw the nose: wings and nostrils, only its tip, a bridge, a hook, a ball or dots."""
    kind, hand, rng = pen.hand.kinds["nose"], pen.hand, pen.part("side of the nose")
    if kind == "none":
        return
    tip = face.landmarks[30]
    base = face.landmarks[31:36]
    turned = float(face.rotation[0, 2])
    side = np.sign(turned) if abs(turned) > 0.12 else rng.choice([-1.0, 1.0])
    rng = pen.part("nose")
    across = face.to_image(np.array([[1.0, 0.0]]))[0] / face.unit
    down = face.to_image(np.array([[0.0, 1.0]]))[0] / face.unit
    width = max(float(np.hypot(*(base[4] - base[0]))), 0.12 * face.unit)
    if kind in ("wings", "tip", "bridge"):
        curve = face.curves["nose_tip"]
        pen.line(curve.points, "nose_tip", 1.0, curve.visible)
        if kind != "tip" or hand.draws["nostril"]:
            for name in ("nostril_L", "nostril_R"):
                curve = face.curves[name]
                shown = pen.line(curve.points, "nostril", 0.9, curve.visible)
                if kind == "wings" and shown > 0.6 and hand["shade_face"] > 0.3:
                    pen.fill(curve.points, "nostril", 0.8)
        if kind == "wings":
            record.show(*_both("AU9"))
        if kind == "bridge":
            curve = face.curves["nose_bridge"]
            start = int(rng.uniform(0.0, 0.5) * len(curve.points))
            offset = side * 0.06 * face.unit * across * (1.0 - abs(turned))
            pen.line(curve.points[start:] + offset, "nose_bridge", 0.9, curve.visible[start:])
    elif kind == "hook":
        bridge = face.landmarks[27:31]
        top = bridge[0] + rng.uniform(0.1, 0.8) * (bridge[2] - bridge[0])
        low = base[2] + 0.02 * face.unit * down
        knee = tip + side * width * rng.uniform(0.3, 0.6) * across
        end = low - side * width * rng.uniform(0.0, 0.35) * across
        along = np.linspace(0.0, 1.0, 18)[:, None]
        far = knee + 0.1 * face.unit * down
        bend = (1 - along) ** 3 * top + 3 * (1 - along) ** 2 * along * far
        bend = bend + 3 * (1 - along) * along**2 * (far + 0.12 * face.unit * down) + along**3 * end
        pen.line(bend, "nose_bridge", 1.0, np.arange(18) < 9, steady=True)
        pen.line(bend, "nose_tip", 1.0, np.arange(18) >= 7, steady=True)
    elif kind == "ball":
        open_at = rng.uniform(-2.2, -1.0)
        gap = rng.choice([0.0, 0.0, 1.2])
        size = width * rng.uniform(0.35, 0.6)
        ball = arc(tip, size, size * rng.uniform(0.7, 1.15), open_at + gap, open_at + 2 * np.pi, 30)
        if rng.random() < 0.12:
            pen.fill(ball, "nose_tip", 1.0)
        else:
            pen.fill(ball, "none", 0.0)
            pen.line(ball, "nose_tip", 1.0, steady=True)
    else:
        for foot in (base[1], base[3]):
            pen.dot(foot, pen.width * rng.uniform(0.6, 1.0), "nostril")


def draw_mouth(pen: Pen, face: DrawnFace, aus: dict[str, float], record: Record) -> None:
    """Draw the mouth: lips, only the opening, one line, or filled lips; then teeth and tongue."""
    hand, kind = pen.hand, pen.hand.kinds["mouth"]
    upper, lower = face.curves["upper_lip_inner"], face.curves["lower_lip_inner"]
    outer_top, outer_low = face.curves["upper_lip_outer"], face.curves["lower_lip_outer"]
    if upper.visible.mean() + outer_top.visible.mean() + outer_low.visible.mean() < 0.7:
        return
    top, low = resample_to(upper.points, 24), resample_to(lower.points, 24)
    opening = np.concatenate([top, low[::-1]])
    x, y = opening.T
    area = abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) / 2.0
    is_open = area / max(float(np.hypot(*(top[-1] - top[0]))), 1.0) > 0.035 * face.unit
    _show_mouth(record, kind, is_open)
    for side, row in (("R", 0), ("L", -1)):
        if not (upper.visible[row] or outer_top.visible[row] or outer_low.visible[row]):
            record.hide(*(f"AU{au}{side}" for au in (10, 12, 14, 15, 16, 20)))
    pen.part("lips")
    if kind == "filled":
        lips = np.concatenate([outer_top.points, outer_low.points[::-1]])
        pen.fill(lips, "upper_lip_outer", pen.rng.choice([0.5, 1.0]))
        low_lip = np.concatenate([low, outer_low.points[::-1]])
        pen.fill(low_lip, "lower_lip_outer", pen.rng.choice([0.5, 1.0]))
    if is_open:
        _draw_opening(pen, face, top, low, aus, record)
        pen.line(top, "upper_lip_inner", 1.0, _flags(upper.visible))
        pen.line(low, "lower_lip_inner", 1.0 if kind != "lips" else 0.8, _flags(lower.visible))
    elif kind == "filled":
        pen.line(0.5 * (top + low), "none", 0.8, _flags(upper.visible), 0.0)
    else:
        seam = 0.5 * (top + low)
        pen.line(seam, "upper_lip_inner", 1.2, _flags(upper.visible), steady=kind == "line")
    pen.part("lower lip")
    if kind == "lips":
        weight = hand["line_detail"]
        pen.line(outer_top.points, "upper_lip_outer", weight, outer_top.visible)
        pen.line(outer_low.points, "lower_lip_outer", weight, outer_low.visible)
    elif kind == "inner" and pen.rng.random() < 0.6:
        count = len(outer_low.points)
        hint = slice(int(count * 0.3), int(count * 0.7))
        pen.line(
            outer_low.points[hint], "lower_lip_outer", hand["line_detail"], outer_low.visible[hint]
        )
    pen.part("corners of the mouth")
    if kind in ("line", "inner") and not is_open and pen.rng.random() < 0.25:
        for corner, inner in ((top[0], top[3]), (top[-1], top[-4])):
            turn = (corner - inner)[::-1] * np.array([-1.0, 1.0]) * pen.rng.uniform(0.3, 0.7)
            pen.line(
                np.stack([corner - turn, corner, corner + turn]),
                "upper_lip_inner",
                0.8,
                steady=True,
            )


def _flags(flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return flags for 24 even steps."""
    return flags[np.linspace(0, len(flags) - 1, 24).round().astype(int)]


def _show_mouth(record: Record, kind: str, is_open: bool) -> None:
    """Note what a mouth of this kind can tell."""
    record.show(*_both("AU12"), *_both("AU15"), "AU25", "AU26")
    if kind in ("lips", "filled"):
        record.show(*_LIP_AUS)
    elif kind == "inner" or is_open:
        record.show(*_both("AU20"), *_both("AU10"), *_both("AU16"), "AU18", "AU22")
    else:
        record.show("AU18", *_both("AU20"))


def _draw_opening(
    pen: Pen,
    face: DrawnFace,
    top: NDArray[np.float64],
    low: NDArray[np.float64],
    aus: dict[str, float],
    record: Record,
) -> None:
    """Fill an open mouth with dark, teeth and tongue."""
    rng, hand = pen.part("open mouth"), pen.hand
    opening = np.concatenate([top, low[::-1]])
    high = float(np.hypot(*(low[12] - top[12])))
    roll = rng.random()
    bare = max(
        aus.get(name, 0.0) for name in ("AU10L", "AU10R", "AU12L", "AU12R", "AU16L", "AU20L")
    )
    teeth = hand.draws["teeth"] and rng.random() < 0.35 + 0.5 * bare
    if roll < 0.5:
        pen.fill(opening, "other", rng.choice([1.0, 1.0, 0.8, 0.5]))
    else:
        pen.fill(opening, "none", 0.0)
    if teeth:
        share = rng.uniform(0.25, 0.5) if high > 0.15 * face.unit else rng.uniform(0.6, 1.0)
        edge = top + share * (low - top)
        band = np.concatenate([top, edge[::-1]])
        pen.fill(band, "none", 0.0, clip=opening)
        if share < 0.97:
            pen.line(edge[2:-2], "other", 0.6, steady=True)
        if rng.random() < 0.5:
            count = int(rng.integers(4, 9))
            at = np.linspace(3, 20, count).round().astype(int)
            pen.trace(np.stack([top[at], edge[at]], axis=1), LABEL["other"], 0.5)
    rng = pen.part("tongue")
    if high > 0.16 * face.unit and rng.random() < 0.45:
        middle = low[12] - 0.18 * (low[12] - top[12])
        wide = 0.28 * float(np.hypot(*(low[-1] - low[0])))
        bump = arc(middle, wide, 0.3 * high, 0.0, 2.0 * np.pi, 24)
        pen.fill(bump, "none" if roll < 0.5 else "other", 0.0 if roll < 0.5 else 0.4, clip=opening)
    record.show("AU25", "AU26")
