"""Heat: how far `Sketch Fit` moves the skin, as a colour of every vertex."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import bpy
import numpy as np
from numpy.typing import NDArray

from ...rig.head_mesh import SKETCH_FIT
from ...rig.heat import heat_colours

__all__ = ["HEAT", "hide", "is_shown", "largest_mm", "show"]

HEAT = "Sketch Fit Heat"
"""Colour attribute that is there, and shown, while heat is on."""


def is_shown(head: bpy.types.Object) -> bool:
    """Tell whether a head shows heat."""
    return HEAT in head.data.color_attributes


def show(head: bpy.types.Object) -> None:
    """Colour a head by how far its correction moves it; call it again after a fit."""
    mesh = head.data
    layer = mesh.color_attributes.get(HEAT)
    if layer is None:
        layer = mesh.color_attributes.new(HEAT, "FLOAT_COLOR", "POINT")
    layer.data.foreach_set("color", heat_colours(_moved_mm(head)).ravel())
    mesh.color_attributes.active_color_name = HEAT
    mesh.update()


def hide(head: bpy.types.Object, colour: str) -> None:
    """Give a head the colour attribute back that it had."""
    layers = head.data.color_attributes
    if HEAT in layers:
        layers.remove(layers[HEAT])
    if colour in layers:
        layers.active_color_name = colour
    head.data.update()


def largest_mm(head: bpy.types.Object) -> float:
    """Return how far the correction moves a head at most."""
    return float(_moved_mm(head).max(initial=0.0))


def _moved_mm(head: bpy.types.Object) -> NDArray[np.float32]:
    """Return the (V,) lengths of `Sketch Fit` at full strength, millimetres of the head itself."""
    keys = head.data.shape_keys
    found = []
    for key in (keys.key_blocks[SKETCH_FIT], keys.reference_key):
        points = np.empty(3 * len(key.points), dtype=np.float32)
        key.points.foreach_get("co", points)
        found.append(points.reshape(-1, 3))
    return 1000.0 * np.linalg.norm(found[0] - found[1], axis=1)
