"""Why shape keys that were set do not show what they should: drivers, mutes, ends of sliders.

Nothing here changes anything: the artist has set up the mesh so, and is told.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import bpy

__all__ = ["driven_keys", "one_shape_alone", "unseen"]

_SEEN = 0.02
"""A value that is off by less is not worth a word."""
_NAMED = 3


def driven_keys(thing: bpy.types.Object) -> set[str]:
    """Return the names of the shape keys whose values a driver sets."""
    keys = thing.data.shape_keys
    drivers = keys.animation_data.drivers if keys.animation_data is not None else ()
    paths = {driver.data_path for driver in drivers}
    return {key.name for key in keys.key_blocks if key.path_from_id("value") in paths}


def one_shape_alone(thing: bpy.types.Object) -> str:
    """Say why values of a mesh's shape keys do not mix at all, in one line; empty if they do."""
    if not thing.data.shape_keys.use_relative:
        return (
            f"{thing.name}: its shape keys are absolute, so their values show nothing; switch "
            "Relative on below the list of shape keys"
        )
    if thing.show_only_shape_key:
        return (
            f"{thing.name} shows one shape key alone; switch off Solo Active Shape Key below the "
            "list of shape keys"
        )
    return ""


def unseen(things: Iterable[bpy.types.Object], weights: Mapping[str, float]) -> list[str]:
    """Say what of the values that meshes were given does not show, one sentence for each cause.

    Parameters
    ----------
    weights : shape key → value that was asked for
    """
    driven: set[str] = set()
    muted: set[str] = set()
    short: dict[str, str] = {}
    said = []
    for thing in things:
        alone = one_shape_alone(thing)
        if alone:
            said.append(alone)
        keys = thing.data.shape_keys.key_blocks
        held = driven_keys(thing) & weights.keys()
        driven |= held
        for name, weight in weights.items():
            key = keys.get(name)
            if key is None or name in held or key == key.id_data.reference_key:
                continue
            if key.mute and abs(weight) > _SEEN:
                muted.add(name)
            end = min(max(weight, key.slider_min), key.slider_max)
            if abs(end - weight) > _SEEN:
                short[name] = f"{name} at {end:.2g}"
    if driven:
        said.append(_counted("are moved by drivers and stay", sorted(driven)))
    if muted:
        said.append(_counted("are muted and do not show", sorted(muted)))
    if short:
        said.append(_counted("stop where their sliders end", [short[n] for n in sorted(short)]))
    return said


def _counted(what: str, names: Sequence[str]) -> str:
    """Say it of so many shape keys, the first of them named."""
    more = " …" if len(names) > _NAMED else ""
    return f"{len(names)} shape keys {what}: {', '.join(names[:_NAMED])}{more}"
