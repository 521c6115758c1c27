"""Backbones and losses compared at equal budget, in nets so small that a CPU trains many of them.

A trial is the reader's trunk (`reader_net.py`) without all that places points: Action Units are
read from a coarse map of the face's middle, at less than the reader's resolution. Nets of one seed
see the same views in the same order.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from ..errors import DatasetError
from .blocks import conv, stage
from .labels import AU_LABELS, MIRRORED_AUS
from .larder import au_weights
from .losses import intensity_loss, presence_loss
from .recipe import recipe_values
from .trial_views import Views

__all__ = ["Trial", "TrialRecipe", "load_trial_recipe", "read_views", "train_trial"]

_COARSE, _HIDDEN = 16, 128


@dataclass(frozen=True, slots=True)
class TrialRecipe:
    """Everything that trials have in common; see `recipes/trial.toml`."""

    name: str
    side: int
    width: int
    thin: int
    views: int
    times: int
    batch: int
    spoiled: float
    learning_rate: float
    warmup_steps: int
    weight_decay: float
    dropout: float
    kl_weight: float
    positive_power: float
    weights: dict[str, float] = field(default_factory=dict)


def load_trial_recipe(name: str) -> TrialRecipe:
    """Load a recipe by name, or from a .toml file.

    Raises
    ------
    DatasetError
        If there is no such recipe, or it is for other networks.
    """
    try:
        return TrialRecipe(**recipe_values(name))
    except TypeError as error:
        raise DatasetError(f"recipe {name}: not for a trial ({error})") from None


class Trial(nn.Module):
    """A view of a face (N, 1, 96, 96) → `alpha`, `beta`, `intensity` (N, A)."""

    def __init__(self, recipe: TrialRecipe, backbone: str = "residual") -> None:
        super().__init__()
        w, count, self.side = recipe.width, len(AU_LABELS), recipe.side
        self.trunk = nn.Sequential(
            conv(1, recipe.thin, stride=2, kernel=5),
            stage(recipe.thin, w, 1, backbone),
            stage(w, 2 * w, 2, backbone),
            stage(2 * w, 4 * w, 2, backbone),
        )
        self.squeeze = conv(4 * w, _COARSE, kernel=1)
        self.dense = nn.Sequential(
            nn.Linear(_COARSE * (recipe.side // 16) ** 2, _HIDDEN),
            nn.ReLU(inplace=True),
            nn.Dropout(recipe.dropout),
        )
        self.last = nn.Linear(_HIDDEN, 3 * count)
        with torch.no_grad():  # begin with what is usual: the Action Unit is absent
            self.last.bias.zero_()
            self.last.bias[count : 2 * count] = 1.5
            self.last.bias[2 * count :] = -2.0

    def forward(self, ink: Tensor) -> dict[str, Tensor]:
        """Return the named outputs."""
        small = functional.interpolate(
            ink, size=(self.side, self.side), mode="bilinear", antialias=True
        )
        small = small.contiguous(memory_format=torch.channels_last)
        mixed = self.dense(self.squeeze(self.trunk(small)).flatten(1))
        alpha, beta, intensity = self.last(mixed).chunk(3, dim=1)
        return {
            "alpha": 1.0 + torch.exp(alpha.clamp(max=6.0)),
            "beta": 1.0 + torch.exp(beta.clamp(max=6.0)),
            "intensity": torch.sigmoid(intensity),
        }


def train_trial(
    views: Views,
    recipe: TrialRecipe,
    backbone: str,
    loss: str,
    seed: int,
    on_step: Callable[[int, float], None] | None = None,
) -> Trial:
    """Train one net; equal seeds see equal views in equal order, whatever the net.

    Parameters
    ----------
    backbone, loss : of `recipe.BACKBONES` and `recipe.LOSSES`
    on_step : called with the step and its loss of presence
    """
    torch.manual_seed(seed)
    net = Trial(recipe, backbone).to(memory_format=torch.channels_last).train()
    optimizer = torch.optim.AdamW(net.parameters(), 0.0, weight_decay=recipe.weight_decay)
    balance = _balance(views, recipe.positive_power)
    chance, steps = np.random.default_rng(seed), recipe.views // recipe.batch
    order = np.empty(0, np.intp)
    for step in range(steps):
        if len(order) < recipe.batch:
            order = np.concatenate([order, chance.permutation(len(views.ink))])
        rows, order = order[: recipe.batch], order[recipe.batch :]
        ink, truth = _shown(views, rows, chance.random(len(rows)) < 0.5)
        warm, past = min(1.0, (step + 1) / recipe.warmup_steps), step / steps
        for group in optimizer.param_groups:
            group["lr"] = recipe.learning_rate * warm * 0.5 * (1.0 + math.cos(math.pi * past))
        pull = torch.tensor(recipe.kl_weight * min(1.0, 10.0 * past))
        answer = net(ink)
        presence = presence_loss(answer, truth, balance, pull, loss)
        total = recipe.weights["presence"] * presence
        total = total + recipe.weights["intensity"] * intensity_loss(answer, truth)
        optimizer.zero_grad(set_to_none=True)
        total.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimizer.step()
        if on_step is not None:
            on_step(step, float(presence.detach()))
    return net.eval()


@torch.no_grad()
def read_views(net: Trial, ink: NDArray[np.uint8]) -> dict[str, NDArray[np.float64]]:
    """Return what a net says of (N, 96, 96) views and their mirror images, averaged."""
    parts = []
    for some in torch.from_numpy(np.ascontiguousarray(ink)).split(64):
        straight, mirrored = net(_scaled(some)), net(_scaled(some.flip(2)))
        parts.append(
            {
                name: 0.5 * (value + mirrored[name][:, list(MIRRORED_AUS)])
                for name, value in straight.items()
            }
        )
    return {name: torch.cat([p[name] for p in parts]).double().numpy() for name in parts[0]}


def _shown(
    views: Views, rows: NDArray[np.intp], flip: NDArray[np.bool_]
) -> tuple[Tensor, dict[str, Tensor]]:
    """Return some views, a part of them mirrored, and the truth about them."""
    ink = np.where(flip[:, None, None], views.ink[rows][:, :, ::-1], views.ink[rows])
    truth = {
        name: np.where(flip[:, None], table[rows][:, list(MIRRORED_AUS)], table[rows])
        for name, table in (("intensity", views.intensity), ("visible", views.visible))
    }
    return _scaled(torch.from_numpy(ink)), {n: torch.from_numpy(t) for n, t in truth.items()}


def _scaled(ink: Tensor) -> Tensor:
    """Return (N, 1, S, S) float32 ink in [0, 1] of (N, S, S) uint8."""
    return ink[:, None].float() / 255.0


def _balance(views: Views, power: float) -> Tensor:
    """Return (2, A) weights of absent and present AUs."""
    return au_weights(torch.from_numpy(views.intensity), torch.from_numpy(views.visible), power)
