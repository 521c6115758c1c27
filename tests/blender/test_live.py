"""Live: the head follows the newest drawing, whatever is deleted, undone or loaded meanwhile."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest
from limner.rig.camera import Camera

from .test_grease_pencil import draw_cross, write_stroke

pytestmark = pytest.mark.blender


class Hand:
    """Stands where the other process stands: keeps what it is asked, answers when told to."""

    def __init__(self, fit, *made_of):
        self.fit, self.made_of = fit, made_of
        self.jobs = []
        self.answer = None
        self.failure = ""
        self.is_busy = False
        self.is_closed = False

    def follow(self, strokes, size_px, pins, hints):
        self.jobs.append((strokes, size_px))
        self.pins, self.hints = pins, hints
        self.answer = None

    def latest(self):
        answer, self.answer = self.answer, None
        return answer

    def close(self):
        self.is_closed = True

    def finish(self, scale_px=900.0, message=""):
        """Have the answer to the newest job ready for the next tick."""
        from limner.addon.head_scene import head_scene
        from limner.addon.live_wire import Answer, Reading

        if message:
            self.answer = Answer(len(self.jobs), message)
            return
        width, height = self.jobs[-1][1]
        camera = Camera(scale_px, np.array([width / 2.0, height / 2.0]), (width, height))
        fit = replace(self.fit, camera=camera)
        reading = Reading(*(getattr(fit.detection, name) for name in Reading.__slots__))
        scene = head_scene(fit, {"gap": {}}, with_pictures=False)
        self.answer = Answer(len(self.jobs), "", reading, scene)


@pytest.fixture
def bpy(bpy):
    if bpy.app.version < (4, 3, 0):
        pytest.skip("drawings of attributes came with Blender 4.3")
    return bpy


@pytest.fixture
def hand(bpy, fit, monkeypatch):
    """Register the add-on, draw a cross, switch Live on; return who answers."""
    from limner.addon import live, registration

    registration.register()
    given = Hand(fit)
    monkeypatch.setattr(live, "Follower", lambda *_: given)
    draw_cross(bpy)
    assert bpy.ops.limner.live() == {"FINISHED"}
    yield given
    registration.unregister()


def tick():
    from limner.addon.bridge import watching

    return watching.tick()


def status():
    from limner.addon.bridge import watching

    return watching.status()


def head_of(bpy):
    return bpy.data.objects.get("Limner Head")


def follow_once(bpy, hand):
    """Let the head follow the first strokes; return it."""
    tick()
    hand.finish()
    tick()
    return head_of(bpy)


def test_a_stroke_is_sent_once_and_its_answer_becomes_a_head(bpy, hand):
    tick()
    tick()
    assert len(hand.jobs) == 1
    assert [len(stroke.points) for stroke in hand.jobs[0][0]] == [2, 2]
    assert status() == "Reading the drawing …"
    assert head_of(bpy) is None
    hand.finish()
    tick()
    assert head_of(bpy).data.shape_keys.key_blocks["mouthSmileLeft"].value == pytest.approx(0.75)
    assert status() == "Up to date"
    rows = {au.number: au.left for au in bpy.context.scene.limner.aus}
    assert rows[12] == pytest.approx(0.75)


def test_each_new_stroke_is_a_new_job_for_the_same_head(bpy, hand):
    first = follow_once(bpy, hand)
    size = first.matrix_world.to_scale().x
    write_stroke(bpy.context.scene.limner.pencil, [(0, 0, 0), (0.05, 0, 0.05)])
    bpy.context.view_layer.update()
    tick()
    assert len(hand.jobs) == 2
    hand.finish(scale_px=1800.0)
    tick()
    assert head_of(bpy).matrix_world.to_scale().x == pytest.approx(2.0 * size, rel=1e-4)
    assert len([ob for ob in bpy.data.objects if ob.type == "MESH"]) == 1


def test_what_does_not_change_the_drawing_is_no_new_job(bpy, hand):
    head = follow_once(bpy, hand)
    head.location.x += 1.0
    bpy.context.view_layer.update()
    tick()
    assert len(hand.jobs) == 1


def test_who_draws_stays_in_draw_mode(bpy, hand):
    follow_once(bpy, hand)
    assert bpy.context.object == bpy.context.scene.limner.pencil
    assert bpy.context.mode == "PAINT_GREASE_PENCIL"


def test_a_head_deleted_in_the_middle_of_an_update_stays_deleted(bpy, hand):
    head = follow_once(bpy, hand)
    drawing = bpy.context.scene.limner.pencil
    write_stroke(drawing, [(0, 0, 0), (0.05, 0, 0.05)])
    bpy.context.view_layer.update()
    tick()
    bpy.data.objects.remove(head)
    hand.finish()
    tick()
    assert head_of(bpy) is None
    assert "deleted" in status()
    write_stroke(drawing, [(0, 0, 0), (0.02, 0, 0.05)])
    bpy.context.view_layer.update()
    tick()
    hand.finish()
    tick()
    assert head_of(bpy) is not None


def test_a_head_unlinked_by_delete_is_not_revived_either(bpy, hand):
    """What Delete leaves in the file is no longer in the scene."""
    head = follow_once(bpy, hand)
    write_stroke(bpy.context.scene.limner.pencil, [(0, 0, 0), (0.05, 0, 0.05)])
    bpy.context.view_layer.update()
    tick()
    for collection in head.users_collection:
        collection.objects.unlink(head)
    hand.finish()
    tick()
    assert not [ob for ob in bpy.context.scene.objects if ob.type == "MESH"]


def test_a_head_in_edit_mode_is_left_alone(bpy, hand):
    head = follow_once(bpy, hand)
    write_stroke(bpy.context.scene.limner.pencil, [(0, 0, 0), (0.05, 0, 0.05)])
    bpy.context.view_layer.update()
    tick()
    bpy.ops.object.mode_set(mode="OBJECT")
    bpy.context.view_layer.objects.active = head
    bpy.ops.object.mode_set(mode="EDIT")
    before = head.matrix_world.copy()
    hand.finish(scale_px=1800.0)
    tick()
    assert head.matrix_world == before
    assert "being edited" in status()
    bpy.ops.object.mode_set(mode="OBJECT")


def test_loading_another_file_ends_live(bpy, hand):
    from limner.addon.bridge import watching

    tick()
    hand.finish()
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    assert hand.is_closed
    assert not watching.is_watching()
    assert tick() is None
    assert not bpy.data.objects


def test_deleting_the_drawing_ends_live(bpy, hand):
    tick()
    hand.finish()
    bpy.data.objects.remove(bpy.context.scene.limner.pencil)
    assert tick() is None
    assert hand.is_closed
    assert head_of(bpy) is None


def test_undo_of_a_stroke_is_followed_like_a_stroke(bpy, hand):
    bpy.ops.object.mode_set(mode="OBJECT")
    bpy.ops.ed.undo_push(message="two strokes")
    tick()
    write_stroke(bpy.context.scene.limner.pencil, [(0, 0, 0), (0.05, 0, 0.05)])
    bpy.context.view_layer.update()
    bpy.ops.ed.undo_push(message="three strokes")
    tick()
    bpy.ops.ed.undo()
    tick()
    assert [len(strokes) for strokes, _ in hand.jobs] == [2, 3, 2]


def test_a_value_pinned_by_hand_is_followed_like_a_stroke(bpy, hand):
    follow_once(bpy, hand)
    assert hand.pins == {}
    row = next(row for row in bpy.context.scene.limner.aus if row.number == 26)
    row.left = 0.5
    tick()
    assert len(hand.jobs) == 2
    assert hand.pins == {"AU26": 0.5}
    hand.finish()
    tick()
    tick()
    assert len(hand.jobs) == 2


@pytest.fixture
def hands(bpy, fit, monkeypatch):
    """Register the add-on, draw a cross, switch Live on; return all who were asked to answer."""
    from limner.addon import live, registration

    registration.register()
    found = []
    monkeypatch.setattr(live, "Follower", lambda *made: found.append(Hand(fit, *made)) or found[-1])
    draw_cross(bpy)
    assert bpy.ops.limner.live() == {"FINISHED"}
    yield found
    registration.unregister()


def test_another_drawing_at_rest_is_taken_up_while_live_is_on(bpy, hands, tmp_path):
    limner, picture = bpy.context.scene.limner, tmp_path / "rest.png"
    head = follow_once(bpy, hands[0])
    assert [hand.made_of[3] for hand in hands] == [None]
    picture.write_bytes(b"one")
    limner.rest_path = str(picture)
    tick()
    assert [hand.made_of[3] for hand in hands] == [None, picture]
    assert hands[0].is_closed and not hands[1].is_closed
    assert len(hands[1].jobs) == 1, "the drawing is read anew beside it"
    hands[1].finish()
    tick()
    assert head_of(bpy) == head and status() == "Up to date"
    tick()
    assert len(hands) == 2

    # saved anew under the same name, it is taken up with the next stroke
    os.utime(picture, (1e9, 1e9))
    write_stroke(bpy.context.scene.limner.pencil, [(0, 0, 0), (0.05, 0, 0.05)])
    bpy.context.view_layer.update()
    assert len(hands) == 3 and len(hands[2].jobs[0][0]) == 3

    # one that has failed gives way as well, and emptied the field means none
    hands[2].failure = "the process that fits has ended; switch Live on again"
    tick()
    assert "has ended" in status()
    limner.rest_path = ""
    tick()
    assert [hand.made_of[3] for hand in hands] == [None, picture, picture, None]
    assert len(hands[3].jobs) == 1


def test_no_face_yet_is_told_in_the_panel_and_live_goes_on(bpy, hand):
    tick()
    hand.finish(message="no face found in it; draw it larger")
    assert tick() is not None
    assert status() == "no face found in it; draw it larger"


def test_a_page_wiped_clean_or_a_lost_camera_is_no_end(bpy, hand):
    follow_once(bpy, hand)
    bpy.data.objects.remove(bpy.context.scene.camera)
    write_stroke(bpy.context.scene.limner.pencil, [(0, 0, 0), (0.05, 0, 0.05)])
    bpy.context.view_layer.update()
    assert tick() is not None
    assert "no camera looks" in status()


def test_switching_off_closes_the_process_and_leaves_no_handler(bpy, hand):
    handlers = bpy.app.handlers
    assert bpy.ops.limner.live() == {"FINISHED"}
    assert hand.is_closed
    names = ("depsgraph_update_post", "undo_post", "redo_post", "load_pre")
    ours = [f for name in names for f in getattr(handlers, name) if "watching" in f.__module__]
    assert not ours
    assert tick() is None


def test_without_strokes_or_orthographic_camera_the_button_is_grey(bpy, hand):
    bpy.ops.limner.live()
    assert bpy.ops.limner.live.poll()
    bpy.context.scene.camera.data.type = "PERSP"
    assert not bpy.ops.limner.live.poll()
    bpy.context.scene.camera.data.type = "ORTHO"
    bpy.context.scene.limner.source = "PICTURE"
    assert not bpy.ops.limner.live.poll()


def test_a_finished_stroke_is_sent_before_the_next_tick(bpy, hand):
    follow_once(bpy, hand)
    drawing = bpy.context.scene.limner.pencil
    write_stroke(drawing, [(0, 0, 0), (0.05, 0, 0.05)])
    bpy.context.view_layer.update()
    assert len(hand.jobs) == 2
    assert len(hand.jobs[-1][0]) == 3
    tick()
    assert len(hand.jobs) == 2


def test_what_else_changes_in_the_scene_is_not_read_at_once(bpy, hand, monkeypatch):
    from limner.addon.bridge import watching

    follow_once(bpy, hand)
    bpy.context.view_layer.update()  # the drawing knows its head now, and has changed so far
    tick()
    reads, read = [], watching.read_strokes
    monkeypatch.setattr(watching, "read_strokes", lambda *a: reads.append(a) or read(*a))
    head_of(bpy).location.x += 0.1
    bpy.context.view_layer.update()
    assert not reads
    drawing = bpy.context.scene.limner.pencil
    drawing.data.update_tag()
    bpy.context.view_layer.update()
    assert len(reads) == 1


def test_what_is_over_in_a_moment_costs_no_drawing_of_the_window(bpy, hand, monkeypatch):
    from limner.addon.bridge import watching

    drawn = []
    monkeypatch.setattr(watching, "redraw_sidebars", lambda: drawn.append(status()))
    tick()
    assert status() == "Reading the drawing …" and not drawn
    hand.finish()
    tick()
    assert drawn == ["Up to date"]
    write_stroke(bpy.context.scene.limner.pencil, [(0, 0, 0), (0.05, 0, 0.05)])
    bpy.context.view_layer.update()
    watching._watches[0].show_at = 0.0  # half a second later
    tick()
    assert drawn == ["Up to date", "Reading the drawing …"]


def test_answers_are_looked_for_oftener_while_one_is_due(bpy, hand):
    from limner.addon.bridge import watching

    assert tick() == watching.PERIOD_S
    hand.is_busy = True
    assert tick() == watching.BUSY_PERIOD_S
