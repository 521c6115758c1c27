"""`Sketch Fit`, region by region: the shape key holds as much of the correction as is wanted.

The whole correction stays with the mesh as an attribute, and so do the regions, so that nothing is
lost by turning a region down. Where somebody has sculpted the shape key, that is kept as well.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import bpy
import numpy as np
from numpy.typing import NDArray

from ...rig.head_mesh import SKETCH_FIT
from ...rig.regions import REGIONS, strength_mask
from . import heat

__all__ = ["STRENGTHS", "has_regions", "keep_correction", "set_strength", "strengths_of"]

STRENGTHS = "limner_strengths"
"""Custom property of a head's mesh: how much of its correction each region wears, (5,)."""

WHOLE = "Sketch Fit Whole"
"""Attribute of a head: the correction at full strength, metres from the rest."""

REGION = "Sketch Fit {}"
"""Attributes of a head: how far each vertex belongs to a region."""

_SCULPTED_M = 1e-6
_LEAST_SHARE = 0.05


def has_regions(head: bpy.types.Object) -> bool:
    """Tell whether a head knows its regions; heads of limner's first versions do not."""
    names = head.data.attributes.keys()
    return WHOLE in names and all(REGION.format(name) in names for name in REGIONS)


def strengths_of(head: bpy.types.Object) -> NDArray[np.float64]:
    """Return what a head wears of its correction, (5,): all of it where nobody said else."""
    return np.array(head.data.get(STRENGTHS, (1.0,) * len(REGIONS)), dtype=np.float64)


def keep_correction(
    head: bpy.types.Object, whole: NDArray[np.float32], weights: NDArray[np.float32]
) -> None:
    """Keep a new correction with its head, and wear as much of it as is wanted.

    Parameters
    ----------
    whole : (V, 3) metres from the rest, in Blender's space
    weights : (V, 5), see `region_weights`
    """
    _write(head, WHOLE, "FLOAT_VECTOR", "vector", whole)
    for name, column in zip(REGIONS, weights.T, strict=True):
        _write(head, REGION.format(name), "FLOAT", "value", column)
    _wear(head, whole, weights, strengths_of(head))


def set_strength(head: bpy.types.Object, region: str, share: float) -> None:
    """Let a region wear so much of the correction; a head without regions from its next fit on."""
    wanted = strengths_of(head)
    wanted[REGIONS.index(region)] = share
    if not has_regions(head):
        head.data[STRENGTHS] = wanted.tolist()
        return
    whole = _read(head, WHOLE, "vector", 3)
    weights = np.hstack([_read(head, REGION.format(name), "value", 1) for name in REGIONS])
    whole = _with_sculpting(head, whole, weights)
    _wear(head, whole, weights, wanted)


def _wear(
    head: bpy.types.Object,
    whole: NDArray[np.float32],
    weights: NDArray[np.float32],
    strengths: NDArray[np.float64],
) -> None:
    """Write the shape key."""
    keys = head.data.shape_keys
    worn = _points(keys.reference_key) + whole * strength_mask(weights, strengths)
    keys.key_blocks[SKETCH_FIT].points.foreach_set("co", worn.ravel())
    head.data[STRENGTHS] = strengths.tolist()
    keys.update_tag()  # Blender 4.2 does not see bulk changes without it
    head.data.update()
    if heat.is_shown(head):
        heat.show(head)


def _with_sculpting(
    head: bpy.types.Object, whole: NDArray[np.float32], weights: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Take into the whole correction what somebody has done to the shape key since."""
    share = strength_mask(weights, strengths_of(head))
    keys = head.data.shape_keys
    worn = _points(keys.key_blocks[SKETCH_FIT]) - _points(keys.reference_key)
    sculpted = np.abs(worn - whole * share).max(axis=1) > _SCULPTED_M
    if sculpted.any():
        full = np.where(share > _LEAST_SHARE, worn / np.maximum(share, _LEAST_SHARE), worn)
        whole[sculpted] = full[sculpted]
        _write(head, WHOLE, "FLOAT_VECTOR", "vector", whole)
    return whole


def _points(key: bpy.types.ShapeKey) -> NDArray[np.float32]:
    """Return the (V, 3) coordinates of a shape key."""
    points = np.empty(3 * len(key.points), dtype=np.float32)
    key.points.foreach_get("co", points)
    return points.reshape(-1, 3)


def _read(head: bpy.types.Object, name: str, field: str, columns: int) -> NDArray[np.float32]:
    """Return an attribute of the vertices, (V, columns)."""
    layer = head.data.attributes[name]
    values = np.empty(columns * len(layer.data), dtype=np.float32)
    layer.data.foreach_get(field, values)
    return values.reshape(-1, columns)


def _write(
    head: bpy.types.Object, name: str, kind: str, field: str, values: NDArray[np.float32]
) -> None:
    """Write an attribute of the vertices."""
    layers = head.data.attributes
    layer = layers.get(name) or layers.new(name, kind, "POINT")
    layer.data.foreach_set(field, np.ascontiguousarray(values, dtype=np.float32).ravel())
