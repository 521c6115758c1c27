"""The whole chain: drawing → Action Units → posed head → contours on the drawn lines.

Free of Blender; the command line, the add-on and scripts all come through here.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..errors import SketchError
from ..rig.bake import Baker
from ..rig.camera import Camera
from ..rig.contours import visible_lines
from ..rig.face_rig import FaceRig, RigState, pose
from ..rig.fit import ParametricFit, fit_parameters
from ..rig.fit_problem import FitSettings
from ..rig.placing import place_head
from ..rig.store import load_rig
from ..sketch_cnn.detection import Detection
from ..sketch_cnn.detector import Detector
from ..sketch_cnn.frame_reader import look_at_rest
from ..sketch_cnn.image import read_sketch
from ..sketch_cnn.look import Look
from ..sketch_cnn.sketch import Sketch
from ..sketch_cnn.views import FOUR_LOOKS, Looks
from .corrector import Corrector, Stages
from .crawl import CrawlSettings
from .drawn_face import DrawnFace, read_face
from .fit import Fit
from .fit_parts import FitParts, reading_warnings
from .gap import split_drawn
from .held import Held
from .hints import Hints, with_box, with_landmarks
from .pins import with_pins
from .report import au_entries

__all__ = [
    "CORRECTIONS",
    "STAGES",
    "PipelineSettings",
    "Session",
    "describe_detection",
    "detect_file",
    "fit_file",
    "read_at_rest",
]

STAGES = ("detect", "parametric", "snakes")
CORRECTIONS = ("expression", "identity")


@dataclass(frozen=True, slots=True)
class PipelineSettings:
    """Settings of the chain.

    Attributes
    ----------
    parametric, crawl : of the two fitting steps
    inverse_distance : perspective of the camera, 1/metre; 0 is orthographic
    correct_as : one of `CORRECTIONS`
        What the snakes find belongs to the expression (a shape key), or to who the head is.
    held : identity, pose and camera that every fit leaves as they are
    at_rest : a drawing of the same character at rest: what is in it is no expression
    pins : AU label → intensity in [0, 1] that a person has set, for every fit
    """

    parametric: FitSettings = field(default_factory=FitSettings)
    crawl: CrawlSettings = field(default_factory=CrawlSettings)
    inverse_distance: float = 0.0
    correct_as: str = "expression"
    held: Held = field(default_factory=Held)
    at_rest: Sketch | None = None
    pins: Mapping[str, float] = field(default_factory=dict)


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
        self.detector = Detector(model_dir, FOUR_LOOKS)
        self.settings = settings or PipelineSettings()
        self._corrector: Corrector | None = None
        self._baker: Baker | None = None
        self._rest: Look | None = None

    @property
    def rest(self) -> Look | None:
        """What is read of the drawing at rest, if there is one."""
        if self._rest is None and self.settings.at_rest is not None:
            self._rest = look_at_rest(self.detector, self.settings.at_rest)
        return self._rest

    @property
    def corrector(self) -> Corrector:
        """What lays the rig's lines on drawn ones."""
        if self._corrector is None:
            self._corrector = Corrector(self.rig)
        return self._corrector

    @property
    def baker(self) -> Baker:
        """What makes a correction part of the identity."""
        if self._baker is None:
            self._baker = Baker(self.rig, self.corrector.tuck)
        return self._baker

    def detect(
        self, sketch: Sketch, hints: Hints | None = None, looks: Looks | None = None
    ) -> Detection:
        """Read the face of a drawing where a person says it is; see `Detector.detect`."""
        hints = hints or Hints()
        read = self.detector.detect(with_box(sketch, hints), self.rest, looks)
        return with_landmarks(read, hints, sketch.scale)

    def fit(
        self,
        sketch: Sketch,
        detection: Detection | None = None,
        on_stage: Callable[[str], None] | None = None,
        pins: Mapping[str, float] | None = None,
        hints: Hints | None = None,
    ) -> Fit:
        """Fit the head to a drawing.

        Parameters
        ----------
        detection : what to believe instead of the network's own reading
        on_stage : called with the name of each stage of `STAGES` before it starts
        pins : AU label → intensity in [0, 1] that a person has set; the head wears just that.
            They win over those of the settings.
        hints : box and landmarks that a person has set, where `detection` is not given

        Raises
        ------
        SketchError
            If there is no face in the drawing.
        FitError
            If a pin names no AU or is out of range.
        """
        clock, pins = _Clock(on_stage), {**self.settings.pins, **(pins or {})}
        clock.start("detect")
        detection = with_pins(detection or self.detect(sketch, hints), pins)
        parts = self.solve(sketch, detection, pins, clock.start)
        baked = None
        if self.settings.correct_as == "identity":
            baked = self.baker.bake(parts.found.state.identity, parts.corrected.crawled.correction)
        clock.stop()
        at_rest = self.settings.at_rest
        return replace(
            parts.as_fit(self.rig),
            baked=baked,
            timing_s=clock.seconds,
            at_rest=at_rest,
            pinned=dict(pins),
        )

    def solve(
        self,
        sketch: Sketch,
        detection: Detection,
        pins: Mapping[str, float],
        on_stage: Callable[[str], None],
    ) -> FitParts:
        """Do the work of `fit` for a face that was read, `pins` heeded; return its parts."""
        on_stage("parametric")
        settings = self.settings
        face = read_face(
            self.rig, sketch, detection, settings.inverse_distance, pins.keys(), settings.held
        )
        found = fit_parameters(self.rig, face.evidence, settings.parametric)
        start = place_head(self.rig, face.evidence)
        stages = self.see_stages(face, start, found)
        on_stage("snakes")
        corrected = self.corrector.correct(face, found, stages, settings.crawl)
        return FitParts(face, start, found, stages, corrected)

    def see_stages(
        self, face: DrawnFace, start: tuple[RigState, Camera], found: ParametricFit
    ) -> Stages:
        """See the head where it was placed and after the parametric fit."""
        neutral, camera = start
        placed = visible_lines(self.rig, pose(self.rig, neutral), camera)
        parametric = visible_lines(self.rig, pose(self.rig, found.state), found.camera)
        drawn = split_drawn(face.drawn, parametric, face.iod_px)
        return Stages(drawn, placed, parametric, found.state.rotation)


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


def read_at_rest(path: str | Path | None) -> Sketch | None:
    """Read the picture of a character at rest, for `PipelineSettings.at_rest`; None if none is.

    Raises
    ------
    SketchError
        If the file cannot be read; the message says which drawing it was.
    """
    if path is None:
        return None
    try:
        return read_sketch(path)
    except SketchError as error:
        raise SketchError(f"the drawing at rest, {Path(path).name}: {error}") from None


def describe_detection(sketch: Sketch, detection: Detection) -> dict[str, Any]:
    """Return a detection as plain data, points in pixels of the file."""
    return {
        "path": None if sketch.path is None else str(sketch.path),
        "face_box": [round(value / sketch.scale, 1) for value in detection.face_box],
        "face_score": round(detection.face_score, 4),
        "aus": au_entries(detection),
        "landmarks": (detection.landmarks / sketch.scale).round(2).tolist(),
        "pose": detection.pose.round(4).tolist(),
        **({} if detection.reference == "none" else {"neutral": detection.reference}),
        "warnings": [*sketch.warnings, *reading_warnings(detection)],
    }
