"""What a head wears is kept: as a shape key, as its rest, as keyframes, as assets, as a .glb."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from limner.addon.expression import Expression
from limner.addon.report import fit_report
from limner.rig.arkit import ARKIT_NAMES
from limner.rig.head_mesh import SKETCH_FIT
from limner.rig.store import load_rig

from ..addon.named_heads import NAMES, SMILES
from ..tiny_rig import tiny_fit
from .scene_state import FakeSession, everything
from .test_own_mesh import choose, corners_up, own_head

pytestmark = pytest.mark.blender


def points(key):
    """Return the (V, 3) coordinates of a shape key."""
    found = np.empty(3 * len(key.points), dtype=np.float32)
    key.points.foreach_get("co", found)
    return found.reshape(-1, 3)


def shown(bpy, head):
    """Return the (V, 3) coordinates that are seen."""
    bpy.context.view_layer.update()
    mesh = head.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh()
    found = np.empty(3 * len(mesh.vertices), dtype=np.float32)
    mesh.vertices.foreach_get("co", found)
    return found.reshape(-1, 3)


def fitted(bpy):
    bpy.ops.limner.fit()
    return bpy.context.object


def test_a_kept_shape_key_is_all_that_was_worn(bpy, limner):
    head = fitted(bpy)
    worn = shown(bpy, head)
    assert bpy.ops.limner.keep_shape_key(key_name="Grin") == {"FINISHED"}
    keys = head.data.shape_keys.key_blocks
    np.testing.assert_allclose(shown(bpy, head), worn, atol=1e-7)
    for key in keys:
        key.value = 0.0
    keys["Grin"].value = 1.0
    np.testing.assert_allclose(shown(bpy, head), worn, atol=1e-6)


def test_a_kept_shape_key_moves_the_next_fits_head_as_far(bpy, limner, rig, monkeypatch):
    from limner.addon import computing

    head = fitted(bpy)
    bpy.ops.limner.keep_shape_key(key_name="Grin")
    keys = head.data.shape_keys.key_blocks
    moved = points(keys["Grin"]) - points(keys["Basis"])
    other = tiny_fit(rig)
    other.state.identity[:] = -0.5
    monkeypatch.setattr(computing, "session", lambda *_: FakeSession(other))
    bpy.ops.limner.fit()
    keys = head.data.shape_keys.key_blocks
    np.testing.assert_allclose(points(keys["Grin"]) - points(keys["Basis"]), moved, atol=1e-6)


def test_a_new_neutral_looks_as_before_and_every_shape_moves_it_as_before(bpy, limner):
    head = fitted(bpy)
    keys = head.data.shape_keys.key_blocks
    worn = shown(bpy, head)
    moves = {key.name: points(key) - points(keys["Basis"]) for key in keys}
    assert bpy.ops.limner.keep_rest() == {"FINISHED"}
    np.testing.assert_allclose(shown(bpy, head), worn, atol=1e-6)
    np.testing.assert_allclose(points(keys["Basis"]), worn, atol=1e-6)
    assert {key.value for key in keys if key != head.data.shape_keys.reference_key} == {0.0}
    for key in keys:
        np.testing.assert_allclose(points(key) - points(keys["Basis"]), moves[key.name], atol=1e-6)
    assert [key.name for key in keys] == ["Basis", *ARKIT_NAMES, SKETCH_FIT]


@pytest.mark.parametrize("own", [False, True])
def test_keyframes_come_at_the_current_frame_for_the_whole_expression(bpy, limner, own):
    if own:
        choose(limner, own_head(bpy, [*NAMES["Reallusion"], "Scar"], SMILES["Reallusion"]))
    bpy.ops.limner.fit()
    head = limner.own if own else bpy.context.object
    scene = bpy.context.scene
    scene.frame_set(5)
    assert bpy.ops.limner.keyframe() == {"FINISHED"}
    bpy.ops.limner.preset(preset="NEUTRAL")
    scene.frame_set(9)
    bpy.ops.limner.preset(preset="NEUTRAL")
    bpy.ops.limner.keyframe()
    smile = head.data.shape_keys.key_blocks[SMILES["Reallusion"][0] if own else "mouthSmileLeft"]
    found = []
    for frame in (5, 7, 9):
        scene.frame_set(frame)
        found.append(smile.value)
    assert found[0] == pytest.approx(0.75)
    assert 0.1 < found[1] < 0.65
    assert found[2] == 0.0


def test_an_asset_holds_the_expression_and_fits_any_head(bpy, limner):
    fitted(bpy)
    assert bpy.ops.limner.keep_asset(asset_name="Left grin") == {"FINISHED"}
    action = bpy.data.actions["Left grin"]
    assert action.asset_data is not None
    assert "limner" in [tag.name for tag in action.asset_data.tags]
    head = own_head(bpy, NAMES["FACS"], SMILES["FACS"])
    choose(limner, head)
    assert corners_up(bpy, head) == (0.0, 0.0)
    assert bpy.ops.limner.wear_asset(action="Left grin") == {"FINISHED"}
    assert corners_up(bpy, head) == (pytest.approx(0.75), 0.0)
    with pytest.raises(RuntimeError, match="no such expression"):
        bpy.ops.limner.wear_asset(action="nothing")


def test_an_asset_shows_the_expression_as_its_preview(bpy, limner):
    fitted(bpy)
    bpy.ops.limner.preset(preset="HAPPINESS")
    bpy.ops.limner.keep_asset(asset_name="Happy")
    bpy.ops.limner.preset(preset="SURPRISE")
    bpy.ops.limner.keep_asset(asset_name="Surprised")
    happy, surprised = (seen(bpy.data.actions[name]) for name in ("Happy", "Surprised"))
    assert happy.shape == surprised.shape == (256, 256, 4)
    mouth, ears = (slice(60, 110), slice(90, 166)), (slice(120, 190), slice(30, 60))
    apart = np.abs(happy - surprised).max(axis=2)
    assert apart[mouth].mean() > 0.05 and apart[ears].mean() < 0.01
    assert happy[200, 128, 0] > happy[200, 128, 2], "the forehead is skin, and on top"


def seen(action):
    """Return an asset's preview as (N, N, 4), bottom row first as Blender has it."""
    width, height = action.preview.image_size
    values = np.empty(4 * width * height, dtype=np.float32)
    action.preview.image_pixels_float.foreach_get(values)
    return values.reshape(height, width, 4)


