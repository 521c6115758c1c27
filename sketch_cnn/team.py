"""Several processes that train one network together: each its share of the batch, one gradient.

Synchronous data parallelism as in Li et al. (2020), "PyTorch Distributed",
doi:10.14778/3415478.3415530,
over gloo and on this machine only.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, distributed, multiprocessing

__all__ = ["Team"]


@dataclass(frozen=True, slots=True)
class Team:
    """One member's view of the team.

    Attributes
    ----------
    size, rank : how many there are, and which one this is; 0 leads
    meeting : file by which they find each other
    """

    size: int
    rank: int
    meeting: str

    @classmethod
    def of(cls, size: int) -> Team:
        """Return the leader of a team of `size`."""
        return cls(max(size, 1), 0, str(Path(tempfile.mkdtemp(prefix="limner-")) / "meeting"))

    @contextmanager
    def others(self, work: Callable, *arguments: object) -> Iterator[None]:
        """Let the other members do `work(member, *arguments)` in processes of their own."""
        context = multiprocessing.get_context("spawn")
        members = [
            context.Process(target=work, args=(Team(self.size, rank, self.meeting), *arguments))
            for rank in range(1, self.size)
        ]
        for member in members:
            member.start()
        try:
            yield
            for member in members:
                member.join(60.0)
        finally:
            for member in members:
                member.terminate()
            if self.size > 1 and distributed.is_initialized():
                distributed.destroy_process_group()

    def join(self) -> None:
        """Meet the others."""
        if self.size == 1:
            return
        if sys.platform == "linux":
            os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
        distributed.init_process_group(
            "gloo", init_method=f"file://{self.meeting}", rank=self.rank, world_size=self.size
        )

    def told(self, value: float) -> float:
        """Return the leader's value, so that all do the same, and end together."""
        if self.size == 1:
            return value
        said = torch.tensor(value, dtype=torch.float64)
        distributed.broadcast(said, 0)
        return float(said)

    def average(self, gradients: Sequence[Tensor | None]) -> None:
        """Replace every gradient by its mean over the team."""
        if self.size == 1:
            return
        there = [gradient for gradient in gradients if gradient is not None]
        flat = torch.cat([gradient.reshape(-1) for gradient in there])
        distributed.all_reduce(flat)
        flat /= self.size
        parts = flat.split([gradient.numel() for gradient in there])
        for gradient, part in zip(there, parts, strict=True):
            gradient.copy_(part.view_as(gradient))
