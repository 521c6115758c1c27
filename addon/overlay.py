"""The picture of a fit: the drawing with the head's lines on it, the head, and the figures."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ..rig.camera import Camera
from ..rig.contours import FeatureCurve, visible_pieces
from ..rig.face_rig import pose, rotation_matrix
from ..rig.facs import AU_NAMES, split_label
from ..rig.look import HeadLook
from ..rig.raster import render_head
from .fit import Fit
from .gap import feature_key

__all__ = [
    "FINE", "STAGE_COLOURS", "Window", "draw_curves", "draw_overlay", "face_window", "font_of",
    "pale_drawing", "shown_part",
]  # fmt: skip

_WIDTH, _HEIGHT, _MARGIN, _GUTTER = 1600, 1000, 44, 26
_TOP, _PANEL_W, _PANEL_H = 112, 606, 808
_SIDE_X = _MARGIN + 2 * (_PANEL_W + _GUTTER) + 6
_SIDE_W = _WIDTH - _MARGIN - _SIDE_X
FINE = 3  # lines are drawn this much larger and brought down: Pillow's own have stairs

_PAPER, _CARD, _INK, _FAINT, _HAIRLINE = (
    (247, 244, 238), (255, 254, 251), (38, 36, 42), (128, 123, 120), (222, 217, 208)
)  # fmt: skip
_PLACED, _PARAMETRIC, _FINAL = (120, 138, 178), (240, 138, 36), (0, 150, 136)
STAGE_COLOURS = (_PLACED, _PARAMETRIC, _FINAL)
"""sRGB of the head's lines as placed, after the parametric fit, after the snakes."""
_BACKDROP_MIDDLE, _BACKDROP_EDGE = (238, 235, 229), (205, 200, 193)
_MAX_AUS = 10
_SHOWN_FROM = 0.15
_UNFITTED = ("hair", "other")


