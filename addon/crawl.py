"""From the parametric head to the drawn lines: snakes say where, the surface follows.

The head's visible lines start as snakes. Each crawls onto the ink of its own feature; where they
end is where the surface must go, in the plane of the picture. Three passes, because the occluding
contours change with the surface.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ..rig.camera import Camera
from ..rig.contours import FeatureCurve, visible_lines
from ..rig.deform import Deformer
from ..rig.face_rig import FaceRig, RigState, rotation_matrix, unposed
from ..rig.features import feature_of
from ..rig.repair import carry_eyes, limit_flips, push_out_of_eyes
from ..rig.tuck import MouthTuck
from ..snakes import (
    ForceField,
    InkLines,
    Joint,
    Order,
    SnakeResult,
    SnakeSettings,
    SnakeStart,
    evolve,
)
from .drawn import NOT_FACE, DrawnLines
from .fit import SnakeRecord
from .gap import densify
from .handles import (
    Handles,
    brow_handles,
    outline_handles,
    shut_lid_handles,
    snake_handles,
    still_lids,
)
from .wholes import Wholes

__all__ = ["CrawlSettings", "crawl"]

_JOINED = (
    ("upper_lid_L", "lower_lid_L"),
    ("upper_lid_R", "lower_lid_R"),
    ("upper_lip_inner", "lower_lip_inner"),
    ("upper_lip_outer", "lower_lip_outer"),
)
"""Pairs of curves that share both ends."""

_ORDERS = (
    ("lid_crease_L", "upper_lid_L"),
    ("lid_crease_R", "upper_lid_R"),
    ("upper_lid_L", "lower_lid_L"),
    ("upper_lid_R", "lower_lid_R"),
    ("upper_lip_outer", "upper_lip_inner"),
    ("upper_lip_inner", "lower_lip_inner"),
    ("lower_lip_inner", "lower_lip_outer"),
)
"""Pairs, upper and lower, that do not cross."""

_APART = frozenset({"iris", "brow"})
"""Features that do not crawl: eyeballs are rigid, brows move as a whole."""


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
    near_iod : outlines this near to a drawn line of theirs crawl from where the parametric fit has
        them, interocular distances
    """

    passes: int = 3
    reach_iod: float = 0.25
    min_evidence: float = 0.1
    handle_weight: float = 8.0
    first_weight: float = 5.0
    whole_weight: float = 1.2
    near_iod: float = 0.15


