"""Random presses of every button we have, undo, redo, saving, loading: every state comes back.

All data of the file is compared after each step (`all_data`). The buttons are those of the
registered classes, so that a new one cannot be forgotten.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
import pytest

from ..addon.named_heads import NAMES, SMILES
from .all_data import all_data, differences
from .test_keep import drawings  # noqa: F401 - a fixture
from .test_live import Hand
from .test_own_mesh import own_head

pytestmark = pytest.mark.blender

STEPS = 200
SEED = 7
NOT_PRESSED = {"limner.show_log": "opens the system's file browser, changes nothing"}
MOVES = ["press", "undo", "redo", "reload"]
CHANCES = [0.55, 0.25, 0.15, 0.05]
NEW_ONES = 0.5


def buttons_of_ours(bpy):
    """Return the operators' names of all registered classes."""
    from limner.addon.registration import CLASSES

    return {added.bl_idname for added in CLASSES if issubclass(added, bpy.types.Operator)}


class Walk:
    """Everything that can be pressed, and what has been."""

    def __init__(self, bpy, rng, folder, place):
        self.bpy, self.rng, self.folder, self.place = bpy, rng, folder, place
        bpy.ops.ed.undo_push(message="start")
        self.history, self.at = [all_data(bpy)], 0
        self.pressed = []
        self.buttons = set()

    @property
    def limner(self):
        return self.bpy.context.scene.limner

    def options(self):
        """Return what buttons are pressed with; those that are not named get nothing."""
        pick, rng = self.rng.choice, self.rng
        kept = [name for name, action in self.bpy.data.actions.items()
                if "limner_expression" in action]  # fmt: skip
        places = {str(int(row)): rng.uniform(20, 200, 2).round(1).tolist()
                  for row in rng.integers(0, 70, 3)}  # fmt: skip
        boxes = [(0.0,) * 4, (20.0, 30.0, 220.0, 270.0)]
        return {
            "limner.preset": {"preset": str(pick(["HAPPINESS", "ANGER", "CONTEMPT", "NEUTRAL"]))},
            "limner.keep_shape_key": {"key_name": str(pick(["A", "B"]))},
            "limner.keep_asset": {"asset_name": str(pick(["A", "B"]))},
            "limner.wear_asset": {"action": kept[0] if kept else "none"},
            "limner.animate_folder": {"directory": self.folder},
            "limner.library_from_folder": {"directory": self.folder},
            "limner.export_glb": {"filepath": str(self.place / "head.glb")},
            "limner.correct": {"points": str(places).replace("'", '"'),
                               "face_box": boxes[int(rng.integers(2))]},
        }  # fmt: skip

    def able(self):
        """Return name → what it does, of all that can be done now."""
        bpy, limner, rng, options = self.bpy, self.limner, self.rng, self.options()
        able = {}
        for name in buttons_of_ours(bpy) - NOT_PRESSED.keys():
            button = getattr(bpy.ops.limner, name.removeprefix("limner."))
            if button.poll():
                able[name] = lambda button=button, name=name: button(**options.get(name, {}))
        able["target"] = lambda: setattr(limner, "target", str(rng.choice(["HEAD", "OWN"])))
        able["source"] = lambda: setattr(limner, "source", str(rng.choice(["PICTURE", "PENCIL"])))
        able["lines"] = lambda: setattr(limner, "show_heat", not limner.show_heat)
        able["tick"] = self.tick
        if len(limner.aus) > 12:
            row = limner.aus[int(rng.integers(12))]
            able["set"] = lambda: setattr(row, "left", 0.5)
            able["solo"] = lambda: setattr(row, "is_soloed", not row.is_soloed)
        active = bpy.context.object
        if active is not None:
            able["move"] = lambda: setattr(active, "location", tuple(rng.random(3)))
            able["delete"] = lambda: bpy.data.objects.remove(active)
            region = str(rng.choice(["brows", "eyes", "nose", "mouth", "jaw"]))
            able["strength"] = lambda: setattr(
                active.limner_strengths, region, float(rng.choice([0.0, 0.4, 1.0]))
            )
        return able

    def tick(self):
        """Let Live look, and answer what it asks for."""
        from limner.addon.bridge import watching

        if watching.is_watching():
            watching.tick()
        if watching.is_watching() and Hand.newest.jobs:
            Hand.newest.finish()
            watching.tick()

    def step(self):
        """Press something, go back, go forth, or save and load; compare with what must be."""
        choice = str(self.rng.choice(MOVES, p=CHANCES))
        if choice == "undo" and self.at > 0:
            self.bpy.ops.ed.undo()
            self.at -= 1
        elif choice == "redo" and self.at + 1 < len(self.history):
            self.bpy.ops.ed.redo()
            self.at += 1
        elif choice == "reload":
            self.reload()
        elif choice == "press":
            choice = self.press()
        self.pressed.append(choice)
        self.compare(self.history[self.at], all_data(self.bpy))

    def press(self):
        """Press a button; return its name. What was never pressed has its turn every other time."""
        able = self.able()
        never = sorted(buttons_of_ours(self.bpy) & able.keys() - self.buttons)
        is_new = bool(never) and self.rng.random() < NEW_ONES
        choice = str(self.rng.choice(never if is_new else sorted(able)))
        self.buttons.add(choice)
        try:
            able[choice]()
        except RuntimeError as error:  # a report: nothing has changed
            choice += f" ({str(error).strip()})"
            self.compare(self.history[self.at], all_data(self.bpy), f"refused: {choice}")
        self.settle()
        self.bpy.ops.ed.undo_push(message=choice)
        self.history[self.at + 1 :] = [all_data(self.bpy)]
        self.at += 1
        return choice

    def settle(self):
        """Let keyframes have their say, as they have after loading and after many an undo."""
        scene = self.bpy.context.scene
        scene.frame_set(scene.frame_current)
        self.bpy.context.view_layer.update()

    def reload(self):
        """Save and load; unused data goes, as it always does."""
        path = str(self.place / "walk.blend")
        self.settle()
        for _ in range(2):  # what only unused data used is unused after the first
            self.bpy.ops.wm.save_as_mainfile(filepath=path)
            self.bpy.ops.wm.open_mainfile(filepath=path)
        saved = all_data(self.bpy)
        self.bpy.ops.wm.save_as_mainfile(filepath=path)
        self.bpy.ops.wm.open_mainfile(filepath=path)
        self.compare(saved, all_data(self.bpy), "loaded")
        self.bpy.ops.ed.undo_push(message="loaded")
        self.history, self.at = [all_data(self.bpy)], 0

    def compare(self, before, after, when="afterwards"):
        found = differences(before, after)
        assert not found, "\n".join([when, *self.pressed[-8:], *found])


