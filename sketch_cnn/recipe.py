"""Recipes: everything that decides what training gives, as small TOML files."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..errors import DatasetError

__all__ = ["BACKBONES", "LOSSES", "Recipe", "load_recipe", "recipe_values"]

BACKBONES = ("residual", "convnext", "attention")
"""What the reader's stages are made of; see `blocks.py`."""

LOSSES = ("beta", "bce", "asymmetric", "asymmetric-beta")
"""What the answer to whether an Action Unit is there costs; see `losses.py`."""

_RECIPES = Path(__file__).parent / "recipes"


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides what training gives; see `recipes/fourth.toml` for the meanings.

    `backbone` is one of `BACKBONES` and `loss` one of `LOSSES`. Held out drawings are read every
    `measure_every` steps; the training ends when `patience` such measurements in a row brought no
    better AUC, and keeps the networks of the best one. 0 goes on to the schedule's end.
    """

    name: str
    seed: int
    width: int
    thin: int
    reader_samples: int
    batch: int
    finder_batch: int
    placer_batch: int
    store: int
    first: int
    held_out: int
    spoiled: float
    learning_rate: float
    warmup_steps: int
    weight_decay: float
    ema: float
    kl_weight: float
    positive_power: float
    weights: dict[str, float] = field(default_factory=dict)
    backbone: str = BACKBONES[0]
    loss: str = LOSSES[0]
    measure_every: int = 1000
    patience: int = 0

    def __post_init__(self) -> None:
        for what, said, known in (
            ("backbone", self.backbone, BACKBONES), ("loss", self.loss, LOSSES),
        ):  # fmt: skip
            if said not in known:
                raise ValueError(f"no {what} {said}; there are {', '.join(known)}")
        if self.measure_every < 1 or self.patience < 0:
            raise ValueError("measure_every must be 1 or more, and patience 0 or more")
        if self.patience and not self.held_out:
            raise ValueError("patience needs held_out drawings to measure on")

    def without(self, terms: Sequence[str]) -> Recipe:
        """Return the recipe with some terms of the loss switched off, for ablations.

        Raises
        ------
        DatasetError
            If there is no such term.
        """
        for term in terms:
            if term not in self.weights:
                known = ", ".join(self.weights)
                raise DatasetError(f"recipe {self.name}: no term {term}; there are {known}")
        off = dict.fromkeys(terms, 0.0)
        return replace(self, weights={**self.weights, **off})

    @property
    def steps(self) -> int:
        """Number of optimiser steps."""
        return self.reader_samples // self.batch


def load_recipe(name: str) -> Recipe:
    """Load a recipe by name, or from a .toml file.

    Raises
    ------
    DatasetError
        If there is no such recipe, or it does not say all that it must.
    """
    values = recipe_values(name)
    try:
        return Recipe(**values)
    except (TypeError, ValueError) as error:
        raise DatasetError(f"recipe {name}: cannot be used ({error})") from None


def recipe_values(name: str) -> dict[str, Any]:
    """Return what a recipe says, by name or from a .toml file.

    Raises
    ------
    DatasetError
        If there is no such recipe, or its file cannot be read.
    """
    path = Path(name) if name.endswith(".toml") else _RECIPES / f"{name}.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = ", ".join(sorted(file.stem for file in _RECIPES.glob("*.toml")))
        raise DatasetError(f"recipe {name}: not found; there are {known}") from None
    except OSError as error:
        raise DatasetError(f"recipe {name}: cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise DatasetError(f"recipe {name}: cannot be used ({error})") from None
