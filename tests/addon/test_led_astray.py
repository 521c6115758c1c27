"""Lines that are led away from their ink are left alone, where that leaves the smaller gap."""

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


class Scripted(Corrector):
    """A corrector whose corrections leave the gaps that it is given, one after the other."""

    def __init__(self, *gaps):
        self.gaps, self.seen = list(gaps), []

    def _corrected(self, face, found, stages, settings):
        self.seen.append(set(face.drawn.rows))
        return Corrected(None, self.gaps[len(self.seen) - 1])


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
    assert corrector.seen[1] == {"upper_lid"}


def test_the_first_try_stays_where_the_second_is_no_better(face):
    first = gap(0.05, jaw=0.07)
    assert Scripted(first, gap(0.06)).correct(face, None, None, None).gap is first
