"""All data of a .blend as plain values, so that two states can be compared to the last bit.

Every property of every data-block that Blender tells of, arrays of vertices and strokes as bytes,
custom properties, packed files. Left out is what is no data of the file: the window, brushes,
and what Blender counts or caches.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np

__all__ = ["all_data", "differences"]

NOT_OF_THE_FILE = {
    "all_ids", "brushes", "libraries", "palettes", "screens", "window_managers", "workspaces",
    "rna_type",
}  # fmt: skip

VOLATILE = {
    "rna_type", "bl_rna", "original", "session_uid", "is_evaluated", "users", "tag", "preview",
    "asset_data", "is_updated", "depsgraph", "is_dirty", "has_data", "bindcode", "frame_duration",
    "is_runtime_data", "is_editmode", "users_id_material", "is_missing", "show_expanded",
    "cursor", "view_layers", "tool_settings", "display_settings", "matrix_world", "matrix_local",
    "matrix_parent_inverse", "bound_box", "dimensions", "total_vert_sel", "total_edge_sel",
    "total_face_sel", "pixels", "packed_file", "packed_files", "size", "is_float", "channels",
    "depth", "render_slots", "sequencer_colorspace_settings", "display",
    "filepath_from_user", "last_update", "texspace_location", "texspace_size",
}  # fmt: skip
"""Caches, counters, the state of the user interface; what of it matters is told apart below."""

IN_BULK = {
    "vertices", "edges", "loops", "polygons", "attributes", "color_attributes", "corner_normals",
    "vertex_normals", "polygon_normals", "loop_triangles", "loop_triangle_polygons", "data",
    "points", "strokes", "curve_offsets", "uv_layers", "vertex_colors", "drawing", "skin_vertices",
    "normals",
}  # fmt: skip

FIELDS = {
    "FLOAT": ("value", np.float32, 1), "INT": ("value", np.int32, 1),
    "BOOLEAN": ("value", bool, 1), "INT8": ("value", np.int8, 1),
    "FLOAT_VECTOR": ("vector", np.float32, 3), "FLOAT2": ("vector", np.float32, 2),
    "FLOAT_COLOR": ("color", np.float32, 4), "BYTE_COLOR": ("color", np.float32, 4),
    "INT32_2D": ("value", np.int32, 2),
}  # fmt: skip
"""Type of an attribute → its field, its numbers, how many of them an element has."""


def all_data(bpy):
    """Return {path: value} of all data-blocks of the open file."""
    found = {}
    for prop in bpy.data.bl_rna.properties:
        name = prop.identifier
        if name in NOT_OF_THE_FILE or prop.type != "COLLECTION":
            continue
        for block in getattr(bpy.data, name):
            path = f"{name}[{block.name_full}]"
            found[path] = type(block).__name__
            tell(bpy, found, path, block, 0)
            found[f"{path} custom"] = custom(block)
            arrays(bpy, found, path, block)
    context = bpy.context
    found["active"] = getattr(context.object, "name_full", None)
    found["mode"] = context.mode
    found["selected"] = sorted(thing.name_full for thing in context.selected_objects)
    return found


def tell(bpy, found, path, thing, depth):
    """Write the properties of a struct, and of those within it."""
    for prop in thing.bl_rna.properties:
        name = prop.identifier
        if name in VOLATILE or name in IN_BULK:
            continue
        try:
            value = getattr(thing, name)
        except (AttributeError, RuntimeError):  # told of, but not there in this state
            continue
        here = f"{path}.{name}"
        if prop.type == "POINTER" and isinstance(value, elsewhere(bpy)):
            found[here] = (type(value).__name__, value.name)
        elif prop.type == "POINTER":
            point_at(bpy, found, here, value, depth)
        elif prop.type == "COLLECTION":
            for row, item in enumerate(value):
                point_at(bpy, found, f"{here}[{row}]", item, depth)
        else:
            found[here] = plain(value)


def point_at(bpy, found, path, value, depth):
    """Write what is pointed at: a data-block's name, or all that is in a part of this one."""
    if value is None:
        found[path] = None
    elif isinstance(value, bpy.types.ID) and not value.is_embedded_data:
        found[path] = (type(value).__name__, value.name_full)
    elif depth < 6:
        tell(bpy, found, path, value, depth + 1)


def elsewhere(bpy):
    """Return the types of what is told where it belongs, and only named where it is pointed at."""
    return bpy.types.Node, bpy.types.NodeSocket, bpy.types.ShapeKey


def plain(value):
    """Return a value that can be compared."""
    if isinstance(value, (str, int, float, bool, bytes, type(None))):
        return value
    if isinstance(value, (set, frozenset)):
        return tuple(sorted(value))
    if hasattr(value, "to_dict"):
        return {key: plain(item) for key, item in value.items()}
    try:
        return tuple(plain(item) for item in value)
    except TypeError:
        return repr(type(value))


def custom(block):
    """Return a data-block's custom properties; data-blocks in them by name."""
    try:
        keys = list(block.keys())
    except (TypeError, AttributeError):  # some can have none
        return None
    return {key: getattr(block[key], "name_full", None) or plain(block[key]) for key in keys}


def arrays(bpy, found, path, block):
    """Write what there is much of as bytes."""
    if isinstance(block, bpy.types.Key):
        for key in block.key_blocks:
            values = np.empty(3 * len(key.points), np.float32)
            key.points.foreach_get("co", values)
            found[f"{path}.{key.name} points"] = values.tobytes()
    elif isinstance(block, bpy.types.Mesh):
        attributes(found, path, block.attributes)
        found[f"{path} shown colour"] = block.color_attributes.active_color_name
    elif isinstance(block, bpy.types.Image):
        found[f"{path} packed"] = [bytes(each.packed_file.data) for each in block.packed_files]
    elif type(block).__name__.startswith("GreasePencil"):
        for layer in block.layers:
            for frame in layer.frames:
                if getattr(frame, "drawing", None) is not None:
                    here = f"{path}.{layer.name}@{frame.frame_number}"
                    attributes(found, here, frame.drawing.attributes)
    asset = getattr(block, "asset_data", None)
    found[f"{path} asset"] = asset and (asset.description, [tag.name for tag in asset.tags])
    preview = block.preview if asset is not None else None
    if preview is not None and preview.image_size[0]:
        values = np.empty(len(preview.image_pixels_float), np.float32)
        preview.image_pixels_float.foreach_get(values)
        found[f"{path} preview"] = values.tobytes()


def attributes(found, path, layers):
    """Write attributes, names and all, but those that Blender computes."""
    for layer in layers:
        if layer.data_type in FIELDS and not layer.name.startswith(".select"):
            field, kind, columns = FIELDS[layer.data_type]
            values = np.empty(columns * len(layer.data), kind)
            layer.data.foreach_get(field, values)
            found[f"{path}.{layer.name} {layer.domain}"] = values.tobytes()


def differences(before, after, most=12):
    """Return what differs between two states, for a person to read."""
    rows = []
    for path in sorted(before.keys() | after.keys()):
        old, new = before.get(path, "nothing"), after.get(path, "nothing")
        if old != new and not (old != old and new != new):
            rows.append(f"{path}: {str(old)[:80]} → {str(new)[:80]}")
    return rows[:most]