def crawl(
    rig: FaceRig,
    deformer: Deformer,
    tuck: MouthTuck,
    state: RigState,
    start: NDArray[np.float64],
    camera: Camera,
    drawn: DrawnLines,
    wholes: Wholes,
    iod_px: float,
    settings: CrawlSettings | None = None,
    on_pass: Callable[[int], None] | None = None,
) -> tuple[NDArray[np.float64], list[FeatureCurve], list[SnakeRecord]]:
    """Carry the head's lines onto the drawn ones.

    Parameters
    ----------
    deformer, tuck : made once for the rig
    state, camera : the parametric fit, frame pixels
    start : (V, 3) metres, in the rig's own frame: the correction to begin with, and to come back
        to where no line is near
    drawn : labelled ink lines of the frame
    wholes : where features go as wholes, from `start` on
    iod_px : interocular distance, pixels
    on_pass : called with the number of each finished pass

    Returns
    -------
    correction : (V, 3) metres, in the rig's own frame
    curves : the corrected head's lines, frame pixels
    records : how the snakes of the last pass ran
    """
    settings = settings or CrawlSettings()
    turn, fitted = rotation_matrix(state.rotation), unposed(rig, state)
    correction = np.array(start, dtype=np.float64)
    still = still_lids(rig, state)
    records: list[SnakeRecord] = []

    def solved(handles: Handles, correction: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the correction after the handles went the rest of their ways."""
        carried = handles.surface.interpolate(correction - start, rig.triangles)
        wanted = handles.share[:, None] * (carried + handles.offset @ turn)
        moved = deformer.solve(handles.surface, wanted, handles.weight)
        return _repaired(rig, fitted, start + moved)

    def seen(vertices: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return vertices of the rig's own frame as the camera sees them."""
        return (vertices - rig.pivot) @ turn.T

    def whole_handles(weight: float) -> Handles:
        """Return the handles of the features as wholes."""
        moved, carried = seen(fitted + correction), (correction - start) @ turn.T
        return wholes.handles(rig, moved, carried, camera, weight)

    outlines = outline_handles(
        rig, visible_lines(rig, seen(fitted), camera), drawn.by_feature(), start @ turn.T,
        settings.near_iod * iod_px, settings.handle_weight,
    )  # fmt: skip
    correction = solved(Handles.join([whole_handles(settings.first_weight), outlines]), correction)
    curves = visible_lines(rig, seen(fitted + correction), camera)
    for number in range(settings.passes):
        moved, weight = seen(fitted + correction), settings.handle_weight
        free = [curve for curve in curves if curve.name not in still]
        results = _run_snakes(free, drawn, iod_px, settings, is_first=number == 0)
        brows = drawn.of("brow")
        handles = Handles.join(
            [
                snake_handles(rig, free, results, moved, camera, settings.min_evidence, weight),
                brow_handles(rig, free, brows, moved, camera, iod_px, weight),
                shut_lid_handles(rig, moved, still, weight),
                whole_handles(settings.whole_weight),
            ]
        )
        correction = solved(handles, correction)
        curves = visible_lines(rig, seen(fitted + correction), camera)
        records = [
            SnakeRecord(result.name, result.outcome.value, result.steps, result.energies)
            for result in results
        ]
        if on_pass is not None:
            on_pass(number)
    return _tucked(rig, tuck, fitted, correction), curves, records


def _repaired(
    rig: FaceRig, fitted: NDArray[np.float64], correction: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the correction without turned triangles, eyeballs carried, no lids inside them."""
    safe = carry_eyes(fitted, rig, limit_flips(fitted, rig.triangles, correction))
    # Rigs tuck the lids' folds into the ball where nobody looks: only what is new is mended.
    lifted = push_out_of_eyes(fitted + safe, rig) - push_out_of_eyes(fitted, rig)
    return limit_flips(fitted, rig.triangles, lifted, sound=safe)


def _tucked(
    rig: FaceRig, tuck: MouthTuck, fitted: NDArray[np.float64], correction: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the correction with the mouth's inside behind the lips, and nothing folded by that."""
    hidden = tuck.apply(fitted + correction) - fitted
    return limit_flips(fitted, rig.triangles, hidden, sound=correction)


def _run_snakes(
    curves: Sequence[FeatureCurve],
    drawn: DrawnLines,
    iod_px: float,
    settings: CrawlSettings,
    is_first: bool,
) -> list[SnakeResult]:
    """Let the visible curves crawl to the ink of their own features.

    Results are named `curve#row of curves`. Only the first pass shifts whole curves.
    """
    starts, fields = [], []
    for row, lines in _own_lines(curves, drawn).items():
        curve = curves[row]
        starts.append(
            SnakeStart(
                name=f"{curve.name}#{row}",
                points=curve.points,
                is_closed=curve.is_closed,
                weight=curve.visible.astype(float),
            )
        )
        low, high = curve.points.min(axis=0), curve.points.max(axis=0)
        fields.append(
            ForceField.from_ink(
                drawn.ink,
                reach_px=settings.reach_iod * iod_px,
                lines=lines,
                box=(low[0], low[1], high[0], high[1]),
            )
        )
    if not starts:
        return []
    names = {start.name.split("#")[0]: start.name for start in starts}
    joints = [
        Joint(((names[upper], end), (names[lower], end)))
        for upper, lower in _JOINED
        for end in (0, -1)
        if upper in names and lower in names
    ]
    orders = [
        Order(names[upper], names[lower], down=(0.0, 1.0))
        for upper, lower in _ORDERS
        if upper in names and lower in names
    ]
    # Where along a line a point ends is not carried (see `handles`), so ends need not slide.
    snake = SnakeSettings(unit_px=iod_px, slide=0.0, shift=is_first)
    return evolve(starts, fields, snake, joints, orders)


def _own_lines(curves: Sequence[FeatureCurve], drawn: DrawnLines) -> dict[int, InkLines]:
    """Give every drawn point to the nearest curve of its feature; return row of `curves` → lines.

    Without this the line of the nose and its contour would fight for the same ink and tear the
    skin between them.
    """
    rivals: dict[str, list[int]] = {}
    for row, curve in enumerate(curves):
        if _can_crawl(curve):
            rivals.setdefault(feature_of(curve.name), []).append(row)
    own: dict[int, InkLines] = {}
    for feature, rows in rivals.items():
        lines = drawn.select(feature)
        if len(lines.points) == 0:
            continue
        distance = [cKDTree(densify(curves[row])).query(lines.points)[0] for row in rows]
        nearest = np.argmin(distance, axis=0)
        for place, row in enumerate(rows):
            mine = np.flatnonzero(nearest == place)
            if len(mine):
                own[row] = lines.select(mine)
    return own


def _can_crawl(curve: FeatureCurve) -> bool:
    """Tell whether a curve can crawl: seen, long enough, and not of a kind that never does."""
    if feature_of(curve.name) in _APART | NOT_FACE or len(curve.points) < 3:
        return False
    return int(curve.visible.sum()) >= 3
