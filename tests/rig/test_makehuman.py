"""The MakeHuman head as it is shipped: symmetry, lids, lips, eyes, curves, landmarks."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
import pytest
from limner.rig.arkit import mirror_name
from limner.rig.face_rig import FaceRig, RigState, unposed
from limner.rig.features import CURVE_NAMES, MIRRORED_LANDMARKS
from limner.rig.store import load_rig
from limner.rig.surface import mirrored_vertices
from scipy.spatial import cKDTree

FLIP = np.array([-1.0, 1.0, 1.0])
MM = 0.001


@pytest.fixture(scope="module")
def rig() -> FaceRig:
    return load_rig("makehuman")


def shaped(rig: FaceRig, **weights: float) -> np.ndarray:
    """Return the head with some shapes on, (V, 3) metres."""
    state = RigState.neutral(rig)
    for name, weight in weights.items():
        state.weights[rig.shape_names.index(name)] = weight
    return unposed(rig, state)


def acting(rig: FaceRig, **aus: float) -> np.ndarray:
    """Return the head with some Action Units on, (V, 3) metres."""
    state = RigState.neutral(rig)
    state.weights[:] = rig.weights_from_aus(aus)
    return unposed(rig, state)


def curve(rig: FaceRig, name: str, vertices: np.ndarray) -> np.ndarray:
    """Return a curve's points, (N, 3) metres."""
    return rig.curves[name].points.interpolate(vertices, rig.triangles)


def lip_gap(rig: FaceRig, vertices: np.ndarray) -> float:
    """Return how far the lips part in their middle, metres."""
    upper, lower = (curve(rig, f"{lip}_lip_inner", vertices) for lip in ("upper", "lower"))
    middle = len(upper) // 2
    return float(upper[middle, 1] - lower[middle, 1])


def test_all_shapes_move_something_and_no_triangle_is_over_budget(rig):
    largest = np.linalg.norm(rig.blendshapes, axis=2).max(axis=1)
    assert (largest > 3 * MM).all()
    assert len(rig.triangles) <= 8000
    assert rig.unsupported_aus == ()


def test_head_and_shapes_mirror_each_other(rig):
    mirror = mirrored_vertices(rig.neutral.astype(np.float64))
    assert np.abs(rig.neutral[mirror] * FLIP - rig.neutral).max() < 1e-6
    for row, name in enumerate(rig.shape_names):
        other = rig.blendshapes[rig.shape_names.index(mirror_name(name))]
        assert np.abs(other[mirror] * FLIP - rig.blendshapes[row]).max() < 5e-6, name


def test_left_shapes_move_the_subjects_left(rig):
    for name in rig.shape_names:
        if name.endswith("Left") and not name.startswith(("jaw", "mouthLeft")):
            amount = np.linalg.norm(rig.blendshapes[rig.shape_names.index(name)], axis=1)
            assert (amount * rig.neutral[:, 0]).sum() > 5 * MM * amount.sum(), name
    for name in ("jawLeft", "mouthLeft"):
        chin = curve(rig, "lower_lip_outer", shaped(rig, **{name: 1.0})).mean(axis=0)
        assert chin[0] > 2 * MM, name


def test_landmarks_and_curves_mirror_each_other(rig):
    points = rig.landmarks.interpolate(rig.neutral, rig.triangles)
    assert np.abs(points[list(MIRRORED_LANDMARKS)] * FLIP - points).max() < 0.5 * MM
    for name in CURVE_NAMES:
        if name.endswith("_L"):
            left, right = (curve(rig, name[:-1] + side, rig.neutral) for side in "LR")
            assert np.abs(right * FLIP - left).max() < 1e-5, name
        elif not name.endswith("_R"):
            line = curve(rig, name, rig.neutral)
            across = name not in ("nose_bridge", "philtrum", "glabella_crease")
            twin = line[::-1] if across else line
            assert np.abs(twin * FLIP - line).max() < 0.2 * MM, name


def test_curves_run_from_inner_to_outer_right_to_left_and_down(rig):
    for name in CURVE_NAMES:
        line = curve(rig, name, rig.neutral)
        if name.startswith(("nostril", "iris", "ear")):
            continue
        if name.endswith(("_L", "_R")):
            assert abs(line[-1, 0]) > abs(line[0, 0]) + 5 * MM, name
        elif name in ("nose_bridge", "philtrum", "glabella_crease"):
            assert line[0, 1] > line[-1, 1] + 5 * MM, name
        else:
            assert line[-1, 0] > line[0, 0] + 10 * MM, name
    for side in "LR":
        ear = curve(rig, f"ear_{side}", rig.neutral)
        assert ear[0, 1] > ear[-1, 1] + 30 * MM


