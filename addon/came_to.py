"""Where the head's lines came to, and which of them rest there while a drawing goes on."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ..rig.camera import Camera
from ..rig.contours import FeatureCurve, moved_lines
from ..rig.face_rig import FaceRig
from ..rig.features import feature_of
from ..snakes import SnakeResult
from .changed_lines import changed_features

__all__ = ["CameTo"]

_TOGETHER = (
    frozenset({"upper_lid", "lower_lid", "lid_crease"}),
    frozenset({"upper_lip_outer", "upper_lip_inner", "lower_lip_inner", "lower_lip_outer"}),
)
"""Features whose lines hold each other: they crawl together or not at all."""


@dataclass(frozen=True, slots=True, eq=False)
class CameTo:
    """Lines that have crawled.

    Attributes
    ----------
    curves : the lines as they began, frame pixels
    results : the snake of each
    drawn : feature → (N, 2) the drawn points that they crawled to
    """

    curves: tuple[FeatureCurve, ...] = ()
    results: tuple[SnakeResult, ...] = ()
    drawn: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        curves: Sequence[FeatureCurve],
        results: Sequence[SnakeResult],
        drawn: Mapping[str, NDArray[np.float64]],
    ) -> CameTo:
        """Put each snake, named `curve#row of curves`, beside its line."""
        rows = [int(result.name.split("#")[1]) for result in results]
        return cls(tuple(curves[row] for row in rows), tuple(results), drawn)

    @property
    def features(self) -> frozenset[str]:
        """The features whose lines are here."""
        return frozenset(feature_of(curve.name) for curve in self.curves)

    def resting(self, drawn: Mapping[str, NDArray[np.float64]], never: Collection[str]) -> CameTo:
        """Return the lines of features that are drawn as they were.

        Parameters
        ----------
        drawn : feature → (N, 2), as it is now
        never : names of curves and features that do not rest
        """
        changed = changed_features(self.drawn, drawn)
        changed |= {feature_of(curve.name) for curve in self.curves if curve.name in never}
        changed |= {name for name in never if name in self.features}
        for group in _TOGETHER:
            changed |= group if changed & group else frozenset()
        rows = [
            row for row, curve in enumerate(self.curves) if feature_of(curve.name) not in changed
        ]
        return CameTo(
            tuple(self.curves[row] for row in rows),
            tuple(self.results[row] for row in rows),
            {name: points for name, points in self.drawn.items() if name not in changed},
        )

    def seen(self, rig: FaceRig, vertices: NDArray[np.float64], camera: Camera) -> CameTo:
        """Return the lines where a moved head has them, with the rest of their ways to go.

        Parameters
        ----------
        vertices : (V, 3) metres, turned as the camera sees them
        """
        curves = moved_lines(rig, self.curves, vertices, camera)
        results = [
            replace(result, displacement=result.points - curve.points)
            for curve, result in zip(curves, self.results, strict=True)
        ]
        return replace(self, curves=tuple(curves), results=tuple(results))

    def beside(self, other: CameTo) -> CameTo:
        """Return these lines and those of other features."""
        return CameTo(
            (*self.curves, *other.curves),
            (*self.results, *other.results),
            {**self.drawn, **other.drawn},
        )
