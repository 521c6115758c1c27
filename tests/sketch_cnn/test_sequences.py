"""The gain of smoothing is measured against the truth of each clip, peak by peak."""

# SPDX-License-Identifier: GPL-3.0-or-later

from dataclasses import replace

import numpy as np
import pytest
from limner.errors import DatasetError
from limner.sketch_cnn.labels import AU_LABELS
from limner.sketch_cnn.sequences import clip_rows, peak_figures, read_sequences, sequence_figures
from limner.sketch_cnn.shards import Sample

from .answers import invented

SMILE, BROW = AU_LABELS.index("AU12L"), AU_LABELS.index("AU1L")
FRAMES = 10


@pytest.fixture
def clips():
    """Two clips: a long smile with a brief brow, then a brow alone."""
    blank = np.zeros((2 * FRAMES, len(AU_LABELS)))
    truth = blank.copy()
    truth[2:9, SMILE] = [0.2, 0.5, 0.8, 0.8, 0.8, 0.5, 0.2]
    truth[4:6, BROW] = 0.6
    truth[15, BROW] = 0.9
    readings = replace(
        invented(2 * FRAMES),
        identity=("a",) * FRAMES + ("b",) * FRAMES,
        intensity=truth,
        visible=np.ones(truth.shape, bool),
        probability=blank,
        uncalibrated=blank,
        said_intensity=blank,
        decided=blank > 0.0,
    )
    courses = ({"AU12L": {}, "AU1L": {}}, {"AU1L": {}})
    samples = []
    for row in range(2 * FRAMES):
        number, frame = divmod(row, FRAMES)
        clip = {"id": f"c{number}", "frame": frame, "frames": FRAMES, "time_s": frame / 12.0}
        clip["courses"] = courses[number]
        samples.append(
            Sample(f"{row}", b"", b"", True, truth[row].astype("f4"), np.ones(44, "f4"),
                   np.zeros((70, 2), "f4"), np.zeros((160, 2), "f4"),
                   np.zeros(3, "f4"), {"clip": clip})
        )  # fmt: skip
    return readings, samples


def test_a_peak_counts_as_found_only_near_its_apex(clips):
    readings, samples = clips
    early = readings.decided.copy()
    early[3, SMILE] = early[15, BROW] = True
    found = peak_figures(replace(readings, decided=early), samples)
    assert (found["peaks"], found["brief_peaks"]) == (3, 3)
    assert found["found"] == pytest.approx(1 / 3)
    early[5, SMILE] = True
    assert peak_figures(replace(readings, decided=early), samples)["found"] == pytest.approx(2 / 3)


def test_heights_are_compared_at_the_apex(clips):
    readings, samples = clips
    said = np.where(readings.intensity > 0.0, readings.intensity - 0.1, 0.0)
    told = peak_figures(replace(readings, said_intensity=said), samples)
    assert told["height_error"] == pytest.approx(-0.1)


def test_false_calls_in_a_row_are_one_stretch(clips):
    readings, samples = clips
    decided = readings.decided.copy()
    decided[2:5, BROW + 2] = decided[7, BROW + 2] = decided[12:14, SMILE] = True
    told = peak_figures(replace(readings, decided=decided), samples)
    assert told["false_stretches"] == pytest.approx(3 / 2)


def test_clips_are_put_in_order_and_cut_ones_left_out(clips):
    _, samples = clips
    mixed = [*samples[5:10], *samples[0:5], *samples[10:19]]
    assert clip_rows(mixed) == [[5, 6, 7, 8, 9, 0, 1, 2, 3, 4]]


def test_the_report_holds_the_difference_and_its_floor(clips):
    readings, samples = clips
    right = replace(
        readings,
        decided=readings.intensity >= 0.3,
        probability=readings.intensity,
        said_intensity=readings.intensity,
    )
    told = sequence_figures(readings, right, samples, resamplings=50)
    assert told["clips"] == 2 and told["drawings"] == 20
    f1 = told["figures"]["pooled_f1"]
    assert (f1["first"], f1["second"]) == (0.0, 1.0)
    assert told["peaks"]["smoothed"]["found"] == 1.0


def test_a_data_set_without_clips_is_refused(drawings):
    with pytest.raises(DatasetError, match="holds no clips"):
        read_sequences(None, drawings)
