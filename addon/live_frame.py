"""A fit carried over into a coarser frame, in which it can follow the pen.

Finding lines, and asking which is nearest, takes time that grows with the frame's pixels; a fit in
full can wait, one that follows cannot. What a fit has found lies in pixels of its frame: all of it
is measured anew, and the drawing's lines are found anew. Points a pixel apart lie farther apart
there, so the gap of the same head comes out larger by some 0.0005 IOD.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..rig.camera import Camera
from ..rig.contours import FeatureCurve
from ..rig.face_rig import FaceRig
from .came_to import CameTo
from .corrector import Corrected, Stages
from .drawn_face import DrawnFace, read_face_in
from .fit_parts import FitParts
from .frame import FaceFrame, rescaled
from .gap import split_drawn

__all__ = ["in_live_frame"]


def in_live_frame(
    rig: FaceRig, parts: FitParts, eyes_apart_px: float, pinned: Collection[str] = ()
) -> FitParts:
    """Return a fit in a frame that shows the same of the drawing, the eyes so many pixels apart.

    Parameters
    ----------
    pinned : labels of AUs that the fit must leave as they are

    Returns
    -------
    FitParts, themselves where their frame is no finer
    """
    before = parts.face.frame
    if before.iod_px <= eyes_apart_px:
        return parts
    face = parts.face
    frame = rescaled(before, face.sketch, eyes_apart_px)
    scale = frame.scale / before.scale
    face = read_face_in(rig, frame, face, pinned)
    found = replace(parts.found, camera=_camera(parts.found.camera, frame, scale))
    stages = _stages(parts.stages, face, scale)
    start = (parts.start[0], _camera(parts.start[1], frame, scale))
    return FitParts(face, start, found, stages, _corrected(parts.corrected, face, scale))


def _stages(stages: Stages, face: DrawnFace, scale: float) -> Stages:
    """Return the stages before the correction; `scale` : new pixels per pixel."""
    lines = _lines(stages.parametric, scale)
    drawn = split_drawn(face.drawn, lines, face.iod_px)
    return Stages(drawn, _lines(stages.placed, scale), lines, stages.seen_at)


def _corrected(corrected: Corrected, face: DrawnFace, scale: float) -> Corrected:
    """Return the corrected head, its lines resting at what is drawn."""
    crawled = corrected.crawled
    results = tuple(
        replace(
            result,
            points=scale * result.points,
            displacement=scale * result.displacement,
            energies=scale**2 * result.energies,
        )
        for result in crawled.came_to.results
    )
    came_to = CameTo(tuple(_lines(crawled.came_to.curves, scale)), results, face.drawn.by_feature())
    crawled = replace(
        crawled,
        curves=_lines(crawled.curves, scale),
        came_to=came_to,
        seen=_lines(crawled.seen, scale),
    )
    return replace(corrected, crawled=crawled)


def _lines(curves: Sequence[FeatureCurve], scale: float) -> list[FeatureCurve]:
    """Return lines whose pixels are so many of the new ones."""
    return [curve.at(scale * curve.points) for curve in curves]


def _camera(camera: Camera, frame: FaceFrame, scale: float) -> Camera:
    """Return the camera of the new frame, which begins where the one before does."""
    centre: NDArray[np.float64] = scale * camera.centre_px
    return replace(
        camera, scale_px=scale * camera.scale_px, centre_px=centre, size_px=frame.size_px
    )
