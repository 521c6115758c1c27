"""Fits in the scene somebody works in: which head is meant, where a new one goes, how to see it."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Sequence

import bpy
import numpy as np
from mathutils import Vector

from ...rig.head_mesh import SKETCH_FIT
from ..head_scene import HeadScene
from .head import RECORD, add_head, update_head
from .view import add_camera, look_through, update_camera

__all__ = ["find_head", "is_head", "place_head", "show_head", "sketch_fit_key"]

CAMERA = "limner_camera"
"""Custom property of a head: the camera that sees it as the drawing does."""

ROOM_M = np.array([[-0.25, -1.6, -0.3], [0.25, 0.3, 0.3]])
"""What a head and the way to its camera take up, about the head's pivot."""

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
    """Return the active head, or the scene's only one."""
    if is_head(context.object):
        return context.object
    heads = [thing for thing in context.scene.objects if is_head(thing)]
    return heads[0] if len(heads) == 1 else None


def sketch_fit_key(head: bpy.types.Object) -> bpy.types.ShapeKey:
    """Return the shape key that holds what the snakes found."""
    return head.data.shape_keys.key_blocks[SKETCH_FIT]


def place_head(context: bpy.types.Context, scene: HeadScene) -> bpy.types.Object:
    """Write a fit into the scene: into the head that is meant, else into a new one.

    The scene's camera and picture size become the drawing's, or its lines would not lie on the
    head. Where the head stands is the artist's choice and stays.
    """
    head = find_head(context)
    if head is not None and len(head.data.vertices) == len(scene.mesh.positions):
        update_head(head, scene)
    else:
        head = add_head(scene)
        head.location = _free_place(context)
        _collection(context).objects.link(head)
    camera = head.get(CAMERA)
    if camera is None or camera.name not in context.scene.objects:
        camera = head[CAMERA] = add_camera(scene, head.location)
        _collection(context).objects.link(camera)
    else:
        update_camera(camera, scene, head.location)
    look_through(context.scene, camera, scene.camera)
    for thing in context.selected_objects:
        thing.select_set(False)
    context.view_layer.objects.active = head
    return head


def show_head(context: bpy.types.Context) -> None:
    """Look through the scene's camera in the 3D view that we are called from, if any."""
    space = context.space_data
    if space is not None and space.type == "VIEW_3D" and space.region_3d is not None:
        space.region_3d.view_perspective = "CAMERA"
        space.shading.color_type = "VERTEX"


def _collection(context: bpy.types.Context) -> bpy.types.Collection:
    """Return the scene's collection for heads and their cameras."""
    for collection in context.scene.collection.children:
        if collection.name.startswith("Limner"):
            return collection
    collection = bpy.data.collections.new("Limner")
    context.scene.collection.children.link(collection)
    return collection


def _free_place(context: bpy.types.Context) -> Sequence[float]:
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
