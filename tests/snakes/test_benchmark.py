"""The race is run on equal terms and we end nearer."""

# SPDX-License-Identifier: GPL-3.0-or-later

import pytest
from limner.snakes.benchmark import benchmark_snakes


@pytest.fixture(scope="module")
def figures():
    return benchmark_snakes(count=6, pages=1)


def test_snakes_end_nearer_than_scikit_images_from_the_same_starts(figures):
    assert figures["limner_px"] < 0.5 < figures["start_px"]
    assert figures["distance_ratio"] > 2.0
    assert figures["limner_p95_px"] < figures["skimage_p95_px"]


def test_rings_end_nearer_than_those_of_morphological_snakes(figures):
    assert figures["rings_limner_px"] < figures["rings_morphological_px"] < figures["start_px"]
