"""What the tests inside Blender share: a tiny fit, and a look through Blender's camera."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import sys

import numpy as np
import pytest

from ..tiny_rig import tiny_fit, tiny_rig
from .scene_state import FakeSession

_outcome = {}


def pytest_sessionfinish(session, exitstatus):
    _outcome["status"] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    """End without Blender's own clean-up, where Blender is a module of this process.

    Blender 4.5's module closes files in a thread of its own that nobody ends: at exit the process
    waits for it for ever, once a .blend was read.
    """
    module = sys.modules.get("bpy")
    if "status" in _outcome and module is not None and not module.app.binary_path:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(_outcome["status"])


@pytest.fixture(scope="session")
def rig():
    return tiny_rig()


@pytest.fixture(scope="session")
def fit(rig):
    return tiny_fit(rig)


@pytest.fixture
def bpy():
    """Return Blender as a module, holding nothing."""
    module = pytest.importorskip("bpy", reason="the bpy module is not installed")
    module.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    return module


@pytest.fixture
def limner(bpy, fit, monkeypatch):
    """Register the add-on over a pipeline with known answers; return the scene's properties."""
    from limner.addon import computing, registration

    registration.register()
    given = FakeSession(fit)
    monkeypatch.setattr(computing, "session", lambda *_: given)
    monkeypatch.setattr(computing, "drawing_reader", lambda context: lambda: fit.sketch)
    bpy.context.scene.limner.sketch_path = "//face.png"
    yield bpy.context.scene.limner
    monkeypatch.undo()
    registration.unregister()


@pytest.fixture
def project():
    """Return the function that Blender's camera is: world points to pixels of the render."""
    return _project


def _project(points, camera, width, height):
    """Project (N, 3) world points as `calc_matrix_camera` does; origin top left, +y down."""
    data, matrix = camera.data, np.array(camera.matrix_world.normalized())
    seen = (points - matrix[:3, 3]) @ matrix[:3, :3]
    fit = data.sensor_fit
    if fit == "AUTO":
        fit = "HORIZONTAL" if width >= height else "VERTICAL"
    side = width if fit == "HORIZONTAL" else height
    sensor = data.sensor_height if data.sensor_fit == "VERTICAL" else data.sensor_width
    if data.type == "ORTHO":
        xy = seen[:, :2] * (side / data.ortho_scale)
    else:
        xy = seen[:, :2] / -seen[:, 2:] * (side * data.lens / sensor)
    x = width / 2 + xy[:, 0] - data.shift_x * side
    return np.stack([x, height / 2 - xy[:, 1] + data.shift_y * side], axis=1)
