"""The drawing's camera in Blender, with the drawing in it."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
from collections.abc import Sequence

import bpy
from mathutils import Matrix

from ...rig.camera import Camera
from ..head_scene import HeadScene

__all__ = ["CAMERA_NAME", "add_camera", "look_through", "packed_image", "update_camera"]

CAMERA_NAME = "Limner Camera"
ORTHOGRAPHIC_DISTANCE_M = 1.5
PAPER_NAME = "Limner Drawing"
INK_NAME = "Limner Ink"


def add_camera(scene: HeadScene, at: Sequence[float] = (0.0, 0.0, 0.0)) -> bpy.types.Object:
    """Make the camera object, in no collection yet, with paper behind and ink before the head."""
    data = bpy.data.cameras.new(CAMERA_NAME)
    data.display_size = 0.1
    data.clip_start, data.clip_end = 0.01, 100.0
    data.passepartout_alpha = 0.3
    camera = bpy.data.objects.new(CAMERA_NAME, data)
    update_camera(camera, scene, at)
    return camera


def update_camera(camera: bpy.types.Object, scene: HeadScene, at: Sequence[float]) -> None:
    """Make an existing camera see the head, which stands `at` a place, as the drawing does."""
    _aim(camera, scene.camera)
    camera.location = (at[0], at[1] + camera.location[1], at[2])
    if camera.parent is not None:  # that was meant in the world
        stands = Matrix.LocRotScale(camera.location, camera.rotation_euler, None)
        camera.matrix_world = stands
    pictures = camera.data.background_images
    for picture in list(pictures):
        image = picture.image
        if image is not None and image.name.startswith((PAPER_NAME, INK_NAME)):
            picture.image = None  # removing the picture alone would not let go of the image
            pictures.remove(picture)
            if image.users == 0:
                bpy.data.images.remove(image)
    for name, png, depth, alpha in (
        (PAPER_NAME, scene.paper_png, "BACK", 0.6),
        (INK_NAME, scene.ink_png, "FRONT", 0.6),
    ):
        if png:
            picture = pictures.new()
            picture.image = packed_image(name, png)
            picture.alpha, picture.display_depth = alpha, depth
            picture.frame_method = "FIT"
            picture.show_expanded = False
    camera.data.show_background_images = True


def look_through(scene: bpy.types.Scene, camera: bpy.types.Object, view: Camera) -> None:
    """Make `camera` the scene's camera, with renders of the drawing's size."""
    scene.camera = camera
    render = scene.render
    render.resolution_x, render.resolution_y = view.size_px
    render.resolution_percentage = 100
    render.pixel_aspect_x = render.pixel_aspect_y = 1.0


def _aim(camera: bpy.types.Object, view: Camera) -> None:
    """Set place, scale and shift; Blender measures both against the picture's longer side."""
    data = camera.data
    width, height = view.size_px
    side = max(width, height)
    data.sensor_fit, data.sensor_width = "AUTO", 36.0
    if view.is_orthographic:
        distance_m = ORTHOGRAPHIC_DISTANCE_M
        data.type = "ORTHO"
        data.ortho_scale = side / view.scale_px
    else:
        distance_m = 1.0 / view.inverse_distance
        data.type = "PERSP"
        data.lens = view.scale_px * distance_m * data.sensor_width / side
    data.shift_x = (width / 2.0 - view.centre_px[0]) / side
    data.shift_y = (view.centre_px[1] - height / 2.0) / side
    camera.location = (0.0, -distance_m, 0.0)
    camera.rotation_mode = "XYZ"
    camera.rotation_euler = (math.pi / 2.0, 0.0, 0.0)


def packed_image(name: str, png: bytes) -> bpy.types.Image:
    """Make an image from a PNG file's bytes; it lies inside the .blend."""
    image = bpy.data.images.new(name, 1, 1)
    image.pack(data=png, data_len=len(png))
    image.source = "FILE"
    image.filepath_raw = f"//{name.lower().replace(' ', '_')}.png"
    return image
