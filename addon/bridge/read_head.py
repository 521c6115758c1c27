"""Read a head out of a .blend: `blender -b --python read_head.py -- IN.blend OUT.npz OBJECT`.

Takes the mesh whose shape keys bear most of the names that limner knows, or the one called OBJECT,
and the meshes that lie in it: eyes, teeth, tongue. OUT holds plain arrays (`addon/own_head.py`
says which), or a sentence why there are none. Runs as a script, as `worker.py` does.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib
import io
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix

_SHOWN_NAMES = 12


def run(source: Path, target: Path, wanted: str) -> None:
    """Read the head and write its arrays, or why there is none."""
    try:
        with redirect_stdout(io.StringIO()):
            bpy.ops.wm.open_mainfile(filepath=str(source), load_ui=False, use_scripts=False)
    except RuntimeError as error:
        reason = str(error).removeprefix("Error: ").strip()
        np.savez(target, error=f"Blender could not open it ({reason})")
        return
    for armature in bpy.data.armatures:  # or eyes on bones would lie where the skin is not read
        armature.pose_position = "REST"
    bpy.context.view_layer.update()
    meshes = [thing for thing in bpy.data.objects if thing.type == "MESH"]
    chosen, why = _choose(meshes, wanted)
    if chosen is None:
        np.savez(target, error=why)
        return
    if mirror := _mirror(chosen):
        np.savez(target, error=mirror)
        return
    parts = [chosen, *(thing for thing in meshes if thing != chosen and _is_in(thing, chosen))]
    np.savez(target, **_joined(parts), left_out=np.array(_left_out(parts), dtype=str))


def _mirror(thing: bpy.types.Object) -> str:
    """Say that half of a head is missing; nothing if it is whole."""
    names = [one.name for one in thing.modifiers if one.type == "MIRROR" and one.show_viewport]
    if not names:
        return ""
    return (
        f"{thing.name} is half a head with a Mirror modifier ({names[0]}), which does the same on "
        "both sides; apply the modifier, so that left and right have shapes of their own"
    )


def _left_out(parts: list[bpy.types.Object]) -> list[str]:
    """Say what of the meshes is seen in Blender and not read, one entry a mesh."""
    said = []
    for part in parts:
        shown = [one.name for one in part.modifiers if one.show_viewport]
        if shown:
            said.append(f"{part.name}'s {', '.join(shown)}")
    return said


def _choose(meshes: list[bpy.types.Object], wanted: str) -> tuple[bpy.types.Object | None, str]:
    """Return the mesh that is the face, or why there is none."""
    known = importlib.import_module(f"{_package()}.addon.conventions")
    names = ", ".join(thing.name for thing in meshes) or "none"
    if wanted:
        found = next((thing for thing in meshes if thing.name == wanted), None)
        if found is None:
            return None, f"no mesh in it is called {wanted}; there are {names}"
        meshes = [found]
    keyed = [(thing, _key_names(thing)) for thing in meshes if _key_names(thing)]
    if not keyed:
        which = f"{wanted} has" if wanted else f"none of its meshes ({names}) has"
        return None, f"{which} shape keys"
    best, most = None, 0
    for thing, keys in keyed:
        read = known.recognise(keys)
        if read is not None and len(read[1]) > most:
            best, most = thing, len(read[1])
    if best is not None:
        return best, ""
    seen = [name for _, keys in keyed for name in keys]
    more = f" and {len(seen) - _SHOWN_NAMES} more" if len(seen) > _SHOWN_NAMES else ""
    return None, (
        "its shape keys bear no names that limner knows; seen: "
        f"{', '.join(seen[:_SHOWN_NAMES])}{more}. Give them ARKit's names (jawOpen, eyeBlinkLeft…)"
    )


def _package() -> str:
    """Return the name that limner goes by here."""
    return "limner_blend_worker"


def _key_names(thing: bpy.types.Object) -> list[str]:
    """Return the names of a mesh's shape keys, without the one at rest."""
    keys = thing.data.shape_keys
    if keys is None:
        return []
    return [key.name for key in keys.key_blocks if key != keys.reference_key]


def _is_in(thing: bpy.types.Object, head: bpy.types.Object) -> bool:
    """Tell whether the middle of a mesh that is rendered lies within the head's box."""
    if thing.hide_render or not len(thing.data.vertices):
        return False
    box = np.array([head.matrix_world @ _vector(corner) for corner in head.bound_box])
    other = np.array([thing.matrix_world @ _vector(corner) for corner in thing.bound_box])
    middle = (other.min(axis=0) + other.max(axis=0)) / 2.0
    return bool(((middle >= box.min(axis=0)) & (middle <= box.max(axis=0))).all())


