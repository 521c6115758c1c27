"""A fit while it is being made: the parts of which each stage adds one."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..rig.camera import Camera
from ..rig.face_rig import FaceRig, RigState
from ..rig.fit import ParametricFit
from ..sketch_cnn.detection import Detection
from .corrector import Corrected, Stages
from .drawn_face import DrawnFace
from .fit import Fit

__all__ = ["FitParts", "reading_warnings"]

_UNSURE_FACE = 0.5
_LARGE_GAP_IOD = 0.08


@dataclass(frozen=True, slots=True, eq=False)
class FitParts:
    """What was found between one drawing and one head, in pixels of the face's frame.

    Attributes
    ----------
    face : the drawn face
    start : the neutral head as it was placed on it, and its camera
    found : the parametric fit
    stages : the lines before the correction
    corrected : the corrected head
    """

    face: DrawnFace
    start: tuple[RigState, Camera]
    found: ParametricFit
    stages: Stages
    corrected: Corrected

    def as_fit(self, rig: FaceRig) -> Fit:
        """Return the fit, in pixels of the whole drawing."""
        face, frame, sketch = self.face, self.face.frame, self.face.sketch
        height, width = sketch.ink.shape
        size_px = (width, height)
        notes = (
            *reading_warnings(face.detection),
            *_fit_warnings(self.stages.drawn, self.corrected.gap.snakes),
        )
        return Fit(
            sketch=sketch,
            detection=face.detection,
            rig=rig,
            state=self.found.state,
            camera=frame.camera_to_ink(self.found.camera, size_px),
            correction=self.corrected.crawled.correction,
            gap=self.corrected.gap,
            placed=frame.curves_to_ink(self.stages.placed),
            parametric=frame.curves_to_ink(self.stages.parametric),
            final=frame.curves_to_ink(self.corrected.crawled.curves),
            snakes=tuple(self.corrected.crawled.records),
            outcome=self.found.outcome.value,
            warnings=(*sketch.warnings, *notes),
            drawn={key: frame.to_ink(points) for key, points in self.stages.drawn.items()},
            iod_px=frame.iod_px / frame.scale,
            held=face.evidence.given.names,
            start=(self.start[0], frame.camera_to_ink(self.start[1], size_px)),
        )


def reading_warnings(detection: Detection) -> list[str]:
    """Say what the user should know about the reading."""
    found = []
    if detection.other_faces:
        count = len(detection.other_faces) + 1
        found.append(f"{count} faces in the drawing; the largest was taken")
    if detection.face_score < _UNSURE_FACE:
        found.append("not sure that this is a face; check the overlay")
    if detection.reference == "turned away":
        found.append(
            "the neutral drawing faces another way and was not used; give one from the same side"
        )
    return found


def _fit_warnings(drawn: Mapping[str, Any], gap_iod: float) -> list[str]:
    if not drawn:
        return ["no drawn line could be matched to the head; only the expression was set"]
    if gap_iod > _LARGE_GAP_IOD:
        return [f"the head's lines are still {gap_iod:.2f} eye distances from the drawn ones"]
    return []
