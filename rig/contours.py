"""Visible feature curves and occluding contours of a posed head.

The occluding contour of the smooth surface that the mesh stands for is where its interpolated
normal turns away from the eye. Drawn so it is one smooth line per fold, while the mesh's own
silhouette edges zigzag and branch.

References
----------
Hertzmann & Zorin (2000). Illustrating smooth surfaces. SIGGRAPH. doi:10.1145/344779.345074
Bénard & Hertzmann (2019). Line drawings from 3D models. doi:10.1561/0600000075
(why a contour point must be lifted off the mesh before its visibility is asked)
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from ..errors import require_shape
from .camera import Camera
from .contour_views import contour_views, dots
from .face_rig import PART_NAMES, FaceRig, SurfacePoints
from .features import FEATURES
from .normals import vertex_normals
from .runs import bridged, runs_of
from .visibility import View, VisibilityGrid
from .zero_set import ZeroSet, zero_set

__all__ = [
    "BRIDGE_M", "CHIN_LEAN", "LIFT_M", "MIN_LENGTH_PX", "FeatureCurve",
    "line_limits", "moved_lines", "near_eyes", "occluding_contours", "part_triangles",
    "project_curves",
    "visible_lines", "visible_pieces",
]  # fmt: skip

# lips and lid edges curl inwards: their lines are seen although they face away
_FACING, _TOLERANCE_M = -0.35, 0.0015
_LIPS_SEAM = ("upper_lip_inner", "lower_lip_inner")  # drawn even where a full lip overhangs it
_SEAM_FACING, _SEAM_TOLERANCE_M = -0.9, 0.008
_JAW, _OTHER = FEATURES.index("jaw"), FEATURES.index("other")
BRIDGE_M = 0.004
"""Shorter interruptions of a contour are noise of the triangles, not a fold."""
LIFT_M = (0.0002, 0.0015)
"""How far, at least and at most, a contour's points are lifted before their visibility is asked."""
MIN_LENGTH_PX, CHIN_LEAN = 6.0, 0.3


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

    def at(self, points: NDArray[np.float64]) -> FeatureCurve:
        """Return the same line with its points elsewhere in the image."""
        return FeatureCurve(self.name, points, self.visible, self.surface, self.is_closed)


def visible_lines(
    rig: FaceRig, vertices: NDArray[np.float64], camera: Camera
) -> list[FeatureCurve]:
    """Return feature curves and occluding contours of posed vertices (V, 3), image pixels."""
    normals = vertex_normals(vertices, rig.triangles)
    turning = _Turning.find(rig, vertices, camera, normals, ("skin",), CHIN_LEAN)
    points = _joined(rig, tuple(rig.curves))[0].interpolate(vertices, rig.triangles)
    asked = np.concatenate([points, turning.lifted])
    grid = VisibilityGrid(vertices, rig.triangles, camera, asked)
    return [
        *project_curves(rig, vertices, camera, grid=grid, normals=normals),
        *turning.pieces(rig, vertices, camera, grid, MIN_LENGTH_PX),
    ]


def moved_lines(
    rig: FaceRig, curves: Sequence[FeatureCurve], vertices: NDArray[np.float64], camera: Camera
) -> list[FeatureCurve]:
    """Return lines where their surface points (and what is hidden of them) have gone.

    Right for feature curves, and nearly so for contours as long as the head hardly turns; a
    twentieth of the work of `visible_lines`.
    """
    if not curves:
        return []
    surface = SurfacePoints.join([curve.surface for curve in curves])
    image = camera.project(surface.interpolate(vertices, rig.triangles))
    stops = np.cumsum([len(curve.points) for curve in curves])
    parts = [image[start:stop] for start, stop in pairwise([0, *stops.tolist()])]
    return [curve.at(part) for curve, part in zip(curves, parts, strict=True)]