def test_keeping_an_asset_leaves_the_heads_own_animation_alone(bpy, limner):
    head = fitted(bpy)
    bpy.ops.limner.keyframe()
    mine = head.data.shape_keys.animation_data.action
    names = sorted(bpy.data.objects.keys()), sorted(bpy.data.meshes.keys())
    bpy.ops.limner.keep_asset(asset_name="A")
    assert head.data.shape_keys.animation_data.action == mine
    assert (sorted(bpy.data.objects.keys()), sorted(bpy.data.meshes.keys())) == names


def test_an_assets_action_plays_on_a_head_of_the_same_names(bpy, limner):
    head = fitted(bpy)
    bpy.ops.limner.keep_asset(asset_name="Left grin")
    bpy.ops.limner.preset(preset="NEUTRAL")
    keys = head.data.shape_keys
    animation = keys.animation_data_create()
    animation.action = bpy.data.actions["Left grin"]
    if hasattr(animation, "action_suitable_slots"):  # from Blender 4.4 on
        animation.action_slot = animation.action_suitable_slots[0]
    bpy.context.scene.frame_set(1)
    assert keys.key_blocks["mouthSmileLeft"].value == pytest.approx(0.75)


def test_a_damaged_asset_is_told(bpy, limner):
    fitted(bpy)
    bpy.ops.limner.keep_asset(asset_name="A")
    bpy.data.actions["A"]["limner_expression"] = "{}"
    with pytest.raises(RuntimeError, match="damaged"):
        bpy.ops.limner.wear_asset(action="A")


