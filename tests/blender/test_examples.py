"""The scripts of the guide for pipelines do what they say."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import runpy
import struct
import sys
from pathlib import Path

import pytest

from ..addon.named_heads import NAMES, SMILES
from .test_keep import drawings  # noqa: F401 - a fixture
from .test_own_mesh import own_head

pytestmark = pytest.mark.blender

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"


def run(name, *words):
    """Run an example as Blender would; return its exit status."""
    before, sys.argv = sys.argv, ["blender", "-b", "--python", name, "--", *map(str, words)]
    try:
        runpy.run_path(str(EXAMPLES / name), run_name="__main__")
    except SystemExit as left:
        return left.code
    finally:
        sys.argv = before
    return 0


def weights_in(path):
    """Return name → weight of the shapes of a .glb."""
    data = path.read_bytes()
    (length,) = struct.unpack_from("<I", data, 12)
    mesh = json.loads(data[20 : 20 + length])["meshes"][0]
    return dict(zip(mesh["extras"]["targetNames"], mesh["weights"], strict=True))


def test_a_character_of_ones_own_wears_every_drawing(bpy, limner, drawings, tmp_path):  # noqa: F811
    own_head(bpy, NAMES["Reallusion"], SMILES["Reallusion"], "Body")
    out = tmp_path / "out"
    assert run("wear_drawings.py", "Body", drawings, out) == 0
    assert sorted(path.name for path in out.glob("*.glb")) == [
        "pose_010.glb",
        "pose_020.glb",
        "pose_036.glb",
    ]
    weights = weights_in(out / "pose_010.glb")
    assert weights["Mouth_Smile_L"] == pytest.approx(0.75, abs=1e-4)
    assert weights["Mouth_Smile_R"] == 0.0
    assert (out / "failed.txt").read_text() == ""


def test_what_cannot_be_read_is_told_and_the_rest_goes_on(
    bpy, limner, drawings, tmp_path, monkeypatch  # noqa: F811
):  # fmt: skip
    from limner.addon import computing
    from limner.errors import SketchError

    good = computing.drawing_reader

    def reader(context):
        if "020" in context.scene.limner.sketch_path:
            raise SketchError("pose_020.png: no face found in it")
        return good(context)

    monkeypatch.setattr(computing, "drawing_reader", reader)
    own_head(bpy, NAMES["ARKit"], SMILES["ARKit"], "Body")
    assert run("wear_drawings.py", "Body", drawings, tmp_path / "out") == 1
    failed = (tmp_path / "out" / "failed.txt").read_text()
    assert failed == "pose_020.png: pose_020.png: no face found in it\n"
    assert len(list((tmp_path / "out").glob("*.glb"))) == 2


def test_numbered_drawings_become_an_animation(bpy, limner, drawings, tmp_path):  # noqa: F811
    out = tmp_path / "film.blend"
    assert run("animate_drawings.py", drawings, out) == 0
    bpy.ops.wm.open_mainfile(filepath=str(out))
    scene = bpy.context.scene
    keys = bpy.data.objects["Limner Head"].data.shape_keys.key_blocks
    smiles = []
    for frame in (10, 23, 36):
        scene.frame_set(frame)
        smiles.append((keys["mouthSmileLeft"].value, keys["mouthSmileRight"].value))
    assert smiles[0] == (pytest.approx(0.75), 0.0)
    assert smiles[2] == (0.0, pytest.approx(0.5))
    assert 0.1 < smiles[1][0] < 0.65
