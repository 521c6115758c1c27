"""What the panel shows and keeps in the .blend: the drawing and the Action Units read."""

# SPDX-License-Identifier: GPL-3.0-or-later
# No `from __future__ import annotations` here: Blender takes properties from real annotations.

import bpy

from ..rig.facs import AU_NAMES, split_label

__all__ = ["CLASSES", "LimnerAU", "LimnerScene", "show_detection"]

UNSURE_ABOVE = 0.4
"""Uncertainty from which a reading is greyed."""

PATH_OPTIONS = {"ANIMATABLE"}
if bpy.app.version >= (4, 5, 0):  # before, every path may start with // for the .blend's folder
    PATH_OPTIONS |= {"PATH_SUPPORTS_BLEND_RELATIVE"}


class LimnerAU(bpy.types.PropertyGroup):
    """One Action Unit as it was read from the drawing, on both sides."""

    number: bpy.props.IntProperty(name="FACS number")
    is_paired: bpy.props.BoolProperty(
        name="Paired", description="Whether each side of the face has its own value"
    )
    left: bpy.props.FloatProperty(
        name="L", description="Intensity on the subject's left", min=0.0, max=1.0, subtype="FACTOR"
    )
    right: bpy.props.FloatProperty(
        name="R", description="Intensity on the subject's right", min=0.0, max=1.0, subtype="FACTOR"
    )
    probability: bpy.props.FloatProperty(
        name="Probability", description="How sure it is that this is there", min=0.0, max=1.0
    )
    is_unsure: bpy.props.BoolProperty(
        name="Unsure", description="The drawing says too little about this"
    )


def _is_drawing(limner: bpy.types.PropertyGroup, thing: bpy.types.Object) -> bool:
    """Offer Grease Pencil objects of the scene only."""
    return thing.type == "GREASEPENCIL" and thing.name in limner.id_data.objects


def _redraw_views(limner: bpy.types.PropertyGroup, context: bpy.types.Context) -> None:
    """Draw the 3D views anew."""
    for area in context.screen.areas if context.screen is not None else ():
        if area.type == "VIEW_3D":
            area.tag_redraw()


class LimnerScene(bpy.types.PropertyGroup):
    """What limner keeps in a scene."""

    source: bpy.props.EnumProperty(
        name="Source",
        description="Where the drawing is",
        items=(
            ("PICTURE", "Picture", "A picture file with a drawn face", "IMAGE_DATA", 0),
            ("PENCIL", "Grease Pencil", "Strokes drawn in Blender", "GREASEPENCIL", 1),
        ),
    )
    pencil: bpy.props.PointerProperty(
        name="Strokes",
        description="Grease Pencil object with a drawn face, read as its camera sees it",
        type=bpy.types.Object,
        poll=_is_drawing,
    )

    sketch_path: bpy.props.StringProperty(
        name="Drawing",
        description="Picture with a drawn face",
        subtype="FILE_PATH",
        options=PATH_OPTIONS,
    )
    show_lines: bpy.props.BoolProperty(
        name="Lines",
        description="Show the drawn lines, the head's and the gap between them over camera views",
        default=True,
        update=_redraw_views,
    )
    aus: bpy.props.CollectionProperty(type=LimnerAU)
    au_row: bpy.props.IntProperty(name="Row")
    only_present: bpy.props.BoolProperty(
        name="Only What Shows",
        description="Hide the Action Units that the drawing doesn't show",
        default=True,
    )


CLASSES = (LimnerAU, LimnerScene)


def show_detection(limner: LimnerScene, detection: object) -> None:
    """Fill the list of Action Units from a `Detection`, in FACS order."""
    limner.aus.clear()
    rows: dict[int, LimnerAU] = {}
    order = sorted(
        range(len(detection.au_labels)), key=lambda i: split_label(detection.au_labels[i])
    )
    for index in order:
        number, side = split_label(detection.au_labels[index])
        row = rows.get(number)
        if row is None:
            row = rows[number] = limner.aus.add()
            row.name = AU_NAMES[number]
            row.number, row.is_paired = number, side is not None
        probability = float(detection.probability[index])
        # what isn't there has no strength
        strength = float(detection.intensity[index]) if detection.present[index] else 0.0
        if side != "R":
            row.left = strength
        if side != "L":
            row.right = strength
        hidden = detection.visible[index] < 0.5
        unsure = bool(detection.uncertainty[index] > UNSURE_ABOVE or hidden)
        if side == "R":  # the left came first; the row tells of the surer presence
            row.is_unsure = unsure if probability > row.probability else row.is_unsure
        else:
            row.is_unsure = unsure
        row.probability = max(row.probability, probability)
