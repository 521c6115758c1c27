"""Recipes: everything that decides what training gives, as small TOML files."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
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

    `backbone` is one of `BACKBONES` and `loss` one of `LOSSES`.
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

    def __post_init__(self) -> None:
        for what, said, known in (
            ("backbone", self.backbone, BACKBONES), ("loss", self.loss, LOSSES),
        ):  # fmt: skip
            if said not in known:
                raise ValueError(f"no {what} {said}; there are {', '.join(known)}")

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
