"""Which drawn lines spoke for an Action Unit: ink is taken away, and the reader is asked again.

Round patches of two sizes are wiped out one after the other all over the face, and whole features
(all ink that the reader takes for the left brow, the mouth's corner, …). Where an AU's log odds
fall, the ink had spoken for it; where they rise, against it. This needs no gradients and works on
the network as it is shipped. It cannot tell what the *absence* of ink says.

References
----------
Zeiler & Fergus (2014), Visualizing and understanding convolutional networks,
doi:10.1007/978-3-319-10590-1_53: occlusion.
Petsiuk, Das & Saenko (2018), RISE, arXiv:1806.07421: the mean over the masks of a pixel.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from ..errors import require_shape
from .cut import cut_square
from .detection import Detection
from .detector import Detector
from .labels import FEATURES, MIRRORED_AUS
from .sketch import Sketch

__all__ = ["Explanation", "explain"]

_PATCHES = ((9.0, 9.0), (17.0, 17.0))
"""Radius and spacing of the patches, pixels of the reader's crop."""

_BEYOND = 0.12
"""The face's box is searched so much further, in parts of its sides."""

_LEAST_INK = 1.5
"""A patch with less ink (in full pixels of the crop) has nothing to say."""

_BLUR = 2.5
"""Pixels of the crop by which the maps are smoothed, so that no patch's edge is seen."""

_BATCH = 32
_MIRROR = np.array(MIRRORED_AUS)
_SILENT = ("none", "hair", "other")
_NOSE, _LIPS = (27, 28, 29, 30), slice(48, 68)


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """How much each place of the drawing speaks for each AU.

    Attributes
    ----------
    support : (A, S, S) float32, log odds
        What the AU's log odds lose where the ink around a pixel of the reader's crop is wiped out;
        negative where the ink speaks against it. It means something where there is ink.
    crop_from_ink : (2, 3) float64
        Affine map from ink pixels (x, y, 1) to crop pixels (pixel centres at +0.5 on both sides).
    features : for each AU the features that speak most for it, the loudest first: (name, log odds)
        Names are those of `labels.FEATURES`, with "_L" or "_R" where there are two sides.
    """

    support: NDArray[np.float32]
    crop_from_ink: NDArray[np.float64]
    features: tuple[tuple[tuple[str, float], ...], ...]

    def __post_init__(self) -> None:
        require_shape("support", self.support, ("A", "S", "S"), "Give one map an AU label.")
        require_shape("crop_from_ink", self.crop_from_ink, (2, 3), "Give an affine map.")


def explain(detector: Detector, sketch: Sketch, detection: Detection) -> Explanation:
    """Tell which lines of a drawing spoke for the AUs that the detector saw in it.

    Parameters
    ----------
    detection : of `detector` for `sketch`

    Raises
    ------
    ModelError
        If the weights cannot be used.
    """
    size = int(detector.reader.meta["input_px"])
    cells = detection.feature_probability.shape[1]
    matrix = detection.crop_from_ink * (size / cells)
    side = size / matrix[0, 0]
    corner = -matrix[:, 2] / matrix[0, 0]
    crop = cut_square(sketch.ink, (float(corner[0]), float(corner[1])), float(side), size)
    landmarks = detection.landmarks @ matrix[:, :2].T + matrix[:, 2]
    patches = [_patches(crop, landmarks, *scale) for scale in _PATCHES]
    names, areas = _feature_areas(crop, detection, landmarks)
    masks = [*patches, areas]
    losses = _losses(detector, crop, np.concatenate(masks))
    per_scale = np.split(losses, np.cumsum([len(part) for part in masks])[:-1])
    maps = [_spread(part, loss) for part, loss in zip(masks, per_scale, strict=True)]
    support = np.mean(maps, axis=0).astype(np.float32)
    return Explanation(support, matrix, _loudest(names, per_scale[-1]))


