"""The ONNX networks as a `FootageDetector`: every frame by itself."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import SketchError
from .detection import Detection
from .detector import Detector
from .image import sketch_from_grey
from .interface import DetectorInfo, Footage, FootageReading
from .labels import AU_LABELS

__all__ = ["FrameReader", "beta_evidence", "gather_frames"]

_SURE = 1e-6
"""Nothing is more probable than 1 less this, so that the evidence stays finite."""


class FrameReader:
    """Reads each frame of a film as a still.

    Parameters
    ----------
    folder : where the networks lie; by default the ones that limner ships
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.detector = Detector(folder)

    @property
    def info(self) -> DetectorInfo:
        """Name, version, hash and size of the two networks."""
        about = self.detector.info
        return DetectorInfo(
            name=about["name"],
            version=about["version"],
            sha256=about["sha256"],
            size_bytes=self.detector.reader.size_bytes + self.detector.finder.size_bytes,
            lacks={
                "embedding": "the exported reader gives its answers, not its inner layers",
                "attention": "limner detect --explain asks the network for it, ink by ink",
            },
        )

    def read(self, footage: Footage) -> FootageReading:
        """Read every frame; see `FootageDetector.read`."""
        answers: list[Detection | None] = []
        told = None
        for frame in footage.frames:
            try:
                answers.append(self.detector.detect(sketch_from_grey(frame)))
            except SketchError as error:
                told = error
                answers.append(None)
        if told is not None and all(answer is None for answer in answers):
            raise told
        return gather_frames(answers)


def gather_frames(answers: Sequence[Detection | None]) -> FootageReading:
    """Bring what was read from each frame into tables; None where no face was found.

    At least one frame must show a face.
    """
    first = next(answer for answer in answers if answer is not None)
    nothing = np.zeros(len(AU_LABELS))
    nowhere = np.full_like(first.landmarks, np.nan)
    probability = np.stack([nothing if a is None else a.probability for a in answers])
    doubt = np.stack([nothing + 1.0 if a is None else a.uncertainty for a in answers])
    found = np.array([answer is not None for answer in answers])
    alpha, beta = beta_evidence(np.where(found[:, None], probability, 0.5), doubt)
    extras = {
        "landmarks": np.stack([nowhere if a is None else a.landmarks for a in answers]),
        "pose": np.stack([nowhere[0, :1].repeat(3) if a is None else a.pose for a in answers]),
        "visible": np.stack([nothing if a is None else a.visible for a in answers]),
    }
    intensity = np.stack([nothing if a is None else a.intensity for a in answers])
    threshold = np.broadcast_to(np.asarray(first.threshold, dtype=np.float64), nothing.shape)
    return FootageReading(found, probability, intensity, alpha, beta, threshold, extras=extras)


def beta_evidence(
    probability: NDArray[np.float64], uncertainty: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return α and β whose mean is the calibrated probability, and 2 / (α + β) the uncertainty.

    The network's own α and β come before calibration, and know nothing of what cannot be seen.
    """
    sure = np.clip(probability, _SURE, 1.0 - _SURE)
    evidence = 2.0 / np.clip(uncertainty, _SURE, 1.0)
    return sure * evidence, (1.0 - sure) * evidence
