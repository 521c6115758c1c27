"""Readings of a film, smoothed by confidence: sure frames speak, doubtful ones listen.

Log odds and intensity of every Action Unit are a local level: a value that drifts from frame to
frame, and is measured in every frame with a noise that the frame's own Beta evidence tells. A
Kalman filter forwards and Rauch, Tung and Striebel's smoother backwards give what all frames
together say. Drift has heavy tails (Student's t, solved by reweighting): where the frames on both
sides of a change agree, the change is let through whole, so that a short expression keeps its
height, and only what one doubtful frame says alone is smoothed away.

Some faces droop, and some hands draw every mouth like a smile: what a face wears throughout is its
build rather than an expression. A film shows that, a still does not. So the level that an AU never
falls below is taken off, the less the surer the detector is of it. What is left is calibrated anew
and decided at lower operating points, since neighbours confirm it.

References
----------
Rauch, Tung & Striebel (1965), doi:10.2514/3.3166. Aravkin, Burke & Pillonetto (2014), Robust and
trend-following Student's t Kalman smoothers, doi:10.1137/130918861.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import polygamma

from .frame_reader import beta_evidence
from .interface import FootageReading

__all__ = ["SmoothingSettings", "local_level", "smooth"]

Table = NDArray[np.float64]

_MOST_SPREAD = 10.0
_NO_VALUE = 1e6
"""Variance of a frame in which no face was found."""


@dataclass(frozen=True, slots=True)
class SmoothingSettings:
    """How much frames tell of each other. Tuned on generated clips (docs/evaluation.md).

    Attributes
    ----------
    drift, intensity_drift : variance per frame of the change of log odds, and of intensity
        More follows the single frame, less smooths more.
    noise : least variance of a frame's log odds, whatever its evidence
    evidence_noise : share of the Beta's own variance that differs from frame to frame
    intensity_noise : variance of a frame's intensity, the first at no uncertainty, the second at 1
    tails : degrees of freedom of the drift; fewer let sudden changes through more easily
    rounds : reweightings
    most_odds : log odds beyond ± this are taken for this: surer than sure changes nothing
    rest : share of the frames in which a face is thought to be at rest; 0 takes nothing off
    rest_odds : log odds of an AU of a face at rest that wears nothing
    slope, offset : calibration of the log odds after that
    operating : share of a still's operating point at which a film's is
    whole : frames from which on all of this holds; for fewer it holds in part
    """

    drift: float = 1.2
    intensity_drift: float = 0.15
    noise: float = 0.4
    evidence_noise: float = 0.5
    intensity_noise: tuple[float, float] = (0.003, 0.05)
    tails: float = 2.0
    rounds: int = 6
    most_odds: float = 5.0
    rest: float = 0.2
    rest_odds: float = -3.5
    slope: float = 1.44
    offset: float = 0.79
    operating: float = 0.55
    whole: int = 9


def smooth(
    reading: FootageReading, times_s: Table, settings: SmoothingSettings | None = None
) -> FootageReading:
    """Let the frames of a film speak for each other.

    Frames without a face are bridged: their AUs are those that the neighbours speak for, with the
    evidence that is left over the gap. A single frame stays as it is.

    Parameters
    ----------
    reading : every frame by itself
    times_s : (T,) seconds; only their relations matter, the usual step counting as one frame
    """
    if len(times_s) < 2:
        return reading
    how = settings or SmoothingSettings()
    seen = reading.found[:, None]
    steps = np.diff(times_s)[:, None]
    steps = steps / np.median(steps)
    odds = np.log(reading.alpha / reading.beta).clip(-how.most_odds, how.most_odds)
    spread = polygamma(1, reading.alpha) + polygamma(1, reading.beta)
    noise = how.noise + how.evidence_noise * np.minimum(spread, _MOST_SPREAD)
    level, left = local_level(odds, noise, seen, how.drift * steps, how)
    doubt = reading.uncertainty
    low, high = how.intensity_noise
    strength, _ = local_level(
        reading.intensity, low + high * doubt, seen, how.intensity_drift * steps, how
    )
    share = min((len(times_s) - 1) / (how.whole - 1), 1.0)
    if how.rest > 0.0:
        level, strength = _without_rest(level, strength, how, share)
        level = level * (1.0 + share * (how.slope - 1.0)) + share * how.offset
    probability = 1.0 / (1.0 + np.exp(-level))
    # A frame that agrees with its neighbours has their evidence, too
    evidence = _bridged(2.0 / doubt, seen) * _bridged(noise, seen) / left
    alpha, beta = beta_evidence(probability, np.clip(2.0 / evidence, 0.0, 1.0))
    lower = 1.0 - share * (1.0 - how.operating) if how.rest > 0.0 else 1.0
    return replace(
        reading,
        probability=alpha / (alpha + beta),
        intensity=np.clip(strength, 0.0, 1.0),
        alpha=alpha,
        beta=beta,
        threshold=reading.threshold * lower,
        extras={**reading.extras, "visible": _bridged(reading.extras["visible"], seen)},
    )


def _without_rest(
    level: Table, strength: Table, how: SmoothingSettings, share: float
) -> tuple[Table, Table]:
    """Take off what the face wears throughout, as far as that is not surely an expression."""
    lowest, weakest = (np.quantile(table, how.rest, axis=0) for table in (level, strength))
    build = share / (1.0 + np.exp(lowest))
    level = level - build * np.maximum(lowest - how.rest_odds, 0.0)
    worn = build * np.clip(weakest, 0.0, 1.0)
    return level, (strength - worn) / np.maximum(1.0 - worn, 1e-3)


def local_level(
    values: Table, noise: Table, seen: NDArray[np.bool_], drift: Table, how: SmoothingSettings
) -> tuple[Table, Table]:
    """Return the smoothed level of (T, A) values and the variance that is left.

    Parameters
    ----------
    noise : (T, A) variance of each value
    seen : (T, 1), False for frames without a value
    drift : (T - 1, 1) variance of the step from each frame to the next
    how : tails and rounds of the drift
    """
    noise = np.where(seen, noise, _NO_VALUE)
    usual = np.broadcast_to(drift, (len(values) - 1, values.shape[1]))
    step = usual
    for _ in range(how.rounds):
        level, _ = _filtered_back(values, noise, step)
        far = np.square(np.diff(level, axis=0))
        step = usual * (how.tails + far / usual) / (how.tails + 1.0)
    return _filtered_back(values, noise, step)


def _filtered_back(values: Table, noise: Table, step: Table) -> tuple[Table, Table]:
    """Return mean and variance of a random walk that was measured: forwards, then backwards."""
    mean, variance = np.empty_like(values), np.empty_like(values)
    mean[0], variance[0] = values[0], noise[0]
    for t in range(1, len(values)):
        ahead = variance[t - 1] + step[t - 1]
        gain = ahead / (ahead + noise[t])
        mean[t] = mean[t - 1] + gain * (values[t] - mean[t - 1])
        variance[t] = (1.0 - gain) * ahead
    for t in range(len(values) - 2, -1, -1):
        gain = variance[t] / (variance[t] + step[t])
        mean[t] += gain * (mean[t + 1] - mean[t])
        variance[t] += np.square(gain) * (variance[t + 1] - variance[t] - step[t])
    return mean, variance


def _bridged(values: Table, seen: NDArray[np.bool_]) -> Table:
    """Return values with those of unseen frames between their neighbours'."""
    known = np.nonzero(seen[:, 0])[0]
    place = np.arange(len(values))
    return np.stack([np.interp(place, known, column[known]) for column in values.T], axis=1)
