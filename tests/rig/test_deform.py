"""The plate goes where its handles go, and forgets as far as it is told."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from limner.rig.cotangent import laplacian_and_mass
from limner.rig.deform import Deformer
from limner.rig.face_rig import PART_NAMES, SurfacePoints
from limner.rig.repair import limit_flips, push_out_of_eyes, turned_triangles

from .heads import icosphere, make_rig


def _sheet(columns=41, rows=41, step=0.003):
    """Return a flat sheet in the plane z = 0.1, looking along +Z."""
    x, y = np.meshgrid(np.arange(columns), np.arange(rows))
    vertices = np.stack([x.ravel(), y.ravel(), np.zeros(x.size)], axis=1) * step
    vertices -= vertices.mean(axis=0) - [0.0, 0.0, 0.1]
    corner = (y[:-1, :-1] * columns + x[:-1, :-1]).ravel()
    triangles = np.concatenate(
        [
            np.stack([corner, corner + 1, corner + columns + 1], axis=1),
            np.stack([corner, corner + columns + 1, corner + columns], axis=1),
        ]
    )
    return vertices, triangles.astype(np.int32)


def _handles(vertices, triangles, every):
    chosen = np.arange(0, len(triangles), every, dtype=np.int32)
    return SurfacePoints(chosen, np.full((len(chosen), 3), 1 / 3, np.float32))


def _far(rig_vertices):
    """Put the eyes where no border rule reaches the sheet."""
    return np.array([[0.03, 0.0, 0.1], [-0.03, 0.0, 0.1]])


def test_the_laplacian_of_a_linear_field_is_zero_inside_a_flat_sheet():
    vertices, triangles = _sheet()
    stiffness, mass = laplacian_and_mass(vertices, triangles)
    field = vertices @ [2.0, -3.0, 0.0]
    inner = (np.abs(vertices[:, :2]) < 0.055).all(axis=1)
    np.testing.assert_allclose((stiffness @ field)[inner], 0.0, atol=1e-12)
    assert mass.sum() == pytest.approx(0.12 * 0.12, rel=1e-6)
    quadratic = vertices[:, 0] ** 2  # Δ x² = 2: the sign and scale of the operator
    np.testing.assert_allclose((stiffness @ quadratic / mass)[inner], -2.0, rtol=1e-6)


@settings(max_examples=15, deadline=None)
@given(shift=st.lists(st.floats(-0.01, 0.01), min_size=3, max_size=3))
def test_moving_every_handle_alike_translates_the_sheet(shift):
    vertices, triangles = _sheet()
    rig = make_rig(vertices, triangles, eye_centres=_far(vertices))
    deformer = Deformer(rig, vertices, length_m=np.inf)
    handles = _handles(vertices, triangles, 97)
    moved = deformer.solve(handles, np.tile(shift, (len(handles), 1)), np.ones(len(handles)))
    np.testing.assert_allclose(moved, np.tile(shift, (len(vertices), 1)), atol=2e-6)


def test_a_thin_plate_reproduces_linear_fields():
    vertices, triangles = _sheet()
    rig = make_rig(vertices, triangles, eye_centres=_far(vertices))
    slope = np.array([[0.05, 0.0, 0.02], [-0.03, 0.1, 0.0], [0.0, 0.0, 0.0]])
    handles = _handles(vertices, triangles, 13)
    targets = handles.interpolate(vertices @ slope, triangles)
    deformer = Deformer(rig, vertices, length_m=np.inf)
    moved = deformer.solve(handles, targets, np.full(len(handles), 1e4))
    inner = (np.abs(vertices[:, :2]) < 0.04).all(axis=1)  # an open edge resists tilting a little
    np.testing.assert_allclose(moved[inner], (vertices @ slope)[inner], atol=2e-5)


@pytest.mark.parametrize("length_m", [0.008, 0.016])
def test_a_lone_handle_is_felt_as_far_as_the_length_says(length_m):
    vertices, triangles = _sheet(61, 61)
    rig = make_rig(vertices, triangles, eye_centres=_far(vertices))
    middle = np.flatnonzero((np.abs(vertices[:, :2]) < 1e-9).all(axis=1))[0]
    row = np.flatnonzero((triangles == middle).any(axis=1))[0]
    handle = SurfacePoints(np.array([row], np.int32), (triangles[row] == middle)[None].astype("f4"))
    deformer = Deformer(rig, vertices, length_m, hold_border=False)
    moved = deformer.solve(handle, np.array([[0.0, 0.0, 0.01]]), np.array([1e4]))[:, 2]
    assert moved[middle] == pytest.approx(0.01, rel=1e-3)
    away = np.linalg.norm(vertices[:, :2], axis=1)
    for lengths, bounds in ((1.0, (0.45, 0.75)), (2.0, (0.15, 0.4)), (4.0, (0.0, 0.08))):
        ring = np.abs(away - lengths * length_m) < 0.002
        assert bounds[0] < moved[ring].mean() / 0.01 < bounds[1]


@settings(max_examples=10, deadline=None)
@given(weight=st.floats(0.2, 50.0))
def test_a_lone_handle_of_weight_w_reaches_w_over_1_plus_w(weight):
    vertices, triangles = _sheet(61, 61, 0.002)
    rig = make_rig(vertices, triangles, eye_centres=_far(vertices))
    row = np.argmin((vertices[triangles].mean(axis=1)[:, :2] ** 2).sum(axis=1))
    handle = SurfacePoints(np.array([row], np.int32), np.full((1, 3), 1 / 3, np.float32))
    deformer = Deformer(rig, vertices, 0.012, hold_border=False)
    moved = deformer.solve(handle, np.array([[0.01, 0.0, 0.0]]), np.array([weight]))
    reached = handle.interpolate(moved, triangles)[0, 0] / 0.01
    assert reached == pytest.approx(weight / (1.0 + weight), rel=0.06)


def test_the_two_sides_of_a_slit_part_freely():
    """Lips: the points above and below the slit touch, and move opposite ways."""
    vertices, triangles = _sheet(41, 41)
    row_y = vertices[:, 1]
    slit = np.flatnonzero((np.abs(row_y) < 1e-9) & (np.abs(vertices[:, 0]) < 0.031))
    twin = np.arange(len(vertices), len(vertices) + len(slit))
    doubled = np.concatenate([vertices, vertices[slit]])
    below = vertices[triangles].mean(axis=1)[:, 1] < 0.0
    swap = np.arange(len(doubled))
    swap[slit] = twin
    triangles = np.where(below[:, None], swap[triangles], triangles).astype(np.int32)
    rig = make_rig(doubled, triangles, eye_centres=_far(doubled))
    ends = [slit[len(slit) // 2], twin[len(slit) // 2]]
    rows = [np.flatnonzero((triangles == end).any(axis=1))[0] for end in ends]
    weights = np.stack([triangles[r] == end for r, end in zip(rows, ends, strict=True)])
    handles = SurfacePoints(np.array(rows, np.int32), weights.astype(np.float32))
    offsets = np.array([[0.0, 0.004, 0.0], [0.0, -0.004, 0.0]])
    moved = Deformer(rig, doubled, 0.015).solve(handles, offsets, np.full(2, 1000.0))
    assert moved[ends[0], 1] > 0.0039
    assert moved[ends[1], 1] < -0.0039
    assert moved[slit[3:-3], 1].min() > 0.0002
    assert moved[twin[3:-3], 1].max() < -0.0002


def test_eyes_stay_and_the_tongue_follows_the_skin():
    vertices, triangles = _sheet()
    ball, faces = icosphere(1, 0.01)
    parts = [("eye_L", [0.02, 0.0, 0.09]), ("tongue", [-0.02, 0.0, 0.09])]
    everything, all_triangles = [vertices], [triangles]
    part = [np.zeros(len(vertices))]
    for name, at in parts:
        all_triangles.append(faces + sum(map(len, everything)))
        everything.append(ball + at)
        part.append(np.full(len(ball), PART_NAMES.index(name)))
    points, part = np.concatenate(everything), np.concatenate(part)
    rig = make_rig(points, np.concatenate(all_triangles), part, eye_centres=_far(points))
    handles = _handles(vertices, triangles, 11)
    offset = np.tile([0.0, 0.002, 0.0], (len(handles), 1))
    moved = Deformer(rig, points, 0.02).solve(handles, offset, np.full(len(handles), 100.0))
    assert (moved[part == PART_NAMES.index("eye_L")] == 0.0).all()
    np.testing.assert_allclose(moved[part == PART_NAMES.index("tongue"), 1], 0.002, rtol=0.05)


def test_new_offsets_for_known_handles_give_what_a_new_deformer_gives():
    vertices, triangles = _sheet()
    rig = make_rig(vertices, triangles, eye_centres=_far(vertices))
    handles = _handles(vertices, triangles, 50)
    rng = np.random.default_rng(1)
    weights = rng.uniform(1.0, 20.0, len(handles))
    deformer = Deformer(rig, vertices)
    for _ in range(2):
        offsets = rng.normal(0.0, 0.001, (len(handles), 3))
        again = deformer.solve(handles, offsets, weights)
        fresh = Deformer(rig, vertices).solve(handles, offsets, weights)
        np.testing.assert_allclose(again, fresh, atol=1e-12)
    other = deformer.solve(handles, offsets, 2.0 * weights)
    assert np.abs(other - again).max() > 1e-5


def test_no_triangle_turns_over_and_sound_places_keep_their_displacement():
    vertices, triangles = _sheet()
    near = np.linalg.norm(vertices[:, :2] - [0.03, 0.03], axis=1)
    displacement = np.zeros_like(vertices)
    displacement[:, 2] = 0.0005 * vertices[:, 0] / 0.06
    wild = near < 0.008
    displacement[wild] += np.random.default_rng(0).normal(0.0, 0.01, (wild.sum(), 3))
    assert turned_triangles(vertices, triangles, displacement).any()
    mended = limit_flips(vertices, triangles, displacement)
    assert not turned_triangles(vertices, triangles, mended).any()
    far = near > 0.05
    np.testing.assert_array_equal(mended[far], displacement[far])


def test_only_what_goes_beyond_a_sound_displacement_is_weakened():
    vertices, triangles = _sheet()
    sound = np.zeros_like(vertices)
    sound[:, 2] = 0.002 * np.sin(60.0 * vertices[:, 0])
    wild = np.linalg.norm(vertices[:, :2] - [0.03, 0.03], axis=1) < 0.008
    displacement = sound.copy()
    displacement[wild] += np.random.default_rng(0).normal(0.0, 0.01, (wild.sum(), 3))
    mended = limit_flips(vertices, triangles, displacement, sound)
    assert not turned_triangles(vertices, triangles, mended).any()
    share = np.linalg.norm(mended - sound, axis=1)[wild]
    way = np.linalg.norm(displacement - sound, axis=1)[wild]
    assert (share <= way + 1e-12).all()
    np.testing.assert_array_equal(mended[~wild], sound[~wild])


def test_a_harmless_displacement_is_left_alone():
    vertices, triangles = _sheet()
    displacement = 0.001 * np.sin(40.0 * vertices)
    np.testing.assert_array_equal(limit_flips(vertices, triangles, displacement), displacement)


def test_lids_leave_the_eyeball_along_its_radius():
    ball, faces = icosphere(3, 0.012)
    lid = ball * 0.9
    vertices = np.concatenate([ball, lid])
    triangles = np.concatenate([faces, faces + len(ball)])
    part = np.repeat([PART_NAMES.index("eye_L"), 0], len(ball))
    rig = make_rig(vertices, triangles, part)
    pushed = push_out_of_eyes(vertices, rig, depth_m=0.0002)
    distance = np.linalg.norm(pushed[len(ball) :], axis=1)
    front = lid[:, 2] > 0.0
    np.testing.assert_allclose(distance[front], 0.0118, atol=1e-6)
    np.testing.assert_array_equal(pushed[: len(ball)], ball)
    cosine = (pushed[len(ball) :] * lid).sum(axis=1) / distance / np.linalg.norm(lid, axis=1)
    np.testing.assert_allclose(cosine, 1.0, atol=1e-9)
    assert (distance[lid[:, 2] < -0.006] < 0.011).all()  # what nobody sees stays


FACTORISE = """
import numpy as np
from limner.rig.deform import _factor
from scipy.sparse import diags

