"""Building a rig of somebody's own head: any mesh whose shapes bear ARKit's names.

Nobody has marked its eyes and lips. The shapes tell where they are (`shape_places`), limner's own
head is wrapped onto it (`wrapping`) and carries its landmarks and curves over.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..errors import RigError
from .arkit import RIG_SHAPE_NAMES
from .au_table import default_au_table
from .face_rig import PART_NAMES, FaceRig, SurfaceCurve, SurfacePoints
from .features import FEATURES
from .own_check import require_a_face
from .own_eyes import Ball, ball_of, expected_balls, find_ball, iris_on, own_ball, turned
from .own_lines import Carrier
from .own_modes import carried_modes, eye_modes
from .own_parts import LEFT_OUT, face_piece, part_of_piece
from .own_placing import placed, side_weight, sided
from .source_head import SourceHead, pieces, welded

__all__ = ["LEAST_SHAPES", "OwnRig", "build_own"]

Array = NDArray[np.float64]

LEAST_SHAPES = 12
"""Fewer shapes than this do not tell where a face's features are."""

_MODE = "identity:"
_BELOW_NECK_IOD = 0.25
"""What hangs on the face and lies this far under limner's neck is a body, and left out."""
_LIDS = ("upper_lid", "lower_lid")


@dataclass(frozen=True, slots=True, eq=False)
class OwnRig:
    """A rig of somebody's own head, and how well its features were found.

    Attributes
    ----------
    rig : FaceRig
    missing : shapes that the head has not; they move nothing
    own_eyes : sides, "L" and "R", whose eyeballs are limner's, because the head has none there
    left_out : number of vertices that are neither face, eye, tooth nor tongue
    gap_iod, gap95_iod : float, interocular distances
        Median and 95 % of how far our head's lines ended from the other's skin.
    """

    rig: FaceRig
    missing: tuple[str, ...]
    own_eyes: tuple[str, ...]
    left_out: int
    gap_iod: float
    gap95_iod: float


def build_own(
    head: SourceHead,
    template: FaceRig,
    *,
    name: str,
    licence: str,
    source: str,
    identity: Mapping[str, NDArray[np.floating]] | None = None,
) -> OwnRig:
    """Find a head's features and make a rig of it.

    Parameters
    ----------
    head : the mesh and its shapes, any units and axes
    template : the rig whose lines are carried over: limner's `makehuman`
    name, licence, source : what the rig says of itself
    identity : name → (V, 3) displacement, in the head's unit, of what makes it somebody else; by
        default the template's modes are carried over

    Raises
    ------
    RigError
        If there are too few shapes, left and right are exchanged, or no face is found.
    """
    whole = welded(_with_modes(head, identity or {}, source))
    piece = pieces(whole.triangles, len(whole.vertices))
    face = face_piece(whole, piece)
    near = sided(placed(whole, piece == face, template, source))
    carrier = Carrier(near, piece == face, template)
    part, balls = _parts(near, piece, face, template, carrier)
    if not identity:
        modes = carried_modes(near, part, balls, template, carrier)
        near = replace(
            near, shapes={**near.shapes, **{f"{_MODE}{key}": mode for key, mode in modes.items()}}
        )
    gaps: list[Array] = []
    lines = {}
    for key, points in _lines(template).items():
        lines[key], off = carrier.carry(points)
        gaps.append(off / float(np.linalg.norm(balls[0].centre - balls[1].centre)))
    rig, own = _assembled(near, part, balls, template, carrier, lines)
    rig = replace(rig, name=name, licence=licence, source=source)
    gap_iod, gap95_iod = np.quantile(np.concatenate(gaps), [0.5, 0.95])
    require_a_face(rig, float(gap95_iod), source)
    missing = tuple(n for n, s in zip(rig.shape_names, rig.blendshapes, strict=True) if not s.any())
    left_out = int((part == LEFT_OUT).sum())
    return OwnRig(rig, missing, own, left_out, float(gap_iod), float(gap95_iod))


