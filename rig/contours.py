"""Visible feature curves and occluding contours of a posed head.

The occluding contour of the smooth surface that the mesh stands for is where its interpolated
normal turns away from the eye. Drawn so it is one smooth line per fold, while the mesh's own
silhouette edges zigzag and branch.

References
----------
Hertzmann & Zorin (2000). Illustrating smooth surfaces. SIGGRAPH. doi:10.1145/344779.345074
DeCarlo, Finkelstein, Rusinkiewicz & Santella (2003). Suggestive contours for conveying shape.
doi:10.1145/882262.882354 (contours of nearby views: the chin's line)
Bénard & Hertzmann (2019). Line drawings from 3D models. doi:10.1561/0600000075
(why a contour point must be lifted off the mesh before its visibility is asked)
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import require_shape
from .camera import Camera
from .face_rig import PART_NAMES, FaceRig, SurfacePoints
from .features import FEATURES
from .normals import unit, vertex_normals
from .visibility import VisibilityGrid

__all__ = ["FeatureCurve", "occluding_contours", "project_curves", "visible_pieces"]

# lips and lid edges curl inwards: their lines are seen although they face away
_FACING = -0.35
_TOLERANCE_M = 0.0015
_LIPS_SEAM = ("upper_lip_inner", "lower_lip_inner")  # drawn even where a full lip overhangs it
_SEAM_FACING, _SEAM_TOLERANCE_M = -0.9, 0.008
_JAW, _OTHER = FEATURES.index("jaw"), FEATURES.index("other")
_BRIDGE_M = 0.004  # shorter interruptions of a contour are noise of the triangles, not a fold
_LIFT_MIN_M, _LIFT_MAX_M = 0.0002, 0.0015


@dataclass(frozen=True, slots=True, eq=False)
class FeatureCurve:
    """One line of the posed head, as the camera sees it.

    Attributes
    ----------
    name : a name of `features.CURVE_NAMES`, or of the label class for an occluding contour (`jaw`)
    points : (N, 2) float64, pixels (x, y)
    visible : (N,) bool, False where the head itself hides the line
    surface : the N points on the mesh
    is_closed : True where the last point joins the first
    """

    name: str
    points: NDArray[np.float64]
    visible: NDArray[np.bool_]
    surface: SurfacePoints
    is_closed: bool = False

    def __post_init__(self) -> None:
        require_shape("points", self.points, ("N", 2), "Give one (x, y) pixel a row.")
        require_shape("visible", self.visible, (len(self.points),), "Give one flag a point.")


@dataclass(frozen=True, slots=True, eq=False)
class _Chain:
    """One connected zero set of n·v: where it crosses the mesh's edges, in order."""

    corners: NDArray[np.intp]  # (N, 2) vertices of the crossed edges
    share: NDArray[np.float64]  # (N,) weight of the second vertex
    triangle: NDArray[np.intp]  # (N,) a triangle that the edge bounds
    bend: NDArray[np.float64]  # (N,) curvature along the view, 1/metre: negative is a hollow
    is_closed: bool


def project_curves(
    rig: FaceRig,
    vertices: NDArray[np.floating],
    camera: Camera,
    names: Iterable[str] | None = None,
    grid: VisibilityGrid | None = None,
) -> list[FeatureCurve]:
    """Project the rig's feature curves and flag what the head hides.

    Parameters
    ----------
    vertices : (V, 3) metres, as `face_rig.pose` gives them
    names : curves to project, all by default; names that the rig lacks are left out
    grid : the visibility of this very view, if it is built already
    """
    wanted = [name for name in (rig.curves if names is None else names) if name in rig.curves]
    if not wanted:
        return []
    surfaces = [rig.curves[name].points for name in wanted]
    counts = [len(surface) for surface in surfaces]
    joined = SurfacePoints(
        np.concatenate([surface.triangle for surface in surfaces]),
        np.concatenate([surface.barycentric for surface in surfaces]),
    )
    points = joined.interpolate(vertices, rig.triangles)
    normals = joined.interpolate(vertex_normals(vertices, rig.triangles), rig.triangles)
    grid = grid or VisibilityGrid(vertices, rig.triangles, camera)
    seam = np.repeat([name in _LIPS_SEAM for name in wanted], counts)
    facing = (unit(normals) * unit(camera.view_directions(points))).sum(axis=1)
    visible = grid.visible(points, np.where(seam, _SEAM_TOLERANCE_M, _TOLERANCE_M))
    visible &= facing > np.where(seam, _SEAM_FACING, _FACING)
    image = camera.project(points)
    ends = np.cumsum(counts)
    return [
        FeatureCurve(
            name=name,
            points=image[end - count : end],
            visible=visible[end - count : end],
            surface=surface,
            is_closed=rig.curves[name].is_closed,
        )
        for name, surface, count, end in zip(wanted, surfaces, counts, ends, strict=True)
    ]