for rows in range(2, 70):
    for _ in range(20):
        chain = diags([2.0 * np.ones(rows), -np.ones(rows - 1), -np.ones(rows - 1)], [0, 1, -1])
        assert np.isfinite(_factor(chain.tocsc(), "NATURAL").solve(np.ones(rows))).all()
"""


def test_factorising_small_matrices_writes_nowhere_else():
    """With supernodes of up to 32 rows, SuperLU wrote beyond an array, and Python aborted."""
    path = os.pathsep.join(entry or os.curdir for entry in sys.path)
    done = subprocess.run(
        [sys.executable, "-c", FACTORISE],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def _random_handles(rng, triangles, count):
    """Return handles, some of them twice at one place, some of no weight."""
    shares = rng.dirichlet(np.ones(3), count).astype(np.float32)
    chosen = rng.integers(0, len(triangles), count).astype(np.int32)
    rows = np.concatenate([np.arange(count), rng.integers(0, count, count // 3)])
    weights = np.where(rng.random(len(rows)) < 0.1, 0.0, rng.uniform(0.5, 20.0, len(rows)))
    return SurfacePoints(chosen[rows], shares[rows]), rng.normal(0.0, 0.01, (len(rows), 3)), weights


@pytest.mark.parametrize("count", [6, 60])
def test_who_expects_handles_carries_the_surface_to_the_same_place(count):
    """Few handles at unexpected places are learned at once, many after some times."""
    vertices, triangles = _sheet(21, 21)
    rig = make_rig(vertices, triangles, eye_centres=_far(vertices))
    rng = np.random.default_rng(count)
    plain, expecting = (Deformer(rig, vertices, 0.012, hold_border=False) for _ in range(2))
    expecting.expect([_handles(vertices, triangles, 11)])
    handles, offsets, weights = _random_handles(rng, triangles, count)
    wanted = plain.solve(handles, offsets, weights)
    assert np.abs(wanted).max() > 0.005
    for _ in range(12):
        moved = expecting.solve(handles, offsets, weights)
        # a tenth of a micrometre: what pulls is solved for in short numbers
        np.testing.assert_allclose(moved, wanted, rtol=0.0, atol=1e-7)
    pulled = handles[np.flatnonzero(weights)].corners(triangles)
    assert expecting._influence.learn(expecting._column[pulled].ravel())


def test_in_haste_handles_in_one_triangle_count_as_one_and_the_surface_hardly_differs():
    vertices, triangles = _sheet(21, 21)
    rig = make_rig(vertices, triangles, eye_centres=_far(vertices))
    deformer = Deformer(rig, vertices, 0.012, hold_border=False)
    deformer.expect([_handles(vertices, triangles, 11)])
    rng = np.random.default_rng(4)
    some = rng.choice(len(triangles), 40, replace=False).astype(np.int32)
    rows = np.repeat(some, 5)
    shares = rng.dirichlet(np.ones(3), len(rows)).astype(np.float32)
    handles = SurfacePoints(rows, shares)
    where = handles.interpolate(vertices, triangles)
    offsets = 0.004 * np.sin(40.0 * where[:, [1, 2, 0]] + 1.0)
    weights = rng.uniform(1.0, 16.0, len(rows))
    exact = deformer.solve(handles, offsets, weights)
    hasty = deformer.solve(handles, offsets, weights, in_haste=True)
    assert 0.0 < np.abs(hasty - exact).max() < 0.05 * np.abs(exact).max()
    alone = handles[np.arange(0, len(rows), 5)]
    lone = weights[::5], offsets[::5]
    np.testing.assert_allclose(
        deformer.solve(alone, lone[1], lone[0], in_haste=True),
        deformer.solve(alone, lone[1], lone[0]),
        atol=1e-9,
    )
