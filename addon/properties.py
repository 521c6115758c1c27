"""What the panel shows and keeps in the .blend: the drawing and the Action Units read."""

# SPDX-License-Identifier: GPL-3.0-or-later
# No `from __future__ import annotations` here: Blender takes properties from real annotations.

from collections.abc import Collection, Iterable, Mapping
from zlib import crc32

import bpy

from ..rig.facs import AU_LABELS, AU_NAMES, split_label
from .bridge import heat, stage, watching, wearing
from .bridge.head import COLOUR_ATTRIBUTE
from .own_mesh import fill_links
from .preferences import DEFAULT_RIG, rig_names

__all__ = [
    "CLASSES",
    "LimnerAU",
    "LimnerScene",
    "clear_solo",
    "listed_aus",
    "pinned_aus",
    "set_list",
    "show_detection",
]

UNSURE_ABOVE = 0.4
"""Uncertainty from which a reading is greyed."""

_is_filling = False
"""True while limner itself writes intensities: only what a person sets is pinned."""

RIG_TITLES = {"makehuman": "MakeHuman", "ict": "ICT-FaceKit", "ict-light": "ICT-FaceKit, light"}

PATH_OPTIONS = {"ANIMATABLE"}
if bpy.app.version >= (4, 5, 0):  # before, every path may start with // for the .blend's folder
    PATH_OPTIONS |= {"PATH_SUPPORTS_BLEND_RELATIVE"}


def _pin(row: bpy.types.PropertyGroup, context: bpy.types.Context) -> None:
    """Keep what somebody has set by hand."""
    if not _is_filling:
        if not row.is_pinned:
            row.is_pinned = True
        watching.note_change()


def _note_live(group: bpy.types.PropertyGroup, context: bpy.types.Context) -> None:
    """Let Live see that it is asked for something else."""
    watching.note_change()


def _solo(row: bpy.types.PropertyGroup, context: bpy.types.Context) -> None:
    """Show what is soloed on the head, or all again."""
    from .wear import show_solo  # which needs these properties

    if not _is_filling:
        show_solo(context)


class LimnerAU(bpy.types.PropertyGroup):
    """One Action Unit as it was read from the drawing, on both sides."""

    number: bpy.props.IntProperty(name="FACS number")
    is_paired: bpy.props.BoolProperty(
        name="Paired", description="Whether each side of the face has its own value"
    )
    left: bpy.props.FloatProperty(
        name="L",
        description="Intensity on the subject's left; set it to pin it, then press Fit",
        min=0.0,
        max=1.0,
        subtype="FACTOR",
        update=_pin,
    )
    right: bpy.props.FloatProperty(
        name="R",
        description="Intensity on the subject's right; set it to pin it, then press Fit",
        min=0.0,
        max=1.0,
        subtype="FACTOR",
        update=_pin,
    )
    probability: bpy.props.FloatProperty(
        name="Probability", description="How sure it is that this is there", min=0.0, max=1.0
    )
    is_unsure: bpy.props.BoolProperty(
        name="Unsure", description="The drawing says too little about this"
    )
    is_pinned: bpy.props.BoolProperty(
        name="Pin",
        description="Keep these values: Detect leaves them alone, and a fitted head wears them",
        update=_note_live,
    )
    is_soloed: bpy.props.BoolProperty(
        name="Solo",
        description="Show this and other soloed Action Units alone on the head, for a look; "
        "switched off, the head is as it was",
        update=_solo,
    )


def _is_own(limner: bpy.types.PropertyGroup, thing: bpy.types.Object) -> bool:
    """Offer meshes of the scene that have shape keys and are none of limner's."""
    return wearing.is_own_mesh(thing) and thing.name in limner.id_data.objects


def _read_names(limner: bpy.types.PropertyGroup, context: bpy.types.Context) -> None:
    """Read the names of a mesh that was chosen for the first time."""
    if wearing.is_own_mesh(limner.own) and not limner.own.limner_mesh.links:
        fill_links(limner.own)


def _is_drawing(limner: bpy.types.PropertyGroup, thing: bpy.types.Object) -> bool:
    """Offer Grease Pencil objects of the scene only."""
    return thing.type == "GREASEPENCIL" and thing.name in limner.id_data.objects


_rig_rows: list[tuple[str, str, str, int]] = []
"""The choices of heads; Blender needs the strings to live on."""


def _rig_items(limner: object, context: object) -> list[tuple[str, str, str, int]]:
    """Offer the heads there are; a .blend keeps the number, so a name's is always the same."""
    numbers = {name: crc32(name.encode()) >> 1 for name in rig_names()} | {DEFAULT_RIG: 0}
    rows = [(name, RIG_TITLES.get(name, name), "", number) for name, number in numbers.items()]
    if rows != _rig_rows:
        _rig_rows[:] = rows
    return _rig_rows


def _redraw_views(limner: bpy.types.PropertyGroup, context: bpy.types.Context) -> None:
    """Draw the 3D views anew."""
    for area in context.screen.areas if context.screen is not None else ():
        if area.type == "VIEW_3D":
            area.tag_redraw()