def _patches(
    crop: NDArray[np.float32], landmarks: NDArray[np.float64], radius: float, step: float
) -> NDArray[np.float32]:
    """Return soft round masks (M, S, S) over the face wherever there is ink, 1 = wiped out."""
    size = len(crop)
    low, high = landmarks.min(axis=0), landmarks.max(axis=0)
    edge = _BEYOND * (high - low)
    low, high = np.maximum(low - edge, 0.0), np.minimum(high + edge, float(size))
    across, down = (np.arange(a + step / 2.0, b, step) for a, b in zip(low, high, strict=True))
    y, x = np.mgrid[:size, :size] + 0.5
    found = []
    for centre_y in down:
        for centre_x in across:
            off = np.hypot(x - centre_x, y - centre_y)
            mask = np.clip((radius - off) / 3.0 + 0.5, 0.0, 1.0).astype(np.float32)
            if (mask * crop).sum() >= _LEAST_INK:
                found.append(mask)
    return np.stack(found) if found else np.zeros((0, size, size), np.float32)


def _feature_areas(
    crop: NDArray[np.float32], detection: Detection, landmarks: NDArray[np.float64]
) -> tuple[list[str], NDArray[np.float32]]:
    """Return names and soft masks of the ink of each feature, its sides apart."""
    size = len(crop)
    fine = size // detection.feature_probability.shape[1]
    chances = detection.feature_probability.copy()
    chances[detection.features.index("none")] = 0.0
    label = np.kron(chances.argmax(axis=0), np.ones((fine, fine), int))
    # The subject's left lies on the side of the line through nose and lips where x is larger.
    middle = np.concatenate([landmarks[list(_NOSE)], landmarks[_LIPS]])
    slope, offset = np.polyfit(middle[:, 1], middle[:, 0], 1)
    y, x = np.mgrid[:size, :size] + 0.5
    left = x > slope * y + offset
    names, masks = [], []
    for row, name in enumerate(FEATURES):
        if name in _SILENT:
            continue
        for side, half in (("L", left), ("R", ~left)):
            mine = (label == row) & half & (crop > 0.1)
            mask = np.clip(2.5 * gaussian_filter(mine.astype(np.float32), 1.2), 0.0, 1.0)
            if (mask * crop).sum() >= _LEAST_INK:
                names.append(f"{name}_{side}")
                masks.append(mask)
    return names, np.stack(masks) if masks else np.zeros((0, size, size), np.float32)


def _losses(
    detector: Detector, crop: NDArray[np.float32], masks: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Return what each AU's log odds lose behind each mask, (M, A)."""
    odds = _log_odds(detector, np.concatenate([crop[None], crop * (1.0 - masks)]))
    return odds[0] - odds[1:]


def _log_odds(detector: Detector, crops: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return log(α/β) of crops (N, S, S), each seen with its mirror image, (N, A)."""
    session = detector.reader.session
    names = [output.name for output in session.get_outputs()]
    # Twin by twin, because weights may be made for a batch of two.
    taken = session.get_inputs()[0].shape[0]
    size = taken // 2 if isinstance(taken, int) else _BATCH
    answers: dict[str, list[NDArray]] = {"alpha": [], "beta": []}
    for start in range(0, len(crops), size):
        some = crops[start : start + size]
        both = np.concatenate([some, some[:, :, ::-1]])[:, None]
        values = dict(zip(names, detector.reader.run(np.ascontiguousarray(both)), strict=True))
        for name, parts in answers.items():
            straight = values[name][: len(some)].astype(np.float64)
            parts.append(straight + values[name][len(some) :, _MIRROR])
    alpha, beta = (np.concatenate(answers[name]) for name in ("alpha", "beta"))
    return np.log(alpha / beta)


def _spread(masks: NDArray[np.float32], losses: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for every pixel the mean loss of the masks that wipe it out, (A, S, S)."""
    if not len(masks):
        return np.zeros((losses.shape[1], *masks.shape[1:]))
    total = np.tensordot(losses.T, masks.astype(np.float64), axes=1)
    mean = total / np.maximum(masks.sum(axis=0), 1e-3)
    return gaussian_filter(mean, (0.0, _BLUR, _BLUR))


def _loudest(
    names: list[str], losses: NDArray[np.float64], count: int = 3
) -> tuple[tuple[tuple[str, float], ...], ...]:
    """Return for every AU the features whose absence costs it most."""
    found = []
    for column in losses.T:
        order = np.argsort(-column)[:count]
        found.append(tuple((names[row], float(column[row])) for row in order if column[row] > 0.0))
    return tuple(found)
