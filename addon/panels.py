"""The tab in the 3D view's sidebar, in the order of work: drawing, reading, head."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import ClassVar

import bpy

from ..rig.regions import REGIONS
from .bridge import heat, stage, watching, wearing
from .bridge.head import RECORD
from .bridge.strength import has_regions
from .correct import LIMNER_OT_correct, LIMNER_OT_forget_marks
from .folder_buttons import LIMNER_OT_animate_folder, LIMNER_OT_library_from_folder
from .gap_words import gap_rows, gap_summary
from .keep import (
    LIMNER_MT_kept,
    LIMNER_OT_export_glb,
    LIMNER_OT_keep_asset,
    LIMNER_OT_keep_rest,
    LIMNER_OT_keep_shape_key,
    LIMNER_OT_keyframe,
)
from .operators import (
    LIMNER_OT_detect,
    LIMNER_OT_draw,
    LIMNER_OT_fit,
    LIMNER_OT_live,
    LIMNER_OT_unpin,
)
from .own_mesh import LIMNER_OT_link_add, LIMNER_OT_link_remove, LIMNER_OT_recognise
from .preferences import rig_names
from .translation import iface
from .waiting import at_work
from .wear import LIMNER_MT_presets, LIMNER_OT_wear

__all__ = ["CLASSES"]

PIN_ICONS = {False: "UNPINNED", True: "PINNED"}
SOLO_ICONS = {False: "SOLO_OFF", True: "SOLO_ON"}
PRESENT_FROM = 0.1
"""Intensity below which FACS counts an Action Unit as absent."""


def gap_line(record: str) -> str:
    """Return the contour gap before and after in words, from a head's record."""
    gap = gap_summary(record)
    if gap is None:
        return ""
    return iface("Gap {before} → {after} of eye distance").format(
        before=f"{gap[0]:.1%}", after=f"{gap[1]:.1%}"
    )


def shows(row) -> bool:
    """Tell whether an Action Unit is there, or set by hand."""
    return row.is_pinned or max(row.left, row.right) >= PRESENT_FROM


def au_line(row) -> str:
    """Return the full name of an Action Unit and how sure it is; the list cuts names short."""
    if row.is_pinned:
        how_sure = iface("set by hand")
    elif row.is_unsure:
        how_sure = iface("the drawing says too little")
    else:
        how_sure = iface("{percent} sure").format(percent=f"{row.probability:.0%}")
    return f"{row.number} {iface(row.name)}: {how_sure}"


def au_columns(layout):
    """Cut a row into name, left, right, how sure, and pin."""
    parts = layout.split(factor=0.42, align=True)
    name = parts.row()
    numbers = parts.row(align=True)
    return name, numbers.row(), numbers.row(), numbers.row(), numbers.row(align=True)


class LIMNER_UL_aus(bpy.types.UIList):
    """Action Units as rows: number, name, left and right, how sure."""

    def draw_item(self, context, layout, data, item, icon, active_data, active_property):
        """Draw one row; what the drawing says little about is grey."""
        row = layout.row(align=True)
        row.active = item.is_pinned or not item.is_unsure
        name, left, right, sure, pin = au_columns(row)
        name.label(text=f"{item.number}  {iface(item.name)}", translate=False)
        left.prop(item, "left", text="", emboss=False)
        if item.is_paired:
            right.prop(item, "right", text="", emboss=False)
        else:
            right.label(text="")
        certainty = iface("set") if item.is_pinned else f"{item.probability:.0%}"
        sure.label(text=certainty, translate=False)
        pin.prop(item, "is_pinned", text="", emboss=False, icon=PIN_ICONS[item.is_pinned])
        pin.prop(item, "is_soloed", text="", emboss=False, icon=SOLO_ICONS[item.is_soloed])

    def filter_items(self, context, data, propname):
        """Hide what isn't there, if asked to."""
        rows = getattr(data, propname)
        if not data.only_present:
            return [], []
        return [self.bitflag_filter_item if shows(row) else 0 for row in rows], []