@pytest.fixture
def hands(fit, monkeypatch):
    """Let whoever answers Live be ours."""
    from limner.addon import live

    def start(*_):
        Hand.newest = Hand(fit)
        return Hand.newest

    monkeypatch.setattr(live, "Follower", start)


@pytest.mark.usefixtures("limner")  # not as an argument: told of after a reload, it would crash
def test_two_hundred_random_steps_bring_back_all_data(bpy, hands, drawings, tmp_path):  # noqa: F811
    limner = bpy.context.scene.limner
    head = own_head(bpy, NAMES["ARKit"], SMILES["ARKit"])
    head.location.x = 2.0
    bpy.context.view_layer.update()
    limner.own = head
    bpy.ops.limner.detect()
    bpy.ops.limner.fit()
    bpy.ops.limner.draw()  # or Live could hardly ever be switched on
    bpy.ops.object.mode_set(mode="OBJECT")
    bpy.context.view_layer.update()
    walk = Walk(bpy, np.random.default_rng(SEED), drawings, tmp_path)
    for _ in range(STEPS):
        walk.step()
    kinds = {word.split(" ")[0] for word in walk.pressed}
    print(f"{STEPS} steps of {len(kinds)} kinds, {walk.pressed.count('undo')} undone, "
          f"{walk.pressed.count('reload')} times saved and loaded")  # fmt: skip
    assert {"undo", "redo", "reload"} <= kinds
    forgotten = buttons_of_ours(bpy) - NOT_PRESSED.keys() - walk.buttons
    assert not forgotten, f"never pressed in {STEPS} steps: {sorted(forgotten)}"


def test_every_operator_of_ours_is_known_to_the_walk(bpy, limner):
    """What Blender has of ours is what is registered; what is never pressed is still there."""
    known = {f"limner.{name}" for name in dir(bpy.ops.limner)}
    assert known == buttons_of_ours(bpy)
    assert NOT_PRESSED.keys() < known


def test_every_button_is_undone_and_done_again_at_least_once(
    bpy, limner, hands, drawings, tmp_path  # noqa: F811
):  # fmt: skip
    """What chance may leave out: each button by name, in a scene where it can be pressed."""
    head = own_head(bpy, NAMES["ARKit"], SMILES["ARKit"])
    limner.own = head
    bpy.ops.limner.detect()
    bpy.ops.limner.fit()
    bpy.ops.limner.keep_asset(asset_name="Z")
    bpy.ops.limner.correct(points='{"30": [100, 100]}')
    limner.own.limner_mesh.links.add()
    limner.aus[0].left = 0.5  # pins the row
    bpy.context.view_layer.update()
    walk = Walk(bpy, np.random.default_rng(SEED), drawings, tmp_path)
    never = []
    for name in sorted(buttons_of_ours(bpy) - NOT_PRESSED.keys()):
        if name == "limner.live":
            bpy.ops.limner.draw()
            bpy.ops.ed.undo_push(message="draw")
            walk.history, walk.at = [all_data(bpy)], 0
        before, able = all_data(bpy), walk.able()
        if name not in able:
            never.append(name)
            continue
        able[name]()
        walk.settle()
        bpy.ops.ed.undo_push(message=name)
        after = all_data(bpy)
        bpy.ops.ed.undo()
        walk.compare(before, all_data(bpy), f"undo of {name}")
        bpy.ops.ed.redo()
        walk.compare(after, all_data(bpy), f"redo of {name}")
        bpy.ops.ed.undo()
    assert not never, "these could not be pressed: prepare the scene for them"
