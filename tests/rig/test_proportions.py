"""How hands move what they draw: learnt linearly, alike on both sides, the same on other heads."""

# SPDX-License-Identifier: GPL-3.0-or-later

from dataclasses import replace

import numpy as np
import pytest
from limner.errors import RigError
from limner.rig.camera import Camera
from limner.rig.evidence import Evidence, Placed
from limner.rig.face_rig import PART_NAMES, RigState, pose
from limner.rig.proportions import ON_SKIN, load_proportions, ways_of
from limner.rig.proportions_learning import learn_proportions, mirrored_ways
from limner.rig.store import load_rig

LINES = ("upper_lid_R", "upper_lid_L", "upper_lip_outer")
POINTS = ON_SKIN + 8 * len(LINES)
IOD_PX = 100.0


@pytest.fixture(scope="module")
def rig():
    return load_rig("makehuman")


@pytest.fixture(scope="module")
def shipped(rig):
    return load_proportions().on(rig)


def smooth_ways(rng, count, lines=LINES):
    """Return ways (N, F) of which neighbours resemble each other."""
    return 0.1 * rng.normal(size=(count, 2 * (ON_SKIN + 8 * len(lines))))


def evidence_of(rig, vertices, camera, shift, lines=LINES):
    """Return evidence of features that are seen `shift` (2,) pixels from where a head has them."""
    landmarks = camera.project(rig.landmarks.interpolate(vertices, rig.triangles))
    placed = {}
    for name in lines:
        line = camera.project(rig.curves[name].points.interpolate(vertices, rig.triangles))
        rows = np.linspace(0.0, len(line) - 1.0, 8)
        points = np.column_stack([np.interp(rows, np.arange(len(line)), axis) for axis in line.T])
        placed[name] = Placed(points + shift, np.ones(8))
    shapes = len(rig.shape_names)
    return Evidence(
        landmarks=landmarks + shift, landmark_sigma=np.ones(70), weights=np.zeros(shapes),
        weights_sigma=np.ones(shapes), rotation=np.zeros(3), rotation_sigma=0.1, drawn={},
        size_px=(400, 400), lines=placed,
    )  # fmt: skip


def seen_head(rig):
    scale = IOD_PX / rig.interocular_m
    camera = Camera(scale, np.array([200.0, 200.0]), (400, 400))
    return pose(rig, RigState.neutral(rig)), camera


def test_ways_lead_from_the_head_to_where_its_features_are_seen(rig):
    vertices, camera = seen_head(rig)
    evidence = evidence_of(rig, vertices, camera, np.array([7.0, -3.0]))
    ways = ways_of(rig, vertices, camera, evidence, LINES, IOD_PX)
    assert ways.shape == (2 * POINTS,)
    np.testing.assert_allclose(ways.reshape(-1, 2), [[0.07, -0.03]] * POINTS, atol=1e-6)


def test_a_linear_law_is_found_again(rig):
    rng = np.random.default_rng(5)
    ways = smooth_ways(rng, 400)
    rows = rng.choice(2 * POINTS, 3, replace=False)
    skin = np.flatnonzero(rig.vertex_part == PART_NAMES.index("skin"))
    # three smooth shapes that are the same on both sides, each told by the mean of some ways
    height = rig.neutral[:, 1] / rig.interocular_m
    shapes = np.stack([np.ones_like(height), height, height**2])
    told = ways @ mirror_fair(rows)
    fields = np.zeros((len(ways), len(rig.neutral), 3))
    fields[:, :, 1] = told @ shapes
    learnt = learn_proportions(rig, LINES, ways, fields, damping=1e-6, modes=3).on(rig)
    new = smooth_ways(rng, 5)
    wanted = (new @ mirror_fair(rows)) @ shapes
    for way, want in zip(new, wanted, strict=True):
        found = learnt.field(way)
        assert np.abs(found[skin, 1] - want[skin]).max() < 0.02 * np.abs(wanted).max() + 1e-3


