"""What an artist sets once for all files: folders of heads and networks, threads, colours."""

# SPDX-License-Identifier: GPL-3.0-or-later
# No `from __future__ import annotations` here: Blender takes properties from real annotations.

from pathlib import Path

import bpy

__all__ = [
    "CLASSES",
    "DEFAULT_RIG",
    "LimnerPreferences",
    "model_folder",
    "preferences",
    "rig_names",
    "rig_source",
]

DEFAULT_RIG = "makehuman"
EXTENSION = __package__.rpartition(".")[0]
"""The name that Blender knows the extension by."""

HEAD_RGBA = (0.0, 0.74, 0.66, 0.95)
DRAWN_RGBA = (0.98, 0.55, 0.12, 0.95)
GAP_RGBA = (0.93, 0.10, 0.22, 1.0)


def _colour(name: str, description: str, default: tuple[float, float, float, float]) -> object:
    """Return the property of one colour of the overlay, as a screen shows it."""
    return bpy.props.FloatVectorProperty(
        name=name, description=description, subtype="COLOR_GAMMA", size=4, min=0.0, max=1.0,
        default=default,
    )  # fmt: skip


class LimnerPreferences(bpy.types.AddonPreferences):
    """limner's part of the preferences."""

    bl_idname = EXTENSION

    rig_folder: bpy.props.StringProperty(
        name="Rig Folder",
        description="Folder with heads of your own, made by `limner rig build`; empty for the "
        "folder that the command line uses",
        subtype="DIR_PATH",
    )
    model_folder: bpy.props.StringProperty(
        name="Model Folder",
        description="Folder with other weights of the networks, made by `limner train`; empty for "
        "limner's own",
        subtype="DIR_PATH",
    )
    threads: bpy.props.IntProperty(
        name="Threads",
        description="Processor cores that Live's process may use; one is enough for most heads",
        default=1,
        min=1,
        max=64,
    )
    head_colour: _colour("Head", "Colour of the head's lines over the drawing", HEAD_RGBA)
    drawn_colour: _colour("Drawing", "Colour of the drawn lines that were read", DRAWN_RGBA)
    gap_colour: _colour("Gap", "Colour of the marks where the lines part", GAP_RGBA)

    def draw(self, context):
        """Draw them in the preferences window."""
        layout = self.layout
        layout.use_property_split = True
        layout.prop(self, "rig_folder")
        layout.prop(self, "model_folder")
        layout.prop(self, "threads")
        column = layout.column(heading="Lines", align=True)
        for name in ("head_colour", "drawn_colour", "gap_colour"):
            column.prop(self, name)
        layout.operator("limner.show_log", icon="TEXT")


class _Defaults:
    """The same where limner runs without being enabled: in the bpy module, by a script."""

    rig_folder = ""
    model_folder = ""
    threads = 1
    head_colour, drawn_colour, gap_colour = HEAD_RGBA, DRAWN_RGBA, GAP_RGBA


def preferences() -> LimnerPreferences | _Defaults:
    """Return what is set, or the defaults."""
    enabled = bpy.context.preferences.addons.get(EXTENSION)
    found = enabled.preferences if enabled is not None else None
    return found if found is not None else _Defaults()


def rig_names() -> tuple[str, ...]:
    """Return the names of all heads there are, MakeHuman's first."""
    from ..rig.store import rig_names as known

    names = set(known())
    if preferences().rig_folder:
        names |= {path.stem for path in _folder().glob("*.npz")}
    return tuple(sorted(names, key=lambda name: (name != DEFAULT_RIG, name)))


def rig_source(name: str) -> str:
    """Return what `load_rig` wants for a name: the path in the chosen folder, else the name.

    An empty name is that of a head which is not on this machine.
    """
    name = name or DEFAULT_RIG
    if preferences().rig_folder:
        path = _folder() / f"{name}.npz"
        if path.is_file():
            return str(path)
    return name


def model_folder() -> Path | None:
    """Return the folder of the networks' weights that was chosen; None for limner's own."""
    chosen = preferences().model_folder
    return Path(bpy.path.abspath(chosen)).expanduser() if chosen else None


def _folder() -> Path:
    """Return the chosen rig folder."""
    return Path(bpy.path.abspath(preferences().rig_folder)).expanduser()


CLASSES = (LimnerPreferences,)
