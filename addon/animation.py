"""The gap closing, as a GIF: the head's lines on the drawing, and the head beside it.

First the neutral head that was placed on the face takes identity, pose and expression; then the
correction carries its lines onto the drawn ones. Each way is eased, and each stage is held.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ..rig.camera import Camera
from ..rig.contours import visible_lines
from ..rig.face_rig import RigState, pose, rotation_matrix
from ..rig.look import HeadLook, head_look
from ..rig.raster import render_head
from ..rig.tuck import MouthTuck
from .fit import Fit
from .outputs import saying_what_is_wrong
from .overlay import (
    FINE,
    STAGE_COLOURS,
    Window,
    draw_curves,
    face_window,
    font_of,
    pale_drawing,
)

__all__ = ["Moment", "animation_frames", "moments", "write_animation"]

_PANEL_W, _PANEL_H, _FOOT = 384, 512, 34
_STEPS = 14  # frames of each way
_FRAME_MS, _HOLD_MS, _LAST_MS = 60, 900, 2500
_PAPER, _INK = (247, 244, 238), (38, 36, 42)
_NAMES = ("Placed", "Parametric", "Snakes")


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """One frame of the film.

    Attributes
    ----------
    state, camera : how the head stands, `Sketch.ink` pixels
    share : of the correction, 0 to 1
    progress : 0 placed, 1 after the parametric fit, 2 after the snakes
    shown_ms : how long the frame stays
    """

    state: RigState
    camera: Camera
    share: float
    progress: float
    shown_ms: int


def moments(fit: Fit) -> list[Moment]:
    """Return the film's moments, from the placed head to the corrected one."""
    start, first = fit.start or (RigState.neutral(fit.rig), fit.camera)
    eased = 0.5 - 0.5 * np.cos(np.pi * np.arange(1, _STEPS + 1) / _STEPS)
    film = [Moment(start, first, 0.0, 0.0, _HOLD_MS)]
    for share in eased.tolist():
        held = _HOLD_MS if share >= 1.0 else _FRAME_MS
        state, camera = _between(start, fit.state, share), _camera(first, fit.camera, share)
        film.append(Moment(state, camera, 0.0, share, held))
    for share in eased.tolist():
        held = _LAST_MS if share >= 1.0 else _FRAME_MS
        film.append(Moment(fit.state, fit.camera, share, 1.0 + share, held))
    return film


def _between(start: RigState, end: RigState, share: float) -> RigState:
    """Return a state part of the way."""
    return RigState(
        start.weights + share * (end.weights - start.weights),
        start.identity + share * (end.identity - start.identity),
        start.rotation + share * (end.rotation - start.rotation),
    )


def _camera(start: Camera, end: Camera, share: float) -> Camera:
    """Return a camera part of the way; its scale grows by even factors."""
    return replace(
        end,
        scale_px=start.scale_px * (end.scale_px / start.scale_px) ** share,
        centre_px=start.centre_px + share * (end.centre_px - start.centre_px),
    )


def animation_frames(fit: Fit, look: HeadLook | None = None) -> list[Image.Image]:
    """Return the pictures of `moments(fit)`: 768 × 546 pixels, RGB.

    Parameters
    ----------
    look : the paint of the fit's rig, if it is at hand (`rig.look.head_look`)
    """
    look, tuck = look or head_look(fit.rig), MouthTuck(fit.rig)
    window = face_window(fit).within(_PANEL_W, _PANEL_H)
    paper, _ = pale_drawing(fit, window, (_PANEL_W, _PANEL_H))
    return [_frame(fit, moment, window, paper, look, tuck) for moment in moments(fit)]


def write_animation(fit: Fit, path: Path) -> None:
    """Write the film as a GIF that plays again and again; it appears whole or not at all.

    Raises
    ------
    OutputError
        The folder, the disk, or the rights do not allow it.
    """
    frames = animation_frames(fit)
    # One palette for all frames, or what stands still would flicker
    chosen = [frames[row] for row in (0, len(frames) // 2, -1)]
    sample = Image.new("RGB", (frames[0].width, len(chosen) * frames[0].height))
    for row, frame in enumerate(chosen):
        sample.paste(frame, (0, row * frame.height))
    palette = sample.quantize(255, Image.Quantize.MEDIANCUT, kmeans=2, dither=Image.Dither.NONE)
    reduced = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    partial = path.with_name(f".partial-{path.name}")
    with saying_what_is_wrong(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            reduced[0].save(
                partial,
                "GIF",
                save_all=True,
                append_images=reduced[1:],
                duration=[moment.shown_ms for moment in moments(fit)],
                loop=0,
            )
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)


def _frame(
    fit: Fit,
    moment: Moment,
    window: Window,
    paper: Image.Image,
    look: HeadLook,
    tuck: MouthTuck,
) -> Image.Image:
    """Draw one moment."""
    turn = rotation_matrix(moment.state.rotation)
    vertices = pose(fit.rig, moment.state) + moment.share * (fit.worn_correction() @ turn.T)
    vertices = tuck.apply(vertices)
    canvas = Image.new("RGB", (2 * _PANEL_W, _PANEL_H + _FOOT), _PAPER)
    canvas.paste(paper, (0, 0))
    glass = Image.new("RGBA", (_PANEL_W * FINE, _PANEL_H * FINE), (*_mixed(moment.progress), 0))
    curves = tuple(visible_lines(fit.rig, vertices, moment.camera))
    colour = (*_mixed(moment.progress), 255)
    draw_curves(ImageDraw.Draw(glass), curves, window, frozenset(fit.gap.curves), colour, 2.2)
    glass = glass.resize((_PANEL_W, _PANEL_H), Image.Resampling.BOX)
    canvas.paste(glass, (0, 0), glass)
    view = window.seen_by(moment.camera, (_PANEL_W, _PANEL_H))
    head = Image.fromarray(render_head(vertices, fit.rig, view, look=look))
    canvas.paste(head, (_PANEL_W, 0), head)
    _caption(ImageDraw.Draw(canvas), fit, moment)
    return canvas


def _caption(pen: ImageDraw.ImageDraw, fit: Fit, moment: Moment) -> None:
    """Write the stage and its gap at the foot."""
    stage = min(int(np.ceil(moment.progress - 1e-9)), 2)
    values = (fit.gap.placed, fit.gap.parametric, fit.gap.snakes)
    middle = _PANEL_H + _FOOT / 2
    pen.ellipse((14, middle - 5, 24, middle + 5), _mixed(moment.progress))
    pen.text((34, middle), _NAMES[stage], _INK, font_of(16), anchor="lm")
    if float(moment.progress).is_integer():
        text = f"gap {values[stage]:.3f} eye distances"
        pen.text((2 * _PANEL_W - 14, middle), text, _INK, font_of(16), anchor="rm")


def _mixed(progress: float) -> tuple[int, int, int]:
    """Return the colour between those of the stages."""
    channels: NDArray[np.float64] = np.array(STAGE_COLOURS, dtype=np.float64)
    red, green, blue = (round(float(np.interp(progress, (0, 1, 2), row))) for row in channels.T)
    return red, green, blue
