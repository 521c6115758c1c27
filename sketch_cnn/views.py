"""One answer from several looks at a face: as it is, from closer, and in a mirror.

What a network says of a crop changes a little with where its pixels fall; the mean of looks at
several scales is nearer to the truth than any one of them ("multi-scale testing", He et al. 2016,
"Deep Residual Learning for Image Recognition").
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .mirror import MAPS, exact, mean_embedding, mirror_mean, turned_back
from .model_file import Network

__all__ = ["FOUR_LOOKS", "ONE_LOOK", "TWO_LOOKS", "Looks", "mean_of_views", "read_crops", "widened"]


@dataclass(frozen=True, slots=True)
class Looks:
    """How a face is looked at.

    Attributes
    ----------
    widths : sides of the crops, in those of the crop that the answer is told in: the first one. All
        lie around one centre.
    both_ways : each crop as it is and in a mirror; else every second one in a mirror only
    """

    widths: tuple[float, ...]
    both_ways: bool = True


FOUR_LOOKS = Looks((1.0, 0.92))
TWO_LOOKS = Looks((1.0, 0.92), both_ways=False)
"""In half the time: as it is, and from closer in a mirror."""
ONE_LOOK = Looks((1.0,), both_ways=False)
"""In a quarter of it: as it is, without a mirror."""

_OF_THE_FIRST = (*MAPS, "embedding")
_MEANS = ("intensity", "visible", "pose")
_SPREADS = ("spread", "line_spread")
_POINTS = ("landmarks", "lines")

Read = tuple[dict[str, NDArray[np.float64]], NDArray[np.float64]]


def widened(box: tuple[float, float, float, float], by: float) -> tuple[float, float, float, float]:
    """Return a box (x0, y0, x1, y1) made wider and higher around its centre."""
    (x, y), (across, down) = (
        (0.5 * (box[0] + box[2]), 0.5 * (box[1] + box[3])),
        (0.5 * by * (box[2] - box[0]), 0.5 * by * (box[3] - box[1])),
    )
    return x - across, y - down, x + across, y + down


def read_crops(
    network: Network, crops: Sequence[NDArray[np.float32]], both_ways: bool = True
) -> list[dict[str, NDArray[np.float64]]]:
    """Show a network crops (S, S) at once, as `Looks` says; return what it says of each.

    What only the first one tells (see `mean_of_views`) is left out of the others.
    """
    ways = (False, True)
    shown = [
        crop[:, ::-1] if turned else crop
        for row, crop in enumerate(crops)
        for turned in (ways if both_ways else ways[row % 2 : row % 2 + 1])
    ]
    told = dict(zip(network.outputs, network.run(np.stack(shown)[:, None]), strict=True))
    size_px = int(network.meta["input_px"])
    if both_ways:
        return [
            mirror_mean(_rows(told, row, 2 * row, 2 * row + 2), size_px)
            for row in range(len(crops))
        ]
    embedding = told.pop("embedding", None)
    read = [_rows(told, row, row, row + 1) for row in range(len(crops))]
    alone = [{name: exact(name, value[0]) for name, value in each.items()} for each in read]
    for turned in range(1, len(alone), 2):
        alone[turned] = turned_back(alone[turned], size_px)
    if embedding is not None and len(crops) > 1:
        alone[0]["embedding"] = mean_embedding(embedding[:2])
    return alone


def _rows(told: dict[str, NDArray], look: int, first: int, end: int) -> dict[str, NDArray]:
    """Return some rows of what a network said, without what only the first look tells."""
    return {
        name: value[first:end]
        for name, value in told.items()
        if not look or name not in _OF_THE_FIRST
    }


def mean_of_views(views: Sequence[Read]) -> Read:
    """Return one answer of several, in the crop of the first.

    Log odds α/β are averaged, and α + β; points where they lie on the sheet. Maps (`features`,
    `attention`) and the embedding are the first one's.

    Parameters
    ----------
    views : outputs of the reader, mirror images already averaged, each with the affine map (2, 3)
        from the sheet's pixels to its crop's
    """
    values, matrix = views[0]
    if len(views) == 1:
        return values, matrix
    told = [view for view, _ in views]
    scales = [each[0, 0] for _, each in views]
    mean = dict(values)
    odds = np.mean([np.log(view["alpha"] / view["beta"]) for view in told], axis=0)
    evidence = np.mean([view["alpha"] + view["beta"] for view in told], axis=0)
    share = 1.0 / (1.0 + np.exp(-odds))
    mean["alpha"], mean["beta"] = evidence * share, evidence * (1.0 - share)
    for name in values.keys() & set(_MEANS):
        mean[name] = np.mean([view[name] for view in told], axis=0)
    for name in values.keys() & set(_SPREADS):
        mean[name] = np.mean(
            [view[name] * scales[0] / scale for view, scale in zip(told, scales, strict=True)],
            axis=0,
        )
    for name in values.keys() & set(_POINTS):
        mean[name] = np.mean([_in_first(view[name], each, matrix) for view, each in views], axis=0)
    return mean, matrix


def _in_first(
    points: NDArray[np.float64], matrix: NDArray[np.float64], first: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Take points (N, 2) of one crop to where they lie in the first."""
    on_sheet = (points - matrix[:, 2]) / np.diag(matrix[:, :2])
    return on_sheet * np.diag(first[:, :2]) + first[:, 2]
