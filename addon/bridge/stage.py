"""Fits in the scene somebody works in: which head is meant, where a new one goes, how to see it."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
from collections.abc import Sequence

import bpy
import numpy as np
from mathutils import Euler, Matrix, Vector

from ...rig.face_rig import rotation_matrix
from ...rig.head_mesh import SKETCH_FIT
from ..head_scene import HeadScene
from . import heat
from .axes import rotation_to_blender
from .head import RECORD, add_head, update_head
from .view import add_camera, look_through, update_camera

__all__ = [
    "BEFORE_SOLO",
    "CAMERA",
    "HEAD",
    "SKETCH_FIT",
    "VIEW",
    "find_head",
    "free_place",
    "is_head",
    "limner_collection",
    "place_head",
    "place_under_drawing",
    "show_head",
    "sketch_fit_key",
    "turn_head",
]

CAMERA = "limner_camera"
"""Custom property of a head or a drawing: the camera that it is seen by."""

VIEW = "limner_view"
"""Custom property of a head: the camera that its drawing was read by, if it is still there."""

BEFORE_SOLO = "limner_before_solo"
"""Custom property of a mesh that shows parts of an expression: the weights it had before."""

HEAD = "limner_head"
"""Custom property of a drawing: the head that lies under it."""

ROOM_M = np.array([[-0.25, -1.6, -0.3], [0.25, 0.3, 0.3]])
"""What a head and the way to its camera take up, about the head's pivot."""

UPRIGHT = Euler((math.pi / 2.0, 0.0, 0.0))
"""How the camera stands that heads are turned for: it looks along +Y."""

SOLID_TYPES = {"MESH", "CURVE", "SURFACE", "META", "FONT", "CURVES", "POINTCLOUD", "VOLUME"}


def is_head(thing: bpy.types.Object | None) -> bool:
    """Tell whether an object is a head that limner made."""
    return (
        thing is not None
        and thing.type == "MESH"
        and RECORD in thing
        and thing.data.shape_keys is not None
        and SKETCH_FIT in thing.data.shape_keys.key_blocks
    )


def find_head(context: bpy.types.Context) -> bpy.types.Object | None:
    """Return the active head, the head of the active drawing, or the scene's only one."""
    if is_head(context.object):
        return context.object
    theirs = context.object.get(HEAD) if context.object is not None else None
    if is_head(theirs) and theirs.name in context.scene.objects:
        return theirs
    heads = [thing for thing in context.scene.objects if is_head(thing)]
    return heads[0] if len(heads) == 1 else None


def sketch_fit_key(head: bpy.types.Object) -> bpy.types.ShapeKey:
    """Return the shape key that holds what the snakes found."""
    return head.data.shape_keys.key_blocks[SKETCH_FIT]


def turn_head(head: bpy.types.Object, rotation: Sequence[float]) -> None:
    """Turn a head as a fit says: a rotation vector of core space, radians."""
    turned = rotation_to_blender(rotation_matrix(np.array(rotation, dtype=np.float64)))
    head.rotation_mode = "XYZ"
    head.rotation_euler = Matrix(turned.tolist()).to_euler("XYZ", head.rotation_euler)


def place_head(context: bpy.types.Context, scene: HeadScene) -> bpy.types.Object:
    """Write a fit into the scene: into the head that is meant, else into a new one.

    The scene's camera and picture size become the drawing's, or its lines would not lie on the
    head. Where the head stands is the artist's choice and stays.
    """
    head = _write_head(context, scene, find_head(context))
    place = _stand_upright(context, head)
    camera = head.get(CAMERA)
    if camera is None or camera.name not in context.scene.objects:
        camera = head[CAMERA] = add_camera(scene, place)
        limner_collection(context).objects.link(camera)
    else:
        update_camera(camera, scene, place)
    head[VIEW] = camera
    look_through(context.scene, camera, scene.camera)
    if context.mode == "OBJECT":  # who draws goes on drawing
        for thing in context.selected_objects:
            thing.select_set(False)
        context.view_layer.objects.active = head
    return head