class SidebarTab:
    """Where all our panels live."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Limner"


class LIMNER_PT_drawing(SidebarTab, bpy.types.Panel):
    """Choose the drawing, read it, fit a head to it."""

    bl_idname = "LIMNER_PT_drawing"
    bl_label = "Drawing"

    def draw(self, context):
        """Draw the source and the buttons."""
        layout, limner = self.layout, context.scene.limner
        layout.row(align=True).prop(limner, "source", expand=True)
        if limner.source == "PENCIL":
            layout.prop(limner, "pencil", text="")
            layout.operator(LIMNER_OT_draw.bl_idname, icon="GREASEPENCIL")
        else:
            hint = iface("Picture with a drawn face")
            layout.prop(limner, "sketch_path", text="", placeholder=hint)
        layout.prop(limner, "rest_path", placeholder=iface("No picture"))
        if len(rig_names()) > 1:
            layout.prop(limner, "rig")
        working = at_work()
        if working is not None:
            layout.progress(factor=working[0], text=working[1], translate=False)
        row = layout.row(align=True)
        row.scale_y = 1.3
        row.operator(LIMNER_OT_detect.bl_idname, icon="VIEWZOOM")
        row.operator(LIMNER_OT_fit.bl_idname, icon="USER")
        if limner.source == "PENCIL":
            is_on = watching.is_watching()
            icon = "PAUSE" if is_on else "PLAY"
            layout.operator(LIMNER_OT_live.bl_idname, icon=icon, depress=is_on)
            if is_on:
                layout.label(text=watching.status())


class LIMNER_PT_reading(SidebarTab, bpy.types.Panel):
    """The Action Units of the drawing."""

    bl_idname = "LIMNER_PT_reading"
    bl_label = "Expression"

    def draw(self, context):
        """Draw the list, or say how to fill it."""
        layout, limner = self.layout, context.scene.limner
        if limner.aus:
            self.draw_list(layout, limner)
        else:
            layout.label(text="Press Detect or Fit to read the drawing", icon="INFO")
        row = layout.row(align=True)
        row.menu(LIMNER_MT_presets.bl_idname, icon="PRESET")
        if limner.aus:
            row.operator(LIMNER_OT_wear.bl_idname, icon="CHECKMARK")
        row = layout.row(align=True)
        row.operator(LIMNER_OT_correct.bl_idname, icon="CON_TRACKTO")
        row.operator(LIMNER_OT_forget_marks.bl_idname, text="", icon="X")

    def draw_list(self, layout, limner):
        """Draw the Action Units, and the chosen one in full."""
        titles = (iface("Action Unit"), iface("left"), iface("right"), iface("sure"), "")
        for column, title in zip(au_columns(layout.row(align=True)), titles, strict=True):
            column.label(text=title, translate=False)
        layout.template_list(
            "LIMNER_UL_aus", "", limner, "aus", limner, "au_row", rows=4, maxrows=10,
            sort_lock=True,
        )  # fmt: skip
        chosen = limner.aus[limner.au_row] if limner.au_row < len(limner.aus) else None
        if chosen is not None and (shows(chosen) or not limner.only_present):
            layout.label(text=au_line(chosen), translate=False)
        row = layout.row(align=True)
        row.prop(limner, "only_present")
        row.operator(LIMNER_OT_unpin.bl_idname, text="", icon="UNPINNED")


class LIMNER_UL_links(bpy.types.UIList):
    """Shape keys of somebody's own mesh: what drives them, and how much."""

    def draw_item(self, context, layout, data, item, icon, active_data, active_property):
        """Draw one row; a shape key that is gone is red."""
        keys = context.scene.limner.own.data.shape_keys
        parts = layout.split(factor=0.5, align=True)
        target = parts.row(align=True)
        target.alert = item.target not in keys.key_blocks
        target.label(text=item.target, translate=False)
        times = "" if item.factor == 1.0 else f" × {item.factor:.3g}"
        parts.label(text=f"{item.source}{times}", translate=False)


class LIMNER_PT_head(SidebarTab, bpy.types.Panel):
    """The head that wears the expression, and how well it lies on the lines."""

    bl_idname = "LIMNER_PT_head"
    bl_label = "Head"

    def draw(self, context):
        """Draw which head it is, and what belongs to it."""
        limner = context.scene.limner
        self.layout.row(align=True).prop(limner, "target", expand=True)
        if limner.target == "OWN":
            self.draw_own(limner)
        else:
            self.draw_fitted(context)

    def draw_own(self, limner):
        """Draw the choice of the mesh."""
        layout = self.layout
        layout.prop(limner, "own", text="", icon="MESH_DATA")
        if wearing.is_own_mesh(limner.own):
            kept = limner.own.limner_mesh
            if not kept.links:
                layout.label(text="No names that limner knows", icon="ERROR")
            layout.prop(kept, "with_companions")

    def draw_fitted(self, context):
        """Draw the slider and the gap, or say how to get a head."""
        layout = self.layout
        head = stage.find_head(context)
        if head is None:
            layout.label(text="Press Fit to make a head, or select one", icon="INFO")
            return
        layout.label(text=head.name, icon="USER", translate=False)
        layout.prop(stage.sketch_fit_key(head), "value", text="Sketch Fit", slider=True)
        row = layout.row()
        row.prop(context.scene.limner, "show_lines")
        row.prop(context.scene.limner, "show_heat")
        line = gap_line(head[RECORD])
        if line:
            layout.label(text=line, icon="DRIVER_DISTANCE", translate=False)


