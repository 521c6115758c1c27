"""limner's words in the language of Blender's window.

Labels and tooltips are translated by Blender as soon as it knows our entries; what is put together
at run time goes through `iface` (labels) or `tip` (why a button is grey). Faults keep their English
words: they name files and numbers, and are what people search for.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import bpy

__all__ = ["LOCALES", "iface", "register", "tip", "unregister"]

LOCALES = ("de_DE", "zh_HANS")
"""Blender's names of the languages that there are words for."""

CONTEXTS = ("*", "Operator")
"""Blender looks up an operator's label apart from all else."""


def iface(text: str) -> str:
    """Return a label in the window's language."""
    return bpy.app.translations.pgettext_iface(text)


def tip(text: str) -> str:
    """Return a tooltip in the window's language."""
    return bpy.app.translations.pgettext_tip(text)


def register() -> None:
    """Tell Blender our words."""
    from .words_chinese import CHINESE
    from .words_german import GERMAN

    words = {
        locale: {(context, text): said for context in CONTEXTS for text, said in texts.items()}
        for locale, texts in zip(LOCALES, (GERMAN, CHINESE), strict=True)
    }
    bpy.app.translations.register(__name__, words)


def unregister() -> None:
    """Let Blender forget them."""
    bpy.app.translations.unregister(__name__)