def place_under_drawing(
    context: bpy.types.Context,
    scene: HeadScene,
    drawing: bpy.types.Object,
    camera: bpy.types.Object,
) -> bpy.types.Object:
    """Write a fit into the scene, under the lines of a drawing that stays where it is.

    The head goes behind the drawing and gets the size at which the drawing's camera, which must be
    orthographic, sees its lines on the drawn ones. Nothing else changes, nor what is selected.
    """
    theirs = drawing.get(HEAD)
    if theirs is None or theirs.name not in context.scene.objects:
        theirs = find_head(context)
    head = _write_head(context, scene, theirs)
    if drawing.get(HEAD) != head:  # or Blender would take the drawing for changed
        drawing[HEAD] = head
    view, lens = scene.camera, camera.data
    width, height = view.size_px
    fit = lens.sensor_fit
    if fit == "AUTO":
        fit = "HORIZONTAL" if width >= height else "VERTICAL"
    side = width if fit == "HORIZONTAL" else height
    metre_px = side / lens.ortho_scale
    size = view.scale_px / metre_px
    x = (view.centre_px[0] - width / 2.0) / metre_px + lens.shift_x * lens.ortho_scale
    y = (height / 2.0 - view.centre_px[1]) / metre_px + lens.shift_y * lens.ortho_scale
    eye = camera.matrix_world.normalized()
    far = min((eye.inverted() @ drawing.matrix_world @ Vector(c)).z for c in drawing.bound_box)
    place = Vector((x, y, far + ROOM_M[0, 0] * size))
    turned = head.rotation_euler.to_quaternion()
    facing = eye.to_quaternion() @ UPRIGHT.to_quaternion().inverted() @ turned
    head[VIEW] = camera
    head.matrix_world = Matrix.LocRotScale(eye @ place, facing, Vector((size, size, size)))
    return head


def _stand_upright(context: bpy.types.Context, head: bpy.types.Object) -> Vector:
    """Let a head stand turned as it was just written, at its own size; return where, in the world.

    What it is parented to keeps it at its place, but turns and scales it no longer.
    """
    head.scale = (1.0, 1.0, 1.0)
    is_free = head.parent is None and not any((*head.delta_location, *head.delta_rotation_euler))
    if is_free and tuple(head.delta_scale) == (1.0, 1.0, 1.0):
        return head.location
    turned = head.rotation_euler.to_quaternion()
    context.view_layer.update()
    place = head.matrix_world.translation.copy()
    head.matrix_world = Matrix.LocRotScale(place, turned, None)
    return place


def _write_head(
    context: bpy.types.Context, scene: HeadScene, head: bpy.types.Object | None
) -> bpy.types.Object:
    """Write the mesh of a fit into a head of the same rig, else into a new one."""
    if head is not None and len(head.data.vertices) == len(scene.mesh.positions):
        update_head(head, scene)
        if BEFORE_SOLO in head:
            del head[BEFORE_SOLO]
    else:
        head = add_head(scene)
        if context.scene.limner.show_heat:
            heat.show(head)
        head.location = free_place(context)
        limner_collection(context).objects.link(head)
    return head


def show_head(context: bpy.types.Context) -> None:
    """Look through the scene's camera in the 3D view that we are called from, if any."""
    space = context.space_data
    if space is not None and space.type == "VIEW_3D" and space.region_3d is not None:
        space.region_3d.view_perspective = "CAMERA"
        space.shading.color_type = "VERTEX"


def limner_collection(context: bpy.types.Context) -> bpy.types.Collection:
    """Return the scene's collection for heads and their cameras."""
    for collection in context.scene.collection.children:
        if collection.name.startswith("Limner"):
            return collection
    collection = bpy.data.collections.new("Limner")
    context.scene.collection.children.link(collection)
    return collection


def free_place(context: bpy.types.Context) -> tuple[float, float, float]:
    """Return the origin, or a place on the right of everything if something stands in the way."""
    boxes = [
        np.array([thing.matrix_world @ Vector(corner) for corner in thing.bound_box])
        for thing in context.visible_objects
        if thing.type in SOLID_TYPES
    ]
    in_the_way = any(
        (box.min(axis=0) < ROOM_M[1]).all() and (box.max(axis=0) > ROOM_M[0]).all() for box in boxes
    )
    if not in_the_way:
        return (0.0, 0.0, 0.0)
    return (float(max(box[:, 0].max() for box in boxes) - ROOM_M[0, 0]), 0.0, 0.0)
