"""What holds for every detector, whatever is inside it. A new one is held to it by registering.

The shipped weights read drawings from real hands. A detector without weights, and one that breaks
each promise in turn, show that the promises can be kept and that they can be broken.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from limner.errors import ModelError, ShapeError, SketchError
from limner.sketch_cnn.frame_reader import FrameReader, beta_evidence
from limner.sketch_cnn.interface import (
    INPUTS,
    DetectorInfo,
    Footage,
    FootageDetector,
    FootageReading,
)
from limner.sketch_cnn.labels import AU_LABELS, MIRRORED_AUS
from limner.sketch_cnn.model_file import NETWORK_FILES, weights_folder
from limner.sketch_cnn.registry import DETECTORS, make_detector, register
from PIL import Image

DRAWINGS = ("lavater_smile.png", "lorelei_smile.png")
TABLES = ("probability", "intensity", "alpha", "beta")
BATCH_ATOL = 1e-4
MIRROR_ATOL = POLARITY_ATOL = 1e-3


class Still:
    """Says of every drawing what the share of ink left and right tells it: nothing clever."""

    def __init__(self, folder=None):
        self.seen = 0

    @property
    def info(self):
        return DetectorInfo("still", "1", lacks={"embedding": "none", "attention": "none"})

    def read(self, footage):
        share = np.full((len(footage.frames), len(AU_LABELS)), 0.25)
        alpha, beta = beta_evidence(share, np.full_like(share, 0.5))
        found = np.ones(len(footage.frames), bool)
        return FootageReading(found, share, share, alpha, beta, np.full(len(AU_LABELS), 0.5))


def drawing(sketches, name):
    return np.asarray(Image.open(sketches / name).convert("L"))


@pytest.fixture(scope="module", params=[*sorted(DETECTORS), "still"])
def detector(request):
    if request.param == "still":
        return Still()
    folder = weights_folder()
    if not all((folder / name).is_file() for name in NETWORK_FILES):
        pytest.skip(f"the network's weights are not in {folder}")
    return make_detector(request.param)


@pytest.fixture(scope="module", params=DRAWINGS)
def grey(request):
    return drawing(Path(__file__).parents[1] / "data" / "sketches", request.param)


def close(one, two, atol):
    for name in TABLES[:2]:
        np.testing.assert_allclose(getattr(one, name), getattr(two, name), atol=atol, err_msg=name)


def test_it_says_what_it_is(detector):
    info = detector.info
    assert isinstance(detector, FootageDetector)
    assert info.name and info.version
    assert set(info.needs) <= set(INPUTS) and set(info.uses) <= set(INPUTS)
    if info.sha256:
        assert len(info.sha256) == 64 and 0 < info.size_bytes <= 12_000_000


def test_answers_have_their_shapes_and_ranges(detector, grey):
    frames = np.stack([grey, 255 - grey])
    said = detector.read(Footage(frames, np.array([0.0, 0.5])))
    assert said.found.all()
    for name in TABLES:
        table = getattr(said, name)
        assert table.shape == (2, len(AU_LABELS)) and np.isfinite(table).all()
    for name in ("probability", "intensity", "uncertainty"):
        table = getattr(said, name)
        assert (table >= 0.0).all() and (table <= 1.0).all(), name
    assert (said.alpha > 0.0).all() and (said.beta > 0.0).all()
    np.testing.assert_allclose(said.alpha / (said.alpha + said.beta), said.probability, atol=1e-5)
    np.testing.assert_array_equal(said.present, said.probability >= said.threshold)
    for name in ("embedding", "attention"):
        part = getattr(said, name)
        if part is None:
            assert detector.info.lacks[name], f"says why it has no {name}"
        else:
            assert len(part) == 2 and np.isfinite(part).all()
            assert name not in detector.info.lacks
    if said.attention is not None:
        assert said.attention.min() >= 0.0 and said.attention.max() <= 1.0
    for name, part in said.extras.items():
        assert len(part) == 2, name


def test_the_same_drawing_gives_the_same_answer(detector, grey):
    one, two = (detector.read(Footage.still(grey)) for _ in range(2))
    for name in (*TABLES, "embedding", "attention"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))


def test_a_mirrored_drawing_gives_swapped_sides(detector, grey):
    straight = detector.read(Footage.still(grey))
    mirrored = detector.read(Footage.still(np.ascontiguousarray(grey[:, ::-1])))
    for name in TABLES[:2]:
        swapped = getattr(mirrored, name)[:, list(MIRRORED_AUS)]
        np.testing.assert_allclose(swapped, getattr(straight, name), atol=MIRROR_ATOL)
    if straight.embedding is not None:
        sizes = np.abs([straight.embedding, mirrored.embedding])
        np.testing.assert_allclose(*sizes, atol=10.0 * MIRROR_ATOL)
    if straight.attention is not None:
        turned = mirrored.attention[:, :, ::-1]
        np.testing.assert_allclose(turned, straight.attention, atol=10.0 * MIRROR_ATOL)


def test_alone_or_in_a_batch_is_the_same(detector, grey):
    if "times" in detector.info.uses:
        pytest.skip("frames tell of their neighbours here; its own tests hold it for stills")
    frames = np.stack([grey, np.ascontiguousarray(grey[:, ::-1]), 255 - grey])
    together = detector.read(Footage(frames, np.arange(3.0)))
    for row, frame in enumerate(frames):
        alone = detector.read(Footage.still(frame))
        for name in TABLES:
            one, many = getattr(alone, name)[0], getattr(together, name)[row]
            np.testing.assert_allclose(one, many, rtol=BATCH_ATOL, atol=BATCH_ATOL)
        for name in ("embedding", "attention"):
            one, many = getattr(alone, name), getattr(together, name)
            assert (one is None) == (many is None)
            if one is not None:
                np.testing.assert_allclose(one[0], many[row], atol=BATCH_ATOL)


def test_a_still_is_a_film_of_one_frame_whenever_it_is_taken(detector, grey):
    now, later = (detector.read(Footage(grey[None], np.array([time]))) for time in (0.0, 99.0))
    close(now, later, 0.0)


@pytest.mark.parametrize(("scale", "atol"), [(0.5, 0.25), (1.6, 0.1)])
def test_any_size_of_sheet_is_read_alike(detector, grey, scale, atol):
    """Half the size has lost lines of a pixel's width."""
    size = [round(scale * side) for side in grey.shape[::-1]]
    other = np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.LANCZOS))
    close(detector.read(Footage.still(grey)), detector.read(Footage.still(other)), atol)


