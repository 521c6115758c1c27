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
from .neutral import READ
from .places import face_frame

__all__ = ["NeutralNet"]

_CROP_PLACE = 3
"""`face_frame` ends with the face's place in the crop, of which no Action Unit tells."""
_DIFFERENCE = 10.0
"""An expression moves landmarks by a tenth of what faces differ by."""
_MOST = 6.0


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
        self.register_buffer("marks", torch.tensor(MIRRORED_LANDMARKS), persistent=False)
        self.register_buffer("flip", torch.tensor([-1.0, 1.0]), persistent=False)
        count = len(AU_LABELS)
        inputs = self._features(*(_example(1) for _ in range(2))).shape[1]
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
        face, rest : by the names of `neutral.READ`: (N, A) each, landmarks (N, 70, 2)
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
        places, at_rest = (face_frame(side["landmarks"])[:, :-_CROP_PLACE] for side in (face, rest))
        moved = _DIFFERENCE * (places - at_rest)
        return torch.cat([*_said(face), *_said(rest), places, moved], 1)

    def _mirrored(self, side: dict[str, Tensor]) -> dict[str, Tensor]:
        turned = {name: side[name][:, self.aus] for name in READ if name != "landmarks"}
        return {**turned, "landmarks": side["landmarks"][:, self.marks] * self.flip}


def _said(side: dict[str, Tensor]) -> list[Tensor]:
    total = side["alpha"] + side["beta"]
    odds = torch.log(side["alpha"]) - torch.log(side["beta"])
    return [odds, torch.log(total), _logit(side["intensity"]), side["visible"]]


def _logit(values: Tensor) -> Tensor:
    inside = values.clamp(1e-4, 1.0 - 1e-4)
    return torch.log(inside) - torch.log(1.0 - inside)


def _example(count: int) -> dict[str, Tensor]:
    tables = {name: torch.ones(count, len(AU_LABELS)) for name in READ if name != "landmarks"}
    return {**tables, "landmarks": torch.zeros(count, len(MIRRORED_LANDMARKS), 2)}
