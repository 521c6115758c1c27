"""A correction as identity: the same fitted face, and 52 shapes that work on the new head."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io
from types import SimpleNamespace

import numpy as np
import pytest
from limner.rig.arkit import ARKIT_NAMES
from limner.rig.bake import Baker
from limner.rig.deform import Deformer
from limner.rig.eyeball import eye_pose, fit_sphere
from limner.rig.face_rig import PART_NAMES, RigState, SurfacePoints, rotation_matrix, unposed
from limner.rig.gltf import write_glb
from limner.rig.head_mesh import head_mesh
from limner.rig.obj import obj_text
from limner.rig.repair import carry_eyes, limit_flips, turned_triangles
from limner.rig.store import load_rig

LIDS, LIPS = ("upper_lid", "lower_lid"), ("upper_lip_inner", "lower_lip_inner")
PULLS_M = {
    "upper_lip_inner": (0.0, 0.004, 0.0),
    "lower_lip_inner": (0.0, -0.005, 0.0),
    "upper_lid_L": (0.0, 0.004, 0.0),
    "lower_lid_L": (0.0, -0.003, 0.0),
    "upper_lid_R": (0.0, -0.002, 0.0),
    "brow_upper_R": (0.002, 0.006, 0.0),
    "nose_tip": (0.003, -0.004, 0.0),
}
"""A mouth drawn open, one eye far larger than the other, a brow and a nose of its own."""


@pytest.fixture(scope="module", params=[1, 2])
def head(request):
    """Return a head with an identity, a smile, and a strong correction, baked."""
    rig = load_rig("makehuman")
    rng = np.random.default_rng(request.param)
    weights = rig.weights_from_aus({"AU12L": 0.8, "AU12R": 0.4, "AU26": 0.4, "AU1L": 0.7})
    identity = rng.standard_normal(len(rig.identity_names))
    state = RigState(weights, identity, np.array([0.1, 0.3, 0.0]))
    rest = unposed(rig, state)
    correction = carry_eyes(rest, rig, limit_flips(rest, rig.triangles, _pulled(rig, rng)))
    base = unposed(rig, RigState(np.zeros_like(weights), identity, np.zeros(3)))
    baked = Baker(rig).bake(identity, correction)
    return SimpleNamespace(
        rig=rig, state=state, base=base, correction=correction, baked=baked,
        plain=rig.arkit_shapes().astype(float), shapes=baked.shapes.astype(float),
    )  # fmt: skip


def _pulled(rig, rng):
    """Pull curves their ways, a little differently at every point."""
    curves = [rig.curves[name].points for name in PULLS_M]
    handles = SurfacePoints(
        np.concatenate([curve.triangle for curve in curves]),
        np.concatenate([curve.barycentric for curve in curves]),
    )
    ways = np.repeat(list(PULLS_M.values()), [len(curve) for curve in curves], axis=0)
    ways = ways + rng.normal(0.0, 0.0003, ways.shape)
    return Deformer(rig, rig.neutral, 0.025).solve(handles, ways, np.full(len(ways), 8.0))


def _opening(head, vertices, names, side=""):
    """Return the mean way from the upper to the lower line, at equal shares from their corners."""
    upper, lower = (
        head.rig.curves[name + side].points.interpolate(vertices, head.rig.triangles)
        for name in names
    )
    at, there = np.linspace(0, 1, len(upper)), np.linspace(0, 1, len(lower))
    facing = np.stack([np.interp(at, there, lower[:, k]) for k in range(3)], axis=1)
    return np.linalg.norm(facing - upper, axis=1).mean()


def test_the_fitted_face_is_the_same(head):
    kept = head_mesh(head.rig, head.state, head.correction)
    moved = head_mesh(head.rig, head.state, head.correction, head.baked)
    np.testing.assert_allclose(moved.posed(), kept.posed(), atol=2e-6)
    np.testing.assert_array_equal(moved.weights, kept.weights)
    # and it is the base that has changed, not the key
    assert np.abs(moved.positions - kept.positions).max() > 0.004
    nose = head.rig.curves["nose_tip"].points
    key, found = (
        np.linalg.norm(nose.interpolate(way, head.rig.triangles), axis=1).mean()
        for way in (moved.targets[-1], head.correction)
    )
    assert key < 0.3 * found


def test_no_shape_turns_over_a_triangle_that_it_leaves_alone_on_the_uncorrected_head(head):
    plain_turns = 0
    for plain, shape in zip(head.plain, head.shapes, strict=True):
        before = head.base + plain
        after = head.base + head.baked.displacement + shape
        assert not turned_triangles(before, head.rig.triangles, after - before).any()
        plain_turns += turned_triangles(before, head.rig.triangles, head.correction).sum()
    assert plain_turns > 0  # the correction as it was found would have


def test_a_blink_shuts_the_eyes_that_the_correction_made(head):
    new = head.base + head.baked.displacement
    for side, name in (("_L", "eyeBlinkLeft"), ("_R", "eyeBlinkRight")):
        row = ARKIT_NAMES.index(name)
        riding = _opening(head, new + head.shapes[row], LIDS, side)
        assert riding < 0.25 * _opening(head, new, LIDS, side)
        assert riding < 0.002
        assert riding < _opening(head, new + head.plain[row], LIDS, side)


def test_lips_that_were_drawn_apart_meet_at_rest(head):
    plain = _opening(head, head.base, LIPS)
    parted = _opening(head, head.base + head.correction, LIPS)
    assert parted > plain + 0.004
    assert _opening(head, head.base + head.baked.displacement, LIPS) < plain + 0.0005


def test_lids_go_no_deeper_into_the_eyes_than_half_a_millimetre(head):
    """Or than the same shape takes them on the uncorrected head."""
    for plain, shape in zip(head.plain, head.shapes, strict=True):
        before = _depth(head.rig, head.base + plain)
        after = _depth(head.rig, head.base + head.baked.displacement + shape)
        assert after < max(0.0005, before + 0.0001)


def _depth(rig, vertices):
    """Return how far the lids' edges lie inside the eyeballs at most, metres."""
    deepest = -1.0
    for side in "LR":
        eye = eye_pose(vertices, rig, side)
        for lid in LIDS:
            edge = rig.curves[f"{lid}_{side}"].points.interpolate(vertices, rig.triangles)
            away = np.linalg.norm(edge - eye.centre, axis=1)
            deepest = max(deepest, float((eye.radius_m - away).max()))
    return deepest


