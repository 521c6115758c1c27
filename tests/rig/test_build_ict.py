"""The ICT-FaceKit rig: right sides, right directions, and lines that lie where they are named.

The model is not part of limner. These tests take it from LIMNER_ICT or from beside the checkout.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from limner.rig.arkit import RIG_SHAPE_NAMES, mirror_name
from limner.rig.build_ict import build_ict
from limner.rig.camera import Camera
from limner.rig.face_rig import PART_NAMES, FaceRig, RigState, unposed
from limner.rig.facs import AU_LABELS
from limner.rig.features import CURVE_NAMES, FEATURES, MIRRORED_LANDMARKS
from limner.rig.lighten import lighten
from limner.rig.surface import mirrored_vertices
from limner.rig.visibility import visible_points

FLIP = np.array([-1.0, 1.0, 1.0])
BESIDE = Path(__file__).parents[3] / "shared" / "ict_facekit"
SOURCE = Path(os.environ.get("LIMNER_ICT", BESIDE / "FaceXModel.tar.xz"))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not SOURCE.exists(), reason="needs ICT-FaceKit's FaceXModel: set LIMNER_ICT to yours"
    ),
]


@pytest.fixture(scope="module")
def ict() -> FaceRig:
    return build_ict(SOURCE)


@pytest.fixture(scope="module")
def light(ict) -> FaceRig:
    return lighten(ict)


def face(rig: FaceRig, **weights: float) -> np.ndarray:
    """Return the (V, 3) vertices of an expression."""
    state = RigState.neutral(rig)
    for name, weight in weights.items():
        state.weights[rig.shape_names.index(name)] = weight
    return unposed(rig, state)


def curve(rig: FaceRig, name: str, vertices: np.ndarray | None = None) -> np.ndarray:
    vertices = rig.neutral if vertices is None else vertices
    return rig.curves[name].points.interpolate(vertices, rig.triangles)


def marks(rig: FaceRig, vertices: np.ndarray | None = None) -> np.ndarray:
    vertices = rig.neutral if vertices is None else vertices
    return rig.landmarks.interpolate(vertices, rig.triangles)


def opening_mm(rig: FaceRig, side: str, vertices: np.ndarray) -> float:
    """Return how far the lids are apart, at the widest place."""
    upper, lower = (curve(rig, f"{lid}_lid_{side}", vertices) for lid in ("upper", "lower"))
    upper, lower = upper[np.argsort(upper[:, 0])], lower[np.argsort(lower[:, 0])]
    return 1000.0 * float((upper[:, 1] - np.interp(upper[:, 0], lower[:, 0], lower[:, 1])).max())


def test_the_head_is_of_human_size_and_looks_ahead(ict):
    """Interpupillary distances lie between 54 and 74 mm; the nose is the foremost point."""
    assert 0.058 < ict.interocular_m < 0.068
    foremost = ict.neutral[ict.neutral[:, 2].argmax()]
    assert abs(foremost[0]) < 0.001
    assert ict.eye_centres[0, 0] > 0.0 > ict.eye_centres[1, 0]


def test_every_curve_is_there_and_both_sides_mirror_each_other(ict):
    assert set(ict.curves) == set(CURVE_NAMES)
    for name in ict.curves:
        if name.endswith("_L"):
            left, right = curve(ict, name), curve(ict, name[:-1] + "R")
            np.testing.assert_allclose(left * FLIP, right, atol=3e-4, err_msg=name)
            assert left[:, 0].mean() > 0.0, name


def test_paired_curves_run_outwards_and_single_ones_to_the_left_or_down(ict):
    for name in ("brow_upper", "brow_lower", "upper_lid", "lower_lid", "lid_crease", "crow_feet"):
        x = curve(ict, f"{name}_L")[:, 0]
        assert x[-1] > x[0] + 0.01, name
    for name in CURVE_NAMES:
        if "lip" in name or name in ("mentolabial", "nose_tip", "forehead_crease"):
            x = curve(ict, name)[:, 0]
            assert x[-1] > x[0] + 0.01, name
    for name in ("nose_bridge", "philtrum", "glabella_crease", "nasolabial_L", "ear_L"):
        y = curve(ict, name)[:, 1]
        assert y[-1] < y[0] - 0.008, name


def test_curves_are_dense_and_smooth(ict):
    """Neighbours lie about 1.5 mm apart and no line turns back on itself."""
    for name in ict.curves:
        steps = np.diff(curve(ict, name), axis=0)
        length = np.linalg.norm(steps, axis=1)
        assert length.max() < 0.0045, name
        turn = (steps[1:] * steps[:-1]).sum(axis=1) / (length[1:] * length[:-1])
        assert np.degrees(np.arccos(np.clip(turn, -1.0, 1.0))).max() < 75.0, name


def test_landmarks_come_in_ibug_order(ict):
    points = marks(ict)
    np.testing.assert_allclose(points[list(MIRRORED_LANDMARKS)] * FLIP, points, atol=1.5e-3)
    assert points[0, 0] < -0.06 < 0.06 < points[16, 0]
    assert points[8, 1] == points[:68, 1].min()
    assert points[30, 2] == points[:, 2].max()
    assert points[36, 0] < points[39, 0] < points[42, 0] < points[45, 0]
    assert points[68, 0] > 0.0 > points[69, 0]


def test_lids_and_lips_run_through_their_landmarks(ict):
    points = marks(ict)
    for name, rows in (
        ("upper_lid_L", (42, 43, 44, 45)),
        ("lower_lid_R", (39, 40, 41, 36)),
        ("upper_lip_outer", (48, 50, 52, 54)),
        ("lower_lip_inner", (60, 67, 65, 64)),
    ):
        line = curve(ict, name)
        for row in rows:
            assert np.linalg.norm(line - points[row], axis=1).min() < 0.002, (name, row)


@pytest.mark.parametrize("which", ["ict", "light"])
def test_a_blink_shuts_its_own_eye_and_no_other(which, request):
    rig = request.getfixturevalue(which)
    rest, blink = face(rig), face(rig, eyeBlinkLeft=1.0)
    assert opening_mm(rig, "L", rest) > 8.0
    assert opening_mm(rig, "L", blink) < 1.2
    assert opening_mm(rig, "R", blink) == pytest.approx(opening_mm(rig, "R", rest), abs=0.05)


@pytest.mark.parametrize("which", ["ict", "light"])
@pytest.mark.parametrize("blink", [0.0, 1.0])
def test_the_lids_lines_stay_in_sight_when_the_eye_is_shut(which, blink, request):
    """A shut eye is drawn by its lids' lines: all but the corners must not sink between them."""
    rig = request.getfixturevalue(which)
    camera = Camera(1000.0, np.array([128.0, 128.0]), (256, 256))
    posed = face(rig, eyeBlinkLeft=blink) - rig.pivot
    for name in ("upper_lid_L", "lower_lid_L", "upper_lid_R", "lower_lid_R"):
        seen = visible_points(posed, rig.triangles, camera, curve(rig, name, posed))
        assert seen.mean() > 0.55, name


