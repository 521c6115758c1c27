"""How much evidence is claimed where there is no face: honest doubt, measured past the finder."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from ..errors import SketchError
from .detection import Detection
from .detector import Detector
from .image import sketch_from_grey
from .metrics import area_under_curve
from .shards import Sample

__all__ = ["Evidence"]


@dataclass(slots=True)
class Evidence:
    """Median evidence of each drawing; call it with every drawing read.

    Attributes
    ----------
    detector : reads drawings of no face again, all of their ink
    faces, strangers : median over AUs of α + β, one a drawing
    """

    detector: Detector
    faces: list[float] = field(default_factory=list)
    strangers: list[float] = field(default_factory=list)

    def __call__(self, sample: Sample, answer: Detection | None) -> None:
        """Take up one drawing."""
        if sample.is_face:
            if answer is not None:
                self.faces.append(_evidence(answer))
            return
        try:
            sketch = sketch_from_grey(sample.grey())
        except SketchError:
            return
        rows, columns = np.nonzero(sketch.ink > 0.3)
        low, high = (columns.min(), rows.min()), (columns.max() + 1, rows.max() + 1)
        box = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
        self.strangers.append(_evidence(self.detector.detect(replace(sketch, face_box=box))))

    def figures(self) -> dict[str, float | None]:
        """Return `evidence_faces`, `evidence_no_faces` and `evidence_auc`; None where unknown."""
        both = np.array(self.faces + self.strangers)
        is_face = np.arange(len(both)) < len(self.faces)
        known = bool(self.faces) and bool(self.strangers)
        return {
            "evidence_faces": float(np.median(self.faces)) if self.faces else None,
            "evidence_no_faces": float(np.median(self.strangers)) if self.strangers else None,
            "evidence_auc": area_under_curve(is_face, both) if known else None,
        }


def _evidence(answer: Detection) -> float:
    return float(np.median(2.0 / np.clip(answer.uncertainty, 1e-6, 1.0)))