class LIMNER_PT_strengths(SidebarTab, bpy.types.Panel):
    """How much of the correction each part of the face wears."""

    bl_idname = "LIMNER_PT_strengths"
    bl_parent_id = "LIMNER_PT_head"
    bl_label = "Sketch Fit by Region"
    bl_options: ClassVar[set[str]] = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context):
        """Show it where there is a head of limner's."""
        return context.scene.limner.target == "HEAD" and stage.find_head(context) is not None

    def draw(self, context):
        """Draw a slider a region."""
        head = stage.find_head(context)
        column = self.layout.column(align=True)
        if not has_regions(head):
            column.label(text="Fit this head again to set its regions apart", icon="INFO")
            return
        column.enabled = head.mode == "OBJECT" and head.data.library is None
        for name in REGIONS:
            column.prop(head.limner_strengths, name, slider=True)


class LIMNER_PT_gap(SidebarTab, bpy.types.Panel):
    """How near the head's lines came to the drawn ones, feature by feature."""

    bl_idname = "LIMNER_PT_gap"
    bl_parent_id = "LIMNER_PT_head"
    bl_label = "Gap by Feature"
    bl_options: ClassVar[set[str]] = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context):
        """Show it where a gap was measured."""
        head = stage.find_head(context) if context.scene.limner.target == "HEAD" else None
        return head is not None and bool(gap_rows(head[RECORD]))

    def draw(self, context):
        """Draw a row a feature, the farthest first."""
        head = stage.find_head(context)
        column = self.layout.column(align=True)
        for gap in gap_rows(head[RECORD]):
            parts = column.split(factor=0.5)
            side = {"L": iface("left"), "R": iface("right")}.get(gap.side, "")
            title = f"{iface(gap.title)} {side}".rstrip()
            parts.label(text=title, translate=False)
            parts = parts.split(factor=0.55)
            parts.label(text=f"{gap.before:.1%} → {gap.after:.1%}", translate=False)
            parts.label(text=gap.words)
        if heat.is_shown(head):
            moved = iface("Sketch Fit moves the skin by up to {mm} mm")
            column.label(text=moved.format(mm=f"{heat.largest_mm(head):.1f}"), translate=False)


class LIMNER_PT_names(SidebarTab, bpy.types.Panel):
    """What drives the shape keys of somebody's own mesh."""

    bl_idname = "LIMNER_PT_names"
    bl_parent_id = "LIMNER_PT_head"
    bl_label = "Shape Keys"

    @classmethod
    def poll(cls, context):
        """Show it where there is such a mesh."""
        limner = context.scene.limner
        return limner.target == "OWN" and wearing.is_own_mesh(limner.own)

    def draw(self, context):
        """Draw the names and the rows."""
        layout, kept = self.layout, context.scene.limner.own.limner_mesh
        row = layout.row()
        row.label(text=kept.convention or iface("Unknown Names"), translate=False)
        row.operator(LIMNER_OT_recognise.bl_idname, icon="FILE_REFRESH")
        row = layout.row()
        row.template_list("LIMNER_UL_links", "", kept, "links", kept, "row", rows=5)
        column = row.column(align=True)
        column.operator(LIMNER_OT_link_add.bl_idname, text="", icon="ADD")
        column.operator(LIMNER_OT_link_remove.bl_idname, text="", icon="REMOVE")
        if 0 <= kept.row < len(kept.links):
            chosen, keys = kept.links[kept.row], context.scene.limner.own.data.shape_keys
            column = layout.column(align=True)
            column.prop_search(chosen, "target", keys, "key_blocks", text="", icon="SHAPEKEY_DATA")
            column.prop(chosen, "source", text="", icon="DRIVER")
            column.prop(chosen, "factor")


class LIMNER_PT_keep(SidebarTab, bpy.types.Panel):
    """Keep what the head wears."""

    bl_idname = "LIMNER_PT_keep"
    bl_label = "Keep"

    def draw(self, context):
        """Draw the buttons: of one expression, then of a folder of drawings."""
        layout = self.layout
        grid = layout.grid_flow(columns=2, even_columns=True, align=True)
        grid.operator(LIMNER_OT_keep_shape_key.bl_idname, icon="SHAPEKEY_DATA")
        grid.operator(LIMNER_OT_keep_rest.bl_idname, icon="MESH_DATA")
        grid.operator(LIMNER_OT_keyframe.bl_idname, icon="KEY_HLT")
        grid.operator(LIMNER_OT_keep_asset.bl_idname, icon="ASSET_MANAGER")
        layout.menu(LIMNER_MT_kept.bl_idname, icon="ACTION")
        layout.operator(LIMNER_OT_export_glb.bl_idname, icon="EXPORT")
        column = layout.column(align=True)
        column.operator(LIMNER_OT_animate_folder.bl_idname, icon="RENDER_ANIMATION")
        column.operator(LIMNER_OT_library_from_folder.bl_idname, icon="ASSET_MANAGER")


CLASSES = (
    LIMNER_UL_aus,
    LIMNER_UL_links,
    LIMNER_PT_drawing,
    LIMNER_PT_reading,
    LIMNER_PT_head,
    LIMNER_PT_strengths,
    LIMNER_PT_gap,
    LIMNER_PT_names,
    LIMNER_PT_keep,
)
