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
from ..rig.contours import FeatureCurve, occluding_contours, project_curves
from ..rig.deform import Deformer
from ..rig.face_rig import FaceRig, RigState, SurfacePoints, pose, rotation_matrix, unposed
from ..rig.features import feature_of
from ..rig.repair import carry_eyes, limit_flips, push_out_of_eyes
from ..rig.tuck import MouthTuck
from ..rig.visibility import VisibilityGrid
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

__all__ = ["CrawlSettings", "crawl", "visible_lines"]

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

_RIGID = frozenset({"iris_L", "iris_R"})
_FILLED_SHARE = 0.3
_SHUT = 0.6
_LOWER_SHARE = 0.75  # shut lids meet low: the upper one does most of the way


@dataclass(frozen=True, slots=True)
class CrawlSettings:
    """How the head's lines crawl.

    Attributes
    ----------
    passes : times that lines are found, moved and the surface follows
    reach_iod : how far ink pulls, interocular distances
    min_evidence : points with less ink near their end are not carried
    handle_weight : how firmly a handle with full evidence holds the surface
    """

    passes: int = 3
    reach_iod: float = 0.25
    min_evidence: float = 0.1
    handle_weight: float = 8.0


@dataclass(frozen=True, slots=True, eq=False)
class _Handles:
    """Surface points, where they shall go in the picture's plane (N, 3) metres, and how firmly."""

    surface: SurfacePoints
    offset: NDArray[np.float64]
    weight: NDArray[np.float64]


def visible_lines(
    rig: FaceRig, vertices: NDArray[np.float64], camera: Camera
) -> list[FeatureCurve]:
    """Return feature curves and occluding contours of posed vertices, image pixels."""
    grid = VisibilityGrid(vertices, rig.triangles, camera)
    return [
        *project_curves(rig, vertices, camera, grid=grid),
        *occluding_contours(rig, vertices, camera, grid=grid),
    ]


def crawl(
    rig: FaceRig,
    deformer: Deformer,
    tuck: MouthTuck,
    state: RigState,
    camera: Camera,
    drawn: DrawnLines,
    iod_px: float,
    settings: CrawlSettings | None = None,
    on_pass: Callable[[int], None] | None = None,
) -> tuple[NDArray[np.float64], list[FeatureCurve], list[SnakeRecord]]:
    """Carry the head's lines onto the drawn ones.

    Parameters
    ----------
    deformer, tuck : made once for the rig
    state, camera : the parametric fit, frame pixels
    drawn : labelled ink lines of the frame
    iod_px : interocular distance, pixels
    on_pass : called with the number of each finished pass

    Returns
    -------
    correction : (V, 3) metres, in the rig's own frame
    curves : the corrected head's lines, frame pixels
    records : how the snakes of the last pass ran
    """
    settings = settings or CrawlSettings()
    posed, turn = pose(rig, state), rotation_matrix(state.rotation)
    rest = unposed(rig, state)
    correction = np.zeros_like(rest)
    curves = visible_lines(rig, posed, camera)
    records: list[SnakeRecord] = []
    still = _still_lids(rig, state)
    for number in range(settings.passes):
        moved = posed + correction @ turn.T
        free = [curve for curve in curves if curve.name not in still]
        results = _run_snakes(free, drawn, iod_px, settings, is_first=number == 0)
        handles = _collect_handles(rig, free, results, moved, camera, settings)
        handles = _with_shut_lids(rig, handles, moved, still, settings)
        if len(handles.surface) == 0:
            break
        wanted = handles.surface.interpolate(correction, rig.triangles) + handles.offset @ turn
        correction = deformer.solve(handles.surface, wanted, handles.weight)
        correction = _repaired(rig, rest, correction)
        curves = visible_lines(rig, posed + correction @ turn.T, camera)
        records = [
            SnakeRecord(result.name, result.outcome.value, result.steps, result.energies)
            for result in results
        ]
        if on_pass is not None:
            on_pass(number)
    return tuck.apply(rest + correction) - rest, curves, records


def _still_lids(rig: FaceRig, state: RigState) -> frozenset[str]:
    """Return the lids of eyes that are shut: one drawn line must not pull them open again."""
    rows = {name: row for row, name in enumerate(rig.shape_names)}
    shut = [
        side
        for side, name in (("L", "eyeBlinkLeft"), ("R", "eyeBlinkRight"))
        if state.weights[rows[name]] > _SHUT
    ]
    return frozenset(f"{lid}_{side}" for lid in ("upper_lid", "lower_lid") for side in shut)


