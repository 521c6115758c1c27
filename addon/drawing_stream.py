"""The generator's drawings as the training's source: the one place where both rooms meet."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..sketch_cnn.shards import Sample, sample_of
from ..synthetic_data.plan import code_hash
from ..synthetic_data.stream import StreamSettings, stream_samples

__all__ = ["DrawingStream"]


@dataclass(frozen=True, slots=True)
class DrawingStream:
    """New drawings for ever (a `sketch_cnn.feed.Source`).

    Attributes
    ----------
    settings : what is drawn
    first : number of the first drawing; a resumed training goes on where it had stopped
    """

    settings: StreamSettings
    first: int = 0

    def describe(self) -> dict[str, Any]:
        """Return what decides the drawings, for the record."""
        return {
            "rigs": dict(self.settings.rigs),
            "seed": self.settings.seed,
            "code_sha256": code_hash(),
        }

    def __call__(self, worker: int, workers: int) -> Iterator[Sample]:
        """Yield every `workers`-th drawing."""
        for picture, labels, about in stream_samples(self.settings, worker, workers, self.first):
            yield sample_of(str(about["index"]), picture, labels, about)