def test_curves_are_dense_and_smooth(rig):
    for name, line in rig.curves.items():
        points = curve(rig, name, rig.neutral)
        assert 15 <= len(points) <= 40, name
        steps = np.diff(points, axis=0)
        lengths = np.linalg.norm(steps, axis=1)
        assert lengths.max() < 4.0 * np.median(lengths), name
        turns = (steps[1:] * steps[:-1]).sum(axis=1) / (lengths[1:] * lengths[:-1])
        assert turns.min() > np.cos(np.radians(75.0)), name
        assert line.is_closed == name.startswith("iris")


def test_lids_and_lips_share_their_corners(rig):
    pairs = [(f"upper_lid_{side}", f"lower_lid_{side}") for side in "LR"]
    pairs += [("upper_lip_inner", "lower_lip_inner"), ("upper_lip_outer", "lower_lip_outer")]
    for vertices in (rig.neutral, shaped(rig, eyeBlinkLeft=1.0, jawOpen=1.0)):
        for first, second in pairs:
            ends = [curve(rig, name, vertices)[[0, -1]] for name in (first, second)]
            assert np.abs(ends[0] - ends[1]).max() < 1e-7, first


def test_landmarks_lie_where_ibug_puts_them(rig):
    x, y, z = rig.landmarks.interpolate(rig.neutral, rig.triangles).T
    assert x[0] < -60 * MM and x[16] > 60 * MM and abs(x[8]) < 1e-4
    assert y[8] == y[:68].min()
    assert (np.diff(x[:17]) > -2 * MM).all() and (np.diff(x[17:27]) > 0.0).all()
    assert (np.diff(y[27:31]) < 0.0).all() and z[30] > z[:68].max() - 3 * MM
    assert x[36] < x[39] < 0.0 < x[42] < x[45]
    assert y[37] > y[41] and y[43] > y[47]
    assert x[48] < x[60] < x[62] < x[64] < x[54]
    assert y[51] > y[62] >= y[66] - 1 * MM and y[66] > y[57]
    assert x[68] > 0.0 > x[69]


def test_blink_closes_the_lids_and_stays_out_of_the_ball(rig):
    closed = shaped(rig, eyeBlinkLeft=1.0, eyeBlinkRight=1.0)
    for side in "LR":
        upper, lower = (curve(rig, f"{lid}_lid_{side}", closed) for lid in ("upper", "lower"))
        assert cKDTree(lower).query(upper)[0].max() < 1 * MM
        open_upper = curve(rig, f"upper_lid_{side}", rig.neutral)
        assert (open_upper - upper)[:, 1].max() > 6 * MM


@pytest.mark.parametrize(
    "shape", [None, "eyeBlink", "eyeSquint", "eyeWide", "eyeLookDown", "eyeLookUp"]
)
def test_no_lid_edge_dips_into_the_eyeball(rig, shape):
    vertices = shaped(rig, **({f"{shape}Left": 1.0, f"{shape}Right": 1.0} if shape else {}))
    for eye, side in enumerate("LR"):
        ball = rig.vertex_part == eye + 1
        centre = rig.eye_centres[eye]
        radius = np.linalg.norm(rig.neutral[ball] - centre, axis=1).mean()
        for lid in ("upper_lid", "lower_lid"):
            out = np.linalg.norm(curve(rig, f"{lid}_{side}", vertices) - centre, axis=1)
            assert out.min() > radius - 0.5 * MM


def test_lips_meet_at_rest_part_with_au25_and_open_with_the_jaw(rig):
    assert abs(lip_gap(rig, rig.neutral)) < 0.5 * MM
    assert lip_gap(rig, acting(rig, AU25=1.0)) > 2 * MM
    assert lip_gap(rig, shaped(rig, jawOpen=1.0)) > 25 * MM
    for au in ("AU17", "AU18", "AU23", "AU24", "AU34"):
        assert lip_gap(rig, acting(rig, **{au: 1.0})) < 0.8 * MM, au
    # rolled in, the inner lines lie behind the place where the lips touch
    assert lip_gap(rig, acting(rig, AU28=1.0)) < 2 * MM


def test_mouth_close_takes_back_the_lips_gap_but_not_the_jaw(rig):
    opened, held = shaped(rig, jawOpen=1.0), shaped(rig, jawOpen=1.0, mouthClose=1.0)
    assert abs(lip_gap(rig, held)) < 0.1 * lip_gap(rig, opened)
    chin = rig.landmarks[[8]].interpolate(held, rig.triangles)[0]
    rest = rig.landmarks[[8]].interpolate(rig.neutral, rig.triangles)[0]
    assert chin[1] < rest[1] - 10 * MM