def _with_shut_lids(
    rig: FaceRig,
    handles: _Handles,
    vertices: NDArray[np.float64],
    still: frozenset[str],
    settings: CrawlSettings,
) -> _Handles:
    """Add handles that bring the lids of shut eyes together.

    Blink shapes close the mean head's eyes; with large eyes or strange lids a slit stays open.
    """
    parts = [(handles.surface, handles.offset, handles.weight)]
    for side in "LR":
        if f"upper_lid_{side}" not in still:
            continue
        upper, lower = (rig.curves[f"{lid}_{side}"].points for lid in ("upper_lid", "lower_lid"))
        above, below = (lid.interpolate(vertices, rig.triangles) for lid in (upper, lower))
        # the same share of the way from corner to corner meets
        there = np.linspace(0.0, 1.0, len(above))
        here = np.linspace(0.0, 1.0, len(below))
        facing = np.stack([np.interp(there, here, below[:, axis]) for axis in range(3)], axis=1)
        back = np.stack([np.interp(here, there, above[:, axis]) for axis in range(3)], axis=1)
        for lid, way in (
            (upper, _LOWER_SHARE * (facing - above)),
            (lower, (1.0 - _LOWER_SHARE) * (back - below)),
        ):
            parts.append((lid, way, np.full(len(lid), 4.0 * settings.handle_weight)))
    surfaces, offsets, weights = zip(*parts, strict=True)
    return _Handles(
        SurfacePoints(
            np.concatenate([surface.triangle for surface in surfaces]),
            np.concatenate([surface.barycentric for surface in surfaces]),
        ),
        np.concatenate(offsets),
        np.concatenate(weights),
    )


def _repaired(
    rig: FaceRig, rest: NDArray[np.float64], correction: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the correction without turned triangles, eyeballs carried, no lids inside them."""
    safe = carry_eyes(rest, rig, limit_flips(rest, rig.triangles, correction))
    # Rigs tuck the lids' folds into the ball where nobody looks: only what is new is mended.
    return push_out_of_eyes(rest + safe, rig) - push_out_of_eyes(rest, rig)


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
    # Where along a line a point ends is not carried (see `_across`), so ends need not slide.
    snake = SnakeSettings(unit_px=iod_px, slide=0.0, shift=is_first)
    return evolve(starts, fields, snake, joints, orders)


def _own_lines(curves: Sequence[FeatureCurve], drawn: DrawnLines) -> dict[int, InkLines]:
    """Give every drawn point to the nearest curve of its feature; return row of `curves` → lines.

    Without this the line of the nose and its contour, or both edges of a brow, would fight for
    the same ink and tear the skin between them.
    """
    rivals: dict[str, list[int]] = {}
    for row, curve in enumerate(curves):
        if _can_crawl(curve):
            rivals.setdefault(feature_of(curve.name), []).append(row)
    own: dict[int, InkLines] = {}
    for feature, rows in rivals.items():
        lines = drawn.select(feature)
        if feature == "brow":
            lines = _brow_lines(lines)
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
    """Tell whether a curve can move: seen, long enough, and not on a rigid part."""
    if curve.name in _RIGID or feature_of(curve.name) in NOT_FACE or len(curve.points) < 3:
        return False
    return int(curve.visible.sum()) >= 3


def _brow_lines(lines: InkLines) -> InkLines:
    """Return what a brow's edges follow: the outlines of a filled brow, else nothing.

    A brow drawn as one stroke has no edges; both would fall onto it and fold the skin. The
    parametric fit has laid the brow's middle there already.
    """
    is_outline = np.linalg.norm(lines.inward, axis=1) > 0.5
    if len(lines.points) and is_outline.mean() > _FILLED_SHARE:
        return lines.select(np.flatnonzero(is_outline))
    return lines.select(np.zeros(0, dtype=np.intp))


def _across(curve: FeatureCurve, way: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the part of the ways (N, 2) that runs across the curve.

    Where along a line a point should lie, the drawing does not say; carrying it along would only
    shear the skin.
    """
    tangent = np.gradient(curve.points, axis=0)
    if curve.is_closed:
        tangent = np.roll(curve.points, -1, axis=0) - np.roll(curve.points, 1, axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-9)
    return way - (way * tangent).sum(axis=1, keepdims=True) * tangent


def _collect_handles(
    rig: FaceRig,
    curves: Sequence[FeatureCurve],
    results: Sequence[SnakeResult],
    vertices: NDArray[np.float64],
    camera: Camera,
    settings: CrawlSettings,
) -> _Handles:
    """Turn the snakes' ways into offsets in the plane of the picture."""
    triangle, barycentric, offset, weight = [], [], [], []
    for result in results:
        curve = curves[int(result.name.split("#")[1])]
        held = result.evidence * curve.visible
        keep = np.flatnonzero(held >= settings.min_evidence)
        surface = curve.surface[keep]
        points = surface.interpolate(vertices, rig.triangles)
        scale = camera.scale_px / (1.0 - points[:, 2] * camera.inverse_distance)
        way = _across(curve, result.displacement)[keep] / scale[:, None]
        offset.append(np.column_stack([way[:, 0], -way[:, 1], np.zeros(len(keep))]))
        weight.append(settings.handle_weight * held[keep])
        triangle.append(surface.triangle)
        barycentric.append(surface.barycentric)
    if not triangle:
        nothing = SurfacePoints(np.zeros(0, np.int32), np.zeros((0, 3), np.float32))
        return _Handles(nothing, np.zeros((0, 3)), np.zeros(0))
    surface = SurfacePoints(np.concatenate(triangle), np.concatenate(barycentric))
    return _Handles(surface, np.concatenate(offset), np.concatenate(weight))
