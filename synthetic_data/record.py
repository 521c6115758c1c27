"""What one drawing shows: which AUs can be read from it, and where its landmarks ended up."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["Record"]


@dataclass(slots=True, eq=False)
class Record:
    """Notes taken while a face is drawn.

    Attributes
    ----------
    landmarks : (70, 2) pixels; where a hand draws a symbol (a round eye, an arc for closed lids),
        the landmarks lie on the symbol
    shared : numbers that both sides of the face share, such as the size of dot eyes
    faint : labels of AUs whose motion is too small to be seen
    resting : what the face carries whatever its expression (see `resting.sample_resting`)
    shown : labels of AUs that the drawing can show
    """

    landmarks: NDArray[np.float64]
    shared: dict[str, float]
    faint: frozenset[str] = frozenset()
    resting: dict[str, float] = field(default_factory=dict)
    shown: set[str] = field(default_factory=set)

    @classmethod
    def start(
        cls,
        landmarks: NDArray[np.float64],
        rng: np.random.Generator,
        faint: frozenset[str] = frozenset(),
    ) -> Record:
        """Open the notes of a new drawing."""
        chance = iter(rng.random(12).tolist())

        def between(low: float, high: float) -> float:
            return low + (high - low) * next(chance)

        shared = {
            "dot": between(0.1, 0.3) if next(chance) < 0.8 else between(0.3, 0.44),
            "tall": between(1.3, 2.2),
            "circle": between(0.38, 0.62),
            "ellipse": between(0.9, 1.35),
            "pupil": between(0.2, 0.5) if next(chance) < 0.8 else between(0.5, 0.8),
            "bushy": between(1.0, 3.0),
            "shut": next(chance),
            "arch": next(chance),
            "sag": between(0.06, 0.34),
            "brow_form": next(chance),
            "lid_slope": float(rng.normal(0.0, 0.08)),
        }
        return cls(landmarks.copy(), shared, faint)

    def show(self, *labels: str) -> None:
        """Note that the drawn lines can show these AUs, unless their motion is too small."""
        self.shown.update(label for label in labels if label not in self.faint)

    def crease(self, *labels: str) -> None:
        """Note that a fold was drawn that tells of these AUs, however little they move."""
        self.shown.update(labels)

    def hide(self, *labels: str) -> None:
        """Take back what cannot be seen after all."""
        self.shown.difference_update(labels)

    def gaze(self) -> None:
        """Note that the drawing shows where the eyes look."""
        self.show("AU61", "AU62", "AU63", "AU64")