def test_lower_teeth_follow_the_jaw_and_upper_teeth_do_not(rig):
    moved = shaped(rig, jawOpen=1.0) - rig.neutral
    assert moved[rig.vertex_part == 4, 1].mean() < -15 * MM
    assert np.abs(moved[rig.vertex_part == 3]).max() < 0.1 * MM


@pytest.mark.parametrize(
    ("au", "curve_name", "axis", "sign"),
    [
        ("AU1L", "brow_lower_L", 1, 1),
        ("AU2L", "brow_upper_L", 1, 1),
        ("AU4L", "brow_lower_L", 1, -1),
        ("AU5L", "upper_lid_L", 1, 1),
        ("AU7L", "lower_lid_L", 1, 1),
        ("AU9L", "nostril_L", 1, 1),
        ("AU10L", "upper_lip_outer", 1, 1),
        ("AU16L", "lower_lip_outer", 1, -1),
        ("AU17", "lower_lip_outer", 1, 1),
        ("AU22", "upper_lip_inner", 2, 1),
        ("AU29", "lower_lip_outer", 2, 1),
        ("AU30L", "lower_lip_outer", 0, 1),
        ("AU30R", "lower_lip_outer", 0, -1),
    ],
)
def test_action_units_pull_the_right_way(rig, au, curve_name, axis, sign):
    moved = curve(rig, curve_name, acting(rig, **{au: 1.0})) - curve(rig, curve_name, rig.neutral)
    assert sign * moved[np.abs(moved[:, axis]).argmax(), axis] > 1.5 * MM


def test_smile_lifts_and_frown_drops_the_corner_of_its_side(rig):
    for au, sign in (("AU12L", 1.0), ("AU15L", -1.0)):
        moved = curve(rig, "upper_lip_inner", acting(rig, **{au: 1.0}))
        moved = moved - curve(rig, "upper_lip_inner", rig.neutral)
        assert sign * moved[-1, 1] > 4 * MM
        assert abs(moved[0, 1]) < 0.5 * MM


def test_action_units_of_the_lips_differ(rig):
    """23, 24 and 28 thin the lips; 23 narrows the mouth, 24 widens it, 28 hides the red."""

    def measures(**aus):
        head = acting(rig, **aus)
        outer, inner = curve(rig, "upper_lip_outer", head), curve(rig, "upper_lip_inner", head)
        return np.ptp(inner[:, 0]), outer[15, 1] - inner[15, 1]

    width, red = measures()
    width_23, red_23 = measures(AU23=1.0)
    width_24, red_24 = measures(AU24=1.0)
    _, red_28 = measures(AU28=1.0)
    assert width_23 < 0.96 * width and width_24 > 1.08 * width
    assert red_23 < 0.85 * red and red_24 < 0.85 * red and red_28 < 0.3 * red


def test_random_heads_keep_round_balls_behind_their_lids(rig):
    rng = np.random.default_rng(7)
    for _ in range(20):
        state = RigState.neutral(rig)
        state.identity[:] = rng.standard_normal(len(state.identity))
        head = unposed(rig, state)
        for eye, side in enumerate("LR"):
            ball = head[rig.vertex_part == eye + 1]
            system = np.column_stack([2.0 * ball, np.ones(len(ball))])
            solved = np.linalg.lstsq(system, (ball**2).sum(axis=1), rcond=None)[0]
            radii = np.linalg.norm(ball - solved[:3], axis=1)
            assert np.ptp(radii) < 0.02 * radii.mean()
            lid = curve(rig, f"upper_lid_{side}", head)
            assert np.linalg.norm(lid - solved[:3], axis=1).min() > radii.mean() - 1.5 * MM


def test_identity_modes_are_one_standard_deviation_of_a_plausible_head(rig):
    face = (rig.vertex_part == 0) & (rig.neutral[:, 1] > 0.63) & (rig.neutral[:, 2] > 0.07)
    spread = np.sqrt((rig.identity[:, face].astype(np.float64) ** 2).sum(axis=(0, 2)))
    assert 2 * MM < np.sqrt((spread**2).mean()) < 5 * MM
    assert 60 <= len(rig.identity_names) <= 120
    assert len(set(rig.identity_names)) == len(rig.identity_names)


def test_caricature_makes_eyes_a_quarter_larger(rig):
    state = RigState.neutral(rig)
    state.identity[rig.identity_names.index("eye-size")] = 4.0
    head = unposed(rig, state)
    wide = [np.ptp(curve(rig, "upper_lid_L", vertices)[:, 0]) for vertices in (rig.neutral, head)]
    assert 1.2 < wide[1] / wide[0] < 1.35
