"""A face and the same face at rest, drawn by one hand: what the expression alone has changed."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .again import Again
from .canvas import Canvas
from .face import project_face
from .maker import Posed
from .pen import Pen
from .proportions import same_errors, sample_warp
from .render import Drawing, draw_warped
from .style import Hand

__all__ = ["draw_pair"]


def draw_pair(posed: Posed, hand: Hand, seed: tuple[int, ...], rng: np.random.Generator) -> Drawing:
    """Draw a face, and beside it (`Drawing.neutral`) the same head at rest.

    Both have the hand, its errors of proportion, hair, clothes and sheet in common; the lines of
    each run in their own way.

    Parameters
    ----------
    posed : the face with its expression
    hand : who draws
    seed : chance of what both have in common, and of the lines of each
    rng : chance of the hand's errors
    """
    rig, size = posed.lines.rig, posed.camera.size_px[0]
    aus = posed.expression.aus
    warp = sample_warp(posed.seen, hand, aus, size, rng)
    pens = [Pen(Canvas(size), hand, Again(seed, take)) for take in range(2)]
    face = draw_warped(posed.seen, rig, aus, warp, pens[0], posed.faint)
    state = replace(posed.state, weights=np.zeros_like(posed.state.weights))
    seen = project_face(posed.lines, state, posed.camera)
    at_rest = same_errors(warp, posed.seen, seen, hand, {})
    return replace(face, neutral=draw_warped(seen, rig, {}, at_rest, pens[1]))
