"""Which drawn point belongs to which place on the head's lines.

References
----------
Chen & Medioni (1992), Object modelling by registration of multiple range images,
doi:10.1016/0262-8856(92)90066-C: distances are measured along the normal, so that lines may slide.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from .contours import FeatureCurve
from .face_rig import SurfacePoints
from .features import feature_of

__all__ = ["CandidateLines", "Lines", "candidate_lines", "match_lines"]

_SAMPLES_PER_SEGMENT = 4
_SPACING_IOD = 0.04
_REACH_IOD = 0.35
_REACH_BACK_IOD = 0.15
_BACK_WEIGHT = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class CandidateLines:
    """The visible stretches of all lines of the posed head, as segments.

    Attributes
    ----------
    surface : the M line points on the mesh
    points : (M, 2) pixels
    segments : (S, 2) rows of `points` that follow each other and are both visible
    names : of the features that have segments; feature : (S,) the number of each segment's
    """

    surface: SurfacePoints
    points: NDArray[np.float64]
    segments: NDArray[np.intp]
    names: tuple[str, ...]
    feature: NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Matches: a place between two line points should lie on a drawn line.

    Attributes
    ----------
    point : (R, 2) rows of the line points; `share` : (R, 2) their shares, summing to 1
    normal : (R, 2) unit normal of the head's line in the image
    target : (R, 2) pixels, the drawn point
    weight : (R,)
    """

    point: NDArray[np.intp]
    share: NDArray[np.float64]
    normal: NDArray[np.float64]
    target: NDArray[np.float64]
    weight: NDArray[np.float64]


def candidate_lines(curves: Sequence[FeatureCurve]) -> CandidateLines:
    """Join curves into one set of points and visible segments."""
    if not curves:
        empty = SurfacePoints(np.zeros(0, np.int32), np.zeros((0, 3), np.float32))
        return CandidateLines(
            empty, np.zeros((0, 2)), np.zeros((0, 2), np.intp), (), np.zeros(0, np.intp)
        )
    counts = np.array([len(curve.points) for curve in curves])
    stops = np.cumsum(counts)
    rows = np.arange(stops[-1])
    ends = rows + 1
    ends[stops - 1] = stops - counts
    visible = np.concatenate([curve.visible for curve in curves])
    keep = visible & visible[ends]
    keep[[stop - 1 for stop, curve in zip(stops, curves, strict=True) if not curve.is_closed]] = 0
    each = [feature_of(curve.name) for curve in curves]
    names = sorted(set(each))
    owner = np.repeat([names.index(name) for name in each], counts)[keep]
    shown, feature = np.unique(owner, return_inverse=True)
    surface = SurfacePoints(
        np.concatenate([curve.surface.triangle for curve in curves]),
        np.concatenate([curve.surface.barycentric for curve in curves]),
    )
    return CandidateLines(
        surface,
        np.concatenate([curve.points for curve in curves]),
        np.stack([rows[keep], ends[keep]], axis=1),
        tuple(names[number] for number in shown.tolist()),
        feature.reshape(-1),
    )


def thin_out(
    points: NDArray[np.float64], owner: NDArray[np.intp], spacing: float
) -> NDArray[np.intp]:
    """Return the rows of (N, 2) points to keep: of each owner (N,) one per square of `spacing`
    pixels, the one nearest its middle.
    """
    cells = np.floor(points / spacing).astype(np.int64)
    off_centre = np.abs(points / spacing - cells - 0.5).sum(axis=1)
    order = np.lexsort((off_centre, cells[:, 1], cells[:, 0], owner))
    places = np.column_stack([owner, cells])[order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (places[1:] != places[:-1]).any(axis=1)
    return np.sort(order[first])


def match_lines(
    lines: CandidateLines,
    drawn: dict[str, NDArray[np.float64]],
    iod_px: float,
) -> Lines:
    """Match drawn points and the head's lines of the same feature, both ways.

    Parameters
    ----------
    lines : the head's visible lines
    drawn : feature name → (N, 2) pixels
    iod_px : interocular distance, pixels: the unit of spacing and reach

    Returns
    -------
    Lines; empty where nothing is within reach
    """
    of_segment, shown = lines.feature, lines.names
    met = [(number, drawn[name]) for number, name in enumerate(shown) if len(drawn.get(name, ()))]
    if not met:
        none = np.zeros((0, 2))
        return Lines(none.astype(np.intp), none, none, none, np.zeros(0))
    points = np.concatenate([each for _, each in met])
    owner = np.repeat([number for number, _ in met], [len(each) for _, each in met])
    is_met = np.zeros(len(shown), dtype=bool)
    is_met[[number for number, _ in met]] = True
    used = is_met[of_segment]
    segments, of_segment = lines.segments[used], of_segment[used]

    shares = (np.arange(_SAMPLES_PER_SEGMENT) + 0.5) / _SAMPLES_PER_SEGMENT
    start, end = lines.points[segments[:, 0]], lines.points[segments[:, 1]]
    samples = start[:, None] + shares[None, :, None] * (end - start)[:, None]
    tangent = end - start
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-9)
    normals = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1)

    thinned = thin_out(points, owner, _SPACING_IOD * iod_px)
    near, nearest = _within(
        samples.reshape(-1, 2), np.repeat(of_segment, _SAMPLES_PER_SEGMENT),
        points[thinned], owner[thinned], _REACH_IOD * iod_px,
    )  # fmt: skip
    segment, step = np.divmod(nearest, _SAMPLES_PER_SEGMENT)
    share = np.stack([1.0 - shares[step], shares[step]], axis=1)
    back_near, back = _within(
        points, owner, samples.mean(axis=1), of_segment, _REACH_BACK_IOD * iod_px
    )
    half = np.full((len(back_near), 2), 0.5)
    length = np.linalg.norm(end - start, axis=1)[back_near] / (_SPACING_IOD * iod_px)
    return Lines(
        np.concatenate([segments[segment], segments[back_near]]),
        np.concatenate([share, half]),
        np.concatenate([normals[segment], normals[back_near]]),
        np.concatenate([points[thinned[near]], points[back]]),
        np.concatenate([np.ones(len(near)), _BACK_WEIGHT * np.minimum(length, 1.0)]),
    )


def _within(
    places: NDArray[np.float64],
    of_place: NDArray[np.intp],
    points: NDArray[np.float64],
    of_point: NDArray[np.intp],
    reach_px: float,
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the rows of points that have a place of their own feature in reach, and its row."""
    # features lie far apart along a third axis: one tree serves all of them
    apart = 2.0 * reach_px
    tree = cKDTree(np.column_stack([places, apart * of_place]))
    asked = np.column_stack([points, apart * of_point])
    distance, nearest = tree.query(asked, distance_upper_bound=reach_px)
    near = np.flatnonzero(np.isfinite(distance))
    return near, nearest[near]