def mirror_fair(rows):
    """Return (F, 3) weights that say the same of ways seen in a mirror: heights only."""
    weights = np.zeros((2 * POINTS, 3))
    for column, row in enumerate(rows):
        one = np.zeros((1, 2 * POINTS))
        one[0, 2 * (row // 2) + 1] = 1.0
        weights[:, column] = (one + mirrored_ways(one, LINES))[0]
    return weights


def test_a_mirror_seen_twice_is_no_mirror():
    ways = smooth_ways(np.random.default_rng(1), 3)
    once = mirrored_ways(ways, LINES)
    assert not np.allclose(once, ways)
    np.testing.assert_allclose(mirrored_ways(once, LINES), ways)


def test_nothing_moves_where_all_is_where_it_is_seen(shipped):
    assert not shipped.field(np.zeros(shipped.matrix.shape[1])).any()


def test_mirrored_ways_move_the_skin_as_in_a_mirror(rig, shipped):
    rng = np.random.default_rng(7)
    way = 0.05 * rng.normal(size=shipped.matrix.shape[1])
    there = shipped.field(mirrored_ways(way[None], shipped.lines)[0])
    here = shipped.field(way)
    flat = np.asarray(rig.neutral, dtype=float)
    from scipy.spatial import cKDTree

    away, other = cKDTree(flat).query(flat * [-1.0, 1.0, 1.0])
    paired = np.flatnonzero((away < 1e-4) & (rig.vertex_part == PART_NAMES.index("skin")))
    assert len(paired) > 1000
    missed = np.abs(there[other[paired]] * [-1.0, 1.0, 1.0] - here[paired]).mean()
    assert missed < 0.05 * np.abs(here[paired]).mean()


def test_eyes_and_teeth_stay(rig, shipped):
    moved = np.abs(shipped.modes).sum(axis=(1, 2)) > 0.0
    skin = rig.vertex_part == PART_NAMES.index("skin")
    assert moved[skin].mean() > 0.95
    for part in ("eye_L", "eye_R", "teeth_upper", "teeth_lower"):
        assert not moved[rig.vertex_part == PART_NAMES.index(part)].any()


def test_a_larger_head_elsewhere_moves_alike(rig, shipped):
    there = np.array([0.3, -0.1, 0.2], np.float32)
    other = replace(
        rig,
        neutral=rig.neutral * np.float32(1.5) + there,
        eye_centres=rig.eye_centres * np.float32(1.5) + there,
        pivot=rig.pivot * np.float32(1.5) + there,
    )
    np.testing.assert_allclose(load_proportions().on(other).modes, shipped.modes, atol=2e-3)


def test_hands_beyond_those_known_are_followed_as_far_as_these_went(shipped):
    way = 0.02 * np.random.default_rng(3).normal(size=shipped.matrix.shape[1])
    far = [np.abs(shipped.field(scale * way)).max() for scale in (1.0, 8.0, 16.0)]
    assert far[0] < far[1]
    assert far[2] == pytest.approx(far[1], rel=0.5)


def test_without_lines_the_head_stays(rig, shipped):
    vertices, camera = seen_head(rig)
    evidence = evidence_of(rig, vertices, camera, np.array([9.0, 9.0]))
    assert not shipped.displacement(rig, vertices, camera, evidence, IOD_PX).any()


def test_the_file_says_how_it_was_made(shipped):
    assert shipped.about["drawings"] >= 3000
    assert {"seed", "rig", "limner", "weights"} <= shipped.about.keys()


def test_a_saved_file_is_read_back(shipped, tmp_path):
    file = tmp_path / "proportions.npz"
    load_proportions().save(file)
    read = load_proportions(file)
    np.testing.assert_array_equal(read.modes, load_proportions().modes)
    assert read.lines == shipped.lines and read.about == shipped.about


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a zip"])
def test_a_damaged_file_is_one_line(tmp_path, content):
    file = tmp_path / "proportions.npz"
    file.write_bytes(content)
    with pytest.raises(RigError, match=r"proportions\.npz: cannot be read .*install limner again"):
        load_proportions(file)