def _with_modes(
    head: SourceHead, identity: Mapping[str, NDArray[np.floating]], source: str
) -> SourceHead:
    """Return the head with the shapes that move something, and identity modes among them."""
    shapes = {name: shape for name, shape in head.shapes.items() if np.any(shape)}
    if len(shapes) < LEAST_SHAPES:
        raise RigError(
            f"{source}: only {len(shapes)} of its shapes bear known names and move something "
            f"({', '.join(sorted(shapes)) or 'none'}); {LEAST_SHAPES} are needed to find the face."
        )
    modes = {f"{_MODE}{key}": shape for key, shape in identity.items()}
    return replace(head, shapes=shapes | modes)


def _lines(template: FaceRig) -> dict[str, SurfacePoints]:
    """Return the template's lines on the skin by name, and its landmarks there as `landmarks`."""
    lines = {
        name: curve.points for name, curve in template.curves.items() if not name.startswith("iris")
    }
    return lines | {"landmarks": template.landmarks[:68]}


def _parts(
    head: SourceHead,
    piece: NDArray[np.int32],
    face: int,
    template: FaceRig,
    carrier: Carrier,
) -> tuple[NDArray[np.int_], list[Ball]]:
    """Return (V,) the part of each vertex, or `LEFT_OUT`; and the eyes, left and right.

    An eye without vertices is where one must be put.
    """
    neutral, triangles = template.neutral, template.triangles
    lids = {}
    for side in "LR":
        points = [template.curves[f"{lid}_{side}"].points for lid in _LIDS]
        ours = np.concatenate([line.interpolate(neutral, triangles) for line in points])
        lids[side] = ours, np.concatenate([carrier.reach(line) for line in points])
    balls = expected_balls(template, lids)
    iod = float(np.linalg.norm(balls[0].centre - balls[1].centre))
    part = np.full(len(head.vertices), LEFT_OUT)
    neck = carrier.wrapped[:, 1].min() - _BELOW_NECK_IOD * iod
    part[(piece == face) & (head.vertices[:, 1] > neck)] = PART_NAMES.index("skin")
    taken = {face}
    for eye, side in enumerate("LR"):
        number = find_ball(head, piece, face, balls[eye], iod)
        if number is not None and number not in taken:
            part[piece == number] = PART_NAMES.index(f"eye_{side}")
            balls[eye] = ball_of(head.vertices[piece == number])
            taken.add(number)
    mouth = carrier.reach(template.curves["upper_lip_inner"].points).mean(axis=0)
    inside_eyes = [_within(head.vertices, ball) for ball in balls]
    skin = np.flatnonzero(piece == face)
    for number in set(np.unique(piece).tolist()) - taken:
        rows = np.flatnonzero(piece == number)
        if not any(inside[rows].mean() > 0.5 for inside in inside_eyes):
            part[rows] = part_of_piece(head, rows, skin, mouth, iod, carrier.wrapped)
    return part, balls


def _within(vertices: Array, ball: Ball) -> NDArray[np.bool_]:
    """Return (V,) what lies in an eyeball, or as a film on it."""
    inside: NDArray[np.bool_] = np.linalg.norm(vertices - ball.centre, axis=1) < 1.15 * ball.radius
    return inside


def _assembled(
    head: SourceHead,
    part: NDArray[np.int_],
    balls: list[Ball],
    template: FaceRig,
    carrier: Carrier,
    lines: dict[str, SurfacePoints],
) -> tuple[FaceRig, tuple[str, ...]]:
    """Return the rig, its eyes as far apart as the template's, and the sides with our eyeballs."""
    kept = part != LEFT_OUT
    whole = kept[np.where(head.polygons >= 0, head.polygons, head.polygons[:, :1])].all(axis=1)
    renumber = np.append(np.cumsum(kept) - 1, -1).astype(np.int32)
    polygons = [renumber[head.polygons[whole]]]
    vertices, parts = [head.vertices[kept]], [part[kept]]
    own = tuple(s for s in "LR" if not (part == PART_NAMES.index(f"eye_{s}")).any())
    for side in own:
        points, quads = own_ball(template, side, balls["LR".index(side)])
        before = sum(map(len, vertices))
        polygons.append(np.where(quads >= 0, quads + before, -1).astype(np.int32))
        vertices.append(points)
        parts.append(np.full(len(points), PART_NAMES.index(f"eye_{side}")))
    added = sum(map(len, vertices)) - int(kept.sum())
    still = np.zeros((added, 3))
    along = _along_with_skin(template, own, vertices[1:], balls)
    shapes = {
        key: np.concatenate([shape[kept], along.get(key, still)])
        for key, shape in head.shapes.items()
    }
    mesh = SourceHead(np.concatenate(vertices), np.concatenate(polygons), shapes)
    vertex_part = np.concatenate(parts).astype(np.uint8)
    # triangles of the whole head, by their rows among the kept ones
    row_of = np.cumsum(np.repeat(whole, 1 + (head.polygons[:, 3] >= 0))) - 1
    moved = {
        key: SurfacePoints(row_of[points.triangle].astype(np.int32), points.barycentric)
        for key, points in lines.items()
    }
    return _rig(mesh, vertex_part, balls, template, carrier, moved), own


