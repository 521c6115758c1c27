"""How the head looks: one material a part, and light that shows its shape."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass

import bpy

from ...rig.face_rig import PART_NAMES

__all__ = [
    "IRIS_COLOUR",
    "PART_LOOKS",
    "PUPIL_COLOUR",
    "PUPIL_RADIUS",
    "add_lights",
    "head_materials",
    "set_world",
]

IRIS_COLOUR = (0.075, 0.115, 0.105)
IRIS_RIM_COLOUR = (0.015, 0.025, 0.025)
PUPIL_COLOUR = (0.003, 0.003, 0.003)
PUPIL_RADIUS = 0.4
"""Linear RGB, and the pupil's radius in radii of the iris."""


@dataclass(frozen=True, slots=True)
class Look:
    """Surface of one part; the colour itself comes from the vertices.

    Attributes
    ----------
    slot : material slot on the head
    material : name of the material
    solid_rgb : linear colour in a viewport that shows no vertex colours
    roughness, sheen : in [0, 1]
    glow : light of its own, so that teeth do not go grey in the dark of the mouth
    """

    slot: int
    material: str
    solid_rgb: tuple[float, float, float]
    roughness: float
    sheen: float = 0.0
    glow: float = 0.0


SKIN = Look(0, "Limner Skin", (0.62, 0.40, 0.30), 0.55, 0.15)
EYE = Look(1, "Limner Eye", (0.85, 0.84, 0.82), 0.08)
TEETH = Look(2, "Limner Teeth", (0.80, 0.76, 0.66), 0.25, glow=0.3)
TONGUE = Look(3, "Limner Tongue", (0.50, 0.16, 0.15), 0.35)
LASHES = Look(4, "Limner Lashes", (0.03, 0.02, 0.02), 0.7)

_BY_PART = {
    "skin": SKIN,
    "eye_L": EYE,
    "eye_R": EYE,
    "teeth_upper": TEETH,
    "teeth_lower": TEETH,
    "tongue": TONGUE,
    "lashes": LASHES,
}
PART_LOOKS: tuple[Look, ...] = tuple(_BY_PART[name] for name in PART_NAMES)


def head_materials(colours: str, iris_polar: str) -> list[bpy.types.Material]:
    """Make the materials in the order of their slots.

    Parameters
    ----------
    colours, iris_polar : names of the vertex attributes that they paint with
    """
    looks = sorted(set(PART_LOOKS), key=lambda look: look.slot)
    materials = [_material(look, colours) for look in looks]
    _paint_iris(materials[EYE.slot].node_tree, iris_polar)
    return materials


def _material(look: Look, colours: str) -> bpy.types.Material:
    """Make one material: vertex colour into a principled surface."""
    material = bpy.data.materials.new(look.material)
    if material.node_tree is None:  # Blender 5 makes the nodes at once
        material.use_nodes = True
    tree = material.node_tree
    surface = _surface(tree)
    colour = tree.nodes.new("ShaderNodeVertexColor")
    colour.layer_name = colours
    colour.location = (surface.location.x - 220.0, surface.location.y)
    tree.links.new(colour.outputs["Color"], surface.inputs["Base Color"])
    surface.inputs["Roughness"].default_value = look.roughness
    surface.inputs["Sheen Weight"].default_value = look.sheen
    surface.inputs["Emission Color"].default_value = (*look.solid_rgb, 1.0)
    surface.inputs["Emission Strength"].default_value = look.glow
    material.diffuse_color = (*look.solid_rgb, 1.0)
    material.roughness = look.roughness
    return material


def _paint_iris(tree: bpy.types.ShaderNodeTree, iris_polar: str) -> None:
    """Colour the eyeball by the distance from the pupil's middle: sharp on any mesh."""
    surface = _surface(tree)
    place = tree.nodes.new("ShaderNodeAttribute")
    place.attribute_name = iris_polar
    length = tree.nodes.new("ShaderNodeVectorMath")
    length.operation = "LENGTH"
    ramp = tree.nodes.new("ShaderNodeValToRGB")
    for step, node in enumerate((ramp, length, place), start=1):
        node.location = (surface.location.x - 300.0 * step, surface.location.y + 40.0)
    tree.links.new(place.outputs["Vector"], length.inputs[0])
    tree.links.new(length.outputs["Value"], ramp.inputs["Fac"])
    tree.links.new(ramp.outputs["Color"], surface.inputs["Base Color"])
    # (a ramp ends at 1, so the rim lies a little inside it)
    stops = (
        (PUPIL_RADIUS - 0.03, PUPIL_COLOUR),
        (PUPIL_RADIUS + 0.03, IRIS_COLOUR),
        (0.78, IRIS_COLOUR),
        (0.92, IRIS_RIM_COLOUR),
        (1.0, EYE.solid_rgb),
    )
    elements = ramp.color_ramp.elements
    elements[0].position, elements[-1].position = stops[0][0], stops[-1][0]
    for at, _ in stops[1:-1]:
        elements.new(at)  # moving one past another would change their order
    for element, (_, colour) in zip(elements, stops, strict=True):
        element.color = (*colour, 1.0)


def _surface(tree: bpy.types.ShaderNodeTree) -> bpy.types.ShaderNode:
    """Return the principled surface of a new material."""
    return next(node for node in tree.nodes if node.type == "BSDF_PRINCIPLED")


def add_lights(collection: bpy.types.Collection) -> None:
    """Add a soft key light from the upper left of the picture and a weak fill.

    They stand behind the camera, where their outlines don't cross the drawing.
    """
    for name, watts, place in (
        ("Limner Key Light", 150.0, (-1.3, -2.2, 1.5)),
        ("Limner Fill Light", 30.0, (2.0, -2.0, 0.2)),
    ):
        light = bpy.data.lights.new(name, "POINT")
        light.energy, light.shadow_soft_size = watts, 0.5
        lamp = bpy.data.objects.new(name, light)
        lamp.location = place
        collection.objects.link(lamp)


def set_world(scene: bpy.types.Scene) -> None:
    """Give a scene without a world one of the colour of paper."""
    world = bpy.data.worlds.new("Limner Paper")
    world.color = (0.8, 0.79, 0.76)
    if world.node_tree is None:
        world.use_nodes = True
    for node in world.node_tree.nodes:
        if node.type == "BACKGROUND":
            node.inputs["Color"].default_value = (0.8, 0.79, 0.76, 1.0)
            node.inputs["Strength"].default_value = 0.7
    scene.world = world
