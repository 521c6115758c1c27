"""What moves a fitted head besides its shape keys: its lines are not seen where they were laid.

An armature that poses the head, a lattice, a displacement: the artist's, and left alone.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import bpy
import numpy as np
from numpy.typing import NDArray

__all__ = ["moved_as_well"]

_SEEN_M, _SMOOTHED_M, _SMOOTHED_SHARE = 0.0005, 0.003, 0.95
"""Beyond that it is seen. Subdividing rounds limner's own head by up to 13 mm in places, but 95 %
of its vertices by less than 2 mm."""


def moved_as_well(context: bpy.types.Context, head: bpy.types.Object) -> str:
    """Say how far modifiers move a head away from what its shape keys make of it; empty if hardly.

    The vertices that a modifier adds come after those that there were.
    """
    shown = [modifier.name for modifier in head.modifiers if modifier.show_viewport]
    if not shown:
        return ""
    seen = head.evaluated_get(context.evaluated_depsgraph_get())
    mesh = seen.to_mesh()
    points = np.empty(3 * len(mesh.vertices), dtype=np.float32)
    mesh.vertices.foreach_get("co", points)
    seen.to_mesh_clear()
    points, wanted = points.reshape(-1, 3), _mixed(head)
    if len(points) < len(wanted):
        return ""
    is_whole = len(points) == len(wanted)
    away = np.linalg.norm(points[: len(wanted)] - wanted, axis=1)
    moved = float(np.quantile(away, 1.0 if is_whole else _SMOOTHED_SHARE))
    if moved < (_SEEN_M if is_whole else _SMOOTHED_M):
        return ""
    return (
        f"{head.name} is moved by {', '.join(shown)} as well, up to {1000.0 * moved:.0f} mm: there "
        "its lines are not seen where they were laid"
    )


def _mixed(head: bpy.types.Object) -> NDArray[np.float32]:
    """Return (V, 3) what the shape keys make of a mesh."""
    keys = head.data.shape_keys
    rest = _points(keys.reference_key)
    mixed = rest.copy()
    for key in keys.key_blocks:
        if key != keys.reference_key and key.value != 0.0 and not key.mute:
            mixed += key.value * (_points(key) - _points(key.relative_key))
    return mixed


def _points(key: bpy.types.ShapeKey) -> NDArray[np.float32]:
    """Return the (V, 3) coordinates of a shape key."""
    points = np.empty(3 * len(key.points), dtype=np.float32)
    key.points.foreach_get("co", points)
    return points.reshape(-1, 3)