def project_curves(
    rig: FaceRig,
    vertices: NDArray[np.floating],
    camera: Camera,
    names: Iterable[str] | None = None,
    grid: View | None = None,
    normals: NDArray[np.float64] | None = None,
) -> list[FeatureCurve]:
    """Project the rig's feature curves and flag what the head hides.

    Parameters
    ----------
    vertices : (V, 3) metres, as `face_rig.pose` gives them
    names : curves to project, all by default; names that the rig lacks are left out
    grid : the visibility of this very view, if it is built already
    normals : (V, 3) of the vertices, if they are known already
    """
    wanted = [name for name in (rig.curves if names is None else names) if name in rig.curves]
    if not wanted:
        return []
    joined, counts = _joined(rig, tuple(wanted))
    points = joined.interpolate(vertices, rig.triangles)
    if normals is None:
        normals = vertex_normals(vertices, rig.triangles)
    turned = joined.interpolate(normals, rig.triangles)
    grid = grid or VisibilityGrid(vertices, rig.triangles, camera)
    limits = np.repeat([line_limits(name) for name in wanted], counts, axis=0)
    views = camera.view_directions(points)
    facing = dots(turned, views) / np.sqrt(dots(turned, turned) * dots(views, views))
    visible = grid.visible(points, limits[:, 0])
    visible &= facing > limits[:, 1]
    image = camera.project(points)
    ends = np.cumsum(counts)
    return [
        FeatureCurve(
            name=name,
            points=image[end - count : end],
            visible=visible[end - count : end],
            surface=rig.curves[name].points,
            is_closed=rig.curves[name].is_closed,
        )
        for name, count, end in zip(wanted, counts, ends, strict=True)
    ]


def line_limits(name: str) -> tuple[float, float]:
    """Return how far behind the skin a curve is seen, metres, and its least cosine to the eye."""
    is_seam = name in _LIPS_SEAM
    return (_SEAM_TOLERANCE_M, _SEAM_FACING) if is_seam else (_TOLERANCE_M, _FACING)


@lru_cache(maxsize=8)
def _joined(rig: FaceRig, names: tuple[str, ...]) -> tuple[SurfacePoints, list[int]]:
    """Return the points of some curves, one after another, and how many each has."""
    surfaces = [rig.curves[name].points for name in names]
    return SurfacePoints.join(surfaces), [len(surface) for surface in surfaces]


def occluding_contours(
    rig: FaceRig,
    vertices: NDArray[np.floating],
    camera: Camera,
    grid: View | None = None,
    min_length_px: float = MIN_LENGTH_PX,
    parts: Iterable[str] = ("skin",),
    chin_lean: float = CHIN_LEAN,
    normals: NDArray[np.float64] | None = None,
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
        forward, more where it is bent back, and on the side that is turned to the eye). 0 gives
        true contours only.
    normals : (V, 3) of the vertices, if they are known already

    Returns
    -------
    Visible pieces named by `FaceRig.contour_feature`. Who walks along one has the head on the left
    as one looks at the picture. Every point has a triangle and barycentric weights, so that it can
    be moved.
    """
    if normals is None:
        normals = vertex_normals(vertices, rig.triangles)
    turning = _Turning.find(rig, vertices, camera, normals, tuple(parts), chin_lean)
    if not turning.zero.chains:
        return []
    grid = grid or VisibilityGrid(vertices, rig.triangles, camera, turning.lifted)
    return turning.pieces(rig, vertices, camera, grid, min_length_px)


@dataclass(frozen=True, slots=True, eq=False)
class _Turning:
    """Where the surface turns away from the eye, seen or not.

    Attributes
    ----------
    zero : N nodes in chains
    rising : (M,) the nodes that can be seen: hollows, where n·v falls, never are
    lifted : (M, 3) metres, those a little above the surface, to ask whether they are hidden
    """

    zero: ZeroSet
    rising: NDArray[np.intp]
    lifted: NDArray[np.float64]

    @classmethod
    def find(
        cls,
        rig: FaceRig,
        vertices: NDArray[np.floating],
        camera: Camera,
        normals: NDArray[np.float64],
        parts: tuple[str, ...],
        chin_lean: float,
    ) -> _Turning:
        """Find them on some parts; see `occluding_contours`."""
        rows, triangles = part_triangles(rig, parts), rig.triangles
        views = contour_views(rig, vertices, normals, camera, chin_lean)
        zero = zero_set(triangles, rows, vertices, dots(normals, views), views)
        rising = np.flatnonzero(zero.slope > 0.0)
        point, normal = zero.interpolate(vertices)[rising], zero.interpolate(normals)[rising]
        normal /= np.maximum(np.sqrt(dots(normal, normal)), 1e-30)[:, None]
        # the flat triangles around bulge less than the smooth surface: lift by their sagitta and
        # more
        corners = triangles[zero.triangle[rising]]
        sides = vertices[corners] - vertices[corners[:, [2, 0, 1]]]
        longest = np.einsum("ncd,ncd->nc", sides, sides).max(axis=1, initial=0.0)
        lift = np.clip(LIFT_M[0] + 0.4 * longest * zero.slope[rising], *LIFT_M)
        return cls(zero, rising, point + lift[:, None] * normal)

    def pieces(
        self,
        rig: FaceRig,
        vertices: NDArray[np.floating],
        camera: Camera,
        grid: View,
        min_length_px: float,
    ) -> list[FeatureCurve]:
        """Return what is seen of them, named."""
        zero = self.zero
        if not zero.chains:
            return []
        visible = np.zeros(len(zero.slope), dtype=bool)
        visible[self.rising] = grid.visible(self.lifted)
        feature = _node_features(rig, zero)
        image, surface = camera.project(zero.interpolate(vertices)), zero.surface(rig.triangles)
        after = np.arange(1, len(image) + 1)
        for start, stop, _ in zero.chains:
            after[stop - 1] = start
        apart = image[after] - image
        step = np.hypot(apart[:, 0], apart[:, 1]).tolist()
        counted = np.concatenate([[0], np.cumsum(visible)]).tolist()
        curves = []
        for start, stop, is_closed in zero.chains:
            if counted[stop] - counted[start] < 2:
                continue
            steps = step[start:stop]
            if sum(steps) < min_length_px:
                continue
            nodes = slice(start, stop)
            label = _node_labels(
                visible[nodes], feature[nodes], steps, is_closed, BRIDGE_M * camera.scale_px
            )
            curves += _named_pieces(label, image, surface, start, steps, is_closed, min_length_px)
        return curves


@lru_cache(maxsize=8)
def part_triangles(rig: FaceRig, parts: tuple[str, ...]) -> NDArray[np.intp]:
    """Return the triangles of some parts of a rig."""
    wanted = np.isin(rig.vertex_part, [PART_NAMES.index(part) for part in parts])
    return np.flatnonzero(wanted[rig.triangles[:, 0]])


def visible_pieces(curve: FeatureCurve) -> list[NDArray[np.intp]]:
    """Return the point rows of each visible stretch; a closed, wholly visible curve comes closed.

    The rows of a stretch of a closed curve may run over its end; a closed one repeats its first.
    """
    if curve.visible.all():
        rows = np.arange(len(curve.points))
        return [np.append(rows, 0) if curve.is_closed and len(rows) else rows]
    count = len(curve.points)
    runs = runs_of(curve.visible.tolist(), curve.is_closed)
    return [np.arange(start, stop) % count for start, stop, flag in runs if flag]


def _node_features(rig: FaceRig, zero: ZeroSet) -> NDArray[np.int_]:
    """Return (N,) what a contour is at each node, an index of `FEATURES`."""
    nearest = zero.nearest
    feature = rig.contour_feature[nearest].astype(int)
    at_ends = rig.contour_feature[zero.corners]
    # the jaw's line runs along the edge of its own region, where the skin under it begins
    feature[(feature == _OTHER) & (at_ends == _JAW).any(axis=1)] = _JAW
    feature[near_eyes(rig)[nearest]] = 0
    return feature


@lru_cache(maxsize=8)
def near_eyes(rig: FaceRig) -> NDArray[np.bool_]:
    """Tell (V,) which vertices lie so near an eye that its lids' curves stand for contours."""
    away = rig.neutral[:, None] - rig.eye_centres
    return ((away**2).sum(axis=2) < (0.3 * rig.interocular_m) ** 2).any(axis=1)