def _vector(corner: Any) -> Any:
    """Return a corner of a box as a vector."""
    from mathutils import Vector

    return Vector(corner[:])


def _joined(parts: list[bpy.types.Object]) -> dict[str, Any]:
    """Return meshes as one, in the first one's own axes at its own size."""
    place = parts[0].matrix_world
    upright = (
        Matrix.Translation(place.to_translation()) @ place.to_quaternion().to_matrix().to_4x4()
    )
    names = list(dict.fromkeys(name for part in parts for name in _key_names(part)))
    vertices, polygons, labels, label, keys = [], [], [], [], []
    for part in parts:
        matrix = np.array(upright.inverted() @ part.matrix_world)
        before = sum(map(len, vertices))
        rest, moved = _shapes(part)
        vertices.append(rest @ matrix[:3, :3].T + matrix[:3, 3])
        corners = _polygons(part.data, np.linalg.det(matrix[:3, :3]) < 0.0)
        polygons.append(np.where(corners >= 0, corners + before, -1))
        blank = np.zeros_like(rest)
        keys.append(np.stack([moved.get(name, blank) @ matrix[:3, :3].T for name in names]))
        words, rows = _words(part)
        label.append(rows + len(labels))
        labels += words
    return {
        "name": parts[0].name,
        "key_names": np.array(_key_names(parts[0])),
        "names": np.array(names),
        "vertices": np.concatenate(vertices),
        "polygons": np.concatenate(polygons).astype(np.int32),
        "keys": np.concatenate(keys, axis=1).astype(np.float32),
        "labels": np.array(labels),
        "label": np.concatenate(label).astype(np.int32),
    }


def _shapes(thing: bpy.types.Object) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return (V, 3) the mesh at rest, and name → (V, 3) displacement of its keys, its own axes."""
    count, keys = len(thing.data.vertices), thing.data.shape_keys
    if keys is None:
        return _places(thing.data.vertices, count), {}
    moved = {}
    for key in keys.key_blocks:
        if key == keys.reference_key:
            continue
        base = key.relative_key if keys.use_relative else keys.reference_key
        shape = _places(key.points, count) - _places(base.points, count)
        group = thing.vertex_groups.get(key.vertex_group) if key.vertex_group else None
        if group is not None:
            shape *= _group_weights(thing, group.index)[:, None]
        moved[key.name] = shape
    return _places(keys.reference_key.points, count), moved


def _places(points: Any, count: int) -> np.ndarray:
    """Return (V, 3) float64 coordinates."""
    flat = np.empty(3 * count, dtype=np.float32)
    points.foreach_get("co", flat)
    return flat.reshape(-1, 3).astype(np.float64)


def _group_weights(thing: bpy.types.Object, index: int) -> np.ndarray:
    """Return (V,) how far vertices belong to a group."""
    return np.array(
        [
            next((entry.weight for entry in vertex.groups if entry.group == index), 0.0)
            for vertex in thing.data.vertices
        ]
    )


def _polygons(mesh: bpy.types.Mesh, is_flipped: bool) -> np.ndarray:
    """Return (Q, 4) corners, -1 in the last place of a triangle; larger polygons in triangles."""
    mesh.calc_loop_triangles()
    large, corners = set(), []
    for polygon in mesh.polygons:
        row = list(polygon.vertices)
        if len(row) > 4:
            large.add(polygon.index)
        else:
            corners.append([*row, -1] if len(row) == 3 else row)
    corners += [[*cut.vertices, -1] for cut in mesh.loop_triangles if cut.polygon_index in large]
    found = np.array(corners, dtype=np.int64).reshape(-1, 4)
    if is_flipped:  # a mirror image turns every face over
        quad = found[:, 3] >= 0
        found[quad] = found[quad][:, ::-1]
        found[~quad, :3] = found[~quad, 2::-1]
    return found


def _words(thing: bpy.types.Object) -> tuple[list[str], np.ndarray]:
    """Return what a mesh and its materials are called, and (V,) which words a vertex bears."""
    materials = [slot.material.name if slot.material else "" for slot in thing.material_slots]
    words = [f"{thing.name} {name}".strip() for name in materials or [""]]
    rows = np.zeros(len(thing.data.vertices), dtype=np.int64)
    for polygon in thing.data.polygons:
        rows[list(polygon.vertices)] = min(polygon.material_index, len(words) - 1)
    return words, rows


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    worker = importlib.import_module("worker")
    worker.load_package(Path(__file__).resolve().parents[2])
    given = sys.argv[sys.argv.index("--") + 1 :]
    run(Path(given[0]), Path(given[1]), given[2] if len(given) > 2 else "")
