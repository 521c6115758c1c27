"""A correction that leaves too much begins with less, or leaves alone what led lines away."""

# SPDX-License-Identifier: GPL-3.0-or-later

from dataclasses import dataclass

import numpy as np
import pytest
from limner.addon.corrector import Corrected, Corrector
from limner.addon.drawn import DrawnLines
from limner.addon.fit import Gap


@dataclass(frozen=True)
class Face:
    """As much of a drawn face as a correction looks at before its lines crawl."""

    drawn: DrawnLines


@dataclass(frozen=True)
class Begun:
    """As much of where lines came to as a correction looks at."""

    begun: float


class Scripted(Corrector):
    """A corrector whose corrections leave the gaps that it is given, one after the other."""

    def __init__(self, *gaps, begins=0.0):
        self.gaps, self.begins = list(gaps), begins
        self.seen, self.shares = [], []

    def _share_to_begin_with(self, *_):
        return self.begins

    def _corrected(self, face, found, stages, settings, begun):
        self.seen.append(set(face.drawn.rows))
        self.shares.append(begun)
        return Corrected(Begun(begun), self.gaps[len(self.seen) - 1])


def gap(snakes, **curves):
    return Gap(0.08, 0.04, snakes, {name: (0.08, 0.04, after) for name, after in curves.items()})


@pytest.fixture
def face():
    rows = {name: np.arange(3) for name in ("jaw", "brow", "upper_lid")}
    return Face(DrawnLines(np.zeros((2, 2), np.float32), None, rows, np.ones(3)))


def test_a_good_correction_is_made_once(face):
    corrector = Scripted(gap(0.02, jaw=0.05, brow_L=0.01))
    assert corrector.correct(face, None, None, None).gap.snakes == 0.02
    assert corrector.seen == [{"jaw", "brow", "upper_lid"}]


def test_what_led_lines_away_is_left_out_of_the_second_try(face):
    first, second = gap(0.05, jaw=0.07, brow_L=0.05, upper_lid_R=0.01), gap(0.035)
    corrector = Scripted(first, second)
    assert corrector.correct(face, None, None, None).gap is second
    assert corrector.seen[1:] == [{"upper_lid"}]


def test_no_line_is_followed_where_the_second_try_ends_farther_away_too(face):
    third = gap(0.041)
    corrector = Scripted(gap(0.05, jaw=0.07), gap(0.06), third)
    assert corrector.correct(face, None, None, None).gap is third
    assert corrector.seen == [{"jaw", "brow", "upper_lid"}, {"brow", "upper_lid"}, set()]


def test_the_first_try_stays_where_no_other_is_better(face):
    first = gap(0.05, jaw=0.07)
    assert Scripted(first, gap(0.06), gap(0.07)).correct(face, None, None, None).gap is first


def test_a_poor_correction_is_begun_with_less_as_long_as_much_is_gained(face):
    corrector = Scripted(gap(0.035), gap(0.025), gap(0.02), begins=1.0)
    assert corrector.correct(face, None, None, None).gap.snakes == 0.025
    assert corrector.shares == [1.0, 0.5]  # 0.025 is good enough
    corrector = Scripted(gap(0.039), gap(0.028), gap(0.02), begins=1.0)
    assert corrector.correct(face, None, None, None).gap.snakes == 0.02
    assert corrector.shares == [1.0, 0.5, 0.0]


def test_little_gained_is_no_reason_to_begin_with_less(face):
    corrector = Scripted(gap(0.035), gap(0.033), begins=1.0)
    best = corrector.correct(face, None, None, None)
    assert best.gap.snakes == 0.035 and best.crawled.begun == 1.0


def test_a_good_correction_keeps_all_it_began_with(face):
    corrector = Scripted(gap(0.02), begins=1.0)
    assert corrector.correct(face, None, None, None).crawled.begun == 1.0
    assert corrector.shares == [1.0]