def _node_labels(
    visible: NDArray[np.bool_],
    feature: NDArray[np.int_],
    steps: list[float],
    is_closed: bool,
    bridge_px: float,
) -> list[int]:
    """Return a chain's features, 0 where it is hidden, without flicker.

    Parameters
    ----------
    steps : pixels from every node to the next, from the last to the first
    """
    seen = bridged(visible.tolist(), steps, is_closed, bridge_px)
    names = bridged(feature.tolist(), steps, is_closed, 2.0 * bridge_px)
    return [name if flag else 0 for flag, name in zip(seen, names, strict=True)]


def _named_pieces(
    label: list[int],
    image: NDArray[np.float64],
    surface: SurfacePoints,
    first: int,
    steps: list[float],
    is_closed: bool,
    min_length_px: float,
) -> list[FeatureCurve]:
    """Cut the chain whose nodes begin at `first` where it hides or becomes another feature."""
    count, runs = len(label), runs_of(label, is_closed)
    sums = [0.0, *accumulate(steps + steps)]
    pieces = []
    for number, (start, stop, value) in enumerate(runs):
        if value == 0:
            continue
        whole = is_closed and stop - start == count
        after = number + 1 < len(runs) or is_closed
        if after and not whole and runs[(number + 1) % len(runs)][2]:
            stop += 1  # neighbours share the point where the name changes
        if stop - start < 2 or sums[stop - 1] - sums[start] < min_length_px:
            continue
        rows = first + np.arange(start, stop) % count
        seen = np.ones(len(rows), dtype=bool)
        piece = FeatureCurve(FEATURES[value], image[rows], seen, surface[rows], is_closed=whole)
        pieces.append(piece)
    return pieces
