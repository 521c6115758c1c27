"""What batches are made from while a training runs, and what it is measured on."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ..errors import DatasetError
from .augment import read_batch
from .crop import INPUT_PX
from .feed import Feed, Store
from .labels import AU_LABELS, PRESENT, TRACE
from .metrics import area_under_curve, f1_score
from .prepare import parted
from .recipe import Recipe
from .spoil import Spoiler

__all__ = ["MEASURED", "Larder", "au_weights"]

MEASURED = ("held_f1", "held_auc", "held_landmarks_px")
"""Figures on drawings held out: macro F1 at probability 0.5, macro AUC, mean landmark error."""

_BALANCE_EVERY = 500


def au_weights(intensity: Tensor, visible: Tensor, power: float) -> Tensor:
    """Return (2, A): weights of absent and present AUs, from (N, A) labels."""
    seen = visible > 0.5
    absent = (seen & (intensity < TRACE)).sum(0).clamp(min=1)
    present = (seen & (intensity >= PRESENT)).sum(0).clamp(min=1)
    weight = ((absent / present) ** power).clamp(1.0, 5.0)
    return torch.stack([torch.ones_like(weight), weight])


@dataclass(slots=True)
class Larder:
    """The store, drawings held out, and accidents of ink.

    `balance` is (2, A): the weights of absent and present AUs.
    """

    feed: Feed
    store: Store
    held_out: Store
    spoiler: Spoiler
    positive_power: float
    balance: Tensor

    @classmethod
    def fill(cls, feed: Feed, recipe: Recipe, device: torch.device, parts: int) -> Larder:
        """Wait for the first drawings."""
        wanted = recipe.held_out // parts
        larder = cls(
            feed,
            Store(max(recipe.store // parts, 1), device),
            Store(max(wanted, 1), device),
            Spoiler(recipe.spoiled, INPUT_PX, device, recipe.seed),
            recipe.positive_power,
            torch.ones(2, len(AU_LABELS), device=device),
        )
        while not feed.is_over and larder.store.count < max(recipe.first // parts, 1):
            chunk = feed.take(wait_s=1.0)
            if chunk is None:
                continue
            first, rest = parted(chunk, wanted - larder.held_out.added)
            if len(first.ink):
                larder.held_out.add(first)
            if len(rest.ink):
                larder.store.add(rest)
        if larder.store.faces == 0:
            raise DatasetError("there is no drawing of a face to train on; give more drawings")
        larder.weigh()  # a training that goes on begins between two of the steps that do so
        return larder

    def refill(self, step: int) -> None:
        """Take what has arrived; weigh present against absent AUs by what there is."""
        while (chunk := self.feed.take()) is not None:
            self.store.add(chunk)
            if self.feed.inline:
                break
        if step % _BALANCE_EVERY == 0:
            self.weigh()

    def weigh(self) -> None:
        """Weigh present against absent AUs by what there is."""
        self.balance.copy_(au_weights(*self.store.labels(), self.positive_power))

    @torch.no_grad()
    def measure(self, reader: nn.Module, is_due: bool) -> dict[str, float]:
        """Return figures on the drawings held out, or NaN where none are due."""
        if not is_due or self.held_out.faces == 0:
            return dict.fromkeys(MEASURED, math.nan)
        reader.eval()
        rows = self.held_out.all_faces()
        said, truth, scored, off = [], [], [], []
        for some in rows.split(256):
            batch = read_batch(self.held_out.rows(some), None, None)
            answer = reader(batch["ink"])
            said.append(answer["alpha"] / (answer["alpha"] + answer["beta"]))
            truth.append(batch["intensity"] >= PRESENT)
            trace = (batch["intensity"] >= TRACE) & (batch["intensity"] < PRESENT)
            scored.append((batch["visible"] > 0.5) & ~trace)
            off.append((answer["landmarks"] - batch["landmarks"]).norm(dim=-1).mean(1))
        columns = [torch.cat(part).float().cpu().numpy() for part in (said, truth, scored)]
        return dict(zip(MEASURED, (*_macro(*columns), float(torch.cat(off).mean())), strict=True))


def _macro(said: np.ndarray, truth: np.ndarray, scored: np.ndarray) -> tuple[float, float]:
    """Return F1 at probability 0.5 and AUC, means over the AUs."""
    f1s, aucs = [], []
    for column in range(said.shape[1]):
        use = scored[:, column] > 0.5
        there = truth[use, column] > 0.5
        if 0 < there.sum() < len(there):
            f1s.append(f1_score(there, said[use, column] > 0.5))
            aucs.append(area_under_curve(there, said[use, column]))
    return float(np.mean(f1s or [math.nan])), float(np.mean(aucs or [math.nan]))
