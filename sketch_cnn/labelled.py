"""How a detector agrees with labels made by eye: drawings by real hands, beside their table."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DatasetError, SketchError
from .cut import overlap
from .detection import Detection
from .detector import Detector
from .image import read_sketch
from .metrics import area_under_curve

__all__ = ["agreement", "label_rows", "log_loss", "read_table"]

_COLUMNS = ("file", "face_box", "au_on", "au_off", "au_left_right")
_ALIKE = {"AU6": ("AU6", "AU7"), "AU9": ("AU9", "AU10"), "AU10": ("AU9", "AU10")}
"""AUs that cannot be told apart by eye in a drawing count as one."""

_JAW_DROP, _STRETCH, _STRETCHED = "26", "27", 0.7
"""AU27 is AU26 beyond an intensity; 46, a wink, is AU43 on one side."""
_WINK, _SHUT = "46", "43"


def agreement(
    detector: Detector, table: Path, on_drawing: Callable[[int], None] | None = None
) -> dict[str, Any]:
    """Compare what a detector says of drawings with what a person saw in them.

    Both sides of a paired AU count together, by the stronger one; an AU in no list is not scored.

    Parameters
    ----------
    table : .csv beside its pictures, with the columns `file`, `face_box` (x0,y0,x1,y1 in pixels of
        the file), `au_on`, `au_off` (numbers, with ";" between), `au_left_right` (what is there on
        one side only, the subject's: "R46" is a wink of the right eye) and perhaps `emotion`
    on_drawing : called with the number of drawings done

    Returns
    -------
    f1, tp, fp, fn, tn : of the detector's decisions, all labels together
    kappa : Cohen's, the agreement beyond chance
    auc, log_loss : of the probabilities, without any threshold; AU27 left out
    one_sided, one_sided_right : labels of one side; those called on it and not on the other one
    neutral_drawings, neutral_without_au : whose emotion is "neutral"; share without any AU above
        0.5
    unread : drawings that could not be read, or in which no face was found
    aus : the counts of each AU
    drawings : of each `file`, `box_overlap`, `missed` and `false` AUs, or `error`

    Raises
    ------
    DatasetError
        If the table cannot be read.
    """
    drawings: list[dict[str, Any]] = []
    answers: list[_Answer] = []
    sides: list[bool] = []
    quiet: list[bool] = []
    for number, entry in enumerate(read_table(table), start=1):
        told: dict[str, Any] = {"file": entry["file"]}
        drawings.append(told)
        try:
            sketch = read_sketch(Path(table).parent / entry["file"])
            detection = detector.detect(sketch)
        except SketchError as error:
            told["error"] = str(error)
            continue
        finally:
            if on_drawing is not None:
                on_drawing(number)
        box = tuple(float(value) * sketch.scale for value in entry["face_box"].split(","))
        mine = list(_answers(detection, entry))
        told["box_overlap"] = overlap(detection.face_box, box)
        told["missed"] = [a.au for a in mine if a.there and not a.said]
        told["false"] = [a.au for a in mine if a.said and not a.there]
        answers += mine
        sides += _one_sided(detection, entry["au_left_right"])
        if entry.get("emotion") == "neutral":
            quiet.append(bool((detection.probability <= 0.5).all()))
    return {
        **_counted(answers),
        **_ranked(answers),
        "one_sided": len(sides),
        "one_sided_right": sum(sides),
        "neutral_drawings": len(quiet),
        "neutral_without_au": float(np.mean(quiet)) if quiet else None,
        "unread": sum("error" in told for told in drawings),
        "aus": {
            au: _counts([answer for answer in answers if answer.au == au])
            for au in sorted({answer.au for answer in answers}, key=int)
        },
        "drawings": drawings,
    }


def read_table(table: Path) -> list[dict[str, str]]:
    """Return the rows of a table of drawings labelled by eye.

    Raises
    ------
    DatasetError
        If it cannot be read, is empty or lacks a column.
    """
    try:
        with Path(table).open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise DatasetError(f"{table}: cannot be read ({error.strerror}); check the name") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{table}: no table in UTF-8 ({error})") from None
    if not rows:
        raise DatasetError(f"{table}: no drawings in it; give a line for each")
    for number, row in enumerate(rows, start=2):
        missing = [name for name in _COLUMNS if row.get(name) is None]
        if missing:
            raise DatasetError(f"{table}: line {number} has no {', '.join(missing)}")
        wrong = _fault(row)
        if wrong:
            raise DatasetError(f"{table}: line {number}: {wrong}")
    return rows


def _fault(row: Mapping[str, str]) -> str:
    """Return what is wrong with a line; "" where nothing is."""
    try:
        sides = [float(value) for value in row["face_box"].split(",")]
    except ValueError:
        sides = []
    if len(sides) != 4:
        return f"face_box {row['face_box']!r} is not x0,y0,x1,y1"
    for column in ("au_on", "au_off"):
        for au in _listed(row[column]):
            if not au.isdigit():
                return f"{column} {au!r} is no number of an AU"
    for word in _listed(row["au_left_right"]):
        if word[:1] not in ("L", "R") or not word[1:].isdigit():
            return f"au_left_right {word!r} is not like L12 or R46"
    return ""


def _listed(words: str) -> list[str]:
    return [word.strip() for word in words.split(";") if word.strip()]


@dataclass(frozen=True, slots=True)
class _Answer:
    """What was said of one AU, and whether a person saw it."""

    au: str
    there: bool
    said: bool
    probability: float


def _answers(detection: Detection, entry: Mapping[str, str]) -> Iterable[_Answer]:
    """Yield the answers to all labels of a drawing; labels that limner has not are left out."""
    for column, there in (("au_on", True), ("au_off", False)):
        for au in _listed(entry[column]):
            rows = label_rows(f"AU{_JAW_DROP if au == _STRETCH else au}", detection.au_labels)
            if not rows:
                continue
            said = bool(detection.present[rows].any())
            if au == _STRETCH:
                said = said and bool(detection.intensity[rows].max() > _STRETCHED)
            yield _Answer(au, there, said, float(detection.probability[rows].max()))


def _one_sided(detection: Detection, listed: str) -> list[bool]:
    """Return of each label of one side whether it is called there, and not on the other side."""
    right = []
    for word in _listed(listed):
        side, au = word[0], _SHUT if word[1:] == _WINK else word[1:]
        names = [f"AU{au}{side}", f"AU{au}{'R' if side == 'L' else 'L'}"]
        if names[0] in detection.au_labels:
            mine, other = (
                bool(detection.present[detection.au_labels.index(name)]) for name in names
            )
            right.append(mine and not other)
    return right


def _counts(answers: Sequence[_Answer]) -> dict[str, int]:
    counts = {"tp": 0, "fp": 0, "fn": 0, "tn": 0}
    for answer in answers:
        right = "t" if answer.said == answer.there else "f"
        counts[right + ("p" if answer.said else "n")] += 1
    return counts


def _counted(answers: Sequence[_Answer]) -> dict[str, Any]:
    """Return F1, the counts and Cohen's kappa (1960, doi:10.1177/001316446002000104)."""
    counts = _counts(answers)
    tp, fp, fn, tn = (counts[name] for name in ("tp", "fp", "fn", "tn"))
    total = max(tp + fp + fn + tn, 1)
    chance = ((tp + fp) * (tp + fn) + (tn + fp) * (tn + fn)) / total**2
    kappa = ((tp + tn) / total - chance) / (1.0 - chance) if chance < 1.0 else None
    return {"f1": 2 * tp / max(2 * tp + fp + fn, 1), **counts, "kappa": kappa}


def _ranked(answers: Sequence[_Answer]) -> dict[str, float | None]:
    mine = [answer for answer in answers if answer.au != _STRETCH]
    truth = np.array([answer.there for answer in mine], dtype=bool)
    probability = np.array([answer.probability for answer in mine])
    if not truth.any() or truth.all():
        return {"auc": None, "log_loss": None}
    return {
        "auc": area_under_curve(truth, probability),
        "log_loss": log_loss(truth, probability),
    }


def log_loss(truth: NDArray[np.bool_], probability: NDArray[np.float64]) -> float:
    """Return the mean cross-entropy of (N,) answers, none surer than 1 in 10,000."""
    inside = np.clip(probability, 1e-4, 1.0 - 1e-4)
    return float(-np.log(np.where(truth, inside, 1.0 - inside)).mean())


def label_rows(au: str, labels: Sequence[str]) -> list[int]:
    """Return the rows of an AU, of both sides, and of those that look like it by eye."""
    names = _ALIKE.get(au, (au,))
    return [
        row
        for row, label in enumerate(labels)
        if label in names or (label[-1] in "LR" and label[:-1] in names)
    ]
