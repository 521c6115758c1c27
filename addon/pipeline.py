"""The whole chain: drawing → Action Units → posed head → contours on the drawn lines.

Free of Blender; the command line, the add-on and scripts all come through here.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..rig.bake import Baker
from ..rig.deform import Deformer
from ..rig.face_rig import FaceRig, RigState, pose, rotation_matrix, unposed
from ..rig.fit import FitSettings, fit_parameters, place_head
from ..rig.ordinary import towards_ordinary
from ..rig.store import load_rig
from ..rig.tuck import MouthTuck
from ..sketch_cnn.detection import Detection
from ..sketch_cnn.detector import Detector
from ..sketch_cnn.image import read_sketch
from ..sketch_cnn.sketch import Sketch
from .crawl import CrawlSettings, crawl, visible_lines
from .drawn import read_lines
from .evidence import gather_evidence
from .fit import Fit, Gap
from .frame import frame_face
from .gap import measure_gap, split_drawn
from .pins import with_pins
from .report import au_entries
from .wholes import Wholes

__all__ = [
    "CORRECTIONS",
    "STAGES",
    "PipelineSettings",
    "Session",
    "describe_detection",
    "detect_file",
    "fit_file",
]

STAGES = ("detect", "parametric", "snakes")
CORRECTIONS = ("expression", "identity")
_UNSURE_FACE = 0.5
_CORRECTION_LENGTH_M = 0.016
_WORSE_IOD = 0.002
"""A correction that leaves a gap so much larger than the parametric fit is tried again."""
_LARGE_GAP_IOD = 0.08


@dataclass(frozen=True, slots=True)
class PipelineSettings:
    """Settings of the chain.

    Attributes
    ----------
    parametric, crawl : of the two fitting steps
    inverse_distance : perspective of the camera, 1/metre; 0 is orthographic
    ordinary : in [0, 1], how far the correction takes the identity back to the mean head, except
        where lines are drawn
    correct_as : one of `CORRECTIONS`
        What the snakes find belongs to the expression (a shape key), or to who the head is.
    """

    parametric: FitSettings = field(default_factory=FitSettings)
    crawl: CrawlSettings = field(default_factory=CrawlSettings)
    inverse_distance: float = 0.0
    ordinary: float = 0.6
    correct_as: str = "expression"


class Session:
    """What is loaded once and used for every drawing: rig, networks, factorisations.

    Parameters
    ----------
    rig : name or path of a rig, or a loaded one
    model_dir : folder of the weights; by default the ones that limner ships
    settings : see `PipelineSettings`

    Raises
    ------
    RigError
        If the rig cannot be loaded.
    """

    def __init__(
        self,
        rig: str | Path | FaceRig = "makehuman",
        model_dir: Path | None = None,
        settings: PipelineSettings | None = None,
    ) -> None:
        self.rig = rig if isinstance(rig, FaceRig) else load_rig(rig)
        self.detector = Detector(model_dir)
        self.settings = settings or PipelineSettings()
        self._deformer: Deformer | None = None
        self._tuck: MouthTuck | None = None
        self._baker: Baker | None = None

    @property
    def tuck(self) -> MouthTuck:
        """What keeps the mouth's inside behind the skin."""
        if self._tuck is None:
            self._tuck = MouthTuck(self.rig)
        return self._tuck

    @property
    def deformer(self) -> Deformer:
        """The prefactorised deformation of the rig's neutral head."""
        if self._deformer is None:
            self._deformer = Deformer(self.rig, self.rig.neutral, length_m=_CORRECTION_LENGTH_M)
        return self._deformer

    @property
    def baker(self) -> Baker:
        """What makes a correction part of the identity."""
        if self._baker is None:
            self._baker = Baker(self.rig, self.tuck)
        return self._baker

    def detect(self, sketch: Sketch) -> Detection:
        """Read the face of a drawing; see `Detector.detect`."""
        return self.detector.detect(sketch)

    def fit(
        self,
        sketch: Sketch,
        detection: Detection | None = None,
        on_stage: Callable[[str], None] | None = None,
        pins: Mapping[str, float] | None = None,
    ) -> Fit:
        """Fit the head to a drawing.

        Parameters
        ----------
        detection : what to believe instead of the network's own reading
        on_stage : called with the name of each stage of `STAGES` before it starts
        pins : AU label → intensity in [0, 1] that a person has set; the head wears just that

        Raises
        ------
        SketchError
            If there is no face in the drawing.
        FitError
            If a pin names no AU or is out of range.
        """
        clock = _Clock(on_stage)
        clock.start("detect")
        pins = pins or {}
        detection = with_pins(detection or self.detect(sketch), pins)
        clock.start("parametric")
        frame = frame_face(sketch, detection)
        drawn = read_lines(frame, detection)
        evidence = gather_evidence(
            self.rig, detection, frame, drawn, self.settings.inverse_distance, pins.keys()
        )
        neutral, first_camera = place_head(self.rig, evidence)
        placed = visible_lines(self.rig, pose(self.rig, neutral), first_camera)
        found = fit_parameters(self.rig, evidence, self.settings.parametric)
        parametric = visible_lines(self.rig, pose(self.rig, found.state), found.camera)
        clock.start("snakes")
        own = split_drawn(drawn, parametric, frame.iod_px)
        spread = detection.landmark_spread * frame.scale

        def corrected(ordinary: float) -> tuple[Gap, NDArray[np.float64], Any, Any]:
            start = towards_ordinary(self.rig, found.state, ordinary)
            wholes = Wholes.find(
                self.rig, _seen(self.rig, found.state, start), found.camera, evidence.landmarks,
                spread, frame.iod_px,
            )  # fmt: skip
            correction, final, records = crawl(
                self.rig, self.deformer, self.tuck, found.state, start, found.camera, drawn,
                wholes, frame.iod_px, self.settings.crawl,
            )  # fmt: skip
            gap = measure_gap(own, placed, parametric, final, frame.iod_px)
            return gap, correction, final, records

        best = corrected(self.settings.ordinary)
        if best[0].snakes > best[0].parametric + _WORSE_IOD and self.settings.ordinary > 0.0:
            # without the way back to the ordinary head, on which a contour can vanish
            best = min(best, corrected(0.0), key=lambda one: one[0].snakes)
        gap, correction, final, records = best
        baked = None
        if self.settings.correct_as == "identity":
            baked = self.baker.bake(found.state.identity, correction)
        clock.stop()
        height, width = sketch.ink.shape
        return Fit(
            sketch=sketch,
            detection=detection,
            rig=self.rig,
            state=found.state,
            camera=frame.camera_to_ink(found.camera, (width, height)),
            correction=correction,
            gap=gap,
            placed=frame.curves_to_ink(placed),
            parametric=frame.curves_to_ink(parametric),
            final=frame.curves_to_ink(final),
            snakes=tuple(records),
            outcome=found.outcome.value,
            timing_s=clock.seconds,
            warnings=(*sketch.warnings, *_warnings(detection), *_fit_warnings(own, gap.snakes)),
            drawn={key: frame.to_ink(points) for key, points in own.items()},
            iod_px=frame.iod_px / frame.scale,
            baked=baked,
            start=(neutral, frame.camera_to_ink(first_camera, (width, height))),
        )


