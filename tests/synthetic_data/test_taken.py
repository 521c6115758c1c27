"""Cameras and scanners change how dark a sheet is, and nothing else."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from limner.rig.png import png_bytes
from limner.synthetic_data import Maker, make_sample
from limner.synthetic_data.canvas import Canvas
from limner.synthetic_data.chance import chance_of
from limner.synthetic_data.pen import LABEL, Pen
from limner.synthetic_data.sample import pose_face
from limner.synthetic_data.style import LATER
from limner.synthetic_data.taken import photographed, scanned
from limner.synthetic_data.traces import draw_erased

SIZE = 96


def sheet():
    """Return a sheet of one grey but for a black dot in its middle."""
    picture = np.full((SIZE, SIZE), 255, dtype=np.uint8)
    picture[44:52, 44:52] = 3
    return picture


def wanting(maker, **chances):
    """Return a maker whose hands certainly do these things, and none of the others."""
    styles = tuple(
        dataclasses.replace(
            style, chances={**style.chances, **dict.fromkeys(LATER, 0.0), **chances}
        )
        for style in maker.styles
    )
    return dataclasses.replace(maker, styles=styles, kept={})


@pytest.fixture(scope="module")
def maker():
    return Maker.load(8, 128, {"makehuman": 1.0}, ("pencil", "engraving", "chalk_on_black"))


@pytest.mark.parametrize("take", [photographed, scanned])
def test_a_taken_sheet_keeps_its_drawing_where_it_was(take):
    """The dot stays the darkest place, in the middle; all greys are those of drawings."""
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5
    for number in range(20):
        picture = take(sheet(), chance_of((1,), number), chance_of((3,), number))
        assert picture.shape == (SIZE, SIZE) and (picture % 4 == 3).all()
        around = picture[36:60, 36:60].astype(float)
        dark = np.maximum(np.quantile(around, 0.6) - around, 0.0) ** 2
        window = np.s_[36:60, 36:60]
        assert abs((x[window] * dark).sum() / dark.sum() - 48.0) < 1.0
        assert abs((y[window] * dark).sum() / dark.sum() - 48.0) < 1.0


def test_a_photo_is_lit_unevenly_and_a_scan_is_not_lit_from_aside():
    blank = np.full((SIZE, SIZE), 255, dtype=np.uint8)
    spread = {}
    for take in (photographed, scanned):
        pictures = (take(blank, chance_of((2,), n), chance_of((3,), n)) for n in range(30))
        middles = (picture[SIZE // 4 : -SIZE // 4, 24:-24].mean(axis=0) for picture in pictures)
        spread[take] = np.median([np.ptp(middle) for middle in middles])
    assert spread[photographed] > 3.0 * spread[scanned]


@pytest.mark.parametrize("kind", ["photo", "scan"])
def test_a_taken_sheet_has_the_labels_of_the_sheet_itself(maker, kind):
    for index in range(6):
        plain, told = make_sample(wanting(maker), index)
        taken, about = make_sample(wanting(maker, **{kind: 1.0}), index)
        np.testing.assert_array_equal(plain.labels, taken.labels)
        assert (plain.picture != taken.picture).any()
        assert (told["hand"]["sheet"], about["hand"]["sheet"]) == ("paper", kind)


def test_what_came_later_leaves_all_else_as_it_was(maker):
    """Whether a hand may rub out or not, whoever does not is drawn byte for byte the same."""
    never = wanting(maker)
    seldom = wanting(maker, erased=0.3, suggestive=0.3, construction=0.3, photo=0.1, scan=0.1)
    alike = 0
    for index in range(30):
        (first, _), (second, about) = make_sample(never, index), make_sample(seldom, index)
        plain = not about["hand"]["more"] and about["hand"]["sheet"] == "paper"
        assert not plain or png_bytes(first.picture) == png_bytes(second.picture)
        alike += plain
    assert 3 <= alike <= 20


def test_rubbed_out_lines_are_faint_lie_beside_a_face_and_are_no_part_of_it(maker):
    hand = wanting(maker, erased=1.0).styles[0].hand(chance_of((4,), 1))
    drawn = 0
    for number in range(6):
        face = pose_face(maker, number).seen
        pen = Pen(Canvas(128), hand, chance_of((5,), number))
        draw_erased(pen, face)
        ink, labels = pen.canvas.ink(), pen.canvas.labels()
        assert ink.max() <= 0.45 * 255
        assert set(np.unique(labels[ink > 0])) <= {LABEL["other"]}
        rows, columns = np.nonzero(ink)
        away = (
            np.hypot(columns - face.centre[0], rows - face.centre[1]) if len(rows) else np.zeros(1)
        )
        assert away.max() < 1.3 * face.radii.max() + 0.4 * face.unit
        drawn += len(rows) > 0
    assert drawn >= 4


def test_frames_of_a_clip_are_taken_in_one_light_with_noise_of_their_own(maker):
    clips = dataclasses.replace(wanting(maker, photo=1.0), frames=2)
    differ = []
    for clip in range(4):
        first, second = (
            make_sample(clips, 2 * clip + frame)[0].picture.astype(float) for frame in range(2)
        )
        blocks = [
            np.median(picture.reshape(16, 8, 16, 8), axis=(1, 3)) for picture in (first, second)
        ]
        assert np.median(np.abs(blocks[0] - blocks[1])) <= 8.0
        differ.append((first != second).mean())
    assert max(differ) > 0.05
