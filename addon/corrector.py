"""From the parametric head to the corrected one: what the rig cannot say, the snakes find."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..rig.contours import FeatureCurve
from ..rig.deform import Deformer
from ..rig.face_rig import FaceRig
from ..rig.features import feature_of
from ..rig.fit import ParametricFit
from ..rig.tuck import MouthTuck
from .carrier import Carrier
from .crawl import Crawl, Crawled, CrawlSettings
from .drawn_face import DrawnFace
from .fit import Gap
from .gap import measure_gap
from .wholes import Wholes

__all__ = ["Corrected", "Corrector", "Stages"]

_CORRECTION_LENGTH_M = 0.016


@dataclass(frozen=True, slots=True, eq=False)
class Stages:
    """A drawing before its correction.

    Attributes
    ----------
    drawn : feature with side → (N, 2) drawn points that the gap is measured with
    placed, parametric : the head's lines in the two stages, all in frame pixels
    seen_at : (3,) rotation vector of the head for which the parametric lines were sought
    """

    drawn: Mapping[str, NDArray[np.float64]]
    placed: Sequence[FeatureCurve]
    parametric: Sequence[FeatureCurve]
    seen_at: NDArray[np.float64]

    def gap_to(self, final: Sequence[FeatureCurve], iod_px: float) -> Gap:
        """Measure the gap of the stages before and of the corrected head's lines."""
        return measure_gap(self.drawn, self.placed, self.parametric, final, iod_px)


@dataclass(frozen=True, slots=True, eq=False)
class Corrected:
    """A corrected head.

    Attributes
    ----------
    crawled : the correction, and the lines that come of it
    gap : in all three stages
    """

    crawled: Crawled
    gap: Gap

    def led_astray(self) -> set[str]:
        """Return the features whose lines lie farther from their ink than before."""
        curves = self.gap.curves.items()
        return {feature_of(name) for name, (_, before, after) in curves if after > before}


class Corrector:
    """What corrects the heads of one rig; factorised once.

    Parameters
    ----------
    rig : the head
    """

    def __init__(self, rig: FaceRig) -> None:
        self.rig = rig
        self.tuck = MouthTuck(rig)
        self.deformer = Deformer(rig, rig.neutral, length_m=_CORRECTION_LENGTH_M)

    def expect_strokes(self) -> None:
        """Get ready for many drawings that differ little: their handles pull at like places."""
        rig = self.rig
        self.deformer.expect([rig.landmarks, *(curve.points for curve in rig.curves.values())])

    def correct(
        self,
        face: DrawnFace,
        found: ParametricFit,
        stages: Stages,
        settings: CrawlSettings,
    ) -> Corrected:
        """Lay the head's lines on the drawn ones.

        Parameters
        ----------
        found : the parametric fit
        """
        best = self._corrected(face, found, stages, settings)
        if best.gap.is_worse:  # what looked like the ink of a line was none of it
            sober = replace(face, drawn=face.drawn.without(best.led_astray()))
            other = self._corrected(sober, found, stages, settings)
            best = min(best, other, key=lambda one: one.gap.snakes)
        return best

    def _corrected(
        self, face: DrawnFace, found: ParametricFit, stages: Stages, settings: CrawlSettings
    ) -> Corrected:
        """Correct the head once; `stages` measure it."""
        crawled = self.crawl_of(face, found, settings).run()
        return Corrected(crawled, stages.gap_to(crawled.curves, face.iod_px))

    def correct_again(
        self,
        face: DrawnFace,
        found: ParametricFit,
        stages: Stages,
        last: Corrected,
        settings: CrawlSettings,
        fitted: NDArray[np.float64],
        is_turned: bool,
    ) -> Corrected:
        """Lay the head's lines on those of a drawing that changed a little.

        Parameters
        ----------
        found : the parametric fit now
        last : the corrected head before
        fitted : (V, 3) metres, the parametric head, neither corrected nor turned
        is_turned : the head shows other contours than before: those of `stages`
        """
        crawl = self.crawl_of(face, found, settings, fitted)
        crawled = crawl.go_on(last.crawled, stages.parametric if is_turned else None)
        return Corrected(crawled, stages.gap_to(crawled.curves, face.iod_px))

    def crawl_of(
        self,
        face: DrawnFace,
        found: ParametricFit,
        settings: CrawlSettings,
        fitted: NDArray[np.float64] | None = None,
    ) -> Crawl:
        """Return the lines of a parametric head, ready to crawl; see `correct`."""
        carrier = Carrier(self.rig, found.state, found.camera, fitted)
        wholes = Wholes.find(
            self.rig, carrier.seen(carrier.nothing), found.camera, face.evidence.landmarks,
            face.landmark_spread, face.iod_px,
        )  # fmt: skip
        return Crawl(carrier, self.deformer, self.tuck, face.drawn, wholes, face.iod_px, settings)
