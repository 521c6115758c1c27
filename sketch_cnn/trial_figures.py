"""How well a net of `trial.py` reads drawings that a detector found the faces of."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from ..errors import DatasetError
from .calibration import Calibration, fit
from .detector import Detector
from .figures import macro_figures
from .image import read_sketch, sketch_from_grey
from .labelled import label_rows, log_loss, read_table
from .labels import AU_LABELS
from .metrics import area_under_curve
from .readings import Readings, truth_of
from .shards import Sample, read_folder
from .trial import Trial, read_views
from .trial_views import VIEW_PX, found_view
from .whole_file import whole_file

__all__ = ["FoundViews", "LabelledViews", "find_views", "label_views", "trial_figures"]


@dataclass(frozen=True, slots=True, eq=False)
class FoundViews:
    """Faces of a data set, without their pictures, and what a detector cut out for them.

    Attributes
    ----------
    samples : N drawings of faces
    ink : (N, 96, 96) uint8; blank where no face was found
    found : (N,) bool
    """

    samples: list[Sample]
    ink: NDArray[np.uint8]
    found: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class LabelledViews:
    """M answers that somebody gave by eye: which view, the rows of AUs that count, and the truth.

    Attributes
    ----------
    ink : (N, 96, 96) uint8
    view, truth : (M,) row of `ink`; whether the AU is there
    rows : M lists of rows of `AU_LABELS`, of which the surest counts
    """

    ink: NDArray[np.uint8]
    view: NDArray[np.intp]
    truth: NDArray[np.bool_]
    rows: list[list[int]]


def find_views(detector: Detector, data: Path, kept: Path | None = None) -> FoundViews:
    """Let a detector find the faces of a data set.

    Parameters
    ----------
    kept : .npz file of what was found before, written if it is not there

    Raises
    ------
    DatasetError
        If there is no face in the data set.
    """
    faces = [sample for sample in read_folder(Path(data)) if sample.is_face]
    if not faces:
        raise DatasetError(f"{data}: no drawing of a face in it; give another data set")
    if kept is not None and kept.is_file():
        with np.load(kept) as file:
            return FoundViews([f.without_pictures() for f in faces], file["ink"], file["found"])
    blank = np.zeros((VIEW_PX, VIEW_PX), np.uint8)
    views = [found_view(detector, sketch_from_grey(face.grey())) for face in faces]
    seen = FoundViews(
        [face.without_pictures() for face in faces],
        np.stack([blank if view is None else view for view in views]),
        np.array([view is not None for view in views]),
    )
    if kept is not None:
        with whole_file(kept) as partial, partial.open("wb") as file:
            np.savez(file, ink=seen.ink, found=seen.found)
    return seen


def label_views(detector: Detector, table: Path) -> LabelledViews:
    """Let a detector find the faces of drawings labelled by eye; see `labelled.agreement`.

    AU27, which is AU26 in the extreme, is left out, and so are drawings without a found face.
    """
    ink, view, truth, rows = [], [], [], []
    for entry in read_table(table):
        found = found_view(detector, read_sketch(Path(table).parent / entry["file"]))
        if found is None:
            continue
        ink.append(found)
        for column, there in (("au_on", True), ("au_off", False)):
            for au in filter(None, entry[column].split(";")):
                if au != "27":
                    view.append(len(ink) - 1)
                    truth.append(there)
                    rows.append(label_rows(f"AU{au}", AU_LABELS))
    return LabelledViews(np.stack(ink), np.array(view), np.array(truth), rows)


def trial_figures(
    net: Trial, calibration: FoundViews, test: FoundViews, real: LabelledViews | None = None
) -> dict[str, float]:
    """Return the macro figures of a net after calibration on drawings of their own.

    Returns
    -------
    `figures.MACROS`, `log_loss` of all scored answers, and of `real` drawings, over all labels
    together, `real_auc` and `real_log_loss`
    """
    said = read_views(net, calibration.ink[calibration.found])
    kept = [s for s, found in zip(calibration.samples, calibration.found, strict=True) if found]
    learnt = fit(
        _odds(said),
        np.ones_like(said["alpha"]),
        np.stack([sample.intensity for sample in kept]).astype(np.float64),
        np.stack([sample.visible for sample in kept]) > 0.5,
    )
    readings = trial_readings(net, test, learnt)
    figures = {
        name: float(value[0])
        for name, value in macro_figures(readings, np.ones((1, len(readings.keys)))).items()
    }
    figures["log_loss"] = log_loss(
        readings.present[readings.scored], readings.probability[readings.scored]
    )
    if real is not None:
        probability = expit(_calibrated(_odds(read_views(net, real.ink)), learnt))
        surest = np.array(
            [probability[v, rows].max() for v, rows in zip(real.view, real.rows, strict=True)]
        )
        figures["real_auc"] = area_under_curve(real.truth, surest)
        figures["real_log_loss"] = log_loss(real.truth, surest)
    return figures


def trial_readings(net: Trial, seen: FoundViews, calibration: Calibration) -> Readings:
    """Return a net's answers beside the truth, as `readings.read_samples` does a detector's."""
    said, faces, found = read_views(net, seen.ink), seen.samples, seen.found
    probability = expit(_calibrated(_odds(said), calibration)) * found[:, None]
    unknown = np.full(len(faces), np.nan)
    return Readings(
        **truth_of(faces),
        probability=probability,
        uncalibrated=expit(_odds(said)) * found[:, None],
        said_intensity=said["intensity"] * found[:, None],
        decided=(probability >= calibration.thresholds) & found[:, None],
        found=found,
        landmark_error_iod=unknown,
        box_overlap=unknown,
    )


def _odds(said: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    return np.asarray(np.log(said["alpha"] / said["beta"]))


def _calibrated(odds: NDArray[np.float64], calibration: Calibration) -> NDArray[np.float64]:
    slope, offset = calibration.calibration.T
    return np.asarray(slope * odds + offset)
