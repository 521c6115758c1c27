"""Two hundred random presses, undo, redo, saving and loading: every state comes back exactly."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
import pytest

from ..addon.named_heads import NAMES, SMILES
from .scene_state import everything
from .test_keep import drawings  # noqa: F401 - a fixture
from .test_own_mesh import own_head

pytestmark = pytest.mark.blender

STEPS = 200


class Walk:
    """Everything that can be pressed, and what has been."""

    def __init__(self, bpy, rng, folder, path):
        self.bpy, self.rng, self.folder, self.path = bpy, rng, folder, path
        bpy.ops.ed.undo_push(message="start")
        self.history, self.at = [everything(bpy)], 0
        self.pressed = []

    @property
    def limner(self):
        return self.bpy.context.scene.limner

    def buttons(self):
        """Return name → what it does, of all that can be pressed now."""
        ops, limner, rng = self.bpy.ops.limner, self.limner, self.rng
        presets = ("HAPPINESS", "ANGER", "FEAR", "CONTEMPT", "NEUTRAL")
        options = {
            "preset": {"preset": str(rng.choice(presets))},
            "keep_shape_key": {"key_name": str(rng.choice(["A", "B"]))},
            "keep_asset": {"asset_name": str(rng.choice(["A", "B"]))},
            "wear_asset": {"action": "A"},
            "animate_folder": {"directory": self.folder},
            "library_from_folder": {"directory": self.folder},
        }
        names = ("detect", "fit", "unpin", "wear", "recognise", "link_add", "link_remove",
                 "keep_rest", "keyframe", *options)  # fmt: skip
        able = {
            name: (lambda name=name: getattr(ops, name)(**options.get(name, {})))
            for name in names
            if getattr(ops, name).poll()
        }
        if "A" not in self.bpy.data.actions:
            able.pop("wear_asset", None)
        if "A" in self.bpy.data.actions and "limner_expression" not in self.bpy.data.actions["A"]:
            able.pop("wear_asset", None)
        able["target"] = lambda: setattr(limner, "target", str(rng.choice(["HEAD", "OWN"])))
        if len(limner.aus) > 12:
            row = limner.aus[int(rng.integers(12))]
            able["set"] = lambda: setattr(row, "left", 0.5)
            able["solo"] = lambda: setattr(row, "is_soloed", not row.is_soloed)
        active = self.bpy.context.object
        if active is not None:
            able["move"] = lambda: setattr(active, "location", tuple(rng.random(3)))
            able["delete"] = lambda: self.bpy.data.objects.remove(active)
        return able

    def step(self):
        """Press something, go back, go forth, or save and load; compare with what must be."""
        choice = str(self.rng.choice(["press", "press", "press", "undo", "undo", "redo", "reload"],
                                     p=[0.2, 0.2, 0.14, 0.16, 0.12, 0.13, 0.05]))  # fmt: skip
        if choice == "undo" and self.at > 0:
            self.bpy.ops.ed.undo()
            self.at -= 1
        elif choice == "redo" and self.at + 1 < len(self.history):
            self.bpy.ops.ed.redo()
            self.at += 1
        elif choice == "reload":
            scene = self.bpy.context.scene
            scene.frame_set(scene.frame_current)  # as loading does: keyframes have their say
            saved = everything(self.bpy)
            self.bpy.ops.wm.save_as_mainfile(filepath=self.path)
            self.bpy.ops.wm.open_mainfile(filepath=self.path)
            self.bpy.ops.ed.undo_push(message="loaded")
            assert without_unused(everything(self.bpy)) == without_unused(saved), self.pressed
            self.history, self.at = [everything(self.bpy)], 0
        elif choice == "press":
            able = self.buttons()
            choice = str(self.rng.choice(sorted(able)))
            try:
                able[choice]()
            except RuntimeError as error:  # a report: nothing has changed
                choice += f" ({error})"
            self.bpy.ops.ed.undo_push(message=choice)
            self.history[self.at + 1 :] = [everything(self.bpy)]
            self.at += 1
        self.pressed.append(choice)
        assert everything(self.bpy) == self.history[self.at], self.pressed


def without_unused(state):
    """Leave out actions that nothing uses: saving drops them, as it does all unused data."""
    return {name: value for name, value in state.items() if name != "actions"}


def test_two_hundred_random_steps_bring_back_every_state(bpy, limner, drawings, tmp_path):  # noqa: F811
    head = own_head(bpy, NAMES["ARKit"], SMILES["ARKit"])
    head.location.x = 2.0
    bpy.context.view_layer.update()
    limner.own = head
    bpy.ops.limner.detect()
    bpy.ops.limner.fit()
    walk = Walk(bpy, np.random.default_rng(7), drawings, str(tmp_path / "walk.blend"))
    for _ in range(STEPS):
        walk.step()
    kinds = {word.split(" ")[0] for word in walk.pressed}
    assert {"undo", "redo", "reload", "fit", "preset", "keyframe", "animate_folder"} <= kinds
    print(f"{STEPS} steps of {len(kinds)} kinds, {walk.pressed.count('undo')} undone, "
          f"{walk.pressed.count('reload')} times saved and loaded")  # fmt: skip
