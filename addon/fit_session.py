"""A fit that follows a drawing: each change goes on from the head before it.

The first drawing is fitted in full, though looked at only once. After that the face is sought again
only where it is seen dimly, lines are found anew only where the ink has changed, and the parametric
fit and the snakes begin where they ended. A face that leaves its frame gets a new one; another
drawing, or a face that turns out to be elsewhere, is fitted in full again.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ..errors import SketchError
from ..rig.contours import moved_lines, visible_lines
from ..rig.face_rig import pose, rotation_matrix, unposed
from ..rig.fit import ParametricFit, refine_parameters
from ..rig.fit_problem import FitSettings
from ..rig.placing import place_head
from ..sketch_cnn.crop import interocular_px
from ..sketch_cnn.cut import overlap
from ..sketch_cnn.detection import Detection
from ..sketch_cnn.sketch import Sketch
from ..sketch_cnn.views import TWO_LOOKS, Looks
from .corrector import Stages
from .crawl import CrawlSettings
from .drawn_face import DrawnFace, read_face, read_face_again
from .fit import Fit
from .fit_parts import FitParts
from .gap import split_drawn
from .hints import Hints, with_box, with_landmarks
from .live_frame import in_live_frame
from .pins import with_pins
from .pipeline import Session
from .reshaped import MUCH_IOD, reshaped_px

__all__ = ["FitSession", "FollowSettings"]

_INK = 0.3
_CLEARLY_IOD = 0.002
_TURNED = 0.1
"""Beyond that (radians), or `MUCH_IOD`, what the head shows of itself is looked at again."""


@dataclass(frozen=True, slots=True)
class FollowSettings:
    """How a fit follows a drawing.

    Attributes
    ----------
    parametric, crawl : of the two fitting steps after a change
    other_ink : share of the ink that may come or go in one change; more is another drawing
    jumped_iod : landmarks that moved farther, and farther than they may be off, are followed before
        lines are matched
    landmark_steps : steps of that
    dim_iod : a face whose landmarks may be off so far is sought again where a sure one is elsewhere
    eyes_apart_px : in the frame in which a drawing is followed
    elsewhere : a face that is found there, whose box shares no more of its area with that before,
        is fitted in full
    """

    parametric: FitSettings = field(
        default_factory=lambda: FitSettings(max_rounds=1, steps_per_round=1)
    )
    crawl: CrawlSettings = field(default_factory=lambda: CrawlSettings(ink_steps=1))
    other_ink: float = 0.5
    jumped_iod: float = 0.1
    landmark_steps: int = 2
    dim_iod: float = 0.08
    elsewhere: float = 0.6
    eyes_apart_px: float = 60.0


class FitSession:
    """The fit of one drawing while somebody draws it.

    Parameters
    ----------
    session : rig, networks and factorisations
    settings : see `FollowSettings`
    """

    def __init__(self, session: Session, settings: FollowSettings | None = None) -> None:
        self.session = session
        session.corrector.expect_strokes()
        self.settings = settings or FollowSettings()
        self._last: FitParts | None = None

    def update(
        self,
        sketch: Sketch,
        pins: Mapping[str, float] | None = None,
        hints: Hints | None = None,
    ) -> Fit:
        """Fit the drawing as it is now, from where the last fit ended.

        Parameters
        ----------
        sketch : the whole drawing
        pins : AU label → intensity in [0, 1] that a person has set
        hints : box and landmarks that a person has set

        Returns
        -------
        Fit; its `timing_s` has one entry: `update`; `first` where the head had to be fitted in full
        to a face that was looked at once; `fit` from `fit` alone. The head as it was placed stays
        that of the last frame.

        Raises
        ------
        SketchError
            If there is no face in the drawing.
        FitError
            If a pin names no AU or is out of range.
        """
        last, pins, hints = self._last, pins or {}, hints or Hints()
        sketch = with_box(sketch, hints)
        if last is None or self._is_another(sketch, last):
            return self._from_the_start(sketch, pins, hints, "first", TWO_LOOKS)
        started = time.perf_counter()
        read, is_elsewhere = self._read(sketch, last.face.detection)
        read = with_landmarks(read, hints, sketch.scale)
        if is_elsewhere:
            return self._in_full(sketch, with_pins(read, pins), pins, "first", started)
        self._last = self._go_on(sketch, read, pins, last)
        return self._timed(self._last, "update", started)

    def fit(
        self,
        sketch: Sketch,
        pins: Mapping[str, float] | None = None,
        hints: Hints | None = None,
    ) -> Fit:
        """Fit the drawing in full, as `Session.fit` does, and follow it from there.

        What was followed to the same drawing, and lies nearer to it, stays.
        """
        hints = hints or Hints()
        return self._from_the_start(with_box(sketch, hints), pins or {}, hints, "fit")

    def _from_the_start(
        self,
        sketch: Sketch,
        pins: Mapping[str, float],
        hints: Hints,
        stage: str,
        looks: Looks | None = None,
    ) -> Fit:
        """Seek the face, and fit it in full; whoever follows the pen looks at it once only."""
        started = time.perf_counter()
        try:
            detection = with_pins(self.session.detect(sketch, hints, looks), pins)
        except SketchError:
            self._last = None
            raise
        return self._in_full(sketch, detection, pins, stage, started)

    def _in_full(
        self,
        sketch: Sketch,
        detection: Detection,
        pins: Mapping[str, float],
        stage: str,
        started: float,
    ) -> Fit:
        """Fit a face in full, unless what was followed to it lies nearer."""
        last = self._last
        parts = self.session.solve(sketch, detection, pins, lambda _: None)
        is_followed = last is not None and np.array_equal(last.face.sketch.ink, sketch.ink)
        if last is None or not is_followed or not _is_nearer(last, parts):
            self._last = in_live_frame(
                self.session.rig, parts, self.settings.eyes_apart_px, pins.keys()
            )
            return self._timed(parts, stage, started)
        assert self._last is not None
        return self._timed(self._last, stage, started)

    def _timed(self, parts: FitParts, stage: str, started: float) -> Fit:
        """Return the fit with the time since `started`."""
        fit = parts.as_fit(self.session.rig)
        return replace(fit, timing_s={stage: time.perf_counter() - started})

    def _is_another(self, sketch: Sketch, last: FitParts) -> bool:
        """Tell whether this is not the last drawing with a little more or less."""
        known = last.face.sketch
        if sketch.ink.shape != known.ink.shape or sketch.face_box != known.face_box:
            return True
        before, after = known.ink > _INK, sketch.ink > _INK
        changed = np.count_nonzero(before ^ after)
        return bool(changed > self.settings.other_ink * np.count_nonzero(before))

    def _read(self, sketch: Sketch, last: Detection) -> tuple[Detection, bool]:
        """Read the face where it was, or where it is sharper; tell whether that is elsewhere."""
        followed = self.session.detector.follow(sketch, last, self.session.rest)
        if _blur_iod(followed) < self.settings.dim_iod:
            return followed, False
        if not self.session.detector.is_elsewhere(sketch, last.face_box):
            return followed, False  # read where it lies now, it will be sharper next time
        try:
            sought = self.session.detector.detect(sketch, self.session.rest, TWO_LOOKS)
        except SketchError:
            return followed, False
        if _blur_iod(followed) <= _blur_iod(sought):
            return followed, False
        return sought, overlap(sought.face_box, last.face_box) < self.settings.elsewhere

    def _go_on(
        self,
        sketch: Sketch,
        read: Detection,
        pins: Mapping[str, float],
        last: FitParts,
    ) -> FitParts:
        """Fit from where the last fit ended."""
        rig, detection = self.session.rig, with_pins(read, pins)
        if last.face.frame.holds(sketch, read.landmarks):
            face = read_face_again(rig, sketch, detection, last.face, pins.keys())
        else:  # the pen does not wait for another look; when it rests all is read anew
            chain = self.session.settings
            face = read_face(
                rig, sketch, detection, chain.inverse_distance, pins.keys(), chain.held,
                self.settings.eyes_apart_px,
            )  # fmt: skip
            last = self._in_new_frame(face, last)
        found = self._refined(face, last)
        fitted = unposed(rig, found.state)
        stages = self._seen_again(face, found, fitted, last.stages)
        corrected = self.session.corrector.correct_again(
            face,
            found,
            stages,
            last.corrected,
            self.settings.crawl,
            fitted,
            is_turned=stages.seen_at is not last.stages.seen_at,
        )
        return FitParts(face, last.start, found, stages, corrected)

    def _refined(self, face: DrawnFace, last: FitParts) -> ParametricFit:
        """Return the parametric fit, from the last one on."""
        settings = self.settings
        jumped = _largest_move(last.face, face)
        steps = settings.landmark_steps if jumped > settings.jumped_iod else 0
        return refine_parameters(
            self.session.rig, face.evidence, last.found, settings.parametric,
            last.stages.parametric, steps,
        )  # fmt: skip

    def _in_new_frame(self, face: DrawnFace, last: FitParts) -> FitParts:
        """Return the last fit as a new frame shows it, the neutral head placed in that."""
        rig, before, frame = self.session.rig, last.face.frame, face.frame
        height, width = face.sketch.ink.shape
        camera = frame.camera_from_ink(before.camera_to_ink(last.found.camera, (width, height)))
        start = place_head(rig, face.evidence)
        placed = visible_lines(rig, pose(rig, start[0]), start[1])
        vertices = pose(rig, last.found.state)
        parametric = moved_lines(rig, last.stages.parametric, vertices, camera)
        return replace(
            last,
            start=start,
            found=replace(last.found, camera=camera),
            stages=replace(last.stages, placed=placed, parametric=parametric),
        )

    def _seen_again(
        self,
        face: DrawnFace,
        found: ParametricFit,
        fitted: NDArray[np.float64],
        last: Stages,
    ) -> Stages:
        """See the parametric head: the lines seen last, as long as it has hardly moved.

        Parameters
        ----------
        fitted : (V, 3) metres, the head of `found`, not turned
        """
        rig, seen_at = self.session.rig, last.seen_at
        vertices = (fitted - rig.pivot) @ rotation_matrix(found.state.rotation).T
        lines = moved_lines(rig, last.parametric, vertices, found.camera)
        turned = np.abs(found.state.rotation - seen_at).max()
        reshaped = reshaped_px(lines, last.parametric)
        if turned > _TURNED or reshaped > MUCH_IOD * face.iod_px:
            lines = visible_lines(rig, vertices, found.camera)
            seen_at = found.state.rotation
        drawn = split_drawn(face.drawn, lines, face.iod_px)
        return Stages(drawn, last.placed, lines, seen_at)


def _is_nearer(one: FitParts, other: FitParts) -> bool:
    """Tell whether the lines of one fit are clearly nearer to the drawing than the other's."""
    return one.corrected.gap.snakes < other.corrected.gap.snakes - _CLEARLY_IOD


def _largest_move(before: DrawnFace, after: DrawnFace) -> float:
    """Return how far a landmark moved beyond what it may be off, interocular distances."""
    way = np.linalg.norm(after.detection.landmarks - before.detection.landmarks, axis=1)
    spread = np.hypot(before.detection.landmark_spread, after.detection.landmark_spread)
    clear = np.where(way > spread, way, 0.0)
    return float(clear.max()) / interocular_px(after.detection.landmarks)


def _blur_iod(detection: Detection) -> float:
    """Return how far brows, eyes, nose and mouth may be off, interocular distances."""
    spread = float(np.median(detection.landmark_spread[17:68]))
    return spread / max(interocular_px(detection.landmarks), 1e-6)
