"""An Action Unit is called visible only if its motion is wider than a pencil's line."""

# SPDX-License-Identifier: GPL-3.0-or-later

import numpy as np
import pytest
from limner.rig.face_rig import rotation_matrix
from limner.rig.store import load_rig
from limner.synthetic_data.effect import FAINT, faint_aus
from limner.synthetic_data.face import RigLines


@pytest.fixture(scope="module")
def lines():
    return RigLines.of(load_rig("makehuman"))


def faint(lines, aus, gain=1.0, yaw=0.0):
    turn = rotation_matrix(np.array([0.0, yaw, 0.0]))
    return faint_aus(lines.rig, lines.landmarks, aus, gain, turn)


def test_a_hint_is_faint_and_a_full_action_is_not(lines):
    assert "AU12L" in faint(lines, {"AU12L": 0.1})
    assert "AU12L" not in faint(lines, {"AU12L": 0.5})


def test_an_absent_action_counts_as_it_would_look(lines):
    there = faint(lines, {})
    assert "AU26" not in there, "a dropped jaw would be seen"
    assert "AU29" in there, "a jaw that comes towards the viewer is not"


def test_a_jaw_thrust_shows_from_the_side(lines):
    assert "AU29" not in faint(lines, {"AU29": 1.0}, yaw=np.radians(45.0))


def test_the_threshold_is_the_motion_in_the_picture(lines):
    at = [level for level in np.linspace(0.05, 1.0, 20) if "AU1L" in faint(lines, {"AU1L": level})]
    moved = np.tensordot(
        lines.rig.weights_from_aus({"AU1L": 1.0}),
        lines.landmarks.modes[-len(lines.rig.shape_names) :],
        axes=1,
    )
    reach = np.hypot(moved[:, 0], moved[:, 1]).max() / lines.rig.interocular_m
    assert max(at) * reach < FAINT <= (max(at) + 0.05) * reach


def test_an_exaggerating_hand_makes_more_visible_but_moves_no_lids(lines):
    aus = {"AU1L": 0.3, "AU7L": 0.4}
    calm, loud = faint(lines, aus), faint(lines, aus, gain=1.7)
    assert "AU1L" in calm
    assert "AU1L" not in loud
    assert ("AU7L" in calm) == ("AU7L" in loud)


def test_lips_that_the_jaw_parts_are_seen_to_be_parted(lines):
    assert "AU25" in faint(lines, {"AU25": 0.5})
    assert "AU25" not in faint(lines, {"AU25": 0.5, "AU26": 0.6})
