"""Signs for eyes, mouths and noses say what is labelled, and their landmarks lie on the ink."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
import pytest
from limner.rig.camera import Camera
from limner.rig.face_rig import RigState
from limner.rig.store import load_rig
from limner.synthetic_data.face import RigLines, project_face
from limner.synthetic_data.modelling import stipple
from limner.synthetic_data.pen import LABEL
from limner.synthetic_data.render import draw_face
from limner.synthetic_data.style import KNOWN_CHOICES, load_style

SMILE = {"AU12L": 0.9, "AU12R": 0.9}
DROOP = {"AU15L": 0.9, "AU15R": 0.9}
PARTED = {"AU25": 0.9, "AU26": 0.7}
LIPS = ("upper_lip_inner", "lower_lip_inner", "upper_lip_outer", "lower_lip_outer", "other")


@pytest.fixture(scope="module")
def lines():
    return RigLines.of(load_rig("makehuman"))


def drawn(lines, aus, seed=0, yaw=0.0, draws=None, **kinds):
    rig = lines.rig
    state = RigState(
        rig.weights_from_aus(aus), np.zeros(len(rig.identity_names)), np.array([0.0, yaw, 0.0])
    )
    camera = Camera(0.27 * 256 / rig.interocular_m, np.array([128.0, 128.0]), (256, 256))
    hand = load_style("avatar").hand(np.random.default_rng(seed))
    hand.values.update(proportions_curl=0.0, proportions_shift=0.0, paper_inverted=0.0)
    hand.draws.update(glasses=False, hat=False, beard=False, moustache=False, brow=True)
    hand.draws.update(draws or {})
    hand.kinds.update(hair="bald", **kinds)
    return draw_face(
        project_face(lines, state, camera), rig, aus, hand, 256, np.random.default_rng(seed)
    )


def lift(drawing):
    """How far the corners of the mouth lie above its middle, widths."""
    marks = drawing.landmarks
    middle = 0.5 * (marks[62] + marks[66])
    return (middle[1] - marks[[48, 54], 1].mean()) / np.hypot(*(marks[54] - marks[48]))


def is_near_ink(drawing, points, names):
    """Say for each point whether one of some features is drawn within 3 px."""
    rows, columns = np.nonzero(np.isin(drawing.labels, [LABEL[name] for name in names]))
    ink = np.stack([columns + 0.5, rows + 0.5], axis=1)
    return np.array([np.hypot(*(ink - point).T).min(initial=np.inf) < 3.0 for point in points])


@pytest.mark.parametrize("parted", [{}, PARTED])
@pytest.mark.parametrize("seed", range(6))
def test_a_sign_for_a_mouth_smiles_and_droops_as_labelled(lines, seed, parted):
    smile = drawn(lines, SMILE | parted, seed, mouth="symbol")
    calm = drawn(lines, parted, seed, mouth="symbol")
    droop = drawn(lines, DROOP | parted, seed, mouth="symbol")
    assert lift(smile) > lift(calm) + 0.03 and lift(droop) < lift(calm) - 0.03
    assert lift(smile) > 0.0 > lift(droop)


@pytest.mark.parametrize(("side", "corner", "other"), [("L", 54, 48), ("R", 48, 54)])
def test_a_sign_for_a_mouth_smirks_on_its_side(lines, side, corner, other):
    marks = drawn(lines, {f"AU12{side}": 0.9}, 1, mouth="symbol").landmarks
    assert marks[corner, 1] < marks[other, 1]


@pytest.mark.parametrize("seed", range(6))
def test_the_mouth_landmarks_lie_on_its_sign(lines, seed):
    for aus in (SMILE, SMILE | PARTED, DROOP | PARTED, PARTED, {}):
        drawing = drawn(lines, aus, seed, mouth="symbol")
        inner = drawing.landmarks[[60, 61, 62, 63, 64, 65, 66, 67]]
        assert is_near_ink(drawing, inner, LIPS).mean() >= 0.85
        assert set(range(48, 68)) <= set(drawing.symbols)


def test_a_sign_for_a_mouth_tells_of_corners_and_opening_only(lines):
    visible = drawn(lines, SMILE | PARTED, mouth="symbol").visible
    assert visible["AU12L"] and visible["AU25"] and visible["AU26"]
    assert not any(visible[label] for label in ("AU10L", "AU16R", "AU17", "AU23", "AU24", "AU28"))


def test_no_sign_stands_for_a_mouth_seen_from_the_side(lines):
    aside = drawn(lines, SMILE, 2, yaw=np.radians(50.0), mouth="symbol")
    assert not set(range(48, 68)) & set(aside.symbols)


@pytest.mark.parametrize("kind", KNOWN_CHOICES["closed"])
@pytest.mark.parametrize("eye", ["circle", "full"])
def test_every_way_to_shut_an_eye_is_drawn_where_the_landmarks_are(lines, kind, eye):
    for seed in range(3):
        drawing = drawn(lines, {"AU43L": 1.0, "AU43R": 1.0}, seed, closed=kind, eye=eye)
        marks = drawing.landmarks
        assert drawing.visible["AU43L"] and drawing.visible["AU43R"]
        np.testing.assert_allclose(marks[[37, 38, 43, 44]], marks[[41, 40, 47, 46]], atol=1e-9)
        assert not np.isin(drawing.labels, LABEL["iris"]).any()
        assert is_near_ink(drawing, marks[[37, 38, 43, 44]], ("upper_lid",)).mean() >= 0.5 or (
            kind in ("cross", "x")
        )


def test_both_shut_eyes_bend_the_same_way(lines):
    for seed in range(8):
        marks = drawn(
            lines, {"AU43L": 1.0, "AU43R": 1.0, "AU12L": 0.9, "AU12R": 0.9}, seed, closed="arc",
            eye="circle",
        ).landmarks  # fmt: skip
        sags = [marks[rows, 1].mean() - marks[ends, 1].mean()
                for rows, ends in (([37, 38], [36, 39]), ([43, 44], [42, 45]))]  # fmt: skip
        assert sags[0] * sags[1] > 0.0


def test_a_lid_slants_outwards_in_grief_and_inwards_in_anger(lines):
    def slope(aus):
        marks = drawn(lines, aus | {"AU43L": 0.45, "AU43R": 0.45}, 3, eye="circle").landmarks
        left, right = marks[44, 1] - marks[43, 1], marks[37, 1] - marks[38, 1]
        return 0.5 * (left + right)  # how much lower the outer part lies

    grief, anger = slope({"AU1L": 0.9, "AU1R": 0.9}), slope({"AU4L": 0.9, "AU4R": 0.9})
    assert grief > slope({}) > anger


def test_a_dot_tells_of_a_half_shut_eye_only_if_a_lid_has_room(lines):
    half = {"AU43L": 0.5, "AU43R": 0.5}
    told = []
    for seed in range(12):
        drawing = drawn(lines, half, seed, eye="dot", draws={"lid_crease": False})
        has_lid = np.isin(drawing.labels, LABEL["upper_lid"]).any()
        assert drawing.visible["AU43L"] == has_lid
        told.append(has_lid)
    assert any(told) and not all(told)
    assert drawn(lines, {}, eye="dot").visible["AU43L"], "an open dot is not shut"


@pytest.mark.parametrize("kind", KNOWN_CHOICES["nose"])
def test_every_nose_but_none_leaves_ink_near_the_nose(lines, kind):
    drawing = drawn(lines, {}, 4, nose=kind)
    names = ("nose_bridge", "nose_tip", "nostril")
    count = np.isin(drawing.labels, [LABEL[name] for name in names]).sum()
    assert (count > 8) == (kind != "none")


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5])
def test_stippling_covers_as_much_paper_as_asked(share):
    rng = np.random.default_rng(0)
    ink = stipple(np.full((200, 200), share, np.float32), 4.0, 0.4, rng)
    assert ink.mean() == pytest.approx(share, rel=0.3)


def test_modelled_shadows_hide_no_label_and_add_none_but_other(lines):
    plain = drawn(lines, SMILE, 5, mouth="symbol")
    shaded = drawn(lines, SMILE, 5, draws={"modelling": True}, mouth="symbol")
    assert (shaded.labels == LABEL["other"]).sum() > (plain.labels == LABEL["other"]).sum() + 30
