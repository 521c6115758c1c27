"""Keeping what a head wears: the buttons for shape keys, rest, keyframes, .glb and folders."""

# SPDX-License-Identifier: GPL-3.0-or-later
# No `from __future__ import annotations` here: Blender takes properties from real annotations.

from pathlib import Path
from typing import ClassVar

import bpy

from ..errors import FitError, LimnerError
from ..rig.arkit import ARKIT_NAMES
from .bridge import keeping, stage, wearing
from .bridge.unseen import driven_keys, one_shape_alone
from .expression import Expression, split_brows
from .guard import guarded
from .own_mesh import links_of
from .properties import listed_aus
from .translation import tip
from .wear import end_solo, meant_head, put_on

__all__ = ["CLASSES", "expression_keys"]


def expression_keys(context: bpy.types.Context) -> tuple[list[bpy.types.Object], list[str]]:
    """Return the meshes that wear an expression, and the names of the shape keys that hold it."""
    head = meant_head(context)
    if stage.is_head(head):
        return [head], [*ARKIT_NAMES, stage.SKETCH_FIT]
    things = [head]
    if head.limner_mesh.with_companions:
        things += wearing.companions(head, context.scene)
    return things, list(dict.fromkeys(each.target for each in links_of(head)))


def require_free_values(head: bpy.types.Object) -> None:
    """Raise `FitError` where shape keys would go on moving a rest that has what they do in it."""
    alone = one_shape_alone(head)
    if alone:
        raise FitError(alone)
    blocks = head.data.shape_keys.key_blocks
    moving = sorted(name for name in driven_keys(head) if blocks[name].value != 0.0)
    if moving:
        raise FitError(
            f"{head.name}: drivers move {', '.join(moving[:3])} and would move the new neutral as "
            "well; let them go to 0, or remove the drivers"
        )


class KeepsHead:
    """What the buttons share that keep what a head wears."""

    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Ask for a head that nobody is editing."""
        cls.poll_message_set(tip("Fit a head first, or choose your own mesh"))
        head = meant_head(context) if context.scene is not None else None
        if head is None:
            return False
        if head.data.library is not None:
            cls.poll_message_set(tip("This mesh belongs to another file; make it local first"))
            return False
        cls.poll_message_set(tip("Leave the edit or sculpt mode of the head first"))
        return head.mode == "OBJECT"

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Do the work, and tell of it."""
        self.report({"INFO"}, self.work(context, meant_head(context)))
        return {"FINISHED"}


class LIMNER_OT_keep_shape_key(KeepsHead, bpy.types.Operator):
    """Keep all that the head wears as one new shape key; what it wears now stays on"""

    bl_idname = "limner.keep_shape_key"
    bl_label = "As Shape Key"

    key_name: bpy.props.StringProperty(
        name="Name", description="Name of the new shape key", default="Expression"
    )

    def invoke(self, context: bpy.types.Context, event: object) -> set[str]:
        """Ask for a name."""
        return context.window_manager.invoke_props_dialog(self)

    def work(self, context: bpy.types.Context, head: bpy.types.Object) -> str:
        """Add the shape key."""
        end_solo(context)
        return f"Kept as the shape key {keeping.key_from_mix(head, self.key_name or 'Expression')}"


class LIMNER_OT_keep_rest(KeepsHead, bpy.types.Operator):
    """Make what the head wears its new neutral: all shape keys go to 0 and start from there"""

    bl_idname = "limner.keep_rest"
    bl_label = "As New Neutral"

    def work(self, context: bpy.types.Context, head: bpy.types.Object) -> str:
        """Change the rest."""
        end_solo(context)
        require_free_values(head)
        keeping.mix_to_rest(head)
        return f"{head.name} has a new neutral"


class LIMNER_OT_keyframe(KeepsHead, bpy.types.Operator):
    """Insert keyframes of the whole expression at the current frame"""

    bl_idname = "limner.keyframe"
    bl_label = "Keyframe"

    def work(self, context: bpy.types.Context, head: bpy.types.Object) -> str:
        """Insert them."""
        things, names = expression_keys(context)
        count = keeping.keyframe(things, names, context.scene.frame_current)
        return f"{count} keyframes at frame {context.scene.frame_current}"


