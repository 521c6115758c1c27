"""What a face carries at rest is there with and without an expression, and labels stay true."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
import pytest
from limner.rig.camera import Camera
from limner.rig.face_rig import RigState
from limner.rig.store import load_rig
from limner.synthetic_data.again import Again
from limner.synthetic_data.canvas import Canvas
from limner.synthetic_data.creases import draw_creases
from limner.synthetic_data.face import RigLines, project_face
from limner.synthetic_data.maker import Maker
from limner.synthetic_data.mouth import draw_mouth
from limner.synthetic_data.pen import LABEL, Pen
from limner.synthetic_data.record import Record
from limner.synthetic_data.resting import NOTHING, draw_shades, sample_resting
from limner.synthetic_data.sample import make_sample
from limner.synthetic_data.style import load_style

STEADY = {
    "line_wobble": 0.0, "line_double": 0.0, "line_gap": 0.0, "line_passes": 1.0,
    "line_pressure": 0.0, "line_taper": 0.0, "line_overshoot": 0.0,
}  # fmt: skip


@pytest.fixture(scope="module")
def face():
    lines = RigLines.of(load_rig("makehuman"))
    state = RigState(
        lines.rig.weights_from_aus({}), np.zeros(len(lines.rig.identity_names)), np.zeros(3)
    )
    camera = Camera(0.27 * 256 / lines.rig.interocular_m, np.array([128.0, 128.0]), (256, 256))
    return project_face(lines, state, camera)


def pen_of(style="engraving", **draws):
    hand = load_style(style).hand(np.random.default_rng(2))
    hand.values.update(STEADY)
    hand.draws.update(draws)
    return Pen(Canvas(256), hand, Again((4,), 0))


def record_of(face, **carried):
    record = Record.start(face.landmarks, np.random.default_rng(0))
    record.resting = {**NOTHING, **carried}
    return record


def ink(pen):
    return (pen.canvas.cells >> 8).astype(np.int64)


@pytest.mark.parametrize(
    ("line", "crease", "label", "aus"),
    [
        ("nasolabial", "fold", "nasolabial", {"AU10L": 0.9, "AU10R": 0.9}),
        ("under_eye", "bag", "lower_lid", {"AU6L": 0.9, "AU6R": 0.9}),
        ("crow_feet", "crow_feet", "crow_feet", {"AU6L": 0.9, "AU6R": 0.9}),
        ("mentolabial", "chin", "mentolabial", {"AU17": 0.9}),
        ("forehead", "forehead", "forehead_crease", {"AU1L": 0.9, "AU1R": 0.9}),
        ("glabella", "frown", "glabella_crease", {"AU4L": 0.9, "AU4R": 0.9}),
    ],
)
def test_a_calm_face_has_its_creases_and_an_expression_deepens_them(face, line, crease, label, aus):
    amounts = []
    for carried, shown in (({crease: 0.3}, {}), ({crease: 0.3}, aus)):
        pen = pen_of(dimple=False, **{line: True})
        draw_creases(pen, face, shown, record_of(face, **carried))
        amounts.append(ink(pen)[pen.canvas.labels() == LABEL[label]].sum())
    assert amounts[0] > 0
    assert amounts[1] > 1.1 * amounts[0]


@pytest.mark.parametrize(
    "shade",
    [
        "under_lip",
        "under_nose",
        "cheeks",
        "eye_hollows",
        "fold_shade",
        "chin_ball",
        "nose_side",
        "lids",
    ],
)
def test_each_shade_lies_in_the_face_and_is_laid_alike_again(face, shade):
    pens = [pen_of(), pen_of()]
    for pen in pens:
        draw_shades(pen, face, {**NOTHING, shade: 0.8})
    assert (pens[0].canvas.cells == pens[1].canvas.cells).all()
    rows, columns = np.nonzero(ink(pens[0]))
    low, high = face.landmarks[:68].min(axis=0) - 8.0, face.landmarks[:68].max(axis=0) + 8.0
    assert len(rows) > 15
    assert (columns > low[0]).all() and (columns < high[0]).all()
    assert (rows > low[1]).all() and (rows < high[1]).all()


def test_a_face_that_carries_nothing_is_not_shaded(face):
    pen = pen_of()
    draw_shades(pen, face, NOTHING)
    assert not ink(pen).any()


@pytest.mark.parametrize("carried", [{"seam": 2.4}, {"seam_apart": 0.024}])
def test_lips_that_are_shut_may_have_a_heavy_or_a_double_line(face, carried):
    amounts = []
    for resting in ({}, carried):
        pen = pen_of("pencil")
        pen.hand.kinds["mouth"] = "line"
        draw_mouth(pen, face, {}, record_of(face, **resting))
        amounts.append(int(ink(pen).sum()))
    assert amounts[1] > 1.2 * amounts[0]


def test_chance_gives_hands_that_shade_and_old_people_more():
    rng, shading, calm = (
        np.random.default_rng(1),
        pen_of(resting=True),
        pen_of(resting=False, forehead=False),
    )
    shading.hand.draws.update(crow_feet=True, forehead=True, under_eye=True)
    carried = [sample_resting(shading.hand, rng) for _ in range(600)]
    old = [one for one in carried if one["age"] > 0.7]
    young = [one for one in carried if one["age"] < 0.3]
    for crease in ("crow_feet", "forehead", "bag"):
        shares = [np.mean([one[crease] > 0.0 for one in group]) for group in (young, old)]
        assert shares[0] < shares[1] < 0.8, crease
    assert 0.5 < np.mean([one["under_lip"] > 0.0 for one in carried]) < 0.7
    bare = [sample_resting(calm.hand, rng) for _ in range(50)]
    assert not any(one["under_lip"] or one["cheeks"] or one["forehead"] for one in bare)


def test_a_sample_says_what_its_face_carries():
    maker = Maker.load(5, 128, {"makehuman": 1.0}, ("engraving",))
    about = [make_sample(maker, index)[1] for index in range(6)]
    faces = [one for one in about if one["is_face"]]
    assert faces and all(set(one["resting"]) == set(NOTHING) for one in faces)
