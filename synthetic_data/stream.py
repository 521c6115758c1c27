"""Drawings straight from the pen, without files: what a training run takes while it runs."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DatasetError
from .maker import Maker
from .sample import make_sample
from .style import style_names

__all__ = ["StreamSettings", "stream_samples"]


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """What is drawn; it crosses to other processes as it is.

    Attributes
    ----------
    seed : same seed, same drawings
    size : side of the sheets, pixels
    rigs : name of a rig → share of the drawings
    styles : names of styles or paths of .toml files; empty takes all that come with limner
    """

    seed: int
    size: int = 256
    rigs: dict[str, float] = field(default_factory=lambda: {"makehuman": 1.0})
    styles: tuple[str, ...] = ()

    def maker(self) -> Maker:
        """Load rigs and styles."""
        return Maker.load(self.seed, self.size, self.rigs, self.styles or tuple(style_names()))


def stream_samples(
    settings: StreamSettings, worker: int = 0, workers: int = 1, first: int = 0
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.uint8], dict[str, Any]]]:
    """Draw without end; sample by sample the same as `dataset.generate` writes for this seed.

    Parameters
    ----------
    worker, workers : this process draws every `workers`-th sample, from number `worker` on
    first : number of the first sample of all processes together

    Yields
    ------
    The picture, (size, size) uint8, 255 = white; the labels, (size, size) uint8, index into
    `rig.features.FEATURES`; and what the sample's JSON file would say, with arrays
    where the file has lists.

    Raises
    ------
    DatasetError
        On an unknown rig or style, or a worker that is not one of the workers.
    """
    if not 0 <= worker < workers:
        raise DatasetError(f"worker {worker} of {workers}: give a number from 0 to {workers - 1}.")
    maker = settings.maker()
    index = first + worker
    while True:
        drawing, about = make_sample(maker, index)
        yield drawing.picture, drawing.labels, about
        index += workers
