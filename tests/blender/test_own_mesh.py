"""My own mesh: heads of other makers wear what was drawn, and nothing else of them changes."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from limner.addon.conventions import recognise
from limner.addon.expression import Expression
from limner.rig.arkit import ARKIT_NAMES
from limner.rig.head_mesh import SKETCH_FIT

from ..addon.named_heads import NAMES, SMILES
from .scene_state import FakeSession, everything, row_of

pytestmark = pytest.mark.blender

LEFT_CORNER, RIGHT_CORNER = 0, 1
FIVE = ("ARKit", "Reallusion", "MetaHuman", "FACS", "VRM")


def own_head(bpy, names, smiles, name="Mine"):
    """Make a mesh with shape keys of these names: what smiles lifts its side's mouth corner."""
    mesh = bpy.data.meshes.new(name)
    points = [(0.03, -0.1, 0.0), (-0.03, -0.1, 0.0), (0.0, -0.1, 0.1), (0.0, 0.0, 0.2)]
    mesh.from_pydata(points, [], [(0, 1, 2), (0, 2, 3), (1, 3, 2)])
    mesh.materials.append(bpy.data.materials.new("Skin of mine"))
    head = bpy.data.objects.new(name, mesh)
    head.modifiers.new("Smooth", "SUBSURF").show_viewport = False
    bpy.context.scene.collection.objects.link(head)
    head.shape_key_add(name="Basis", from_mix=False)
    for each in names:
        key = head.shape_key_add(name=each, from_mix=False)
        key.value = 0.0  # Blender 5.2 gives a new one 1
        for side, corner in zip(smiles, (LEFT_CORNER, RIGHT_CORNER), strict=True):
            if each == side:
                key.data[corner].co.z += 0.01
    return head


def corners_up(bpy, head):
    """Return how far the evaluated mouth corners are raised, left and right."""
    bpy.context.view_layer.update()
    seen = head.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh()
    return seen.vertices[LEFT_CORNER].co.z / 0.01, seen.vertices[RIGHT_CORNER].co.z / 0.01


def choose(limner, head):
    """Make a mesh the one that wears expressions, as the panel does."""
    limner.target = "OWN"
    limner.own = head


def body(head):
    """Return what must never change: vertices, keys' shapes, faces, materials, modifiers."""
    mesh = head.data
    return {
        "vertices": [tuple(v.co) for v in mesh.vertices],
        "faces": [tuple(p.vertices) for p in mesh.polygons],
        "keys": {k.name: [tuple(p.co) for p in k.data] for k in mesh.shape_keys.key_blocks},
        "materials": [m.name for m in mesh.materials],
        "modifiers": [(m.name, m.type, m.show_viewport) for m in head.modifiers],
        "matrix": [list(row) for row in head.matrix_basis],
        "groups": [g.name for g in head.vertex_groups],
        "attributes": sorted(a.name for a in mesh.attributes),
    }


@pytest.fixture(scope="module")
def lavater(sketches):
    """Return the fit of a real drawing of a smile."""
    from limner.addon.pipeline import Session
    from limner.sketch_cnn.image import read_sketch
    from limner.sketch_cnn.model_file import READER_FILE, weights_folder

    if not (weights_folder() / READER_FILE).is_file():
        pytest.skip(f"the network's weights are not in {weights_folder()}")
    return Session("makehuman").fit(read_sketch(sketches / "lavater_smile.png"))


@pytest.mark.parametrize("button", ["detect", "fit"])
@pytest.mark.parametrize("case", FIVE)
def test_a_head_of_each_convention_smiles_when_the_drawing_smiles(
    bpy, limner, lavater, monkeypatch, case, button
):  # fmt: skip
    from limner.addon import computing

    monkeypatch.setattr(computing, "session", lambda *_: FakeSession(lavater))
    head = own_head(bpy, NAMES[case], SMILES[case])
    choose(limner, head)
    before = body(head)
    assert max(corners_up(bpy, head)) == 0.0
    assert getattr(bpy.ops.limner, button)() == {"FINISHED"}
    assert min(corners_up(bpy, head)) > 0.15
    assert body(head) == before
    assert not [thing for thing in bpy.data.objects if thing.name.startswith("Limner")]


@pytest.mark.parametrize("case", FIVE)
def test_one_side_smiles_alone(bpy, limner, case):
    """The tiny fit smiles on the left only, at 0.75."""
    head = own_head(bpy, NAMES[case], SMILES[case])
    choose(limner, head)
    bpy.ops.limner.fit()
    left, right = corners_up(bpy, head)
    if case == "VRM":
        assert left == right == pytest.approx(0.375, abs=0.02)
    else:
        assert (left, right) == (pytest.approx(0.75, abs=0.01), pytest.approx(0.0, abs=1e-6))


