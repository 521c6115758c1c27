"""How strong `Sketch Fit` is, region by region: the sliders of a head."""

# SPDX-License-Identifier: GPL-3.0-or-later
# No `from __future__ import annotations` here: Blender takes properties from real annotations.

import bpy

from .bridge import stage
from .bridge.strength import apply_strengths

__all__ = ["CLASSES", "LimnerStrengths"]


def _apply(strengths: bpy.types.PropertyGroup, context: bpy.types.Context) -> None:
    """Let the head wear what is wanted; while it is being edited, its shape keys are not ours."""
    head = strengths.id_data
    if stage.is_head(head) and head.mode == "OBJECT":
        apply_strengths(head)


def _strength(name: str) -> object:
    """Return the property of one region."""
    return bpy.props.FloatProperty(
        name=name,
        description="How much of Sketch Fit this part of the face wears: at 1 its lines lie on "
        "yours, at 0 it is as its blendshapes make it",
        default=1.0,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
        options=set(),  # no keyframes: playing would not write the shape key
        update=_apply,
    )


class LimnerStrengths(bpy.types.PropertyGroup):
    """How much of its correction each region of a head wears."""

    brows: _strength("Brows")
    eyes: _strength("Eyes")
    nose: _strength("Nose")
    mouth: _strength("Mouth")
    jaw: _strength("Jaw")


CLASSES = (LimnerStrengths,)
