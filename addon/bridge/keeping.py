"""What a head wears, kept: as a shape key, as its rest, as keyframes, as an asset, as a .glb."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import gc
import io
import json
import os
import struct
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path

import bpy
import numpy as np
from numpy.typing import NDArray

from ...errors import OutputError
from ..outputs import saying_what_is_wrong
from .wearing import key_names

__all__ = [
    "EXPRESSION",
    "add_action",
    "export_glb",
    "key_from_mix",
    "keyframe",
    "kept_actions",
    "mix_to_rest",
]

EXPRESSION = "limner_expression"
"""Custom property of an action: the expression it holds, apart from any head, as JSON."""


def key_from_mix(thing: bpy.types.Object, name: str) -> str:
    """Add a shape key of all that is worn, switched off; return the name it got."""
    key = thing.shape_key_add(name=name, from_mix=True)
    key.slider_min, key.slider_max, key.value = 0.0, 1.0, 0.0
    thing.data.shape_keys.update_tag()
    return key.name


def mix_to_rest(thing: bpy.types.Object) -> None:
    """Make what is worn the mesh at rest; every shape key moves it as far as before.

    All values become 0: what they did is part of the rest now.
    """
    keys = thing.data.shape_keys
    mixed = thing.shape_key_add(name="limner mix", from_mix=True)
    rest = keys.reference_key
    moved = _points(mixed) - _points(rest)
    thing.shape_key_remove(mixed)
    for key in keys.key_blocks:
        _set_points(key, _points(key) + moved)
        if key != rest:
            key.slider_min = min(key.slider_min, 0.0)  # or it would stay on
            key.slider_max = max(key.slider_max, 0.0)
            key.value = 0.0
    # with shape keys the vertices are not what is shown, but other tools read them
    thing.data.attributes["position"].data.foreach_set("vector", _points(rest).ravel())
    keys.update_tag()
    thing.data.update()


def _points(key: bpy.types.ShapeKey) -> NDArray[np.float32]:
    """Return the (V, 3) coordinates of a shape key."""
    points = np.empty(3 * len(key.points), dtype=np.float32)
    key.points.foreach_get("co", points)
    return points.reshape(-1, 3)


def _set_points(key: bpy.types.ShapeKey, points: NDArray[np.float32]) -> None:
    key.points.foreach_set("co", np.ascontiguousarray(points, dtype=np.float32).ravel())


def keyframe(things: Iterable[bpy.types.Object], names: Iterable[str], frame: float) -> int:
    """Insert keyframes of the values of shape keys; return how many."""
    chosen, count = list(names), 0
    for thing in things:
        keys = thing.data.shape_keys
        for name in chosen:
            key = keys.key_blocks.get(name)
            if key is not None and key != keys.reference_key:
                key.keyframe_insert("value", frame=frame)
                count += 1
    return count


def add_action(
    name: str, weights: Mapping[str, float], expression: str, picture: NDArray[np.float32] | None
) -> bpy.types.Action:
    """Make an asset of an expression: an action for shape keys, one keyframe each.

    Parameters
    ----------
    weights : shape key → value
    expression : the same apart from any head, as JSON
    picture : (N, N, 4) float32 in [0, 1], top row first: what the asset looks like
    """
    # on a mesh of its own, so that nobody's animation is touched
    mesh = bpy.data.meshes.new("limner keys")
    mesh.from_pydata([(0.0, 0.0, 0.0)], [], [])
    thing = bpy.data.objects.new("limner keys", mesh)
    thing.shape_key_add(name="Basis", from_mix=False)
    for target, value in weights.items():
        key = thing.shape_key_add(name=target, from_mix=False)
        key.value = value
        key.keyframe_insert("value", frame=1)
    keys = mesh.shape_keys
    action = keys.animation_data.action
    keys.animation_data_clear()
    bpy.data.objects.remove(thing)
    bpy.data.meshes.remove(mesh)
    action.name = name
    action[EXPRESSION] = expression
    action.asset_mark()
    action.asset_data.description = "Facial expression, read by limner from a drawing"
    action.asset_data.tags.new("limner", skip_if_exists=True)
    if picture is not None:
        preview = action.preview_ensure()
        preview.image_size = picture.shape[1], picture.shape[0]
        preview.image_pixels_float.foreach_set(picture[::-1].astype(np.float32).ravel())
    return action


def kept_actions() -> list[bpy.types.Action]:
    """Return the kept expressions of this file, by name."""
    return [action for action in bpy.data.actions if EXPRESSION in action]


def export_glb(context: bpy.types.Context, thing: bpy.types.Object, path: Path) -> Sequence[str]:
    """Write a head as .glb by Blender's exporter; return the names of the shapes in the file.

    Modifiers stay out of it, but armatures: with them applied the exporter drops all shape keys.

    Raises
    ------
    OutputError
        The exporter is not there or failed, or shapes are missing in the file.
    """
    if not hasattr(bpy.types, "EXPORT_SCENE_OT_gltf"):
        raise OutputError("Blender's glTF add-on is off; switch it on in the preferences")
    wanted = key_names(thing)
    muted = [name for name in wanted if thing.data.shape_keys.key_blocks[name].mute]
    chosen, active = list(context.selected_objects), context.view_layer.objects.active
    try:
        for other in chosen:
            other.select_set(False)
        thing.select_set(True)
        context.view_layer.objects.active = thing
        for name in muted:  # the exporter leaves them out
            thing.data.shape_keys.key_blocks[name].mute = False
        # in a folder of its own first: the file appears whole or not at all
        with saying_what_is_wrong(path), tempfile.TemporaryDirectory(dir=path.parent) as folder:
            made = Path(folder) / path.name
            with redirect_stdout(io.StringIO()):
                bpy.ops.export_scene.gltf(
                    filepath=str(made), export_format="GLB", use_selection=True,
                    export_apply=False, export_morph=True, export_morph_normal=False,
                )  # fmt: skip
            found = _shape_names(made)
            missing = [name for name in wanted if name not in found]
            if missing:
                raise OutputError(
                    f"{path.name}: {len(missing)} shape keys did not get into it "
                    f"({', '.join(missing[:3])} …); nothing was written"
                )
            os.replace(made, path)
    except RuntimeError as error:  # what Blender's operators raise
        reason = " ".join(str(error).removeprefix("Error: ").split())
        raise OutputError(f"{path}: Blender could not write it ({reason})") from error
    finally:
        for name in muted:
            thing.data.shape_keys.key_blocks[name].mute = True
        thing.select_set(False)
        for other in chosen:
            other.select_set(True)
        context.view_layer.objects.active = active
        gc.collect()  # the exporter's objects refer to each other
    return found


def _shape_names(path: Path) -> list[str]:
    """Return the names of the morph targets of a .glb's first mesh that has some."""
    try:
        data = path.read_bytes()
        (length,) = struct.unpack_from("<I", data, 12)
        meshes = json.loads(data[20 : 20 + length]).get("meshes", [])
    except (OSError, ValueError, struct.error) as error:
        raise OutputError(f"{path}: Blender wrote no readable .glb") from error
    for mesh in meshes:
        if names := mesh.get("extras", {}).get("targetNames"):
            return list(names)
    return []
