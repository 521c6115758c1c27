"""My own mesh in a real window: heads named by five makers smile when a real drawing smiles.

blender --window-geometry 0 0 1280 900 --python own_mesh.py -- DRAWING PICTURE_PREFIX
"""

# SPDX-License-Identifier: GPL-3.0-or-later

import sys
from pathlib import Path

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import pen

DRAWING, PREFIX = sys.argv[-2:]
CORNERS = {"L": "mouthSmileLeft", "R": "mouthSmileRight"}


def renamed(title):
    """Return ARKit name → the name that a maker's head has for it, as limner's tables say.

    What a maker has no single shape for is left out: such a head has no key for it.
    """
    tables = pen.limner("addon.convention_tables")
    table = pen.limner("rig.au_table").ARKIT_AU_TABLE
    convention = next(each for each in tables.CONVENTIONS if each.title == title)
    if title == "ARKit":
        return {name: name for name in pen.limner("rig.arkit").ARKIT_NAMES}
    if title == "VRM":  # whole faces: a smile is half left and half right
        return {
            "happy": [("mouthSmileLeft", 1.0), ("mouthSmileRight", 1.0)],
            "angry": [("browDownLeft", 1.0), ("browDownRight", 1.0)],
            "sad": [("mouthFrownLeft", 1.0), ("mouthFrownRight", 1.0)],
            "aa": [("jawOpen", 1.0)],
            "blinkLeft": [("eyeBlinkLeft", 1.0)],
            "blinkRight": [("eyeBlinkRight", 1.0)],
        }
    names = {}
    for source, alternatives in convention.drives.items():
        chosen = alternatives[-1] if title == "Reallusion" and len(alternatives) == 1 else None
        chosen = chosen or alternatives[1 if title == "Reallusion" else 0]
        shapes = table[source] if title == "FACS" else {source: 1.0}
        parts = [
            (name if not name.startswith("browInnerUp") else "browInnerUp", weight)
            for name, weight in shapes.items()
        ]
        if len(chosen) == 1:
            names[next(iter(chosen))] = parts
    return names


def make_own(head, title):
    """Copy a fitted head as somebody's own mesh with a maker's names; return it."""
    from_keys = head.data.shape_keys.key_blocks
    rest = points_of(from_keys["Basis"])
    mesh = bpy.data.meshes.new(f"{title} head")
    mesh.from_pydata(rest.tolist(), [], [tuple(face.vertices) for face in head.data.polygons])
    mesh.polygons.foreach_set("use_smooth", [True] * len(mesh.polygons))
    for material in head.data.materials:
        mesh.materials.append(material)
    mesh.polygons.foreach_set("material_index", [f.material_index for f in head.data.polygons])
    own = bpy.data.objects.new(mesh.name, mesh)
    bpy.context.scene.collection.objects.link(own)
    own.shape_key_add(name="Basis", from_mix=False)
    for name, parts in renamed(title).items():
        key = own.shape_key_add(name=name, from_mix=False)
        key.value = 0.0  # Blender 5.2 gives a new one 1
        moved = rest.copy()
        for arkit, weight in [(parts, 1.0)] if isinstance(parts, str) else parts:
            moved += weight * (points_of(from_keys[arkit]) - rest)
        key.data.foreach_set("co", moved.astype(np.float32).ravel())
    own.modifiers.new("Subdivision", "SUBSURF").levels = 0
    return own


def points_of(key):
    """Return the (V, 3) coordinates of a shape key."""
    points = np.empty(3 * len(key.data), dtype=np.float32)
    key.data.foreach_get("co", points)
    return points.reshape(-1, 3)


def seen(own):
    """Return the (V, 3) coordinates that are shown."""
    bpy.context.view_layer.update()
    mesh = own.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    points = np.empty(3 * len(mesh.vertices), dtype=np.float32)
    mesh.vertices.foreach_get("co", points)
    return points.reshape(-1, 3)


def work():
    """Do the artist's steps; each yield hands that many seconds to Blender."""
    window, area, view = yield from pen.open_tab()
    here = {"window": window, "area": area, "region": view}
    for name in ("Cube", "Light", "Camera"):
        bpy.data.objects.remove(bpy.data.objects[name])
    limner = bpy.context.scene.limner
    limner.sketch_path = DRAWING
    yield from pen.press(here, "fit")
    head = bpy.data.objects["Limner Head"]
    basis = points_of(head.data.shape_keys.key_blocks["Basis"])
    corner = {}
    for side, name in CORNERS.items():
        moved = points_of(head.data.shape_keys.key_blocks[name]) - basis
        corner[side] = int(np.argmax(moved[:, 2]))
    heads = {
        title: make_own(head, title)
        for title in ("ARKit", "MetaHuman", "FACS", "VRM", "Reallusion")
    }
    bpy.data.objects.remove(head)
    bpy.data.objects.remove(bpy.data.objects["Limner Camera"])
    limner.target = "OWN"
    for number, (title, own) in enumerate(heads.items()):
        own.location = (0.19 * (number - 2), 0.0, 0.0)
        limner.own = own
        assert own.limner_mesh.convention == title, (title, own.limner_mesh.convention)
        before, rest = seen(own), points_of(own.data.shape_keys.key_blocks["Basis"])
        faces = [tuple(face.vertices) for face in own.data.polygons]
        yield from pen.press(here, "fit")
        raised = {side: float((seen(own) - before)[row, 2]) for side, row in corner.items()}
        print(f"{title}: corners raised by {1000 * raised['L']:.1f} and "
              f"{1000 * raised['R']:.1f} mm")  # fmt: skip
        assert min(raised.values()) > 0.001, (title, raised)
        assert [tuple(face.vertices) for face in own.data.polygons] == faces
        assert (points_of(own.data.shape_keys.key_blocks["Basis"]) == rest).all()
        assert [m.type for m in own.modifiers] == ["SUBSURF"]
        assert len(own.data.materials) == 5
    after = {title: seen(own) for title, own in heads.items()}
    with bpy.context.temp_override(**here):
        bpy.ops.ed.undo()
    yield 0.5
    own = bpy.data.objects["Reallusion head"]
    assert np.abs(seen(own) - before).max() < 1e-6, "undo must take the expression off"
    with bpy.context.temp_override(**here):
        bpy.ops.ed.redo()
    yield 0.5
    own = bpy.data.objects["Reallusion head"]
    assert np.abs(seen(own) - after["Reallusion"]).max() < 1e-6, "redo must put it on again"
    with bpy.context.temp_override(**here):
        bpy.ops.view3d.view_axis(type="FRONT")
        bpy.ops.object.select_all(action="SELECT")
        bpy.ops.view3d.view_selected()
        bpy.ops.object.select_all(action="DESELECT")
    space = area.spaces.active
    space.region_3d.view_location.x += 0.12
    own.limner_mesh.row = [row.target for row in own.limner_mesh.links].index("Mouth_Smile_L")
    space.overlay.show_floor = space.overlay.show_axis_x = False
    space.overlay.show_cursor = space.overlay.show_object_origins = False
    for _ in range(3):
        pen.refresh()
        yield 0.7
    pen.picture(f"{PREFIX}-own-mesh.png")


pen.run(work(), PREFIX, 400)
