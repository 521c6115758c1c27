"""Triangles that pass through each other are found, all of them and no others."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from limner.rig.crossings import crossing_triangles
from limner.rig.face_rig import rotation_matrix
from limner.rig.normals import face_normals, unit

from .heads import icosphere


def two_spheres(apart, subdivisions=2):
    """Return two unit spheres, the second one turned and moved along a slant."""
    ball, faces = icosphere(subdivisions)
    second = ball @ rotation_matrix(np.array([0.3, 0.5, 0.7])).T
    second += apart * np.array([0.36, 0.48, 0.8])
    return np.concatenate([ball, second]), np.concatenate([faces, faces + len(ball)])


def volume(a, b, c, d):
    """Return six times the signed volume of a tetrahedron."""
    return float(np.dot(np.cross(b - a, c - a), d - a))


def passes(start, stop, triangle):
    """Tell by volumes whether a segment passes through a triangle."""
    a, b, c = triangle
    if volume(a, b, c, start) * volume(a, b, c, stop) >= 0.0:
        return False
    turns = [volume(start, stop, p, q) for p, q in ((a, b), (b, c), (c, a))]
    return min(turns) > 0.0 or max(turns) < 0.0


def one_by_one(points, triangles):
    """Try every pair of triangles."""
    found = np.zeros(len(triangles), dtype=bool)
    for first, second in combinations(range(len(triangles)), 2):
        for one, other in ((first, second), (second, first)):
            for side in ((0, 1), (1, 2), (2, 0)):
                ends = triangles[one][list(side)]
                if set(ends.tolist()) & set(triangles[other].tolist()):
                    continue
                if passes(*points[ends], points[triangles[other]]):
                    found[[first, second]] = True
    return found


@pytest.mark.parametrize("apart", [2.01, 3.0])
def test_a_ball_does_not_cross_itself_nor_one_that_it_does_not_reach(apart):
    points, triangles = two_spheres(apart, 3)
    assert not crossing_triangles(points, triangles).any()


def test_two_balls_cross_along_one_circle():
    points, triangles = two_spheres(1.2, 3)
    found = crossing_triangles(points, triangles)
    half = len(triangles) // 2
    ball, second = points[: len(points) // 2], points[len(points) // 2 :]
    # the second ball is convex: a point is in it where it lies behind all of its faces
    normals = unit(face_normals(second, triangles[:half]))
    height = (ball @ normals.T) - (second[triangles[:half, 0]] * normals).sum(axis=1)
    inside = (height < 0.0).all(axis=1)[triangles[:half]]
    straddles = inside.any(axis=1) & ~inside.all(axis=1)
    assert straddles.sum() > 50
    assert found[:half][straddles].all()
    along = points[triangles[found]].mean(axis=1) @ np.array([0.36, 0.48, 0.8])
    np.testing.assert_allclose(along, 0.6, atol=0.15)


@pytest.mark.parametrize("seed", range(4))
def test_as_many_are_found_as_by_trying_every_pair(seed):
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(40, 3))
    triangles = np.array([rng.choice(40, 3, replace=False) for _ in range(45)], dtype=np.int32)
    points *= rng.uniform(0.1, 1.0, (1, 3))
    slow = one_by_one(points, triangles)
    assert slow.sum() > 5
    np.testing.assert_array_equal(crossing_triangles(points, triangles), slow)


@pytest.mark.parametrize("scale", [0.001, 1.0, 1000.0])
def test_place_turn_and_size_do_not_matter(scale):
    points, triangles = two_spheres(1.3)
    before = crossing_triangles(points, triangles)
    moved = scale * (points @ rotation_matrix(np.array([1.0, -0.4, 0.2])).T + [3.0, -2.0, 7.0])
    np.testing.assert_array_equal(crossing_triangles(moved, triangles), before)


def test_triangles_at_one_vertex_cross_where_the_far_edge_passes_through():
    points = np.array([[0, 0, 0], [4, 0, 0], [0, 4, 0], [2, 1, 1], [2, 1, -1], [9, 9, 9]], float)
    through, beside = np.array([[0, 1, 2], [0, 3, 4]]), np.array([[0, 1, 2], [0, 3, 5]])
    assert crossing_triangles(points, through).all()
    assert not crossing_triangles(points, beside).any()


def test_what_only_touches_and_what_is_nothing_does_not_cross():
    points = np.array([[0, 0, 0], [4, 0, 0], [0, 4, 0], [1, 1, 0], [2, 1, 3], [1, 2, 3]], float)
    assert not crossing_triangles(points, np.array([[0, 1, 2], [3, 4, 5]])).any()
    assert len(crossing_triangles(points, np.zeros((0, 3), np.int32))) == 0