def test_where_drawn_eyes_look_is_not_who_they_are(head):
    rest = unposed(head.rig, head.state)
    ball = np.flatnonzero(head.rig.vertex_part == PART_NAMES.index("eye_L"))
    turned = head.correction.copy()
    local = rest[ball] + turned[ball] - fit_sphere(rest[ball] + turned[ball])[0]
    turned[ball] += local @ rotation_matrix(np.array([0.0, 0.3, 0.0])).T - local
    baked = Baker(head.rig).bake(head.state.identity, turned)
    np.testing.assert_allclose(baked.displacement, head.baked.displacement, atol=1e-9)


def test_an_eyeball_that_grew_stays_a_ball_when_it_looks_aside(head):
    ball = np.flatnonzero(head.rig.vertex_part == 1)
    new = head.base + head.baked.displacement
    _, plain_radius = fit_sphere(head.base[ball])
    centre, radius = fit_sphere(new[ball])
    assert radius > 1.05 * plain_radius
    turned = (new + head.shapes[ARKIT_NAMES.index("eyeLookOutLeft")])[ball]
    there, size = fit_sphere(turned)
    assert size == pytest.approx(radius, rel=0.01)
    np.testing.assert_allclose(there, centre, atol=0.0004)


def test_other_programs_read_the_new_head(head):
    """The .glb's base mesh and the .obj's shape, as trimesh reads them."""
    trimesh = pytest.importorskip("trimesh")
    mesh = head_mesh(head.rig, head.state, head.correction, head.baked)
    file = io.BytesIO()
    write_glb(mesh, file)
    file.seek(0)
    scene = trimesh.load(file, file_type="glb", process=False)
    read = np.concatenate([part.vertices for part in scene.geometry.values()])
    wanted = head.base + head.baked.displacement - head.rig.pivot
    low, high = wanted.min(axis=0), wanted.max(axis=0)
    np.testing.assert_allclose([read.min(axis=0), read.max(axis=0)], [low, high], atol=1e-6)
    assert len(read) == len(wanted)
    shape = trimesh.load(io.StringIO(obj_text(mesh)), file_type="obj", process=False)
    shapes = [shape] if isinstance(shape, trimesh.Trimesh) else list(shape.geometry.values())
    read = np.concatenate([part.vertices for part in shapes])
    posed = mesh.posed()
    np.testing.assert_allclose(read.min(axis=0), posed.min(axis=0), atol=1e-6)
    np.testing.assert_allclose(read.max(axis=0), posed.max(axis=0), atol=1e-6)
