"""Buttons whose work takes longer than a moment: Blender goes on, the status bar tells how far.

Esc ends it, and nothing has changed.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import bpy

from .bridge import watching
from .translation import tip

__all__ = ["Waits", "at_work", "can_wait", "forget"]

PERIOD_S = 0.1

_at_work: list[tuple[float, str]] = []
"""Of the button that is at work, if any: what share is done, and what the status bar says."""


def at_work() -> tuple[float, str] | None:
    """Return what share of a button's work is done, and words for it; None while none works."""
    return _at_work[0] if _at_work else None


def can_wait(context: bpy.types.Context) -> bool:
    """Tell whether there is a window that stays alive meanwhile."""
    return context.window is not None and not bpy.app.background


def forget() -> None:
    """Forget who is at work: the extension is about to go."""
    _at_work.clear()


class Waits:
    """What such buttons share. They say how far they are, give up, and finish.

    `progress` returns how many steps are done and what the status bar says; `has_ended` whether
    there is no more to wait for; `give_up` ends the work; `finish` writes into the scene.
    """

    @classmethod
    def is_free(cls) -> bool:
        """Return False, and say why, while another button is at work."""
        cls.poll_message_set(tip("limner is at work; Esc ends it"))
        return not _at_work

    def wait(self, context: bpy.types.Context, steps: int) -> set[str]:
        """Begin to wait for work of so many steps."""
        manager = context.window_manager
        self.timer = manager.event_timer_add(PERIOD_S, window=context.window)
        manager.progress_begin(0, steps)
        manager.modal_handler_add(self)
        self.steps = steps
        self.tell(context)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Look for the end; Esc gives up."""
        if event.type == "ESC" and event.value == "PRESS":
            self.stop(context)
            self.report({"INFO"}, "Stopped; nothing has changed")
            return {"CANCELLED"}
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        self.tell(context)
        if not self.has_ended():
            return {"PASS_THROUGH"}  # others may wait for a timer, too
        self.stop(context)
        return self.finish(context)

    def tell(self, context: bpy.types.Context) -> None:
        """Show how far it is."""
        done, said = self.progress()
        if _at_work != [(done / self.steps, said)]:
            _at_work[:] = [(done / self.steps, said)]
            context.window_manager.progress_update(done)
            context.workspace.status_text_set(said)
            watching.redraw_sidebars()

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender is about to close, or another file comes."""
        self.stop(context)

    def stop(self, context: bpy.types.Context) -> None:
        """End the work, and what shows it."""
        _at_work.clear()
        self.give_up()
        context.window_manager.event_timer_remove(self.timer)
        context.window_manager.progress_end()
        watching.redraw_sidebars()
        if context.workspace is not None:
            context.workspace.status_text_set(None)