def occluding_contours(
    rig: FaceRig,
    vertices: NDArray[np.floating],
    camera: Camera,
    grid: VisibilityGrid | None = None,
    min_length_px: float = 6.0,
    parts: Iterable[str] = ("skin",),
    chin_lean: float = 0.3,
) -> list[FeatureCurve]:
    """Find the visible lines where the head's surface turns away from the eye.

    Parameters
    ----------
    vertices : (V, 3) metres, as `face_rig.pose` gives them
    grid : the visibility of this very view, if it is built already
    min_length_px : shorter pieces are left out
    parts : names of `PART_NAMES` whose contours are wanted
    chin_lean : tangent of an angle
        Seen level, the skin under many a chin does not quite turn away, and yet everybody draws
        the jaw: its line is sought as seen from this much higher up (less where the head is bent
        forward, more where it is bent back). 0 gives true contours only.

    Returns
    -------
    Visible pieces named by `FaceRig.contour_feature`; the surface seen lies on the right of the
    walking direction in the image's (x right, y down) frame. Every point has a triangle and
    barycentric weights, so that it can be moved.
    """
    wanted = np.isin(rig.vertex_part, [PART_NAMES.index(part) for part in parts])
    rows = np.flatnonzero(wanted[rig.triangles[:, 0]])
    normals = vertex_normals(vertices, rig.triangles)
    views = unit(camera.view_directions(vertices))
    if chin_lean > 0.0:
        views = _raised_under_chin(rig, vertices, views, normals, chin_lean)
    chains = _zero_chains(rig.triangles, rows, vertices, normals, views)
    if not chains:
        return []
    grid = grid or VisibilityGrid(vertices, rig.triangles, camera)
    seen = _visible_nodes(chains, vertices, normals, rig.triangles, grid)
    curves = []
    for chain, visible in zip(chains, seen, strict=True):
        curves += _named_pieces(rig, vertices, camera, chain, visible, min_length_px)
    return curves


def visible_pieces(curve: FeatureCurve) -> list[NDArray[np.intp]]:
    """Return the point rows of each visible stretch; a closed, wholly visible curve comes closed.

    The rows of a stretch of a closed curve may run over its end; a closed one repeats its first.
    """
    if curve.visible.all():
        rows = np.arange(len(curve.points))
        return [np.append(rows, 0) if curve.is_closed and len(rows) else rows]
    return [piece for piece, flag in _runs(curve.visible, curve.is_closed) if flag]


def _raised_under_chin(
    rig: FaceRig,
    vertices: NDArray[np.floating],
    views: NDArray[np.float64],
    normals: NDArray[np.float64],
    lean: float,
) -> NDArray[np.float64]:
    """Return the views (V, 3), raised along the head's own up on skin of the jaw facing down."""
    rest = rig.neutral - rig.neutral.mean(axis=0)
    left, _, right = np.linalg.svd((vertices - vertices.mean(axis=0)).T @ rest)
    up = (left @ np.diag([1.0, 1.0, np.linalg.det(left @ right)]) @ right)[:, 1]
    drop = (rig.eye_centres[:, 1].mean() - rig.neutral[:, 1]) / rig.interocular_m
    under = np.clip((drop - 0.9) / 0.4, 0.0, 1.0) * np.clip((2.6 - drop) / 0.4, 0.0, 1.0)
    under = under * np.isin(rig.contour_feature, (_JAW, _OTHER))
    raised = np.clip(lean - 4.0 * lean * up[2], 0.0, 2.0 * lean)
    return views + (raised * under * (normals @ up < 0.0))[:, None] * up


