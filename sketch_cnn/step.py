"""One optimiser step; on a GPU it is captured once as a graph and played again.

A step is some two thousand small kernels, and launching them from Python takes longer than running
them. A captured step (CUDA graphs, Nguyen et al. 2021, "Accelerating PyTorch with CUDA graphs") is
launched as one. It therefore reads everything that changes from tensors that stay where they are:
drawings and their number from the store, rates from the stepper. Nor may it bring numbers from
Python into a tensor by `x[0] = 1.0`, which copies from the host: `fill_` does not.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError

import torch
from torch import Tensor, nn

from ..errors import ModelError
from .augment import PLACER_JITTER, READER_JITTER, place_batch, read_batch, sheet_batch
from .finder_net import Finder, Placer
from .larder import Larder
from .losses import READER_TERMS, finder_loss, placer_loss, reader_losses
from .reader_net import Reader
from .recipe import Recipe
from .team import Team

__all__ = ["TERMS", "Networks", "Stepper"]

TERMS = (*READER_TERMS, "finder", "placer")
_LOG = logging.getLogger(__name__)
_PLAIN_STEPS = 5
"""Steps before the capture: what is made once must have been made."""


class Networks(nn.Module):
    """All networks as one, for one optimiser and one checkpoint."""

    def __init__(self, width: int, thin: int, backbone: str = "residual") -> None:
        super().__init__()
        self.reader = Reader(width, thin, backbone)
        self.finder, self.placer = Finder(), Placer()


@dataclass(slots=True)
class Stepper:
    """Networks, their smoothed copies, and what moves them.

    `sums` (T,) adds up the loss terms in the order of `TERMS`.
    """

    recipe: Recipe
    device: torch.device
    networks: Networks
    smoothed: Networks
    optimizer: torch.optim.Optimizer
    rate: Tensor
    kl_weight: Tensor
    sums: Tensor
    step: int = 0
    graph: torch.cuda.CUDAGraph | None = None

    @classmethod
    def start(cls, recipe: Recipe, device: torch.device) -> Stepper:
        """Return new networks."""
        networks = Networks(recipe.width, recipe.thin, recipe.backbone)
        networks = networks.to(device=device, memory_format=torch.channels_last)
        smoothed = Networks(recipe.width, recipe.thin, recipe.backbone)
        smoothed = smoothed.to(device=device, memory_format=torch.channels_last)
        smoothed.load_state_dict(networks.state_dict())
        rate = torch.zeros((), device=device)
        optimizer = torch.optim.AdamW(
            networks.parameters(),
            rate,
            weight_decay=recipe.weight_decay,
            fused=True,
            capturable=device.type == "cuda",
        )
        return cls(
            recipe,
            device,
            networks,
            smoothed,
            optimizer,
            rate,
            torch.zeros((), device=device),
            torch.zeros(len(TERMS), device=device),
        )

    def state(self) -> dict[str, object]:
        """Return what a checkpoint keeps."""
        return {
            "networks": self.networks.state_dict(),
            "smoothed": self.smoothed.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
        }

    def load(self, saved: dict) -> None:
        """Go on from a checkpoint."""
        self.networks.load_state_dict(saved["networks"])
        self.smoothed.load_state_dict(saved["smoothed"])
        self.optimizer.load_state_dict(saved["optimizer"])
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate
        self.step = saved["step"]

    def begin_with(self, checkpoint: Path) -> None:
        """Begin with the smoothed networks of an earlier training; parts that it had not are new.

        Raises
        ------
        ModelError
            If the file is no checkpoint, or its networks are of another width.
        """
        try:
            saved = torch.load(checkpoint, weights_only=True, map_location=self.device)["smoothed"]
            lacks, other = self.networks.load_state_dict(saved, strict=False)
        except (OSError, KeyError, RuntimeError, ValueError, UnpicklingError) as error:
            raise ModelError(f"{checkpoint}: cannot be begun with ({error})") from None
        if other:
            raise ModelError(f"{checkpoint}: cannot be begun with (it has {other[0]} besides)")
        if lacks:
            _LOG.info("begins with %s; %d tensors are new", checkpoint, len(lacks))
        self.smoothed.load_state_dict(self.networks.state_dict())

    def advance(self, larder: Larder, progress: float, team: Team) -> None:
        """Take one step; `progress` is how much of the schedule is behind us, in [0, 1]."""
        warm = min(1.0, (self.step + 1) / self.recipe.warmup_steps)
        share = warm * (0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * progress)))
        self.rate.fill_(self.recipe.learning_rate * share)
        self.kl_weight.fill_(self.recipe.kl_weight * min(1.0, 10.0 * progress))
        if self.graph is not None:
            self.graph.replay()
        else:
            self._once(larder, team)
            if self.device.type == "cuda" and team.size == 1 and self.step == _PLAIN_STEPS:
                self._capture(larder, team)
        self.step += 1
        if self.step == self.recipe.warmup_steps:  # the first steps are not worth remembering
            self.smoothed.load_state_dict(self.networks.state_dict())

    def _capture(self, larder: Larder, team: Team) -> None:
        """Capture a step for all later ones; where that fails they are launched one by one."""
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3):
                self._once(larder, team)
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph):
                self._once(larder, team)
        except RuntimeError as error:
            _LOG.warning("a step cannot be captured, and will take longer: %s", error)
            _LOG.debug("where it failed", exc_info=True)
            self.optimizer.zero_grad(set_to_none=True)
            return
        self.graph = graph

    def _once(self, larder: Larder, team: Team) -> None:
        """Do what a step is made of."""
        recipe, store, spoiler = self.recipe, larder.store, larder.spoiler
        self.networks.train()
        faces = read_batch(store.draw_faces(recipe.batch // team.size), READER_JITTER, spoiler)
        sheets = sheet_batch(
            store.draw(recipe.finder_batch // team.size),
            store.draw(recipe.finder_batch // team.size),
            spoiler,
        )
        crops = place_batch(
            store.draw_faces(recipe.placer_batch // team.size), PLACER_JITTER, spoiler
        )
        with torch.autocast(
            self.device.type,
            torch.bfloat16,
            enabled=_has_bfloat16(self.device),
            cache_enabled=False,
        ):
            answer = self.networks.reader(_channels_last(faces["ink"]))
            found = self.networks.finder(_channels_last(sheets[0]))
            placed = self.networks.placer(_channels_last(crops[0]))
        losses = reader_losses(answer, faces, larder.balance, self.kl_weight, recipe.loss)
        losses["finder"] = finder_loss(found, *sheets[1:])
        losses["placer"] = placer_loss(placed, crops[1])
        total = sum(recipe.weights[name] * losses[name] for name in TERMS)
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()
        team.average([value.grad for value in self.networks.parameters()])
        norm = nn.utils.clip_grad_norm_(self.networks.parameters(), 5.0)
        # a step that would break the networks is left out, without waiting for the device
        self.optimizer.grad_scale, self.optimizer.found_inf = None, (~norm.isfinite()).float()
        self.optimizer.step()
        self._smooth()
        self.sums += torch.stack([losses[name].detach() for name in TERMS])

    @torch.no_grad()
    def _smooth(self) -> None:
        """Let the smoothed networks follow (exponential moving average)."""
        means, now = self.smoothed.state_dict(), self.networks.state_dict()
        real = [name for name, value in means.items() if value.dtype.is_floating_point]
        torch._foreach_lerp_(
            [means[name] for name in real], [now[name] for name in real], 1.0 - self.recipe.ema
        )
        for name in means.keys() - set(real):
            means[name].copy_(now[name])


def _has_bfloat16(device: torch.device) -> bool:
    """Tell whether a device computes in bfloat16 faster than in float32."""
    return device.type == "cuda" or bool(torch.cpu._is_avx512_bf16_supported())


def _channels_last(ink: Tensor) -> Tensor:
    return ink.contiguous(memory_format=torch.channels_last)
