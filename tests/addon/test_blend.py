"""Which Blender writes a .blend, and what is said when there is none."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import sys

import numpy as np
import pytest
from limner.addon import blend
from limner.addon.bridge.axes import rotation_to_blender, to_blender, to_core
from limner.addon.head_scene import head_scene
from limner.errors import OutputError
from limner.rig.face_rig import rotation_matrix

from ..tiny_rig import tiny_fit, tiny_rig


@pytest.fixture
def scene(monkeypatch):
    """Return a scene to write, in a Python that has no Blender."""
    monkeypatch.setattr(blend, "_has_bpy", lambda: False)
    monkeypatch.delenv(blend.BLENDER_VARIABLE, raising=False)
    return head_scene(tiny_fit(tiny_rig()), {})


def program(folder, text):
    """Make a program that stands in for Blender."""
    path = folder / "blender"
    # Through the shell, because a script's first line takes no path with a space in it.
    code = path.with_suffix(".py")
    code.write_text(text, encoding="utf-8")
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{code}" "$@"\n', encoding="utf-8")
    path.chmod(0o755)
    return path


def test_without_any_blender_the_message_says_what_to_do(scene, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not blend.can_write_blend()
    with pytest.raises(OutputError, match=r"pip install bpy.*PATH.*LIMNER_BLENDER.*--formats"):
        blend.write_scene(scene, tmp_path / "head.blend")


def test_a_wrong_variable_is_named(scene, monkeypatch, tmp_path):
    monkeypatch.setenv(blend.BLENDER_VARIABLE, str(tmp_path / "no-such-blender"))
    with pytest.raises(OutputError, match="no-such-blender, which is no program"):
        blend.write_scene(scene, tmp_path / "head.blend")


def test_what_a_failing_blender_said_last_is_handed_on(scene, monkeypatch, tmp_path):
    failing = program(tmp_path, "import sys; sys.exit('first\\nno space left')")
    monkeypatch.setenv(blend.BLENDER_VARIABLE, str(failing))
    with pytest.raises(OutputError, match="no space left"):
        blend.write_scene(scene, tmp_path / "head.blend")


def test_the_blender_on_the_path_gets_worker_scene_and_target(scene, monkeypatch, tmp_path):
    program(
        tmp_path,
        "import sys, pathlib\n"
        "cut = sys.argv.index('--')\n"
        "assert sys.argv[cut - 1].endswith('worker.py')\n"
        "assert sys.argv.index('--python-exit-code') < sys.argv.index('--python')\n"
        "source, target = map(pathlib.Path, sys.argv[cut + 1:])\n"
        "target.write_bytes(source.read_bytes()[:2])",
    )
    monkeypatch.setenv("PATH", str(tmp_path))
    assert blend.can_write_blend()
    blend.write_scene(scene, tmp_path / "head.blend")
    assert (tmp_path / "head.blend").read_bytes() == b"PK"  # an npz is a zip


def test_up_and_forward_become_blenders_up_and_forward():
    np.testing.assert_array_equal(to_blender(np.array([0.0, 1.0, 0.0])), [0, 0, 1])
    np.testing.assert_array_equal(to_blender(np.array([0.0, 0.0, 1.0])), [0, -1, 0])
    np.testing.assert_array_equal(to_blender(np.array([1.0, 0.0, 0.0])), [1, 0, 0])


def test_axes_there_and_back_are_the_same():
    points = np.random.default_rng(5).normal(size=(20, 3)).astype(np.float32)
    np.testing.assert_array_equal(to_core(to_blender(points)), points)


def test_turning_then_converting_is_converting_then_turning():
    turn = rotation_matrix(np.array([0.3, -0.7, 0.2]))
    points = np.random.default_rng(6).normal(size=(20, 3))
    there = to_blender(points @ turn.T)
    np.testing.assert_allclose(to_blender(points) @ rotation_to_blender(turn).T, there, atol=1e-6)
