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
from ..rig.proportions import load_proportions
from ..rig.tuck import MouthTuck
from .carrier import Carrier
from .crawl import Crawl, Crawled, CrawlSettings
from .drawn_face import DrawnFace
from .fit import Gap
from .gap import measure_gap
from .wholes import Wholes

__all__ = ["Corrected", "Corrector", "Stages"]

_CORRECTION_LENGTH_M = 0.013
_SHARES = (1.0, 0.5, 0.0)
"""Of what hands do to proportions, with which a correction may begin."""
_AS_NEAR_IOD = 0.002
_FAR_SHARE = 0.65  # of the parametric head's gap: where more is left, the hand may be another
_MUCH_LESS = 0.75  # of the gap with a larger share: reason enough for a smaller one


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
        self.proportions = load_proportions().on(rig)

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

        References
        ----------
        docs/decisions/0020: what a correction begins with, and when with less of it
        """
        begun = self._share_to_begin_with(face, found, stages)
        best = self._corrected(face, found, stages, settings, begun)
        for share in (share for share in _SHARES if share < begun):
            if best.gap.snakes <= _FAR_SHARE * best.gap.parametric:
                break
            other = self._corrected(face, found, stages, settings, share)
            if other.gap.snakes > _MUCH_LESS * best.gap.snakes:
                break
            best = other
        for astray in (best.led_astray(), set(face.drawn.rows)):
            if not best.gap.is_worse:
                break
            # what looked like the ink of a line was none of it; or no line can be followed
            sober = replace(face, drawn=face.drawn.without(astray))
            other = self._corrected(sober, found, stages, settings, best.crawled.begun)
            best = min(best, other, key=lambda one: one.gap.snakes)
        return best

    def _share_to_begin_with(self, face: DrawnFace, found: ParametricFit, stages: Stages) -> float:
        """Return the largest share of what hands do to proportions that brings the lines as near.

        What was learnt is the best guess of the whole surface; lines that it leads away from their
        ink say that this hand is another.
        """
        carrier = self._carrier_of(face, found, 1.0)
        lines = [carrier.lines(share * carrier.base) for share in _SHARES if share]
        gaps = [stages.gap_to(each, face.iod_px) for each in lines]
        left = [*(gap.snakes for gap in gaps), gaps[0].parametric]
        near = min(left) + _AS_NEAR_IOD
        return next(share for share, gap in zip(_SHARES, left, strict=True) if gap <= near)

    def _corrected(
        self,
        face: DrawnFace,
        found: ParametricFit,
        stages: Stages,
        settings: CrawlSettings,
        begun: float,
    ) -> Corrected:
        """Correct the head once; `stages` measure it."""
        crawled = self.crawl_of(face, found, settings, begun).run()
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
        crawl = self.crawl_of(face, found, settings, last.crawled.begun, fitted)
        crawled = crawl.go_on(last.crawled, stages.parametric if is_turned else None)
        return Corrected(crawled, stages.gap_to(crawled.curves, face.iod_px))

    def crawl_of(
        self,
        face: DrawnFace,
        found: ParametricFit,
        settings: CrawlSettings,
        begun: float,
        fitted: NDArray[np.float64] | None = None,
    ) -> Crawl:
        """Return the lines of a parametric head, ready to crawl; see `correct`.

        Parameters
        ----------
        begun : share of what hands do to proportions that the correction begins with
        """
        carrier = self._carrier_of(face, found, begun, fitted)
        wholes = Wholes.find(
            self.rig, carrier.seen(carrier.base), found.camera, face.evidence.landmarks,
            face.landmark_spread, face.iod_px,
        )  # fmt: skip
        return Crawl(
            carrier, self.deformer, self.tuck, face.drawn, wholes, face.evidence.landmarks[68:],
            face.iod_px, settings,
        )  # fmt: skip

    def _carrier_of(
        self,
        face: DrawnFace,
        found: ParametricFit,
        begun: float,
        fitted: NDArray[np.float64] | None = None,
    ) -> Carrier:
        """Return the parametric head, moved as hands move what they draw."""
        carrier = Carrier(self.rig, found.state, found.camera, fitted)
        if begun:
            head = carrier.seen(carrier.base)
            way = self.proportions.displacement(
                self.rig, head, found.camera, face.evidence, face.iod_px
            )
            carrier.start_from(begun, way)
        return carrier
