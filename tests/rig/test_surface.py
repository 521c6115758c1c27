"""Points and lines on a surface: against planes and balls whose answers are known."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
import trimesh
from hypothesis import given
from hypothesis import strategies as st
from limner.rig.surface import (
    arc_lengths,
    lay_curve,
    mirror_surface,
    nearest_surface,
    path_on_edges,
    ray_surface,
    resample,
    spline,
    surface_of_vertices,
    vertex_normals,
)

BALL = trimesh.creation.icosphere(subdivisions=4, radius=1.0)
VERTICES, TRIANGLES = np.asarray(BALL.vertices), np.asarray(BALL.faces)

directions = st.tuples(*[st.floats(-1.0, 1.0)] * 3).filter(lambda way: np.linalg.norm(way) > 0.1)


@given(way=directions, distance=st.floats(1.2, 3.0))
def test_the_nearest_point_of_a_ball_lies_towards_its_centre(way, distance):
    query = distance * np.array(way) / np.linalg.norm(way)
    found, gaps = nearest_surface(VERTICES, TRIANGLES, query[None])
    place = found.interpolate(VERTICES, TRIANGLES)[0]
    assert np.dot(place, query) > 0.998 * np.linalg.norm(place) * distance
    np.testing.assert_allclose(gaps[0], distance - 1.0, atol=0.003)


@given(way=directions)
def test_a_point_on_the_mesh_is_its_own_nearest(way):
    first, _ = nearest_surface(VERTICES, TRIANGLES, np.array([way]))
    place = first.interpolate(VERTICES, TRIANGLES)
    again, gaps = nearest_surface(VERTICES, TRIANGLES, place)
    assert gaps[0] < 1e-6
    np.testing.assert_allclose(again.interpolate(VERTICES, TRIANGLES), place, atol=1e-6)


@given(x=st.floats(-0.6, 0.6), y=st.floats(-0.6, 0.6))
def test_a_ray_hits_the_near_side(x, y):
    origin = np.array([[x, y, 3.0]])
    hits, is_hit = ray_surface(VERTICES, TRIANGLES, origin, np.array([0.0, 0.0, -1.0]))
    place = hits.interpolate(VERTICES, TRIANGLES)[0]
    assert is_hit[0]
    np.testing.assert_allclose(place[:2], [x, y], atol=1e-6)
    np.testing.assert_allclose(place[2], np.sqrt(1.0 - x * x - y * y), atol=0.01)


def test_a_ray_that_misses_says_so():
    _, is_hit = ray_surface(VERTICES, TRIANGLES, np.array([[2.0, 0, 3.0]]), np.array([0, 0, -1.0]))
    assert not is_hit[0]


def test_forbidden_triangles_are_not_found():
    behind = VERTICES[TRIANGLES].mean(axis=1)[:, 2] < 0.0
    query = np.array([[0.0, 0.0, 2.0]])
    found, _ = nearest_surface(VERTICES, TRIANGLES, query, behind)
    assert behind[found.triangle[0]]
    hits, is_hit = ray_surface(VERTICES, TRIANGLES, query, np.array([0.0, 0, -1.0]), behind)
    assert is_hit[0] and behind[hits.triangle[0]]


def test_a_curve_thrown_on_a_ball_keeps_its_place_in_the_front_view():
    controls = np.array([[-0.5, 0.1, 0.0], [0.0, 0.3, 0.0], [0.5, 0.1, 0.0]])
    line = lay_curve(VERTICES, TRIANGLES, controls, 21, along=np.array([0.0, 0.0, -1.0]))
    place = line.points.interpolate(VERTICES, TRIANGLES)
    np.testing.assert_allclose(place[[0, 10, -1], :2], controls[:, :2], atol=2e-3)
    assert (place[:, 2] > 0.8).all()


def test_a_path_on_edges_starts_and_ends_on_its_vertices_in_equal_steps():
    path = [int(TRIANGLES[0, 0]), int(TRIANGLES[0, 1]), int(TRIANGLES[0, 2])]
    place = path_on_edges(VERTICES, TRIANGLES, path, 9).points.interpolate(VERTICES, TRIANGLES)
    np.testing.assert_allclose(place[[0, -1]], VERTICES[[path[0], path[-1]]], atol=1e-7)
    walked = arc_lengths(VERTICES[path])[-1]
    np.testing.assert_allclose(np.linalg.norm(place[1] - place[0]), walked / 8.0, rtol=1e-5)


def test_mirroring_twice_comes_back():
    found, _ = nearest_surface(VERTICES, TRIANGLES, np.array([[0.4, 0.5, 0.8]]))
    there = mirror_surface(found, VERTICES, TRIANGLES)
    back = mirror_surface(there, VERTICES, TRIANGLES)
    mirrored = there.interpolate(VERTICES, TRIANGLES) * [-1.0, 1.0, 1.0]
    np.testing.assert_allclose(mirrored, found.interpolate(VERTICES, TRIANGLES), atol=3e-3)
    place = back.interpolate(VERTICES, TRIANGLES)
    np.testing.assert_allclose(place, found.interpolate(VERTICES, TRIANGLES), atol=3e-3)


def test_normals_of_a_ball_point_outwards():
    np.testing.assert_allclose(vertex_normals(VERTICES, TRIANGLES), VERTICES, atol=0.01)


def test_surface_of_vertices_lies_on_them():
    wanted = [3, 77, 500]
    place = surface_of_vertices(TRIANGLES, wanted).interpolate(VERTICES, TRIANGLES)
    np.testing.assert_array_equal(place, VERTICES[wanted])


@given(n_points=st.integers(3, 60), radius=st.floats(0.1, 10.0))
def test_a_closed_spline_through_a_circle_stays_round(n_points, radius):
    turn = 2.0 * np.pi * np.arange(8) / 8.0
    circle = radius * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    line = spline(circle, n_points, is_closed=True)
    assert len(line) == n_points
    np.testing.assert_allclose(np.linalg.norm(line, axis=1), radius, rtol=0.01)


@given(n_points=st.integers(2, 40))
def test_resampling_a_straight_line_keeps_ends_and_evens_steps(n_points):
    uneven = np.array([[0.0, 0.0], [0.1, 0.2], [0.7, 1.4], [1.0, 2.0]])
    even = resample(uneven, n_points)
    np.testing.assert_allclose(even[[0, -1]], uneven[[0, -1]])
    expected = np.linspace(0.0, 1.0, n_points)[:, None] * uneven[-1]
    np.testing.assert_allclose(even, expected, atol=1e-12)
