"""The pictures of a fit on its page: drawing, lines, head, and how far the correction moved it."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import io
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ..rig.face_rig import PART_NAMES, pose, rotation_matrix
from ..rig.heat import heat_colours
from ..rig.look import HeadLook, head_look
from ..rig.raster import render_head
from ..rig.shading import encode_srgb
from .fit import Fit
from .overlay import FINE, STAGE_COLOURS, Window, draw_curves, face_window, pale_drawing, shown_part
from .shown_lines import shown_lines

__all__ = ["DRAWN", "PICTURES", "as_data", "fit_pictures", "heat_steps"]

PICTURES = ("drawing", "lines", "head", "heat")
DRAWN = (196, 30, 90)
"""sRGB of the drawn lines that were read."""

_SKIN = PART_NAMES.index("skin")
_SIZE = (432, 576)
_BACKDROP = (236, 233, 227)
_JPEG_QUALITY = 80


def fit_pictures(fit: Fit, look: HeadLook | None = None) -> dict[str, Image.Image]:
    """Return the pictures by name, `PICTURES`: 432 × 576 pixels, RGB, all of the same view.

    Parameters
    ----------
    look : the paint of the fit's rig, if it is at hand (`rig.look.head_look`)
    """
    look, window = look or head_look(fit.rig), face_window(fit).within(*_SIZE)
    return {
        "drawing": _drawing(fit, window),
        "lines": _lines(fit, window),
        "head": _head(fit, window, look),
        "heat": _head(fit, window, _heated(fit, look)),
    }


def as_data(picture: Image.Image) -> str:
    """Return a picture as the address of an image within a page."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=_JPEG_QUALITY, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def heat_steps(moved_mm: NDArray[np.floating]) -> list[str]:
    """Return the colours of some displacements (N,), as a page writes them, for a legend."""
    steps = encode_srgb(heat_colours(moved_mm)[None, :, :3])[0]
    return [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in steps.tolist()]


def _drawing(fit: Fit, window: Window) -> Image.Image:
    """Show the drawing as it is."""
    paper = int(np.percentile(fit.sketch.grey[::4, ::4], 80))
    panel = Image.new("RGB", _SIZE, (paper, paper, paper))
    at = (round(window.offset[0]), round(window.offset[1]))
    panel.paste(shown_part(fit.sketch.grey, window).convert("RGB"), at)
    return panel


def _lines(fit: Fit, window: Window) -> Image.Image:
    """Show the drawn lines that were read, the head's over them, and where the two are apart."""
    panel, paper = pale_drawing(fit, window, _SIZE)
    fine = Image.new("RGBA", (_SIZE[0] * FINE, _SIZE[1] * FINE), (paper, paper, paper, 0))
    pen, pulled, shown = ImageDraw.Draw(fine), frozenset(fit.gap.curves), shown_lines(fit)
    # what is shown is thinned to a point in two pixels of the drawing
    radius = FINE * max(1.1, 0.9 * window.zoom)
    for x, y in (window(shown.drawn.astype(np.float64)) * FINE).tolist():
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), (*DRAWN, 255))
    for ends in shown.marks.astype(np.float64).reshape(-1, 2, 2):
        pen.line([tuple(end) for end in (window(ends) * FINE).tolist()], (*DRAWN, 150), FINE)
    _, parametric, final = STAGE_COLOURS
    draw_curves(pen, fit.parametric, window, pulled, (*parametric, 220), 1.2)
    draw_curves(pen, fit.final, window, pulled, (*final, 255), 2.0)
    lines = fine.resize(_SIZE, Image.Resampling.BOX)
    panel.paste(lines, (0, 0), lines)
    return panel


def _head(fit: Fit, window: Window, look: HeadLook) -> Image.Image:
    """Show the corrected head as the drawing sees it."""
    panel = Image.new("RGB", _SIZE, _BACKDROP)
    turn = rotation_matrix(fit.state.rotation)
    vertices = pose(fit.rig, fit.state) + fit.worn_correction() @ turn.T
    camera = window.seen_by(fit.camera, _SIZE)
    head = Image.fromarray(render_head(vertices, fit.rig, camera, look=look))
    panel.paste(head, (0, 0), head)
    return panel


def _heated(fit: Fit, look: HeadLook) -> HeadLook:
    """Return paint that tells how far each vertex of the skin is moved."""
    moved_mm = 1000.0 * np.linalg.norm(fit.worn_correction(), axis=1)
    is_skin = fit.rig.vertex_part == _SKIN  # eyes turn and teeth are pulled along: no correction
    colours = np.where(is_skin[:, None], heat_colours(moved_mm)[:, :3], look.colours)
    gloss = np.where(is_skin, 0.0, look.gloss)
    return replace(look, colours=colours.astype(np.float32), gloss=gloss.astype(np.float32))
