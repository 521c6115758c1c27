"""The shipped weights' confidence means something, on drawings that they were not trained on."""

# SPDX-License-Identifier: GPL-3.0-or-later

from types import SimpleNamespace

import numpy as np
import pytest
from limner.sketch_cnn.breakdown import coverage, deciles
from limner.sketch_cnn.detector import Detector
from limner.sketch_cnn.evaluate import evaluate
from limner.sketch_cnn.model_file import NETWORK_FILES, weights_folder
from limner.sketch_cnn.strangers import Evidence

pytestmark = pytest.mark.slow

FACES, STRANGERS, SEED = 120, 40, 86420


@pytest.fixture(scope="module")
def detector():
    folder = weights_folder()
    if not all((folder / name).is_file() for name in NETWORK_FILES):
        pytest.skip(f"the network's weights are not in {folder}")
    return Detector(folder)


@pytest.fixture(scope="module")
def evidence(detector):
    """Return what keeps how much evidence is claimed of each drawing."""
    return Evidence(detector)


@pytest.fixture(scope="module")
def readings(detector, evidence, tmp_path_factory):
    """Return the answers to new faces by all hands."""
    from limner.synthetic_data.dataset import generate

    folder = tmp_path_factory.mktemp("faces")
    generate(folder, FACES, SEED)
    return evaluate(detector, folder, on_answer=evidence)[0]


def test_accuracy_rises_with_confidence_from_fifth_to_fifth(readings):
    accuracy = [row["accuracy"] for row in deciles(readings, parts=5)]
    assert min(np.diff(accuracy)) >= -0.004, "some 900 answers each: no fall beyond chance"
    assert accuracy[0] < accuracy[1] < accuracy[2]
    assert accuracy[0] < 0.9 and accuracy[-1] > 0.985


def test_confidence_that_is_dealt_out_anew_says_nothing(readings):
    """The control: the same answers, each with the confidence of another one."""
    rng = np.random.default_rng(0)
    scored = readings.scored
    dealt = readings.confidence.copy()
    dealt[scored] = rng.permutation(dealt[scored])
    other = SimpleNamespace(
        scored=scored,
        confidence=dealt,
        wrong=readings.wrong,
        present=readings.present,
        decided=readings.decided,
    )
    accuracy = [row["accuracy"] for row in deciles(other, parts=5)]
    assert max(accuracy) - min(accuracy) < 0.04
    assert coverage(other)["errors_removed_by_20"] < 0.3


def test_the_least_sure_fifth_holds_most_of_the_errors(readings):
    assert coverage(readings)["errors_removed_by_20"] >= 0.6


def test_drawings_that_are_no_faces_are_read_with_little_evidence(readings, evidence):
    from limner.synthetic_data.negatives import draw_no_face
    from limner.synthetic_data.style import load_style, style_names

    rng = np.random.default_rng(SEED)
    names = style_names()
    for row in range(STRANGERS):
        hand = load_style(names[row % len(names)]).hand(rng)
        ink = draw_no_face(hand, 256, rng).picture
        evidence(SimpleNamespace(is_face=False, grey=lambda ink=ink: ink), None)
    told = evidence.figures()
    assert len(evidence.strangers) >= STRANGERS - 5
    assert told["evidence_no_faces"] < 0.6 * told["evidence_faces"]
    assert told["evidence_auc"] > 0.8
