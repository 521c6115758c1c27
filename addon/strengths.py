"""How strong `Sketch Fit` is, region by region: the sliders of a head."""

# SPDX-License-Identifier: GPL-3.0-or-later
# No `from __future__ import annotations` here: Blender takes properties from real annotations.

import bpy

from ..rig.regions import REGIONS
from .bridge import stage
from .bridge.strength import set_strength, strengths_of

__all__ = ["CLASSES", "LimnerStrengths"]


def _strength(name: str) -> object:
    """Return the property of one region: a view on what is kept with the head's mesh."""
    region = name.lower()

    def worn(strengths: bpy.types.PropertyGroup) -> float:
        head = strengths.id_data
        return strengths_of(head)[REGIONS.index(region)] if stage.is_head(head) else 1.0

    def wear(strengths: bpy.types.PropertyGroup, share: float) -> None:
        head = strengths.id_data  # while it is being edited, its shape keys are not ours
        if stage.is_head(head) and head.mode == "OBJECT" and head.data.library is None:
            set_strength(head, region, share)

    return bpy.props.FloatProperty(
        name=name,
        description="How much of Sketch Fit this part of the face wears: at 1 its lines lie on "
        "yours, at 0 it is as its blendshapes make it",
        default=1.0,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
        options=set(),  # no keyframes: playing would not write the shape key
        get=worn,
        set=wear,
    )


class LimnerStrengths(bpy.types.PropertyGroup):
    """How much of its correction each region of a head wears."""

    brows: _strength("Brows")
    eyes: _strength("Eyes")
    nose: _strength("Nose")
    mouth: _strength("Mouth")
    jaw: _strength("Jaw")


CLASSES = (LimnerStrengths,)
