"""The ONNX networks as a detector of films: every frame read, then smoothed over time."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from .frame_reader import FrameReader
from .interface import DetectorInfo, Footage, FootageReading
from .smoothing import smooth

__all__ = ["SequenceReader"]


class SequenceReader:
    """Reads each frame as a still and lets the frames speak for each other.

    Parameters
    ----------
    folder : where the networks lie; by default the ones that limner ships
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.frames = FrameReader(folder)

    @property
    def info(self) -> DetectorInfo:
        """What `FrameReader` says, but that times matter."""
        about = self.frames.info
        return replace(about, name=f"{about.name}-sequence", uses=("times", *about.uses))

    def read(self, footage: Footage) -> FootageReading:
        """Read all frames; see `FootageDetector.read`."""
        return smooth(self.frames.read(footage), footage.times_s)