def test_choosing_a_mesh_reads_its_names_once_and_keeps_what_is_edited(bpy, limner):
    head, other = (own_head(bpy, NAMES[c], SMILES[c], c) for c in ("Reallusion", "FACS"))
    choose(limner, head)
    assert head.limner_mesh.convention == "Reallusion"
    rows = {row.target: row for row in head.limner_mesh.links}
    assert rows["Mouth_Smile_L"].source == "mouthSmileLeft"
    rows["Mouth_Smile_L"].factor = 0.5
    rows["Mouth_Smile_R"].target = "Mouth_Frown_R"
    limner.own = other
    assert other.limner_mesh.convention == "FACS"
    limner.own = head
    bpy.ops.limner.fit()
    keys = head.data.shape_keys.key_blocks
    assert keys["Mouth_Smile_L"].value == pytest.approx(0.375)
    bpy.ops.limner.recognise()
    assert {row.factor for row in head.limner_mesh.links if row.target == "Mouth_Smile_L"} == {1.0}


def test_rows_are_added_and_removed_and_drive_what_they_say(bpy, limner):
    head = own_head(bpy, ["grin", "frown", "wide", "other"], ("grin", "grin"))
    choose(limner, head)
    assert not head.limner_mesh.links
    with pytest.raises(RuntimeError, match="bear no names that limner knows"):
        bpy.ops.limner.fit()
    head.active_shape_key_index = 1
    assert bpy.ops.limner.link_add() == {"FINISHED"}
    row = head.limner_mesh.links[0]
    assert row.target == "grin"
    row.source = "AU12L"
    bpy.ops.limner.fit()
    assert corners_up(bpy, head)[0] == pytest.approx(0.75)
    assert bpy.ops.limner.link_remove() == {"FINISHED"}
    assert not bpy.ops.limner.link_remove.poll()


def test_shape_keys_that_no_row_names_stay_as_they_are(bpy, limner):
    head = own_head(bpy, [*NAMES["ARKit"], "Scar"], SMILES["ARKit"])
    head.data.shape_keys.key_blocks["Scar"].value = 0.4
    choose(limner, head)
    bpy.ops.limner.fit()
    assert head.data.shape_keys.key_blocks["Scar"].value == pytest.approx(0.4)


def test_the_next_expression_leaves_nothing_of_the_last(bpy, limner):
    head = own_head(bpy, NAMES["ARKit"], SMILES["ARKit"])
    choose(limner, head)
    head.data.shape_keys.key_blocks["mouthFrownRight"].value = 0.9
    bpy.ops.limner.fit()
    assert head.data.shape_keys.key_blocks["mouthFrownRight"].value == 0.0


def test_teeth_of_the_same_character_follow_unless_told_not_to(bpy, limner):
    head = own_head(bpy, NAMES["ARKit"], SMILES["ARKit"])
    teeth, stranger = (own_head(bpy, ["jawOpen", "mouthSmileLeft"], "--", n) for n in "TS")
    rig = bpy.data.objects.new("Rig", bpy.data.armatures.new("Rig"))
    bpy.context.scene.collection.objects.link(rig)
    head.parent = teeth.parent = rig
    choose(limner, head)
    bpy.ops.limner.fit()
    smile = [t.data.shape_keys.key_blocks["mouthSmileLeft"].value for t in (head, teeth, stranger)]
    assert smile == [pytest.approx(0.75), pytest.approx(0.75), 0.0]
    head.limner_mesh.with_companions = False
    teeth.data.shape_keys.key_blocks["mouthSmileLeft"].value = 0.0
    bpy.ops.limner.fit()
    assert teeth.data.shape_keys.key_blocks["mouthSmileLeft"].value == 0.0


