"""Training of the network for a neutral drawing, beside a reader that stays as it is."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import logging
import math
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from ..errors import DatasetError
from .calibration import fit
from .detector import Detector
from .export import forget_makers
from .labels import PRESENT, TRACE
from .model_file import NEUTRAL_FILE, SCHEMA
from .neutral import READ, reader_print
from .neutral_net import NeutralNet, example_reading
from .neutral_pairs import Pairs
from .recipe import recipe_values
from .weight_storage import store_weights, write_onnx

__all__ = ["NeutralRecipe", "load_neutral_recipe", "train_neutral"]

_LEAST_PAIRS = 64


@dataclass(frozen=True, slots=True)
class NeutralRecipe:
    """Everything that decides what the training gives; see `recipes/neutral.toml`."""

    name: str
    seed: int
    hidden: int
    dropout: float
    epochs: int
    batch: int
    learning_rate: float
    weight_decay: float
    calibration: float
    weights: dict[str, float] = field(default_factory=dict)


def load_neutral_recipe(name: str) -> NeutralRecipe:
    """Load a recipe by name, or from a .toml file.

    Raises
    ------
    DatasetError
        If there is no such recipe, or it is for other networks.
    """
    try:
        return NeutralRecipe(**recipe_values(name))
    except TypeError as error:
        raise DatasetError(f"recipe {name}: not for a neutral drawing ({error})") from None


def train_neutral(
    pairs: Pairs,
    detector: Detector,
    out: Path,
    recipe: NeutralRecipe,
    *,
    version: str,
    threads: int = 1,
    on_epoch: Callable[[int], None] | None = None,
) -> Path:
    """Train, calibrate on identities kept aside, and write `neutral.onnx` into a folder.

    Parameters
    ----------
    pairs : of `read_pairs` with this detector
    threads : of the training
    on_epoch : called with the number of epochs done

    Raises
    ------
    DatasetError
        If there are too few pairs.
    """
    torch.set_num_threads(threads)
    aside = _aside(pairs.identity, recipe)
    learnt, kept = pairs.select(np.flatnonzero(~aside)), pairs.select(np.flatnonzero(aside))
    if min(len(learnt) - recipe.batch, len(kept)) < 0 or len(pairs) < _LEAST_PAIRS:
        raise DatasetError(f"{len(pairs)} pairs are too few to train on; generate more")
    net = _trained(learnt, detector, recipe, on_epoch)
    before, after = _odds(kept, detector), _answers(net, kept)[0] + _odds(kept, detector)
    calibration = fit(
        after, kept.face["visible"].astype(np.float64), kept.intensity, kept.visible > 0.5
    )
    meta = {
        "schema": SCHEMA,
        "name": f"limner-{recipe.name}",
        "version": version,
        "licence": "GPL-3.0-or-later",
        "recipe": asdict(recipe),
        "steps": recipe.epochs * (len(learnt) // recipe.batch),
        "pairs": len(learnt),
        "data_sha256": pairs.source,
        "reader": reader_print(detector.reader.meta),
        "metrics": _loss_of(before, after, kept),
        **{key: detector.reader.meta[key] for key in ("au_labels", "features")},
        **{key: detector.reader.meta[key] for key in ("input_px", "crop_margin")},
        **calibration.record(),
    }
    out.mkdir(parents=True, exist_ok=True)
    write_onnx(_exported(net), out / NEUTRAL_FILE, meta)
    return out / NEUTRAL_FILE


def _aside(identity: NDArray[np.str_], recipe: NeutralRecipe) -> NDArray[np.bool_]:
    """Return which pairs calibrate: all of some identities."""
    names = np.random.default_rng(recipe.seed).permutation(np.unique(identity))
    return np.isin(identity, names[: math.ceil(recipe.calibration * len(names))])


def _trained(
    pairs: Pairs, detector: Detector, recipe: NeutralRecipe, on_epoch: Callable[[int], None] | None
) -> NeutralNet:
    torch.manual_seed(recipe.seed)
    net = NeutralNet(recipe.hidden, recipe.dropout)
    face, rest = (
        {name: torch.from_numpy(part) for name, part in side.items()}
        for side in (pairs.face, pairs.rest)
    )
    odds = torch.from_numpy(_odds(pairs, detector).astype(np.float32))
    truth = {
        "intensity": torch.from_numpy(pairs.intensity),
        "visible": torch.from_numpy(pairs.visible),
    }
    optimizer = torch.optim.AdamW(net.parameters(), weight_decay=recipe.weight_decay)
    batches = len(pairs) // recipe.batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, recipe.learning_rate, total_steps=recipe.epochs * batches
    )
    for epoch in range(recipe.epochs):
        for rows in torch.randperm(len(pairs))[: batches * recipe.batch].split(recipe.batch):
            some = [{name: part[rows] for name, part in side.items()} for side in (face, rest)]
            change, strength = net(*some)
            labels = {name: part[rows] for name, part in truth.items()}
            terms = neutral_losses(odds[rows] + change, strength, labels)
            total = sum(recipe.weights[name] * term for name, term in terms.items())
            optimizer.zero_grad()
            total.backward()
            optimizer.step()
            schedule.step()
        if on_epoch is not None:
            on_epoch(epoch + 1)
    return net.eval()


def neutral_losses(odds: Tensor, strength: Tensor, truth: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return both loss terms, scalars: cross-entropy of presence, and distance of intensity.

    Parameters
    ----------
    odds, strength : (N, A) calibrated log odds and intensity, as answered
    truth : `intensity` and `visible`, (N, A); traces, and what is not drawn, are not scored
    """
    intensity, visible = truth["intensity"], truth["visible"]
    present = (intensity >= PRESENT).float()
    scored = ((intensity >= PRESENT) | (intensity < TRACE)).float() * visible
    each = functional.binary_cross_entropy_with_logits(odds, present, reduction="none")
    off = functional.smooth_l1_loss(strength, intensity, reduction="none", beta=0.1)
    strong = visible * (0.3 + present)
    return {
        "presence": (scored * each).sum() / scored.sum().clamp(min=1.0),
        "intensity": (strong * off).sum() / strong.sum().clamp(min=1.0),
    }