def _zero_chains(
    triangles: NDArray[np.int32],
    rows: NDArray[np.intp],
    vertices: NDArray[np.floating],
    normals: NDArray[np.float64],
    views: NDArray[np.float64],
) -> list[_Chain]:
    """Chain the crossings of n·v = 0 with the edges of some triangles."""
    facing = (normals * views).sum(axis=1)
    facing = np.where(np.abs(facing) < 1e-12, 1e-12, facing)
    positive = facing > 0.0
    signs = positive[triangles[rows]]
    count = signs.sum(axis=1)
    mixed = (count == 1) | (count == 2)
    rows, signs = rows[mixed], signs[mixed]
    lone_positive = signs.sum(axis=1) == 1
    lone = np.argmax(signs == lone_positive[:, None], axis=1)
    lines = np.arange(len(rows))
    a, b, c = (triangles[rows][lines, (lone + k) % 3] for k in range(3))
    # enter and leave such that what faces the eye stays on the same side all along
    enter = np.where(lone_positive[:, None], np.stack([a, b], 1), np.stack([a, c], 1))
    leave = np.where(lone_positive[:, None], np.stack([a, c], 1), np.stack([a, b], 1))
    edges = np.sort(np.concatenate([enter, leave]), axis=1).astype(np.int64)
    keys, node = np.unique(edges[:, 0] * len(vertices) + edges[:, 1], return_inverse=True)
    node = node.ravel()
    corners = np.stack([keys // len(vertices), keys % len(vertices)], axis=1)
    ends = facing[corners]
    share = ends[:, 0] / (ends[:, 0] - ends[:, 1])
    start, stop = node[: len(rows)], node[len(rows) :]
    bend = np.bincount(node, np.tile(_bend(triangles[rows], vertices, facing, views), 2))
    bend /= np.bincount(node)
    triangle = np.empty(len(keys), dtype=np.intp)
    triangle[stop], triangle[start] = rows, rows
    return [
        _Chain(corners[walk], share[walk], triangle[walk], bend[walk], is_closed)
        for walk, is_closed in _walks(start, stop, len(keys))
    ]


def _bend(
    corners: NDArray[np.int32],
    vertices: NDArray[np.floating],
    facing: NDArray[np.float64],
    views: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return (F,) how fast n·v grows towards the eye, 1/metre: the radial curvature's sign."""
    a, b, c = (vertices[corners[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    g = facing[corners]
    sides = g[:, 0, None] * (c - b) + g[:, 1, None] * (a - c) + g[:, 2, None] * (b - a)
    gradient = np.cross(normal, sides) / np.maximum((normal**2).sum(axis=1), 1e-24)[:, None]
    return (gradient * views[corners[:, 0]]).sum(axis=1)


def _walks(
    start: NDArray[np.intp], stop: NDArray[np.intp], count: int
) -> list[tuple[NDArray[np.intp], bool]]:
    """Follow the segments start → stop to the end; return the nodes of each walk, and if closed."""
    following = np.full(count, -1)
    following[start] = stop
    after = following.tolist()
    is_first = np.ones(count, dtype=bool)
    is_first[stop] = False
    done = [False] * count
    walks = []
    for first in [*np.flatnonzero(is_first).tolist(), *range(count)]:
        if done[first]:
            continue
        walk, here = [], first
        while here >= 0 and not done[here]:
            done[here] = True
            walk.append(here)
            here = after[here]
        if len(walk) > 1:
            walks.append((np.array(walk), here == first))
    return walks


def _visible_nodes(
    chains: list[_Chain],
    vertices: NDArray[np.floating],
    normals: NDArray[np.float64],
    triangles: NDArray[np.int32],
    grid: VisibilityGrid,
) -> list[NDArray[np.bool_]]:
    """Ask for every node of every chain whether the eye sees it."""
    corners = np.concatenate([chain.corners for chain in chains])
    share = np.concatenate([chain.share for chain in chains])[:, None]
    bend = np.concatenate([chain.bend for chain in chains])
    triangle = triangles[np.concatenate([chain.triangle for chain in chains])]
    point = vertices[corners[:, 0]] * (1.0 - share) + vertices[corners[:, 1]] * share
    normal = normals[corners[:, 0]] * (1.0 - share) + normals[corners[:, 1]] * share
    # the flat triangles around bulge less than the smooth surface: lift by their sagitta and more
    sides = vertices[triangle] - vertices[np.roll(triangle, 1, axis=1)]
    longest = (sides**2).sum(axis=2).max(axis=1)
    lift = np.clip(_LIFT_MIN_M + 0.4 * longest * np.abs(bend), _LIFT_MIN_M, _LIFT_MAX_M)
    visible = (bend > 0.0) & grid.visible(point + lift[:, None] * unit(normal))
    return np.split(visible, np.cumsum([len(chain.share) for chain in chains])[:-1])


def _named_pieces(
    rig: FaceRig,
    vertices: NDArray[np.floating],
    camera: Camera,
    chain: _Chain,
    visible: NDArray[np.bool_],
    min_length_px: float,
) -> list[FeatureCurve]:
    """Cut one chain where it hides and where it becomes another feature."""
    ends = vertices[chain.corners]
    points = ends[:, 0] + chain.share[:, None] * (ends[:, 1] - ends[:, 0])
    image = camera.project(points)
    bridge_px = _BRIDGE_M * camera.scale_px
    nearest = chain.corners[np.arange(len(points)), (chain.share > 0.5).astype(int)]
    feature = rig.contour_feature[nearest].astype(int)
    at_ends = rig.contour_feature[chain.corners]
    # the jaw's line runs along the edge of its own region, where the skin under it begins
    feature[(feature == _OTHER) & (at_ends == _JAW).any(axis=1)] = _JAW
    feature[_near_eyes(rig, nearest)] = 0
    visible = _bridged(visible.astype(int), image, chain.is_closed, bridge_px).astype(bool)
    feature = _bridged(feature, image, chain.is_closed, 2.0 * bridge_px)
    label = np.where(visible, feature, 0)
    surface = _surface_points(rig.triangles, chain)
    runs = _runs(label, chain.is_closed)
    pieces = []
    for number, (piece, value) in enumerate(runs):
        whole = chain.is_closed and len(piece) == len(points)
        after = number + 1 < len(runs) or chain.is_closed
        following, next_value = runs[(number + 1) % len(runs)] if after else (piece, 0)
        if next_value and not whole:  # neighbours share the point where the name changes
            piece = np.append(piece, following[0])
        length_px = np.linalg.norm(np.diff(image[piece], axis=0), axis=1).sum()
        if value == 0 or len(piece) < 2 or length_px < min_length_px:
            continue
        seen = np.ones(len(piece), dtype=bool)
        pieces.append(
            FeatureCurve(FEATURES[value], image[piece], seen, surface[piece], is_closed=whole)
        )
    return pieces


def _near_eyes(rig: FaceRig, vertices: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Tell which vertices belong to the lids: their edges are feature curves, not contours."""
    away = rig.neutral[vertices][:, None] - rig.eye_centres
    return (np.linalg.norm(away, axis=2) < 0.3 * rig.interocular_m).any(axis=1)


def _surface_points(triangles: NDArray[np.int32], chain: _Chain) -> SurfacePoints:
    """Return a chain's nodes as triangle and barycentric weights."""
    corners = triangles[chain.triangle]
    first = corners == chain.corners[:, :1]
    second = corners == chain.corners[:, 1:]
    weights = first * (1.0 - chain.share[:, None]) + second * chain.share[:, None]
    return SurfacePoints(chain.triangle.astype(np.int32), weights.astype(np.float32))


def _runs(values: NDArray, is_closed: bool) -> list[tuple[NDArray[np.intp], int]]:
    """Split a sequence into its runs of equal values: (rows, value); a ring has no first run."""
    rows = np.arange(len(values))
    breaks = np.flatnonzero(np.diff(values)) + 1
    if is_closed and len(breaks) and values[0] == values[-1]:
        rows = np.roll(rows, -breaks[0])
        breaks = np.flatnonzero(np.diff(values[rows])) + 1
    return [(piece, int(values[piece[0]])) for piece in np.split(rows, breaks) if len(piece)]


def _bridged(
    values: NDArray[np.int_],
    image: NDArray[np.float64],
    is_closed: bool,
    bridge_px: float,
) -> NDArray[np.int_]:
    """Give runs shorter than `bridge_px` the value of the run before, shortest first."""
    values = values.copy()
    for _ in range(len(values)):
        runs = _runs(values, is_closed)
        inner = range(len(runs)) if is_closed else range(1, len(runs) - 1)
        if len(runs) < (2 if is_closed else 3):
            break
        step = np.linalg.norm(np.roll(image, -1, axis=0) - image, axis=1)
        lengths = {k: step[runs[k][0]].sum() for k in inner}
        shortest = min(lengths, key=lengths.__getitem__)
        if lengths[shortest] >= bridge_px:
            break
        values[runs[shortest][0]] = runs[shortest - 1][1]
    return values
