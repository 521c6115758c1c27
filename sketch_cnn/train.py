"""Training: finder, placer and reader together, from shards or from a stream of new drawings."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import csv
import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from ..errors import DatasetError
from .feed import Feed, ShardSource, Source
from .larder import MEASURED, Larder
from .recipe import Recipe, load_recipe
from .step import TERMS, Stepper
from .team import Team

__all__ = ["Recipe", "Setting", "load_recipe", "train"]

LOG_EVERY = 100
_SAVE_EVERY_S = 120.0
_MEASURE_EVERY = 1000
"""Steps from one measurement on held out drawings to the next; a multiple of `LOG_EVERY`."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and how a training runs; what it gives is decided by the recipe.

    Attributes
    ----------
    device : "cpu", "cuda", or "auto": a GPU if there is one
    processes : trainers that share each batch and average their gradients; on a CPU one thread in
        each of two processes does nearly twice what two threads in one do
    threads : of the networks, in each of them
    workers : processes that prepare drawings, in each of them; 0 prepares in between
    time_limit_s : the schedule ends after so many seconds, or with the recipe's drawings
    """

    device: str = "auto"
    processes: int = 1
    threads: int = 1
    workers: int = 1
    time_limit_s: float = math.inf

    def torch_device(self) -> torch.device:
        """Return the device."""
        if self.device == "auto":
            return torch.device("cuda" if torch.cuda.is_available() else "cpu")
        return torch.device(self.device)


def train(
    source: Path | Source,
    out: Path,
    recipe: Recipe,
    setting: Setting | None = None,
    *,
    start: Path | None = None,
    resume: bool = False,
    on_step: Callable[[int, int, dict[str, float]], None] | None = None,
) -> Path:
    """Train all networks and write `out` (a checkpoint, .pt) and a log beside it (.csv).

    Parameters
    ----------
    source : folder of shards, or what gives drawings for ever (see `feed.Source`)
    out : checkpoint; written every few minutes and at the end, whole or not at all
    start : checkpoint of an earlier training, whose smoothed networks this one begins with
    resume : go on from `out` if it exists
    on_step : called with step, steps and the mean losses since the last call

    Raises
    ------
    DatasetError
        If a folder holds no shards, or drawings cannot be made or read.
    ModelError
        If `start` is no checkpoint that this training can begin with.
    """
    setting = setting or Setting()
    if start is not None:
        Stepper.start(recipe, torch.device("cpu")).begin_with(start)  # told before any work
    if isinstance(source, str | Path):
        folder = Path(source)
        if not any(folder.glob("*.tar")):
            raise DatasetError(
                f"{folder}: no .tar shards; make a data set with limner dataset generate"
            )
        source = ShardSource(folder)
    out = Path(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    team = Team.of(min(setting.processes, recipe.batch))
    with team.others(_train_member, source, out, recipe, setting, start, resume):
        _train_member(team, source, out, recipe, setting, start, resume, on_step)
    return out


def _train_member(
    team: Team,
    source: Source,
    out: Path,
    recipe: Recipe,
    setting: Setting,
    start: Path | None,
    resume: bool,
    on_step: Callable[[int, int, dict[str, float]], None] | None = None,
) -> None:
    """Train as one of a team; the first one keeps log and checkpoint."""
    torch.set_num_threads(setting.threads)
    torch.manual_seed(recipe.seed)
    stepper = Stepper.start(recipe, setting.torch_device())
    if resume and out.exists():
        stepper.load(torch.load(out, weights_only=True, map_location=stepper.device))
    elif start is not None:
        stepper.begin_with(start)
    team.join()
    torch.manual_seed(recipe.seed + 1000 * team.rank + stepper.step)
    feed = Feed(source, setting.workers, recipe.seed, team.rank, team.size)
    try:
        _run_through(stepper, feed, team, out, setting, on_step)
    finally:
        feed.close()


def _run_through(
    stepper: Stepper,
    feed: Feed,
    team: Team,
    out: Path,
    setting: Setting,
    on_step: Callable[[int, int, dict[str, float]], None] | None,
) -> None:
    """Take steps until the schedule ends."""
    recipe, leads = stepper.recipe, team.rank == 0
    began = time.monotonic()
    larder = Larder.fill(feed, recipe, stepper.device, team.size)
    logged = saved = time.monotonic()
    while (progress := _progress(stepper, began, setting)) < 1.0:
        larder.refill(stepper.step)
        stepper.advance(larder, progress, team)
        if stepper.step % LOG_EVERY == 0 and leads:
            row = dict(zip(TERMS, (stepper.sums / LOG_EVERY).tolist(), strict=True))
            stepper.sums.zero_()
            row["drawings"] = float(larder.store.added)
            row["drawings_per_s"] = LOG_EVERY * recipe.batch / (time.monotonic() - logged)
            row |= larder.measure(stepper.smoothed.reader, stepper.step % _MEASURE_EVERY == 0)
            _log(out.with_suffix(".csv"), stepper.step, row)
            if on_step is not None:
                on_step(stepper.step, recipe.steps, row)
            logged = time.monotonic()
        if leads and time.monotonic() - saved > _SAVE_EVERY_S:
            _save(stepper, out)
            saved = time.monotonic()
    if leads:
        _log(out.with_suffix(".csv"), stepper.step, larder.measure(stepper.smoothed.reader, True))
        _save(stepper, out)


def _progress(stepper: Stepper, began: float, setting: Setting) -> float:
    """Return how much of the schedule is behind us: by drawings or by time, in [0, 1]."""
    passed = (time.monotonic() - began) / setting.time_limit_s
    return min(max(stepper.step / stepper.recipe.steps, passed), 1.0)


def _save(stepper: Stepper, out: Path) -> None:
    """Write the checkpoint, whole or not at all."""
    partial = out.with_suffix(".partial")
    torch.save({"recipe": json.dumps(asdict(stepper.recipe)), **stepper.state()}, partial)
    partial.replace(out)


def _log(path: Path, step: int, row: dict[str, float]) -> None:
    """Append a row to the log; what it does not have stays empty."""
    names = ["step", *TERMS, "drawings", "drawings_per_s", *MEASURED]
    is_new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if is_new:
            writer.writerow(names)
        values = (row.get(name, math.nan) for name in names[1:])
        writer.writerow([step, *("" if math.isnan(v) else f"{v:.5g}" for v in values)])