def _along_with_skin(
    template: FaceRig, sides: tuple[str, ...], points: list[Array], balls: list[Ball]
) -> dict[str, Array]:
    """Return how the template's identity modes move eyeballs of ours: mode's shape → (N, 3)."""
    if not sides:
        return {}
    apart = float(np.linalg.norm(balls[0].centre - balls[1].centre))
    moved = np.concatenate(
        [
            eye_modes(template, side, at, balls["LR".index(side)])
            for side, at in zip(sides, points, strict=True)
        ],
        axis=1,
    )
    names = [f"{_MODE}{name}" for name in template.identity_names]
    return dict(zip(names, apart / template.interocular_m * moved, strict=True))


def _rig(
    mesh: SourceHead,
    part: NDArray[np.uint8],
    balls: list[Ball],
    template: FaceRig,
    carrier: Carrier,
    lines: dict[str, SurfacePoints],
) -> FaceRig:
    """Return the rig of a mesh in the template's place, brought to the template's eye distance."""
    triangles = mesh.triangles
    shapes = dict(mesh.shapes)
    curves, irises = {}, []
    for eye, side in enumerate("LR"):
        is_eye = part == PART_NAMES.index(f"eye_{side}")
        given = {key: shape[is_eye] for key, shape in shapes.items()}
        for key, moved in turned(
            template, given, mesh.vertices[is_eye], balls[eye], side
        ).items():  # fmt: skip
            shapes[key] = np.array(shapes.get(key, np.zeros_like(mesh.vertices)))
            shapes[key][is_eye] = moved
        curves[f"iris_{side}"], middle = iris_on(
            template, mesh.vertices, triangles, is_eye[triangles[:, 0]], balls[eye], side
        )
        irises.append(middle)
    for key, curve in template.curves.items():
        if key in lines:
            curves[key] = SurfaceCurve(lines[key], curve.is_closed)
    feature = carrier.feature_near(mesh.vertices)
    feature[part != PART_NAMES.index("skin")] = FEATURES.index("other")
    centres = np.array([ball.centre for ball in balls])
    scale = template.interocular_m / float(np.linalg.norm(centres[0] - centres[1]))
    shift = template.eye_centres.mean(axis=0) - scale * centres.mean(axis=0)
    neutral = scale * mesh.vertices + shift
    blank = np.zeros_like(mesh.vertices)
    blendshapes = np.stack([scale * shapes.get(n, blank) for n in RIG_SHAPE_NAMES])
    modes = {key.removeprefix(_MODE): s for key, s in shapes.items() if key.startswith(_MODE)}
    missing = [n for n, s in zip(RIG_SHAPE_NAMES, blendshapes, strict=True) if not s.any()]
    table, unsupported = default_au_table(missing)
    marks = [lines["landmarks"], *irises]
    return FaceRig(
        name="own", licence="", source="",
        neutral=neutral.astype(np.float32),
        polygons=mesh.polygons,
        triangles=triangles,
        vertex_part=part,
        blendshapes=blendshapes.astype(np.float32),
        identity_names=tuple(modes),
        identity=(scale * np.array(list(modes.values())).reshape(-1, *neutral.shape)).astype(
            np.float32
        ),
        au_table=table,
        unsupported_aus=unsupported,
        landmarks=SurfacePoints.join(marks),
        curves={key: curves[key] for key in template.curves},
        left=side_weight(neutral).astype(np.float32),
        eye_centres=(scale * centres + shift).astype(np.float32),
        pivot=template.pivot,
        contour_feature=feature,
    )  # fmt: skip
