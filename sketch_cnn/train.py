"""Training: finder, placer and reader together, from shards or from a stream of new drawings."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from ..errors import DatasetError
from .early_stop import EarlyStop
from .feed import Feed, ShardSource, Source
from .larder import MEASURED, Larder
from .recipe import Recipe, load_recipe
from .step import TERMS, Stepper
from .team import Team
from .train_log import TrainingLog
from .whole_file import whole_file

__all__ = ["Recipe", "Setting", "load_recipe", "train"]

LOG_EVERY = 100
_COLUMNS = (*TERMS, "drawings", "drawings_per_s", *MEASURED)
_SAVE_EVERY_S = 120.0
_JUDGED = "held_auc"
"""What decides whether a training has learnt all that it will: it needs no threshold."""


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
    """Train all networks and write `out` (a checkpoint, .pt) and a log beside it.

    The log is a table (.csv) and, for TensorBoard, `train_log.EVENTS`; both begin anew with a new
    training and go on with `resume`. Ctrl-C leaves a checkpoint, too.

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
    stop = EarlyStop(recipe.patience)
    if resume and out.exists():
        saved = torch.load(out, weights_only=True, map_location=stepper.device)
        stepper.load(saved)
        stop.load(saved.get("stop", {}))
    elif start is not None:
        stepper.begin_with(start)
    team.join()
    torch.manual_seed(recipe.seed + 1000 * team.rank + stepper.step)
    feed = Feed(source, setting.workers, recipe.seed, team.rank, team.size)
    try:
        _run_through(stepper, stop, feed, team, out, setting, on_step)
    finally:
        feed.close()


def _run_through(
    stepper: Stepper,
    stop: EarlyStop,
    feed: Feed,
    team: Team,
    out: Path,
    setting: Setting,
    on_step: Callable[[int, int, dict[str, float]], None] | None,
) -> None:
    """Take steps until the schedule ends, or nothing better is to be expected."""
    recipe, leads = stepper.recipe, team.rank == 0
    began = time.monotonic()
    larder = Larder.fill(feed, recipe, stepper.device, team.size)
    log = TrainingLog.begin(out.with_suffix(".csv"), _COLUMNS, stepper.step) if leads else None
    logged, logged_step, saved = time.monotonic(), stepper.step, time.monotonic()
    try:
        while (progress := team.told(_progress(stepper, stop, began, setting))) < 1.0:
            larder.refill(stepper.step)
            stepper.advance(larder, progress, team)
            is_due = stepper.step % recipe.measure_every == 0 or stepper.step == recipe.steps
            if log is not None and (is_due or stepper.step % LOG_EVERY == 0):
                row = _row(stepper, larder, stepper.step - logged_step, time.monotonic() - logged)
                row |= larder.measure(stepper.smoothed.reader, is_due)
                stop.see(row[_JUDGED], stepper.step, stepper.smoothed)
                log.add(stepper.step, row)
                if on_step is not None:
                    on_step(stepper.step, recipe.steps, row)
                logged, logged_step = time.monotonic(), stepper.step
            if leads and time.monotonic() - saved > _SAVE_EVERY_S:
                _save(stepper, stop, out)
                saved = time.monotonic()
    except KeyboardInterrupt:
        if leads:
            _save(stepper, stop, out)
        raise
    if log is None:
        return
    if stepper.step > logged_step:
        log.add(stepper.step, larder.measure(stepper.smoothed.reader, True))
    if stop.kept is not None:
        stepper.smoothed.load_state_dict(stop.kept)
    _save(stepper, stop, out)


def _row(stepper: Stepper, larder: Larder, steps: int, elapsed_s: float) -> dict[str, float]:
    """Return the mean losses of the last steps and how fast they went; begin to add up anew."""
    row = dict(zip(TERMS, (stepper.sums / steps).tolist(), strict=True))
    stepper.sums.zero_()
    row["drawings"] = float(larder.store.added)
    row["drawings_per_s"] = steps * stepper.recipe.batch / elapsed_s
    return row


def _progress(stepper: Stepper, stop: EarlyStop, began: float, setting: Setting) -> float:
    """Return how much of the schedule is behind us: by drawings or by time, in [0, 1]."""
    if stop.is_over:
        return 1.0
    passed = (time.monotonic() - began) / setting.time_limit_s
    return min(max(stepper.step / stepper.recipe.steps, passed), 1.0)


def _save(stepper: Stepper, stop: EarlyStop, out: Path) -> None:
    """Write the checkpoint, whole or not at all."""
    record = {"recipe": json.dumps(asdict(stepper.recipe)), **stepper.state(), "stop": stop.state()}
    with whole_file(out) as partial:
        torch.save(record, partial)