def _odds(pairs: Pairs, detector: Detector) -> NDArray[np.float64]:
    """Return the reader's calibrated log odds of the faces, (N, A)."""
    slope, offset = np.array(detector.reader.meta["calibration"], dtype=np.float64).T
    read = pairs.face["alpha"].astype(np.float64) / pairs.face["beta"]
    odds: NDArray[np.float64] = slope * np.log(read) + offset
    return odds


@torch.no_grad()
def _answers(net: NeutralNet, pairs: Pairs) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    sides = (
        {name: torch.from_numpy(part) for name, part in side.items()}
        for side in (pairs.face, pairs.rest)
    )
    odds, strength = net(*sides)
    return odds.double().numpy(), strength.double().numpy()


def _loss_of(before: NDArray, after: NDArray, pairs: Pairs) -> dict[str, Any]:
    """Return the cross-entropy of presence on the identities kept aside, with and without."""
    truth = {
        "intensity": torch.from_numpy(pairs.intensity),
        "visible": torch.from_numpy(pairs.visible),
    }
    losses = (
        neutral_losses(torch.from_numpy(odds), torch.from_numpy(pairs.intensity), truth)
        for odds in (before, after)
    )
    names = ("presence_alone", "presence_with_neutral")
    found = {
        name: round(float(terms["presence"]), 5) for name, terms in zip(names, losses, strict=True)
    }
    return {**found, "pairs": len(pairs)}


class _Deployed(nn.Module):
    """The network with its inputs one by one, in the order of `READ`."""

    def __init__(self, net: NeutralNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, *tables: Tensor) -> tuple[Tensor, Tensor]:
        """Return `odds` and `strength`."""
        count = len(READ)
        face, rest = (
            dict(zip(READ, part, strict=True)) for part in (tables[:count], tables[count:])
        )
        return self.net(face, rest)


def _exported(net: NeutralNet) -> Any:
    """Return the network as an ONNX model with a free batch size."""
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    # tensors of their own for face and rest: torch takes one that is given twice for one input
    example = tuple(part for _ in range(2) for part in example_reading(2).values())
    batch = torch.export.Dim("batch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # torch's exporter warns about itself
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", UserWarning)  # all inputs share one batch, as is meant
        program = torch.onnx.export(
            _Deployed(net).eval(),
            example,
            dynamo=True,
            opset_version=20,
            external_data=False,
            input_names=[f"{prefix}{name}" for prefix in ("", "rest_") for name in READ],
            output_names=["odds", "strength"],
            dynamic_shapes=(tuple({0: batch} for _ in example),),
            verbose=False,
        )
    model = program.model_proto
    store_weights(model, "int8")
    forget_makers(model)
    return model
