"""The head as a Blender object: its mesh, its shape keys, its pose."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Collection

import bpy
import numpy as np
from mathutils import Matrix
from numpy.typing import NDArray

from ...rig.face_rig import rotation_matrix
from ...rig.head_mesh import HeadMesh
from ..head_scene import HeadScene
from .axes import rotation_to_blender, to_blender
from .looks import IRIS_COLOUR, PART_LOOKS, PUPIL_COLOUR, PUPIL_RADIUS, head_materials
from .strength import STRENGTHS, keep_correction

__all__ = ["COLOUR_ATTRIBUTE", "HEAD_NAME", "LINES", "RECORD", "add_head", "update_head"]

HEAD_NAME = "Limner Head"
COLOUR_ATTRIBUTE = "Color"
IRIS_ATTRIBUTE = "iris_polar"
RECORD = "limner"
"""Custom property with the fit's record, on the object and on its shape keys' data-block."""
LINES = "limner_lines"
"""Custom property with the lines that the 3D view shows over the drawing."""


def add_head(scene: HeadScene) -> bpy.types.Object:
    """Make a new head object, in no collection yet."""
    mesh = _new_mesh(scene.mesh)
    head = bpy.data.objects.new(HEAD_NAME, mesh)
    _paint(mesh, scene)
    for material in head_materials(COLOUR_ATTRIBUTE, IRIS_ATTRIBUTE):
        mesh.materials.append(material)
    # one material a part; a face takes the part of its first corner
    slots = np.array([look.slot for look in PART_LOOKS], dtype=np.int32)
    faces = slots[scene.mesh.vertex_part[scene.mesh.polygons[:, 0]]]
    mesh.polygons.foreach_set("material_index", faces)
    head.shape_key_add(name="Basis", from_mix=False)
    for name in scene.mesh.target_names:
        head.shape_key_add(name=name, from_mix=False)
    mesh[STRENGTHS] = list(scene.strengths)
    update_head(head, scene)
    return head


def update_head(head: bpy.types.Object, scene: HeadScene) -> None:
    """Give an existing head of the same rig another identity, expression, pose and correction."""
    mesh, keys = scene.mesh, head.data.shape_keys
    basis = to_blender(mesh.positions - mesh.pivot)
    _carry_kept_keys(keys, basis, mesh.target_names)
    keys.reference_key.points.foreach_set("co", basis.ravel())
    # with shape keys present the vertices are not what is shown, but exporters read them
    head.data.attributes["position"].data.foreach_set("vector", basis.ravel())
    for name, target, weight in zip(mesh.target_names, mesh.targets, mesh.weights, strict=True):
        key = keys.key_blocks[name]
        key.points.foreach_set("co", (basis + to_blender(target)).ravel())
        key.value = weight
    keep_correction(head, to_blender(mesh.targets[-1]), scene.regions)
    turned = rotation_to_blender(rotation_matrix(mesh.rotation))
    head.rotation_mode = "XYZ"
    head.rotation_euler = Matrix(turned.tolist()).to_euler("XYZ")
    head[RECORD] = keys[RECORD] = scene.record
    head[LINES] = scene.lines
    keys.update_tag()  # Blender 4.2 does not see bulk changes without it
    head.data.update()


def _carry_kept_keys(
    keys: bpy.types.Key, basis: NDArray[np.float32], ours: Collection[str]
) -> None:
    """Let shape keys that somebody has added move the new rest as they moved the old one."""
    kept = [key for key in keys.key_blocks if key != keys.reference_key and key.name not in ours]
    if not kept:
        return
    old, points = np.empty(basis.size, np.float32), np.empty(basis.size, np.float32)
    keys.reference_key.points.foreach_get("co", old)
    for key in kept:
        key.points.foreach_get("co", points)
        key.points.foreach_set("co", points + (basis.ravel() - old))


def _paint(mesh: bpy.types.Mesh, scene: HeadScene) -> None:
    """Give the vertices their colours; a viewport in Solid mode sees the irises by them as well."""
    colours = np.ones((len(scene.colours), 4), dtype=np.float32)
    colours[:, :3] = scene.colours
    radius = np.linalg.norm(scene.iris_polar, axis=1)
    colours[radius < 1.0, :3] = IRIS_COLOUR
    colours[radius < PUPIL_RADIUS, :3] = PUPIL_COLOUR
    attribute = mesh.color_attributes.new(COLOUR_ATTRIBUTE, "BYTE_COLOR", "POINT")
    attribute.data.foreach_set("color", colours.ravel())
    polar = np.zeros((len(colours), 3), dtype=np.float32)
    polar[:, :2] = scene.iris_polar
    mesh.attributes.new(IRIS_ATTRIBUTE, "FLOAT_VECTOR", "POINT").data.foreach_set(
        "vector", polar.ravel()
    )


def _new_mesh(mesh: HeadMesh) -> bpy.types.Mesh:
    """Make the mesh of polygons, positions still those of the base."""
    blender_mesh = bpy.data.meshes.new(HEAD_NAME)
    corners, starts = _corners(mesh.polygons)
    blender_mesh.vertices.add(len(mesh.positions))
    blender_mesh.loops.add(len(corners))
    blender_mesh.polygons.add(len(starts))
    positions = to_blender(mesh.positions - mesh.pivot)
    blender_mesh.vertices.foreach_set("co", positions.ravel())
    blender_mesh.loops.foreach_set("vertex_index", corners)
    blender_mesh.polygons.foreach_set("loop_start", starts)
    blender_mesh.polygons.foreach_set("use_smooth", np.ones(len(starts), dtype=bool))
    blender_mesh.update(calc_edges=True)
    return blender_mesh


def _corners(polygons: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return all corners in a row, and where each polygon starts."""
    used = polygons >= 0
    starts = np.concatenate([[0], np.cumsum(used.sum(axis=1))[:-1]])
    return polygons[used].astype(np.int32), starts.astype(np.int32)
