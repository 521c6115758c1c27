"""My own mesh: its shape keys' names, what drives them, and the buttons to change that."""

# SPDX-License-Identifier: GPL-3.0-or-later
# No `from __future__ import annotations` here: Blender takes properties from real annotations.

from typing import ClassVar

import bpy

from ..errors import FitError
from .bridge import wearing
from .conventions import SOURCES, Link, recognise
from .guard import guarded
from .translation import tip

__all__ = ["CLASSES", "LimnerLink", "LimnerMesh", "fill_links", "links_of", "require_links"]

NO_NAMES = (
    "{name}: its shape keys bear no names that limner knows (ARKit, Reallusion, MetaHuman, FACS, "
    "VRM); add rows and choose what drives which"
)


def _sources(row: bpy.types.PropertyGroup, context: object, text: str) -> list[str]:
    """Offer what a shape key can be driven by."""
    return [source for source in SOURCES if text.lower() in source.lower()]


class LimnerLink(bpy.types.PropertyGroup):
    """One shape key of a mesh and what drives it."""

    source: bpy.props.StringProperty(
        name="Driven By",
        description="ARKit shape or Action Unit that drives the shape key",
        search=_sources,
    )
    target: bpy.props.StringProperty(
        name="Shape Key", description="Shape key of the mesh that is driven"
    )
    factor: bpy.props.FloatProperty(
        name="Factor",
        description="Value of the shape key where what drives it is at full strength; below 0 it "
        "holds back what other rows call for",
        default=1.0,
        soft_min=-1.0,
        soft_max=1.0,
        min=-4.0,
        max=4.0,
    )


class LimnerMesh(bpy.types.PropertyGroup):
    """What limner keeps with a mesh of somebody's own."""

    convention: bpy.props.StringProperty(
        name="Names", description="Whose names the shape keys bear"
    )
    links: bpy.props.CollectionProperty(type=LimnerLink)
    row: bpy.props.IntProperty(name="Row")
    with_companions: bpy.props.BoolProperty(
        name="Teeth and Lashes Too",
        description="Drive shape keys of the same names on meshes with the same parent as well",
        default=True,
    )


def links_of(thing: bpy.types.Object) -> list[Link]:
    """Return what drives the shape keys of a mesh."""
    return [Link(row.source, row.target, row.factor) for row in thing.limner_mesh.links]


def fill_links(thing: bpy.types.Object) -> bool:
    """Read the names of a mesh's shape keys; return whether they are known."""
    found = recognise(wearing.key_names(thing))
    kept = thing.limner_mesh
    kept.links.clear()
    kept.row = 0
    kept.convention = found[0].title if found else ""
    for each in found[1] if found else ():
        row = kept.links.add()
        row.source, row.target, row.factor = each.source, each.target, each.factor
    return found is not None


class AboutOwnMesh:
    """What the buttons share that need a mesh of somebody's own."""

    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Ask for the mesh first."""
        cls.poll_message_set(tip("Choose a mesh with shape keys first"))
        return context.scene is not None and wearing.is_own_mesh(context.scene.limner.own)


class LIMNER_OT_recognise(AboutOwnMesh, bpy.types.Operator):
    """Read the names of the mesh's shape keys anew; rows set by hand are lost"""

    bl_idname = "limner.recognise"
    bl_label = "Read Names"

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Fill the rows."""
        thing = context.scene.limner.own
        if not fill_links(thing):
            self.report({"WARNING"}, NO_NAMES.format(name=thing.name))
            return {"FINISHED"}
        kept = thing.limner_mesh
        count = len({row.target for row in kept.links})
        self.report({"INFO"}, f"{kept.convention}: {count} shape keys")
        return {"FINISHED"}


class LIMNER_OT_link_add(AboutOwnMesh, bpy.types.Operator):
    """Add a row: a shape key, and what drives it"""

    bl_idname = "limner.link_add"
    bl_label = "Add Row"

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Add a row for the mesh's active shape key."""
        thing = context.scene.limner.own
        kept = thing.limner_mesh
        row = kept.links.add()
        active = thing.active_shape_key
        if active is not None and active != thing.data.shape_keys.reference_key:
            row.target = active.name
        kept.row = len(kept.links) - 1
        return {"FINISHED"}


class LIMNER_OT_link_remove(AboutOwnMesh, bpy.types.Operator):
    """Remove the row: nothing drives this shape key any more"""

    bl_idname = "limner.link_remove"
    bl_label = "Remove Row"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Ask for a row."""
        if not super().poll(context):
            return False
        cls.poll_message_set(tip("There is no row to remove"))
        return bool(context.scene.limner.own.limner_mesh.links)

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remove the active row."""
        kept = context.scene.limner.own.limner_mesh
        kept.links.remove(min(kept.row, len(kept.links) - 1))
        kept.row = max(0, min(kept.row, len(kept.links) - 1))
        return {"FINISHED"}


def require_links(thing: bpy.types.Object) -> list[Link]:
    """Return what drives a mesh.

    Raises
    ------
    FitError
        If nothing does.
    """
    links = links_of(thing)
    if not links:
        raise FitError(NO_NAMES.format(name=thing.name))
    return links


CLASSES = (
    LimnerLink,
    LimnerMesh,
    LIMNER_OT_recognise,
    LIMNER_OT_link_add,
    LIMNER_OT_link_remove,
)