def test_an_exported_glb_keeps_the_52_exact_names_and_comes_back(bpy, limner, tmp_path):
    head = fitted(bpy)
    head.modifiers.new("Smooth", "SUBSURF")
    head.data.shape_keys.key_blocks["jawLeft"].mute = True
    bpy.ops.mesh.primitive_cube_add(location=(1, 0, 0))
    bpy.context.view_layer.objects.active = head
    selected = sorted(thing.name for thing in bpy.context.selected_objects)
    path = tmp_path / "head"
    assert bpy.ops.limner.export_glb(filepath=str(path)) == {"FINISHED"}
    assert sorted(thing.name for thing in bpy.context.selected_objects) == selected
    assert bpy.context.view_layer.objects.active == head
    assert head.data.shape_keys.key_blocks["jawLeft"].mute
    smile = head.data.shape_keys.key_blocks["mouthSmileLeft"].value
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    bpy.ops.import_scene.gltf(filepath=str(path.with_suffix(".glb")))
    heads = [thing for thing in bpy.data.objects if getattr(thing.data, "shape_keys", None)]
    assert len(heads) == 1
    keys = heads[0].data.shape_keys.key_blocks
    assert [key.name for key in keys][1:] == [*ARKIT_NAMES, SKETCH_FIT]
    assert keys["mouthSmileLeft"].value == pytest.approx(smile, abs=1e-4)


def test_a_place_that_cannot_be_written_is_one_line(bpy, limner, tmp_path):
    fitted(bpy)
    (tmp_path / "file").write_text("")
    with pytest.raises(RuntimeError, match=r"\.glb") as caught:
        bpy.ops.limner.export_glb(filepath=str(tmp_path / "file" / "head.glb"))
    assert "Traceback" not in str(caught.value)
    with pytest.raises(RuntimeError, match="no file name"):
        bpy.ops.limner.export_glb(filepath="")


@pytest.fixture
def drawings(bpy, fit, rig, monkeypatch, tmp_path):
    """Make a folder of three drawings; the second can't be read, the third smiles on the right."""
    from limner.addon import folder
    from limner.addon.batch import JobResult
    from PIL import Image

    for name in ("pose_010.png", "pose_020.png", "pose_036.png"):
        Image.new("L", (64, 80), 255).save(tmp_path / name)
    record = fit_report(fit)
    right = fit_report(tiny_fit(rig))
    shapes = right["blendshapes"]
    shapes["mouthSmileLeft"], shapes["mouthSmileRight"] = 0.0, 0.5
    right["pose"]["rotation_vector_rad"] = [0.0, -0.4, 0.0]
    answers = {"pose_010": record, "pose_036": right}

    def run(jobs, settings):
        for job in jobs:
            status = "ok" if job.name in answers else "failed"
            yield JobResult(str(job.path), job.name, status, "" if status == "ok" else "no face")

    monkeypatch.setattr("limner.addon.fit_pool.run_in_processes", run)
    monkeypatch.setattr(folder, "read_report", lambda path: answers[path.name])
    return str(tmp_path)


@pytest.mark.parametrize(("timing", "frames"), [("STEP", (1, 21)), ("NUMBER", (10, 36))])
def test_a_folder_becomes_an_animation_one_key_pose_each(bpy, limner, drawings, timing, frames):
    head = fitted(bpy)
    done = bpy.ops.limner.animate_folder(directory=drawings, timing=timing, step=10)
    assert done == {"FINISHED"}
    keys, scene = head.data.shape_keys.key_blocks, bpy.context.scene
    scene.frame_set(frames[0])
    assert keys["mouthSmileLeft"].value == pytest.approx(0.75)
    assert keys["mouthSmileRight"].value == 0.0
    turned = head.rotation_euler.copy()
    scene.frame_set(frames[1])
    assert keys["mouthSmileLeft"].value == 0.0
    assert keys["mouthSmileRight"].value == pytest.approx(0.5)
    assert abs(head.rotation_euler.z - turned.z) > 0.3
    assert scene.frame_end >= frames[1]
    assert keys[SKETCH_FIT].value == 1.0


