"""What happens in a film of drawings: what `limner detect --sequence` tells of each frame."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import SketchError
from ..rig.facs import split_label
from ..sketch_cnn.detection import Detection
from ..sketch_cnn.detector import Detector
from ..sketch_cnn.film import Film
from ..sketch_cnn.frame_reader import gather_frames
from ..sketch_cnn.interface import FootageReading
from ..sketch_cnn.labels import AU_LABELS
from ..sketch_cnn.look import Look
from ..sketch_cnn.smoothing import smooth
from .pipeline import describe_detection
from .report import au_entries

__all__ = ["au_events", "read_film"]


def read_film(
    film: Film,
    detector: Detector,
    on_frame: Callable[[int], None] | None = None,
    rest: Look | None = None,
) -> tuple[FootageReading, list[dict[str, Any]]]:
    """Read every frame, and smooth by confidence over time.

    Parameters
    ----------
    on_frame : called with the number of frames read so far
    rest : what was read of the same character at rest; see `Detector.detect`

    Returns
    -------
    reading : all frames, smoothed
    frames : what `limner detect --json` says of a drawing, one a frame, with `frame`, `time_s` and
        `found`; where no face was found, place and pose are None, the AUs those that the
        neighbours speak for, and a warning says why

    Raises
    ------
    SketchError
        If there is no face in any frame.
    """
    answers: list[Detection | None] = []
    reports: list[dict[str, Any]] = []
    for sketch in film.frames():
        report, answer = _read_frame(sketch, detector, rest)
        answers.append(answer)
        reports.append(report)
        if on_frame is not None:
            on_frame(len(answers))
    if not any(answers):
        raise SketchError("no face found in any of its frames; give drawings of a face")
    reading = smooth(gather_frames(answers), film.times_s)
    return reading, list(_reports(film, reading, answers, reports))


def _read_frame(
    sketch: Any, detector: Detector, rest: Look | None
) -> tuple[dict[str, Any], Detection | None]:
    """Return what can be said of a frame alone, and its answer without the large label maps."""
    try:
        if isinstance(sketch, SketchError):
            raise sketch
        answer = detector.detect(sketch, rest)
    except SketchError as error:
        nowhere = dict.fromkeys(("face_box", "face_score", "landmarks", "pose"))
        return {**nowhere, "warnings": [str(error)]}, None
    report = describe_detection(sketch, answer)
    del report["aus"], report["path"]
    return report, replace(answer, feature_probability=answer.feature_probability[:, :0, :0])


def _reports(
    film: Film,
    reading: FootageReading,
    answers: list[Detection | None],
    reports: list[dict[str, Any]],
) -> Iterator[dict[str, Any]]:
    some = next(answer for answer in answers if answer is not None)
    for row, report in enumerate(reports):
        answer = replace(
            answers[row] or some,
            probability=reading.probability[row],
            intensity=reading.intensity[row],
            uncertainty=reading.uncertainty[row],
            visible=reading.extras["visible"][row],
        )
        yield {
            "path": str(film.path),
            "frame": film.names[row],
            "time_s": round(float(film.times_s[row]), 4),
            "found": bool(reading.found[row]),
            "aus": au_entries(answer),
            **report,
        }


def au_events(reading: FootageReading, times_s: np.ndarray) -> list[dict[str, Any]]:
    """Return each AU's stretches of frames in which it is present, in order of time.

    Returns
    -------
    Per stretch `au`, `side`, `first` and `last` (frames, from 0), `onset_s`, `apex_s`, `offset_s`
    (time of its first, strongest and last frame), `intensity` and `probability` at the apex.
    """
    events = []
    for column, label in enumerate(AU_LABELS):
        number, side = split_label(label)
        edges = np.diff(np.concatenate([[0], reading.present[:, column].astype(int), [0]]))
        for first, end in zip(*(np.nonzero(edges == sign)[0] for sign in (1, -1)), strict=True):
            apex = first + int(reading.intensity[first:end, column].argmax())
            events.append(
                {
                    "au": number,
                    "side": side,
                    "first": int(first),
                    "last": int(end) - 1,
                    "onset_s": float(times_s[first]),
                    "apex_s": float(times_s[apex]),
                    "offset_s": float(times_s[end - 1]),
                    "intensity": float(reading.intensity[apex, column]),
                    "probability": float(reading.probability[apex, column]),
                }
            )
    return sorted(events, key=lambda event: (event["onset_s"], event["au"]))