def _seen(rig: FaceRig, state: RigState, correction: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the corrected head (V, 3) as the camera sees it, metres."""
    corrected = unposed(rig, state) + correction
    return (corrected - rig.pivot) @ rotation_matrix(state.rotation).T


@dataclass(slots=True)
class _Clock:
    """Seconds per stage."""

    on_stage: Callable[[str], None] | None
    seconds: dict[str, float] = field(default_factory=dict)
    _stage: str | None = None
    _since: float = 0.0

    def start(self, stage: str) -> None:
        self.stop()
        if self.on_stage is not None:
            self.on_stage(stage)
        self._stage, self._since = stage, time.perf_counter()

    def stop(self) -> None:
        if self._stage is not None:
            self.seconds[self._stage] = time.perf_counter() - self._since
        self._stage = None


def _warnings(detection: Detection) -> list[str]:
    """Say what the user should know about the reading."""
    found = []
    if detection.other_faces:
        count = len(detection.other_faces) + 1
        found.append(f"{count} faces in the drawing; the largest was taken")
    if detection.face_score < _UNSURE_FACE:
        found.append("not sure that this is a face; check the overlay")
    return found


def _fit_warnings(drawn: dict[str, Any], gap_iod: float) -> list[str]:
    if not drawn:
        return ["no drawn line could be matched to the head; only the expression was set"]
    if gap_iod > _LARGE_GAP_IOD:
        return [f"the head's lines are still {gap_iod:.2f} eye distances from the drawn ones"]
    return []


def fit_file(
    path: str | Path, session: Session, on_stage: Callable[[str], None] | None = None
) -> Fit:
    """Read a picture file and fit the session's head to it.

    Raises
    ------
    SketchError
        If the file cannot be read or shows no face.
    """
    return session.fit(read_sketch(path), on_stage=on_stage)


def detect_file(path: str | Path, session: Session | Detector) -> dict[str, Any]:
    """Read a picture file and describe the face in it, as `limner detect --json` does."""
    detector = session.detector if isinstance(session, Session) else session
    sketch = read_sketch(path)
    return describe_detection(sketch, detector.detect(sketch))


def describe_detection(sketch: Sketch, detection: Detection) -> dict[str, Any]:
    """Return a detection as plain data, points in pixels of the file."""
    return {
        "path": None if sketch.path is None else str(sketch.path),
        "face_box": [round(value / sketch.scale, 1) for value in detection.face_box],
        "face_score": round(detection.face_score, 4),
        "aus": au_entries(detection),
        "landmarks": (detection.landmarks / sketch.scale).round(2).tolist(),
        "pose": detection.pose.round(4).tolist(),
        "warnings": [*sketch.warnings, *_warnings(detection)],
    }
