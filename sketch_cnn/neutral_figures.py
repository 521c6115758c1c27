"""What a neutral drawing of the same face is worth: the same drawings read with and without it."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DatasetError
from .compare import compare_answers
from .detection import Detection
from .detector import Detector
from .figures import MACROS, bootstrap_weights, interval, macro_figures, table_figures
from .labels import AU_LABELS
from .neutral_pairs import look_at_pair
from .readings import Readings, gather_readings
from .shards import Sample, read_folder

__all__ = ["neutral_figures", "read_beside_neutral"]

_SHOWN = (
    "macro_f1",
    "macro_f1_at_half",
    "macro_auc",
    "macro_ap",
    "macro_icc",
    "macro_mae",
    "ece_all",
)


def read_beside_neutral(
    detector: Detector,
    data: Path,
    limit: int | None = None,
    on_sample: Callable[[int], None] | None = None,
) -> tuple[Readings, Readings]:
    """Read a data set of pairs without and with the neutral drawings.

    Faces that are not found in one of the two drawings are left out.

    Parameters
    ----------
    limit : read so many pairs only

    Raises
    ------
    DatasetError
        If the data set holds no pairs.
    ModelError
        If the weights cannot be used, or have no network for a neutral drawing.
    """
    detector.neutral  # noqa: B018, said now, not after an hour of reading
    samples: list[Sample] = []
    alone: list[Detection | None] = []
    beside: list[Detection | None] = []
    for number, sample in enumerate(read_folder(Path(data), limit), start=1):
        pair = look_at_pair(detector, sample)
        if pair is not None:
            face, rest = pair
            samples.append(sample.without_pictures())
            alone.append(_small(detector.tell(face)))
            beside.append(_small(detector.tell(face, rest)))
        if on_sample is not None:
            on_sample(number)
    if not samples:
        raise DatasetError(
            f"{data}: holds no face that is drawn at rest, too; make a data set with limner "
            "dataset generate --pairs"
        )
    return (
        gather_readings(detector, samples, alone, 0, 0),
        gather_readings(detector, samples, beside, 0, 0),
    )


def _small(answer: Detection) -> Detection:
    """Return an answer without its large label maps."""
    return replace(answer, feature_probability=answer.feature_probability[:, :0, :0])


def neutral_figures(alone: Readings, beside: Readings, resamplings: int = 1000) -> dict[str, Any]:
    """Return how the answers differ.

    Returns
    -------
    figures, aus : of `compare.compare_answers`, the first without, the second with
    intervals : figure → "alone" and "beside", 95 % over identities
    auc : AU label → without and with
    drawings : how many
    """
    figures, aus = compare_answers(alone, beside, resamplings)
    ones = np.ones((1, len(alone.keys)))
    weights = bootstrap_weights(alone.identity, resamplings)
    intervals: dict[str, dict[str, list[float]]] = {name: {} for name in MACROS}
    for side, readings in (("alone", alone), ("beside", beside)):
        plain, spread = macro_figures(readings, ones), macro_figures(readings, weights)
        for name in MACROS:
            value = float(plain[name][0])
            intervals[name][side] = [value, *interval(spread[name], value).tolist()]
    curves = [table_figures(readings, ones)["auc"][0] for readings in (alone, beside)]
    return {
        "drawings": len(alone.keys),
        "figures": figures,
        "aus": aus,
        "intervals": {name: intervals[name] for name in _SHOWN},
        "auc": {
            label: [float(curve[row]) for curve in curves] for row, label in enumerate(AU_LABELS)
        },
    }
