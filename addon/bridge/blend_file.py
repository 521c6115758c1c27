"""A whole .blend of one fitted head, made in a Blender that holds nothing else."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import gc
import io
from contextlib import redirect_stdout
from pathlib import Path

import bpy

from ...errors import OutputError
from ..head_scene import HeadScene
from .animate import add_keyframes
from .head import RECORD, add_head
from .looks import add_lights, set_world
from .view import add_camera, look_through

__all__ = ["is_scratch", "write_file"]

BRIGHT_STUDIO = "paint.sl"
START_UP_OBJECTS = {"Camera", "Cube", "Light"}


def is_scratch() -> bool:
    """Tell whether this Blender holds nothing that anybody could miss."""
    return (
        bpy.app.background
        and not bpy.data.filepath
        and all(ob.name in START_UP_OBJECTS or RECORD in ob for ob in bpy.data.objects)
    )


def write_file(head: HeadScene, path: Path) -> None:
    """Write a .blend that opens on the fitted head, seen as it was drawn.

    Empties this Blender before and after: call it only where `is_scratch`.

    Raises
    ------
    OutputError
        Blender could not write the file.
    """
    _empty()
    try:
        _fill(bpy.data.scenes[0], head)
        with redirect_stdout(io.StringIO()):  # Blender tells there that it saved
            bpy.ops.wm.save_as_mainfile(
                filepath=str(path), copy=True, compress=True, relative_remap=False
            )
    except RuntimeError as error:  # what Blender's operators raise
        reason = str(error).removeprefix("Error: ").strip()
        raise OutputError(
            f"{path.name}: Blender could not write it ({reason}). Check folder and free space."
        ) from error
    finally:
        _empty()
        gc.collect()


def _empty() -> None:
    """Forget everything; preferences and enabled add-ons stay."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True, load_ui=True)


def _fill(scene: bpy.types.Scene, head: HeadScene) -> None:
    """Build the scene that the file opens on."""
    scene.name = "Limner"
    collection = bpy.data.collections.new("Limner")
    scene.collection.children.link(collection)
    face, camera = add_head(head), add_camera(head)
    collection.objects.link(face)
    collection.objects.link(camera)
    camera[RECORD] = "camera"
    add_lights(collection)
    set_world(scene)
    look_through(scene, camera, head.camera)
    scene.view_settings.view_transform = "Standard"  # paper stays white
    scene.view_layers[0].objects.active = face
    if head.is_animated:
        add_keyframes(scene, face)
    for screen in bpy.data.screens:
        for area in screen.areas:
            if area.type == "VIEW_3D":
                _show(area.spaces.active)


def _show(space: bpy.types.SpaceView3D) -> None:
    """Make a 3D view look through the camera at the head's own colours."""
    space.region_3d.view_perspective = "CAMERA"
    shading, overlay = space.shading, space.overlay
    shading.color_type = "VERTEX"
    shading.show_cavity = True
    # which lights a view may have depends on its shading
    is_studio = (shading.type, shading.light) == ("SOLID", "STUDIO")
    if is_studio and BRIGHT_STUDIO in bpy.context.preferences.studio_lights:
        shading.studio_light = BRIGHT_STUDIO
    overlay.show_floor = overlay.show_axis_x = overlay.show_axis_y = False
    overlay.show_cursor = overlay.show_object_origins = False
