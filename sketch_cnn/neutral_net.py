"""The network that reads a face beside the same face at rest, from what the reader said of both.

It adds to the reader's log odds and intensities and begins with adding nothing. It sees both
drawings, and their mirror images with sides swapped, and averages: mirrored drawings give mirrored
answers, exactly.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import torch
from torch import Tensor, nn

from .labels import AU_LABELS, MIRRORED_AUS, MIRRORED_LANDMARKS
from .line_points import MIRRORED_LINE_POINTS
from .neutral import POINTED, READ
from .places import face_frame

__all__ = ["NeutralNet", "example_reading"]

_CROP_PLACE = 3
"""`face_frame` ends with the face's place in the crop, of which no Action Unit tells."""
_DIFFERENCE = 10.0
"""An expression moves points by a tenth of what faces differ by."""
_MOST = 6.0
_OTHER_SIDE = {"landmarks": MIRRORED_LANDMARKS, "lines": MIRRORED_LINE_POINTS}


class NeutralNet(nn.Module):
    """What to change in a reading, (N, A) each: `odds` to add, and the intensity itself.

    Parameters
    ----------
    hidden : units of the one hidden layer
    dropout : share of the standardised inputs that a training step leaves out
    """

    def __init__(self, hidden: int, dropout: float) -> None:
        super().__init__()
        self.register_buffer("aus", torch.tensor(MIRRORED_AUS), persistent=False)
        for name, other in _OTHER_SIDE.items():
            self.register_buffer(name, torch.tensor(other), persistent=False)
        self.register_buffer("flip", torch.tensor([-1.0, 1.0]), persistent=False)
        count = len(AU_LABELS)
        inputs = self._features(*(example_reading(1) for _ in range(2))).shape[1]
        self.standard = nn.BatchNorm1d(inputs, affine=False)
        self.leave_out = nn.Dropout(dropout)
        self.first = nn.Linear(inputs, hidden)
        self.thin = nn.Dropout(0.2)
        self.last = nn.Linear(hidden, 2 * count)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, face: dict[str, Tensor], rest: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Return `odds` and `strength`.

        Parameters
        ----------
        face, rest : by the names of `neutral.READ`: (N, A) each, points (N, K, 2)
        """
        straight = self._answer(face, rest)
        turned = self._answer(self._mirrored(face), self._mirrored(rest))
        odds, lift = (
            0.5 * (one + two[:, self.aus])
            for one, two in zip(straight.chunk(2, 1), turned.chunk(2, 1), strict=True)
        )
        return odds, torch.sigmoid(_logit(face["intensity"]) + lift)

    def _answer(self, face: dict[str, Tensor], rest: dict[str, Tensor]) -> Tensor:
        features = self.standard(self._features(face, rest)).clamp(-_MOST, _MOST)
        return self.last(self.thin(torch.relu(self.first(self.leave_out(features)))))

    def _features(self, face: dict[str, Tensor], rest: dict[str, Tensor]) -> Tensor:
        places, at_rest = (
            face_frame(torch.cat([side[name] for name in POINTED], 1))[:, :-_CROP_PLACE]
            for side in (face, rest)
        )
        moved = _DIFFERENCE * (places - at_rest)
        return torch.cat([*_said(face), *_said(rest), places, moved], 1)

    def _mirrored(self, side: dict[str, Tensor]) -> dict[str, Tensor]:
        turned = {name: side[name][:, self.aus] for name in READ if name not in POINTED}
        points = {name: side[name][:, getattr(self, name)] * self.flip for name in POINTED}
        return turned | points


def _said(side: dict[str, Tensor]) -> list[Tensor]:
    total = side["alpha"] + side["beta"]
    odds = torch.log(side["alpha"]) - torch.log(side["beta"])
    return [odds, torch.log(total), _logit(side["intensity"]), side["visible"]]


def _logit(values: Tensor) -> Tensor:
    inside = values.clamp(1e-4, 1.0 - 1e-4)
    return torch.log(inside) - torch.log(1.0 - inside)


def example_reading(count: int) -> dict[str, Tensor]:
    """Return what a reader may say of `count` drawings, by the names and in the order of `READ`."""
    shapes = {name: (len(other), 2) for name, other in _OTHER_SIDE.items()}
    return {name: torch.full((count, *shapes.get(name, (len(AU_LABELS),))), 0.5) for name in READ}