def _show_heat(limner: bpy.types.PropertyGroup, context: bpy.types.Context) -> None:
    """Colour the scene's heads by their corrections, or as they were."""
    for thing in limner.id_data.objects:
        if stage.is_head(thing) and thing.data.library is None:
            if limner.show_heat:
                heat.show(thing)
            else:
                heat.hide(thing, COLOUR_ATTRIBUTE)
    space = context.space_data
    if limner.show_heat and space is not None and space.type == "VIEW_3D":
        space.shading.color_type = "VERTEX"


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
    rest_path: bpy.props.StringProperty(
        name="At Rest",
        description="Picture of the same character at rest, by the same hand and from the same "
        "side: what is in it is no expression. It may stay empty",
        subtype="FILE_PATH",
        options=PATH_OPTIONS,
        update=_note_live,
    )
    target: bpy.props.EnumProperty(
        name="Target",
        description="Which head wears the expression",
        items=(
            ("HEAD", "limner's Head", "A head that limner makes and fits to the lines", 0),
            ("OWN", "My Own Mesh", "A mesh of yours: its shape keys get the expression", 1),
        ),
    )
    own: bpy.props.PointerProperty(
        name="Mesh",
        description="Mesh with shape keys that wears the expression",
        type=bpy.types.Object,
        poll=_is_own,
        update=_read_names,
    )
    rig: bpy.props.EnumProperty(
        name="Head",
        description="The head that is fitted; more are made by `limner rig build`",
        items=_rig_items,
        update=_note_live,
    )
    show_lines: bpy.props.BoolProperty(
        name="Lines",
        description="Show the drawn lines, the head's and the gap between them over camera views",
        default=True,
        update=_redraw_views,
    )
    show_heat: bpy.props.BoolProperty(
        name="Heat",
        description="Colour the head by how far Sketch Fit moves it: grey not at all, red 5 mm",
        update=_show_heat,
    )
    marks: bpy.props.StringProperty(
        name="Marks", description="Where the face of the last reading is", options={"HIDDEN"}
    )
    aus: bpy.props.CollectionProperty(type=LimnerAU)
    au_row: bpy.props.IntProperty(name="Row")
    only_present: bpy.props.BoolProperty(
        name="Only What Shows",
        description="Hide the Action Units that the drawing doesn't show",
        default=True,
    )


CLASSES = (LimnerAU, LimnerScene)


def listed_aus(limner: LimnerScene, numbers: Collection[int] | None = None) -> dict[str, float]:
    """Return what the list says: AU label → intensity; of some AUs only, or of all."""
    return _labelled(row for row in limner.aus if numbers is None or row.number in numbers)


def pinned_aus(limner: LimnerScene) -> dict[str, float]:
    """Return what was set by hand: AU label → intensity."""
    return _labelled(row for row in limner.aus if row.is_pinned)


def _labelled(rows: Iterable[LimnerAU]) -> dict[str, float]:
    """Return the intensities of rows by label."""
    aus = {}
    for row in rows:
        if row.is_paired:
            aus |= {f"AU{row.number}L": row.left, f"AU{row.number}R": row.right}
        else:
            aus[f"AU{row.number}"] = row.left
    return aus


def clear_solo(limner: LimnerScene) -> None:
    """Take the solo marks off; whoever calls it sees to the head."""
    global _is_filling
    _is_filling = True
    try:
        for row in limner.aus:
            row.is_soloed = False
    finally:
        _is_filling = False


def set_list(limner: LimnerScene, aus: Mapping[str, float]) -> None:
    """Fill the list with an expression that somebody wants, every row of it pinned."""
    global _is_filling
    _is_filling = True
    try:
        limner.aus.clear()
        for label in sorted(AU_LABELS, key=lambda label: (split_label(label)[0], label)):
            number, side = split_label(label)
            row = limner.aus[-1] if side == "R" else _add_row(limner, number, side)
            if side != "R":
                row.left = aus.get(label, 0.0)
            if side != "L":
                row.right = aus.get(label, 0.0)
            row.is_pinned, row.probability = True, 1.0
    finally:
        _is_filling = False
    watching.note_change()


def _add_row(limner: LimnerScene, number: int, side: str | None) -> LimnerAU:
    """Add the row of an Action Unit."""
    row = limner.aus.add()
    row.name, row.number, row.is_paired = AU_NAMES[number], number, side is not None
    return row


def show_detection(limner: LimnerScene, detection: object) -> None:
    """Fill the list of Action Units from a `Detection`, in FACS order; pinned ones stay."""
    global _is_filling
    pinned = {row.number: (row.left, row.right) for row in limner.aus if row.is_pinned}
    is_first = not limner.aus
    _is_filling = True
    try:
        _fill(limner, detection)
        if is_first:  # what is plainest is chosen, so that the panel tells of it
            strength = [max(row.left, row.right) for row in limner.aus]
            limner.au_row = strength.index(max(strength))
        for row in limner.aus:
            if row.number in pinned:
                row.left, row.right = pinned[row.number]
                row.is_pinned, row.is_unsure = True, False
    finally:
        _is_filling = False


def _fill(limner: LimnerScene, detection: object) -> None:
    """Write what was read."""
    limner.aus.clear()
    rows: dict[int, LimnerAU] = {}
    order = sorted(
        range(len(detection.au_labels)), key=lambda i: split_label(detection.au_labels[i])
    )
    for index in order:
        number, side = split_label(detection.au_labels[index])
        row = rows.get(number)
        if row is None:
            row = rows[number] = _add_row(limner, number, side)
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
