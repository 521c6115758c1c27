"""One drawn face, ready to be fitted: what was read of it, and its labelled lines in the frame."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..rig.evidence import Evidence, Given
from ..rig.face_rig import FaceRig
from ..sketch_cnn.crop import interocular_px
from ..sketch_cnn.detection import Detection
from ..sketch_cnn.sketch import Sketch
from .drawn import DrawnLines, read_lines, read_lines_again
from .evidence import gather_evidence
from .frame import IOD_PX, FaceFrame, frame_face
from .held import Held

__all__ = ["DrawnFace", "read_face", "read_face_again", "read_face_in"]


@dataclass(frozen=True, slots=True, eq=False)
class DrawnFace:
    """A face on paper.

    Attributes
    ----------
    sketch, detection : the drawing, and what was read of it
    frame : the drawing around the face
    drawn : its labelled lines, frame pixels
    evidence : what a fit believes, frame pixels
    """

    sketch: Sketch
    detection: Detection
    frame: FaceFrame
    drawn: DrawnLines
    evidence: Evidence

    @property
    def iod_px(self) -> float:
        """Interocular distance in the frame, pixels."""
        return self.frame.iod_px

    @property
    def landmark_spread(self) -> NDArray[np.float64]:
        """How far the landmarks may be off, (70,) frame pixels."""
        return self.detection.landmark_spread * self.frame.scale


def read_face(
    rig: FaceRig,
    sketch: Sketch,
    detection: Detection,
    inverse_distance: float,
    pinned: Collection[str] = (),
    held: Held | None = None,
    eyes_apart_px: float = IOD_PX,
) -> DrawnFace:
    """Frame a detected face and gather what is known of it.

    Parameters
    ----------
    rig : the head that is to be fitted
    inverse_distance : perspective of the camera, 1/metre
    pinned : labels of AUs that the fit must leave as `detection` has them
    held : identity, pose and camera that it must leave as they are
    eyes_apart_px : in the frame; see `frame_face`

    Raises
    ------
    SketchError
        If the face is smaller than a pixel.
    """
    frame = frame_face(sketch, detection, eyes_apart_px)
    drawn = read_lines(frame, detection)
    held = held or Held()
    camera = held.camera_in_ink(sketch.scale)
    if camera is not None:
        inverse_distance = camera.inverse_distance
        camera = frame.camera_from_ink(camera)
    given = Given(held.identity, held.pose, camera)
    return _gathered(rig, sketch, detection, frame, drawn, inverse_distance, pinned, given)


def read_face_again(
    rig: FaceRig,
    sketch: Sketch,
    detection: Detection,
    before: DrawnFace,
    pinned: Collection[str] = (),
) -> DrawnFace:
    """Gather what is known of a face that was drawn on, in the same frame.

    Parameters
    ----------
    before : the face before; its lines are found anew only where the ink has changed
    """
    iod_px = interocular_px(detection.landmarks) * before.frame.scale
    frame = before.frame.again(sketch, iod_px)
    drawn = read_lines_again(frame, detection, before.drawn)
    known = before.evidence
    return _gathered(
        rig, sketch, detection, frame, drawn, known.inverse_distance, pinned, known.given
    )


def read_face_in(
    rig: FaceRig, frame: FaceFrame, before: DrawnFace, pinned: Collection[str] = ()
) -> DrawnFace:
    """Gather what is known of the same drawn face in another frame that begins where its does."""
    drawn, known = read_lines(frame, before.detection), before.evidence
    given, camera = known.given, known.given.camera
    if camera is not None:
        height, width = before.sketch.ink.shape
        camera = frame.camera_from_ink(before.frame.camera_to_ink(camera, (width, height)))
        given = replace(given, camera=camera)
    return _gathered(
        rig, before.sketch, before.detection, frame, drawn, known.inverse_distance, pinned, given
    )


def _gathered(
    rig: FaceRig,
    sketch: Sketch,
    detection: Detection,
    frame: FaceFrame,
    drawn: DrawnLines,
    inverse_distance: float,
    pinned: Collection[str],
    given: Given,
) -> DrawnFace:
    """Return a framed face with what a fit believes of it."""
    evidence = gather_evidence(rig, detection, frame, drawn, inverse_distance, pinned, given)
    return DrawnFace(sketch, detection, frame, drawn, evidence)
