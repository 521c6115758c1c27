"""Expressions put on the head that is meant: what was read, what was set by hand, a preset."""

# SPDX-License-Identifier: GPL-3.0-or-later
# No `from __future__ import annotations` here: Blender takes properties from real annotations.

from typing import ClassVar

import bpy

from ..errors import LimnerError
from .bridge import stage, wearing
from .bridge.unseen import unseen
from .conventions import drive
from .expression import PROTOTYPES, Expression, prototype
from .guard import guarded
from .own_mesh import require_links
from .properties import clear_solo, listed_aus, set_list
from .translation import tip

__all__ = ["CLASSES", "end_solo", "meant_head", "put_on", "show_solo"]

PRESET_ITEMS = tuple(
    (name.upper(), name.capitalize(), f"Set the list to {name}, as FACS describes it")
    for name in PROTOTYPES
)


def meant_head(context: bpy.types.Context) -> bpy.types.Object | None:
    """Return the mesh that wears expressions: my own mesh, or the head that limner made."""
    limner = context.scene.limner
    if limner.target != "OWN":
        return stage.find_head(context)
    own = limner.own
    return own if wearing.is_own_mesh(own) and own.name in context.scene.objects else None


def put_on(context: bpy.types.Context, expression: Expression) -> list[str]:
    """Put an expression on the head that is meant; say what of it does not show, and why.

    `Sketch Fit` and whatever is no part of an expression stay as they are.

    Raises
    ------
    FitError
        If nothing drives the mesh, or it lies in another file.
    """
    head = meant_head(context)
    things = [head]
    if not wearing.is_own_mesh(head):
        weights = expression.arkit()
    else:
        weights = drive(expression, require_links(head))
        if head.limner_mesh.with_companions:
            things += wearing.companions(head, context.scene)
    wearing.wear(things, weights)
    return unseen(things, weights)


def show_solo(context: bpy.types.Context) -> None:
    """Show the soloed Action Units alone; without any, what the head wore before."""
    head = meant_head(context)
    if head is None:
        return
    limner = context.scene.limner
    alone = {row.number for row in limner.aus if row.is_soloed}
    if not alone:
        wearing.wear([head], wearing.restore(head))
        return
    wearing.remember(head)
    aus = listed_aus(limner, alone)
    try:
        put_on(context, Expression.from_aus(aus))
    except LimnerError:  # nothing drives it: nothing to show
        return
    if stage.is_head(head):
        stage.sketch_fit_key(head).value = 0.0


def end_solo(context: bpy.types.Context) -> None:
    """Let the head wear what it wore before Action Units were soloed."""
    clear_solo(context.scene.limner)
    head = meant_head(context)
    if head is not None:
        wearing.wear([head], wearing.restore(head))


class WearsExpression:
    """What the buttons share that put an expression on a head."""

    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Ask for a head."""
        cls.poll_message_set(tip("Fit a head first, or choose your own mesh"))
        return context.scene is not None and meant_head(context) is not None

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Do the work, and tell what of it does not show."""
        end_solo(context)
        for said in self.work(context):
            self.report({"WARNING"}, said)
        return {"FINISHED"}


class LIMNER_OT_wear(WearsExpression, bpy.types.Operator):
    """Put the listed expression on the head: its shape keys are set, nothing else"""

    bl_idname = "limner.wear"
    bl_label = "Put On"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Ask for a head and a list."""
        if not super().poll(context):
            return False
        cls.poll_message_set(tip("Press Detect first, or choose a preset"))
        return bool(context.scene.limner.aus)

    def work(self, context: bpy.types.Context) -> list[str]:
        """Wear what is listed."""
        return put_on(context, Expression.from_aus(listed_aus(context.scene.limner)))


class LIMNER_OT_preset(bpy.types.Operator):
    """Set the list to a well-known expression, all of it pinned, and put it on the head"""

    bl_idname = "limner.preset"
    bl_label = "Preset"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    preset: bpy.props.EnumProperty(
        name="Expression", description="Expression as FACS describes it", items=PRESET_ITEMS
    )

    @classmethod
    def description(cls, context: bpy.types.Context, properties: object) -> str:
        """Tell of the preset that the mouse is over."""
        return next(item[2] for item in PRESET_ITEMS if item[0] == properties.preset)

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Fill the list; wear it where there is a head to wear it."""
        end_solo(context)
        aus = prototype(self.preset.lower())
        set_list(context.scene.limner, aus)
        if meant_head(context) is not None:
            try:
                said = put_on(context, Expression.from_aus(aus))
            except LimnerError as error:
                said = [str(error)]
            for each in said:
                self.report({"WARNING"}, each)
        return {"FINISHED"}


class LIMNER_MT_presets(bpy.types.Menu):
    """Expressions to start from."""

    bl_idname = "LIMNER_MT_presets"
    bl_label = "Presets"

    def draw(self, context: bpy.types.Context) -> None:
        """List them."""
        for key, title, _ in PRESET_ITEMS:
            self.layout.operator(LIMNER_OT_preset.bl_idname, text=title).preset = key


CLASSES = (LIMNER_OT_wear, LIMNER_OT_preset, LIMNER_MT_presets)