def test_a_folder_animates_my_own_mesh_by_its_own_names(bpy, limner, drawings):
    head = own_head(bpy, NAMES["MetaHuman"], SMILES["MetaHuman"])
    choose(limner, head)
    assert bpy.ops.limner.animate_folder(directory=drawings, timing="NUMBER") == {"FINISHED"}
    bpy.context.scene.frame_set(10)
    assert corners_up(bpy, head) == (pytest.approx(0.75), 0.0)
    bpy.context.scene.frame_set(36)
    assert corners_up(bpy, head) == (0.0, pytest.approx(0.5))


def test_a_folder_becomes_a_library_of_assets_with_the_drawings_as_previews(bpy, limner, drawings):
    fitted(bpy)
    assert bpy.ops.limner.library_from_folder(directory=drawings) == {"FINISHED"}
    kept = [action for action in bpy.data.actions if action.asset_data is not None]
    assert sorted(action.name for action in kept) == ["pose_010", "pose_036"]
    for action in kept:
        assert tuple(action.preview.image_size) == (256, 256)
        assert Expression.from_json(action["limner_expression"]).shapes["jawOpen"] > 0.1


def test_a_folder_without_drawings_changes_nothing(bpy, limner, tmp_path):
    fitted(bpy)
    before = everything(bpy)
    for button in (bpy.ops.limner.animate_folder, bpy.ops.limner.library_from_folder):
        with pytest.raises(RuntimeError, match="no pictures in it"):
            button(directory=str(tmp_path))
    assert everything(bpy) == before


def test_without_a_head_the_buttons_are_grey(bpy, limner):
    buttons = (
        "keep_shape_key", "keep_rest", "keyframe", "keep_asset", "export_glb", "wear_asset",
        "animate_folder", "library_from_folder",
    )  # fmt: skip
    for button in buttons:
        assert not getattr(bpy.ops.limner, button).poll(), button
    fitted(bpy)
    assert bpy.ops.limner.keep_rest.poll()
    bpy.ops.object.mode_set(mode="EDIT")
    assert not bpy.ops.limner.keep_rest.poll()


@pytest.mark.parametrize(
    ("button", "options"),
    [("keep_shape_key", {"key_name": "A"}), ("keep_rest", {}), ("keyframe", {}),
     ("keep_asset", {"asset_name": "B"}), ("wear_asset", {"action": "Kept"}),
     ("animate_folder", {}), ("library_from_folder", {})],
)  # fmt: skip
def test_undo_and_redo_bring_back_every_value(bpy, limner, drawings, button, options):
    head = fitted(bpy)
    bpy.ops.limner.keep_asset(asset_name="Kept")
    head.data.shape_keys.key_blocks["mouthSmileLeft"].value = 0.1
    before = everything(bpy)
    bpy.ops.ed.undo_push(message="before")
    if button.endswith("folder"):
        options = {"directory": drawings}
    assert getattr(bpy.ops.limner, button)(**options) == {"FINISHED"}
    bpy.ops.ed.undo_push(message=button)
    after = everything(bpy)
    assert after != before
    bpy.ops.ed.undo()
    assert everything(bpy) == before
    bpy.ops.ed.redo()
    assert everything(bpy) == after


def test_makehumans_head_is_kept_as_a_glb_with_every_shape(bpy, limner, tmp_path, monkeypatch):
    """The real head, with its size and its parts."""
    from limner.addon import computing
    from limner.rig.arkit import RIG_SHAPE_NAMES

    assert len(RIG_SHAPE_NAMES) == 53
    rig = load_rig("makehuman")
    monkeypatch.setattr(computing, "session", lambda *_: FakeSession(tiny_fit(rig)))
    fitted(bpy)
    path = tmp_path / "head.glb"
    assert bpy.ops.limner.export_glb(filepath=str(path)) == {"FINISHED"}
    assert 100_000 < Path(path).stat().st_size < 5_000_000
