"""When a training has learnt all that it will: held out drawings are read no better any more."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

__all__ = ["EarlyStop"]


@dataclass(slots=True)
class EarlyStop:
    """What the best networks so far were worth, and how long that is ago.

    Attributes
    ----------
    patience : measurements without a better one that end the training; 0 never ends it, and keeps
        nothing
    best, step : the best figure, and when it was measured
    waited : measurements since
    kept : the state of the networks of then
    """

    patience: int
    best: float = -math.inf
    step: int = 0
    waited: int = 0
    kept: dict[str, Tensor] | None = None

    def see(self, value: float, step: int, networks: nn.Module) -> None:
        """Take up a measurement, more is better; one that is NaN counts as none."""
        if not self.patience or math.isnan(value):
            return
        if value > self.best:
            self.best, self.step, self.waited = value, step, 0
            self.kept = {name: part.clone() for name, part in networks.state_dict().items()}
        else:
            self.waited += 1

    @property
    def is_over(self) -> bool:
        """Whether nothing better is to be expected."""
        return 0 < self.patience <= self.waited

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint keeps."""
        names = ("best", "step", "waited", "kept")
        return {name: getattr(self, name) for name in names}

    def load(self, saved: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        for name, value in saved.items():
            setattr(self, name, value)