class LIMNER_OT_keep_asset(KeepsHead, bpy.types.Operator):
    """Keep the listed expression as an asset of this file; it can be put on any head"""

    bl_idname = "limner.keep_asset"
    bl_label = "As Asset"

    asset_name: bpy.props.StringProperty(
        name="Name", description="Name of the asset", default="Expression"
    )

    def invoke(self, context: bpy.types.Context, event: object) -> set[str]:
        """Ask for a name."""
        return context.window_manager.invoke_props_dialog(self)

    def work(self, context: bpy.types.Context, head: bpy.types.Object) -> str:
        """Make the action."""
        from .expression_picture import picture_of  # and with it what renders

        end_solo(context)
        _, names = expression_keys(context)
        blocks = head.data.shape_keys.key_blocks
        weights = {name: blocks[name].value for name in names if name in blocks}
        kept = worn_expression(context, head)
        action = keeping.add_action(
            self.asset_name or "Expression", weights, kept.to_json(), picture_of(kept)
        )
        return f"Kept as the asset {action.name}"


def worn_expression(context: bpy.types.Context, head: bpy.types.Object) -> Expression:
    """Return the listed expression apart from the head.

    On a head of limner's the shapes are those that it wears, whatever the list says.
    """
    expression = Expression.from_aus(listed_aus(context.scene.limner))
    if stage.is_head(head):
        blocks = head.data.shape_keys.key_blocks
        worn = {name: blocks[name].value for name in ARKIT_NAMES if name in blocks}
        expression = Expression(expression.aus, split_brows(worn, expression.aus))
    return expression


class LIMNER_OT_wear_asset(bpy.types.Operator):
    """Put a kept expression on the head"""

    bl_idname = "limner.wear_asset"
    bl_label = "Put On Kept Expression"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    action: bpy.props.StringProperty(name="Asset", description="Name of the kept expression")

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Ask for a head and something kept."""
        cls.poll_message_set(tip("Fit a head first, or choose your own mesh"))
        if context.scene is None or meant_head(context) is None:
            return False
        cls.poll_message_set(tip("No expression is kept in this file"))
        return bool(keeping.kept_actions())

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Wear it."""
        action = bpy.data.actions.get(self.action)
        if action is None or keeping.EXPRESSION not in action:
            raise LimnerError(f"{self.action}: no such expression is kept in this file")
        expression = Expression.from_json(action[keeping.EXPRESSION])
        end_solo(context)
        for said in put_on(context, expression):
            self.report({"WARNING"}, said)
        return {"FINISHED"}


class LIMNER_MT_kept(bpy.types.Menu):
    """Expressions that were kept in this file."""

    bl_idname = "LIMNER_MT_kept"
    bl_label = "Kept Expressions"

    def draw(self, context: bpy.types.Context) -> None:
        """List them."""
        layout, actions = self.layout, keeping.kept_actions()
        if not actions:
            layout.label(text="No expression is kept in this file")
        for action in actions:
            icon = action.preview.icon_id if action.preview is not None else 0
            row = layout.operator(
                LIMNER_OT_wear_asset.bl_idname, text=action.name, translate=False, icon_value=icon
            )
            row.action = action.name


class LIMNER_OT_export_glb(KeepsHead, bpy.types.Operator):
    """Write the head as .glb, with all its shape keys under their exact names"""

    bl_idname = "limner.export_glb"
    bl_label = "Export .glb"
    bl_options: ClassVar[set[str]] = {"REGISTER"}  # nothing in the scene changes

    filepath: bpy.props.StringProperty(
        name="File", description="The .glb that is written", subtype="FILE_PATH"
    )
    filter_glob: bpy.props.StringProperty(default="*.glb", options={"HIDDEN"})

    def invoke(self, context: bpy.types.Context, event: object) -> set[str]:
        """Ask for a file."""
        self.filepath = f"{meant_head(context).name}.glb"
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def work(self, context: bpy.types.Context, head: bpy.types.Object) -> str:
        """Write it, and look into it."""
        if not self.filepath:
            raise LimnerError("no file name; give one that ends in .glb")
        path = Path(bpy.path.ensure_ext(bpy.path.abspath(self.filepath), ".glb"))
        names = keeping.export_glb(context, head, path)
        arkit = len(set(names) & set(ARKIT_NAMES))
        return f"{path.name}: {len(names)} shape keys, {arkit} of the 52 ARKit names"


CLASSES = (
    LIMNER_OT_keep_shape_key,
    LIMNER_OT_keep_rest,
    LIMNER_OT_keyframe,
    LIMNER_OT_keep_asset,
    LIMNER_OT_wear_asset,
    LIMNER_MT_kept,
    LIMNER_OT_export_glb,
)
