"""What is drawn shows what is labelled, on its own side."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
import pytest
from limner.rig.camera import Camera
from limner.rig.face_rig import RigState
from limner.rig.store import load_rig
from limner.synthetic_data.face import RigLines, project_face, warp_face
from limner.synthetic_data.pen import LABEL
from limner.synthetic_data.proportions import sample_warp
from limner.synthetic_data.render import draw_face
from limner.synthetic_data.style import load_style


@pytest.fixture(scope="module")
def lines():
    return RigLines.of(load_rig("makehuman"))


def seen(lines, aus, rotation=(0.0, 0.0, 0.0)):
    rig = lines.rig
    state = RigState(
        rig.weights_from_aus(aus), np.zeros(len(rig.identity_names)), np.array(rotation)
    )
    camera = Camera(0.27 * 256 / rig.interocular_m, np.array([128.0, 128.0]), (256, 256))
    return project_face(lines, state, camera)


def drawn(lines, aus, style="fineliner", seed=3):
    rng = np.random.default_rng(seed)
    hand = load_style(style).hand(rng)
    hand.draws.update(glasses=False, hat=False, beard=False, moustache=False)
    hand.kinds["hair"] = "bald"
    return draw_face(seen(lines, aus), lines.rig, aus, hand, 256, rng)


@pytest.mark.parametrize("side", ["L", "R"])
def test_a_wink_shuts_the_eye_of_its_side(lines, side):
    drawing = drawn(lines, {f"AU43{side}": 1.0})
    left = drawing.landmarks[68, 0]
    right = drawing.landmarks[69, 0]
    assert left > right, "the subject's left is on the right of the picture"
    middle = 0.5 * (left + right)
    _, columns = np.nonzero(drawing.labels == LABEL["iris"])
    open_side = columns < middle if side == "L" else columns > middle
    assert len(columns) > 10 and open_side.all()


def test_a_smile_lifts_the_corners_and_a_frown_of_the_mouth_drops_them(lines):
    heights = {}
    for name, aus in {
        "calm": {}, "smile": {"AU12L": 0.9, "AU12R": 0.9}, "droop": {"AU15L": 0.9, "AU15R": 0.9},
    }.items():  # fmt: skip
        face = seen(lines, aus)
        heights[name] = face.landmarks[[48, 54], 1].mean() - face.landmarks[33, 1]
    assert heights["smile"] < heights["calm"] < heights["droop"]


@pytest.mark.parametrize("seed", range(4))
def test_an_exaggerating_hand_keeps_the_sides_of_brows_and_mouth(lines, seed):
    aus = {"AU1L": 0.9, "AU12R": 0.9}
    face = seen(lines, aus)
    hand = load_style("doodle").hand(np.random.default_rng(seed))
    for key in ("shift", "wave", "round"):
        hand.values[f"proportions_{key}"] = 0.0
    hand.values["proportions_calm"] = 1.0
    warp = sample_warp(face, hand, aus, 256, np.random.default_rng(seed))
    marks = warp_face(face, warp).landmarks
    assert marks[22, 1] < marks[21, 1], "AU1L raises the inner end of the left brow"
    assert marks[48, 1] < marks[54, 1], "AU12R raises the right corner of the mouth"


def test_a_calm_hand_draws_level_mouths_on_calm_faces(lines):
    hand = load_style("doodle").hand(np.random.default_rng(0))
    hand.values["proportions_calm"] = 1.0
    face = seen(lines, {})
    marks = warp_face(face, sample_warp(face, hand, {}, 256, np.random.default_rng(1))).landmarks
    width = np.hypot(*(marks[54] - marks[48]))
    lift = 0.5 * (marks[62] + marks[66])[1] - marks[[48, 54], 1].mean()
    assert abs(lift) < 0.12 * width


def test_a_style_that_draws_dots_cannot_show_the_lids(lines):
    rng = np.random.default_rng(0)
    hand = load_style("cartoon_minimal").hand(rng)
    hand.kinds["eye"] = "dot"
    hand.draws.update(glasses=False, crow_feet=False, under_eye=False, brow=True)
    drawing = draw_face(seen(lines, {}), lines.rig, {}, hand, 128, rng)
    assert not any(drawing.visible[f"AU{au}{side}"] for au in (5, 6, 7) for side in "LR")
    assert not drawing.visible["AU61"]
    assert drawing.visible["AU43L"] and drawing.visible["AU1R"]


def test_the_head_hides_its_far_side(lines):
    turned = seen(lines, {}, (0.0, np.radians(55.0), 0.0))
    assert turned.landmarks_visible[0], "turned to the subject's left, the right ear is seen"
    assert not turned.landmarks_visible[16]


def test_labels_lie_where_the_curves_run(lines):
    drawing = drawn(lines, {})
    for label, name in (("brow", "brow_upper_L"), ("upper_lid", "upper_lid_R"), ("ear", "ear_L")):
        rows, columns = np.nonzero(drawing.labels == LABEL[label])
        gap = np.hypot(
            columns[:, None] + 0.5 - drawing.curves[name][:, 0],
            rows[:, None] + 0.5 - drawing.curves[name][:, 1],
        )
        assert np.median(gap.min(axis=0)) < 3.0, name