def test_every_side_moves_its_own_side(ict):
    for name, shape in zip(RIG_SHAPE_NAMES, ict.blendshapes, strict=True):
        if name.endswith(("Left", "Right")) and not name.startswith(("jaw", "mouthLeft", "mouthR")):
            energy = (shape.astype(np.float64) ** 2).sum(axis=1)
            share = energy[ict.neutral[:, 0] > 0.0].sum() / energy.sum()
            assert (share if name.endswith("Left") else 1.0 - share) > 0.8, name


def test_mirrored_shapes_are_each_others_mirror_images(ict):
    """The source is symmetric but for a few per cent of its strokes."""
    twin = mirrored_vertices(ict.neutral)
    rows = {name: row for row, name in enumerate(RIG_SHAPE_NAMES)}
    for name, row in rows.items():
        shape, mirrored = (
            ict.blendshapes[row],
            ict.blendshapes[rows[mirror_name(name)]][twin] * FLIP,
        )
        size = np.sqrt((shape**2).sum())
        if size > 0.0:
            assert np.sqrt(((shape - mirrored) ** 2).sum()) < 0.15 * size, name


@pytest.mark.parametrize(
    ("shape", "landmark", "axis", "sign"),
    [
        ("jawOpen", 8, 1, -1), ("jawLeft", 8, 0, 1), ("jawRight", 8, 0, -1),
        ("jawForward", 8, 2, 1), ("mouthLeft", 51, 0, 1), ("mouthRight", 51, 0, -1),
        ("mouthSmileLeft", 54, 1, 1), ("mouthSmileRight", 48, 1, 1),
        ("mouthFrownLeft", 54, 1, -1), ("mouthPucker", 54, 0, -1),
        ("mouthStretchRight", 48, 0, -1), ("mouthUpperUpLeft", 52, 1, 1),
        ("mouthLowerDownRight", 58, 1, -1), ("browDownLeft", 22, 1, -1),
        ("browInnerUpLeft", 22, 1, 1), ("browInnerUpRight", 21, 1, 1),
        ("browOuterUpRight", 18, 1, 1), ("eyeWideLeft", 43, 1, 1), ("eyeSquintLeft", 47, 1, 1),
        ("cheekSquintRight", 41, 1, 1), ("noseSneerLeft", 35, 1, 1), ("mouthClose", 57, 1, 1),
        ("eyeLookOutLeft", 68, 0, 1), ("eyeLookInLeft", 68, 0, -1),
        ("eyeLookOutRight", 69, 0, -1), ("eyeLookUpLeft", 68, 1, 1),
        ("eyeLookDownRight", 69, 1, -1),
    ],
)  # fmt: skip
def test_a_shape_moves_its_landmark_where_its_name_says(ict, shape, landmark, axis, sign):
    moved = marks(ict, face(ict, **{shape: 1.0}))[landmark] - marks(ict)[landmark]
    assert sign * moved[axis] > 0.001


