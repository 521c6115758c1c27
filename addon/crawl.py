"""From the parametric head to the drawn lines: snakes say where, the surface follows.

The head's visible lines start as snakes. Each crawls onto the ink of its own feature; where they
end is where the surface must go, in the plane of the picture. Three passes, because the occluding
contours change with the surface.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..rig.contours import FeatureCurve, moved_lines
from ..rig.deform import Deformer
from ..rig.features import feature_of
from ..rig.tuck import MouthTuck
from ..snakes import SnakeSettings
from .came_to import CameTo
from .carrier import Carrier
from .crawling import run_snakes
from .drawn import DrawnLines
from .fit import SnakeRecord
from .gaze import turned_eyes
from .handles import (
    Handles,
    brow_handles,
    shut_lid_handles,
    snake_handles,
    still_lids,
)
from .reshaped import MUCH_IOD, reshaped_px
from .wholes import Wholes

__all__ = ["Crawl", "CrawlSettings", "Crawled"]

_NEAR_STIFFNESS = (4.0,)
"""Matching of lines that lie near their ink already."""


@dataclass(frozen=True, slots=True)
class CrawlSettings:
    """How the head's lines crawl.

    Attributes
    ----------
    passes : times that lines are found, moved and the surface follows
    reach_iod : how far ink pulls, interocular distances
    min_evidence : points with less ink near their end are not carried
    handle_weight : how firmly a handle with full evidence holds the surface
    first_weight, whole_weight : the same of features that move as wholes, before their lines crawl
        and beside them
    ink_steps : steps of the snakes in the ink, after they were matched with it
    """

    passes: int = 3
    reach_iod: float = 0.4
    min_evidence: float = 0.1
    handle_weight: float = 24.0
    first_weight: float = 5.0
    whole_weight: float = 1.2
    ink_steps: int = 8


@dataclass(frozen=True, slots=True, eq=False)
class Crawled:
    """Where the lines came to.

    Attributes
    ----------
    correction : (V, 3) metres, in the rig's own frame
    curves : the corrected head's lines, frame pixels
    records : how the snakes of the last pass ran
    came_to : the lines of the last pass and their snakes
    seen : the lines as they were when it was last looked what hides them; none: as they are
    begun : share of what hands do to proportions that the correction began with
    hidden : how much the skin does what the other side does; see `Carrier`
    """

    correction: NDArray[np.float64]
    curves: list[FeatureCurve]
    records: list[SnakeRecord]
    came_to: CameTo
    seen: Sequence[FeatureCurve] = ()
    begun: float = 0.0
    hidden: NDArray[np.float64] | None = None


class Crawl:
    """The lines of one head on their way to those of one drawing.

    Parameters
    ----------
    carrier : the head after the parametric fit
    deformer, tuck : made once for the rig
    drawn : labelled ink lines of the frame
    wholes : where features go as wholes
    irises : (2, 2) pixels, where the left and the right one are seen
    iod_px : interocular distance, pixels
    """

    def __init__(
        self,
        carrier: Carrier,
        deformer: Deformer,
        tuck: MouthTuck,
        drawn: DrawnLines,
        wholes: Wholes,
        irises: NDArray[np.float64],
        iod_px: float,
        settings: CrawlSettings,
    ) -> None:
        self.carrier, self.drawn, self.wholes = carrier, drawn, wholes
        self.irises = irises
        self.iod_px, self.settings = iod_px, settings
        self._deformer, self._tuck = deformer, tuck
        self._still = still_lids(carrier.rig, carrier.state)

    def run(
        self,
        on_pass: Callable[[int], None] | None = None,
    ) -> Crawled:
        """Carry the lines all the way, from the parametric head on.

        Parameters
        ----------
        on_pass : called with the number of each finished pass
        """
        carrier, correction = self.carrier, self.carrier.base
        carrier.look_behind()
        first = self._whole_handles(correction, self.settings.first_weight)
        correction = carrier.follow(self._deformer, first, correction)
        curves, came_to = carrier.lines(correction), CameTo()
        for number in range(self.settings.passes):
            # Only the first pass shifts whole curves.
            snake = self.snake_settings(shift=number == 0)
            correction, came_to = self.carry(curves, correction, snake)
            curves = carrier.lines(correction)
            if on_pass is not None:
                on_pass(number)
        return self.ended(correction, curves, came_to)

    def go_on(self, last: Crawled, turned: Sequence[FeatureCurve] | None = None) -> Crawled:
        """Carry the lines on from where they were before a change of the drawing.

        Parameters
        ----------
        last : of the same rig, whatever its parametric fit
        turned : what the parametric head shows of itself, where that is other contours than before;
            contours then crawl whether their ink has changed or not
        """
        carrier, rig = self.carrier, self.carrier.rig
        carrier.hidden = last.hidden
        correction = last.correction
        near = replace(self.snake_settings(), match_stiffness=_NEAR_STIFFNESS)
        seen = carrier.seen(correction)
        curves = moved_lines(rig, last.curves, seen, carrier.camera)
        contours = {curve.name for curve in curves if curve.name not in rig.curves}
        never = self._still if turned is None else self._still | contours
        resting = last.came_to.resting(self.drawn.by_feature(), never)
        correction, came_to = self.carry(
            curves, correction, near, resting.seen(rig, seen, carrier.camera)
        )
        lines, seen_last = self._lines_again(correction, turned or last.seen or last.curves)
        return self.ended(correction, lines, came_to, seen_last, in_haste=True)

    def _lines_again(
        self, correction: NDArray[np.float64], seen: Sequence[FeatureCurve]
    ) -> tuple[list[FeatureCurve], Sequence[FeatureCurve]]:
        """Return the corrected head's lines, and as what they were seen last.

        As long as its lines keep the shape in which they were `seen` it shows the same of itself.
        """
        carrier = self.carrier
        lines = moved_lines(carrier.rig, seen, carrier.seen(correction), carrier.camera)
        if reshaped_px(lines, seen) <= MUCH_IOD * self.iod_px:
            return lines, seen
        lines = carrier.lines(correction)
        return lines, lines

    def snake_settings(self, shift: bool = False) -> SnakeSettings:
        """Return how the snakes crawl."""
        # Where along a line a point ends is not carried (see `handles`), so ends need not slide.
        return SnakeSettings(
            unit_px=self.iod_px, slide=0.0, shift=shift, max_steps=self.settings.ink_steps
        )

    def carry(
        self,
        curves: Sequence[FeatureCurve],
        correction: NDArray[np.float64],
        snake: SnakeSettings,
        resting: CameTo | None = None,
    ) -> tuple[NDArray[np.float64], CameTo]:
        """Let the lines crawl once, and the surface follow; return the correction and the snakes.

        Parameters
        ----------
        curves : the lines of the head as it is now, with its `correction` (V, 3)
        resting : lines that stay where they came to, while a drawing is followed; their features do
            not crawl
        """
        carrier, settings = self.carrier, self.settings
        moved, weight, camera = carrier.seen(correction), settings.handle_weight, carrier.camera
        rest = resting or CameTo()
        free = [curve for curve in curves if curve.name not in self._still]
        resting_features = rest.features
        crawling = [curve for curve in free if feature_of(curve.name) not in resting_features]
        results = run_snakes(crawling, self.drawn, settings.reach_iod * self.iod_px, snake)
        came_to = CameTo.of(crawling, results, self.drawn.by_feature()).beside(rest)
        brows = self.drawn.of("brow")
        handles = [
            snake_handles(carrier.rig, came_to, moved, camera, settings.min_evidence, weight),
            brow_handles(
                carrier.rig,
                free,
                brows,
                moved,
                carrier.seen(carrier.base),
                camera,
                self.iod_px,
                weight,
            ),
            shut_lid_handles(carrier.rig, moved, self._still, weight),
            self._whole_handles(correction, settings.whole_weight),
        ]
        joined, in_haste = Handles.join(handles), resting is not None
        followed = carrier.follow(self._deformer, joined, correction, in_haste)
        seen, irises = carrier.seen(followed), self.drawn.of("iris")
        look = turned_eyes(carrier.rig, seen, camera, irises, self.irises, self.iod_px)
        return followed + look @ carrier.turn, came_to

    def ended(
        self,
        correction: NDArray[np.float64],
        curves: list[FeatureCurve],
        came_to: CameTo,
        seen: Sequence[FeatureCurve] = (),
        in_haste: bool = False,
    ) -> Crawled:
        """Return where the lines came to, the mouth's inside put behind the lips."""
        records = [
            SnakeRecord(
                result.name, result.outcome.value, result.steps, result.energies, result.stages
            )
            for result in came_to.results
        ]
        tucked = self.carrier.tucked(self._tuck, correction, in_haste)
        carrier = self.carrier
        return Crawled(tucked, curves, records, came_to, seen, carrier.begun, carrier.hidden)

    def _whole_handles(self, correction: NDArray[np.float64], weight: float) -> Handles:
        """Return the handles of the features as wholes."""
        carrier = self.carrier
        carried = carrier.turned(correction - carrier.base)
        moved = carrier.seen(correction)
        return self.wholes.handles(carrier.rig, moved, carried, carrier.camera, weight)
