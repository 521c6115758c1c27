"""What the reader and the finder are trained to do, one named term each.

References
----------
Sensoy, Kaplan & Kandemir (2018), Evidential deep learning to quantify classification uncertainty:
the expected cross-entropy under the Beta, and the pull of wrong evidence back to Beta(1, 1).
Ridnik et al. (2021), Asymmetric loss for multi-label classification.
Lin et al. (2017), Focal loss, doi:10.1109/ICCV.2017.324; Zhou et al. (2019), Objects as points.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from .labels import PRESENT, TRACE

__all__ = ["PRESENCE", "READER_TERMS", "finder_loss", "placer_loss", "reader_losses"]

READER_TERMS = (
    "presence", "intensity", "visible", "landmarks", "lines", "early", "spread", "pose", "features",
)  # fmt: skip

_FOCUS, _MARGIN = 4.0, 0.05
"""Of the asymmetric losses, as Ridnik et al. chose them: γ− and m."""
_NEAR_PX = 4.0
_JAW_SHARE = 0.5
"""Weight of the 17 landmarks along the jaw: no Action Unit is read from where they slide."""


def beta_loss(alpha: Tensor, beta: Tensor, present: Tensor, kl_weight: Tensor) -> Tensor:
    """Return (N, A): expected cross-entropy under Beta(α, β), plus the cost of wrong evidence."""
    total = torch.digamma(alpha + beta)
    likely = torch.where(present > 0.5, total - torch.digamma(alpha), total - torch.digamma(beta))
    # Evidence for the wrong answer alone, pulled back to none: KL(Beta(ã, b̃) || Beta(1, 1))
    wrong_alpha = torch.where(present > 0.5, torch.ones_like(alpha), alpha)
    wrong_beta = torch.where(present > 0.5, beta, torch.ones_like(beta))
    return likely + kl_weight * _kl_to_uniform(wrong_alpha, wrong_beta)


def bce_loss(alpha: Tensor, beta: Tensor, present: Tensor, kl_weight: Tensor) -> Tensor:
    """Return (N, A): cross-entropy of the mean probability; evidence is left to itself."""
    return torch.log(alpha + beta) - torch.log(torch.where(present > 0.5, alpha, beta))


def asymmetric_loss(alpha: Tensor, beta: Tensor, present: Tensor, kl_weight: Tensor) -> Tensor:
    """Return (N, A): cross-entropy that hardly sees absences that are said to be unlikely."""
    unlikely = (alpha / (alpha + beta) - _MARGIN).clamp(min=0.0)
    absent = -(unlikely.detach() ** _FOCUS) * torch.log1p(-unlikely)
    return torch.where(present > 0.5, bce_loss(alpha, beta, present, kl_weight), absent)


def asymmetric_beta_loss(alpha: Tensor, beta: Tensor, present: Tensor, kl_weight: Tensor) -> Tensor:
    """Return (N, A): `beta_loss` that sees absences as little as `asymmetric_loss` does."""
    unlikely = (alpha / (alpha + beta) - _MARGIN).clamp(min=0.0).detach() ** _FOCUS
    each = beta_loss(alpha, beta, present, kl_weight)
    return torch.where(present > 0.5, each, unlikely * each)


PRESENCE = {
    "beta": beta_loss,
    "bce": bce_loss,
    "asymmetric": asymmetric_loss,
    "asymmetric-beta": asymmetric_beta_loss,
}
"""What the term `presence` may be (`recipe.LOSSES`)."""


def presence_loss(
    answer: dict[str, Tensor],
    truth: dict[str, Tensor],
    au_weight: Tensor,
    kl_weight: Tensor,
    loss: str = "beta",
) -> Tensor:
    """Return the term `presence` of `reader_losses`."""
    intensity = truth["intensity"]
    present = (intensity >= PRESENT).float()
    scored = ((intensity >= PRESENT) | (intensity < TRACE)).float() * truth["visible"]
    weight = scored * torch.where(present > 0.5, au_weight[1], au_weight[0])
    each = PRESENCE[loss](answer["alpha"], answer["beta"], present, kl_weight)
    return (weight * each).sum() / weight.sum().clamp(min=1.0)


def intensity_loss(answer: dict[str, Tensor], truth: dict[str, Tensor]) -> Tensor:
    """Return the term `intensity`: what is there counts more, what cannot be seen not at all."""
    present = (truth["intensity"] >= PRESENT).float()
    strong = truth["visible"] * (0.3 + present)
    off = functional.smooth_l1_loss(
        answer["intensity"], truth["intensity"], reduction="none", beta=0.1
    )
    return (strong * off).sum() / strong.sum().clamp(min=1.0)


def _kl_to_uniform(alpha: Tensor, beta: Tensor) -> Tensor:
    total = alpha + beta
    log_beta = torch.lgamma(alpha) + torch.lgamma(beta) - torch.lgamma(total)
    return (
        -log_beta
        + (alpha - 1.0) * (torch.digamma(alpha) - torch.digamma(total))
        + (beta - 1.0) * (torch.digamma(beta) - torch.digamma(total))
    )


def reader_losses(
    answer: dict[str, Tensor],
    truth: dict[str, Tensor],
    au_weight: Tensor,
    kl_weight: Tensor,
    loss: str = "beta",
) -> dict[str, Tensor]:
    """Return every loss term of the reader, each a scalar.

    Parameters
    ----------
    answer : the reader's outputs
    truth : `intensity` (N, A), `visible` (N, A), `landmarks` (N, 70, 2) and `lines` (N, L, 2) crop
        pixels, `pose` (N, 3), `features` (N, 64, 64) int64, -1 where nothing is drawn
    au_weight : (2, A) weights of absent and present, against imbalance
    loss : name of the `presence` term, a key of `PRESENCE`
    """
    points = torch.cat([truth["landmarks"], truth["lines"]], 1)
    distance = _distance(torch.cat([answer["landmarks"], answer["lines"]], 1), points)
    early = sum(_distance(answer[name], points) for name in ("rough", "nearer", "near"))
    wide = torch.cat([answer["spread"], answer["line_spread"]], 1) / _NEAR_PX
    wide = wide.clamp(min=0.1)
    marks = truth["landmarks"].shape[1]
    weight_of = torch.ones_like(distance[0])
    weight_of[:17].fill_(_JAW_SHARE)
    return {
        "presence": presence_loss(answer, truth, au_weight, kl_weight, loss),
        "intensity": intensity_loss(answer, truth),
        "visible": functional.binary_cross_entropy(answer["visible"], truth["visible"]),
        "landmarks": (weight_of * distance)[:, :marks].mean(),
        "lines": distance[:, marks:].mean(),
        "early": (weight_of * early).mean(),
        # Laplace-like: distance over spread, plus the price of a wide spread
        "spread": (distance / wide + torch.log(wide)).mean(),
        "pose": functional.smooth_l1_loss(answer["pose"], truth["pose"], beta=0.05),
        "features": _feature_loss(answer["features"], truth["features"]),
    }


def _distance(points: Tensor, truth: Tensor) -> Tensor:
    """Return (N, K) distances, in units of a few pixels."""
    return ((points - truth) / _NEAR_PX).norm(dim=-1)


def placer_loss(landmarks: Tensor, truth: Tensor) -> Tensor:
    """Return the mean distance of (N, 70, 2) landmarks."""
    return _distance(landmarks, truth).mean()


def _feature_loss(logits: Tensor, truth: Tensor) -> Tensor:
    """Return the cross-entropy of (N, C, S, S) logits where something is drawn."""
    return functional.cross_entropy(logits.float(), truth, ignore_index=-1)


def finder_loss(answer: Tensor, heat: Tensor, box: Tensor) -> Tensor:
    """Return the finder's loss: focal for the middle, L1 for offset and size where a face is.

    Parameters
    ----------
    answer : (N, 5, 16, 16)
    heat : (N, 16, 16), 1 in the cell of a face's middle, falling off around it
    box : (N, 4, 16, 16): offset x, y and log size, where `heat` is 1
    """
    logit = answer[:, 0].float()
    probability = torch.sigmoid(logit)
    is_middle = heat > 0.999
    hit = -((1.0 - probability) ** 2) * functional.logsigmoid(logit) * is_middle
    miss = -((1.0 - heat) ** 4) * probability**2 * functional.logsigmoid(-logit) * ~is_middle
    count = is_middle.sum().clamp(min=1)
    off = (answer[:, 1:].float() - box).abs().sum(1) * is_middle
    return (hit.sum() + miss.sum()) / count + off.sum() / count