def test_any_polarity_is_read_alike(detector, grey):
    white_on_black = detector.read(Footage.still(255 - grey))
    close(detector.read(Footage.still(grey)), white_on_black, POLARITY_ATOL)


def test_a_neutral_drawing_counts_where_it_is_said_to(detector, grey):
    alone, beside = detector.read(Footage.still(grey)), detector.read(Footage.still(grey, grey))
    if "neutral" not in detector.info.uses:
        close(alone, beside, 0.0)
        return
    assert np.abs(alone.probability - beside.probability).max() > 1e-3
    turned = np.ascontiguousarray(grey[:, ::-1])
    mirrored = detector.read(Footage.still(turned, turned))
    for name in TABLES[:2]:
        swapped = getattr(mirrored, name)[:, list(MIRRORED_AUS)]
        np.testing.assert_allclose(swapped, getattr(beside, name), atol=MIRROR_ATOL)
    with pytest.raises(SketchError, match="the neutral drawing cannot be used"):
        detector.read(Footage.still(grey, np.full_like(grey, 255)))


def test_a_blank_sheet_among_the_frames_is_no_face_and_no_evidence(detector, grey):
    if isinstance(detector, Still) or "times" in detector.info.uses:
        pytest.skip("it sees a face in everything, or knows it from the neighbours")
    said = detector.read(Footage(np.stack([grey, np.full_like(grey, 255)]), np.arange(2.0)))
    assert said.found.tolist() == [True, False]
    assert (said.probability[1] == 0.0).all() and (said.uncertainty[1] == 1.0).all()
    with pytest.raises(SketchError, match="nothing is drawn"):
        detector.read(Footage.still(np.full_like(grey, 255)))


def test_footage_that_is_none_is_refused():
    frame = np.zeros((30, 40), np.uint8)
    for frames, times in (
        (frame, [0.0]),
        (frame[None], [0.0, 1.0]),
        (np.stack([frame, frame]), [1.0, 1.0]),
        (frame[None][:0], []),
    ):
        with pytest.raises(ShapeError):
            Footage(frames, np.array(times))
    with pytest.raises(ShapeError, match="neutral"):
        Footage(frame[None], neutral=frame[None])


def test_detectors_are_made_by_name_and_no_name_is_taken_twice():
    assert isinstance(make_detector("frames"), FrameReader)
    with pytest.raises(ModelError, match="detector nobody: not known; there are frames, sequence"):
        make_detector("nobody")
    with pytest.raises(ModelError, match="there is one of this name"):
        register("frames", Still)


class Broken(Still):
    """Breaks one promise."""

    def __init__(self, how):
        super().__init__()
        self.how = how

    @property
    def info(self):
        info = super().info
        return replace(info, lacks={}) if self.how == "silent" else info

    def read(self, footage):
        said = super().read(footage)
        self.seen += 1
        wrong = said.probability.copy()
        if self.how == "moody":
            wrong += 0.01 * self.seen
        if self.how == "sided":
            wrong[:, 0] += 0.1
        if self.how == "crowded":
            wrong += 0.01 * len(wrong)
        if self.how == "polarity":
            wrong += 0.3 * (footage.frames.mean() < 128.0)
        if self.how == "large":
            wrong += 0.001 * max(footage.frames.shape)
        alpha, beta = beta_evidence(wrong, np.full_like(wrong, 0.5))
        if self.how == "beta":
            alpha = 2.0 * alpha
        return replace(said, probability=wrong, alpha=alpha, beta=beta)


@pytest.mark.parametrize(
    ("how", "test"),
    [
        ("moody", test_the_same_drawing_gives_the_same_answer),
        ("sided", test_a_mirrored_drawing_gives_swapped_sides),
        ("crowded", test_alone_or_in_a_batch_is_the_same),
        ("polarity", test_any_polarity_is_read_alike),
        ("beta", test_answers_have_their_shapes_and_ranges),
    ],
)
def test_a_detector_that_breaks_a_promise_is_caught(how, test):
    grey = np.full((200, 200), 255, np.uint8)
    grey[50:150, 60:140] = 0
    with pytest.raises(AssertionError):
        test(Broken(how), grey)


def test_silence_about_what_is_missing_is_caught():
    grey = np.full((200, 200), 255, np.uint8)
    with pytest.raises(KeyError):
        test_answers_have_their_shapes_and_ranges(Broken("silent"), grey)


def test_size_is_caught():
    grey = np.full((200, 200), 255, np.uint8)
    with pytest.raises(AssertionError):
        test_any_size_of_sheet_is_read_alike(Broken("large"), grey, 4.0, 0.25)
