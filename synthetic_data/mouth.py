"""Mouths: lips, an opening, one line, or a sign for a mouth; teeth and tongue."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .evenly import area_of, evenly, one_of, share_of
from .face import DrawnFace
from .modelling import shade_lips
from .mouth_symbols import can_stand, draw_shut_symbol, lay_symbol, move_landmarks
from .pen import LABEL, Pen, arc
from .record import Record
from .shut import resample_flags, resample_to

__all__ = ["draw_mouth"]

_LIP_AUS = ("AU16L", "AU16R", "AU17", "AU18", "AU22", "AU23", "AU24", "AU28", "AU10L", "AU10R",
            "AU20L", "AU20R", "AU14L", "AU14R")  # fmt: skip


def _both(label: str) -> tuple[str, str]:
    """Return a paired AU's two labels."""
    return f"{label}L", f"{label}R"


def draw_mouth(pen: Pen, face: DrawnFace, aus: dict[str, float], record: Record) -> None:
    """Draw the mouth: lips, only the opening, one line, or filled lips; then teeth and tongue."""
    hand, kind = pen.hand, pen.hand.kinds["mouth"]
    upper, lower = face.curves["upper_lip_inner"], face.curves["lower_lip_inner"]
    outer_top, outer_low = face.curves["upper_lip_outer"], face.curves["lower_lip_outer"]
    if share_of(upper.visible) + share_of(outer_top.visible) + share_of(outer_low.visible) < 0.7:
        return
    top, low = resample_to(upper.points, 24), resample_to(lower.points, 24)
    opening = np.concatenate([top, low[::-1]])
    is_open = (
        abs(area_of(opening)) / max(float(np.hypot(*(top[-1] - top[0]))), 1.0) > 0.035 * face.unit
    )
    if kind == "symbol" and not can_stand(face):
        kind = "inner"
    _show_mouth(record, kind, is_open)
    for side, row in (("R", 0), ("L", -1)):
        if not (upper.visible[row] or outer_top.visible[row] or outer_low.visible[row]):
            record.hide(*(f"AU{au}{side}" for au in (10, 12, 14, 15, 16, 20)))
    if kind == "symbol":
        _draw_symbol(pen, face, aus, record, is_open=is_open)
        return
    pen.part("lips")
    if kind == "filled":
        lips = np.concatenate([outer_top.points, outer_low.points[::-1]])
        pen.fill(lips, "upper_lip_outer", one_of(pen.rng, (0.5, 1.0)))
        low_lip = np.concatenate([low, outer_low.points[::-1]])
        pen.fill(low_lip, "lower_lip_outer", one_of(pen.rng, (0.5, 1.0)))
    seen = resample_flags(upper.visible, 24)
    if is_open:
        _draw_opening(pen, face, top, low, aus, record)
        pen.line(top, "upper_lip_inner", 1.0, seen)
        pen.line(
            low,
            "lower_lip_inner",
            1.0 if kind != "lips" else 0.8,
            resample_flags(lower.visible, 24),
        )
    elif kind == "filled":
        pen.line(0.5 * (top + low), "none", 0.8, seen, 0.0)
    else:
        seam = 0.5 * (top + low)
        resting = record.resting
        pen.line(seam, "upper_lip_inner", 1.2 * resting["seam"], seen, steady=kind == "line")
        if resting["seam_apart"]:  # lips that are shut, not parted: two lines nearly in one
            beside = (seam + face.to_image(np.array([[0.0, resting["seam_apart"]]])))[5:-5]
            pen.line(beside, "lower_lip_inner", 0.8, seen[5:-5], steady=True)
    if kind == "shaded":
        shade_lips(pen, outer_top, outer_low, 0.5 * (top + low))
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


def _show_mouth(record: Record, kind: str, is_open: bool) -> None:
    """Note what a mouth of this kind can tell."""
    record.show(*_both("AU12"), *_both("AU15"), "AU25", "AU26")
    if kind in ("lips", "filled", "shaded"):
        record.show(*_LIP_AUS)
    elif kind == "symbol":
        pass  # tells of corners and opening only
    elif kind == "inner" or is_open:
        record.show(*_both("AU20"), *_both("AU10"), *_both("AU16"), "AU18", "AU22")
    else:
        record.show("AU18", *_both("AU20"))


def _draw_symbol(
    pen: Pen, face: DrawnFace, aus: dict[str, float], record: Record, *, is_open: bool
) -> None:
    """Draw a sign that stands for the mouth, and put the landmarks onto it."""
    symbol = lay_symbol(pen, face, aus, is_open=is_open)
    if is_open:
        pen.fill(np.concatenate([symbol.top, symbol.low[::-1]]), "none", 0.0)
        _draw_opening(pen, face, symbol.top, symbol.low, aus, record)
        pen.line(symbol.top, "upper_lip_inner", 1.0, steady=True)
        pen.line(symbol.low, "lower_lip_inner", 1.0, steady=True)
    else:
        draw_shut_symbol(pen, face, symbol)
    move_landmarks(record, symbol)


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
        pen.fill(opening, "other", one_of(rng, (1.0, 1.0, 0.8, 0.5)))
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
            at = evenly(count, 3.0, 20.0).round().astype(int)
            pen.trace(np.stack([top[at], edge[at]], axis=1), LABEL["other"], 0.5)
    rng = pen.part("tongue")
    if high > 0.16 * face.unit and rng.random() < 0.45:
        middle = low[12] - 0.18 * (low[12] - top[12])
        wide = 0.28 * float(np.hypot(*(low[-1] - low[0])))
        bump = arc(middle, wide, 0.3 * high, 0.0, 2.0 * np.pi, 24)
        pen.fill(bump, "none" if roll < 0.5 else "other", 0.0 if roll < 0.5 else 0.4, clip=opening)
    record.show("AU25", "AU26")
