"""Every label and every tooltip has words in every language, and Blender shows them."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.blender

UNTRANSLATED = {"L", "R", "FACS", "ARKit"}
"""The same in every language."""


def shown_texts():
    """Return every text of the window's: of classes, of properties, and written in the code."""
    from limner.addon import computing, gap_words, registration
    from limner.addon.bridge import watching
    from limner.rig.facs import AU_NAMES

    texts = {*AU_NAMES.values(), *gap_words.FEATURE_TITLES.values()}
    texts |= {words for _, words in gap_words.NEARNESS}
    texts.add(watching.WAITING)
    texts |= set(computing.STAGE_WORDS.values())
    for added in registration.CLASSES:
        texts.add(getattr(added, "bl_label", ""))
        if "_OT_" in added.__name__:
            texts.add(added.__doc__)
        for base in added.__mro__:
            for declared in inspect.get_annotations(base).values():
                options = getattr(declared, "keywords", {})
                if "HIDDEN" in options.get("options", ()):
                    continue
                texts |= {options.get("name", ""), options.get("description", "")}
                items = options.get("items", ())
                texts |= {text for item in (() if callable(items) else items) for text in item[1:3]}
    folder = Path(registration.__file__).parent
    for path in (*folder.glob("*.py"), *folder.glob("bridge/*.py")):
        texts |= set(written_in(ast.parse(path.read_text(encoding="utf-8"))))
    return {text for text in texts if text} - UNTRANSLATED


def written_in(tree):
    """Yield the texts that code hands to labels, to `iface`, `tip` and Live's status."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        name = getattr(call.func, "id", getattr(call.func, "attr", ""))
        given = {key.arg: key.value for key in call.keywords}
        values = []
        if name in ("label", "prop", "operator", "menu", "column") and "text" in given:
            if "translate" not in given:
                values.append(given["text"])
            if "heading" in given:
                values.append(given["heading"])
        if name == "column" and "heading" in given:
            values.append(given["heading"])
        if name in ("iface", "tip"):
            values.append(call.args[0])
        if name == "_say" and len(call.args) > 1:
            values += [n for n in ast.walk(call.args[1]) if isinstance(n, ast.Constant)]
        for value in values:
            for part in (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value


@pytest.mark.parametrize("language", ["GERMAN", "CHINESE"])
def test_every_label_and_tooltip_has_words(bpy, language):
    texts = shown_texts()
    words = words_of(language)
    assert len(texts) > 150
    assert not sorted(texts - words.keys()), "no words for these"
    assert not sorted(words.keys() - texts), "words for what is nowhere shown"


def words_of(language):
    from limner.addon import words_chinese, words_german

    return getattr(words_german if language == "GERMAN" else words_chinese, language)


@pytest.mark.parametrize("language", ["GERMAN", "CHINESE"])
def test_words_keep_the_places_where_numbers_go(language):
    for text, said in words_of(language).items():
        assert said.strip(), text
        assert sorted(re.findall(r"\{\w+\}", said)) == sorted(re.findall(r"\{\w+\}", text)), text
        assert not said.endswith("."), said


@pytest.mark.parametrize(
    ("locale", "label", "name"),
    [("de_DE", "Aufsetzen", "Mundwinkel heben"), ("zh_HANS", "应用", "嘴角上扬")],
)
def test_blender_shows_them_and_forgets_them(bpy, limner, locale, label, name):
    from limner.addon import translation

    if locale not in bpy.app.translations.locales:
        pytest.skip(f"this Blender was built without {locale}")
    view = bpy.context.preferences.view
    before = view.language
    try:
        view.language = locale
        view.use_translate_interface = view.use_translate_tooltips = True
        pgettext = bpy.app.translations.pgettext
        assert translation.iface("Lip corner puller") == name
        assert bpy.app.translations.pgettext_iface("Put On", "Operator") == label
        translation.unregister()
        assert pgettext("Lip corner puller") == "Lip corner puller"
        translation.register()
    finally:
        view.language = before
