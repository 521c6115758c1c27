"""What disturbs a drawing does just that much, and what did not move counts as not moved."""

# SPDX-License-Identifier: GPL-3.0-or-later

from dataclasses import replace

import numpy as np
import pytest
from limner.addon.bench_noise import _moves, disturbances
from limner.addon.pipeline import Session
from limner.rig.face_rig import RigState
from limner.rig.store import load_rig

from .drawn_faces import draw, face_camera, perfect_detection


@pytest.fixture(scope="module")
def drawn():
    rig = load_rig("makehuman")
    state, camera = RigState.neutral(rig), face_camera(rig)
    sketch, labels = draw(rig, state, camera)
    return rig, state, camera, sketch, labels


@pytest.fixture(scope="module")
def disturbed(drawn):
    found = disturbances(drawn[3].grey, np.random.default_rng(1))
    return {one.name: one for one in found}


def test_a_tenth_of_the_strokes_is_removed_and_nothing_added(drawn, disturbed):
    ink, left = drawn[3].grey < 160, disturbed["removed"].picture < 160
    assert not (left & ~ink).any()
    assert 0.06 < 1.0 - left.sum() / ink.sum() < 0.2
    assert disturbed["removed"].touched[ink & ~left].all()


def test_black_hair_leaves_the_face_its_strokes():
    page = np.full((200, 200), 255, dtype=np.uint8)
    page[10:90, 20:180] = 0
    for row in range(100, 190, 6):
        page[row : row + 2, 40:90] = 0
    removed = disturbances(page, np.random.default_rng(3))[0].touched
    strokes = page[100:] < 160
    assert 0.0 < (removed[100:] & strokes).sum() < 0.3 * strokes.sum()


def test_a_shaking_hand_keeps_the_ink_and_moves_it_by_some_pixels(drawn, disturbed):
    before, after = drawn[3].grey < 160, disturbed["wobble"].picture < 160
    assert after.sum() == pytest.approx(before.sum(), rel=0.3)
    assert 0.2 < (before & ~after).sum() / before.sum() < 0.99
    assert np.sqrt((disturbed["wobble"].shaken_px ** 2).mean()) == pytest.approx(3.0, rel=0.05)


def test_stray_lines_are_added_and_nothing_else_changes(drawn, disturbed):
    before, after = drawn[3].grey < 160, disturbed["stray"].picture < 160
    assert (after | ~before).all()
    assert after.sum() > before.sum() + 200


def test_stray_lines_hardly_move_a_head_whose_lines_are_known(drawn, disturbed):
    rig, state, camera, sketch, labels = drawn
    detection = perfect_detection(rig, state, camera, labels, {})
    session = Session(rig)
    fit = session.fit(sketch, detection)
    scrawled = disturbed["stray"].picture
    ink = (255 - scrawled).astype(np.float32) / 255.0
    other = session.fit(replace(sketch, ink=ink, grey=scrawled), detection)
    untouched = disturbed["stray"]
    assert set(_moves(fit, fit, untouched)) == {(0.0, 0.0)}
    moved = [way for _, way in _moves(fit, other, untouched)]
    assert 0.0 < np.mean(moved) < 0.02


def test_ink_may_run_off_the_page():
    page = np.full((64, 48), 255, dtype=np.uint8)
    page[:, -3:] = page[-3:] = page[30:33] = 0
    assert disturbances(page, np.random.default_rng(0))[0].touched.shape == page.shape
