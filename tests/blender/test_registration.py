"""The add-on comes and goes cleanly, and its operators do in the scene what the fit says."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from limner.errors import SketchError
from limner.rig.arkit import ARKIT_NAMES
from limner.rig.head_mesh import SKETCH_FIT

from ..tiny_rig import tiny_fit

pytestmark = pytest.mark.blender


class FakeSession:
    """Stands where the pipeline stands: gives known answers, so that the scene can be compared."""

    def __init__(self, fit):
        self.answer = fit

    def detect(self, sketch):
        return self.answer.detection

    def fit(self, sketch):
        return self.answer


@pytest.fixture
def limner(bpy, fit, monkeypatch):
    """Register the add-on over a pipeline with known answers; return the scene's properties."""
    from limner.addon import operators, registration

    registration.register()
    given = FakeSession(fit)
    monkeypatch.setattr(operators, "session", lambda: given)
    monkeypatch.setattr(operators, "read_drawing", lambda context: fit.sketch)
    bpy.context.scene.limner.sketch_path = "//face.png"
    yield bpy.context.scene.limner
    monkeypatch.undo()
    registration.unregister()


def everything(bpy):
    """Return all that a head's undo has to bring back, as plain values."""
    state = {
        "objects": sorted(bpy.data.objects.keys()),
        "camera": getattr(bpy.context.scene.camera, "name", None),
    }
    render = bpy.context.scene.render
    state["render"] = (render.resolution_x, render.resolution_y)
    limner = bpy.context.scene.limner
    state["aus"] = [(au.number, au.left, au.right, au.probability) for au in limner.aus]
    for thing in bpy.data.objects:
        state[thing.name] = [list(row) for row in thing.matrix_basis]
        keys = getattr(thing.data, "shape_keys", None)
        for key in keys.key_blocks if keys else ():
            points = np.empty(3 * len(key.points), dtype=np.float32)
            key.points.foreach_get("co", points)
            state[thing.name, key.name] = (key.value, points.tobytes())
    return state


def test_registering_twice_leaves_nothing_behind(bpy):
    from limner.addon import registration

    before = set(dir(bpy.types))
    for _ in range(2):
        registration.register()
        assert hasattr(bpy.types.Scene, "limner")
        assert bpy.ops.limner.fit.get_rna_type().name == "Fit"
        registration.unregister()
    assert set(dir(bpy.types)) == before
    assert not hasattr(bpy.types.Scene, "limner")


def test_registering_imports_nothing_heavy():
    """Blender's start must not wait for the libraries that only a fit needs."""
    heavy = ("scipy", "skimage", "onnxruntime", "trimesh", "PIL", "torch", "click", "rich")
    script = (
        "import sys, limner\nlimner.register()\n"
        f"found = [name for name in {heavy!r} if name in sys.modules]\n"
        "limner.unregister()\nsys.exit(', '.join(found) or 0)"
    )
    pytest.importorskip("bpy", reason="the bpy module is not installed")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_detect_fills_the_list_in_facs_order_with_sides(bpy, limner):
    assert bpy.ops.limner.detect() == {"FINISHED"}
    rows = {au.number: au for au in limner.aus}
    assert list(rows) == sorted(rows)
    assert rows[12].name == "Lip corner puller"
    assert (rows[12].left, rows[12].right) == (pytest.approx(0.75), 0.0)
    assert rows[12].is_paired
    assert not rows[12].is_unsure
    assert (rows[1].left, rows[1].right) == (0.0, pytest.approx(0.5))
    assert rows[1].is_unsure
    assert not rows[26].is_paired


def test_without_a_drawing_the_buttons_are_grey(bpy, limner):
    limner.sketch_path = ""
    assert not bpy.ops.limner.fit.poll()
    assert not bpy.ops.limner.detect.poll()


def test_fit_makes_a_head_and_its_camera(bpy, limner, fit, project):
    assert bpy.ops.limner.fit() == {"FINISHED"}
    head = bpy.context.object
    weights = {key.name: key.value for key in head.data.shape_keys.key_blocks}
    assert list(weights)[1:] == [*ARKIT_NAMES, SKETCH_FIT]
    assert weights["mouthSmileLeft"] == pytest.approx(0.75)
    bpy.context.view_layer.update()
    assert np.array(head.matrix_world.translation).tolist() == [0.0, 0.0, 0.0]
    pivot = project(np.zeros((1, 3)), bpy.context.scene.camera, *fit.camera.size_px)
    np.testing.assert_allclose(pivot[0], fit.camera.centre_px, atol=0.01)


def test_fitting_again_changes_the_head_that_is_there(bpy, limner, rig, fit, monkeypatch):
    from limner.addon import operators

    bpy.ops.limner.fit()
    head = bpy.context.object
    head.location = (0.4, 0.1, 0.2)
    smile = head.data.shape_keys.key_blocks["mouthSmileLeft"]
    smile.value = 0.0
    closer = tiny_fit(rig, 1.0, (256, 300))
    monkeypatch.setattr(operators, "session", lambda: FakeSession(closer))
    bpy.ops.limner.fit()
    assert sorted(bpy.data.objects.keys()) == ["Limner Camera", "Limner Head"]
    assert smile.value == pytest.approx(0.75)
    camera = bpy.context.scene.camera
    assert camera.data.type == "PERSP"
    np.testing.assert_allclose(camera.location, (0.4, 0.1 - 1.0, 0.2), atol=1e-6)
    assert len(camera.data.background_images) == 2
    assert len([image for image in bpy.data.images if image.users]) == 2


def test_a_new_head_stands_beside_what_is_in_its_way(bpy, limner):
    bpy.ops.mesh.primitive_cube_add(size=2.0)
    bpy.ops.limner.fit()
    assert bpy.context.object.location.x == pytest.approx(1.25)


def test_what_a_user_can_mend_becomes_a_report(bpy, limner, monkeypatch):
    from limner.addon import operators

    def fail(context):
        raise SketchError("face.png: no such file; check the path")

    monkeypatch.setattr(operators, "read_drawing", fail)
    with pytest.raises(RuntimeError, match=r"face\.png: no such file; check the path"):
        bpy.ops.limner.fit()
    assert not bpy.data.objects


@pytest.mark.parametrize("operator", ["detect", "fit"])
def test_undo_and_redo_bring_back_every_value(bpy, limner, operator):
    bpy.ops.mesh.primitive_cube_add(size=0.1, location=(3, 0, 0))
    before = everything(bpy)
    bpy.ops.ed.undo_push(message="before")
    getattr(bpy.ops.limner, operator)()
    bpy.ops.ed.undo_push(message=operator)
    after = everything(bpy)
    assert after != before
    bpy.ops.ed.undo()
    assert everything(bpy) == before
    bpy.ops.ed.redo()
    assert everything(bpy) == after


def test_gap_line_tells_before_and_after(bpy):
    from limner.addon.panels import gap_line

    record = '{"gap": {"unit": "iod", "placed": 0.081, "snakes": 0.006}}'
    assert gap_line(record) == "Gap 8.1% → 0.6% of eye distance"
    assert gap_line("{}") == ""
