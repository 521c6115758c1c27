"""The network's label space is the rig's, and a mirror undoes itself."""

# SPDX-License-Identifier: GPL-3.0-or-later

import numpy as np
from limner.rig import facs, features
from limner.sketch_cnn import labels


def test_the_rooms_agree_on_every_name():
    assert labels.AU_LABELS == facs.AU_LABELS
    assert labels.FEATURES == features.FEATURES
    assert labels.MIRRORED_LANDMARKS == features.MIRRORED_LANDMARKS


def test_two_mirrors_change_nothing():
    for order in (labels.MIRRORED_AUS, labels.MIRRORED_LANDMARKS):
        order = np.array(order)
        np.testing.assert_array_equal(order[order], np.arange(len(order)))


def test_a_mirror_swaps_sides_and_gaze_only():
    mirrored = [labels.AU_LABELS[row] for row in labels.MIRRORED_AUS]
    swapped = dict(zip(labels.AU_LABELS, mirrored, strict=True))
    assert swapped["AU12L"] == "AU12R"
    assert swapped["AU61"] == "AU62"
    assert swapped["AU63"] == "AU63"
    assert swapped["AU25"] == "AU25"
