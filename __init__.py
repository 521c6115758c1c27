"""limner: a drawn face becomes a rigged 3D head.

The repository root is this package. Blender calls `register` and `unregister`;
everything else is imported from the rooms (`limner.rig`, `limner.sketch_cnn`, …).
"""

# SPDX-License-Identifier: GPL-3.0-or-later

__version__ = "0.1.0"


def register() -> None:
    """Add limner's classes, panel and command to Blender."""
    from .addon import registration

    registration.register()


def unregister() -> None:
    """Take everything that `register` added out of Blender again."""
    from .addon import registration

    registration.unregister()