@pytest.mark.parametrize("look", ["Up", "Down", "In", "Out"])
def test_gaze_turns_the_eyeball_about_its_centre(ict, look):
    """Every vertex keeps its distance, and only this eye's ball moves."""
    moved = face(ict, **{f"eyeLook{look}Left": 1.0})
    ball = ict.vertex_part == PART_NAMES.index("eye_L")
    other = ict.vertex_part == PART_NAMES.index("eye_R")
    before, after = (
        np.linalg.norm(v[ball] - ict.eye_centres[0], axis=1) for v in (ict.neutral, moved)
    )
    np.testing.assert_allclose(after, before, atol=1e-6)
    np.testing.assert_array_equal(moved[other], ict.neutral[other].astype(np.float64))


def test_what_the_source_lacks_is_zero_and_every_au_can_be_shown(ict):
    still = [n for n, s in zip(RIG_SHAPE_NAMES, ict.blendshapes, strict=True) if not s.any()]
    assert still == ["tongueOut"]
    assert set(ict.au_table) == set(AU_LABELS)
    assert ict.unsupported_aus == ()


def test_polygons_hold_the_triangles_and_face_outwards(ict):
    """A surface that is closed but for its neck has a positive volume about the head's middle."""
    corners = ict.neutral[ict.triangles].astype(np.float64) - ict.pivot
    volume = (np.cross(corners[:, 0], corners[:, 1]) * corners[:, 2]).sum() / 6.0
    assert 0.003 < volume < 0.008
    assert (ict.polygons[:, 3] < 0).sum() + 2 * (ict.polygons[:, 3] >= 0).sum() == len(
        ict.triangles
    )


def test_contours_are_named_by_where_they_run(ict):
    names = np.array(FEATURES)[ict.contour_feature]
    x, y, z = ict.neutral.T
    assert names[y.argmax()] == "hair"
    assert names[z.argmax()] == "nose_tip"
    assert names[np.where(names == "other", y, np.inf).argmin()] == "other"
    skin = ict.vertex_part == 0
    assert (names[skin & (np.abs(x) > 0.08) & (y > -0.01) & (y < 0.03)] == "ear").all()
    assert (names[~skin] == "none").all()


def test_left_rises_smoothly_from_right_to_left(ict):
    assert (ict.left[ict.neutral[:, 0] > 0.011] == 1.0).all()
    assert (ict.left[ict.neutral[:, 0] < -0.011] == 0.0).all()
    middle = np.abs(ict.neutral[:, 0]) < 1e-6
    np.testing.assert_allclose(ict.left[middle], 0.5, atol=1e-3)


def test_the_light_copy_shows_the_same_face(ict, light):
    """Vertices and modes are a subset; lines stay within half a millimetre in any expression."""
    assert len(light.neutral) == 4500
    assert set(map(bytes, light.neutral)) <= set(map(bytes, ict.neutral))
    rng = np.random.default_rng(3)
    for _ in range(5):
        shown = rng.choice(len(RIG_SHAPE_NAMES), 8, replace=False)
        weights = {RIG_SHAPE_NAMES[row]: float(rng.uniform()) for row in shown}
        full_face, light_face = face(ict, **weights), face(light, **weights)
        for name in CURVE_NAMES:
            away = curve(ict, name, full_face) - curve(light, name, light_face)
            assert np.linalg.norm(away, axis=1).mean() < 0.001, (name, weights)
