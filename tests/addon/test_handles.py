"""Handles: what snakes found, turned into pulls at the surface."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from limner.addon.came_to import CameTo
from limner.addon.handles import snake_handles
from limner.rig.camera import Camera
from limner.rig.contours import FeatureCurve
from limner.rig.store import load_rig
from limner.snakes import SnakeResult
from limner.snakes.snake import Outcome

WEIGHT = 24.0


@pytest.fixture(scope="module")
def rig():
    return load_rig()


def crawled(rig, camera, evidence):
    """A lower lip's line that moved 3 pixels down, on so much ink."""
    surface = rig.curves["lower_lip_outer"].points
    points = camera.project(surface.interpolate(rig.neutral, rig.triangles))
    count, way = len(points), np.tile([0.0, 3.0], (len(points), 1))
    curve = FeatureCurve("lower_lip_outer", points, np.ones(count, dtype=bool), surface)
    result = SnakeResult(
        "lower_lip_outer#0", points + way, way, np.full(count, evidence), np.zeros(1), (), 1,
        Outcome.CONVERGED,
    )  # fmt: skip
    return CameTo((curve,), (result,))


def handles_of(rig, came_to, camera):
    vertices = np.asarray(rig.neutral, dtype=np.float64)
    return snake_handles(rig, came_to, vertices, camera, 0.1, WEIGHT)


@pytest.mark.parametrize(("evidence", "firm"), [(1.0, WEIGHT), (0.25, 0.5 * WEIGHT), (0.05, None)])
def test_faint_ink_holds_by_the_root_of_its_evidence_and_too_little_not_at_all(rig, evidence, firm):
    camera = Camera(1600.0, np.array([128.0, 128.0]), (256, 256))
    handles = handles_of(rig, crawled(rig, camera, evidence), camera)
    if firm is None:
        assert len(handles.surface) == 0
    else:
        np.testing.assert_allclose(handles.weight, firm)


def test_handles_go_across_their_line_in_metres_and_up_is_up(rig):
    camera = Camera(1600.0, np.array([128.0, 128.0]), (256, 256))
    handles = handles_of(rig, crawled(rig, camera, 1.0), camera)
    middle = len(handles.surface) // 2  # where the lip runs level
    np.testing.assert_allclose(handles.offset[middle], [0.0, -3.0 / 1600.0, 0.0], atol=1e-4)


def test_a_hidden_stretch_pulls_nothing(rig):
    camera = Camera(1600.0, np.array([128.0, 128.0]), (256, 256))
    came_to = crawled(rig, camera, 1.0)
    curve = came_to.curves[0]
    half = np.arange(len(curve.points)) < len(curve.points) // 2
    hidden = replace(came_to, curves=(replace(curve, visible=half),))
    assert len(handles_of(rig, hidden, camera).surface) == half.sum()
