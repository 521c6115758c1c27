"""The one place that speaks to Blender's data: its axes, its versions, its bulk transfers.

Nothing here keeps a reference to Blender data between calls: after an undo such references lie.
`bpy` is imported by the files of this folder only, never by this one.
"""

# SPDX-License-Identifier: GPL-3.0-or-later
