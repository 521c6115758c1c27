"""Training: finder and reader together, from shards, with checkpoints that can be resumed."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import csv
import json
import math
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ..errors import DatasetError
from .labels import AU_LABELS, PRESENT, TRACE
from .loader import Batch, DrawingStream, stream_batches
from .losses import READER_TERMS, finder_loss, reader_losses
from .net import Finder, Reader
from .shards import read_shard
from .team import Team

__all__ = ["Recipe", "load_recipe", "train"]

_RECIPES = Path(__file__).parent / "recipes"


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides what training gives; see `recipes/second.toml` for the meanings."""

    name: str
    seed: int
    width: int
    reader_samples: int
    batch: int
    finder_batch: int
    learning_rate: float
    warmup_steps: int
    weight_decay: float
    ema: float
    kl_weight: float
    positive_power: float
    weights: dict[str, float] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        """Number of optimiser steps."""
        return self.reader_samples // self.batch


def load_recipe(name: str) -> Recipe:
    """Load a recipe by name, or from a .toml file.

    Raises
    ------
    DatasetError
        If there is no such recipe.
    """
    path = Path(name) if name.endswith(".toml") else _RECIPES / f"{name}.toml"
    try:
        return Recipe(**tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        known = ", ".join(sorted(file.stem for file in _RECIPES.glob("*.toml")))
        raise DatasetError(f"recipe {name}: not found; there are {known}") from None


class Networks(nn.Module):
    """Both networks as one, for one optimiser and one checkpoint."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.reader, self.finder = Reader(width), Finder()


def au_weights(folder: Path, power: float, shards: int = 4) -> Tensor:
    """Return (2, A): weights of absent and present AUs, from the counts in the first shards."""
    counts = np.zeros((2, len(AU_LABELS)))
    for shard in sorted(folder.glob("*.tar"))[:shards]:
        for sample in read_shard(shard):
            seen = sample.visible > 0.5
            counts[0] += seen & (sample.intensity < TRACE)
            counts[1] += seen & (sample.intensity >= PRESENT)
    ratio = np.maximum(counts[0], 1.0) / np.maximum(counts[1], 1.0)
    present = np.clip(ratio**power, 1.0, 5.0)
    return torch.tensor(np.stack([np.ones_like(present), present]), dtype=torch.float32)


def train(
    data: Path,
    out: Path,
    recipe: Recipe,
    *,
    resume: bool = False,
    processes: int = 1,
    threads: int = 1,
    workers: int = 1,
    on_step: Callable[[int, int, dict[str, float]], None] | None = None,
) -> Path:
    """Train both networks and write `out` (a checkpoint, .pt) and a log beside it (.csv).

    Parameters
    ----------
    data : folder of shards
    out : checkpoint; written every few minutes and at the end, whole or not at all
    resume : go on from `out` if it exists
    processes : trainers that share each batch and average their gradients; on a CPU one thread in
        each of two processes does nearly twice what two threads in one do
    threads, workers : in each of them: of the networks; of the loader
    on_step : called with step, steps and the mean losses since the last call

    Raises
    ------
    DatasetError
        If `data` holds no shards.
    """
    data, out = Path(data), Path(out)
    shards = len(list(data.glob("*.tar")))
    if not shards:
        raise DatasetError(f"{data}: no .tar shards; make a data set with limner dataset generate")
    out.parent.mkdir(parents=True, exist_ok=True)
    team = Team.of(min(processes, shards, recipe.batch))
    with team.others(_train_member, data, out, recipe, resume, threads, workers):
        _train_member(team, data, out, recipe, resume, threads, workers, on_step)
    return out


def _train_member(
    team: Team,
    data: Path,
    out: Path,
    recipe: Recipe,
    resume: bool,
    threads: int,
    workers: int,
    on_step: Callable[[int, int, dict[str, float]], None] | None = None,
) -> None:
    """Train as one of a team; the first one keeps log and checkpoint."""
    torch.set_num_threads(threads)
    torch.manual_seed(recipe.seed)
    run = _Run.start(recipe, out, resume)
    team.join()
    torch.manual_seed(recipe.seed + 1000 * team.rank + run.step)
    weights = au_weights(data, recipe.positive_power)
    stream = DrawingStream(
        data,
        recipe.batch // team.size,
        recipe.finder_batch // team.size,
        recipe.seed + run.step,
        team.rank,
        team.size,
    )
    batches, means = stream_batches(stream, workers), {}
    began = saved = time.monotonic()
    while run.step < recipe.steps:
        losses = run.advance(next(batches), weights, team)
        for name, value in losses.items():
            means[name] = means.get(name, 0.0) + value / 100.0
        if run.step % 100 == 0 and team.rank == 0:
            means["drawings_per_s"] = 100 * recipe.batch / (time.monotonic() - began)
            _log(out.with_suffix(".csv"), run.step, means)
            if on_step is not None:
                on_step(run.step, recipe.steps, means)
            means, began = {}, time.monotonic()
        if time.monotonic() - saved > 120.0 and team.rank == 0:
            run.save(out)
            saved = time.monotonic()
    if team.rank == 0:
        run.save(out)


@dataclass(slots=True)
class _Run:
    """A training run in progress."""

    recipe: Recipe
    networks: Networks
    smoothed: Networks
    optimizer: torch.optim.Optimizer
    step: int = 0

    @classmethod
    def start(cls, recipe: Recipe, out: Path, resume: bool) -> _Run:
        networks = Networks(recipe.width).to(memory_format=torch.channels_last)
        smoothed = Networks(recipe.width).to(memory_format=torch.channels_last)
        smoothed.load_state_dict(networks.state_dict())
        optimizer = torch.optim.AdamW(
            networks.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay
        )
        run = cls(recipe, networks, smoothed, optimizer)
        if resume and out.exists():
            saved = torch.load(out, weights_only=True)
            networks.load_state_dict(saved["networks"])
            smoothed.load_state_dict(saved["smoothed"])
            optimizer.load_state_dict(saved["optimizer"])
            run.step = saved["step"]
        return run

    def save(self, out: Path) -> None:
        """Write the checkpoint, whole or not at all."""
        partial = out.with_suffix(".partial")
        torch.save(
            {
                "recipe": json.dumps({k: getattr(self.recipe, k) for k in Recipe.__slots__}),
                "networks": self.networks.state_dict(),
                "smoothed": self.smoothed.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "step": self.step,
            },
            partial,
        )
        partial.replace(out)

    def rate(self) -> float:
        """Return the present share of the learning rate: warm-up, then half a cosine."""
        warm = min(1.0, (self.step + 1) / self.recipe.warmup_steps)
        return warm * (
            0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * self.step / self.recipe.steps))
        )

    def advance(self, batch: Batch, au_weight: Tensor, team: Team) -> dict[str, float]:
        """Take one optimiser step; return this member's loss terms."""
        self.networks.train()
        for group in self.optimizer.param_groups:
            group["lr"] = self.recipe.learning_rate * self.rate()
        kl_weight = self.recipe.kl_weight * min(1.0, 10.0 * self.step / self.recipe.steps)
        ink = batch.reader["ink"].contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            answer = self.networks.reader(ink)
            found = self.networks.finder(batch.finder[0])
        losses = reader_losses(answer, batch.reader, au_weight, kl_weight)
        losses["finder"] = finder_loss(found, *batch.finder[1:])
        total = sum(self.recipe.weights[name] * losses[name] for name in (*READER_TERMS, "finder"))
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()
        team.average([value.grad for value in self.networks.parameters()])
        nn.utils.clip_grad_norm_(self.networks.parameters(), 5.0)
        self.optimizer.step()
        self._smooth()
        self.step += 1
        return {name: float(value.detach()) for name, value in losses.items()}

    @torch.no_grad()
    def _smooth(self) -> None:
        """Let the smoothed networks follow (exponential moving average)."""
        keep = min(self.recipe.ema, (1.0 + self.step) / (10.0 + self.step))
        for mean, now in zip(
            self.smoothed.state_dict().values(), self.networks.state_dict().values(), strict=True
        ):
            if mean.dtype.is_floating_point:
                mean.lerp_(now, 1.0 - keep)
            else:
                mean.copy_(now)


def _log(path: Path, step: int, means: dict[str, float]) -> None:
    """Append a row of means to the log."""
    is_new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if is_new:
            writer.writerow(["step", *means])
        writer.writerow([step, *(f"{value:.5g}" for value in means.values())])
