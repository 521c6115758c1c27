"""What smoothing over time is worth: the same frames read alone and read as films.

A peak is an Action Unit of a clip whose apex is a presence (0.3 and more) and which the drawings
can show there. It is found if any frame around the true apex is said to show it.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DatasetError
from .compare import compare_answers, paired_f1
from .detection import Detection
from .detector import Detector
from .frame_reader import gather_frames
from .labels import AU_LABELS, PRESENT
from .readings import Readings, read_samples
from .shards import Sample, read_folder
from .smoothing import smooth

__all__ = ["peak_figures", "read_sequences", "sequence_figures"]

_NEAR_APEX = 0.9
_BRIEF_FRAMES = 6
"""A peak that is present in so few frames is a micro-expression (a quarter of a second at 24)."""


@dataclass(slots=True)
class _Kept:
    """Every sample of a face without its pictures, and what was answered."""

    samples: list[Sample] = field(default_factory=list)
    answers: list[Detection | None] = field(default_factory=list)

    def __call__(self, sample: Sample, answer: Detection | None) -> None:
        if sample.is_face:
            self.samples.append(sample.without_pictures())
            self.answers.append(None if answer is None else _without_maps(answer))


def _without_maps(answer: Detection) -> Detection:
    return replace(answer, feature_probability=answer.feature_probability[:, :0, :0])


def read_sequences(
    detector: Detector,
    data: Path,
    limit: int | None = None,
    on_sample: Callable[[int], None] | None = None,
) -> tuple[Readings, Readings, list[Sample]]:
    """Read a data set of clips, frame by frame and as films.

    Parameters
    ----------
    limit : read so many drawings only; a clip that is cut is left out

    Returns
    -------
    alone, smoothed : what was answered to the same frames
    samples : their labels

    Raises
    ------
    DatasetError
        If there are no clips.
    """
    kept = _Kept()
    samples = read_folder(Path(data), limit)
    if not any(sample.meta.get("clip") for sample in samples):
        raise DatasetError(
            f"{data}: holds no clips; make one with limner dataset generate --sequences FRAMES"
        )
    alone = read_samples(detector, samples, on_sample, kept)
    films = [rows for rows in clip_rows(kept.samples) if any(kept.answers[row] for row in rows)]
    if not films:
        raise DatasetError(f"{data}: no whole clip in which a face was found; read more of it")
    rows = [row for film in films for row in film]
    probability, intensity = alone.probability.copy(), alone.said_intensity.copy()
    decided = alone.decided.copy()
    for film in films:
        times = np.array([_clip(kept.samples[row])["time_s"] for row in film])
        said = smooth(gather_frames([kept.answers[row] for row in film]), times)
        probability[film], intensity[film], decided[film] = (
            said.probability, said.intensity, said.present,
        )  # fmt: skip
    smoothed = replace(alone, probability=probability, said_intensity=intensity, decided=decided)
    return alone.select(rows), smoothed.select(rows), [kept.samples[row] for row in rows]


def clip_rows(samples: Sequence[Sample]) -> list[list[int]]:
    """Return the rows of each whole clip, in order of time."""
    clips: dict[str, list[int]] = {}
    for row, sample in enumerate(samples):
        clips.setdefault(_clip(sample)["id"], []).append(row)
    return [
        sorted(rows, key=lambda row: _clip(samples[row])["frame"])
        for rows in clips.values()
        if len(rows) == _clip(samples[rows[0]])["frames"]
    ]


def _clip(sample: Sample) -> dict[str, Any]:
    clip = sample.meta["clip"]
    assert isinstance(clip, dict)
    return clip


def sequence_figures(
    alone: Readings, smoothed: Readings, samples: Sequence[Sample], resamplings: int = 300
) -> dict[str, Any]:
    """Return what smoothing changed.

    Returns
    -------
    clips, drawings
    figures : of `compare.JUDGED`, and F1 over all answers together; `second` is smoothed
    peaks : of `peak_figures`, alone and smoothed
    """
    figures, _ = compare_answers(alone, smoothed, resamplings)
    figures["pooled_f1"] = paired_f1(alone, smoothed, resamplings)
    return {
        "clips": len({_clip(sample)["id"] for sample in samples}),
        "drawings": len(samples),
        "figures": figures,
        "peaks": {
            "alone": peak_figures(alone, samples),
            "smoothed": peak_figures(smoothed, samples),
        },
    }


def peak_figures(readings: Readings, samples: Sequence[Sample]) -> dict[str, Any]:
    """Return how many peaks are found, and how high they are said to be.

    Returns
    -------
    peaks, found : how many there are, and the share that is found
    height_error : mean of said less true height at the apex, in intensity
    brief_peaks, brief_found, brief_height_error : of those present in 6 frames at most
    false_stretches : stretches of frames in which an absent AU is called, per clip
    """
    rows: list[tuple[int, bool, float]] = []
    false = 0
    clips = clip_rows(samples)
    for clip in clips:
        for label in _clip(samples[clip[0]])["courses"]:
            peak = _peak(readings, np.array(clip), AU_LABELS.index(label))
            rows += [peak] if peak else []
        wrong = readings.decided[clip] & readings.scored[clip] & ~readings.present[clip]
        starts = wrong & ~np.concatenate([np.zeros((1, len(AU_LABELS)), bool), wrong[:-1]])
        false += int(starts.sum())
    brief = [row for row in rows if row[0] <= _BRIEF_FRAMES]
    return {
        **_peak_means(rows, ""),
        **_peak_means(brief, "brief_"),
        "false_stretches": false / max(len(clips), 1),
    }


def _peak(
    readings: Readings, clip: NDArray[np.int64], column: int
) -> tuple[int, bool, float] | None:
    """Return in how many frames a peak is present, whether it is found, and its error of height."""
    true = readings.intensity[clip, column]
    if true.max() < PRESENT:
        return None
    top = clip[(true >= _NEAR_APEX * true.max()) & readings.visible[clip, column]]
    if not len(top):
        return None
    found = bool(readings.decided[top, column].any())
    height = float(readings.said_intensity[top, column].max() - true.max())
    return int((true >= PRESENT).sum()), found, height


def _peak_means(rows: Sequence[tuple[int, bool, float]], prefix: str) -> dict[str, Any]:
    if not rows:
        return {f"{prefix}peaks": 0, f"{prefix}found": None, f"{prefix}height_error": None}
    return {
        f"{prefix}peaks": len(rows),
        f"{prefix}found": float(np.mean([found for _, found, _ in rows])),
        f"{prefix}height_error": float(np.mean([height for _, _, height in rows])),
    }
