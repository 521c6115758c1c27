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
from .scene_state import FakeSession, everything, row_of

pytestmark = pytest.mark.blender


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
    module = pytest.importorskip("bpy", reason="the bpy module is not installed")
    if module.app.binary_path:
        pytest.skip("this Blender is a program, which another Python cannot import")
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
    from limner.addon import computing

    bpy.ops.limner.fit()
    head = bpy.context.object
    head.location = (0.4, 0.1, 0.2)
    smile = head.data.shape_keys.key_blocks["mouthSmileLeft"]
    smile.value = 0.0
    closer = tiny_fit(rig, 1.0, (256, 300))
    monkeypatch.setattr(computing, "session", lambda *_: FakeSession(closer))
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
    from limner.addon import computing

    def fail(context):
        raise SketchError("face.png: no such file; check the path")

    monkeypatch.setattr(computing, "drawing_reader", fail)
    with pytest.raises(RuntimeError, match=r"face\.png: no such file; check the path"):
        bpy.ops.limner.fit()
    assert not bpy.data.objects


@pytest.mark.parametrize("operator", ["detect", "fit", "draw", "unpin"])
def test_undo_and_redo_bring_back_every_value(bpy, limner, operator):
    if operator == "draw" and bpy.app.version < (4, 3, 0):
        pytest.skip("drawings of attributes came with Blender 4.3")
    bpy.ops.mesh.primitive_cube_add(size=0.1, location=(3, 0, 0))
    if operator == "unpin":
        bpy.ops.limner.detect()
        row_of(limner, 12).is_pinned = True
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


def test_what_is_set_by_hand_is_pinned_and_what_is_read_is_not(bpy, limner):
    bpy.ops.limner.detect()
    assert not any(row.is_pinned for row in limner.aus)
    row_of(limner, 4).left = 0.5
    assert [row.number for row in limner.aus if row.is_pinned] == [4]
    bpy.ops.limner.detect()
    assert (row_of(limner, 4).left, row_of(limner, 4).right) == (0.5, 0.0)
    assert [row.number for row in limner.aus if row.is_pinned] == [4]
    assert row_of(limner, 12).left == pytest.approx(0.75)


def test_a_pinned_row_is_never_unsure(bpy, limner):
    bpy.ops.limner.detect()
    assert row_of(limner, 1).is_unsure
    row_of(limner, 1).is_pinned = True
    bpy.ops.limner.detect()
    assert not row_of(limner, 1).is_unsure


def test_fit_is_told_the_pins_by_side(bpy, limner, fit, monkeypatch):
    from limner.addon import computing

    given = FakeSession(fit)
    monkeypatch.setattr(computing, "session", lambda *_: given)
    bpy.ops.limner.detect()
    row_of(limner, 12).right = 0.25
    row_of(limner, 26).left = 0.5
    bpy.ops.limner.fit()
    wanted = {"AU12L": pytest.approx(0.75), "AU12R": pytest.approx(0.25), "AU26": 0.5}
    assert given.pins == wanted


def test_unpin_lets_the_drawing_decide_again(bpy, limner):
    assert not bpy.ops.limner.unpin.poll()
    bpy.ops.limner.detect()
    row_of(limner, 12).left = 0.1
    assert bpy.ops.limner.unpin() == {"FINISHED"}
    assert row_of(limner, 12).left == pytest.approx(0.1)
    bpy.ops.limner.detect()
    assert row_of(limner, 12).left == pytest.approx(0.75)


def test_fit_is_grey_while_the_head_is_edited(bpy, limner):
    bpy.ops.limner.fit()
    bpy.ops.object.mode_set(mode="EDIT")
    assert not bpy.ops.limner.fit.poll()
    assert bpy.ops.limner.detect.poll()
    bpy.ops.object.mode_set(mode="OBJECT")
    assert bpy.ops.limner.fit.poll()


def test_a_rig_folder_offers_its_heads_and_wins_over_names(bpy, limner, tmp_path, monkeypatch):
    from limner.addon import preferences

    class Chosen(preferences._Defaults):
        rig_folder = str(tmp_path)

    assert preferences.rig_names()[0] == "makehuman"
    assert preferences.rig_source("") == "makehuman"
    (tmp_path / "mine.npz").touch()
    monkeypatch.setattr(preferences, "preferences", Chosen)
    assert "mine" in preferences.rig_names()
    assert preferences.rig_source("mine") == str(tmp_path / "mine.npz")
    assert preferences.rig_source("makehuman") == "makehuman"
    limner.rig = "mine"
    assert limner.rig == "mine"


def test_every_button_and_setting_has_a_tooltip(bpy, limner):
    from limner.addon import preferences

    for name in ("draw", "live", "detect", "fit", "unpin"):
        assert getattr(bpy.ops.limner, name).get_rna_type().description
    for owner in (type(limner), preferences.LimnerPreferences):
        for item in owner.bl_rna.properties:
            ours = item.identifier not in {"rna_type", "name", "bl_idname", "aus", "au_row"}
            assert item.description or not ours, item.identifier


def test_gap_line_tells_before_and_after(bpy):
    from limner.addon.panels import gap_line

    record = '{"gap": {"unit": "iod", "placed": 0.081, "snakes": 0.006}}'
    assert gap_line(record) == "Gap 8.1% → 0.6% of eye distance"
    assert gap_line("{}") == ""