@dataclass(frozen=True, slots=True)
class Window:
    """The part of the drawing that is shown, and where: panel = (ink - origin) · zoom + offset."""

    origin: tuple[float, float]
    zoom: float
    offset: tuple[float, float]
    size: tuple[int, int]

    def __call__(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map ink pixels (N, 2) into the panel."""
        return (points - np.array(self.origin)) * self.zoom + np.array(self.offset)

    def within(self, width: int, height: int) -> Window:
        """Return a window on the same part of the drawing for a panel of another size."""
        whole = [self.size[axis] + 2.0 * self.offset[axis] for axis in (0, 1)]
        factor = min(width / whole[0], height / whole[1])
        size = (max(1, round(self.size[0] * factor)), max(1, round(self.size[1] * factor)))
        offset = ((width - size[0]) / 2.0, (height - size[1]) / 2.0)
        return Window(self.origin, self.zoom * factor, offset, size)

    def seen_by(self, camera: Camera, size: tuple[int, int]) -> Camera:
        """Return the drawing's camera as one for a panel of `size` (width, height)."""
        centre = self(camera.centre_px[None])[0]
        return Camera(camera.scale_px * self.zoom, centre, size, camera.inverse_distance)


def draw_overlay(fit: Fit, look: HeadLook | None = None) -> Image.Image:
    """Draw a fit: 1600 × 1000 pixels, RGB.

    Parameters
    ----------
    look : the paint of the fit's rig, if it is at hand (`rig.look.head_look`)
    """
    canvas = Image.new("RGB", (_WIDTH, _HEIGHT), _PAPER)
    window = face_window(fit)
    right = _MARGIN + _PANEL_W + _GUTTER
    _paste_card(canvas, _drawing_panel(fit, window), (_MARGIN, _TOP))
    _paste_card(canvas, _head_panel(fit, window, look), (right, _TOP))
    layer = Image.new("RGBA", (_SIDE_W * FINE, _HEIGHT * FINE), (0, 0, 0, 0))
    texts = _side_column(fit, ImageDraw.Draw(layer))
    layer = layer.resize((_SIDE_W, _HEIGHT), Image.Resampling.BOX)
    canvas.paste(layer, (_SIDE_X, 0), layer)
    pen = ImageDraw.Draw(canvas)
    for x, y, text, size, colour, anchor in texts:
        pen.text((_SIDE_X + x, y), text, fill=colour, font=font_of(size), anchor=anchor)
    _heading(fit, pen, right)
    return canvas


def font_of(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return Pillow's own typeface, so that every machine draws the same picture."""
    return ImageFont.load_default(size)


def face_window(fit: Fit) -> Window:
    """Choose what to show: the whole drawing, or the surroundings of a small face."""
    height, width = fit.sketch.grey.shape
    x0, y0, x1, y1 = fit.detection.face_box
    tall = 2.3 * max(y1 - y0, 1.25 * (x1 - x0), 8.0)
    shape = _PANEL_W / _PANEL_H
    high, wide = float(height), float(width)
    if tall < high or tall * shape < 0.8 * wide:
        high, wide = min(tall, high), min(tall * shape, wide)
    # fill the panel's own shape where that cuts nothing of the face
    if wide < high * shape:
        high = max(wide / shape, min(high, 1.8 * (y1 - y0)))
    else:
        wide = max(high * shape, min(wide, 1.8 * (x1 - x0)))
    left = np.clip((x0 + x1 - wide) / 2.0, 0.0, width - wide)
    top = np.clip((y0 + y1 - high) / 2.0 - 0.06 * high, 0.0, height - high)
    zoom = min(_PANEL_W / wide, _PANEL_H / high)
    size = (max(1, round(wide * zoom)), max(1, round(high * zoom)))
    offset = ((_PANEL_W - size[0]) / 2.0, (_PANEL_H - size[1]) / 2.0)
    return Window((float(left), float(top)), float(zoom), offset, size)


def shown_part(picture: NDArray[np.uint8], window: Window) -> Image.Image:
    """Return the part of a grey picture that the window shows, at the panel's scale."""
    (left, top), zoom = window.origin, window.zoom
    height, width = picture.shape
    right = min(left + window.size[0] / zoom, float(width))
    bottom = min(top + window.size[1] / zoom, float(height))
    grey = Image.fromarray(picture)
    return grey.resize(window.size, Image.Resampling.LANCZOS, box=(left, top, right, bottom))


def pale_drawing(fit: Fit, window: Window, size: tuple[int, int]) -> tuple[Image.Image, int]:
    """Return the sketch, paled a little, in a panel of `size`, and how bright its paper is."""
    pale = [round(255 - 0.72 * (255 - value)) for value in range(256)]
    paper = pale[int(np.percentile(fit.sketch.grey[::4, ::4], 80))]
    panel = Image.new("RGB", size, (paper, paper, paper))
    at = (round(window.offset[0]), round(window.offset[1]))
    panel.paste(shown_part(fit.sketch.grey, window).point(pale).convert("RGB"), at)
    return panel, paper


def _drawing_panel(fit: Fit, window: Window) -> Image.Image:
    """Draw the sketch with the head's lines of the three stages."""
    panel, paper = pale_drawing(fit, window, (_PANEL_W, _PANEL_H))
    fine = Image.new("RGBA", (_PANEL_W * FINE, _PANEL_H * FINE), (paper, paper, paper, 0))
    pen = ImageDraw.Draw(fine)
    pulled = frozenset(fit.gap.curves)
    draw_curves(pen, fit.placed, window, pulled, (*_PLACED, 210), 1.6, dash_px=7.0)
    draw_curves(pen, fit.parametric, window, pulled, (*_PARAMETRIC, 235), 1.8)
    draw_curves(pen, fit.final, window, pulled, (*_FINAL, 255), 2.8)
    lines = fine.resize((_PANEL_W, _PANEL_H), Image.Resampling.BOX)
    panel.paste(lines, (0, 0), lines)
    return panel


def draw_curves(
    pen: ImageDraw.ImageDraw,
    curves: tuple[FeatureCurve, ...],
    window: Window,
    pulled: frozenset[str],
    colour: tuple[int, int, int, int],
    width_px: float,
    dash_px: float | None = None,
) -> None:
    """Draw the visible stretches of curves; those that the drawing lacks are paler and thinner."""
    for curve in curves:
        passive = curve.name in _UNFITTED or bool(pulled and feature_key(curve.name) not in pulled)
        tone = (*colour[:3], colour[3] // 3) if passive else colour
        width = max(1, round((0.7 if passive else 1.0) * width_px * FINE))
        for rows in visible_pieces(curve):
            line = window(curve.points[rows]) * FINE
            if len(line) < 2 or not np.isfinite(line).all():
                continue
            strokes = [line] if dash_px is None else _dashes(line, dash_px * FINE)
            for stroke in strokes:
                pen.line([tuple(point) for point in stroke.tolist()], tone, width, "curve")
                radius = width / 2.0
                for x, y in (stroke[0], stroke[-1]):
                    pen.ellipse((x - radius, y - radius, x + radius, y + radius), tone)


def _dashes(line: NDArray[np.float64], dash_px: float) -> list[NDArray[np.float64]]:
    """Cut a line into dashes with gaps almost as long."""
    reached = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    pieces = []
    for start in np.arange(0.0, reached[-1], 1.9 * dash_px):
        at = np.linspace(start, min(start + dash_px, reached[-1]), 5)
        pieces.append(np.stack([np.interp(at, reached, line[:, k]) for k in (0, 1)], axis=1))
    return pieces


def _head_panel(fit: Fit, window: Window, look: HeadLook | None) -> Image.Image:
    """Render the corrected head as the drawing sees it, on a studio backdrop."""
    y, x = np.mgrid[0:_PANEL_H, 0:_PANEL_W]
    away = np.hypot((x / _PANEL_W - 0.5) * 1.1, y / _PANEL_H - 0.42)
    share = np.clip(away / 0.75, 0.0, 1.0)[..., None] ** 1.6
    middle, edge = np.array(_BACKDROP_MIDDLE), np.array(_BACKDROP_EDGE)
    panel = Image.fromarray((middle + share * (edge - middle)).astype(np.uint8))
    # the drawing shows faintly through the backdrop: hair, neck and clothes that the head lacks
    ghost = Image.new("L", panel.size, 0)
    # the paper's grain stays out
    ink = np.round(72.0 * np.clip(fit.sketch.ink - 0.1, 0.0, 0.9)).astype(np.uint8)
    ghost.paste(shown_part(ink, window), (round(window.offset[0]), round(window.offset[1])))
    panel.paste((92, 86, 84), (0, 0), ghost)
    camera = window.seen_by(fit.camera, panel.size)
    turn = rotation_matrix(fit.state.rotation)
    vertices = pose(fit.rig, fit.state) + fit.worn_correction() @ turn.T
    head = Image.fromarray(render_head(vertices, fit.rig, camera, look=look))
    panel.paste(head, (0, 0), head)
    return panel


def _paste_card(canvas: Image.Image, panel: Image.Image, at: tuple[int, int]) -> None:
    """Paste a panel with round corners, a hairline and a soft shadow."""
    width, height = panel.size
    fine = Image.new("L", (width * 2, height * 2), 0)
    ImageDraw.Draw(fine).rounded_rectangle((0, 0, width * 2 - 1, height * 2 - 1), 28, 255)
    mask = fine.resize(panel.size, Image.Resampling.BOX)
    pen = ImageDraw.Draw(canvas)
    for spread, tone in ((4, 241), (2, 235)):
        box = (at[0] - spread // 2, at[1] + 2, at[0] + width + spread // 2, at[1] + height + spread)
        pen.rounded_rectangle(box, 16, (tone, tone - 4, tone - 10))
    canvas.paste(panel, at, mask)
    edge = (at[0], at[1], at[0] + width - 1, at[1] + height - 1)
    pen.rounded_rectangle(edge, 14, outline=_HAIRLINE)


def _heading(fit: Fit, pen: ImageDraw.ImageDraw, right: int) -> None:
    """Write the title, the captions of the panels, and the warnings at the foot."""
    name = fit.sketch.path.name if fit.sketch.path is not None else "drawing"
    pen.text((_MARGIN, 30), "limner", fill=_INK, font=font_of(34), anchor="lt")
    pen.text((_MARGIN, 84), _shortened(pen, name, 15, _PANEL_W), _FAINT, font_of(15), anchor="lt")
    pen.text((right, 84), "Head with its correction, as drawn", _FAINT, font_of(15), anchor="lt")
    notes = "   ·   ".join(fit.warnings)
    foot = _HEIGHT - 44
    if notes:
        room = 2 * _PANEL_W + _GUTTER
        pen.text(
            (_MARGIN, foot), _shortened(pen, notes, 15, room), _FAINT, font_of(15), anchor="lt"
        )


def _shortened(pen: ImageDraw.ImageDraw, text: str, size: int, room_px: float) -> str:
    """Return a text cut to the room it has, with an ellipsis where it was cut."""
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    while text and pen.textlength(text, font_of(size)) > room_px:
        text = text.removesuffix("…")[:-1] + "…" if len(text) > 1 else ""
    return text


_Text = tuple[float, float, str, float, tuple[int, int, int], str]


def _side_column(fit: Fit, pen: ImageDraw.ImageDraw) -> list[_Text]:
    """Draw the bars of the right column; return its texts (x, y, text, size, colour, anchor)."""
    gap = fit.gap
    texts: list[_Text] = [
        (0, 84, "Contour gap, eye distances", 15, _FAINT, "lt"),
        (0, 116, f"{max(0.0, gap.closed):.0%}", 52, _INK, "lt"),
        (_SIDE_W, 152, "closed", 18, _FAINT, "rs"),
    ]
    most = max(gap.placed, gap.parametric, gap.snakes, 1e-9)
    rows = (
        ("Placed", gap.placed, _PLACED, True),
        ("Parametric", gap.parametric, _PARAMETRIC, False),
        ("Snakes", gap.snakes, _FINAL, False),
    )
    y = 196.0
    for label, value, colour, dashed in rows:
        texts.append((34, y, label, 16, _INK, "lm"))
        texts.append((_SIDE_W, y, f"{value:.3f}", 16, _INK, "rm"))
        for start, end in ((0, 9), (14, 23)) if dashed else ((0, 23),):
            _bar(pen, start, end, y, 3.2, colour)
        _bar(pen, 0, _SIDE_W, y + 19, 5, (*_HAIRLINE, 150))
        _bar(pen, 0, max(5.0, _SIDE_W * value / most), y + 19, 5, colour)
        y += 48
    y += 8
    _bar(pen, 0, _SIDE_W, y - 14, 1, _HAIRLINE)
    texts.append((0, y + 6, "Action Units, intensity", 15, _FAINT, "lt"))
    return texts + _au_list(fit, pen, y + 50)


def _au_list(fit: Fit, pen: ImageDraw.ImageDraw, y: float) -> list[_Text]:
    """Draw the strongest AUs, left and right of a pair under one name."""
    found: dict[int, dict[str, tuple[float, float]]] = {}
    detection = fit.detection
    for row, label in enumerate(detection.au_labels):
        au, side = split_label(label)
        sure, strong = float(detection.probability[row]), float(detection.intensity[row])
        if sure * strong >= _SHOWN_FROM:
            found.setdefault(au, {})[side or ""] = (sure, strong)
    order = sorted(found, key=lambda au: -max(s * i for s, i in found[au].values()))
    texts: list[_Text] = []
    for au in order[:_MAX_AUS]:
        sides = found[au]
        if y + 22 + 18 * len(sides) > _TOP + _PANEL_H:
            break
        texts.append((0, y, f"{au}", 16, _INK, "lm"))
        texts.append((30, y, AU_NAMES[au], 16, _INK, "lm"))
        for side in sorted(sides):
            y += 19
            sure, strong = sides[side]
            pale = tuple(round(c + (1.0 - sure) * 0.75 * (235 - c)) for c in _FINAL)
            texts.append((30, y, side, 12, _FAINT, "lm"))
            texts.append((_SIDE_W, y, f"{strong:.2f}", 13, _FAINT, "rm"))
            _bar(pen, 46, _SIDE_W - 40, y, 6, (*_HAIRLINE, 150))
            _bar(pen, 46, 46 + (_SIDE_W - 86) * strong, y, 6, pale)
        y += 31
    if not order:
        texts.append((0, y, "None: a neutral face", 16, _INK, "lm"))
    return texts


def _bar(
    pen: ImageDraw.ImageDraw,
    start: float,
    end: float,
    y: float,
    height: float,
    colour: tuple[int, ...],
) -> None:
    """Draw a horizontal bar with round ends around y, in the column's pixels."""
    box = (start * FINE, (y - height / 2) * FINE, end * FINE, (y + height / 2) * FINE)
    pen.rounded_rectangle(box, height / 2 * FINE, fill=colour)
