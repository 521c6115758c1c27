"""A lighter rig is the same head with fewer triangles."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
import pytest
from limner.errors import RigError
from limner.rig.face_rig import FaceRig, unposed
from limner.rig.lighten import lighten
from limner.rig.surface import nearest_surface

from ..tiny_rig import smiling_state, tiny_rig


@pytest.fixture(scope="module")
def full() -> FaceRig:
    return tiny_rig(columns=72, rows=48)


@pytest.fixture(scope="module")
def light(full) -> FaceRig:
    return lighten(full, 900)


def test_the_number_of_vertices_is_what_was_asked_for(full, light):
    assert len(full.neutral) > 3000
    assert len(light.neutral) == 900
    assert light.name == "tiny-light"


def test_what_remains_moves_as_it_did(full, light):
    """Vertices are a subset, so the posed ones are a subset, too."""
    state = smiling_state(full)
    before = {
        bytes(rest): moved for rest, moved in zip(full.neutral, unposed(full, state), strict=True)
    }
    for rest, moved in zip(light.neutral, unposed(light, state), strict=True):
        np.testing.assert_allclose(moved, before[bytes(rest)], atol=1e-8)


def test_the_surface_stays_where_it_was(full, light):
    """A quarter of the vertices hold an ellipsoid of 10 cm to better than a millimetre."""
    _, gaps = nearest_surface(light.neutral, light.triangles, full.neutral[full.vertex_part == 0])
    assert gaps.max() < 0.001


def test_every_edge_still_joins_two_triangles(full, light):
    """Closed parts stay closed, without edges that three triangles share, and face outwards."""
    ends = light.triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    directed = {tuple(edge) for edge in ends.tolist()}
    assert len(directed) == len(ends)
    assert all((b, a) in directed for a, b in directed)
    corners = light.neutral[light.triangles].astype(np.float64)
    sizes = [
        (np.cross(c[:, 0], c[:, 1]) * c[:, 2]).sum()
        for c in (corners, full.neutral[full.triangles].astype(np.float64))
    ]
    assert sizes[0] == pytest.approx(sizes[1], rel=0.02)


def test_landmarks_and_curves_stay_where_they_were(full, light):
    for ours, theirs in (
        (light.landmarks, full.landmarks),
        (light.curves["nose_bridge"].points, full.curves["nose_bridge"].points),
    ):
        here = ours.interpolate(light.neutral, light.triangles)
        there = theirs.interpolate(full.neutral, full.triangles)
        assert np.linalg.norm(here - there, axis=1).max() < 0.001


def test_the_irises_stay_on_the_skin_or_eye_they_were_on(full, light):
    def part(rig):
        return rig.vertex_part[rig.landmarks.corners(rig.triangles)[:, 0]]

    np.testing.assert_array_equal(part(light), part(full))


def test_fewer_vertices_than_the_lines_need_are_refused(full):
    with pytest.raises(RigError, match=r"20 vertices are too few, \d+ are needed"):
        lighten(full, 20)
