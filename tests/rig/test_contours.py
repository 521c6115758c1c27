"""Occluding contours of bodies whose outline is known."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
import pytest
from limner.rig.camera import Camera
from limner.rig.contours import occluding_contours, project_curves, visible_pieces
from limner.rig.face_rig import SurfaceCurve, SurfacePoints
from limner.rig.features import FEATURES

from .heads import icosphere, make_rig

RADIUS = 0.1
CENTRE = np.array([320.0, 400.0])


@pytest.mark.parametrize("inverse_distance", [0.0, 2.0])
def test_the_contour_of_a_sphere_is_a_circle_of_known_radius(inverse_distance):
    vertices, triangles = icosphere(4, RADIUS)
    rig = make_rig(vertices, triangles)
    camera = Camera(2000.0, CENTRE, (640, 800), inverse_distance)
    (contour,) = occluding_contours(rig, vertices, camera, chin_lean=0.0)
    # tangent cone: tan(angle) = r / sqrt(d² - r²), seen at the origin's scale
    expected_px = 2000.0 * RADIUS / np.sqrt(1.0 - (RADIUS * inverse_distance) ** 2)
    distances = np.linalg.norm(contour.points - CENTRE, axis=1)
    np.testing.assert_allclose(distances, expected_px, rtol=0.004)
    x, y = (contour.points - CENTRE).T
    area = 0.5 * (x * np.roll(y, -1) - np.roll(x, -1) * y).sum()
    assert area < 0.0  # y runs down, the head on the left: against the clock as one looks at it
    assert contour.is_closed
    assert contour.name == "jaw"
    assert contour.visible.all()


def test_contour_points_ride_on_the_surface():
    vertices, triangles = icosphere(3, RADIUS)
    rig = make_rig(vertices, triangles)
    camera = Camera(2000.0, CENTRE, (640, 800), 1.0)
    (contour,) = occluding_contours(rig, vertices, camera, chin_lean=0.0)
    again = camera.project(contour.surface.interpolate(vertices, triangles))
    np.testing.assert_allclose(again, contour.points, atol=1e-3)
    np.testing.assert_allclose(contour.surface.barycentric.sum(axis=1), 1.0, atol=1e-6)


def test_a_nearer_ball_cuts_the_outline_of_a_farther_one():
    vertices, triangles = icosphere(4, RADIUS)
    shift = np.array([RADIUS, 0.0, 2.5 * RADIUS])
    both = np.concatenate([vertices, vertices * 0.5 + shift])
    triangles = np.concatenate([triangles, triangles + len(vertices)])
    feature = np.repeat([FEATURES.index("jaw"), FEATURES.index("ear")], len(vertices))
    rig = make_rig(both, triangles, feature=feature)
    camera = Camera(2000.0, CENTRE, (640, 800))
    contours = {curve.name: curve for curve in occluding_contours(rig, both, camera, chin_lean=0.0)}
    assert contours["ear"].is_closed
    jaw = contours["jaw"]
    assert not jaw.is_closed
    from_near_ball = np.linalg.norm(jaw.points - np.array([520.0, 400.0]), axis=1)
    assert from_near_ball.min() > 97.0
    lengths = np.linalg.norm(np.diff(jaw.points, axis=0), axis=1)
    # the small disc (radius 100 px around a point of the outline) hides 2 asin(1/4) of it on
    # either side of that point
    hidden = 4.0 * np.arcsin(0.25) * 200.0
    assert lengths.sum() == pytest.approx(2 * np.pi * 200.0 - hidden, rel=0.02)


def test_a_hollow_has_no_contour():
    """Inside a bowl n·v crosses zero on the wall, but the eye never sees that line."""
    vertices, triangles = icosphere(4, RADIUS)
    inside = triangles[:, ::-1][(vertices[triangles].mean(axis=1)[:, 2] < 0.05)]
    rig = make_rig(vertices, inside)
    assert (
        occluding_contours(rig, vertices, Camera(2000.0, CENTRE, (640, 800)), chin_lean=0.0) == []
    )


def test_a_contour_is_cut_where_its_name_changes_and_the_pieces_touch():
    vertices, triangles = icosphere(4, RADIUS)
    feature = np.where(vertices[:, 1] > 0.0, FEATURES.index("hair"), FEATURES.index("jaw"))
    rig = make_rig(vertices, triangles, feature=feature)
    pieces = occluding_contours(rig, vertices, Camera(2000.0, CENTRE, (640, 800)), chin_lean=0.0)
    assert sorted(piece.name for piece in pieces) == ["hair", "jaw"]
    jaw, hair = sorted(pieces, key=lambda piece: piece.name, reverse=True)
    np.testing.assert_allclose(jaw.points[-1], hair.points[0])
    np.testing.assert_allclose(hair.points[-1], jaw.points[0])
    assert jaw.points[:, 1].mean() > 400.0 > hair.points[:, 1].mean()  # y runs down


def test_a_ring_around_a_ball_is_hidden_on_its_far_half():
    vertices, triangles = icosphere(4, RADIUS)
    angles = np.linspace(0.0, 2.0 * np.pi, 60, endpoint=False)
    wanted = np.stack([np.cos(angles), np.zeros(60), np.sin(angles)], axis=1) * RADIUS
    nearest = ((vertices[triangles].mean(axis=1)[None] - wanted[:, None]) ** 2).sum(2).argmin(1)
    surface = SurfacePoints(nearest.astype(np.int32), np.full((60, 3), 1 / 3, np.float32))
    rig = make_rig(vertices, triangles, curves={"nose_tip": SurfaceCurve(surface, True)})
    camera = Camera(2000.0, CENTRE, (640, 800))
    (curve,) = project_curves(rig, vertices, camera, ["nose_tip", "iris_L"])
    clear = np.abs(wanted[:, 2]) > 0.02
    np.testing.assert_array_equal(curve.visible[clear], wanted[clear, 2] > 0.0)
    np.testing.assert_allclose(curve.points[:, 0], 320.0 + 2000.0 * wanted[:, 0], atol=12.0)
    (rows,) = visible_pieces(curve)
    assert len(rows) == curve.visible.sum()
    assert (np.diff(wanted[rows, 0]) < 0.0).all()


def test_a_chin_that_slopes_into_the_neck_has_a_line_all_the_same():
    """A ball with its lower fifth cut into a cone: its wall shows itself to the level eye."""
    vertices, triangles = icosphere(5, RADIUS)
    vertices = vertices.copy()
    below = vertices[:, 1] < -0.08
    # from y = -0.08 on the skin runs down and back steeply: n = (0, -0.97, 0.24) at its steepest
    depth = -0.08 - vertices[below, 1]
    vertices[below, 1] = -0.08 - 0.25 * depth
    vertices = vertices @ _about_x(-0.25).T
    rig = make_rig(vertices, triangles, eye_centres=np.array([[0.03, 0.02, 0], [-0.03, 0.02, 0]]))
    camera = Camera(2000.0, CENTRE, (640, 800))

    def chin_px(lean):
        """Return the lowest contour point near the middle that lies before the far rim."""
        pieces = occluding_contours(rig, vertices, camera, chin_lean=lean)
        points = np.concatenate([piece.points for piece in pieces])
        depth = np.concatenate(
            [piece.surface.interpolate(vertices, triangles)[:, 2] for piece in pieces]
        )
        middle = (np.abs(points[:, 0] - 320.0) < 30.0) & (points[:, 1] > 400.0)
        return depth[middle].max()

    assert chin_px(0.0) < 0.0  # the true contour runs behind, where the cone ends
    assert chin_px(0.4) > 0.02


def _about_x(angle):
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])
