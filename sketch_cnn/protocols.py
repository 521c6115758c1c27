"""Evaluation that trains: a network for every fold, with the baselines on the same drawings.

Every fold leaves its answers in a file of its own as soon as it is done, and its training a
checkpoint, so that a run that was stopped goes on where it was.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from .baselines import Material, answer_all
from .detector import Detector
from .evaluate import evaluate
from .export import export
from .fold_figures import DETECTOR, fold_table, protocol_figures
from .folds import Fold, write_part
from .readings import Readings
from .recipe import Recipe
from .train import Setting, train

__all__ = ["ProtocolSettings", "fold_recipe", "run_folds"]

_DONE, _PLAN = "answers.json", "plan"
_LEAST_WARMUP = 10


@dataclass(frozen=True, slots=True)
class ProtocolSettings:
    """How each fold is trained and measured.

    Attributes
    ----------
    recipe : of the training; seed, drawings and warm-up are the fold's own
    drawings : that the reader sees in each training
    limit : read so many drawings only, of the test and of what baselines learn from
    baselines : also let the simple methods learn from each fold's training part
    processes, threads : of `train`
    """

    recipe: Recipe
    drawings: int
    limit: int | None = None
    baselines: bool = True
    processes: int = 1
    threads: int = 1


def fold_recipe(settings: ProtocolSettings, seed: int) -> Recipe:
    """Return the recipe of one fold."""
    steps = max(settings.drawings // settings.recipe.batch, 1)
    warm = min(settings.recipe.warmup_steps, max(steps // 10, _LEAST_WARMUP))
    return replace(
        settings.recipe,
        seed=settings.recipe.seed + seed,
        reader_samples=settings.drawings,
        warmup_steps=warm,
    )


def run_folds(
    data: Path,
    work: Path,
    folds: Sequence[Fold],
    settings: ProtocolSettings,
    on_fold: Callable[[int, Mapping[str, Any]], None] | None = None,
) -> tuple[dict[str, Any], Readings]:
    """Train, export and measure every fold, but those that are done.

    Parameters
    ----------
    data : the data set that the folds divide
    work : folder for weights and answers, one folder a fold; kept, so that a run can be resumed
    on_fold : called with the number of folds done, and what the last one gave

    Returns
    -------
    figures : of `fold_figures.protocol_figures`
    readings : the detector's answers of the first repeat

    Raises
    ------
    DatasetError
        If the data set cannot be read or divided.
    """
    told: list[dict[str, Any]] = []
    pooled: dict[int, list[Readings]] = {}
    for number, fold in enumerate(folds, start=1):
        answers = _answers(data, work / fold.name, fold, settings)
        pooled.setdefault(fold.repeat, []).append(answers[DETECTOR])
        told.append(
            {
                "name": fold.name,
                "left_out": fold.left_out,
                "repeat": fold.repeat,
                "train": len(fold.train),
                "test": len(answers[DETECTOR].keys),
                "figures": fold_table(answers),
            }
        )
        if on_fold is not None:
            on_fold(number, told[-1])
    joined = [Readings.joined(parts) for _, parts in sorted(pooled.items())]
    return protocol_figures(told, joined), joined[0]


def _answers(data: Path, work: Path, fold: Fold, settings: ProtocolSettings) -> dict[str, Readings]:
    """Return the answers of one fold, from its file if it is done."""
    plan = _plan(data, fold, settings)
    done = work / _DONE
    if done.is_file():
        saved = json.loads(done.read_text(encoding="utf-8"))
        if saved.pop(_PLAN) == plan:
            return {name: Readings.from_record(record) for name, record in saved.items()}
    if (work / plan).is_dir():
        part = work / plan
    else:  # of another plan: its checkpoint must not be gone on with
        shutil.rmtree(work, ignore_errors=True)
        part = work / plan
        part.mkdir(parents=True)
    for name in ("train", "validation", "test"):
        shutil.rmtree(part / name, ignore_errors=True)
        write_part(data, part / name, getattr(fold, name))
    checkpoint = train(
        part / "train",
        part / "checkpoint.pt",
        fold_recipe(settings, fold.seed),
        Setting(processes=settings.processes, threads=settings.threads),
        resume=True,
    )
    export(checkpoint, part, part / "validation", version="fold", data=None)
    answers = _measure(part, settings)
    record = {name: readings.record() for name, readings in answers.items()}
    partial = work / f"{_DONE}.partial"
    partial.write_text(json.dumps({_PLAN: plan, **record}, allow_nan=False), encoding="utf-8")
    os.replace(partial, done)
    for name in ("train", "validation", "test"):
        shutil.rmtree(part / name, ignore_errors=True)
    checkpoint.unlink()
    # As a later run will read them: rounded
    return {name: Readings.from_record(table) for name, table in record.items()}


def _measure(part: Path, settings: ProtocolSettings) -> dict[str, Readings]:
    """Let the fold's network, and the baselines, read the drawings that were left out."""
    detector, seen = Detector(part), Material()
    readings, _ = evaluate(detector, part / "test", settings.limit, on_answer=seen)
    answers = {DETECTOR: readings}
    if settings.baselines:
        known = Material()
        learnt, _ = evaluate(detector, part / "train", settings.limit, on_answer=known)
        answers |= answer_all(learnt, known, readings, seen)
    return answers


def _plan(data: Path, fold: Fold, settings: ProtocolSettings) -> str:
    """Return a digest of all that decides a fold's answers."""
    about = Path(data) / "dataset.json"
    what = {
        "data": hashlib.sha256(about.read_bytes()).hexdigest() if about.is_file() else str(data),
        "fold": {
            field.name: sorted(value) if isinstance(value, frozenset) else value
            for field in fields(fold)
            for value in [getattr(fold, field.name)]
        },
        "recipe": asdict(fold_recipe(settings, fold.seed)),
        "limit": settings.limit,
        "baselines": settings.baselines,
    }
    text = json.dumps(what, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]
