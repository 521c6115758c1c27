"""Weights on the shape keys of any mesh: the artist's own, or one that limner made.

Nothing but the values of named shape keys is ever changed: no vertex, no modifier, no material.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import bpy

from ...errors import FitError
from .stage import BEFORE_SOLO, is_head

__all__ = ["companions", "is_own_mesh", "key_names", "remember", "restore", "wear"]


def is_own_mesh(thing: bpy.types.Object | None) -> bool:
    """Tell whether an object is a mesh with shape keys that limner has not made."""
    return bool(key_names(thing)) and not is_head(thing)


def key_names(thing: bpy.types.Object | None) -> list[str]:
    """Return the names of a mesh's shape keys, without the one at rest."""
    keys = thing.data.shape_keys if thing is not None and thing.type == "MESH" else None
    if keys is None:
        return []
    return [key.name for key in keys.key_blocks if key != keys.reference_key]


def companions(thing: bpy.types.Object, scene: bpy.types.Scene) -> list[bpy.types.Object]:
    """Return the other meshes of a character: under the same parent, or under the mesh itself.

    Teeth, lashes and brows often are meshes of their own, with shape keys of the same names.
    """
    return [
        other
        for other in scene.objects
        if other != thing
        and key_names(other)
        and other.parent is not None
        and other.parent in (thing.parent, thing)
    ]


def wear(things: Iterable[bpy.types.Object], weights: Mapping[str, float]) -> None:
    """Set the values of shape keys by name; `unseen.unseen` says what of them does not show.

    Raises
    ------
    FitError
        If the first of `things` lies in another file and can't be changed.
    """
    for number, thing in enumerate(things):
        keys = thing.data.shape_keys
        if not getattr(keys, "is_editable", keys.library is None):
            if number == 0:
                raise FitError(
                    f"{thing.name}: its shape keys belong to another file; make a library "
                    "override (Object > Library Override > Make) and choose that"
                )
            continue
        for name, weight in weights.items():
            key = keys.key_blocks.get(name)
            if key is not None and key != keys.reference_key:
                key.value = weight


def remember(thing: bpy.types.Object) -> None:
    """Keep what a mesh wears, unless something is kept already."""
    if BEFORE_SOLO not in thing:
        blocks = thing.data.shape_keys.key_blocks
        thing[BEFORE_SOLO] = json.dumps({name: blocks[name].value for name in key_names(thing)})


def restore(thing: bpy.types.Object) -> dict[str, float]:
    """Return what a mesh wore when it was kept, and forget it."""
    kept = json.loads(thing.get(BEFORE_SOLO, "{}"))
    if BEFORE_SOLO in thing:
        del thing[BEFORE_SOLO]
    return kept