def test_a_mesh_of_another_file_is_told_and_left_alone(bpy, limner, tmp_path):
    own_head(bpy, NAMES["ARKit"], SMILES["ARKit"], "Theirs")
    path = str(tmp_path / "theirs.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path, copy=True)
    bpy.data.objects.remove(bpy.data.objects["Theirs"])
    with bpy.data.libraries.load(path, link=True) as (_, wanted):
        wanted.objects = ["Theirs"]
    head = wanted.objects[0]
    bpy.context.scene.collection.objects.link(head)
    choose(limner, head)
    with pytest.raises(RuntimeError, match="make a library override"):
        bpy.ops.limner.fit()


def test_a_head_of_limners_own_is_not_offered(bpy, limner):
    from limner.addon.bridge import wearing

    bpy.ops.limner.fit()
    assert not wearing.is_own_mesh(bpy.context.object)
    bpy.ops.mesh.primitive_cube_add()
    assert not wearing.is_own_mesh(bpy.context.object)


def test_without_the_mesh_the_buttons_are_grey(bpy, limner):
    limner.target = "OWN"
    for button in ("detect", "fit", "recognise", "link_add", "link_remove", "wear"):
        assert not getattr(bpy.ops.limner, button).poll(), button
    head = own_head(bpy, NAMES["ARKit"], SMILES["ARKit"])
    limner.own = head
    assert bpy.ops.limner.fit.poll()
    bpy.data.objects.remove(head)
    assert not bpy.ops.limner.fit.poll()


def test_links_are_saved_with_the_file(bpy, limner, tmp_path):
    head = own_head(bpy, NAMES["FACS"], SMILES["FACS"])
    choose(limner, head)
    head.limner_mesh.links[0].factor = 0.25
    before = [(row.source, row.target, row.factor) for row in head.limner_mesh.links]
    path = str(tmp_path / "mine.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    scene = bpy.context.scene
    assert scene.limner.target == "OWN"
    found = scene.limner.own.limner_mesh
    assert [(row.source, row.target, row.factor) for row in found.links] == before


def test_a_preset_fills_the_list_and_is_worn(bpy, limner):
    head = own_head(bpy, NAMES["ARKit"], SMILES["ARKit"])
    choose(limner, head)
    assert bpy.ops.limner.preset(preset="HAPPINESS") == {"FINISHED"}
    assert min(corners_up(bpy, head)) == pytest.approx(0.8)
    assert len(limner.aus) == 29
    assert all(row.is_pinned for row in limner.aus)
    numbers = [row.number for row in limner.aus]
    assert numbers == sorted(numbers)
    bpy.ops.limner.preset(preset="CONTEMPT")
    assert corners_up(bpy, head) == (pytest.approx(0.0), pytest.approx(0.3))
    bpy.ops.limner.preset(preset="NEUTRAL")
    assert max(key.value for key in head.data.shape_keys.key_blocks[1:]) == 0.0


def test_put_on_wears_what_was_set_by_hand(bpy, limner):
    bpy.ops.limner.fit()
    row_of(limner, 12).right = 0.5
    assert bpy.ops.limner.wear() == {"FINISHED"}
    keys = bpy.context.object.data.shape_keys.key_blocks
    assert keys["mouthSmileRight"].value == pytest.approx(0.5)
    assert keys["mouthSmileLeft"].value == pytest.approx(0.75)
    assert keys[SKETCH_FIT].value == 1.0
    assert keys["jawOpen"].value == 0.0  # the tiny fit's, but nothing that was read


@pytest.mark.parametrize("own", [False, True])
def test_solo_shows_some_units_alone_and_then_all_again(bpy, limner, own):
    if own:
        choose(limner, own_head(bpy, NAMES["ARKit"], SMILES["ARKit"]))
    bpy.ops.limner.fit()
    head = limner.own if own else bpy.context.object
    keys = head.data.shape_keys.key_blocks
    before = {key.name: key.value for key in keys}
    row_of(limner, 1).is_soloed = True
    assert keys["mouthSmileLeft"].value == 0.0
    assert keys["browInnerUp"].value == pytest.approx(0.25)
    assert own or keys[SKETCH_FIT].value == 0.0
    row_of(limner, 12).is_soloed = True
    assert keys["mouthSmileLeft"].value == pytest.approx(0.75)
    row_of(limner, 1).is_soloed = False
    row_of(limner, 12).is_soloed = False
    assert {key.name: key.value for key in keys} == before


def test_a_fit_ends_solo_and_what_it_kept(bpy, limner):
    bpy.ops.limner.fit()
    head = bpy.context.object
    row_of(limner, 1).is_soloed = True
    bpy.ops.limner.fit()
    keys = head.data.shape_keys.key_blocks
    assert keys["mouthSmileLeft"].value == pytest.approx(0.75)
    assert keys[SKETCH_FIT].value == 1.0
    assert not any(row.is_soloed for row in limner.aus)
    assert "limner_before_solo" not in head


@pytest.mark.parametrize(
    "button",
    [("recognise", {}), ("link_add", {}), ("link_remove", {}), ("wear", {}), ("fit", {}),
     ("detect", {}), ("preset", {"preset": "ANGER"})],
)  # fmt: skip
def test_undo_and_redo_bring_back_every_value(bpy, limner, button):
    head = own_head(bpy, NAMES["ARKit"], SMILES["ARKit"])
    choose(limner, head)
    bpy.ops.limner.preset(preset="FEAR")
    head.limner_mesh.links[3].factor = 0.125
    head.data.shape_keys.key_blocks["jawLeft"].value = 0.5
    before = whole(bpy)
    bpy.ops.ed.undo_push(message="before")
    name, options = button
    assert getattr(bpy.ops.limner, name)(**options) == {"FINISHED"}
    bpy.ops.ed.undo_push(message=name)
    after = whole(bpy)
    assert after != before
    bpy.ops.ed.undo()
    assert whole(bpy) == before
    bpy.ops.ed.redo()
    assert whole(bpy) == after


def whole(bpy):
    """Return what `everything` does, and what limner keeps with meshes."""
    return everything(bpy), {
        thing.name: [(row.source, row.target, row.factor) for row in thing.limner_mesh.links]
        for thing in bpy.data.objects
    }


def test_the_52_names_of_a_limner_head_are_recognised_too():
    convention, _ = recognise([*ARKIT_NAMES, SKETCH_FIT])
    assert convention.title == "ARKit"
    assert set(Expression.from_aus({}).arkit()) == set(ARKIT_NAMES)
